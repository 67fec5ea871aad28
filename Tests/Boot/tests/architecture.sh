# Programs of other CPUs: what the tool says before anything starts.

# for_machine NUMBER CLASS DATA: a program that says it is for another machine, in `program`: e_machine,
# and the width (1: 32 bits, 2: 64) and order (1: little-endian, 2: big-endian) of its words.
for_machine() {
    cp "$built/musl/hello" program
    printf "\\x$(printf %x $2)\\x$(printf %x $3)" | dd of=program bs=1 seek=4 conv=notrunc status=none
    local low=$(($1 & 255)) high=$(($1 >> 8))
    [ $3 = 1 ] || { high=$(($1 & 255)) low=$(($1 >> 8)); }
    printf "\\x$(printf %x $low)\\x$(printf %x $high)" | dd of=program bs=1 seek=18 conv=notrunc status=none
}
test_other_machines_are_named() {
    local machine wrong=0
    tool_only
    while read -ra machine; do
        for_machine ${machine[@]:0:3}
        for command in "run ./program" "build ./program -o image" "run --vmm qemu ./program"; do
            record martlet run_martlet $command
            refused 1 "is for another machine \(${machine[*]:3}\), not for x86-64 or arm64" ||
                { echo "($command, machine ${machine[0]})"; wrong=1; }
        done
    done <<'MACHINES'
243 2 1 RISC-V
3 1 1 32-bit x86
40 1 1 32-bit Arm
8 1 2 MIPS
22 2 2 IBM Z
21 2 1 64-bit PowerPC
MACHINES
    return $wrong
}
test_arm64_where_it_cannot_run() {
    local wrong=0
    tool_only
    [ -z "$vmm" ] || skip "chooses the VMM itself"
    for_machine 183 2 1
    # As if there were a kernel for it: nothing of it is looked at.
    mkdir beside
    cp "$martlet" "$work"/bin/martlet-* beside/
    [ -e beside/martlet-kernel-arm64 ] || cp beside/martlet-kernel-x86_64 beside/martlet-kernel-arm64
    record martlet beside/martlet run --vmm martlet ./program
    refused 1 "is for arm64, and martlet's own VMM runs x86-64 only" || wrong=1
    record martlet beside/martlet run --vmm qemu:q35 ./program
    refused 1 "'qemu:q35' is a machine of another CPU" || wrong=1
    record martlet beside/martlet run --accelerator kvm ./program
    refused 1 'KVM on an x86-64 host runs no arm64 program' || wrong=1
    record martlet env PATH=/absent beside/martlet run ./program
    refused 71 'qemu-system-aarch64 is not installed \(apt-get install qemu-system-arm\)' || wrong=1
    record martlet beside/martlet run --vmm qemu:virt "$built/musl/hello"
    refused 1 "is for x86-64, and 'qemu:virt' is a machine of another CPU" || wrong=1
    record martlet beside/martlet build --arch amd64 ./program -o image
    refused 1 'is for arm64, not for x86-64' || wrong=1
    record martlet beside/martlet build --format image "$built/musl/hello" -o image
    refused 1 'a Linux Image is a form of arm64 kernels' || wrong=1
    [ ! -e image ] || { echo "left an image behind"; wrong=1; }
    rm beside/martlet-kernel-arm64
    record martlet beside/martlet run ./program
    refused 1 "martlet-kernel-arm64: the kernel for arm64 can't be read" || wrong=1
    return $wrong
}
