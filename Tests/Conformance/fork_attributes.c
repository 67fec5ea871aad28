/* Covers: fork */
/* fork(2): what of a process's attributes the child has: signals, timers, identity, limits, prctl(2). */
#include "processes.h"
#include <grp.h>
#include <sys/personality.h>
#include <sys/time.h>

static pid_t child;
static volatile int handled;
struct list_head { void *next; long offset; void *pending; };
static void note(int number, siginfo_t *information, void *context) { handled++; }

static void signals(void) {
    static char stack[65536];
    sigset_t set, pending;
    struct sigaction action;
    stack_t old, own = {stack, 0, sizeof stack};
    SHOW(sigaltstack(&own, NULL));
    handle(SIGUSR1, note, SA_RESTART | SA_ONSTACK);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    syscall(SYS_tkill, gettid(), SIGRTMIN);
    CHILD(child) {
        sigpending(&pending);
        say("pending %d %d", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN));
        sigprocmask(SIG_BLOCK, NULL, &set);
        say("blocked %d %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGRTMIN), sigismember(&set, SIGUSR2));
        sigaction(SIGUSR1, NULL, &action);
        HOLDS(action.sa_sigaction == note);
        say("flags %x", action.sa_flags & (SA_RESTART | SA_ONSTACK | SA_SIGINFO));
        sigaction(SIGUSR2, NULL, &action);
        HOLDS(action.sa_handler == SIG_IGN);
        sigaltstack(NULL, &old);
        HOLDS(old.ss_sp == stack && old.ss_size == sizeof stack);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        say("handled %d", handled);
        raise(SIGUSR1);
        say("handled %d", handled);
        /* Its own table from now on. */
        signal(SIGUSR1, SIG_DFL);
        signal(SIGUSR2, SIG_DFL);
    }
    reap("child", child);
    sigpending(&pending);
    say("pending %d %d", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN));
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_sigaction == note);
    sigaction(SIGUSR2, NULL, &action);
    HOLDS(action.sa_handler == SIG_IGN);
    signal(SIGRTMIN, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    say("handled %d", handled);
    CHILD(child) {
        handle(SIGUSR2, note, 0);
        kill(getppid(), 0);
        sigprocmask(SIG_BLOCK, &set, NULL);
    }
    reap("child", child);
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("blocked %d", sigismember(&set, SIGUSR1));
}
static void timers(void) {
    struct itimerval hour = {{5, 0}, {3600, 0}}, left;
    struct itimerspec time;
    for (int which = 0; which < 3; which++) setitimer(which, &hour, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    int timer = -1;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
    CHILD(child) {
        for (int which = 0; which < 3; which++) {
            getitimer(which, &left);
            say("timer %d: %ld %ld", which, (long)left.it_value.tv_sec, (long)left.it_interval.tv_sec);
        }
        SHOW(alarm(0));
        SHOW(syscall(SYS_timer_gettime, timer, &time));
        SHOW(syscall(SYS_timer_delete, timer));
        /* The child's own does not touch the parent's. */
        struct itimerval none = {{0, 0}, {0, 0}};
        setitimer(ITIMER_REAL, &none, NULL);
    }
    reap("child", child);
    getitimer(ITIMER_REAL, &left);
    HOLDS(left.it_value.tv_sec > 3000 && left.it_interval.tv_sec == 5);
    SHOW(syscall(SYS_timer_gettime, timer, &time));
    SHOW(syscall(SYS_timer_delete, timer));
    CHILD(child) {
        alarm(1000);
        SHOW(alarm(0));
    }
    reap("child", child);
    alarm(0);
    struct itimerval none = {{0, 0}, {0, 0}};
    for (int which = 0; which < 3; which++) setitimer(which, &none, NULL);
}
/* What the calling thread has registered. */
static void registrations(void) {
    int *word = shared(4096);
    *word = 7;
    syscall(SYS_set_tid_address, word);
    static struct list_head head = {&head, 0, NULL};
    SHOW(syscall(SYS_set_robust_list, &head, sizeof head));
    child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        void *list = &head;
        size_t length = 0;
        SHOW(syscall(SYS_get_robust_list, 0, &list, &length));
        say("list %s, length %d", list ? "kept" : "none", (int)length);
        syscall(SYS_exit_group, 0);
    }
    reap("child", child);
    say("word %d", *word);
    void *list = NULL;
    size_t length = 0;
    SHOW(syscall(SYS_get_robust_list, 0, &list, &length));
    HOLDS(list == &head);
}
static void places(void) {
    char path[PATH_MAX], own[PATH_MAX];
    mkdir("inner", 0700);
    getcwd(own, sizeof own);
    umask(027);
    CHILD(child) {
        HOLDS(strcmp(getcwd(path, sizeof path), own) == 0);
        say("mask %o", umask(077));
        SHOW(chdir("inner"));
        SHOW(chroot("."));
        SHOW(chdir("/"));
        say("%s", getcwd(path, sizeof path));
        pid_t inner;
        CHILD(inner) {
            say("%s", getcwd(path, sizeof path));
            SHOW(access("/tmp", F_OK));
            say("mask %o", umask(0));
        }
        reap("in the child's root", inner);
        say("mask %o", umask(0));
    }
    reap("child", child);
    HOLDS(strcmp(getcwd(path, sizeof path), own) == 0);
    SHOW(access("/tmp", F_OK));
    say("mask %o", umask(022));
}
static void limits(void) {
    struct rlimit limit;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 200});
    setrlimit(RLIMIT_STACK, &(struct rlimit){4 << 20, 8 << 20});
    CHILD(child) {
        getrlimit(RLIMIT_NOFILE, &limit);
        say("files %d %d", (int)limit.rlim_cur, (int)limit.rlim_max);
        getrlimit(RLIMIT_STACK, &limit);
        say("stack %d %d", (int)limit.rlim_cur, (int)limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){50, 60});
    }
    reap("child", child);
    getrlimit(RLIMIT_NOFILE, &limit);
    say("files %d %d", (int)limit.rlim_cur, (int)limit.rlim_max);
    CHILD(child) {
        pass((gate){{0, 0}}); /* end of input */
        getrlimit(RLIMIT_NOFILE, &limit);
        say("files %d %d", (int)limit.rlim_cur, (int)limit.rlim_max);
    }
    reap("child", child);
}
static void scheduling(void) {
    SHOW(setpriority(PRIO_PROCESS, 0, 5));
    cpu_set_t set, own;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    SHOW(sched_setaffinity(0, sizeof set, &set));
    CHILD(child) {
        SHOW(getpriority(PRIO_PROCESS, 0));
        sched_getaffinity(0, sizeof own, &own);
        HOLDS(CPU_EQUAL(&own, &set));
        SHOW(setpriority(PRIO_PROCESS, 0, 9));
    }
    reap("child", child);
    SHOW(getpriority(PRIO_PROCESS, 0));
    struct sched_param parameter = {0};
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &parameter));
    CHILD(child) SHOW(syscall(SYS_sched_getscheduler, 0));
    reap("child", child);
    SHOW(setpriority(PRIO_PROCESS, 0, -3));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH | SCHED_RESET_ON_FORK, &parameter));
    CHILD(child) {
        SHOW(syscall(SYS_sched_getscheduler, 0));
        SHOW(getpriority(PRIO_PROCESS, 0));
    }
    reap("child", child);
    SHOW(syscall(SYS_sched_getscheduler, 0));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter));
    SHOW(setpriority(PRIO_PROCESS, 0, 0));
}
static void attributes(void) {
    char name[17] = "";
    SHOW(prctl(PR_SET_NAME, "a new name"));
    SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR2));
    SHOW(prctl(PR_SET_TIMERSLACK, 77777));
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
    SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    SHOW(prctl(PR_SET_KEEPCAPS, 1));
    SHOW(prctl(PR_SET_DUMPABLE, 0));
    CHILD(child) {
        int value = -1;
        prctl(PR_GET_NAME, name);
        say("%s", name);
        SHOW(prctl(PR_GET_PDEATHSIG, &value));
        say("%d", value);
        SHOW(prctl(PR_GET_TIMERSLACK));
        SHOW(prctl(PR_SET_TIMERSLACK, 1));
        SHOW(prctl(PR_SET_TIMERSLACK, 0)); /* back to the parent's */
        SHOW(prctl(PR_GET_TIMERSLACK));
        SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
        say("%d", value);
        SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
        SHOW(prctl(PR_GET_KEEPCAPS));
        SHOW(prctl(PR_GET_DUMPABLE));
        prctl(PR_SET_NAME, "other");
    }
    reap("child", child);
    prctl(PR_GET_NAME, name);
    say("%s", name);
    SHOW(prctl(PR_SET_DUMPABLE, 1));
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 0));
    SHOW(prctl(PR_SET_PDEATHSIG, 0));
    SHOW(personality(0x0040000));
    CHILD(child) say("personality %x", personality(0xffffffff));
    reap("child", child);
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHILD(child) SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    reap("child", child);
}
static void identity(void) {
    gid_t groups[4] = {10, 20}, got[4];
    HOLDS(setgroups(2, groups) == 0);
    pid_t group = getpgrp(), session = getsid(0);
    CHILD(child) {
        HOLDS(getpgrp() == group && getsid(0) == session);
        SHOW(setresgid(5, 6, 7));
        SHOW(setresuid(1, 2, 3));
        pid_t inner;
        CHILD(inner) {
            unsigned real, effective, saved;
            getresuid(&real, &effective, &saved);
            say("%u %u %u", real, effective, saved);
            getresgid(&real, &effective, &saved);
            say("%u %u %u", real, effective, saved);
            SHOW(getgroups(4, got));
            say("%u %u", got[0], got[1]);
        }
        reap("inner", inner);
    }
    reap("child", child);
    say("%u %u", geteuid(), getegid());
}

int main(void) {
    enter_scratch();
    signals();
    timers();
    registrations();
    places();
    limits();
    scheduling();
    attributes();
    identity();
    return 0;
}
