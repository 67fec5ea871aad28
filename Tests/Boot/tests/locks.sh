# Kernels that check how locks are used (`make kernel-checked`), where there is one.

needs_checks() { [ $checked = yes ] || skip "needs --checked, and make kernel-checked"; }

test_locks_out_of_order() {
    needs_checks || return 0
    run_kernel martlet selftest=lock-order
    expect_status martlet 70 && grep -qa "the kernel crashed: the heap's lock is taken behind a later one" martlet.all ||
        { head -30 martlet.all; return 1; }
}
test_locks_held_too_long() {
    needs_checks || return 0
    run_kernel martlet selftest=lock-time
    expect_status martlet 70 && grep -qa "the kernel crashed: a leaf's lock was held too long" martlet.all ||
        { head -30 martlet.all; return 1; }
}
# The kernel's own use of them: threads, memory and descriptors on two CPUs.
test_locks_in_use() {
    needs_checks || return 0
    local name
    for name in threads futex clone passing; do
        [ -x "$built/musl/conformance-$name" ] || continue
        record native run_native run "$built/musl/conformance-$name"
        record martlet run_martlet run --cpus 2 "$built/musl/conformance-$name"
        agree || { echo "($name)"; return 1; }
    done
}
