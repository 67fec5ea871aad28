/* Covers: */
/* Priority inheritance: who holds a lock with an owner runs with the priority of who waits for it, also
   along a chain of locks, and no longer than that. All on one CPU, by real-time priorities, so that the
   order of the lines is certain; they go to a file first, as others run while a terminal or pipe is waited for. */
#include "conformance.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

/* linux/futex.h, which musl-gcc has not */
enum { FUTEX_LOCK_PI_PRIVATE = 128 + 6, FUTEX_UNLOCK_PI_PRIVATE = 128 + 7 };

static int lock_word(int *word) { return syscall(SYS_futex, word, FUTEX_LOCK_PI_PRIVATE, 0, NULL); }
static int unlock_word(int *word) { return syscall(SYS_futex, word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL); }
static int first, second;
static sem_t arrived, gate;

/* The priority of a thread as the kernel has it: the 18th field of stat. */
static int effective(pid_t thread) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    int file = open(path, O_RDONLY), value = 0;
    long length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    char *at = strrchr(text, ')');
    if (at) sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %d", &value);
    return value;
}
/* What it comes to within a fifth of a second. */
static int soon_effective(pid_t thread, int expected) {
    for (int tries = 0; tries < 40 && effective(thread) != expected; tries++)
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    return effective(thread);
}
static void priority(int policy, int value) {
    struct sched_param parameters = {.sched_priority = value};
    if (syscall(SYS_sched_setscheduler, 0, policy, &parameters)) say("sched_setscheduler: %s", errno_name(errno));
}
static volatile pid_t low_thread, middle_thread;
static int low_policy, low_priority;

static void *low(void *unused) {
    priority(low_policy, low_priority);
    low_thread = syscall(SYS_gettid);
    lock_word(&first);
    sem_post(&arrived); /* the main thread takes over, and comes back when it waits */
    say("low holds its lock at %d", effective(low_thread));
    struct sched_param own;
    SHOW(syscall(SYS_sched_getparam, 0, &own));
    SHOW(syscall(SYS_sched_getscheduler, 0) == low_policy);
    SHOW(own.sched_priority == low_priority);
    unlock_word(&first);
    say("low is at %d again", effective(low_thread));
    return NULL;
}
static void *middle(void *unused) {
    priority(SCHED_FIFO, 20);
    say("middle");
    return NULL;
}
static void *high(void *word) {
    priority(SCHED_FIFO, 30);
    int error = lock_word(word);
    say("high has it: %d", error);
    unlock_word(word);
    return NULL;
}
/* Holds the second lock and waits for the first. */
static void *between(void *unused) {
    priority(SCHED_FIFO, 15);
    middle_thread = syscall(SYS_gettid);
    lock_word(&second);
    sem_post(&arrived);
    lock_word(&first);
    say("between has both at %d", effective(middle_thread));
    unlock_word(&first);
    say("between has the second at %d", effective(middle_thread));
    unlock_word(&second);
    say("between is at %d", effective(middle_thread));
    return NULL;
}
static void *impatient(void *word) {
    priority(SCHED_FIFO, 35);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 300000000;
    soon.tv_sec += soon.tv_nsec / 1000000000;
    soon.tv_nsec %= 1000000000;
    SHOW((int)syscall(SYS_futex, word, FUTEX_LOCK_PI_PRIVATE, 0, &soon));
    return NULL;
}
static void *waiting(void *unused) {
    priority(SCHED_FIFO, 5);
    middle_thread = syscall(SYS_gettid);
    sem_post(&arrived);
    lock_word(&first);
    unlock_word(&first);
    return NULL;
}
static void *closes_circle(void *unused) {
    lock_word(&second);
    sem_post(&arrived);
    sem_wait(&gate);
    SHOW(lock_word(&first)); /* whose owner waits for the second */
    unlock_word(&second);
    return NULL;
}
static pthread_t begin(void *(*function)(void *), void *argument) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, function, argument);
    if (error) say("pthread_create: %s", errno_name(error));
    return thread;
}
static void join(pthread_t thread) { pthread_join(thread, NULL); }

static void inversion(const char *label, int policy, int value) {
    say("%s", label);
    low_policy = policy;
    low_priority = value;
    pthread_t a = begin(low, NULL);
    sem_wait(&arrived);
    pthread_t b = begin(high, &first), c = begin(middle, NULL);
    join(b), join(c), join(a);
}

int main(void) {
    int output = dup(1), lines = memfd_create("lines", 0);
    if (lines < 0 || dup2(lines, 1) < 0) return 1;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (sched_setaffinity(0, sizeof one, &one)) say("sched_setaffinity: %s", errno_name(errno));
    sem_init(&arrived, 0, 0);
    sem_init(&gate, 0, 0);
    /* Threads begin with it, so that each comes to its own priority before others run. */
    priority(SCHED_FIFO, 40);

    inversion("an owner with a priority", SCHED_FIFO, 10);
    inversion("an owner that takes turns", SCHED_RR, 10);
    inversion("an owner without a priority", SCHED_OTHER, 0);

    say("a chain");
    low_policy = SCHED_FIFO, low_priority = 10;
    pthread_t a = begin(low, NULL);
    sem_wait(&arrived);
    pthread_t b = begin(between, NULL);
    sem_wait(&arrived);
    pthread_t c = begin(high, &second), d = begin(middle, NULL);
    join(c), join(b), join(a), join(d);

    say("a wait that ends");
    lock_word(&first);
    priority(SCHED_FIFO, 3);
    pid_t own = syscall(SYS_gettid);
    a = begin(impatient, &first);
    say("boosted to %d", soon_effective(own, -36));
    join(a);
    say("back at %d", effective(own));

    say("a waiter whose priority changes");
    b = begin(waiting, NULL);
    sem_wait(&arrived);
    say("boosted to %d", soon_effective(own, -6));
    struct sched_param more = {.sched_priority = 25}, less = {.sched_priority = 4};
    SHOW(syscall(SYS_sched_setparam, middle_thread, &more));
    say("boosted to %d", effective(own));
    SHOW(syscall(SYS_sched_setparam, middle_thread, &less));
    say("boosted to %d", effective(own));
    SHOW(syscall(SYS_sched_setscheduler, middle_thread, SCHED_OTHER, &(struct sched_param){0}));
    say("boosted to %d", effective(own));
    priority(SCHED_FIFO, 2);
    say("own priority %d", effective(own));
    unlock_word(&first);
    join(b);

    say("a circle");
    priority(SCHED_FIFO, 40);
    lock_word(&first);
    a = begin(closes_circle, NULL);
    sem_wait(&arrived);
    sem_post(&gate);
    SHOW(lock_word(&second));
    unlock_word(&second);
    unlock_word(&first);
    join(a);
    say("words %d %d", first, second);
    fflush(stdout);
    char text[4096];
    long length;
    lseek(lines, 0, SEEK_SET);
    while ((length = read(lines, text, sizeof text)) > 0) write(output, text, length);
    return 0;
}
