/* Covers: */
/* Several threads and one set of epoll(7): edges, oneshot, exclusive, nested sets, changes meanwhile. */
#include "conformance.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define THREADS 4
static int set, file;
static int taken[THREADS], overlaps, inside;

static int control(int set, int operation, int file, uint32_t events, uint64_t data) {
    struct epoll_event event = {events, {.u64 = data}};
    return epoll_ctl(set, operation, file, &event);
}
static void pause_shortly(void) {
    struct timespec time = {0, 50000000};
    nanosleep(&time, NULL);
}
static void start(pthread_t *threads, void *(*function)(void *)) {
    for (long i = 0; i < THREADS; i++) {
        taken[i] = 0;
        pthread_create(&threads[i], NULL, function, (void *)i);
    }
}
static long finish(pthread_t *threads) {
    long sum = 0;
    void *result;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], &result), sum += (long)result;
    return sum;
}

/* One edge is told to one thread. */
static void *wait_once(void *number) {
    struct epoll_event event;
    return (void *)(long)epoll_wait(set, &event, 1, 400);
}
static void edges(void) {
    pthread_t threads[THREADS];
    set = epoll_create1(0), file = eventfd(0, EFD_NONBLOCK);
    control(set, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLET, 1);
    for (int i = 0; i < 3; i++) {
        start(threads, wait_once);
        pause_shortly();
        eventfd_write(file, 1);
        say("an edge told to %ld", finish(threads));
    }
    /* The same of sockets, where each message is an edge. */
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    control(set, EPOLL_CTL_ADD, pair[1], EPOLLIN | EPOLLET, 2);
    start(threads, wait_once);
    pause_shortly();
    send(pair[0], "x", 1, 0);
    pause_shortly();
    send(pair[0], "x", 1, 0);
    say("two edges told to %ld", finish(threads));
    close(pair[0]), close(pair[1]), close(set), close(file);
}

/* After an event the file is silent until it is armed again: whoever has it has it alone. */
static void *take_alone(void *number) {
    struct epoll_event event;
    long count = 0;
    while (epoll_wait(set, &event, 1, 5000) == 1) {
        char byte;
        if (event.data.u64 == 9) break;
        if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1) __atomic_add_fetch(&overlaps, 1, __ATOMIC_SEQ_CST);
        if (read(file, &byte, 1) == 1) count++;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        control(set, EPOLL_CTL_MOD, file, EPOLLIN | EPOLLONESHOT, 1);
    }
    return (void *)count;
}
static void one_shot(void) {
    pthread_t threads[THREADS];
    int ends[2], end = eventfd(0, 0);
    pipe2(ends, O_NONBLOCK);
    set = epoll_create1(0), file = ends[0];
    control(set, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLONESHOT, 1);
    control(set, EPOLL_CTL_ADD, end, EPOLLIN, 9);
    start(threads, take_alone);
    for (int i = 0; i < 2000; i++)
        while (write(ends[1], "x", 1) != 1) sched_yield();
    int left = 1;
    while (left) {
        struct timespec time = {0, 1000000};
        nanosleep(&time, NULL);
        struct epoll_event event;
        int other = epoll_create1(0);
        control(other, EPOLL_CTL_ADD, file, EPOLLIN, 1);
        left = epoll_wait(other, &event, 1, 0);
        close(other);
    }
    eventfd_write(end, 1);
    long sum = finish(threads);
    say("oneshot: %ld taken, %d overlaps", sum, overlaps);
    close(ends[0]), close(ends[1]), close(end), close(set);
}

/* Sets of their own, one file, EPOLLEXCLUSIVE: all is taken, and not everybody is woken for each. */
static int wakes;
static void *exclusive_one(void *number) {
    int own = epoll_create1(0);
    struct epoll_event event;
    long count = 0;
    control(own, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLEXCLUSIVE, 1);
    __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    while (epoll_wait(own, &event, 1, 1000) == 1) {
        uint64_t value;
        __atomic_add_fetch(&wakes, 1, __ATOMIC_SEQ_CST);
        if (read(file, &value, 8) == 8) {
            if (value == 1000000) break;
            count++;
        }
    }
    close(own);
    return (void *)count;
}
static void exclusive(void) {
    pthread_t threads[THREADS];
    inside = 0;
    file = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
    start(threads, exclusive_one);
    while (__atomic_load_n(&inside, __ATOMIC_SEQ_CST) < THREADS) sched_yield();
    for (int i = 0; i < 20; i++) {
        struct timespec time = {0, 5000000};
        eventfd_write(file, 1);
        nanosleep(&time, NULL);
    }
    long sum = finish(threads);
    say("exclusive: %ld taken", sum);
    HOLDS(wakes >= 20 && wakes < 20 * THREADS);
    close(file);
}

