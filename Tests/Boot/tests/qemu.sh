# QEMU as the second VMM. `--vmm qemu` runs the other tests on it; these are about QEMU itself.

# What `--quick` runs: each part of a machine once.
quick_tests='hello-musl
hello-pie
hello-glibc
copy-musl
binary-streams
all-bytes
empty-input
closed-input
input-ends-before-the-start
input-ends-late
prompt-answer
output-closed-early
busybox-sha256sum
busybox-sleep
busybox-date
rtc
rtc-device
shell-builtins
shell-trap
exit-status
killed-by-fault
interrupt-trapped
interrupt-group
image-runs
image-arguments
memory-too-small
memory-sizes
out-of-memory-by-mapping
conformance-musl-faults
conformance-musl-signal_frame
conformance-musl-single_step
conformance-musl-mmap
conformance-musl-poll
conformance-musl-clock_gettime
conformance-glibc-start
crash-screen
selftest-protection
selftest-burst-of-two-vectors'

# For tests of megabytes: a byte takes q35's serial ports 10 us.
not_by_serial_port() {
    [ "${vmm%%/*}" != qemu:q35 ] || skip "so many bytes take a serial port minutes"
}
needs_qemu() {
    command -v qemu-system-x86_64 >/dev/null || skip "QEMU is not installed"
    [ "${MARTLET:-}" != native ] || skip "the native side has no VMM"
    [ -z "$vmm" ] || skip "chooses the VMM itself"
}

# fell_back REASON: the program ran, and one line says why not on our own VMM.
fell_back() {
    expect_status martlet 0 || return 1
    [ "$(cat martlet.out)" = hello ] || { echo "standard output: $(head -3 martlet.out)"; return 1; }
    [ "$(wc -l <martlet.all)" = 1 ] && grep -qaE "^martlet: /dev/kvm: $1.*; using QEMU" martlet.all ||
        { echo "not one line with the reason:"; head -5 martlet.all; return 1; }
}
test_fallback_for_a_user_without_permission() {
    needs_qemu
    [ "$(id -u)" = 0 ] || skip "needs root to become a user without /dev/kvm"
    record martlet timeout $limit "$work/as-user" no "$martlet" run "$built/musl/hello"
    fell_back 'permission denied'
}
# A mount namespace of its own, whose /dev has no kvm.
without_kvm() {
    timeout $limit unshare --mount sh -c '
        mount -t tmpfs none /mnt && cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /mnt/ &&
        ln -s /proc/self/fd /mnt/fd && mount --move /mnt /dev && exec "$@"' - "$@"
}
test_fallback_with_dev_kvm_hidden() {
    needs_qemu
    [ "$(id -u)" = 0 ] || skip "needs root for a mount namespace"
    record martlet without_kvm "$martlet" run "$built/musl/hello"
    fell_back 'not there'
}
# With neither, one line names both.
test_fallback_without_qemu() {
    needs_qemu
    [ "$(id -u)" = 0 ] || skip "needs root for a mount namespace"
    record martlet without_kvm env PATH=/absent "$martlet" run "$built/musl/hello"
    refused 71 'apt-get install qemu-system-x86'
}
