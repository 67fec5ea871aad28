# How a run ends: exit status, death by signal, Ctrl-C, refusals.

test_exit_status() {
    local number
    for number in 0 1 2 42 127 128 137 255; do
        same "$built/musl/die" exit $number || return 1
        expect_status martlet $number || return 1
    done
}
test_exit_status_is_a_byte() { same "$built/musl/die" exit 256 && same "$built/musl/die" exit -1; }

dies_by() {
    same "$built/$1/die" "${@:4}" || return 1
    ends_by "$2" "$3"
}
test_killed_by_fault() { dies_by musl 11 SIGSEGV fault; }
test_killed_by_abort() { dies_by glibc 6 SIGABRT abort && dies_by musl 6 SIGABRT abort; }
test_killed_by_itself() {
    dies_by musl 15 SIGTERM signal 15 && dies_by musl 9 SIGKILL signal 9 && dies_by musl 1 SIGHUP signal 1 &&
        dies_by musl 3 SIGQUIT signal 3 && dies_by musl 10 SIGUSR1 signal 10
}

# interrupted NAME-OF-SIGNAL COMMAND…: sends a signal to martlet as soon as the program is `ready`.
interrupted() {
    local signal=$1 machine
    shift
    record_interrupted() {
        mkfifo from
        "${martlet_command[@]}" "$@" >from 2>martlet.all &
        machine=$!
        exec 8<from
        read -r -t 30 line <&8 || echo "not ready"
        [ "$line" = ready ] || echo "first line: $line"
        # timeout(1) passes the signal on to the command that it runs.
        kill -$signal $machine
        cat <&8 >martlet.out
        wait $machine
        echo $? >martlet.status
        exec 8<&-
        rm from
        grep -a '^martlet: ' martlet.all >martlet.says
    }
    record_interrupted "$@"
}
test_interrupt_trapped() {
    interrupted INT run /bin/busybox sh -c 'trap "echo interrupted; exit 3" INT; echo ready; i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done'
    expect_status martlet 3 && [ "$(cat martlet.out)" = interrupted ] || { cat martlet.out; return 1; }
}
test_interrupt_in_sleep() {
    interrupted INT run /bin/busybox sh -c 'trap "echo interrupted; exit 4" INT; echo ready; read x </dev/stdin' </dev/null
    [ "$(cat martlet.status)" = 4 ] || [ "$(cat martlet.status)" = 1 ] || { cat martlet.status martlet.all; return 1; }
}
test_interrupt_default() {
    interrupted INT run /bin/busybox sh -c 'echo ready; while :; do :; done'
    ends_by 2 SIGINT
}
test_interrupt_ignored() {
    interrupted INT run /bin/busybox sh -c 'trap "" INT; echo ready; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done'
    expect_status martlet 0 && [ "$(cat martlet.out)" = done ]
}
test_terminate() {
    interrupted TERM run /bin/busybox sh -c 'echo ready; while :; do :; done'
    [ "$(cat martlet.status)" = 143 ] || { echo "status $(cat martlet.status)"; head -3 martlet.all; return 1; }
}
# Ctrl-C on a terminal reaches the whole process group: the program sees one SIGINT.
test_interrupt_group() {
    mkfifo from
    if [ $as_user = yes ]; then skip "the mode's wrapper is not in the group"; fi
    setsid env --default-signal=INT,QUIT "$martlet" run /bin/busybox sh -c \
        'n=0; trap "n=\$((n+1))" INT; echo ready; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo "caught $n"' >from 2>errors &
    local machine=$!
    exec 8<from
    read -r -t 30 line <&8
    # setsid(1) forks only when it leads a group, so its number is the group's.
    kill -INT -- -$machine
    timeout $limit cat <&8 >out
    exec 8<&-
    timeout 10 tail --pid=$machine -f /dev/null || kill -KILL $machine
    [ "$(cat out)" = "caught 1" ] || { cat out errors; return 1; }
}

