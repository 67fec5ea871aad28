/* Covers: */
/* Mappings changed by several threads at once: each sees its own pages right, and what one takes away no
   other reaches. */
#include "conformance.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>

#define THREADS 4
#define PAGE 4096L
static pthread_barrier_t barrier;

/* Each thread maps, fills, checks, splits by protection, moves, and unmaps. */
static void *churn(void *argument) {
    long own = (long)argument, wrong = 0;
    unsigned seed = own * 7919 + 1;
    for (int round = 0; round < 50; round++) {
        seed = seed * 1103515245 + 12345;
        long pages = 1 + (seed >> 16) % 24;
        char *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) { wrong++; continue; }
        for (long i = 0; i < pages; i++) {
            wrong += area[i * PAGE] != 0;
            *(long *)(area + i * PAGE) = own * 1000000 + round * 100 + i;
        }
        if (round % 8 == 0) sched_yield();
        if (pages > 3) {
            wrong += mprotect(area + PAGE, PAGE, PROT_READ) != 0;
            wrong += *(long *)(area + PAGE) != own * 1000000 + round * 100 + 1;
            wrong += mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE) != 0;
            wrong += madvise(area + 2 * PAGE, PAGE, MADV_DONTNEED) != 0;
            wrong += *(long *)(area + 2 * PAGE) != 0;
            *(long *)(area + 2 * PAGE) = own * 1000000 + round * 100 + 2;
        }
        if (round % 3 == 0) {
            char *moved = mremap(area, pages * PAGE, (pages + 5) * PAGE, MREMAP_MAYMOVE);
            if (moved == MAP_FAILED) { wrong++; continue; }
            area = moved;
            wrong += area[(pages + 4) * PAGE] != 0;
            for (long i = 0; i < pages; i++)
                wrong += *(long *)(area + i * PAGE) != own * 1000000 + round * 100 + i;
            wrong += munmap(area, (pages + 5) * PAGE) != 0;
            continue;
        }
        for (long i = 0; i < pages; i++)
            wrong += *(long *)(area + i * PAGE) != own * 1000000 + round * 100 + i;
        wrong += munmap(area, pages * PAGE) != 0;
    }
    return (void *)wrong;
}

/* All touch the same fresh pages first at the same time: each page is made once. */
static long *shared;
static void *touch(void *argument) {
    long own = (long)argument;
    for (int round = 0; round < 20; round++) {
        pthread_barrier_wait(&barrier);
        for (long page = 0; page < 64; page++)
            __atomic_fetch_add(&shared[page * 512], 1, __ATOMIC_RELAXED);
        pthread_barrier_wait(&barrier);
        if (own == 0) {
            for (long page = 0; page < 64; page++)
                if (shared[page * 512] != THREADS) return (void *)1L;
            madvise(shared, 64 * PAGE, MADV_DONTNEED);
        }
    }
    return NULL;
}

/* One takes the right to write away; the others notice at once, and never write afterwards. */
static volatile long *guarded;
static volatile int faults, over, wrote_late;
static __thread sigjmp_buf back;
static void fault(int number, siginfo_t *information, void *context) {
    __atomic_fetch_add(&faults, 1, __ATOMIC_RELAXED);
    siglongjmp(back, 1);
}
static void *write_on(void *argument) {
    while (!over) {
        if (sigsetjmp(back, 1)) { sched_yield(); continue; }
        for (int i = 0; i < 100 && !over; i++) guarded[(long)argument * 8]++;
    }
    return NULL;
}
static void protection(void) {
    pthread_t threads[THREADS];
    handle(SIGSEGV, fault, 0);
    guarded = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, write_on, (void *)i);
    for (int round = 0; round < 25; round++) {
        mprotect((void *)guarded, PAGE, PROT_READ);
        long before[THREADS];
        for (int i = 0; i < THREADS; i++) before[i] = guarded[i * 8];
        for (int i = 0; i < 10; i++) sched_yield();
        for (int i = 0; i < THREADS; i++) wrote_late += guarded[i * 8] != before[i];
        mprotect((void *)guarded, PAGE, PROT_READ | PROT_WRITE);
        usleep(200);
    }
    over = 1;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    say("written without the right %d", wrote_late);
    HOLDS(faults > 0);
}

/* A file is mapped, changed and read by all. */
static int file;
static void *change_file(void *argument) {
    long own = (long)argument, wrong = 0;
    for (int round = 0; round < 50; round++) {
        long *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        long *private = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        if (map == MAP_FAILED || private == MAP_FAILED) return (void *)1000L;
        map[own * 512] = round + 1;
        long seen = 0;
        pread(file, &seen, 8, own * PAGE);
        wrong += seen != round + 1;
        private[own * 512 + 1] = 77;
        wrong += map[own * 512 + 1] != 0;
        munmap(map, 4 * PAGE);
        munmap(private, 4 * PAGE);
    }
    return (void *)wrong;
}

static void *grow(void *argument) {
    volatile char room[100000];
    for (int i = sizeof room - 1; i >= 0; i -= 4096) room[i] = i;
    return room[sizeof room - 1] ? argument : argument;
}
static long all(void *(*function)(void *)) {
    pthread_t threads[THREADS];
    void *result;
    long sum = 0;
    for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, function, (void *)i);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], &result), sum += (long)result;
    return sum;
}

int main(void) {
    enter_scratch();
    say("wrong %ld", all(churn));
    pthread_barrier_init(&barrier, NULL, THREADS);
    shared = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("touched twice %ld", all(touch));
    protection();
    file = open("file", O_RDWR | O_CREAT, 0600);
    ftruncate(file, 4 * PAGE);
    say("wrong in the file %ld", all(change_file));
    say("stacks %ld", all(grow));
    return 0;
}
