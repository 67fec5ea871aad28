/* Covers: rseq */
/* A restartable sequence is aborted where its thread is preempted or a handler interrupts it: a counter per
   CPU is kept without a lock (rseq(2), linux/rseq.h). */
#include "conformance.h"
#include <pthread.h>
#include <sched.h>

struct area {
    uint32_t cpu_start, cpu;
    uint64_t sequence;
    uint32_t flags, padding[3];
} __attribute__((aligned(32)));
struct sequence {
    uint32_t version, flags;
    uint64_t start, length, abort;
} __attribute__((aligned(32)));
#define SIGNATURE 0x53053053
/* glibc's (bits/rseq.h). */
#if defined(__aarch64__)
#define SIGNATURE_OF_LIBRARY 0xd428bc00
#else
#define SIGNATURE_OF_LIBRARY 0x53053053
#endif

/* Adds 1 to the counter of the CPU by a load, a pause and a store; returns 0 if it was aborted. */
#if defined(__x86_64__)
static int add(struct area *area, long *counters, int pause) {
    int done;
    __asm__ volatile(
        ".pushsection .data.rel, \"aw\"\n .balign 32\n 9: .long 0, 0\n .quad 1f, 2f - 1f, 3f\n .popsection\n"
        "lea 9b(%%rip), %%rax\n mov %%rax, 8(%1)\n"
        "1: mov 4(%1), %%eax\n mov (%2,%%rax,8), %%rdx\n"
        "mov %3, %%ecx\n test %%ecx, %%ecx\n jz 6f\n 5: pause\n dec %%ecx\n jnz 5b\n 6:\n"
        "inc %%rdx\n mov %%rdx, (%2,%%rax,8)\n"
        "2: mov $1, %0\n jmp 4f\n"
        ".byte 0x0f, 0xb9, 0x3d\n .long 0x53053053\n"
        "3: mov $0, %0\n"
        "4:\n"
        : "=&r"(done) : "r"(area), "r"(counters), "r"(pause) : "rax", "rcx", "rdx", "memory", "cc");
    return done;
}
#else
static int add(struct area *area, long *counters, int pause) {
    int done;
    __asm__ volatile(
        ".pushsection .data.rel, \"aw\"\n .balign 32\n 9: .long 0, 0\n .quad 1f, 2f - 1f, 3f\n .popsection\n"
        "adrp x9, 9b\n add x9, x9, :lo12:9b\n str x9, [%1, #8]\n"
        "1: ldr w9, [%1, #4]\n ldr x10, [%2, x9, lsl #3]\n"
        "mov w11, %w3\n cbz w11, 6f\n 5: subs w11, w11, #1\n b.ne 5b\n 6:\n"
        "add x10, x10, #1\n str x10, [%2, x9, lsl #3]\n"
        "2: mov %w0, #1\n b 4f\n"
        ".long 0x53053053\n"
        "3: mov %w0, #0\n"
        "4:\n"
        : "=&r"(done) : "r"(area), "r"(counters), "r"(pause) : "x9", "x10", "x11", "memory", "cc");
    return done;
}
#endif

static long counters[1024], aborts;
static int pause_length = 400;
/* The thread's own area, in place of the one that glibc registers. */
static struct area *register_area(void) {
    static __thread struct area own;
    extern const ptrdiff_t __rseq_offset __attribute__((weak));
    own.cpu = -1;
    if (syscall(SYS_rseq, &own, 32, 0, SIGNATURE) == 0) return &own;
    if (!&__rseq_offset) return NULL;
    char *library = (char *)__builtin_thread_pointer() + __rseq_offset;
    if (syscall(SYS_rseq, library, 32, 1, SIGNATURE_OF_LIBRARY)) return NULL;
    return syscall(SYS_rseq, &own, 32, 0, SIGNATURE) ? NULL : &own;
}
#define ROUNDS 4000
/* Goes on until somebody's turn ended within a sequence; who yields before that has no turn that ends. */
static void *work(void *unused) {
    struct area *area = register_area();
    if (!area) return NULL;
    long done = 0;
    while (done < ROUNDS || (done < 1000 * ROUNDS && !__atomic_load_n(&aborts, __ATOMIC_RELAXED))) {
        if (add(area, counters, pause_length)) done++;
        else __atomic_fetch_add(&aborts, 1, __ATOMIC_RELAXED);
        if (done % 64 == 0 && __atomic_load_n(&aborts, __ATOMIC_RELAXED)) sched_yield();
    }
    return (void *)done;
}
static struct area *of_main;
static long unaborted;
static volatile int signals;
/* A handler that interrupts a sequence adds to the same counter. */
static void interrupt(int number, siginfo_t *information, void *context) {
    signals++;
    for (int i = 0; i < 3; i++)
        while (!add(of_main, counters, 0)) {}
}

int main(void) {
    of_main = register_area();
    HOLDS(of_main != NULL);
    if (!of_main) return 1;
    HOLDS(of_main->cpu < 1024 && of_main->cpu_start == of_main->cpu);
    /* Signals. */
    struct itimerspec time = {{0, 1000000}, {0, 1000000}};
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    handle(SIGUSR1, interrupt, SA_RESTART);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &time, NULL);
    for (long done = 0; done < 20000 || signals < 50;)
        if (add(of_main, counters, pause_length)) done++, unaborted++;
        else aborts++;
    timer_delete(timer);
    long sum = 0;
    for (int i = 0; i < 1024; i++) sum += counters[i];
    HOLDS(sum == unaborted + 3 * signals);
    HOLDS(aborts > 0);
    /* Threads that take the CPU from each other. */
    pthread_t threads[8];
    void *result;
    memset(counters, 0, sizeof counters);
    aborts = sum = unaborted = 0;
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], &result);
        if (!result) say("thread %d has no area", i);
        unaborted += (long)result;
    }
    for (int i = 0; i < 1024; i++) sum += counters[i];
    HOLDS(sum == unaborted && sum >= 8 * ROUNDS);
    HOLDS(aborts > 0);
    return 0;
}
