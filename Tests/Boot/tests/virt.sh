# QEMU's virt in its variants: what an arm64 machine may look like to the kernel.

on_virt() { [ $arch = arm64 ] || skip "is about arm64's machines"; }

test_virt_hardening() {
    on_virt
    selftest hardening || return 1
    "$martlet" inspect "$work/bin/martlet-kernel-arm64" | grep -q 'Hardening PAN, BTI, pointer authentication, where' ||
        { "$martlet" inspect "$work/bin/martlet-kernel-arm64" | tail -3; return 1; }
    MARTLET_QEMU_OPTIONS="-cpu cortex-a57" run_kernel martlet selftest=hardening
    expect_status martlet 1 && grep -qa 'the CPU has none' martlet.all || { head -5 martlet.all; return 1; }
}
test_virt_second_processor() {
    on_virt
    MARTLET_QEMU_OPTIONS="-smp 2" selftest processors || return 1
    MARTLET_QEMU_OPTIONS="-smp 3 -machine virtualization=on" selftest processors
}
# Threads on several CPUs: both interrupt controllers, as many CPUs as each takes, both levels at entry.
test_virt_processors() {
    on_virt
    local wrong=0 cpus options
    while read -r cpus options; do
        MARTLET_QEMU_OPTIONS=$options record martlet "$martlet" run --cpus $cpus "$built/glibc/spread"
        printf 'CPUs %s\nwrong 0\n' $cpus >expected
        cmp expected martlet.out || { echo "$cpus with $options:"; head -5 martlet.all; wrong=1; }
    done <<MACHINES
2 -machine gic-version=2
8 -machine gic-version=2,virtualization=on
2 -cpu cortex-a57
3 -machine virtualization=on -m 2G
20 -machine gic-version=3
MACHINES
    return $wrong
}
# Interrupt controllers, exception levels at entry, CPUs with less: the same program, and its sleep.
test_virt_machines() {
    on_virt
    local wrong=0 options
    for options in "-machine gic-version=2" "-machine virtualization=on" \
        "-machine gic-version=2,virtualization=on" "-cpu cortex-a57" "-cpu neoverse-n1 -m 2G"; do
        MARTLET_QEMU_OPTIONS=$options record martlet "$martlet" run "$busybox" sleep 0.1
        expect_status martlet 0 || { echo "with $options:"; head -5 martlet.all; wrong=1; }
    done
    return $wrong
}
# As an ELF, with no Image's X0: QEMU gives such a kernel a command line and no files.
test_virt_elf() {
    on_virt
    local level channel=(-device virtio-serial-device,max_ports=4)
    for name in input output error; do
        channel+=(-chardev "null,id=$name")
    done
    channel+=(-device virtconsole,nr=0,chardev=input -device virtserialport,nr=1,chardev=output
        -device virtserialport,nr=2,chardev=error -device virtserialport,nr=3,chardev=control)
    for level in off on; do
        timeout 60 qemu-system-aarch64 -M virt,virtualization=$level -cpu max -m 128 -nodefaults -no-reboot -display none \
            -kernel "$work/bin/martlet-kernel-arm64" -append "an ELF" -global virtio-mmio.force-legacy=off \
            -chardev file,id=control,path=control "${channel[@]}" </dev/null || { echo "QEMU ends with $?"; return 1; }
        grep -qa 'the command line names no program' control || { echo "says: $(strings control)"; return 1; }
    done
}
# PSCI's SYSTEM_RESET: the machine ends without a word on how, as QEMU is not to boot it again.
test_virt_reset() {
    on_virt
    run_kernel martlet selftest=reset
    ! grep -qa 'goes on' martlet.all && [ "$(cat martlet.status)" != 124 ] || { head -5 martlet.all; return 1; }
    head -3 martlet.all
}
