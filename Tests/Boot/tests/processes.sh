# Real programs of many processes: shells, make with gcc, git, perl, python, init, tmux, strace and gdb, each in
# a root file system of Debian's packages, natively as process 1 of a namespace (native.c's --rootfs).

# packages_root NAME PACKAGE…: makes the folder $work/roots/NAME, once in a run, of the files of packages and
# the libraries that their programs need; `root` is its path.
packages_root() {
    local name=$1 package
    shift
    set +f
    needs_this_architecture
    [ "$as_user" = no ] || skip "makes a root file system"
    [ "$(id -u)" = 0 ] || skip "the native side needs root"
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    for package; do
        dpkg -s "$package" >/dev/null 2>&1 || skip "no $package (Debian's package)"
    done
    root=$work/roots/$name
    mkdir -p "$work/roots"
    (
        flock 9
        [ ! -e "$root.made" ] || exit 0
        mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,root} && mkdir -m 1777 "$root/tmp" || exit 1
        local folder file
        for folder in bin sbin lib lib64; do ln -s usr/$folder "$root/$folder"; done
        dpkg -L "$@" | grep -vE '^/usr/share/(doc|man|locale|info|lintian|bash-completion|perl5/Debian)/|^diverted|\.pyc$' |
            sort -u | while IFS= read -r file; do
                [ -d "$file" ] && [ ! -h "$file" ] || [ ! -e "$file" ] || printf '%s\n' "${file#/}"
            done >"$root.files"
        tar -C / --no-recursion -cf - -T "$root.files" | tar -C "$root" -xf - || exit 1
        for file in sh:dash awk:mawk pager:more; do
            [ ! -e "$root/bin/${file#*:}" ] || ln -sf "${file#*:}" "$root/bin/${file%:*}"
        done
        # Programs and libraries; of the rest ldd says that it is not dynamic.
        find "$root/usr" -type f \( -perm -100 -o -name '*.so*' \) -print0 | xargs -0 ldd 2>/dev/null |
            grep -oE '=> /[^ ]*|^\s/lib[^ ]*' | sed 's/^.*[[:space:]]//' | sort -u | while IFS= read -r file; do
                [ -e "$root$file" ] || { mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file"; }
            done
        touch "$root.made"
    ) 9>"$work/roots/lock" || { echo "the root file system could not be made"; return 1; }
}
# same_in_root PROGRAM ARGUMENT…: natively and in a machine with the work folder's `input` at /input; MORE has
# further options of `martlet run`. What bash says of a process that a signal ended has its number.
same_in_root() {
    local files=() side
    [ ! -d input ] || files=(--file input:/input)
    for side in native martlet; do
        record $side run_$side run --memory 1G ${MORE:-} "${files[@]}" --rootfs "$root" "$@" </dev/null
        sed -i -E 's/(line [0-9]+: +)[0-9]+ /\1PROCESS /' $side.err
    done
    agree
}
# Fails where the native side did: what both sides fail to do proves nothing.
native_succeeded() {
    [ "$(cat native.status)" = "${1:-0}" ] && return
    echo "the native side ended with $(cat native.status):"
    tail -20 native.all
    return 1
}

shell_packages="dash bash coreutils sed grep mawk findutils procps util-linux diffutils"

