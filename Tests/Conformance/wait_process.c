/* Covers: wait4 waitid */
/* wait(2): whom each form waits for, its options and its errors. */
#include "processes.h"
#include <pthread.h>

static pid_t child;
static gate door;
static int status;
static siginfo_t told;
static volatile int handled;
static void note(int number, siginfo_t *information, void *context) { handled++; }

/* A child that ends when the door opens. */
static pid_t waiting(int code) {
    pid_t made;
    CHILD(made) {
        pass(door);
        _exit(code);
    }
    return made;
}
static void say_told(const char *what, pid_t whom) {
    say("%s: %s code %d status %d, %s, uid %d", what, told.si_signo ? signal_name(told.si_signo) : "none", told.si_code,
        told.si_status, told.si_pid == whom ? "the child" : told.si_pid == 0 ? "nobody" : "another", told.si_uid);
}
static void one(void) {
    child = waiting(3);
    SHOW(waitpid(child, &status, WNOHANG));
    SHOW(waitpid(-1, &status, WNOHANG));
    SHOW(waitpid(0, &status, WNOHANG));
    memset(&told, 0x55, sizeof told);
    SHOW(waitid(P_PID, child, &told, WEXITED | WNOHANG));
    say_told("running", child);
    let(door);
    SHOW(waitid(P_PID, child, &told, WEXITED | WNOWAIT));
    say_told("left", child);
    SHOW(waitid(P_ALL, 0, &told, WEXITED | WNOWAIT | WNOHANG));
    say_told("left", child);
    SHOW(waitid(P_ALL, 0, &told, WSTOPPED | WNOHANG));
    say_told("no stopped one", child);
    SHOW(waitid(P_ALL, 0, &told, WCONTINUED | WNOHANG));
    HOLDS(waitpid(child, &status, 0) == child);
    say("%s", ending(status));
    SHOW(waitpid(child, &status, 0));
    SHOW(waitid(P_PID, child, &told, WEXITED));

    child = waiting(4);
    let(door);
    SHOW(waitid(P_PID, child, NULL, WEXITED));
    SHOW(waitid(P_PID, child, NULL, WEXITED));
    child = waiting(5);
    let(door);
    HOLDS(waitpid(child, NULL, 0) == child);
    child = waiting(6);
    let(door);
    HOLDS(syscall(SYS_wait4, -1, &status, __WALL, NULL) == child);
    say("%s", ending(status));
    /* Gone, although the answer could not be written. */
    child = waiting(7);
    let(door);
    SHOW(syscall(SYS_wait4, child, BAD_POINTER, 0, NULL));
    SHOW(syscall(SYS_wait4, child, NULL, 0, NULL));
    child = waiting(8);
    let(door);
    SHOW(syscall(SYS_waitid, P_PID, child, BAD_POINTER, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, P_PID, child, NULL, WEXITED, NULL));
}
static void oldest_first(void) {
    pid_t children[4];
    for (int i = 0; i < 4; i++) CHILD(children[i]) _exit(i);
    for (int i = 3; i >= 0; i--) waitid(P_PID, children[i], &told, WEXITED | WNOWAIT);
    for (int i = 0; i < 4; i++) {
        pid_t ended = wait(&status);
        say("%s, by its number %d", ending(status), ended == children[i]);
    }
    SHOW(wait(&status));
}
static void groups(void) {
    pid_t first = waiting(1), second = waiting(2), third = waiting(3);
    SHOW(setpgid(first, first));
    SHOW(setpgid(second, first));
    let(door), let(door), let(door);
    /* All three end. */
    waitid(P_PID, first, &told, WEXITED | WNOWAIT);
    waitid(P_PID, second, &told, WEXITED | WNOWAIT);
    waitid(P_PID, third, &told, WEXITED | WNOWAIT);
    HOLDS(waitpid(-first, &status, 0) == first);
    say("%s", ending(status));
    SHOW(waitid(P_PGID, first, &told, WEXITED));
    say_told("the group's other", second);
    SHOW(waitpid(-first, &status, 0));
    SHOW(waitid(P_PGID, first, &told, WEXITED));
    SHOW(waitid(P_PGID, 0, &told, WEXITED | WNOWAIT));
    say_told("own group", third);
    HOLDS(waitpid(0, &status, 0) == third);
    say("%s", ending(status));
    SHOW(waitpid(0, &status, 0));
    SHOW(waitid(P_PGID, getpgrp(), &told, WEXITED));
}
static void errors(void) {
    child = waiting(1);
    SHOW(waitpid(1 << 30, &status, 0));
    SHOW(waitpid(getpid(), &status, 0));
    SHOW(waitpid(-(1 << 30), &status, 0));
    SHOW(waitpid(INT_MIN, &status, 0));
    SHOW(waitpid(child, &status, 0x10));
    SHOW(waitpid(child, &status, WEXITED));
    SHOW(waitpid(child, &status, WNOWAIT));
    SHOW(waitid(P_PID, child, &told, WNOHANG));
    SHOW(waitid(P_PID, child, &told, WEXITED | 0x100));
    SHOW(waitid(9, child, &told, WEXITED));
    SHOW(waitid(P_PID, 0, &told, WEXITED));
    SHOW(waitid(P_PID, -1, &told, WEXITED));
    SHOW(waitid(P_PGID, -1, &told, WEXITED));
    SHOW(waitid(P_PIDFD, -1, &told, WEXITED));
    SHOW(waitid(P_PIDFD, 999, &told, WEXITED));
    SHOW(waitid(P_PIDFD, 1, &told, WEXITED));
    int file = syscall(SYS_pidfd_open, child, O_NONBLOCK);
    SHOW(waitid(P_PIDFD, file, &told, WEXITED)); /* a pidfd that does not block */
    let(door);
    SHOW(waitid(P_PID, child, &told, WEXITED | WNOWAIT));
    SHOW(waitid(P_PIDFD, file, &told, WEXITED));
    say_told("by pidfd", child);
    SHOW(waitid(P_PIDFD, file, &told, WEXITED));
    close(file);
    int own = syscall(SYS_pidfd_open, getpid(), 0);
    SHOW(waitid(P_PIDFD, own, &told, WEXITED));
    close(own);
    /* A grandchild is not one's own. */
    pid_t *inner = shared(4096);
    CHILD(child) {
        *inner = waiting(0);
        let(door);
        reap("grandchild", *inner);
    }
    reap("child", child);
    SHOW(waitpid(*inner, &status, 0));
}
static void usage(void) {
    struct rusage usage;
    CHILD(child) {
        struct timespec time;
        do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        while (time.tv_sec == 0 && time.tv_nsec < 40000000);
        char *much = malloc(16 << 20);
        memset(much, 1, 16 << 20);
        HOLDS(much[77777] == 1);
    }
    memset(&usage, 0x55, sizeof usage);
    HOLDS(wait4(child, &status, 0, &usage) == child);
    long spent = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    HOLDS(spent >= 30000 && spent < 2000000);
    HOLDS(usage.ru_maxrss >= 8192 && usage.ru_maxrss < 1000000);
    HOLDS(usage.ru_minflt > 0 && usage.ru_nswap == 0 && usage.ru_msgsnd == 0);
    child = waiting(0);
    memset(&usage, 0x55, sizeof usage);
    SHOW(wait4(child, &status, WNOHANG, &usage));
    let(door);
    HOLDS(syscall(SYS_waitid, P_PID, child, &told, WEXITED, &usage) == 0);
    HOLDS(usage.ru_utime.tv_sec == 0 && usage.ru_stime.tv_sec == 0);
    child = waiting(0);
    let(door);
    SHOW(syscall(SYS_wait4, child, &status, 0, BAD_POINTER));
    SHOW(syscall(SYS_wait4, child, &status, 0, NULL));
}
/* Sends a signal to the parent when that is asleep, then another ends. */
static void interrupted(void) {
    pid_t sleeper = waiting(1), parent = getpid();
    handle(SIGUSR1, note, 0);
    CHILD(child) {
        until_state(parent, 'S');
        kill(parent, SIGUSR1);
    }
    SHOW(waitpid(sleeper, &status, 0));
    say("handled %d", handled);
    reap("sender", child);
    handle(SIGUSR1, note, SA_RESTART);
    CHILD(child) {
        until_state(parent, 'S');
        kill(parent, SIGUSR1);
        let(door);
    }
    HOLDS(waitpid(sleeper, &status, 0) == sleeper);
    say("handled %d", handled);
    reap("sender", child);
    sleeper = waiting(1);
    handle(SIGCHLD, note, 0);
    CHILD(child) until_state(parent, 'S');
    SHOW(waitid(P_PID, sleeper, &told, WEXITED));
    reap("ended", child);
    signal(SIGCHLD, SIG_DFL);
    /* A signal with the default action to ignore it does not. */
    CHILD(child) {
        until_state(parent, 'S');
        kill(parent, SIGCHLD);
        kill(parent, SIGWINCH);
        let(door);
    }
    SHOW(waitid(P_PID, sleeper, &told, WEXITED));
    reap("sender", child);
}
static void *wait_for_child(void *how) {
    int status;
    long result = waitpid(child, &status, (int)(long)how);
    if (result < 0) return (void *)errno_name(errno);
    return result == child ? (void *)"the child" : (void *)"another";
}
static void *make_child(void *unused) {
    child = waiting(1);
    return NULL;
}
static void threads(void) {
    pthread_t thread, other;
    void *result, *second;
    child = waiting(1);
    let(door);
    pthread_create(&thread, NULL, wait_for_child, NULL);
    pthread_join(thread, &result);
    say("another thread: %s", (char *)result);
    child = waiting(1);
    pthread_create(&thread, NULL, wait_for_child, (void *)__WNOTHREAD);
    pthread_join(thread, &result);
    say("another thread, __WNOTHREAD: %s", (char *)result);
    let(door);
    HOLDS(waitpid(child, &status, __WNOTHREAD) == child);
    /* Of a thread that is no more: its process's. */
    pthread_create(&thread, NULL, make_child, NULL);
    pthread_join(thread, NULL);
    let(door);
    reap("a thread's child", child);
    /* Two wait, one has it. */
    child = waiting(1);
    pthread_create(&thread, NULL, wait_for_child, NULL);
    pthread_create(&other, NULL, wait_for_child, NULL);
    let(door);
    pthread_join(thread, &result);
    pthread_join(other, &second);
    int swap = strcmp(result, "ECHILD") == 0;
    say("%s, %s", (char *)(swap ? second : result), (char *)(swap ? result : second));
}

int main(void) {
    door = make_gate();
    setpgid(0, 0);
    one();
    oldest_first();
    groups();
    errors();
    usage();
    interrupted();
    threads();
    return 0;
}
