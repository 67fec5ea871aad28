/* Covers: futex_waitv */
/* What is refused, and waits that end by themselves or by a thread's wake. */
#include "conformance.h"
#include <pthread.h>
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

struct waiter {
    uint64_t value, address;
    uint32_t flags, reserved;
};
static unsigned words[3] = {1, 2, 3};

static void *wake(void *argument) {
    for (;;) {
        usleep(10000);
        if (syscall(SYS_futex, &words[2], 128 | 1, 1, NULL, NULL, 0) == 1) return NULL;
    }
}

int main(void) {
    struct waiter waiters[3];
    for (int i = 0; i < 3; i++)
        waiters[i] = (struct waiter){words[i], (uint64_t)&words[i], 2 | 128, 0};
    struct timespec past = {0, 0};
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 1));
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 0));
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 7));
    SHOW(syscall(SYS_futex_waitv, waiters, 0, 0, &past, 1));
    SHOW(syscall(SYS_futex_waitv, waiters, 129, 0, &past, 1));
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 1, &past, 1));
    SHOW(syscall(SYS_futex_waitv, NULL, 3, 0, &past, 1));
    SHOW(syscall(SYS_futex_waitv, BAD_POINTER, 3, 0, &past, 1));
    waiters[1].value = 9;
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 1));
    waiters[1].value = 2;
    waiters[1].reserved = 1;
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 1));
    waiters[1].reserved = 0;
    waiters[1].flags = 128;
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, &past, 1));
    waiters[1].flags = 2 | 128;
    pthread_t thread;
    pthread_create(&thread, NULL, wake, NULL);
    SHOW(syscall(SYS_futex_waitv, waiters, 3, 0, NULL, 0));
    pthread_join(thread, NULL);
    return 0;
}
