/* Covers: futex sched_yield tgkill tkill set_robust_list get_robust_list exit_group */
/* Threads of the C library: mutexes, conditions, joins, signals to one of them, cancellation, keys, robust
   and owned mutexes, turns of threads that compute. */
#include "conformance.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;

static void *add(void *argument) {
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        if (i % 500 == 0) sched_yield();
    }
    return (void *)((long)argument * 2);
}
static void *answer(void *argument) {
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != 1) pthread_cond_wait(&condition, &mutex);
        turn = 0;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}
static volatile int stop;
static void *compute(void *argument) {
    double value = 1;
    long turns = 0;
    while (!stop) value *= 1.0000001, turns++;
    return value >= 1 ? (void *)turns : NULL;
}
static pthread_t handled_by;
static volatile int handled;
static void note(int number) {
    handled_by = pthread_self();
    handled++;
}
static void *wait_for_signal(void *argument) {
    sem_post(argument);
    while (!handled) usleep(1000);
    return NULL;
}
static pthread_key_t key;
static volatile int destroyed;
static void destroy(void *value) { destroyed += (int)(long)value; }
static void *use_key(void *argument) {
    pthread_setspecific(key, (void *)5L);
    return NULL;
}
static void cleaned(void *argument) { ++*(int *)argument; }
static int cleanups;
static void *block(void *argument) {
    int fds[2];
    char byte;
    pipe(fds);
    pthread_cleanup_push(cleaned, &cleanups);
    sem_post(argument);
    read(fds[0], &byte, 1);
    pthread_cleanup_pop(0);
    return NULL;
}
static pthread_mutex_t robust;
static void *die_with(void *argument) {
    pthread_mutex_lock(argument);
    return NULL;
}

int main(void) {
    pthread_t threads[8];
    void *result;
    long sum = 0;
    for (long i = 0; i < 8; i++) pthread_create(&threads[i], NULL, add, (void *)i);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], &result), sum += (long)result;
    say("counter %ld, sum %ld", counter, sum);

    pthread_create(&threads[0], NULL, answer, NULL);
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != 0) pthread_cond_wait(&condition, &mutex);
        turn = 1;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    pthread_join(threads[0], NULL);
    say("turn %d", turn);

    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, compute, NULL);
    usleep(100000);
    stop = 1;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], &result), HOLDS((long)result > 1000);

    sem_t ready;
    sem_init(&ready, 0, 0);
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&threads[0], NULL, wait_for_signal, &ready);
    sem_wait(&ready);
    pthread_kill(threads[0], SIGUSR1);
    pthread_join(threads[0], NULL);
    HOLDS(pthread_equal(handled_by, threads[0]));
    /* A signal to the process goes to a thread that does not block it. */
    handled = 0;
    pthread_create(&threads[0], NULL, wait_for_signal, &ready);
    sem_wait(&ready);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    pthread_join(threads[0], NULL);
    HOLDS(pthread_equal(handled_by, threads[0]));
    SHOW(syscall(SYS_tgkill, getpid(), 99999, SIGUSR1));
    SHOW(syscall(SYS_tkill, 99999, SIGUSR1));

    pthread_key_create(&key, destroy);
    pthread_create(&threads[0], NULL, use_key, NULL);
    pthread_join(threads[0], NULL);
    say("destroyed %d", destroyed);

    pthread_create(&threads[0], NULL, block, &ready);
    sem_wait(&ready);
    usleep(10000);
    pthread_cancel(threads[0]);
    pthread_join(threads[0], &result);
    HOLDS(result == PTHREAD_CANCELED);
    say("cleanups %d", cleanups);

    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&threads[0], NULL, die_with, &robust);
    pthread_join(threads[0], NULL);
    HOLDS(pthread_mutex_lock(&robust) == EOWNERDEAD);
    HOLDS(pthread_mutex_consistent(&robust) == 0);
    HOLDS(pthread_mutex_unlock(&robust) == 0);

    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
    HOLDS(sem_timedwait(&ready, &soon) == -1 && errno == ETIMEDOUT);
    return 0;
}
