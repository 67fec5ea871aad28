/* Threads that wait in a call, for programs that look at who is woken when.
 *
 * `begin_sleeper` returns once the thread waits, or has come back, so that threads wait in a known order; each says what its
 * call gave when `end_sleeper` joins it. */
#ifndef SLEEPERS_H
#define SLEEPERS_H

#include <pthread.h>

struct sleeper {
    const char *name;
    long (*call)(struct sleeper *);
    /* For the call. */
    int id;
    long number;
    void *extra;
    /* What it gave. */
    long result;
    int error;
    long got;
    /* Its place among those that came back. */
    volatile int place;
    volatile int thread;
    pthread_t handle;
};

static int sleeper_places;

static void *run_sleeper(void *argument) {
    struct sleeper *sleeper = argument;
    sleeper->thread = syscall(SYS_gettid);
    errno = 0;
    sleeper->result = sleeper->call(sleeper);
    sleeper->error = errno;
    sleeper->place = __sync_add_and_fetch(&sleeper_places, 1);
    return NULL;
}

/* Whether a thread waits in the kernel (proc_pid_stat(5)). */
static int is_asleep(int thread) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    int file = open(path, O_RDONLY);
    if (file < 0) return 0;
    long count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    char *end = strrchr(text, ')');
    return end && end[2] == 'S';
}

static void begin_sleeper(struct sleeper *sleeper) {
    sleeper->thread = sleeper->place = 0;
    pthread_create(&sleeper->handle, NULL, run_sleeper, sleeper);
    while (!sleeper->thread) usleep(500);
    for (int asleep = 0; asleep < 3 && !sleeper->place; usleep(1000)) asleep = is_asleep(sleeper->thread) ? asleep + 1 : 0;
}
static void end_sleeper(struct sleeper *sleeper) {
    pthread_join(sleeper->handle, NULL);
    if (sleeper->result == -1) say("%s: %s", sleeper->name, errno_name(sleeper->error));
    else say("%s = %ld, got %ld", sleeper->name, sleeper->result, sleeper->got);
}

#endif
