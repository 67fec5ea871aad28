# Programs on a terminal (pty.c): what they show is what they show natively, and the terminal is found
# as it was left, however they end.

# on_terminal NAME COMMAND…: runs a command on a terminal with the script on standard input.
on_terminal() {
    local name=$1
    shift
    cat >$name.script
    TERM=xterm "$work/pty" $name.script "$@" >$name.all 2>&1
    echo $? >$name.status
    # What martlet itself says is told from the program's by its prefix.
    grep -a '^martlet: ' $name.all >$name.says
    sed '/^martlet: /d; s/martlet: the program was killed by.*//' $name.all >$name.out
    : >$name.err
}
# same_on_terminal COMMAND…: the same script natively and as a unikernel.
same_on_terminal() {
    cat >script
    on_terminal native "$native" run "${@//"$built"/"$native_built"}" <script
    # Without timeout(1), which sends on what the terminal sends to all; pty.c has a limit of its own.
    on_terminal martlet "$martlet" run "$@" <script
    agree_on_terminal
}
# What both sides failed to show proves nothing.
agree_on_terminal() {
    [ "$(cat native.status)" != 99 ] || { echo "the script does not fit:"; cat -v native.all | tail -5; return 1; }
    agree
}
needs_terminal() {
    [ $as_user = no ] || skip "the terminal belongs to root"
    raw_machine="$built/musl/terminal raw 1 0"
}

