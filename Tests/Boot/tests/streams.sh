# Standard input, output and error are separate binary channels.

test_cat_100_megabytes() {
    not_by_serial_port
    head -c 100000000 /dev/urandom >input
    run_martlet run /bin/busybox cat <input >output 2>errors
    local status=$?
    [ $status = 0 ] || { echo "status $status"; head -5 errors; return 1; }
    cmp input output && [ ! -s errors ]
}
test_cat_100_megabytes_by_pipe() {
    not_by_serial_port
    head -c 100000000 /dev/urandom >input
    cat input | run_martlet run /bin/busybox cat | cmp - input
    local all=("${PIPESTATUS[@]}")
    [ "${all[*]}" = "0 0 0" ] || { echo "status ${all[*]}"; return 1; }
}
test_binary_streams() {
    { head -c 2000000 /dev/urandom; printf '\0\n\r\004\032\033[A\377\r\n\n'; } >input
    same "$built/musl/streams"
}
test_all_bytes() {
    local i
    for i in $(seq 0 255); do printf "\\x$(printf %x $i)"; done >input
    same "$built/musl/streams" || return 1
    same "$built/glibc/streams"
}
test_empty_input() {
    : >input
    same /bin/busybox wc -c
}
test_closed_input() {
    record native run_native run /bin/busybox cat <&-
    record martlet run_martlet run /bin/busybox cat <&-
    [ "$(cat martlet.status)" -le 1 ] || { cat martlet.all martlet.status; return 1; }
}
# Input of which all, and its end, is there before the kernel's first word: of a file and of a pipe.
test_input_ends_before_the_start() {
    local size
    for size in 1 4096 5000 20000; do
        head -c $size /dev/urandom >whole
        record native run_native run "$built/musl/streams" <whole
        record martlet run_martlet run "$built/musl/streams" <whole
        agree || { echo "of a file of $size bytes"; return 1; }
        # The writer has ended when martlet starts.
        exec 8< <(exec cat whole)
        wait $!
        record martlet run_martlet run "$built/musl/streams" <&8
        exec 8<&-
        agree || { echo "of a pipe of $size bytes"; return 1; }
        rm -f queue
        mkfifo queue
        cat whole >queue &
        exec 8<queue
        wait $!
        record martlet run_martlet run "$built/musl/streams" <&8
        exec 8<&-
        agree || { echo "of a FIFO of $size bytes"; return 1; }
    done
}
test_input_ends_late() {
    { echo early; sleep 1; echo late; } | run_martlet run /bin/busybox sh -c 'read a; echo "$a"; read b; echo "$b"; read c || echo end' >out
    [ "$(cat out)" = "early
late
end" ] || { cat out; return 1; }
}
test_prompt_answer() {
    # Output must leave before input comes: a conversation over two pipes.
    mkfifo to from
    run_martlet run /bin/busybox sh -c 'echo ready; read x; echo "got $x"' <to >from &
    local machine=$!
    exec 7>to 8<from
    read -r -t 20 line <&8 || { echo "no first line"; kill $machine; return 1; }
    echo hi >&7
    read -r -t 20 second <&8
    exec 7>&- 8<&-
    wait $machine
    [ "$line/$second" = "ready/got hi" ] || { echo "$line/$second"; return 1; }
}
test_output_closed_early() {
    run_martlet run /bin/busybox yes 2>errors | head -c 100000 | wc -c >count
    local all=("${PIPESTATUS[@]}")
    [ "$(cat count)" = 100000 ] || { echo "count $(cat count)"; return 1; }
    # Natively `yes` dies of SIGPIPE.
    [ "${all[0]}" = 141 ] || { echo "status ${all[0]}, not 141"; head -3 errors; return 1; }
}
test_output_to_full_device() {
    record native run_native run /bin/busybox echo text
    run_martlet run /bin/busybox echo text >/dev/full 2>errors
    local status=$?
    # The program may have ended when the host finds out: then it is the host that failed.
    [ $status = 1 ] || { [ $status = 71 ] && grep -q "No space left" errors; } || { echo "status $status"; head -3 errors; return 1; }
}
test_devices() {
    same /bin/busybox head -c 5 /dev/zero || return 1
    same /bin/busybox sh -c 'read x </dev/null || echo empty; : >/dev/full && echo opened; echo x >/dev/full'
}
test_devices_of_standard_streams() {
    local side
    for side in native martlet; do
        run_$side run /bin/busybox sh -c 'echo out >/dev/stdout; echo err >/dev/stderr; echo more; read a </dev/stdin; echo "$a"' \
            < <(echo in) 2> >(cat >$side.err) | cat >$side.out
        echo "${PIPESTATUS[0]}" >$side.status
        : >$side.says
    done
    agree
}
# Sets of epoll(7) that watch the channels tell what happens to them.
watch_input() {
    rm -f to from
    mkfifo to from
    "$@" run "$built/musl/watch" <to >from 2>/dev/null &
    local machine=$! line
    exec 7>to 8<from
    while read -r -t 30 line <&8; do
        echo "$line"
        [ "$line" = waiting ] || continue
        # Late enough for the program to wait.
        sleep 0.1
        if [ ${rounds:=0} -lt 4 ]; then echo "line $((++rounds))" >&7; else exec 7>&-; fi
    done
    exec 7>&- 8<&-
    wait $machine
}
watch_output() {
    rm -f from
    mkfifo from
    : >said
    "$@" run "$built/musl/watch" fill </dev/null >from 2>said &
    local machine=$! tries=0
    exec 8<from
    until grep -q ^full said || [ $((++tries)) = 200 ]; do sleep 0.1; done
    sleep 0.2
    cat <&8 >/dev/null
    exec 8<&-
    wait $machine
    cat said
}
test_watched_input() {
    (watch_input run_native) >native.shown
    (watch_input run_martlet) >martlet.shown
    diff native.shown martlet.shown && [ "$(grep -c waiting martlet.shown)" = 5 ]
}
test_watched_output() {
    (watch_output run_native) >native.shown
    (watch_output run_martlet) >martlet.shown
    diff native.shown martlet.shown && [ "$(wc -l <martlet.shown)" = 4 ]
}
