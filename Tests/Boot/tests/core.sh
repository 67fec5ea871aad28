# Core files (`martlet run --core`): what gdb finds in them, and when there is none.

# core NAME HOW OPTION…: runs Tests/Programs/core.c, built with debugging information as ./NAME.
core_run() {
    local name=$1 how=$2
    shift 2
    record martlet run_martlet run --core "$name.core" "$@" "./$name" "$how"
}
core_kinds="glibc pie musl"
[ $arch = x86_64 ] || core_kinds=glibc
build_core() {
    case $1 in
    glibc) ${core_compiler:-gcc} -static -g -O1 -o core-glibc "$top/Tests/Programs/core.c" -lpthread ;;
    pie) gcc -static-pie -fPIE -g -O1 -o core-pie "$top/Tests/Programs/core.c" -lpthread ;;
    musl) musl-gcc -static -g -O1 -fno-omit-frame-pointer -o core-musl "$top/Tests/Programs/core.c" ;;
    esac
}
needs_core() {
    [ "${MARTLET:-}" != native ] || skip "the native side writes no core file here"
    [ $as_user = no ] || skip "the user may not write where the test is"
    core_debugger=gdb core_register='$xmm0.v2_double[0]'
    [ $arch = x86_64 ] || core_debugger=gdb-multiarch core_register='$v0.d.f[0]' core_compiler=aarch64-linux-gnu-gcc
    command -v $core_debugger >/dev/null || skip "$core_debugger is not installed"
}
# finds NAME PATTERN…: what gdb says of a core file has all of them.
finds() {
    local name=$1 pattern wrong=0
    shift
    timeout 100 $core_debugger -nx -batch -iex 'set auto-load off' -ex bt -ex 'info threads' -ex 'thread apply all bt' \
        -ex 'print (char *)heap' -ex 'print mapped + 12345' -ex 'print (char *)(reserved + (32UL << 30))' \
        -ex "print $core_register" -ex 'info auxv' -ex 'print $_siginfo.si_signo' -ex 'info proc mappings' \
        "./$name" "$name.core" >gdb.out 2>gdb.err </dev/null
    for pattern in "$@"; do
        grep -qE "$pattern" gdb.out || { echo "$name: gdb does not say $pattern"; wrong=1; }
    done
    [ $wrong = 0 ] || { head -70 gdb.out; head -10 gdb.err; }
    return $wrong
}
found_in_every="terminated with signal SIGSEGV
#0 .*in innermost \(where=where@entry=0x10
#1 .*in middle \(where=where@entry=0x10, value=value@entry=1.25
#2 .*in main \(
^\* 1 .*innermost
 spinner \(count=
\(.*LWP 2\).*
\(.*LWP 3\).*
\"on the heap\"
\"in a mapping\"
\"in a reservation\"
^\\\$[0-9]+ = 2\.5$
AT_ENTRY .* 0x
AT_EXECFN .*core-
^\\\$[0-9]+ = 11$
0x[0-9a-f]+ +0x[0-9a-f]+ .*core-"
test_core_in_gdb() {
    needs_core
    local kind lines
    mapfile -t lines <<<"$found_in_every"
    for kind in $core_kinds; do
        build_core $kind || return 1
        core_run core-$kind fault
        ends_by 11 SIGSEGV || return 1
        grep -qa "the program's memory is in the core file core-$kind.core" martlet.says || { cat martlet.says; return 1; }
        finds core-$kind "${lines[@]}" || return 1
        ! grep -qa 'a secret' core-$kind.core || { echo "$kind: MADV_DONTDUMP was dumped"; return 1; }
        # Holes of reservations are holes of the file.
        [ "$(stat -c %b core-$kind.core)" -lt 8000 ] || { ls -ls core-$kind.core; return 1; }
    done
    # A thread that sleeps is at the call's instruction, not in the stub of it.
    finds core-glibc '#[0-9] .*in sleeper \(word=' '#[0-9] .*in (start_thread|clone3|thread_start) \('
}
test_core_of_two_processors() {
    needs_core
    [ -z "$vmm" ] || skip "the option is our own VMM's here"
    local round
    build_core glibc || return 1
    for round in 1 2 3; do
        core_run core-glibc fault --cpus 2
        ends_by 11 SIGSEGV || return 1
        finds core-glibc '#0 .*in innermost \(' ' spinner \(count=' 'in sleeper \(' '#[0-9] .*in start_thread \(' || return 1
    done
}
test_core_of_abort() {
    needs_core
    build_core glibc || return 1
    core_run core-glibc abort
    ends_by 6 SIGABRT && finds core-glibc 'terminated with signal SIGABRT' 'in (__GI_)?abort \(' 'in main \('
}
# No signal that asks for one, no permission, no room: no core file, or a part of it.
test_core_refused() {
    needs_core
    local how
    build_core glibc || return 1
    for how in exit terminate undumpable none; do
        core_run core-glibc $how
        [ -f core-glibc.core ] && [ ! -s core-glibc.core ] || { echo "$how:"; ls -l core-glibc.core; return 1; }
        ! grep -qa 'core file' martlet.says || { cat martlet.says; return 1; }
    done
    core_run core-glibc small
    # A hole at the limit is none of the file's.
    local size=$(stat -c %s core-glibc.core)
    [ $size -gt 4096 ] && [ $size -le 8192 ] || { ls -l core-glibc.core; return 1; }
    core_run core-glibc fault --memory 64M
    [ -s core-glibc.core ] || { echo "none with 64 MiB"; return 1; }
    # Without the option nothing is different.
    record martlet run_martlet run ./core-glibc fault
    ends_by 11 SIGSEGV && ! grep -qa core martlet.says
}
test_core_file_that_cannot_be() {
    [ "${MARTLET:-}" != native ] || skip "the native side writes no core file here"
    record martlet run_martlet run --core /absent/core "$built/musl/hello"
    refused 1 '/absent/core' || return 1
    record martlet run_martlet run --core / "$built/musl/hello"
    refused 1 '/: '
    if [ "$(id -u)" = 0 ] && [ $as_user = no ]; then
        # A file that is full: what went wrong is said.
        needs_core
        build_core glibc && record martlet run_martlet run --core /dev/full ./core-glibc fault
        grep -qa 'core file /dev/full is not complete: No space left' martlet.says || { cat martlet.all; return 1; }
    fi
}
