/* Covers: wait4 waitid */
/* wait(2) and SIGCHLD: how each end, stop and continuation is told. */
#include "processes.h"
#include <sys/time.h>

static pid_t child;
static gate door;
static volatile int count, code, told_status, told_pid, told_uid;
static void note(int number, siginfo_t *information, void *context) {
    count++;
    code = information->si_code;
    told_status = information->si_status;
    told_pid = information->si_pid;
    told_uid = information->si_uid;
}
static const char *name_of_code(int code) {
    static const char *const names[] = {"none", "CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"};
    return code >= 0 && code <= 6 ? names[code] : "another";
}
/* The signal of a stop or of going on may come after wait(2) has told it. */
static void told(const char *what) {
    while (count == 0) usleep(50);
    say("  %s: SIGCHLD %d times, %s, status %d, %s, uid %d", what, count, name_of_code(code), told_status,
        told_pid == child ? "the child" : "another", told_uid);
    count = 0;
}

static void ends(void) {
    static const int signals[] = {SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGIO, SIGPWR,
        SIGVTALRM, SIGPROF, 34, 40, 64, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};
    int status;
    siginfo_t information;
    handle(SIGCHLD, note, SA_RESTART);
    for (int code = 0; code <= 511; code += 73) {
        CHILD(child) _exit(code);
        HOLDS(waitpid(child, &status, 0) == child);
        say("exit of %d: %x %s", code, status, ending(status));
        told("exited");
    }
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        CHILD(child) {
            prctl(PR_SET_DUMPABLE, 0); /* no core file, whatever takes it */
            kill(getpid(), signals[i]);
        }
        memset(&information, 0, sizeof information);
        waitid(P_PID, child, &information, WEXITED | WNOWAIT);
        waitpid(child, &status, 0);
        say("signal %d: %x %s; %s status %d", signals[i], status, ending(status), name_of_code(information.si_code),
            information.si_status);
    }
    count = 0;
    static const int ignored[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
    for (unsigned i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        CHILD(child) kill(getpid(), ignored[i]);
        reap(signal_name(ignored[i]), child);
    }
    CHILD(child) *(volatile int *)8 = 1;
    reap("a fault", child);
    CHILD(child) setresuid(7, 8, 9);
    reap("another user", child);
    count = 0;
    CHILD(child) {
        setresuid(1007, -1, -1);
        _exit(2);
    }
    reap("another real user", child);
    told("exited");
}
static void stops(void) {
    int status;
    siginfo_t information;
    handle(SIGCHLD, note, SA_RESTART);
    CHILD(child) {
        pass(door);
        raise(SIGSTOP);
        _exit(9);
    }
    count = 0;
    let(door);
    HOLDS(waitpid(child, &status, WUNTRACED) == child);
    say("%x %s", status, ending(status));
    told("stopped");
    SHOW(waitpid(child, &status, WUNTRACED | WNOHANG));
    SHOW(waitpid(child, &status, WNOHANG | WCONTINUED));
    kill(child, SIGCONT);
    SHOW(waitid(P_PID, child, &information, WEXITED | WCONTINUED | WNOWAIT));
    /* It may have ended by now. */
    HOLDS(information.si_code == CLD_CONTINUED || information.si_code == CLD_EXITED);
    reap("went on", child);

    CHILD(child) for (;;) pause();
    setpgid(child, child); /* no orphaned group: SIGTSTP stops */
    static const int signals[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    count = 0;
    for (int i = 0; i < 4; i++) {
        kill(child, signals[i]);
        memset(&information, 0, sizeof information);
        SHOW(waitid(P_PID, child, &information, WSTOPPED | WNOWAIT));
        say("%s %s, %d", name_of_code(information.si_code), signal_name(information.si_status), information.si_pid == child);
        SHOW(waitid(P_PID, child, &information, WSTOPPED));
        SHOW(waitid(P_PID, child, &information, WSTOPPED | WNOHANG));
        told("stopped");
        kill(child, SIGURG); /* nothing but SIGCONT makes it go on */
        SHOW(waitid(P_PID, child, &information, WEXITED | WCONTINUED | WNOHANG));
        kill(child, SIGCONT);
        memset(&information, 0, sizeof information);
        SHOW(waitid(P_PID, child, &information, WCONTINUED | WNOWAIT));
        say("%s %s, %d", name_of_code(information.si_code), signal_name(information.si_status), information.si_pid == child);
        HOLDS(waitpid(child, &status, WCONTINUED) == child);
        say("%x %s", status, ending(status));
        SHOW(waitpid(child, &status, WCONTINUED | WNOHANG));
        told("went on");
    }
    /* A stop that was not waited for is gone with SIGCONT. */
    kill(child, SIGSTOP);
    SHOW(waitid(P_PID, child, &information, WSTOPPED | WNOWAIT));
    kill(child, SIGCONT);
    SHOW(waitid(P_PID, child, &information, WSTOPPED | WNOHANG));
    SHOW(waitid(P_PID, child, &information, WSTOPPED | WCONTINUED));
    say("%s", name_of_code(information.si_code));
    /* SIGCONT takes a pending stop away, and the reverse. */
    kill(child, SIGSTOP);
    SHOW(waitid(P_PID, child, &information, WSTOPPED));
    /* SIGKILL ends a stopped one; SIGTERM waits. */
    kill(child, SIGTERM);
    SHOW(waitpid(child, &status, WNOHANG));
    count = 0;
    kill(child, SIGCONT);
    reap("SIGTERM after SIGCONT", child);
    CHILD(child) for (;;) pause();
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGKILL);
    reap("SIGKILL", child);
    /* No word of stops. */
    count = 0;
    handle(SIGCHLD, note, SA_RESTART | SA_NOCLDSTOP);
    CHILD(child) for (;;) pause();
    kill(child, SIGSTOP);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    kill(child, SIGKILL);
    reap("SIGKILL", child);
    told("SA_NOCLDSTOP");
}
/* What SIGCHLD's action makes of the dead. */
static void actions(void) {
    int status;
    pid_t children[3];
    signal(SIGCHLD, SIG_IGN);
    CHILD(child) pass(door);
    let(door);
    SHOW(waitpid(child, &status, 0));
    for (int i = 0; i < 3; i++) CHILD(children[i]) pass(door);
    SHOW(waitpid(-1, &status, WNOHANG));
    let(door), let(door), let(door);
    SHOW(wait(&status)); /* when all have ended */
    for (int i = 0; i < 3; i++) HOLDS(kill(children[i], 0) == -1 && errno == ESRCH);
    struct rusage usage;
    SHOW(getrusage(RUSAGE_CHILDREN, &usage));
    /* The default action ignores it too, but there are zombies. */
    signal(SIGCHLD, SIG_DFL);
    CHILD(child) _exit(4);
    until_state(child, 'Z');
    signal(SIGCHLD, SIG_IGN); /* too late for it */
    reap("zombie", child);
    CHILD(child) pass(door);
    signal(SIGCHLD, SIG_DFL); /* in time */
    let(door);
    reap("zombie", child);
    count = 0;
    handle(SIGCHLD, note, SA_NOCLDWAIT | SA_RESTART);
    CHILD(child) pass(door);
    let(door);
    SHOW(waitpid(child, &status, 0));
    told("SA_NOCLDWAIT");
    /* Blocked, several are one. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    handle(SIGCHLD, note, 0);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 3; i++) CHILD(children[i]) _exit(i);
    for (int i = 0; i < 3; i++) {
        siginfo_t information;
        waitid(P_PID, children[i], &information, WEXITED | WNOWAIT);
    }
    siginfo_t information;
    HOLDS(sigwaitinfo(&set, &information) == SIGCHLD);
    say("%s, one of them %d", name_of_code(information.si_code),
        information.si_pid == children[0] || information.si_pid == children[1] || information.si_pid == children[2]);
    sigset_t pending;
    sigpending(&pending);
    say("pending %d", sigismember(&pending, SIGCHLD));
    for (int i = 0; i < 3; i++) reap("child", children[i]);
    CHILD(child) _exit(0);
    reap("child", child);
    sigpending(&pending);
    say("pending %d", sigismember(&pending, SIGCHLD)); /* waiting takes none away */
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    told("unblocked");
}

int main(void) {
    door = make_gate();
    ends();
    stops();
    actions();
    return 0;
}
