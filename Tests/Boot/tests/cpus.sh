# Machines with several CPUs: threads on all of them, translations that others cached, bad numbers.

needs_own_monitor() { [ -z "$vmm" ] || skip "chooses its VMM itself"; }

test_cpus_spread() {
    local kind
    for kind in musl glibc; do
        record martlet run_martlet run --cpus 2 "$built/$kind/spread"
        printf 'CPUs 2\nwrong 0\n' >expected
        cmp expected martlet.out || { echo "($kind)"; cat martlet.all; return 1; }
    done
}
# What one CPU takes away, no other writes to any more.
test_cpus_stale_pages() {
    local round
    for round in 1 2 3; do
        record martlet run_martlet run --cpus 2 "$built/musl/stale_pages"
        echo "rounds 200, written through a stale translation 0" >expected
        cmp expected martlet.out || { cat martlet.all; return 1; }
    done
}
test_cpus_memory_barrier() {
    record martlet run_martlet run --cpus 2 "$built/musl/barrier"
    echo "rounds 2000, both missed 0" >expected
    cmp expected martlet.out || { cat martlet.all; return 1; }
}
# More CPUs than the host has.
test_cpus_many() {
    local kind
    for kind in musl glibc; do
        record native run_native run "$built/$kind/conformance-threads"
        record martlet run_martlet run --cpus 5 "$built/$kind/conformance-threads"
        agree || { echo "($kind)"; return 1; }
    done
}
test_cpus_bad_numbers() {
    local number
    for number in 0 65 -1 two 1.5; do
        record martlet run_martlet run --cpus "$number" "$built/musl/hello"
        [ "$(cat martlet.status)" = 64 ] || { echo "--cpus $number: status $(cat martlet.status)"; return 1; }
    done
}
# Where no table tells of CPUs the machine has one, and says so.
test_cpus_without_tables() {
    needs_own_monitor || return 0
    command -v qemu-system-x86_64 >/dev/null || { skip "no qemu-system-x86_64"; return 0; }
    MARTLET_QEMU_OPTIONS="-machine acpi=off" record martlet \
        run_martlet run --vmm qemu --accelerator tcg --cpus 2 "$built/musl/spread"
    grep -qx "CPUs 1" martlet.out && expect_status martlet 0 || { cat martlet.all; return 1; }
}
# CPU 1 comes up with an area and a stack of its own; what fails there is named as CPU 1's.
test_cpus_second() {
    run_kernel martlet selftest=processors --cpus 2
    expect_status martlet 0 && grep -qa 'selftest.*passed' martlet.all || { cat martlet.all; return 1; }
}
test_cpus_crash_of_the_second() {
    run_kernel martlet selftest=crash-on-cpu-1 --cpus 2
    expect_status martlet 70 || return 1
    grep -qa 'the kernel crashed: .*(on CPU 1)' martlet.all && grep -qa library_processor_started martlet.all ||
        { head -30 martlet.all; return 1; }
}
# The nucleus's own: on x86-64 an exception that finds its stack unmapped, which is a double fault; on arm64 an
# instruction that is undefined at EL1.
test_cpus_failure_of_the_nucleus() {
    local reason="double fault"
    [ "$arch" = x86_64 ] || reason="fault of the nucleus"
    run_kernel martlet selftest=nucleus-on-cpu-1 --cpus 2
    expect_status martlet 70 || { head -30 martlet.all; return 1; }
    grep -qa "the kernel crashed: $reason (on CPU 1)" martlet.all || { head -30 martlet.all; return 1; }
}