/* What changes while somebody waits. */
static long waited;
static void *wait_long(void *argument) {
    struct epoll_event event = {0};
    int64_t start = now(CLOCK_MONOTONIC);
    long found = epoll_wait(set, &event, 1, 3000);
    waited = (now(CLOCK_MONOTONIC) - start) / 1000000;
    return (void *)(found * 100 + (long)event.data.u64);
}
static void changes(void) {
    pthread_t thread;
    void *result;
    set = epoll_create1(0), file = eventfd(1, 0);
    pthread_create(&thread, NULL, wait_long, NULL);
    pause_shortly();
    control(set, EPOLL_CTL_ADD, file, EPOLLIN, 7);
    pthread_join(thread, &result);
    say("added while waiting: %ld", (long)result);
    HOLDS(waited >= 40 && waited < 2500);
    control(set, EPOLL_CTL_MOD, file, 0, 8);
    pthread_create(&thread, NULL, wait_long, NULL);
    pause_shortly();
    control(set, EPOLL_CTL_MOD, file, EPOLLIN, 9);
    pthread_join(thread, &result);
    say("modified while waiting: %ld", (long)result);
    HOLDS(waited >= 40 && waited < 2500);
    /* A set in a set in a set. */
    int inner = epoll_create1(0), middle = epoll_create1(0), outer = epoll_create1(0), deep = eventfd(0, 0);
    SHOW(control(inner, EPOLL_CTL_ADD, deep, EPOLLIN, 1));
    SHOW(control(middle, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET, 2));
    SHOW(control(outer, EPOLL_CTL_ADD, middle, EPOLLIN, 3));
    SHOW(control(inner, EPOLL_CTL_ADD, outer, EPOLLIN, 4));
    SHOW(control(inner, EPOLL_CTL_ADD, inner, EPOLLIN, 4));
    close(set);
    set = outer;
    pthread_create(&thread, NULL, wait_long, NULL);
    pause_shortly();
    eventfd_write(deep, 1);
    pthread_join(thread, &result);
    say("nested: %ld", (long)result);
    HOLDS(waited >= 40 && waited < 2500);
    /* A file that goes away while it is waited for is told nothing of. */
    set = epoll_create1(0);
    int pair[2];
    pipe(pair);
    control(set, EPOLL_CTL_ADD, pair[0], EPOLLIN, 5);
    pthread_create(&thread, NULL, wait_long, NULL);
    pause_shortly();
    close(pair[0]);
    control(set, EPOLL_CTL_ADD, file, EPOLLIN, 6);
    pthread_join(thread, &result);
    say("closed while waiting: %ld", (long)result);
}

/* Widely nested: many ways lead to one set, and the limit of five is that of the longest. */
static void depth(void) {
    int sets[7][3];
    for (int i = 0; i < 7; i++)
        for (int k = 0; k < 3; k++) sets[i][k] = epoll_create1(0);
    for (int i = 1; i < 7; i++)
        for (int k = 0; k < 3; k++)
            for (int m = 0; m < 3; m++) {
                int result = control(sets[i][k], EPOLL_CTL_ADD, sets[i - 1][m], EPOLLIN, 0);
                if (m == 0 && k == 0) say("depth %d: %s", i, result ? errno_name(errno) : "ok");
            }
    SHOW(control(sets[0][0], EPOLL_CTL_ADD, sets[4][2], EPOLLIN, 0));
    /* From the inside: what is deep already takes no more depth. */
    int inner = epoll_create1(0);
    SHOW(control(sets[0][0], EPOLL_CTL_ADD, inner, EPOLLIN, 0));
    SHOW(control(sets[1][0], EPOLL_CTL_ADD, inner, EPOLLIN, 0));
}

int main(void) {
    edges();
    one_shot();
    exclusive();
    changes();
    depth();
    return 0;
}