# What each POSIX shell does with processes. Nothing waits for time, and no process number is shown.
make_shell_script() {
    mkdir -p input
    cat >input/script <<'SCRIPT'
echo "== pipelines"
printf 'pear\napple\nfig\napple\n' | sort | uniq -c | sed 's/^ *//' | tr a-z A-Z
seq 1 20000 | awk '{ s += $1 } END { print s }'
seq 1 100000 | head -3
yes | head -n 2 | cat -n
echo one | { read word; echo "in a group: $word"; }
echo two | while read word; do echo "in a loop: $word"; done
false | true; echo "status $?"
true | false; echo "status $?"
! true; echo "status $?"
echo a | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat
echo "== subshells"
x=outer; (x=inner; cd /tmp; echo "$x $PWD"); echo "$x $PWD"
(exit 7); echo "status $?"
(exit 7) || (echo "or $?"; exit 8); echo "status $?"
( ( ( echo deep; exit 3 ) ; echo "then $?" ) ; exit 4 ); echo "status $?"
{ echo grouped; echo to a file; } >/tmp/grouped; cat /tmp/grouped
(umask 077; umask; : >/tmp/private); umask; stat -c %a /tmp/private
(ulimit -n 20; ulimit -n; sh -c 'ulimit -n'); [ "$(ulimit -n)" != 20 ] && echo "limit kept"
echo "== substitution"
echo "$(echo inner; exit 5) status $?"
y=$(exit 6); echo "status $?"
echo "$(echo "$(echo "$(echo nested three deep)")")"
echo `echo old style \`echo nested\``
z=$(seq 1 5000); echo "${#z} characters"
echo "no newline at the end: [$(printf 'a\n\n\n')]"
set -- $(echo b a c | tr ' ' '\n' | sort); echo "$1$2$3"
echo "== here-documents"
cat <<END
variables: $x, substitution: $(echo done), arithmetic: $((6 * 7))
END
cat <<'END' | tr a-z A-Z
as it is: $x $(none)
END
cat <<-END
	tabs are gone
	END
cat <<ONE - <<TWO
first
ONE
second
TWO
while read a b; do echo "$b $a"; done <<END
1 one
2 two
END
big=$(seq 1 20000); cat <<END | wc -c
$big
END
echo "== background"
(exit 11) & p=$!; wait $p; echo "status $?"
true & a=$!; false & b=$!; (exit 9) & c=$!; wait $a; echo $?; wait $b; echo $?; wait $c; echo $?
for i in 1 2 3 4 5; do (echo $i >/tmp/job.$i) & done; wait; cat /tmp/job.*
mkfifo /tmp/fifo; (echo through a FIFO >/tmp/fifo) & cat /tmp/fifo; wait
# What shells say of it depends on when they see it.
{ sleep 100 & p=$!; kill $p; wait $p; } 2>/dev/null; echo "status $?"
{ sleep 100 & p=$!; kill -KILL $p; wait $p; } 2>/dev/null; echo "status $?"
wait 99999; echo "status $?"
wait; echo "status $?"
sh -c 'kill -TERM $$' 2>/dev/null; echo "status $?"
sh -c 'kill -STOP $$; echo went on' & p=$!
until grep -q '^State:.*T' /proc/$p/status; do :; done; kill -CONT $p; wait $p; echo "status $?"
echo "== traps"
trap 'echo caught USR1' USR1; kill -USR1 $$; echo after
(trap 'echo leaving a subshell' EXIT; exit 3); echo "status $?"
(trap 'echo got TERM; exit 4' TERM; kill -TERM $(sh -c 'echo $PPID'); echo not reached); echo "status $?"
(trap '' INT; sh -c 'kill -INT $$; echo ignored below')
trap 'echo child trap' USR2
sh -c 'kill -USR2 $PPID'; echo after the child
trap - USR1 USR2
# A trap while a child is waited for runs when that has ended.
trap 'echo hup' HUP; (kill -HUP $$; echo in the child); echo "status $?"; trap - HUP
# wait(1) is interrupted by it.
trap : USR1; (until [ -e /tmp/interrupted ]; do kill -USR1 $$; sleep 0.01; done) & p=$!
wait $p; s=$?; : >/tmp/interrupted; [ $s -gt 128 ] && echo interrupted
until wait $p; do :; done; echo "status $?"; trap - USR1
echo "== redirection"
exec 5>/tmp/five; (echo by a subshell >&5); echo by the shell >&5; exec 5>&-; cat /tmp/five
{ echo out; echo err >&2; } 2>&1 >/tmp/out | sed 's/^/piped: /'; cat /tmp/out
(echo to closed >&-) 2>/dev/null || echo "status $?"
: >/tmp/append; for i in 1 2 3; do (echo $i >>/tmp/append); done; cat /tmp/append
echo "== execution"
/absent; echo "status $?"
/tmp; echo "status $?"
echo 'not executable' >/tmp/text; /tmp/text; echo "status $?"
chmod 755 /tmp/text; printf 'echo a script without a line: $1\n' >/tmp/text; /tmp/text argument; echo "status $?"
printf '#!/bin/sh\necho "script $0 $*"; exit 12\n' >/tmp/script; chmod 755 /tmp/script; /tmp/script a 'b c'; echo "status $?"
printf '#!/absent\n' >/tmp/bad; chmod 755 /tmp/bad; /tmp/bad 2>/dev/null; echo "status $?"
(exec sh -c 'echo replaced; exit 13'); echo "status $?"
(exec /absent) 2>/dev/null; echo "status $?"
VARIABLE=value sh -c 'echo $VARIABLE'; echo "[$VARIABLE]"
env -i A=1 /bin/sh -c 'echo $A' ; PATH=/nowhere sh -c : 2>/dev/null || echo "not found $?"
find /tmp -name 'job.*' | sort | xargs -n 2 echo; find /tmp -name 'job.?' -exec cat {} + | sort | tail -1
echo 1 2 3 4 | xargs -n 1 -P 4 sh -c 'exit 0'; echo "status $?"
timeout 0.1 sleep 100; echo "status $?"
nice -n 5 nice; nohup true; echo "status $?"
(setsid sh -c 'ps -o sid= -p $$ | tr -d " " | grep -qx $$ && echo own session') | cat
i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i + 1)); done; echo "ran $i"
exit 42
SCRIPT
}
test_processes_dash() {
    packages_root shells $shell_packages || return 1
    make_shell_script
    same_in_root /bin/dash /input/script && native_succeeded 42
}
test_processes_bash_as_sh() {
    packages_root shells $shell_packages || return 1
    make_shell_script
    same_in_root /bin/bash /input/script && native_succeeded 42
}
# Through the libc of busybox, and with no other program: its applets are itself.
test_processes_busybox_shell() {
    cat >script <<'SCRIPT'
echo "process $$"
printf 'b\na\nc\n' | sort | tr a-z A-Z
seq 1 10000 | awk '{ s += $1 } END { print s }'
(exit 7); echo "status $?"
echo "$(echo nested "$(echo deep)")"
cat <<END | wc -l
one
two
END
for i in 1 2 3; do (echo $i >/tmp/job.$i) & done; wait; cat /tmp/job.*
{ sleep 100 & p=$!; kill $p; wait $p; } 2>/dev/null; echo "status $?"
trap 'echo caught' USR1; kill -USR1 $$; (kill -USR1 $$); wait
find /tmp -name 'job.*' | sort | xargs -n 1 basename
mkfifo /tmp/fifo; (seq 1 1000 >/tmp/fifo) & tail -1 /tmp/fifo; wait
tar -cf - /tmp/job.1 2>/dev/null | tar -tf -
head -c 100000 /dev/zero | gzip -c | gunzip -c | wc -c
yes | head -1
ps -o comm | grep -c '^ps$'
# An orphan becomes the first process's.
(sh -c 'mkfifo /tmp/told; sh -c "read go </tmp/told; grep PPid: /proc/self/status >/tmp/parent" & exec true')
until [ -p /tmp/told ]; do :; done; echo go >/tmp/told; until [ -s /tmp/parent ]; do :; done; cat /tmp/parent
exit 17
SCRIPT
    mkdir -p root/bin
    cp /bin/busybox root/bin/busybox
    needs_this_architecture
    [ "$as_user" = no ] || skip "makes a root file system"
    same --rootfs root --file script:/script /bin/busybox sh /script && native_succeeded 17
}
test_processes_bash() {
    packages_root shells $shell_packages || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
set -o pipefail; false | true; echo "status $?"; true | (exit 3) | (exit 4) | true; echo "${PIPESTATUS[@]}"; set +o pipefail
cat <(echo process) <(echo substitution) | tr a-z A-Z
echo written > >(sed 's/^/filtered: /' >/tmp/filtered); until [ -s /tmp/filtered ]; do :; done; cat /tmp/filtered
diff <(seq 1 5) <(seq 2 6); echo "status $?"
coproc UPPER { while read -r line; do echo "${line^^}"; done; }
echo to the coprocess >&"${UPPER[1]}"; read -r answer <&"${UPPER[0]}"; echo "$answer"
eval "exec ${UPPER[1]}>&-"; wait "$UPPER_PID"; echo "status $?"
cat <<<"here string $((1 + 1))"
mapfile -t lines < <(printf '%s\n' a b c); echo "${#lines[@]} ${lines[1]}"
(echo $((BASHPID != $$)) $BASH_SUBSHELL; (echo $BASH_SUBSHELL))
shopt -s lastpipe; echo last | read -r word; echo "[$word]"; shopt -u lastpipe
(exit 5) & (exit 5) & wait -n; echo "status $?"; wait -n; echo "status $?"; wait -n; echo "status $?"
sleep 100 & jobs -r | sed 's/  */ /g'; { kill %1; wait %1; } 2>/dev/null; echo "status $?"
trap 'echo "ERR $?"' ERR; false; (exit 6); trap - ERR
trap 'echo "DEBUG: $BASH_COMMAND"' DEBUG; true one; trap - DEBUG
n=0; trap 'n=$((n + 1))' CHLD; /bin/true; /bin/true; trap - CHLD; [ $n -ge 2 ] && echo "CHLD came"
f() { trap 'echo return' RETURN; echo in f; }; f; trap - RETURN
read -r -t 0.05 nothing < <(sleep 0.3); [ $? -gt 128 ] && echo "timed out"
exec {fd}>/tmp/numbered; echo "by number" >&$fd; exec {fd}>&-; cat /tmp/numbered
{ time -p true; } 2>/tmp/time; wc -l </tmp/time
ulimit -c 0; bash -c 'kill -SEGV $$' 2>/dev/null; echo "status $?"
ulimit -u >/dev/null && echo "has a limit of processes"
bash -c 'exec -a renamed bash -c "echo \$0"'
bash -ec 'false; echo no'; echo "status $?"
echo 'echo "read by bash: $1"; exit 3' | bash -s argument; echo "status $?"
{ echo a; sleep 0.02; echo b; } | while IFS= read -r line; do echo "got $line"; done
sum=0; for i in {1..50}; do sum=$((sum + $(echo $i))); done; echo $sum
disown -a; enable -n echo; type -t echo; enable echo
exit 24
SCRIPT
    same_in_root /bin/bash /input/script && native_succeeded 24
}
# Job control in a script: each job is a process group of its own.
test_processes_job_control() {
    packages_root shells $shell_packages || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
exec 2>/dev/null # what bash says of ended jobs depends on when it sees it
group_of() { sed 's/^.*) //' /proc/$1/stat | cut -d' ' -f3; }
own=$(group_of $$)
sleep 100 & [ "$(group_of $!)" = "$own" ] && echo "without set -m: the shell's group"; kill $!; wait $! 2>/dev/null
set -m
sleep 100 & p=$!; [ "$(group_of $p)" = $p ] && echo "with set -m: a group of its own"
kill -STOP $p; until grep -q '^State:.*T' /proc/$p/status; do :; done
jobs | sed 's/  */ /g'
kill -CONT $p; until grep -q '^State:.*S' /proc/$p/status; do :; done
jobs | sed 's/  */ /g'
kill %1; wait %1; echo "status $?"
sh -c 'sleep 100 | sleep 100' & p=$!
until [ "$(pgrep -g $p -c)" = 3 ]; do :; done; echo "three in the group"
kill -- -$p; wait $p; echo "status $?"; until [ "$(pgrep -g $p -c)" = 0 ]; do :; done; echo "none is left"
(sleep 100) & (sleep 100) & jobs -p | wc -l; kill %1 %2; wait; echo "status $?"
sh -c 'kill -STOP $$; exit 5' & wait $! ; [ $? -gt 128 ] && echo "stopped"; fg %1 >/dev/null; echo "status $?"
exit 3
SCRIPT
    same_in_root /bin/bash /input/script && native_succeeded 3 || return 1
    sed -i '/^sh -c .kill -STOP/d; /^jobs$/d' input/script
    same_in_root /bin/bash --posix /input/script
}
test_processes_make() {
    packages_root build $shell_packages make gcc gcc-12 cpp cpp-12 binutils binutils-x86-64-linux-gnu binutils-common \
        libc6-dev linux-libc-dev libgcc-12-dev libc6 || return 1
    mkdir -p input/parts
    cat >input/Makefile <<'MAKE'
CFLAGS = -O1 -Wall -Iparts
parts = $(patsubst %.c,%.o,$(wildcard parts/*.c))
program: main.o libparts.a
	$(CC) -o $@ main.o libparts.a
libparts.a: $(parts)
	ar rcsD $@ $^
%.o: %.c parts/parts.h
	$(CC) $(CFLAGS) -c -o $@ $<
test: program
	./program 5 | sort | diff - expected && echo tested
clean:
	rm -f program libparts.a *.o parts/*.o
broken:
	@echo before; exit 3; echo after
recursive:
	@$(MAKE) --no-print-directory test
.PHONY: test clean broken recursive
MAKE
    echo 'int one(int), two(int), three(int), four(int);' >input/parts/parts.h
    local name number=1
    for name in one two three four; do
        printf '#include "parts.h"\nint %s(int n) { return n * %d; }\n' $name $number >input/parts/$name.c
        number=$((number + 1))
    done
    cat >input/main.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "parts.h"
int main(int count, char **arguments) {
    int n = count > 1 ? atoi(arguments[1]) : 1;
    int (*const functions[])(int) = {one, two, three, four};
    for (int i = 0; i < 4; i++) if (fork() == 0) return printf("%d\n", functions[i](n)), 0;
    while (wait(NULL) > 0) {}
    return 0;
}
C
    printf '5\n10\n15\n20\n' | sort >input/expected
    cat >input/build <<'SCRIPT'
cp -r /input /tmp/project; cd /tmp/project
make CC=gcc && make CC=gcc && make CC=gcc test; echo "status $?"
touch parts/two.c; make CC=gcc; echo "status $?"
make clean; make -j 2 -s CC=gcc; ./program 3 | sort -n; make -j 4 -s CC=gcc recursive; echo "status $?"
make broken; echo "status $?"
make -k absent broken; echo "status $?"
echo 'int broken(' >parts/one.c; make CC=gcc 2>&1 | grep -c error; echo "status $?"
echo '#include <stdio.h>
int main(void) { puts("from standard input"); return 4; }' | gcc -pipe -static -x c -o /tmp/static - && /tmp/static; echo "status $?"
gcc -O2 -S -o - -x c - <<'C' | grep -c 'imul\|lea'
int f(int n) { return n * 5; }
C
objdump -d program | grep -c '<main>:'
SCRIPT
    limit=120
    set_martlet_command
    same_in_root /bin/sh /input/build && native_succeeded
}
test_processes_git() {
    packages_root git $shell_packages git perl-base tar || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
export GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' GIT_PAGER=cat
cd /tmp; git init -q -b main first; cd first
seq 1 2000 >numbers; mkdir folder; echo text >folder/file; ln -s folder/file link; printf '#!/bin/sh\n' >run; chmod 755 run
git add . && git commit -q -m 'first commit' && git log --stat
seq 1 3 >>numbers; git diff --stat; git commit -q -a -m second; git tag -a v1 -m 'a tag'
git checkout -q -b side HEAD~1; echo side >side; git add side; git commit -q -m side
git checkout -q main; git merge -q --no-edit side; git log --oneline --graph
echo main >conflict; git add conflict; git commit -q -m 'conflict on main'
git checkout -q side; echo side >conflict; git add conflict; git commit -q -m 'conflict on side'
git merge main; echo "status $?"; cat conflict; git merge --abort; git status --short
git rebase main 2>&1 | tail -1; git rebase --abort
git checkout -q main; printf '#!/bin/sh\necho "hook: $0"\nexit 1\n' >.git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit
git commit -q --allow-empty -m refused; echo "status $?"; rm .git/hooks/pre-commit
cd ..; git clone -q --no-local /tmp/first second; cd second; git log -1 --format=%H; git branch -r
echo more >more; git add more; git commit -q -m more; git push -q origin HEAD:refs/heads/pushed; echo "status $?"
cd ../first; git log --format=%s pushed -1; git fetch -q ../second main; git rev-parse FETCH_HEAD
git gc -q; git fsck --full --strict; echo "status $?"; git count-objects -v | grep -E '^(count|packs|in-pack)'
git archive --format=tar HEAD | tar -tf - | sort; git grep -n text; git blame -s folder/file
git bundle create -q /tmp/all.bundle --all; git bundle verify -q /tmp/all.bundle; echo "status $?"
git stash list; git ls-files -s | sha1sum; git cat-file -p HEAD^{tree} | head -3
git submodule status; git -c alias.x='!echo an alias; exit 5' x; echo "status $?"
git absent-command; echo "status $?"
SCRIPT
    limit=120
    set_martlet_command
    same_in_root /bin/sh /input/script && native_succeeded
}

test_processes_perl() {
    packages_root perl $shell_packages perl perl-base perl-modules-5.36 || return 1
    mkdir input
    cat >input/program.pl <<'PERL'
use strict; use warnings; use POSIX qw(:sys_wait_h setsid dup2 _exit); use IPC::Open2; use IPC::Open3; use Socket; use IO::Handle; use Fcntl ':flock';
$| = 1;
my $pid = fork // die; if (!$pid) { print "child\n"; exit 7 } waitpid $pid, 0; printf "%d %d\n", $? >> 8, $? & 127;
$pid = fork; if (!$pid) { kill 9, $$; sleep 100 } waitpid $pid, 0; printf "%d %d\n", $? >> 8, $? & 127;
print "wait ", wait(), " $!{ECHILD}\n";
print "system ", system("exit 3;") >> 8, " ", system("/bin/false") >> 8, " ", system("/absent") , " ", ($!+0), "\n";
print "substitution ", `printf 'a\nb\n' | wc -l`; print "status ", $? >> 8, "\n"; my @lines = `seq 3`; print "lines @{[scalar @lines]}\n";
open my $out, "|-", "tr a-z A-Z" or die; print $out "piped to tr\n"; close $out;
open my $in, "-|", "sh", "-c", "echo from sh; exit 5" or die; print while <$in>; close $in; print "status ", $? >> 8, "\n";
my $kid = open(my $from, "-|") // die; if (!$kid) { print "by a fork of itself\n"; exit 0 } print <$from>; close $from;
$kid = open(my $to, "|-") // die; if (!$kid) { while (<STDIN>) { print "child read $_" } exit 0 } print $to "$_\n" for 1 .. 3; close $to;
my $p2 = open2(my $r, my $w, "cat"); print $w "through cat\n"; close $w; print <$r>; waitpid $p2, 0;
my $p3 = open3(my $w3, my $r3, undef, "sh", "-c", "echo out; echo err >&2"); close $w3; print sort <$r3>; waitpid $p3, 0;
my @kids; for my $n (1 .. 20) { my $k = fork; exit $n unless $k; push @kids, $k } my $sum = 0; $sum += ($? >> 8) while wait() > 0; print "sum $sum\n";
my $caught = 0; $SIG{CHLD} = sub { while ((my $k = waitpid(-1, WNOHANG)) > 0) { $caught++ } };
for (1 .. 5) { my $k = fork; _exit(0) unless $k } select undef, undef, undef, 0.01 while $caught < 5; print "caught $caught\n"; $SIG{CHLD} = 'IGNORE';
$pid = fork; exit 0 unless $pid; print "ignored ", waitpid($pid, 0), "\n"; $SIG{CHLD} = 'DEFAULT';
pipe my $pr, my $pw; $pid = fork; if (!$pid) { close $pr; local $SIG{TERM} = sub { syswrite $pw, "TERM\n"; _exit(4) }; syswrite $pw, "ready\n"; select undef, undef, undef, 0.05 while 1 }
close $pw; print scalar <$pr>; kill TERM => $pid; print scalar <$pr>; waitpid $pid, 0; print "status ", $? >> 8, "\n";
socketpair my $a, my $b, AF_UNIX, SOCK_STREAM, 0 or die; $pid = fork; if (!$pid) { close $a; my $l = <$b>; print $b uc $l; $b->flush; exit 0 }
close $b; print $a "by a socket\n"; $a->flush; print scalar <$a>; waitpid $pid, 0;
open my $lock, ">", "/tmp/lock"; flock $lock, LOCK_EX; $pid = fork; if (!$pid) { open my $l, ">", "/tmp/lock"; exit(flock($l, LOCK_EX | LOCK_NB) ? 1 : 0) } waitpid $pid, 0; print "locked ", $? >> 8, "\n";
eval { local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1; waitpid fork || do { sleep 3; exit }, 0; }; print "eval: $@";
my $x = "parent"; $pid = fork; if (!$pid) { $x = "child"; exit 0 } waitpid $pid, 0; print "$x\n";
$pid = fork; if (!$pid) { exec "sh", "-c", "exit 9"; } waitpid $pid, 0; print "exec ", $? >> 8, "\n"; local $ENV{GIVEN} = "yes"; print `echo \$GIVEN`;
printf "times %d\n", (times)[2] >= 0; setpgrp; print "group ", (getpgrp == $$ ? 1 : 0), "\n"; print "priority ", getpriority(0, 0), "\n"; exit 21;
PERL
    same_in_root /usr/bin/perl /input/program.pl && native_succeeded 21
}
test_processes_python() {
    packages_root python $shell_packages python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libexpat1 media-types || return 1
    mkdir input
    cat >input/program.py <<'PYTHON'
import asyncio, concurrent.futures, fcntl, mmap, multiprocessing as mp, os, pty, select, shutil, signal, socket, subprocess as sp, sys, tempfile, threading, time
def say(*words): print(*words, flush=True)
say(sp.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True, text=True).returncode)
say(sp.check_output("seq 5 | tac", shell=True, text=True).split(), sp.getoutput("echo $HOME"))
p = sp.Popen(["tr", "a-z", "A-Z"], stdin=sp.PIPE, stdout=sp.PIPE); say(p.communicate(b"communicate\n" * 20000)[0][-12:], p.returncode)
a = sp.Popen(["seq", "10000"], stdout=sp.PIPE); b = sp.Popen(["wc", "-l"], stdin=a.stdout, stdout=sp.PIPE); a.stdout.close(); say(b.communicate()[0], a.wait())
for command in (["/absent"], ["/tmp"], ["sh", "-c", "kill -9 $$"]):
    try: sp.run(command, check=True)
    except (OSError, sp.CalledProcessError) as error: say(type(error).__name__, getattr(error, "errno", None), getattr(error, "returncode", None))
try: sp.run(["sleep", "100"], timeout=0.05)
except sp.TimeoutExpired as error: say(error.cmd)
p = sp.Popen(["sh", "-c", "ps -o sid= -p $$ | tr -d ' '"], start_new_session=True, stdout=sp.PIPE, text=True); say(int(p.communicate()[0]) == p.pid)
say(sp.run(["sh", "-c", "pwd; umask; id -u; echo $X; ulimit -n"], cwd="/tmp", umask=0o37, user=12, env={"X": "y", "PATH": os.environ["PATH"]}, stdout=sp.PIPE, text=True, preexec_fn=lambda: __import__("resource").setrlimit(7, (55, 66))).stdout.split())
r, w = os.pipe(); os.set_inheritable(w, True); sp.run(["sh", "-c", f"echo passed >&{w}"], pass_fds=[w]); os.close(w); say(os.read(r, 100)); os.close(r)
pid = os.fork()
if pid == 0: os._exit(9)
say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
say(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "exit 6"], os.environ, setpgroup=0, file_actions=[(os.POSIX_SPAWN_CLOSE, 0)]), 0)[1]))
say(os.spawnlp(os.P_WAIT, "sh", "sh", "-c", "kill -TERM $$"), os.system("exit 5"), os.popen("echo popen").read())
pid, fd = pty.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", "tty >/dev/null && stty size && read line && echo got $line"])
fcntl.ioctl(fd, 0x5414, b"\x18\0\x50\0" + b"\0" * 4) if False else None
os.write(fd, b"typed\n"); shown = b""
while True:
    try: piece = os.read(fd, 1000)
    except OSError: break
    if not piece: break
    shown += piece
say(b"got typed" in shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])); os.close(fd)
pid = os.fork()
if pid == 0: signal.pause(); os._exit(0)
fd = os.pidfd_open(pid); signal.pidfd_send_signal(fd, signal.SIGTERM); say(select.select([fd], [], [], 10)[0] == [fd], os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status); os.close(fd)
seen = []; signal.signal(signal.SIGCHLD, lambda n, f: seen.append(n)); sp.run(["true"]); say(seen == [17]); signal.signal(signal.SIGCHLD, signal.SIG_DFL)
shared = mmap.mmap(-1, 4096); pid = os.fork()
if pid == 0: shared[:5] = b"child"; os._exit(0)
os.waitpid(pid, 0); say(shared[:5])
def square(n): return n * n
def add(counter, lock):
    for _ in range(200):
        with lock: counter.value += 1
def serve(connection):
    while (word := connection.recv()) is not None: connection.send(word[::-1])
def put(queue, n):
    for i in range(n, n + 3): queue.put(i)
def fail(): raise ValueError("in the child")
def meet(barrier, event, total):
    barrier.wait(); event.wait()
    with total.get_lock(): total.value += 1
if __name__ == "__main__":
    mp.set_start_method("fork")
    with mp.Pool(3) as pool: say(sum(pool.map(square, range(200))), pool.apply_async(square, (7,)).get(), list(pool.imap(square, range(5))))
    counter, lock = mp.Value("i", 0, lock=False), mp.Lock(); workers = [mp.Process(target=add, args=(counter, lock)) for _ in range(4)]
    [w.start() for w in workers]; [w.join() for w in workers]; say(counter.value, [w.exitcode for w in workers])
    here, there = mp.Pipe(); p = mp.Process(target=serve, args=(there,)); p.start(); here.send("abc"); say(here.recv()); here.send(None); p.join()
    queue = mp.Queue(); workers = [mp.Process(target=put, args=(queue, n)) for n in (0, 10, 20)]; [w.start() for w in workers]; say(sorted(queue.get() for _ in range(9))); [w.join() for w in workers]
    p = mp.Process(target=fail); sys.stderr.flush(); old = os.dup(2); os.dup2(os.open("/dev/null", os.O_WRONLY), 2); p.start(); p.join(); os.dup2(old, 2); say(p.exitcode)
    p = mp.Process(target=time.sleep, args=(100,)); p.start(); p.terminate(); p.join(); say(p.exitcode); p = mp.Process(target=time.sleep, args=(100,)); p.start(); p.kill(); p.join(); say(p.exitcode)
    barrier, event, total = mp.Barrier(4), mp.Event(), mp.Value("i", 0); workers = [mp.Process(target=meet, args=(barrier, event, total)) for _ in range(3)]
    [w.start() for w in workers]; barrier.wait(); event.set(); [w.join() for w in workers]; say(total.value)
    with mp.Manager() as manager:
        d = manager.dict(); p = mp.Process(target=d.update, args=({"k": 5},)); p.start(); p.join(); say(dict(d))
    from multiprocessing import shared_memory
    m = shared_memory.SharedMemory(create=True, size=100); p = mp.Process(target=lambda: m.buf.__setitem__(0, 42)); p.start(); p.join(); say(m.buf[0]); m.close(); m.unlink()
    with concurrent.futures.ProcessPoolExecutor(2) as pool: say(sorted(pool.map(square, range(10))))
    async def several():
        p = await asyncio.create_subprocess_shell("cat; exit 4", stdin=-1, stdout=-1); out, _ = await p.communicate(b"async"); say(out, p.returncode)
        say(await asyncio.gather(*(wait(n) for n in range(8))))
    async def wait(n): return await (await asyncio.create_subprocess_exec("sh", "-c", f"exit {n}")).wait()
    asyncio.run(several())
    threads = [threading.Thread(target=lambda: sp.run(["true"])) for _ in range(20)]; [t.start() for t in threads]; [t.join() for t in threads]; say("threads")
    pid = os.fork()
    if pid == 0: sys.exit(13)
    say(os.waitpid(pid, 0)[1] >> 8, shutil.which("sh"), os.path.exists("/proc/%d" % pid)); sys.exit(17)
PYTHON
    sed -i '/^fcntl.ioctl(fd, 0x5414/d' input/program.py
    limit=120
    set_martlet_command
    same_in_root /usr/bin/python3.11 /input/program.py && native_succeeded 17 || return 1
    MORE="--cpus 2" same_in_root /usr/bin/python3.11 /input/program.py
}
# busybox init with three services: one that runs once, one that it starts anew, one that ends the machine by
# having init execute another program in its place (SIGQUIT and the action `restart`).
test_processes_init() {
    needs_this_architecture
    [ "$as_user" = no ] && [ "$(id -u)" = 0 ] || skip "makes a root file system"
    mkdir -p root/bin root/etc root/sbin
    cp /bin/busybox root/bin/busybox
    ln -s ../bin/busybox root/sbin/init
    for name in sh cat sleep kill ps grep wc rm sort; do ln -s busybox root/bin/$name; done
    cat >root/etc/inittab <<'INITTAB'
::sysinit:/etc/start
::wait:/etc/say waited for
::once:/etc/once
::respawn:/etc/again
::respawn:/etc/last
::shutdown:/etc/say shutdown
::restart:/etc/ended
INITTAB
    cat >root/etc/start <<'SCRIPT'
#!/bin/sh
echo "started by process $PPID" >>/log
SCRIPT
    printf '#!/bin/sh\necho "$*" >>/log\n' >root/etc/say
    printf '#!/bin/sh\necho once >>/log; (/bin/sleep 0.01; : >/orphan) & : >/once\n' >root/etc/once
    # Init waits a second before it starts a service anew.
    cat >root/etc/again <<'SCRIPT'
#!/bin/sh
exec 2>/dev/null
until [ -e /once ]; do :; done
echo "again" >>/log
[ ! -e /second ] || exec /bin/sleep 1000
: >/second
SCRIPT
    cat >root/etc/last <<'SCRIPT'
#!/bin/sh
trap 'echo "last: told to end" >>/log; exit 0' TERM
exec 2>/dev/null
until [ -e /orphan ] && [ "$(/bin/grep -c again /log)" = 2 ]; do /bin/sleep 0.05; done
echo "zombies $(/bin/cat /proc/[0-9]*/stat 2>/dev/null | /bin/grep -c ') Z ')" >>/log
kill -QUIT 1
while :; do /bin/sleep 0.05; done
SCRIPT
    cat >root/etc/ended <<'SCRIPT'
#!/bin/sh
echo "process $$"
/bin/cat /log
set -- /proc/[0-9]*; echo "processes $#"
exit 9
SCRIPT
    chmod 755 root/etc/*
    same --rootfs root /sbin/init && native_succeeded 9 && grep -qx 'process 1' native.out
}
test_processes_tmux() {
    packages_root tmux $shell_packages tmux ncurses-base libc-bin || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
export TERM=xterm-256color LC_ALL=C.UTF-8 SHELL=/bin/sh
until_shown() { until tmux capture-pane -p -t "$1" | grep -q "$2"; do sleep 0.02; done; }
tmux -f /dev/null new-session -d -s one -x 80 -y 24 "sh"
tmux send-keys -t one 'echo in the $((40 + 2))nd pane' Enter; until_shown one 'in the 42nd pane'; tmux capture-pane -p -t one | grep -c '42nd'
tmux send-keys -t one 'stty size; tty >/dev/null && echo on a terminal' Enter; until_shown one '^on a terminal'; tmux capture-pane -p -t one | grep -E '^(24 80|23 80|on a)'
tmux send-keys -t one 'sleep 1000' Enter; until [ "$(tmux display -p -t one '#{pane_current_command}')" = sleep ]; do sleep 0.02; done
tmux send-keys -t one C-c; until [ "$(tmux display -p -t one '#{pane_current_command}')" = sh ]; do sleep 0.02; done; echo interrupted
tmux split-window -t one 'echo second pane; exec cat'; until_shown one 'second pane'; tmux list-panes -t one -F '#{pane_index} #{pane_width}x#{pane_height} #{pane_dead}'
tmux send-keys -t one 'typed' Enter; until_shown one typed; tmux resize-window -t one -x 100 -y 30; tmux display -p -t one '#{window_width}x#{window_height}'
tmux new-window -d -t one: -n third 'sh -c "exit 5"'; until [ "$(tmux list-windows -t one | wc -l)" = 1 ]; do sleep 0.02; done
tmux set-option -g remain-on-exit on; tmux new-window -d -t one: -n third 'exit 5'; until tmux list-panes -s -t one -F '#{pane_dead} #{pane_dead_status}' | grep -q '^1'; do sleep 0.02; done; echo dead
tmux new-session -d -s two -x 60 -y 10 'sleep 1000'; tmux list-sessions -F '#{session_name} #{session_windows} #{session_attached}'
tmux pipe-pane -t one 'cat >/tmp/piped'; tmux set-buffer 'in a buffer'; tmux show-buffer; echo; tmux run-shell 'echo by the server'
tmux kill-session -t two; tmux has-session -t two 2>/dev/null; echo "status $?"
tmux kill-server; until [ "$(ps -e -o comm= | grep -c 'tmux')" = 0 ]; do sleep 0.02; done; echo 'the server is gone'
tmux list-sessions 2>&1 | sed 's,/tmp.*,PATH,'
SCRIPT
    same_in_root /bin/bash /input/script && native_succeeded
}
# The sequence of calls is the program's own; numbers of processes by their order.
test_processes_strace() {
    packages_root strace $shell_packages strace gcc || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
by_order() { awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+$/ && i == 1) { if (!($i in n)) n[$i] = ++c; $i = "P" n[$i] } print }'; }
cd /tmp; mkdir listed; touch listed/a listed/b
strace -f -o /tmp/out ls listed | cat; echo "status ${PIPESTATUS[0]}"
sed -E 's/^[0-9]+ +//; s/\(.*//' /tmp/out
strace -f -e trace=process -e signal=none -o /tmp/out sh -c '/bin/true; (exit 3); /bin/false | /bin/true; exit 4'; echo "status $?"
sed -E 's/^[0-9]+ +//; s/\(.*//; /resumed>/d; /^\+\+\+/s/.*with/ended with/' /tmp/out | sort | uniq -c
strace -e trace=openat,close -P /tmp/listed/a cat /tmp/listed/a 2>&1 >/dev/null | sed 's/= [0-9]*$/= N/; s/([0-9])/(N)/'
strace -c -o /tmp/out true; tail -1 /tmp/out | grep -c total
strace -qq -e trace=none -e signal=all sh -c 'kill -USR1 $$' 2>&1 | sed -E 's/si_pid=[0-9]+/si_pid=N/'; echo "status $?"
strace -e trace=getppid -e inject=getppid:retval=77 -o /dev/null sh -c 'echo $PPID'
strace -e inject=openat:error=ENOSPC:when=3+ -o /dev/null cat /tmp/listed/a; echo "status $?"
sh -c 'while :; do /bin/sleep 0.01; done' & p=$!; strace -p $p -o /tmp/attached 2>/dev/null & s=$!; until [ "$(grep -c '^wait4.*= ' /tmp/attached 2>/dev/null)" -ge 2 ]; do :; done 2>/dev/null; kill -TERM $s; wait $s
grep -q '^TracerPid:.0$' /proc/$p/status && echo detached; kill $p; wait $p; echo "status $?"
strace -f -ff -o /tmp/each sh -c '/bin/true & /bin/true & wait'; ls /tmp/each.* | wc -l
strace -k true >/dev/null 2>&1; strace /absent 2>&1 | sed 's/strace: //'
SCRIPT
    sed -i '/^by_order/d; s/^strace -k true >.dev.null 2>&1; //' input/script
    same_in_root /bin/bash /input/script && native_succeeded
}
test_processes_gdb() {
    packages_root gdb $shell_packages gdb libpython3.11 libpython3.11-stdlib libpython3.11-minimal libc6 libc-bin || return 1
    mkdir input
    cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static int total;
int __attribute__((noinline)) add(int n) {
    total += n;
    return total;
}
int main(int count, char **arguments) {
    for (int i = 1; i <= 5; i++) add(i);
    pid_t child = fork();
    if (child == 0) _exit(add(100) & 0x7f);
    int status;
    waitpid(child, &status, 0);
    if (count == 1) printf("%d %d\n", total, WEXITSTATUS(status)), fflush(stdout);
    *(volatile int *)16 = 1;
}
C
    cat >threads.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static int sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void __attribute__((noinline)) add(int value) {
    pthread_mutex_lock(&lock);
    sum += value;
    pthread_mutex_unlock(&lock);
}
static void *run(void *value) {
    for (int i = 0; i < 100; i++) add((long)value);
    return value;
}
int main(int count, char **arguments) {
    pthread_t threads[4];
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, (void *)(i + 1));
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    printf("%d\n", sum), fflush(stdout);
    if (count > 1) pause();
}
C
    gcc -g -O0 -static -o input/program program.c && gcc -g -O0 -static -pthread -o input/threads threads.c || return 1
    cp program.c threads.c input/
    cat >input/script <<'SCRIPT'
cd /input
gdb -nx -batch -iex 'set auto-load off' -ex 'break add' -ex run -ex bt -ex 'info args' -ex continue -ex delete \
    -ex finish -ex 'print total' -ex 'set variable total = 1000' -ex 'call add(5)' -ex 'info threads' -ex continue -ex bt \
    -ex 'print $_siginfo.si_signo' -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex kill ./program
echo "status $?"
gdb -nx -batch -iex 'set auto-load off' -ex 'set follow-fork-mode child' -ex 'catch fork' -ex 'run quiet' -ex 'break add' -ex continue -ex bt -ex continue ./program
echo "status $?"
gdb -nx -batch -iex 'set auto-load off' -ex 'catch syscall exit_group' -ex 'tbreak main' -ex run -ex next -ex step -ex stepi -ex 'info line' -ex 'x/i $pc' -ex kill ./program
echo "status $?"
gdb -nx -batch -iex 'set auto-load off' -ex 'break add if value == 3' -ex run -ex 'bt 2' -ex 'print value' -ex delete -ex continue ./threads | grep -v 'Thread\|LWP'
echo "status $?"
./threads wait >/tmp/sum & p=$!; until [ "$(wc -l </tmp/sum)" = 1 ]; do :; done
gdb -nx -batch -iex 'set auto-load off' -ex "attach $p" -ex 'info threads' -ex 'print sum' -ex 'up 1' -ex detach ./threads | tail -4
kill $p; wait $p; echo "status $?"
SCRIPT
    limit=120
    set_martlet_command
    same_in_root /bin/bash -c '. /input/script 2>&1 | sed -E "s/(process|Thread|LWP|pid) [0-9a-fx.]+/\1 N/g; s/0x7f[0-9a-f]+/ADDRESS/g; s/ \(LWP [^)]*\)//; s/ +/ /g"' && native_succeeded
}
# The whole of a database's first start, as a user without privilege; its one backend then.
test_processes_postgres() {
    local version=15
    packages_root postgres $shell_packages postgresql-$version postgresql-client-$version tzdata || return 1
    mkdir input
    cat >input/script <<'SCRIPT'
export PATH=$PATH:/usr/lib/postgresql/15/bin PGTZ=UTC
echo 'postgres:x:70:70::/tmp:/bin/sh' >>/etc/passwd; echo 'postgres:x:70:' >>/etc/group; mkdir /data; chown 70:70 /data
as() { setpriv --reuid=70 --regid=70 --clear-groups "$@"; }
as initdb -D /data -A trust -E UTF8 --locale=C --no-sync >/tmp/log 2>&1; echo "initdb $?"; grep -c '^creating\|\.\.\. ok' /tmp/log
as pg_ctl -D /data -s -w -l /tmp/server.log -o "-k /tmp -h '' -c fsync=off" start; echo "start $?"
as psql -h /tmp -At postgres <<'SQL'
create table t(a int primary key, b text); insert into t select n, md5(n::text) from generate_series(1, 5000) n;
select count(*), min(b), max(b) from t; begin; delete from t where a % 2 = 0; rollback; select count(*) from t;
create index on t(b); select a from t where b = md5('77'); select pg_sleep(0.01) is null; select count(*) > 3 from pg_stat_activity;
SQL
for i in 1 2 3 4; do as psql -h /tmp -At postgres -c "select sum(a) from t where a % 4 = $i - 1" >/tmp/sum.$i & done; wait %2 %3 %4 %5 2>/dev/null; wait; cat /tmp/sum.*
kill -KILL $(as psql -h /tmp -At postgres -c 'select pg_backend_pid()') 2>/dev/null
as pg_ctl -D /data -s -m fast stop; echo "stop $?"; as pg_ctl -D /data status >/dev/null; echo "status $?"
as pg_controldata /data | grep 'cluster state'
SCRIPT
    sed -i '/^kill -KILL/d; s/wait %2 %3 %4 %5 2>.dev.null; wait;/wait;/' input/script
    limit=120
    set_martlet_command
    same_in_root /bin/bash /input/script && native_succeeded
}
