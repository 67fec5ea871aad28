# The same machine on an ordinary KVM, where `syscall` enters ring 0 and ring 0 runs at full speed: a
# Linux inside QEMU's emulated SVM. `make test-ordinary-kvm` fetches what it needs.

# What runs in that Linux, as root, with / as its only file system. Lines beginning with "result:" are
# looked at.
ordinary_kvm_script() {
    cat <<'SCRIPT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs devices /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for module in irqbypass ccp kvm kvm-amd; do [ ! -e /$module.ko ] || insmod /$module.ko; done
run() {
    name=$1
    shift
    "$@" >/out 2>&1
    status=$?
    grep -q 'syscall enters ring 0' /out && name="$name gate-by-syscall"
    echo "result: $name status $status"
    sed 's/^/    /' /out
}
for test in protection burst; do
    run $test /martlet-vmm --kernel /kernel --memory 32M --log-level debug \
        --command-line "log.level=4 selftest=$test"
done
run echo /martlet-vmm --kernel /kernel --memory 64M --files /files --command-line \
    "program=/bin/busybox -- busybox echo hello"
run date /martlet-vmm --kernel /kernel --memory 64M --files /files --command-line \
    "program=/bin/busybox -- busybox date +%s"
echo "result: now $(date +%s)"
poweroff -f
SCRIPT
}

limit_of_ordinary_kvm=280
test_ordinary_kvm() {
    local folder=$top/.build/ordinary-kvm
    [ "$martlet" != "$native" ] || skip "needs the VMM itself"
    [ $as_user = no ] || skip "the machine inside QEMU has one user"
    [ -e "$folder/complete" ] && command -v qemu-system-x86_64 >/dev/null ||
        skip "make test-ordinary-kvm fetches QEMU and a Linux with KVM for it"
    mkdir -p system/bin system/dev system/proc system/sys files/bin
    ordinary_kvm_script >system/init
    chmod +x system/init
    cp "$(command -v busybox)" system/bin/busybox
    cp "$(command -v busybox)" files/bin/busybox
    cp "$work/bin/martlet-vmm" system/martlet-vmm
    cp "$work/bin/martlet-kernel-x86_64" system/kernel
    cp "$folder"/*.ko system/
    (cd files && find . -type f | cpio -o -H newc --quiet) >system/files
    (cd system && find . | cpio -o -H newc --quiet) >initrd
    timeout -k 5 250 qemu-system-x86_64 -M q35 -cpu max,+svm -m 1024 -nographic -no-reboot \
        -kernel "$folder/vmlinuz" -initrd initrd -append "console=ttyS0 quiet panic=-1" \
        </dev/null >console 2>&1
    # The firmware's escape sequences end in the middle of a line.
    tr -d '\r' <console | sed 's/.*result: /result: /' >text
    local wrong=0 line
    for line in 'protection.* status 0' 'burst.* status 0' 'burst gate-by-syscall' 'echo.* status 0' \
        'date.* status 0'; do
        grep -qaE "^result: $line" text || { echo "no line 'result: $line'"; wrong=1; }
    done
    grep -qa '^    hello$' text || { echo "the program's output is missing"; wrong=1; }
    # The guest's clock is the host's, whatever the CPU's counter begins with.
    local inside outside
    inside=$(sed -n '/^result: date/{n;s/^ *//p}' text)
    outside=$(sed -n 's/^result: now //p' text)
    [ -n "$inside" ] && [ $((outside - inside)) -ge -2 ] && [ $((outside - inside)) -le 10 ] ||
        { echo "date inside is '$inside', outside '$outside'"; wrong=1; }
    [ $wrong = 0 ] || grep -a -A100 '^result:' text | head -60
    return $wrong
}
