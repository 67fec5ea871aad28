/* Covers: futex */
/* The paths of one thread: no waiter, mismatch, time-outs, bad arguments. */
#include "conformance.h"

static int word = 5;
static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

int main(void) {
    struct timespec timeout = {0, 20000000};
    SHOW(syscall(SYS_futex, &word, 1 /* WAKE */, 1, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 128 | 1, 1, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 0 /* WAIT */, 4, NULL, NULL, 0));
    int64_t start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_futex, &word, 0, 5, &timeout, NULL, 0));
    HOLDS(now(CLOCK_MONOTONIC) - start >= 20000000);
    SHOW(syscall(SYS_futex, &word, 128, 5, &timeout, NULL, 0));
    timeout.tv_nsec = 1000000000;
    SHOW(syscall(SYS_futex, &word, 0, 5, &timeout, NULL, 0));
    timeout.tv_nsec = -1;
    SHOW(syscall(SYS_futex, &word, 0, 5, &timeout, NULL, 0));
    SHOW(syscall(SYS_futex, (char *)&word + 1, 0, 5, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, BAD_POINTER, 0, 5, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, BAD_POINTER, 128, 5, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 0, 5, BAD_POINTER, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 99, 5, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 9 /* WAIT_BITSET */, 5, NULL, NULL, 0));
    timeout = (struct timespec){0, 0}; /* absolute: long past */
    SHOW(syscall(SYS_futex, &word, 9, 5, &timeout, NULL, -1));
    SHOW(syscall(SYS_futex, &word, 9 | 256 /* CLOCK_REALTIME */, 5, &timeout, NULL, -1));
    SHOW(syscall(SYS_futex, &word, 10 /* WAKE_BITSET */, 1, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, 10, 1, NULL, NULL, -1));
    static int other;
    SHOW(syscall(SYS_futex, &word, 3 /* REQUEUE */, 1, 1L, &other, 0));
    SHOW(syscall(SYS_futex, &word, 4 /* CMP_REQUEUE */, 1, 1L, &other, 4));
    SHOW(syscall(SYS_futex, &word, 4, 1, 1L, &other, 5));
    handle(SIGALRM, count, 0);
    alarm(1);
    SHOW(syscall(SYS_futex, &word, 0, 5, NULL, NULL, 0));
    say("signals %d", signals);
    return 0;
}
