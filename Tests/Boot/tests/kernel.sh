# The kernel's own checks, run inside it on a word of its command line, and the hostile guest.

# run_kernel NAME COMMAND-LINE [OPTION…]: the VMM with no program.
run_kernel() {
    local name=$1 line=$2
    shift 2
    local command=(timeout -k 5 $((test_limit - 20)))
    [ "${MARTLET:-}" != native ] || skip "needs the VMM itself"
    [ $as_user = no ] || command+=("$work/as-user" yes)
    record "$name" "${command[@]}" "$work/bin/martlet-vmm" --kernel "$work"/bin/martlet-kernel-$arch \
        --memory 64M --log-level info ${vmm_option[@]+"${vmm_option[@]}"} --command-line "$line" "$@"
}
selftest() {
    run_kernel martlet "selftest=$1"
    expect_status martlet 0 && grep -qa 'selftest.*passed' martlet.all ||
        { echo "says:"; head -5 martlet.all; return 1; }
}
test_selftest_million_waits() { selftest wait; }
test_selftest_burst_of_two_vectors() { selftest burst; }
test_selftest_protection() { selftest protection; }
test_selftest_unknown() {
    run_kernel martlet selftest=nonsense
    refused 1 'self test'
}
# The crash screen: reason, registers, a backtrace with names, the last lines of the log; status 70.
test_crash_screen() {
    run_kernel martlet selftest=crash
    local wrong=0 part
    expect_status martlet 70 || return 1
    for part in 'selftest=crash asked for it|reason|crash' 'rip|pc' 'failedCheck|SelfTest|boot'; do
        grep -qaiE "$part" martlet.all || { echo "nothing matches $part"; wrong=1; }
    done
    [ $wrong = 0 ] || head -40 martlet.all
    return $wrong
}

# Guests of our own (Tests/Boot/guest), run by martlet-vmm without martlet.
build_guests() {
    local source flags="-O1 -Wall -ffreestanding -fPIE -mno-red-zone -mgeneral-regs-only
        -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables"
    gcc $flags -I "$top/Sources/NucleusLayout/include" -I "$top/Sources/NucleusLayoutX86_64/include" -c -o stub.o "$here/guest/stub.S" || return 1
    for source in minimal hostile; do
        gcc $flags -I "$top/Sources/NucleusLayout/include" -I "$top/Sources/NucleusLayoutX86_64/include" -c -o $source.o "$here/guest/$source.c" &&
            ld -T "$top/Scripts/linker/x86_64.ld" -z noexecstack -o guest-$source $source.o stub.o ||
            return 1
    done
    chmod a+r guest-*
}
# The VMM under the address sanitizer; the release one where there is no Swift to build it with.
address_vmm() {
    vmm=$work/bin/martlet-vmm
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    command -v swift >/dev/null || return 0
    (cd "$top" && timeout 500 swift build --sanitize=address --product martlet-vmm \
        --scratch-path .build-address) >build.log 2>&1 || { tail -5 build.log; return 1; }
    vmm=$work/martlet-vmm-address
    cp "$top/.build-address/debug/martlet-vmm" "$vmm"
}
run_vmm() {
    local command=(timeout --foreground -k 5 $limit env --default-signal=INT,QUIT)
    [ $as_user = no ] || command+=("$work/as-user" yes)
    "${command[@]}" "$vmm" "$@"
}

# Number of the attack in guest/hostile.c, and what the one line must say.
attacks="1:ring of 3 entries
2:ring of 65536 entries
3:outside its memory
4:not aligned
5:wraps around
6:before it had agreed on features
7:queue 99
8:8 bytes of its registers
9:1 bytes of its registers
20:descriptors that loops
21:descriptor 999
22:1 bytes at 0x[0-9a-f]*, outside its memory
23:4294967295 bytes
24:2 bytes at 0x[0-9a-f]*, outside its memory
25:jumps from 0 to 30000
26:readable descriptor behind
27:malformed indirect
28:more bytes than the device takes
40:port 99
41:message that is too short
42:record of 4294967295 bytes
43:unknown kind 77
44:record that is too short
45:a core file that nobody asked for
60:port 0x80
61:triple fault
62:did not say why"

