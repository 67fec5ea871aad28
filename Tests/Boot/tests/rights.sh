# What the VMM gives up after set-up: filters, privileges, namespaces.

# A system call that is in no list ends the process by SIGSYS (31), on either thread.
test_rights_forbidden_call() {
    local thread command=()
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    [ $as_user = no ] || command+=("$work/as-user" yes)
    for thread in processor devices; do
        record martlet timeout $limit "${command[@]}" "$work/bin/martlet-vmm" --memory 64M \
            --kernel "$work"/bin/martlet-kernel-x86_64 --command-line selftest=crash --forbidden-call $thread
        expect_status martlet 159 || { echo "($thread)"; return 1; }
    done
}
# While a program runs: every thread has a filter, no new privileges and no capabilities; users,
# mounts and root are the process's own.
test_rights_of_a_running_vmm() {
    [ -z "$vmm" ] || skip "QEMU has rights of its own"
    local machine name file wrong=0
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    [ $as_user = no ] || skip "the mode's wrapper is not the VMM"
    mkfifo from
    "$martlet" run /bin/busybox sh -c 'echo ready; while :; do :; done' >from 2>errors &
    machine=$!
    exec 8<from
    read -r -t 30 line <&8
    [ "$line" = ready ] || { echo "not ready"; cat errors; wrong=1; }
    # KVM may have one of its own.
    [ "$(ls /proc/$machine/task | wc -l)" -ge 2 ] || { echo "not two threads"; wrong=1; }
    for file in /proc/$machine/task/*/status; do
        for line in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapPrm:	0000000000000000'; do
            grep -q "^$line" $file || { echo "no $line in $file: $(grep "${line%%:*}" $file)"; wrong=1; }
        done
    done
    # Where the host lets a process have them.
    if unshare --user --mount true 2>/dev/null; then
        for name in user mnt; do
            [ "$(readlink /proc/$machine/ns/$name)" != "$(readlink /proc/self/ns/$name)" ] ||
                { echo "the host's namespace: $name"; wrong=1; }
        done
        case $(readlink /proc/$machine/root) in
        */fdinfo) ;;
        *) echo "root is $(readlink /proc/$machine/root)"; wrong=1 ;;
        esac
    fi
    kill -KILL $machine
    exec 8<&-
    return $wrong
}
