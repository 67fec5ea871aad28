/* Covers: */
/* Cancellation of a thread at every call in which it can block, with cleanup handlers, deferred and
   asynchronous, pending and disabled. musl and glibc look whether the interrupted address lies at their
   call site. */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

static int ends[2], full[2], epoll, counter;
static sem_t never, ready;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_t sleeper;
static char bytes[65536];
static const struct timespec hour = {3600, 0};
static struct timespec late;

static void at_read(void) { read(ends[0], bytes, 1); }
static void at_readv(void) {
    struct iovec vector = {bytes, 1};
    readv(ends[0], &vector, 1);
}
static void at_write(void) { write(full[1], bytes, sizeof bytes); }
static void at_writev(void) {
    struct iovec vector = {bytes, sizeof bytes};
    writev(full[1], &vector, 1);
}
static void at_poll(void) {
    struct pollfd file = {ends[0], POLLIN, 0};
    poll(&file, 1, -1);
}
static void at_ppoll(void) {
    struct pollfd file = {ends[0], POLLIN, 0};
    ppoll(&file, 1, &hour, NULL);
}
static void at_select(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    select(ends[0] + 1, &set, NULL, NULL, NULL);
}
static void at_pselect(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    pselect(ends[0] + 1, &set, NULL, NULL, &hour, NULL);
}
static void at_epoll(void) {
    struct epoll_event event;
    epoll_wait(epoll, &event, 1, -1);
}
static void at_epoll_mask(void) {
    struct epoll_event event;
    epoll_pwait(epoll, &event, 1, -1, NULL);
}
static void at_eventfd(void) { read(counter, bytes, 8); }
static void at_nanosleep(void) { nanosleep(&hour, NULL); }
static void at_clock_nanosleep(void) { clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL); }
static void at_sleep(void) { sleep(3600); }
static void at_usleep(void) { usleep(900000000); }
static void at_pause(void) { pause(); }
static void at_sigsuspend(void) {
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
}
static sigset_t usr2(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return set;
}
static void at_sigwait(void) {
    int number;
    sigset_t set = usr2();
    sigwait(&set, &number);
}
static void at_sigwaitinfo(void) {
    sigset_t set = usr2();
    sigwaitinfo(&set, NULL);
}
static void at_sigtimedwait(void) {
    sigset_t set = usr2();
    sigtimedwait(&set, NULL, &hour);
}
static void at_sem_wait(void) { sem_wait(&never); }
static void at_sem_timedwait(void) { sem_timedwait(&never, &late); }
static void unlock(void *unused) { pthread_mutex_unlock(&mutex); }
static void at_cond_wait(void) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, NULL);
    for (;;) pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(1);
}
static void at_cond_timedwait(void) {
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, NULL);
    for (;;) pthread_cond_timedwait(&condition, &mutex, &late);
    pthread_cleanup_pop(1);
}
static void at_join(void) { pthread_join(sleeper, NULL); }
static void at_open(void) { open("fifo", O_RDONLY); }
static void at_testcancel(void) {
    for (;;) pthread_testcancel(), sched_yield();
}

static int cleanups, order;
static void first(void *unused) { cleanups++, order = order * 10 + 1; }
static void second(void *unused) { cleanups++, order = order * 10 + 2; }
static void *victim(void *argument) {
    pthread_cleanup_push(first, NULL);
    pthread_cleanup_push(second, NULL);
    sem_post(&ready);
    ((void (*)(void))argument)();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}
/* Cancelled before it comes to the call. */
static void *late_victim(void *argument) {
    pthread_cleanup_push(first, NULL);
    pthread_cleanup_push(second, NULL);
    sem_post(&ready);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    usleep(3000);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    ((void (*)(void))argument)();
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}
static void cancel(const char *name, void (*function)(void)) {
    int right = 0;
    cleanups = 0;
    for (int i = 0; i < 8; i++) {
        pthread_t thread;
        void *result = NULL;
        order = 0;
        pthread_create(&thread, NULL, i < 6 ? victim : late_victim, (void *)function);
        sem_wait(&ready);
        if (i % 2) usleep(2000);
        else if (i == 2) sched_yield();
        pthread_cancel(thread);
        pthread_join(thread, &result);
        right += result == PTHREAD_CANCELED && order == 21;
    }
    say("%s: %d of 8 cancelled, %d cleanups", name, right, cleanups);
}

static volatile long spun;
static void *spin(void *unused) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(first, NULL);
    sem_post(&ready);
    for (;;) spun++;
    pthread_cleanup_pop(0);
    return NULL;
}
static void *read_asynchronously(void *unused) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(first, NULL);
    sem_post(&ready);
    read(ends[0], bytes, 1);
    pthread_cleanup_pop(0);
    return NULL;
}
/* With cancellation off a blocking call goes on. */
static void *ignore(void *unused) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    sem_post(&ready);
    char byte;
    long count = read(ends[0], &byte, 1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    if (count != 1) return NULL;
    pthread_testcancel();
    return (void *)1L;
}
static void *sleep_long(void *unused) {
    for (;;) pause();
    return NULL;
}

int main(void) {
    enter_scratch();
    pipe(ends);
    pipe(full);
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], bytes, 4096) > 0) {}
    fcntl(full[1], F_SETFL, 0);
    counter = eventfd(0, 0);
    epoll = epoll_create1(0);
    mkfifo("fifo", 0600);
    sem_init(&never, 0, 0);
    sem_init(&ready, 0, 0);
    clock_gettime(CLOCK_REALTIME, &late);
    late.tv_sec += 3600;
    sigset_t set = usr2();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&sleeper, NULL, sleep_long, NULL);
#define AT(call) cancel(#call, at_##call)
    AT(read); AT(readv); AT(write); AT(writev); AT(poll); AT(ppoll); AT(select); AT(pselect); AT(epoll);
    AT(epoll_mask); AT(eventfd); AT(nanosleep); AT(clock_nanosleep); AT(sleep); AT(usleep); AT(pause);
    AT(sigsuspend); AT(sigwait); AT(sigwaitinfo); AT(sigtimedwait); AT(sem_wait); AT(sem_timedwait);
    AT(cond_wait); AT(cond_timedwait); AT(join); AT(open); AT(testcancel);
    void *result;
    pthread_t thread;
    int right = 0;
    cleanups = 0;
    for (int i = 0; i < 10; i++) {
        pthread_create(&thread, NULL, i < 5 ? spin : read_asynchronously, NULL);
        sem_wait(&ready);
        if (i % 2) usleep(2000);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        right += result == PTHREAD_CANCELED;
    }
    say("asynchronous: %d of 10, %d cleanups", right, cleanups);
    pthread_create(&thread, NULL, ignore, NULL);
    sem_wait(&ready);
    usleep(2000);
    pthread_cancel(thread);
    usleep(2000);
    write(ends[1], "x", 1);
    pthread_join(thread, &result);
    HOLDS(result == PTHREAD_CANCELED);
    pthread_cancel(sleeper);
    pthread_join(sleeper, &result);
    HOLDS(result == PTHREAD_CANCELED);
    return 0;
}
