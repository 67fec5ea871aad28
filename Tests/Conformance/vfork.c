/* Covers: vfork */
/* vfork(2): the child borrows the parent's memory; the parent waits until it ends or executes. */
#include "processes.h"
#if defined(__aarch64__)
/* musl's vfork copies the memory there. In the caller's own frame, as no function may return in the child. */
static inline __attribute__((always_inline)) pid_t share(void) {
    register long flags __asm__("x0") = 0x4100 | SIGCHLD; /* CLONE_VM, CLONE_VFORK */
    register long stack __asm__("x1") = 0, parent __asm__("x2") = 0, pointer __asm__("x3") = 0, child __asm__("x4") = 0;
    register long number __asm__("x8") = 220;
    __asm__ volatile("svc 0" : "+r"(flags) : "r"(stack), "r"(parent), "r"(pointer), "r"(child), "r"(number) : "memory");
    if (flags < 0) errno = -flags;
    return flags < 0 ? -1 : flags;
}
#define vfork share
#endif
#include <pthread.h>

static volatile int value, handled, order;
static volatile pid_t child;
static gate door, start;
static void note(int number, siginfo_t *information, void *context) { handled++; }

static void *open_door(void *unused) {
    pass(start);
    let(door);
    return NULL;
}
static int helper(const char *mode) {
    if (!strcmp(mode, "gate")) let((gate){{3, 3}});
    return 5;
}

int main(int count, char **arguments) {
    static volatile pid_t parent;
    if (count > 1) return helper(arguments[1]);
    enter_scratch();
    copy_self("self", 0755);
    parent = getpid();
    /* Memory is one, and the parent does not run. */
    child = vfork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            value = i;
            sched_yield();
        }
        value = getppid() == parent && getpid() != parent ? 1000 : -1;
        _exit(3);
    }
    say("value %d", value);
    reap("child", child);

    /* Until it executes. The new program writes to descriptor 3 alone. */
    int ends[2];
    pipe(ends);
    child = vfork();
    if (child == 0) {
        value = 7;
        dup2(ends[1], 3);
        fcntl(3, F_SETFD, 0);
        execl("./self", "self", "gate", NULL);
        _exit(127);
    }
    say("value %d", value);
    char byte = 1;
    SHOW(read(ends[0], &byte, 1));
    reap("executed", child);
    child = vfork();
    if (child == 0) {
        execl("./absent", "absent", NULL);
        value = errno;
        _exit(127);
    }
    say("could not: %s", errno_name(value));
    reap("could not", child);

    /* A signal ends it; one for the parent waits for its time. */
    child = vfork();
    if (child == 0) {
        kill(getpid(), SIGKILL);
        _exit(0);
    }
    reap("killed", child);
    handle(SIGUSR1, note, 0);
    child = vfork();
    if (child == 0) {
        kill(parent, SIGUSR1);
        for (int i = 0; i < 100; i++) sched_yield();
        order = handled; /* 0 */
        _exit(0);
    }
    say("handled %d before, %d after", order, handled);
    reap("signal", child);

    /* Descriptors, the working directory and signal handlers are copies. */
    int file = open("self", O_RDONLY);
    child = vfork();
    if (child == 0) {
        lseek(file, 10, SEEK_SET);
        close(file);
        chdir("/");
        umask(0);
        struct sigaction action = {.sa_handler = SIG_IGN};
        sigaction(SIGUSR1, &action, NULL);
        kill(getpid(), SIGUSR1);
        _exit(0);
    }
    reap("child", child);
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(access("self", F_OK));
    say("mask %o", umask(022));
    raise(SIGUSR1);
    say("handled %d", handled);

    /* Only the calling thread waits: the other opens the door for the child. */
    pthread_t thread;
    door = make_gate();
    gate started = make_gate();
    start = started;
    pthread_create(&thread, NULL, open_door, NULL);
    child = vfork();
    if (child == 0) {
        let(started);
        pass(door);
        value = 77;
        _exit(0);
    }
    say("value %d", value);
    reap("child", child);
    pthread_join(thread, NULL);

    /* One within the other. */
    child = vfork();
    if (child == 0) {
        static volatile pid_t inner;
        inner = vfork();
        if (inner == 0) {
            value = 8;
            _exit(9);
        }
        value += WEXITSTATUS(status_of(inner));
        _exit(0);
    }
    say("value %d", value);
    reap("nested", child);
    /* A fork within: a copy. */
    child = vfork();
    if (child == 0) {
        static volatile pid_t inner;
        inner = fork();
        if (inner == 0) {
            value = 99;
            _exit(0);
        }
        status_of(inner);
        _exit(0);
    }
    say("value %d", value);
    reap("forked within", child);
    return 0;
}
