# Real programs: C with both libraries and both kinds, Swift, Debian's busybox.

test_hello_musl() { same "$built/musl/hello" from martlet; }
test_hello_musl_pie() { same "$built/musl-pie/hello" from martlet; }
test_hello_glibc() { same "$built/glibc/hello" from martlet; }
test_hello_pie() { same "$built/pie/hello" from martlet; }

copy_with() {
    head -c 3000001 /dev/urandom >data
    same --file data:/data "$built/$1/copy" /data /tmp/copy || return 1
    grep -q '^3000001 bytes' martlet.out || { cat martlet.out; return 1; }
    same --file data "$built/$1/copy" /absent /tmp/copy
}
test_copy_musl() { copy_with musl; }
test_copy_musl_pie() { copy_with musl-pie; }
test_copy_glibc() { copy_with glibc; }
test_copy_pie() { copy_with pie; }

# A Swift package's folder is built, and runs as its program does here.
limit_of_swift_package=400
test_swift_package() {
    command -v swift >/dev/null || skip "no swift in PATH"
    [ "$as_user" = no ] || skip "builds where the unprivileged user may not"
    mkdir package
    cp -r "$top"/Examples/WordCount/Package.swift "$top"/Examples/WordCount/Sources package/
    limit=300
    set_martlet_command
    record martlet run_martlet run package 20 <"$top/README.md"
    record native "$(swift build --package-path package -c release --static-swift-stdlib --show-bin-path)/wordcount" \
        20 <"$top/README.md"
    grep -qx 'martlet: building wordcount of package' martlet.says || { cat martlet.all; return 1; }
    agree || return 1
    record martlet run_martlet build --product wordcount -o words.image package -- 20
    expect_status martlet 0 || { cat martlet.all; return 1; }
    record martlet run_martlet run words.image <"$top/README.md"
    agree || return 1
    record martlet run_martlet run --product absent package
    tail -1 martlet.says | grep -q "absent can't be built; what swift said is above" && expect_status martlet 1 || return 1
    echo 'let number: Int = "text"' >>package/Sources/wordcount/main.swift
    record martlet run_martlet run package
    grep -q 'error: cannot convert' martlet.err && expect_status martlet 1 || { cat martlet.all; return 1; }
    mkdir empty
    record martlet run_martlet run --product name empty
    refused 1 'is no Swift package'
}
test_swift_static() {
    [ -x "$built/swift-hello" ] || skip "no swiftc in PATH"
    same "$built/swift-hello" one three 'zwölf' || return 1
    expect_status martlet 7
}