test_bad_not_elf() {
    echo 'just text' >bad
    chmod 755 bad
    record martlet run_martlet run ./bad
    refused 1 'bad'
}
test_bad_empty() {
    : >bad
    chmod 755 bad
    record martlet run_martlet run ./bad
    refused 1
}
test_bad_script() {
    printf '#!/absent/shell\necho hi\n' >bad
    chmod 755 bad
    record martlet run_martlet run ./bad
    refused 1 '/absent/shell'
    printf '#!%s/bad\n' "$PWD" >worse
    chmod 755 worse
    record martlet run_martlet run ./worse
    refused 1 'is a script'
}
bad_elf() {
    "$work/badelf" "$1" "$built/${2:-musl}/hello" bad || return 1
    chmod 755 bad
    record martlet run_martlet run ./bad
    refused 1 || { echo "(kind $1)"; return 1; }
}
test_bad_truncated() { bad_elf truncated && bad_elf short && bad_elf truncated pie; }
test_bad_machine() { bad_elf machine && bad_elf class && bad_elf order; }
test_bad_overlapping_segments() { bad_elf overlap && bad_elf overlap glibc; }
test_bad_huge_segments() { bad_elf huge && bad_elf wrap && bad_elf filesize && bad_elf offset; }
test_bad_placement() { bad_elf kernel && bad_elf library; }
test_bad_headers() { bad_elf headers && bad_elf many && bad_elf none && bad_elf object; }
test_bad_missing() {
    record martlet run_martlet run /absent/program
    refused 1 '/absent/program'
    record martlet run_martlet run /absent
    refused 1 '/absent'
}
test_bad_folder() {
    record martlet run_martlet run /tmp
    refused 1
}
test_bad_no_execute_permission() {
    cp "$built/musl/hello" bad
    chmod 644 bad
    record martlet run_martlet run ./bad
    refused 1 '[Pp]ermission|executable|execute'
}
test_bad_file_option() {
    record martlet run_martlet run --file /absent/file "$built/musl/hello"
    refused 1 '/absent/file'
}
test_memory_too_small() {
    local least
    record martlet run_martlet run --memory 1M "$built/musl/hello"
    refused 1 '[0-9]' || return 1
    least=$(grep -aoE '[0-9]+ ?(KiB|MiB|K|M)B?' martlet.all | tail -1 | sed -E 's/ //; s/(Ki|K)B?$/K/; s/(Mi|M)B?$/M/')
    [ -n "$least" ] || { echo "no least size in: $(cat martlet.all)"; return 1; }
    record martlet run_martlet run --memory "$least" "$built/musl/hello"
    expect_status martlet 0 || { echo "the least size it names, $least, does not work"; return 1; }
}
test_memory_bad_values() {
    local value
    for value in 0 -5 abc 12X 99999999999999999999 ''; do
        record martlet run_martlet run --memory "$value" "$built/musl/hello"
        case $(cat martlet.status) in
        1 | 64) ;;
        *) echo "--memory '$value': status $(cat martlet.status)"; head -3 martlet.all; return 1 ;;
        esac
        ! grep -qaE 'Fatal error|Swift/' martlet.all || { head -3 martlet.all; return 1; }
    done
}
test_memory_sizes() {
    local value
    # On arm64 the archive begins in the middle.
    for value in $([ $arch = x86_64 ] && echo 8M || echo 16M) 64M 300M 1G 5G; do
        record martlet run_martlet run --memory $value "$built/musl/hello"
        expect_status martlet 0 || { echo "(--memory $value)"; return 1; }
    done
}
test_out_of_memory_by_mapping() {
    record martlet run_martlet run --memory 24M "$built/musl/hog" map
    case $(cat martlet.status) in
    0) grep -qa 'mmap: Out of memory' martlet.out ;;
    137) grep -qa SIGKILL martlet.says ;;
    *) false ;;
    esac || { echo "status $(cat martlet.status)"; head -5 martlet.out martlet.all; return 1; }
}
test_out_of_memory_by_file() {
    record martlet run_martlet run --memory 24M "$built/musl/hog" file
    expect_status martlet 0 && grep -qaE 'write: (No space left on device|Out of memory|short)' martlet.out ||
        { head -5 martlet.out martlet.all; return 1; }
}

test_usage_errors() {
    local arguments
    for arguments in "--no-such-option" "run" "run --no-such-option x" "run --memory" "run --env" "build" \
        "no-such-command" "run --file" "run --rtc yesterday x" "run --rtc 2026-02-30 x" \
        "build --arch riscv64 -o x x" "run --vmm qemu:pc x"; do
        record martlet run_martlet $arguments
        expect_status martlet 64 || { echo "(martlet $arguments)"; return 1; }
    done
}
test_help_and_version() {
    record martlet run_martlet --help
    expect_status martlet 0 && grep -qai example martlet.out || { head -20 martlet.out; return 1; }
    record martlet run_martlet run --help
    expect_status martlet 0 && grep -qa -- --memory martlet.out && grep -qai example martlet.out ||
        { head -20 martlet.out; return 1; }
    record martlet run_martlet version
    expect_status martlet 0 && grep -qaE '[0-9]+\.[0-9]+' martlet.out || { head martlet.out; return 1; }
}
test_kvm_forbidden() {
    [ "$(id -u)" = 0 ] || skip "needs root to become a user without /dev/kvm"
    [ -z "$vmm" ] || skip "needs no KVM"
    record martlet timeout $limit "$work/as-user" no "$martlet" run --vmm martlet "$built/musl/hello"
    refused 71 'permission.*/dev/kvm|/dev/kvm.*[Pp]ermission'
}
test_verbose() {
    record martlet run_martlet run -v "$built/musl/hello"
    expect_status martlet 0 || return 1
    [ "$(cat martlet.out)" = hello ] || { echo "standard output: $(head -3 martlet.out)"; return 1; }
    [ -s martlet.all ] || { echo "-v says nothing"; return 1; }
}
