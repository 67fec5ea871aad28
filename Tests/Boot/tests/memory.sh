# Memory: where things are put, and what happens when there is no more of it.

# Address space layout randomisation: in ten starts each place is another, but the code of a program
# that is not position-independent, which is where its file says.
test_memory_random_places() {
    local run name kind count
    for kind in musl pie; do
        : >places
        for run in 1 2 3 4 5 6 7 8 9 10; do
            record martlet run_martlet run "$built/$kind/places"
            expect_status martlet 0 || return 1
            cat martlet.out >>places
        done
        for name in stack mmap brk code vdso; do
            count=$(grep "^$name " places | sort -u | wc -l)
            if [ $kind$name = muslcode ]; then
                [ $count = 1 ] || { echo "$kind: the code is at $count places"; return 1; }
            elif [ $count -lt 10 ]; then
                echo "$kind: $name is at $count places in 10 starts"
                grep "^$name " places
                return 1
            fi
        done
    done
}

# A kill for want of memory names the program and its sizes, and is told as SIGKILL.
test_memory_kill_names_sizes() {
    record martlet run_martlet run --memory 24M "$built/musl/hog" map
    ends_by 9 SIGKILL || return 1
    grep -qaE 'out of memory: killed hog, which touched 0x[0-9a-f]+; free [0-9]+ kB of [0-9]+ kB, reserve [0-9]+ kB$' martlet.says &&
        grep -qaE 'out of memory: hog: total-vm:[0-9]+kB, anon-rss:[0-9]+kB, file-rss:[0-9]+kB, shmem-rss:[0-9]+kB, pgtables:[0-9]+kB$' martlet.says ||
        { cat martlet.says; return 1; }
    # Nearly all of the machine was the program's.
    local resident=$(sed -nE 's/.*anon-rss:([0-9]+)kB.*/\1/p' martlet.says)
    [ "$resident" -gt 16000 ] || { echo "anon-rss $resident kB of 24 MiB"; return 1; }
}
# Memory that runs out anywhere: ENOMEM, a kill or a right end, never a trap of the library OS. Here some
# points of some programs; `make test-shortage` takes each point of each.
limit_of_memory_shortage_sample=600
test_memory_shortage_sample() {
    [ "${MARTLET:-}" != native ] || skip "there is no kernel on the native side"
    [ -z "$vmm" ] && [ $arch = x86_64 ] || skip "runs our own VMM"
    [ $as_user = no ] || skip "writes where it likes"
    MARTLET=$work/bin timeout 500 "$top/Scripts/test-shortage" --sample "$built/musl/hello" "$built/glibc/conformance-threads" \
        "$built/musl/conformance-pipe" "$built/musl/conformance-epoll" "$built/musl/conformance-xattr"
}

# What changes a mapping flushes translations once, whatever the mapping's size; what makes pages present
# does not at all. Counted by the kernel (-v), as the difference between 10 and 110 rounds.
flushes_of() {
    local rounds
    for rounds in 10 110; do
        record martlet run_martlet run -v "$built/musl/unmaps" $1 $rounds </dev/null
        expect_status martlet 0 || return 1
        sed -nE 's/.*memory: [0-9]+ page faults, ([0-9]+) flushes of a page, ([0-9]+) of all.*/\1 \2/p' martlet.all >flushes.$rounds
    done
    paste -d ' ' flushes.110 flushes.10 | awk '{ print $1 - $3 + $2 - $4 }'
}
test_memory_flushes() {
    [ "${MARTLET:-}" != native ] || skip "there is no kernel on the native side"
    local what most wrong=0
    while read -r what most; do
        count=$(flushes_of $what) || return 1
        [ "$count" -le "$most" ] || { echo "$what: $count flushes in 100 rounds, not at most $most"; wrong=1; }
    done <<END
touch 0
unmap 100
protect 200
discard 100
move 200
large 100
END
    return $wrong
}
