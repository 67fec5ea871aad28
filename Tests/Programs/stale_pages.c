/* Threads on several CPUs whose pages are taken away, made read-only and moved by another one. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static char *volatile page;
static atomic_int phase, done;
static _Thread_local sigjmp_buf back;
static void fault(int number) { siglongjmp(back, 1); }

/* Writes until the page is gone or read-only: a stale translation would let it write on. */
static void *write_on(void *argument) {
    for (int round = 1; round <= 200; round++) {
        while (atomic_load(&phase) != round) {}
        if (sigsetjmp(back, 1) == 0)
            for (;;) page[(long)argument]++;
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

int main(void) {
    struct sigaction action = {.sa_handler = fault};
    sigaction(SIGSEGV, &action, NULL);
    pthread_t threads[2];
    for (long i = 0; i < 2; i++) pthread_create(&threads[i], NULL, write_on, (void *)(i * 64));
    int wrong = 0;
    for (int round = 1; round <= 200; round++) {
        page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        page[0] = page[64] = 0;
        atomic_store(&done, 0);
        atomic_store(&phase, round);
        while (page[0] == 0 || page[64] == 0) {}
        if (round % 2) {
            mprotect(page, 4096, PROT_READ);
            char before[65];
            memcpy(before, page, 65);
            for (volatile int i = 0; i < 10000; i++) {}
            if (memcmp(before, page, 65) != 0) wrong++;
        } else {
            munmap(page, 4096);
        }
        while (atomic_load(&done) != 2) {}
        if (round % 2) munmap(page, 4096);
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    printf("rounds 200, written through a stale translation %d\n", wrong);
    return 0;
}