test_terminal_shown() {
    needs_terminal
    same_on_terminal "$built/musl/terminal" show </dev/null && same_on_terminal "$built/glibc/terminal" show </dev/null
}
test_terminal_line_editing() {
    needs_terminal
    same_on_terminal "$built/musl/terminal" lines <<'SCRIPT'
expect ready\r\n
send plain\r
expect 0a\r\n
send erased\x7f\x7f\x7fX\r
expect 0a\r\n
send killed line\x15other\r
expect 0a\r\n
send two words\x17three\r
expect 0a\r\n
send tab\there\x7f\x7f\x7f\x7f\x7f!\r
expect 0a\r\n
send literal\x16\x03\x16\x7f.\x7f\x7f\r
expect 0a\r\n
send again\x12more\r
expect 0a\r\n
send control\x01\x1b[A\x7f\x7f\r
expect 0a\r\n
send utf8\xc3\xa9\xc3\xa9\x7f\r
expect 0a\r\n
send part\x04
expect 72 74\r\n
send of a line\r
expect 0a\r\n
send \r
expect 0a\r\n
send \x04
expect end
SCRIPT
}
test_terminal_raw_reads() {
    needs_terminal
    same_on_terminal "$built/musl/terminal" raw 1 0 <<'SCRIPT' || return 1
expect reading
send a
expect reading
send \r
expect reading
send \x04
SCRIPT
    same_on_terminal "$built/musl/terminal" raw 3 0 <<'SCRIPT' || return 1
expect reading
send a
sleep 50
send bc
expect reading
send 123
expect reading
send xyz
SCRIPT
    same_on_terminal "$built/musl/terminal" raw 0 0 </dev/null || return 1
    same_on_terminal "$built/musl/terminal" raw 0 3 <<'SCRIPT' || return 1
expect got
expect reading
send a
SCRIPT
    same_on_terminal "$built/musl/terminal" raw 5 2 <<'SCRIPT'
expect reading
send ab
expect reading
send abcde
expect reading
send x
SCRIPT
}
test_terminal_window_size() {
    needs_terminal
    same_on_terminal "$built/musl/terminal" size <<'SCRIPT'
expect 24 x 80
sleep 200
resize 50 132
expect 50 x 132
sleep 200
resize 10 20
expect 10 x 20
SCRIPT
}
test_terminal_signals_are_caught() {
    needs_terminal
    same_on_terminal "$built/musl/terminal" signals <<'SCRIPT'
expect ready\r\n
send dropped\x03
expect ^C
sleep 100
send \x1c
expect ^\\
sleep 100
send \x1a
expect ^Z
sleep 100
send kept\r
expect 0a
send \x04
SCRIPT
}
test_terminal_interrupt() {
    needs_terminal
    same_on_terminal /bin/busybox cat <<'SCRIPT' && [ "$(cat martlet.status)" = 130 ] || return 1
send a line\r
expect a line\r\n
expect a line\r\n
send half\x03
SCRIPT
    # A program that never reads: the host's own terminal sends it.
    same_on_terminal /bin/busybox sh -c 'echo ready; while :; do :; done' <<'SCRIPT' && [ "$(cat martlet.status)" = 130 ]
expect ready\r\n
send \x03
SCRIPT
}
test_terminal_shell() {
    needs_terminal
    cp /bin/busybox sh
    same_on_terminal ./sh <<'SCRIPT' && [ "$(cat martlet.status)" = 7 ]
expect #\s
send echo hellx\x7fo world\r
expect world\r\n
expect #\s
send \e[A
expect world
send \e[D\e[D\e[D!\r
expect ld\r\n
expect #\s
send nonsense\x03
expect #\s
send x=$((6*7)); echo [$x]\r
expect [42]
expect #\s
send read a; echo "<$a>"\r
expect >"\r\n
sleep 100
send typed\x7f\r
expect <type>
expect #\s
send exi\x01\x0b
send exit 7\r
SCRIPT
}
test_terminal_shell_ends_at_end_of_input() {
    needs_terminal
    cp /bin/busybox sh
    same_on_terminal ./sh <<'SCRIPT'
expect #\s
send echo one\r
expect one\r\n
expect #\s
send \x04
SCRIPT
}
test_terminal_vi() {
    needs_terminal
    printf 'first line\nsecond line\nthird line\n' >text
    cp /bin/busybox vi
    # Writes the file, reads it anew, leaves.
    same_on_terminal --file text ./vi text <<'SCRIPT' || return 1
expect text
expect 1/3
send jdd
sleep 200
send onew words\x7f\x7f\x7fWS\e
sleep 300
send ggx
sleep 200
send :w\r
expect text' 3L, 30C
send :e!\r
expect text' 3L, 30C
send G$x
sleep 200
send :wq\r
expect text' 3L, 29C
SCRIPT
    grep -qa 'new woWS' martlet.out
}
test_terminal_paging() {
    local program
    needs_terminal
    seq 1 200 >numbers
    for program in less more; do
        cp /bin/busybox $program
    done
    same_on_terminal --file numbers ./less numbers <<'SCRIPT' || return 1
expect 23
sleep 200
send \s
expect 46
sleep 100
send b
expect 1
sleep 100
send /99\r
expect 99
sleep 100
send q
SCRIPT
    same_on_terminal --file numbers ./more numbers <<'SCRIPT'
expect --More--
send \s
expect --More--
send \r
sleep 100
send q
SCRIPT
}

# Standard input is a pipe: the keyboard is /dev/tty's.
test_terminal_paging_of_a_pipe() {
    local side command
    needs_terminal
    seq 1 200 >numbers
    cp /bin/busybox less
    cat >script <<'SCRIPT'
expect 23
sleep 200
send \s
expect 46
sleep 200
send /99\r
expect 99
sleep 200
send q
SCRIPT
    on_terminal native sh -c 'cat numbers | "$@"' - "$native" run ./less <script
    on_terminal martlet sh -c 'cat numbers | "$@"' - "$martlet" run ./less <script
    agree_on_terminal || return 1
    # Type-ahead, Ctrl-C.
    cat >script <<'SCRIPT'
expect ready\r\n
send typed\r
expect 0a\r\n
send half\x03
SCRIPT
    on_terminal native sh -c 'echo | "$@"; echo ended $?' - "$native" run /bin/busybox sh -c 'echo ready; exec </dev/tty; while read x; do echo "$x 0a"; done' <script
    on_terminal martlet sh -c 'echo | "$@"; echo ended $?' - "$martlet" run /bin/busybox sh -c 'echo ready; exec </dev/tty; while read x; do echo "$x 0a"; done' <script
    agree_on_terminal
}
test_terminal_on_qemu() {
    needs_terminal
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    command -v qemu-system-x86_64 >/dev/null || skip "QEMU is not installed"
    cp /bin/busybox sh
    cat >script <<'SCRIPT'
expect #\s
send echo hellx\x7fo world\r
expect world\r\n
expect #\s
send nonsense\x03
expect #\s
send exit 7\r
SCRIPT
    on_terminal native "$native" run ./sh <script
    on_terminal martlet "$martlet" run --vmm qemu --accelerator tcg ./sh <script
    agree_on_terminal
}

# unchanged COMMAND…: the terminal's modes are the same before and after what the script does.
unchanged() {
    on_terminal martlet bash --norc --noprofile --noediting
    cmp -s before after && return
    echo "modes before: $(cat before)"
    echo "modes after:  $(cat after)"
    cat -v martlet.all
    return 1
}
test_terminal_restored_after_exit() {
    needs_terminal
    unchanged <<SCRIPT && grep -qa 'status 0' martlet.all
sleep 300
modes before
send $martlet run $raw_machine\r
expect reading
modes during
send a
expect reading
send b
expect reading
send c
expect restored
send echo status \$?\r
expect status 0
modes after
send exit\r
SCRIPT
    ! cmp -s before during || { echo "the terminal was not raw"; return 1; }
}
test_terminal_restored_after_kill() {
    needs_terminal
    unchanged <<SCRIPT && grep -qa 'killed by SIGKILL' martlet.all
sleep 300
modes before
send $martlet run $raw_machine\r
expect reading
run kill -KILL \$(pgrep -x martlet-vmm -s \$PTY_CHILD)
expect killed
send echo status \$?\r
expect status 137
modes after
send exit\r
SCRIPT
}
test_terminal_restored_after_kill_of_the_watch() {
    [ -z "$vmm" ] || skip "looks for a process named martlet, which is a script then"
    needs_terminal
    unchanged <<SCRIPT
sleep 300
modes before
send $martlet run $raw_machine\r
expect reading
run kill -KILL \$(pgrep -x martlet -s \$PTY_CHILD)
expect Killed
send echo status \$?\r
expect status 137
sleep 300
modes after
run ! pgrep -x martlet-vmm -s \$PTY_CHILD
send exit\r
SCRIPT
}
test_terminal_restored_after_termination() {
    [ -z "$vmm" ] || skip "looks for a process named martlet, which is a script then"
    needs_terminal
    unchanged <<SCRIPT
sleep 300
modes before
send $martlet run $raw_machine\r
expect reading
run kill -TERM \$(pgrep -x martlet -s \$PTY_CHILD)
expect SIGTERM
send echo status \$?\r
expect status 143
modes after
send exit\r
SCRIPT
}
test_terminal_restored_after_crash() {
    needs_terminal
    crash_at_end unused "$built/musl/hello"
    unchanged <<SCRIPT && grep -qa 'last log lines:' martlet.all
sleep 300
modes before
send MARTLET_VMM=beside/stand-in beside/martlet run $raw_machine\r
expect reading
send a
expect reading
send b
expect reading
send c
expect the kernel crashed
expect last log lines
send echo status \$?\r
expect status 70
modes after
send exit\r
SCRIPT
}
# Ctrl-Z stops the machine as a job of the shell; fg brings it and its modes back.
test_terminal_job_control() {
    needs_terminal
    printf 'text of the file\n' >text
    cp /bin/busybox vi
    unchanged <<SCRIPT
sleep 300
modes before
send PS1='@ '\r
expect @\s
send $martlet run --file text ./vi text\r
expect text of the file
send \x1a
expect Stopped
modes stopped
send jobs\r
expect Stopped
send fg\r
expect text of the file
modes during
send :q\r
expect @\s
send echo status \$?\r
expect status 0
modes after
send exit\r
SCRIPT
    [ $? = 0 ] || return 1
    cmp before stopped && ! cmp -s before during
}
test_terminal_job_on_qemu() {
    needs_terminal
    [ "${MARTLET:-}" != native ] || skip "there is no VMM on the native side"
    command -v qemu-system-x86_64 >/dev/null || skip "QEMU is not installed"
    unchanged <<SCRIPT && cmp before stopped && ! cmp -s before during
sleep 300
modes before
send $martlet run --vmm qemu --accelerator tcg $raw_machine\r
expect reading
modes during
send \x1a
expect Stopped
modes stopped
send fg\r
sleep 300
send a
expect reading
run kill -KILL \$(pgrep -x martlet-vmm -s \$PTY_CHILD)
expect killed
send echo status \$?\r
expect status 137
modes after
send exit\r
SCRIPT
}
test_terminal_job_of_a_program_that_stops_itself() {
    needs_terminal
    unchanged <<SCRIPT && grep -qa '40 x 90' martlet.all
sleep 300
modes before
send $martlet run $built/musl/terminal stop\r
expect stopping
expect Stopped
resize 40 90
send fg\r
expect went on, CONT 1
expect 40 x 90
sleep 200
modes after
send exit\r
SCRIPT
}
test_terminal_job_in_the_background() {
    needs_terminal
    unchanged <<SCRIPT
sleep 300
modes before
send PS1='@ '\r
expect @\s
send $martlet run $built/musl/terminal lines &\r
expect ready\r\n
sleep 200
modes background
send echo for the shell\r
expect for the shell\r\nfor the shell
send fg\r
expect lines
sleep 600
send for the program\r
expect line 16
send \x04
expect end
expect @\s
modes after
send exit\r
SCRIPT
    [ $? = 0 ] && cmp before background
}
# same_jobs HOST-COMMAND… -- COMMAND…: a shell of the host on a terminal, and one as the machine's program; the
# numbers of jobs' processes apart.
same_jobs() {
    local host=()
    while [ "$1" != -- ]; do host+=("$1"); shift; done
    shift
    cat >script
    on_terminal native env -i PATH=/usr/bin:/bin HOME=/root TERM=xterm LANG=C "PS1=@ " "${host[@]}" <script
    on_terminal martlet "$martlet" run --env "PS1=@ " --env LANG=C "$@" <script
    sed -i -E 's/^(\[[0-9]+\][+-]?) +[0-9]+/\1 N/' native.out martlet.out
    agree_on_terminal
}
jobs_script='
expect @\s
send sleep 100\r
expect sleep 100\r\n
sleep 300
send \x1a
expect Stopped
expect @\s
send jobs\r
expect Stopped
expect @\s
send fg\r
expect sleep 100\r\n
sleep 300
send \x03
expect @\s
send echo status $?\r
expect status 130
expect @\s
send sleep 100 | cat\r
sleep 300
send \x1c
expect @\s
send sleep 60\r
sleep 300
send \x1a
expect Stopped
expect @\s
send bg\r
expect sleep 60
expect @\s
send kill %1; sleep 0.3\r
sleep 500
send wait; jobs; echo none\r
expect none\r\n
expect @\s
send (sleep 0.3; cat) &\r
expect @\s
sleep 800
send jobs\r
expect Stopped
expect @\s
send fg\r
sleep 300
send for cat\r
expect for cat\r\nfor cat\r\n
send \x04
expect @\s
send stty tostop; (sleep 0.3; echo hid''den) &\r
expect @\s
sleep 800
send jobs\r
expect Stopped
expect @\s
send stty -tostop; fg\r
expect hidden\r\n
expect @\s
send exit 3\r
'
test_terminal_jobs_of_a_shell() {
    needs_terminal
    same_jobs bash --norc --noprofile --noediting -- --file /bin/sleep --file /bin/cat --file /bin/stty \
        /bin/bash --norc --noprofile --noediting <<<"$jobs_script" || return 1
    expect_status martlet 3 && grep -qa 'status 130' martlet.out
}
test_terminal_jobs_of_busybox() {
    needs_terminal
    cp /bin/busybox sh
    same_jobs /bin/busybox sh -- --file /bin/sleep --file /bin/cat --file /bin/stty ./sh <<'SCRIPT' && expect_status martlet 3
expect @\s
send sleep 100\r
sleep 300
send \x1a
expect Stopped
expect @\s
send fg\r
sleep 300
send \x03
expect @\s
send (sleep 0.3; cat) &\r
expect @\s
sleep 800
send \r
expect Stopped
expect @\s
send fg\r
sleep 300
send line\r
expect line\r\nline\r\n
send \x03
expect @\s
send exit 3\r
SCRIPT
}
# Jobs of a script: the host's terminal makes the signals, as nobody reads from it.
test_terminal_jobs_of_a_script() {
    local text='set -m; echo ready; sleep 100; echo stopped $?; jobs; bg; sleep 0.2; kill %1; sleep 0.2; echo done'
    needs_terminal
    same_jobs bash -c "$text" -- --file /bin/sleep /bin/bash -c "$text" <<'SCRIPT' || return 1
expect ready\r\n
sleep 500
send \x1a
expect done\r\n
SCRIPT
    grep -qa 'stopped 148' martlet.out || { cat -v martlet.out; return 1; }
    text='trap "echo trapped" INT; echo ready; sleep 100; echo status $?'
    same_jobs bash -c "$text" -- --file /bin/sleep /bin/bash -c "$text" <<'SCRIPT'
expect ready\r\n
sleep 500
send \x03
expect status 130
SCRIPT
}
# A machine with several processes in its first group is one job of the host's shell.
test_terminal_job_of_several_processes() {
    needs_terminal
    unchanged <<SCRIPT
sleep 300
modes before
send PS1='@ '\r
expect @\s
send $martlet run --file /bin/sleep --file /bin/cat /bin/bash -c 'echo ready; sleep 2; cat; cat; echo after'\r
expect ready\r\n
sleep 300
send \x1a
expect Stopped
modes stopped
expect @\s
send fg\r
sleep 2000
send one\r
expect one\r\none\r\n
send \x1a
expect Stopped
expect @\s
send fg\r
sleep 300
send two\r
expect two\r\ntwo\r\n
send \x03
expect killed by SIGINT
expect @\s
send echo status \$?\r
expect status 130
modes after
send exit\r
SCRIPT
    [ $? = 0 ] && cmp before stopped
}
test_terminal_script() {
    needs_terminal
    command -v script >/dev/null || skip "script is not installed"
    same_jobs bash --norc --noprofile --noediting -- --file /bin/sh --file /bin/sleep --file "$(command -v script)" /bin/bash --norc --noprofile --noediting <<'SCRIPT' && expect_status martlet 4
expect @\s
send SHELL=/bin/sh script -q /dev/null\r
expect @\s
send sleep 100\r
sleep 300
send \x1a
expect Stopped
expect @\s
send fg\r
sleep 300
send \x03
expect @\s
send exit 5\r
expect exit
expect @\s
send echo status $?\r
expect status
expect @\s
send exit 4\r
SCRIPT
}
test_terminal_tmux() {
    local tmux
    needs_terminal
    tmux=$(command -v tmux) || skip "tmux is not installed"
    cat >script <<'SCRIPT'
expect @\s
send tmux -u -f /dev/null new bash --norc --noprofile --noediting\r
expect [0] 0:bash
sleep 300
send sleep 1''00\r
sleep 500
send \x1a
expect Stopped
send kill %1; echo a''new\r
expect anew
sleep 500
send \x02%
sleep 1000
send echo sec''ond >/dev/tty\r
expect second
sleep 500
send \x02d
expect detached
expect @\s
send tmux ls\r
expect 1 windows
expect @\s
send tmux kill-server; echo ended $?\r
expect ended 0
expect @\s
send exit 4\r
SCRIPT
    on_terminal martlet "$martlet" run --memory 256M --env "PS1=@ " --env LANG=C.UTF-8 --env SHELL=/bin/sh \
        --file /bin/sh --file /bin/sleep --file "$tmux" --file /lib/terminfo --file /usr/lib/locale/C.utf8 \
        /bin/bash --norc --noprofile --noediting <script
    expect_status martlet 4 || { cat -v martlet.all | tail -20; return 1; }
}
# Standard streams that are no terminals stay binary, whatever the others are.
test_terminal_with_redirections() {
    needs_terminal
    on_terminal martlet bash --norc --noprofile --noediting <<SCRIPT
sleep 300
send $martlet run $built/musl/terminal show >shown\r
sleep 300
send echo done\$?\r
expect done0
send echo hello | $martlet run $built/musl/terminal show | cat >piped\r
sleep 300
send echo done\$?\r
expect done0
send echo hello | $martlet run /bin/busybox wc -c\r
expect 6\r
send seq 1 100 | $martlet run /bin/busybox cat | tail -1\r
expect 100\r
send exit\r
SCRIPT
    grep -q '^0: terminal' shown && grep -q '^1: no terminal' shown && grep -q '^2: terminal' shown &&
        grep -q '^0: no terminal' piped && grep -q '^1: no terminal' piped || { cat shown piped; cat -v martlet.all; return 1; }
}
test_terminal_hangs_up() {
    needs_terminal
    on_terminal martlet "$martlet" run $raw_machine <<'SCRIPT'
expect reading
hangup
SCRIPT
    [ "$(cat martlet.status)" = 129 ] || { cat martlet.status; cat -v martlet.all; return 1; }
}
test_terminal_watched() {
    needs_terminal
    same_on_terminal "$built/musl/watch" <<'SCRIPT'
expect waiting\r\n
send one\r
expect waiting\r\n
send two\r
expect waiting\r\n
send three\r
expect waiting\r\n
send four\r
expect waiting\r\n
send \x04
expect end
SCRIPT
}
