/* Litmus tests of the memory order that locks rely on: outcomes that C11's orders forbid must not appear.
 *
 * Each test runs its threads many times in step and counts what they saw. Prints a line a test with the
 * number of forbidden outcomes; with -v also how often the allowed but reordered outcome came, which shows
 * that the test can see reordering at all (on x86-64 store buffering without fences does). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000
#define BATCH 64

/* One round's variables, a cache line each. */
struct round {
    _Alignas(64) atomic_int x;
    _Alignas(64) atomic_int y;
    _Alignas(64) int seen[4];
};
static struct round rounds[BATCH];

#define GET(variable, order) atomic_load_explicit(&r->variable, memory_order_##order)
#define SET(variable, order) atomic_store_explicit(&r->variable, 1, memory_order_##order)
#define FENCE() atomic_thread_fence(memory_order_seq_cst)

/* Message passing: who sees the flag sees the data. */
static void mp0(struct round *r) { SET(x, relaxed); SET(y, release); }
static void mp1(struct round *r) { r->seen[0] = GET(y, acquire); r->seen[1] = GET(x, relaxed); }
static int mp(struct round *r) { return r->seen[0] == 1 && r->seen[1] == 0; }
/* The same by fences. */
static void mpf0(struct round *r) {
    SET(x, relaxed);
    atomic_thread_fence(memory_order_release);
    SET(y, relaxed);
}
static void mpf1(struct round *r) {
    r->seen[0] = GET(y, relaxed);
    atomic_thread_fence(memory_order_acquire);
    r->seen[1] = GET(x, relaxed);
}
/* Store buffering: with fences one of the two sees the other's store. */
static void sb0(struct round *r) { SET(x, relaxed); FENCE(); r->seen[0] = GET(y, relaxed); }
static void sb1(struct round *r) { SET(y, relaxed); FENCE(); r->seen[1] = GET(x, relaxed); }
static int sb(struct round *r) { return r->seen[0] == 0 && r->seen[1] == 0; }
/* By sequentially consistent accesses, as Dekker's and Peterson's locks. */
static void sbs0(struct round *r) { SET(x, seq_cst); r->seen[0] = GET(y, seq_cst); }
static void sbs1(struct round *r) { SET(y, seq_cst); r->seen[1] = GET(x, seq_cst); }
/* By exchanges. */
static void sbx0(struct round *r) { atomic_exchange(&r->x, 1); r->seen[0] = GET(y, relaxed); }
static void sbx1(struct round *r) { atomic_exchange(&r->y, 1); r->seen[1] = GET(x, relaxed); }
/* Load buffering: no load sees a store that comes after a store that depends on it. */
static void lb0(struct round *r) { r->seen[0] = GET(x, acquire); SET(y, release); }
static void lb1(struct round *r) { r->seen[1] = GET(y, acquire); SET(x, release); }
static int lb(struct round *r) { return r->seen[0] == 1 && r->seen[1] == 1; }
/* Independent reads of independent writes: two readers agree on the order. */
static void iriw0(struct round *r) { SET(x, seq_cst); }
static void iriw1(struct round *r) { SET(y, seq_cst); }
static void iriw2(struct round *r) { r->seen[0] = GET(x, seq_cst); r->seen[1] = GET(y, seq_cst); }
static void iriw3(struct round *r) { r->seen[2] = GET(y, seq_cst); r->seen[3] = GET(x, seq_cst); }
static int iriw(struct round *r) {
    return r->seen[0] == 1 && r->seen[1] == 0 && r->seen[2] == 1 && r->seen[3] == 0;
}
/* Coherence: a reader sees one variable's values in order. */
static void co0(struct round *r) {
    atomic_store_explicit(&r->x, 1, memory_order_relaxed);
    atomic_store_explicit(&r->x, 2, memory_order_relaxed);
}
static void co1(struct round *r) { r->seen[0] = GET(x, relaxed); r->seen[1] = GET(x, relaxed); }
static int co(struct round *r) { return r->seen[0] > r->seen[1]; }
/* Store buffering without fences: both may miss. Shows that the threads meet. */
static void free0(struct round *r) { SET(x, relaxed); r->seen[0] = GET(y, relaxed); }
static void free1(struct round *r) { SET(y, relaxed); r->seen[1] = GET(x, relaxed); }
static int nothing(struct round *r) { return 0; }

struct test {
    const char *name;
    int threads;
    void (*part[4])(struct round *);
    int (*forbidden)(struct round *);
    int (*reordered)(struct round *);
};
static const struct test tests[] = {
    {"message passing", 2, {mp0, mp1}, mp, nothing},
    {"message passing, fences", 2, {mpf0, mpf1}, mp, nothing},
    {"store buffering, fences", 2, {sb0, sb1}, sb, nothing},
    {"store buffering, sequentially consistent", 2, {sbs0, sbs1}, sb, nothing},
    {"store buffering, exchanges", 2, {sbx0, sbx1}, sb, nothing},
    {"load buffering", 2, {lb0, lb1}, lb, nothing},
    {"independent reads of independent writes", 4, {iriw0, iriw1, iriw2, iriw3}, iriw, nothing},
    {"coherence", 2, {co0, co1}, co, nothing},
    {"store buffering, free", 2, {free0, free1}, nothing, sb},
};
static const struct test *running;
static pthread_barrier_t barrier;
static atomic_int step[4];
static int shows_reordering;

static void *run(void *argument) {
    long own = (long)argument;
    for (int done = 0; done < ROUNDS; done += BATCH) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < BATCH; i++) {
            /* In step with the others, or nearly. */
            atomic_store_explicit(&step[own], done + i + 1, memory_order_relaxed);
            for (int other = 0; other < running->threads; other++)
                for (int tries = 0; tries < 20000 && atomic_load_explicit(&step[other], memory_order_relaxed) < done + i + 1; tries++) {}
            running->part[own](&rounds[i]);
        }
        pthread_barrier_wait(&barrier);
        if (own == 0) {
            static long forbidden, reordered;
            if (done == 0) forbidden = reordered = 0;
            for (int i = 0; i < BATCH; i++) {
                forbidden += running->forbidden(&rounds[i]);
                reordered += running->reordered(&rounds[i]);
            }
            memset(rounds, 0, sizeof rounds);
            if (done + BATCH >= ROUNDS) {
                printf("%s: forbidden %ld\n", running->name, forbidden);
                if (shows_reordering) printf("  reordered %ld\n", reordered);
            }
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    shows_reordering = count > 1 && !strcmp(arguments[1], "-v");
    for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
        pthread_t threads[4];
        running = &tests[i];
        memset(step, 0, sizeof step);
        pthread_barrier_init(&barrier, NULL, running->threads);
        for (long t = 0; t < running->threads; t++) pthread_create(&threads[t], NULL, run, (void *)t);
        for (int t = 0; t < running->threads; t++) pthread_join(threads[t], NULL);
    }
    return 0;
}