test_busybox_echo() { same /bin/busybox echo "two  words" '' -n '$HOME' 'äöü'; }
test_busybox_cat() {
    printf 'first\nsecond\0third' >input
    same /bin/busybox cat
}
test_busybox_cat_files() {
    echo one >one
    echo two >two
    same --file one:/data/one --file two:/data/two /bin/busybox cat /data/one /data/two /data/absent
}
test_busybox_sha256sum() {
    not_by_serial_port
    head -c 10000000 /dev/urandom >input
    same /bin/busybox sha256sum || return 1
    [ "$(cut -d' ' -f1 martlet.out)" = "$(sha256sum <input | cut -d' ' -f1)" ]
}
test_busybox_awk() {
    seq 1 5000 >input
    same /bin/busybox awk '{ s += $1; if ($1 % 1000 == 0) printf "%d %.3f\n", $1, sqrt($1) } END { print s }'
}
test_busybox_sort() {
    seq 1 20000 | shuf >input
    same /bin/busybox sort -n -r || return 1
    head -c 300000 /dev/urandom | base64 >input
    same /bin/busybox sort
}
test_busybox_sleep() {
    local start=$(date +%s%N) spent
    record martlet run_martlet run /bin/busybox sleep 1
    spent=$((($(date +%s%N) - start) / 1000000))
    expect_status martlet 0 || return 1
    [ $spent -ge 1000 ] && [ $spent -lt 6000 ] || { echo "took $spent ms"; return 1; }
}
test_busybox_date() {
    record martlet run_martlet run /bin/busybox date +%s
    expect_status martlet 0 || return 1
    local difference=$(($(date +%s) - $(cat martlet.out)))
    [ ${difference#-} -le 2 ] || { echo "$difference s off"; return 1; }
    # The zone is UTC unless /etc/localtime or TZ says otherwise.
    record martlet run_martlet run --env TZ=CET-1 /bin/busybox date +%Z
    [ "$(cat martlet.out)" = CET ] || { echo "TZ: $(cat martlet.out)"; return 1; }
}
# A clock that starts elsewhere: from the machine's start on it goes on as the host's does.
test_rtc() {
    local date start spent told zone
    tool_only
    for date in '2026-01-02T03:04:05' '2000-02-29 23:59:58+01:00' '@4107542400'; do
        start=$(date +%s)
        record martlet run_martlet run --rtc "$date" /bin/busybox date +%s
        spent=$(($(date +%s) - start))
        expect_status martlet 0 || return 1
        zone=
        [[ $date == @* || $date == *+* ]] || zone=Z
        told=$(($(cat martlet.out) - $(date -d "$date$zone" +%s)))
        [ $told -ge 0 ] && [ $told -le $((spent + 1)) ] || { echo "$date: $told s later, after $spent s"; return 1; }
    done
    record martlet run_martlet run --rtc 2026-01-02 "$built/musl/vdso"
    expect_status martlet 0
}
# The real-time clock as a device, which QEMU's boards have and our own VMM has not.
rtc_device() {
    record martlet run_martlet run "$@" "$built/musl/rtc"
    if [ -z "$vmm" ] && [ $# = 0 ]; then
        expect_status martlet 2 && [ "$(cat martlet.out)" = '/dev/rtc0: No such file or directory' ]
        return
    fi
    expect_status martlet 0 && cmp -s martlet.out "$here/rtc.lines" && return
    diff "$here/rtc.lines" martlet.out | head -20
    return 1
}
test_rtc_device() {
    tool_only
    rtc_device
}
test_rtc_device_on_qemu() {
    needs_qemu
    rtc_device --vmm qemu --accelerator tcg
}
# The names that both sides must have, and the shape of each line.
test_busybox_ls_root() {
    record martlet run_martlet run /bin/busybox ls -l /
    expect_status martlet 0 || return 1
    local name wrong=0
    for name in dev etc proc run tmp; do
        grep -qaE "^[d][rwxst-]{9} +[0-9]+ (root|0) +(root|0) +[0-9]+ [A-Z][a-z]{2} [ 0-9]{2} [ 0-9:]{5} $name\$" martlet.out ||
            { echo "no proper line for /$name"; wrong=1; }
    done
    grep -qa '^drwxrwxrwt.* tmp$' martlet.out || { echo "/tmp is not sticky"; wrong=1; }
    grep -qa '^total [0-9]' martlet.out || { echo "no total"; wrong=1; }
    [ $wrong = 0 ] || cat martlet.out
    return $wrong
}
test_busybox_ls_folder() {
    mkdir -p folder/sub
    echo one >folder/one
    ln -s one folder/link
    chmod 640 folder/one
    hand_over folder
    touch -d '2020-02-02 02:02:02 UTC' folder/one
    same --file folder:/data /bin/busybox stat -c '%n %a %F' /data /data/one /data/link /data/sub || return 1
    same --file folder:/data /bin/busybox ls -A1 --color=never /data || return 1
    same --file folder:/data /bin/busybox ls -lnA --color=never --full-time /data/one /data/link || return 1
    same --file folder:/data /bin/busybox cat /data/link
}
test_busybox_id() { same /bin/busybox id; }
test_busybox_md5_of_itself() {
    record martlet run_martlet run /bin/busybox cat /proc/self/exe
    cmp martlet.out $busybox_of_martlet
}
test_shell_builtins() {
    cat >script <<'SCRIPT'
set -e
x=5; y=$((x * 7 + 3)); echo "y is $y"
i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done; echo "counted to $i"
f() { local a=$1; shift; echo "f: $a and $#"; return 3; }
f one two three || echo "returned $?"
case abc in a*) echo starts with a;; *) echo no;; esac
printf '%05d|%s|%x\n' 42 text 255
echo written >/tmp/file; read line </tmp/file; echo "read back: $line"
echo more >>/tmp/file
while read -r line; do echo "line: $line"; done </tmp/file
cd /tmp; pwd; cd - >/dev/null; pwd
[ -f /tmp/file ] && [ ! -d /tmp/file ] && [ -d /tmp ] && echo tests
set -- a b c; echo "$# arguments: $*"
for n in /etc/passwd /etc/group /etc/hosts; do [ -s $n ] && echo "$n is there"; done
umask; umask 077; : >/tmp/private; umask
unset x; echo "${x:-unset}"; z=abcdef; echo "${z#abc} ${z%def} ${#z}"
eval 'echo evaluated'; type cd >/dev/null && echo "cd known"
exec 3>/tmp/three; echo third >&3; exec 3>&-; read line </tmp/three; echo "$line"
kill -0 $$ && echo "I live"
exit 17
SCRIPT
    same --file script:/script /bin/busybox sh /script
}
test_shell_trap() {
    same /bin/busybox sh -c 'trap "echo got TERM" TERM; trap "echo leaving" EXIT; kill -TERM $$; echo after; trap "" INT; kill -INT $$; echo ignored; exit 5' || return 1
    same /bin/busybox sh -c 'trap "echo usr1; exit 9" USR1; while :; do kill -USR1 $$; done' || return 1
    same /bin/busybox sh -c 'trap "echo bye" EXIT; kill -KILL $$; echo not reached'
}
test_shell_from_stdin() {
    printf 'echo first\nread word\nthe word\necho "read $word"\nexit 4\n' >input
    same /bin/busybox sh
}
test_shell_error() { same /bin/busybox sh -c 'echo to out; echo to err >&2; cd /absent; echo "status $?"; if then' ; }
test_environment() {
    same --env A=1 --env "B=two words" --env 'C="quoted" \ back' --env D= --env 'E=ü' "$built/musl/environment" x 'y z'
}
test_workdir() {
    same --workdir /tmp "$built/musl/environment" &&
        same --workdir /new/../made/here "$built/musl/environment"
}
test_files() {
    mkdir -p folder/deep/deeper
    echo inside >folder/deep/deeper/file
    echo plain >plain
    chmod 751 plain
    hand_over plain
    local place=(--file folder:/a/b --file plain --file plain:/c/d/renamed)
    same "${place[@]}" /bin/busybox cat /a/b/deep/deeper/file /c/d/renamed /plain || return 1
    same "${place[@]}" /bin/busybox ls /a/b /a/b/deep || return 1
    same "${place[@]}" /bin/busybox stat -c '%a %s %F' /c/d/renamed /a /c/d
}
test_options_after_program() { same "$built/musl/hello" --env X=1 -v --help; }
# Nothing of an ended thread stays: 5000 of them would need 200 MiB.
test_ended_threads() {
    local kind
    for kind in musl glibc; do
        record martlet run_martlet run --memory 16M "$built/$kind/ended_threads"
        grep -qx "5000 threads" martlet.out || { echo "($kind)"; cat martlet.all; return 1; }
    done
}
