/* Dies in a way that leaves a core file with things to find: `core fault|abort|exit|small|undumpable|none`. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

volatile int answer = 42;
char *volatile heap, *volatile mapped, *volatile excluded, *volatile reserved;
static pthread_barrier_t barrier;
static volatile int spinning;

static __attribute__((noinline)) void sleeper(const char *word) {
    pthread_barrier_wait(&barrier);
    for (;;) pause();
    (void)word;
}
static __attribute__((noinline)) void spinner(volatile long *count) {
    pthread_barrier_wait(&barrier);
    for (;;) { ++*count; spinning = 1; }
}
static void *sleep_thread(void *argument) { sleeper(argument); return NULL; }
static void *spin_thread(void *argument) { long count = 0; spinner(&count); return argument; }

__attribute__((noinline)) void innermost(int *where) { *where = answer; }
__attribute__((noinline)) void middle(int *where, double value) {
    volatile double kept = value * 2;
    innermost(where);
    (void)kept;
}
int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "fault";
    heap = malloc(100000);
    strcpy(heap, "on the heap");
    mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(mapped + 12345, "in a mapping");
    excluded = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(excluded, "a secret");
    madvise(excluded, 4096, MADV_DONTDUMP);
    reserved = mmap(NULL, 64UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mprotect(reserved + (32UL << 30), 1 << 20, PROT_READ | PROT_WRITE);
    strcpy(reserved + (32UL << 30), "in a reservation");
    if (!strcmp(how, "small")) setrlimit(RLIMIT_CORE, &(struct rlimit){8192, 8192});
    if (!strcmp(how, "none")) setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!strcmp(how, "undumpable")) prctl(PR_SET_DUMPABLE, 0);
    pthread_t threads[2];
    pthread_barrier_init(&barrier, NULL, 3);
    pthread_create(threads, NULL, sleep_thread, "word");
    pthread_create(threads + 1, NULL, spin_thread, NULL);
    pthread_barrier_wait(&barrier);
    while (!spinning) usleep(100);
    if (!strcmp(how, "exit")) return 3;
    if (!strcmp(how, "abort")) abort();
    if (!strcmp(how, "terminate")) raise(SIGTERM);
    middle((int *)0x10, 1.25);
    return 0;
}
