/* Times what threads, memory and signals cost a program: threads NAME [BATCHES].
 *
 * Prints on standard error the minimum, median and 90th percentile of batches, in nanoseconds an
 * operation, as calls.c does. `futex1`, `pipe1` and `epoll1` keep both threads on one CPU, `futex2` and
 * `pipe2` on two. `speedup` prints a hundred times the work that two threads get done, over one's. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "batches.h"

enum { FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 }; /* linux/futex.h, which musl-gcc has not */
enum { batches = 40, page = 4096, pages = 64 };

static void keep_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set)) perror("sched_setaffinity"), exit(1);
}

/* ---- a word or a byte goes to and fro ---- */
static int words[2], there[2], back[2], partner_cpu, epoll;
static volatile int over;
static void post(int *word) {
    __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}
static void await(int *word) {
    while (!__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST)) syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL);
}
static void *answer_word(void *unused) {
    keep_to(partner_cpu);
    while (!over) await(&words[0]), post(&words[1]);
    return NULL;
}
static void *answer_byte(void *unused) {
    char byte;
    keep_to(partner_cpu);
    while (read(there[0], &byte, 1) == 1 && !over) write(back[1], &byte, 1);
    return NULL;
}
static void futex(void) { post(&words[0]), await(&words[1]); }
static void pipes(void) {
    char byte = 0;
    write(there[1], &byte, 1);
    read(back[0], &byte, 1);
}
static void epolls(void) {
    struct epoll_event event;
    char byte = 0;
    write(there[1], &byte, 1);
    epoll_wait(epoll, &event, 1, -1);
    read(back[0], &byte, 1);
}

/* ---- threads, memory, signals ---- */
static void *nothing(void *argument) { return argument; }
static void create(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL)) exit(1);
    pthread_join(thread, NULL);
}
static void map(void) {
    char *area = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < pages; i++) area[i * page] = 1;
    munmap(area, pages * page);
}
static char *area;
static void touch(void) {
    for (int i = 0; i < pages; i++) area[i * page] = 1;
}
static volatile int handled;
static void handle(int number) { handled++; }
static void deliver(void) { raise(SIGUSR1); }

/* ---- two CPUs ---- */
static volatile int started;
static void *compute(void *cpu) {
    keep_to((int)(long)cpu);
    unsigned long turns = 0, value = 1;
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    while (started < 2) {}
    for (double end = now() + 1e9; now() < end; turns++)
        for (int i = 0; i < 1000; i++) value = value * 6364136223846793005ul + 1;
    return (void *)(turns + (value == 0));
}
static double turns(int threads) {
    pthread_t other;
    void *own, *more = 0;
    started = 2 - threads;
    if (threads == 2) pthread_create(&other, NULL, compute, (void *)1L);
    own = compute((void *)0L);
    if (threads == 2) pthread_join(other, &more);
    return (double)((unsigned long)own + (unsigned long)more);
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    double samples[batches];
    int most = count > 2 ? atoi(arguments[2]) : batches;
    void (*operation)(void) = NULL;
    int each = 2000, parts = 1, is_first_touch = 0;
    pthread_t partner;
    pipe(there);
    pipe(back);
    if (!strcmp(what, "speedup")) {
        double ratio[3];
        for (int i = 0; i < 3; i++) {
            double one = turns(1);
            ratio[i] = 100 * turns(2) / one;
        }
        qsort(ratio, 3, sizeof *ratio, compare);
        fprintf(stderr, "%.1f %.1f %.1f\n", ratio[2], ratio[1], ratio[0]);
        return 0;
    }
    if (strchr(what, '1') || strchr(what, '2')) {
        partner_cpu = strchr(what, '2') != NULL;
        keep_to(0);
        int by_word = !strncmp(what, "futex", 5);
        operation = by_word ? futex : !strncmp(what, "pipe", 4) ? pipes : epolls;
        epoll = epoll_create1(0);
        struct epoll_event event = {.events = EPOLLIN};
        epoll_ctl(epoll, EPOLL_CTL_ADD, back[0], &event);
        pthread_create(&partner, NULL, by_word ? answer_word : answer_byte, NULL);
        if (partner_cpu) each = 200;
    } else if (!strcmp(what, "create")) operation = create, each = 200;
    else if (!strcmp(what, "map")) operation = map, each = 40, parts = pages;
    else if (!strcmp(what, "touch")) operation = touch, each = 1, parts = pages, is_first_touch = 1;
    else if (!strcmp(what, "signal")) operation = deliver, signal(SIGUSR1, handle);
    else return 64;
    if (most < 1 || most > batches) return 64;
    for (int batch = -3; batch < most; batch++) {
        if (is_first_touch)
            area = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        double start = now();
        for (int i = 0; i < each; i++) operation();
        if (batch >= 0) samples[batch] = (now() - start) / each / parts;
        if (is_first_touch) munmap(area, pages * page);
    }
    print_samples(stderr, samples, most);
    if (count > 2) fprintf(stderr, "%d operations\n", (most + 3) * each * parts);
    _exit(0);
}