limit_of_hostile_guest=600
test_hostile_guest() {
    local line number wrong=0
    address_vmm && build_guests || return 1
    while IFS=: read -r number line; do
        record martlet run_vmm --kernel guest-hostile --memory 16M --command-line "$number"
        refused 70 "$line" || { echo "attack $number"; wrong=1; }
    done <<<"$attacks"
    # More words than anyone reads are cut off at 64 KiB.
    record martlet run_vmm --kernel guest-hostile --memory 16M --command-line 81
    expect_status martlet 70 || wrong=1
    [ "$(stat -c %s martlet.all)" -lt 70000 ] || { echo "too many words"; wrong=1; }
    return $wrong
}
test_vmm_runs_a_minimal_kernel() {
    vmm=$work/bin/martlet-vmm
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    build_guests || return 1
    record martlet run_vmm --kernel guest-minimal --memory 16M
    expect_status martlet 70 && grep -q '^minimal kernel: hello$' martlet.all
}
# A guest that takes no signals is ended by the second one within a second.
test_vmm_ends_a_deaf_machine() {
    vmm=$work/bin/martlet-vmm
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    build_guests || return 1
    local command=(env --default-signal=INT,QUIT)
    [ $as_user = no ] || command+=("$work/as-user" yes)
    "${command[@]}" "$vmm" --kernel guest-hostile --memory 16M --command-line 80 >/dev/null 2>said &
    local machine=$! waited=0
    until grep -q ready said; do
        sleep 0.1
        waited=$((waited + 1))
        [ $waited -lt 100 ] || { echo "not ready"; kill -KILL $machine; return 1; }
    done
    kill -INT $machine
    sleep 0.3
    kill -INT $machine
    (sleep 10 && kill -KILL $machine) 2>/dev/null &
    local guard=$! status
    wait $machine
    status=$?
    kill $guard 2>/dev/null
    [ $status = 130 ] || { echo "status $status, not 130"; return 1; }
}

# crash_at_end NAME PROGRAM: `martlet run` with a word more on the kernel's command line, which makes
# the kernel crash when the program ends.
crash_at_end() {
    [ "${MARTLET:-}" != native ] || skip "there is no kernel on the native side"
    [ -z "$vmm" ] || skip "the VMM's stand-in is not where the test puts it"
    [ $as_user = no ] || skip "the VMM's stand-in is not the user's to write"
    mkdir -p beside
    cp "$work/bin/martlet" "$work"/bin/martlet-kernel-* beside/
    cat >beside/stand-in <<SCRIPT
#!/bin/bash
arguments=()
while [ \$# != 0 ]; do
    arguments+=("\$1")
    [ "\$1" != --command-line ] || { arguments+=("selftest=crash-at-end \$2"); shift; }
    shift
done
exec "$work/bin/martlet-vmm" "\${arguments[@]}"
SCRIPT
    chmod +x beside/stand-in
    record "$1" env MARTLET_VMM=beside/stand-in timeout $limit beside/martlet run "$2"
}
# has_names NAME: kernel and program are named, callers below callees.
has_names() {
    expect_status "$1" 70 || return 1
    tr '\n' ' ' <"$1.all" >"$1.line"
    grep -qE '#0 0x40[0-9a-f]+ .*Kernel\..*Process\.terminate.*(SystemCalls\.|call_exitGroup).*program \(entered at .*#0 0x[0-9a-f]+ innermost \+ .*#1 0x[0-9a-f]+ middle \+ .*#2 0x[0-9a-f]+ main \+ ' "$1.line" ||
        { echo "($1)"; head -60 "$1.all"; return 1; }
}
test_crash_names_program() {
    local kind
    for kind in musl pie; do
        crash_at_end $kind "$built/$kind/nested" && has_names $kind || return 1
    done
}
# An image's kernel has no symbols: the names come from the installed one, while that is the same.
test_crash_names_image() {
    run_martlet build "$built/pie/nested" -o nested.image || return 1
    crash_at_end image ./nested.image && has_names image || return 1
    cp -r beside other
    # One byte of code differs: names would be guesses.
    printf '\x90' | dd of=other/martlet-kernel-$arch bs=1 seek=$((0x2001)) conv=notrunc status=none
    record other env MARTLET_VMM=other/stand-in timeout $limit other/martlet run ./nested.image
    expect_status other 70 && grep -q '#0 0x40[0-9a-f]*$' other.all && grep -q 'innermost' other.all ||
        { head -40 other.all; return 1; }
}
