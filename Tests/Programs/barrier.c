/* Store buffering between two threads, where one pays for the order of both (membarrier(2)): both can't
   miss the other's store. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { rounds = 2000 };
static atomic_int left, right, go, done;
static int seen_left, seen_right;

static void *fast(void *argument) {
    for (int round = 1; round <= rounds; round++) {
        while (atomic_load(&go) != round) {}
        atomic_store_explicit(&left, round, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
        seen_right = atomic_load_explicit(&right, memory_order_relaxed);
        atomic_store(&done, round);
    }
    return NULL;
}

int main(void) {
    pthread_t thread;
    int wrong = 0;
    if (syscall(SYS_membarrier, 16, 0, 0) != 0) return 1;
    pthread_create(&thread, NULL, fast, NULL);
    for (int round = 1; round <= rounds; round++) {
        atomic_store(&go, round);
        atomic_store_explicit(&right, round, memory_order_relaxed);
        syscall(SYS_membarrier, 8, 0, 0);
        seen_left = atomic_load_explicit(&left, memory_order_relaxed);
        while (atomic_load(&done) != round) {}
        if (seen_left != round && seen_right != round) wrong++;
    }
    pthread_join(thread, NULL);
    printf("rounds %d, both missed %d\n", rounds, wrong);
    return 0;
}
