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
