# The kernel's own checks, run inside it on a word of its command line, and the hostile guest.

# run_kernel NAME COMMAND-LINE: the VMM with no program.
run_kernel() {
    local command=(timeout -k 5 $((test_limit - 20)))
    [ "$martlet" != "$native" ] || skip "needs the VMM itself"
    [ $as_user = no ] || command+=("$work/as-user" yes)
    record "$1" "${command[@]}" "$work/bin/martlet-vmm" --kernel "$work"/bin/martlet-kernel-x86_64 \
        --memory 64M --log-level info --command-line "$2"
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
    for part in 'selftest=crash asked for it|reason|crash' 'rip' 'failedCheck|SelfTest|boot'; do
        grep -qaiE "$part" martlet.all || { echo "nothing matches $part"; wrong=1; }
    done
    [ $wrong = 0 ] || head -40 martlet.all
    return $wrong
}
test_hostile_guest() { skip "the hostile guest is not written yet"; }
