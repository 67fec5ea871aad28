/* Threads that compute use all CPUs at once, each where its affinity lets it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_int met, wrong;
/* Each waits, computing, for all others: on one CPU that takes turns, on several it meets at once. */
static void *meet(void *argument) {
    int own = (int)(long)argument;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(own, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) wrong++;
    atomic_fetch_add(&met, 1);
    while (atomic_load(&met) < 2) {}
    for (int i = 0; i < 1000; i++) {
        if (sched_getcpu() != own) wrong++;
        if (i % 100 == 0) sched_yield();
    }
    return NULL;
}

int main(void) {
    printf("CPUs %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    for (int round = 0; round < 50; round++) {
        pthread_t threads[2];
        met = 0;
        for (long i = 0; i < 2; i++) pthread_create(&threads[i], NULL, meet, (void *)i);
        for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    }
    printf("wrong %d\n", wrong);
    return 0;
}
