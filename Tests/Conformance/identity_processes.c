/* Covers: setpriority getpriority sched_setaffinity rt_sigqueueinfo rt_tgsigqueueinfo tgkill */
/* What a process may do to others, by their users: priorities, scheduling, signals with data; and that ids are
 * each process's own. */
#include "processes.h"
#include <grp.h>

static pid_t child, self;
static gate door, back;
static volatile int handled, told_code, told_pid, told_uid, told_value;
static void note(int number, siginfo_t *information, void *context) {
    handled = number;
    told_code = information->si_code;
    told_pid = information->si_pid;
    told_uid = information->si_uid;
    told_value = information->si_value.sival_int;
}
static void wait_for_signal(void) {
    while (!handled) usleep(100);
    pass(door);
    say("  %s, code %d, of %s, uid %d", signal_name(handled), told_code, told_pid == self ? "the first" : told_pid == getppid() ? "the parent" :
        told_pid == getpid() ? "itself" : told_pid == 0 ? "nobody" : "another", told_uid);
    handled = 0;
}

static void own_ids(void) {
    CHILD(child) {
        setresgid(11, 12, 13);
        setresuid(21, 22, 23);
        let(back);
        pass(door);
        SHOW(setresuid(-1, 23, -1)); /* among its three */
        SHOW(setresuid(-1, 24, -1));
        SHOW(seteuid(21));
        SHOW(setreuid(22, -1));
        SHOW(setuid(23));
        SHOW(getuid());
        SHOW(setegid(13));
        SHOW(setgroups(0, NULL));
        SHOW(chroot("/"));
        SHOW(sethostname("x", 1));
        SHOW(setpriority(PRIO_PROCESS, 0, -1));
        SHOW(setpriority(PRIO_PROCESS, 0, 1));
        SHOW(setpriority(PRIO_PROCESS, 0, 0));
    }
    pass(back);
    say("%d %d", getuid(), geteuid());
    let(door);
    reap("child", child);
}
static void priorities(void) {
    uid_t user = 200000 + 2 * getpid();
    pid_t one, two;
    CHILD(one) {
        setpgid(0, 0);
        setresuid(user, user, user);
        let(back);
        for (;;) pause();
    }
    pass(back);
    CHILD(two) {
        setpgid(0, one);
        setresuid(user, user, user);
        let(back);
        for (;;) pause();
    }
    pass(back);
    SHOW(setpriority(PRIO_PROCESS, one, 3));
    SHOW(getpriority(PRIO_PROCESS, one));
    SHOW(getpriority(PRIO_PROCESS, two));
    SHOW(setpriority(PRIO_PGRP, one, 5));
    SHOW(getpriority(PRIO_PROCESS, two));
    SHOW(setpriority(PRIO_PROCESS, two, 2));
    SHOW(getpriority(PRIO_PGRP, one)); /* the least */
    SHOW(getpriority(PRIO_USER, user));
    SHOW(setpriority(PRIO_USER, user, 7));
    SHOW(getpriority(PRIO_PGRP, one));
    SHOW(getpriority(PRIO_USER, user));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(getpriority(PRIO_PROCESS, 0x3fffffff));
    SHOW(getpriority(PRIO_PGRP, 0x3fffffff));
    SHOW(getpriority(PRIO_USER, user + 1));
    SHOW(setpriority(3, one, 1));
    CHILD(child) {
        setresuid(user, user, user);
        SHOW(setpriority(PRIO_PROCESS, one, 6));
        SHOW(setpriority(PRIO_PROCESS, one, 9));
        SHOW(setpriority(PRIO_PROCESS, self, 1));
        SHOW(setpriority(PRIO_USER, user, 19));
        SHOW(getpriority(PRIO_PROCESS, self));
    }
    reap("the user", child);
    SHOW(getpriority(PRIO_PROCESS, one));
    CHILD(child) {
        setresuid(user + 1, user + 1, user + 1);
        SHOW(setpriority(PRIO_PROCESS, one, 19));
        SHOW(getpriority(PRIO_PROCESS, one));
    }
    reap("another user", child);
    /* Scheduling. */
    cpu_set_t set, first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    SHOW(sched_setaffinity(one, sizeof first, &first));
    sched_getaffinity(one, sizeof set, &set);
    HOLDS(CPU_EQUAL(&set, &first));
    struct sched_param parameter = {0};
    SHOW(syscall(SYS_sched_setscheduler, one, SCHED_BATCH, &parameter));
    SHOW(syscall(SYS_sched_getscheduler, one));
    SHOW(syscall(SYS_sched_getscheduler, two));
    CHILD(child) {
        setresuid(user + 1, user + 1, user + 1);
        SHOW(sched_setaffinity(one, sizeof first, &first));
        SHOW(sched_getaffinity(one, sizeof set, &set) >= 0);
        SHOW(syscall(SYS_sched_setscheduler, one, SCHED_OTHER, &parameter));
        SHOW(syscall(SYS_sched_getscheduler, one));
        SHOW(getpgid(one) == one);
        SHOW(getsid(one) == getsid(0));
    }
    reap("another user", child);
    SHOW(syscall(SYS_sched_getscheduler, 0x3fffffff));
    SHOW(sched_getaffinity(0x3fffffff, sizeof set, &set));
    kill(-one, SIGKILL);
    reap("one", one);
    reap("two", two);
}
/* Who sent a signal, and what may be pretended. */
static void signals(void) {
    siginfo_t information = {0};
    CHILD(child) {
        for (int i = SIGRTMIN; i < SIGRTMIN + 2; i++) handle(i, note, 0);
        handle(SIGUSR1, note, 0);
        handled = 0;
        let(back);
        for (int i = 0; i < 7; i++) {
            wait_for_signal();
            let(back);
        }
    }
    pass(back);
    SHOW(kill(child, SIGUSR1));
    let(door), pass(back);
    SHOW(syscall(SYS_tgkill, child, child, SIGUSR1));
    let(door), pass(back);
    SHOW(syscall(SYS_tkill, child, SIGUSR1));
    let(door), pass(back);
    SHOW(sigqueue(child, SIGUSR1, (union sigval){.sival_int = 5}));
    let(door), pass(back);
    information.si_code = SI_QUEUE;
    information.si_signo = 99;
    information.si_pid = 1234567;
    information.si_uid = 77;
    SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &information)); /* number and pid as told */
    let(door), pass(back);
    SHOW(syscall(SYS_rt_tgsigqueueinfo, child, child, SIGUSR1, &information));
    let(door), pass(back);
    static const int codes[] = {SI_USER, SI_TKILL, SI_KERNEL, 1};
    for (int i = 0; i < 4; i++) {
        information.si_code = codes[i];
        say("code %d", codes[i]);
        SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &information));
        SHOW(syscall(SYS_rt_tgsigqueueinfo, child, child, SIGUSR1, &information));
    }
    information.si_code = SI_QUEUE;
    SHOW(syscall(SYS_rt_sigqueueinfo, 0x3fffffff, SIGUSR1, &information));
    SHOW(syscall(SYS_rt_sigqueueinfo, child, 65, &information));
    SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, BAD_POINTER));
    SHOW(syscall(SYS_tgkill, child, self, SIGUSR1)); /* no thread of it */
    SHOW(syscall(SYS_tgkill, self, child, SIGUSR1));
    pid_t other;
    CHILD(other) {
        setresuid(31, 32, 33);
        SHOW(kill(child, SIGUSR1));
        SHOW(syscall(SYS_tgkill, child, child, SIGUSR1));
        SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &information));
        SHOW(kill(child, 0));
    }
    reap("another user", other);
    /* By a user to its own: the real uid is told. */
    SHOW(kill(child, SIGUSR1));
    let(door);
    reap("child", child);
    CHILD(child) {
        handle(SIGUSR1, note, 0);
        handled = 0;
        pid_t made;
        CHILD(made) {
            setresuid(31, 0, 33);
            SHOW(kill(getppid(), SIGUSR1));
        }
        status_of(made);
        told_pid = told_pid == made ? getppid() : -1;
        say("  %s, code %d, the child's %d, uid %d", signal_name(handled), told_code, told_pid == getppid(), told_uid);
    }
    reap("child", child);
}

int main(void) {
    self = getpid();
    door = make_gate();
    back = make_gate();
    own_ids();
    priorities();
    signals();
    return 0;
}
