/* Three threads that go nowhere: one reads a pipe, one waits for a lock, one spins. A child reads the pipe, too,
 * and another one has ended. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long spins;
static void *lock(void *unused) {
    pthread_mutex_lock(&mutex);
    return NULL;
}
__attribute__((noinline)) static void spin(void) {
    for (;;) spins++;
}
static void *start_spinning(void *unused) {
    pthread_setname_np(pthread_self(), "spinner");
    spin();
    return NULL;
}

int main(void) {
    int ends[2];
    char byte;
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, lock, NULL);
    pthread_create(&thread, NULL, start_spinning, NULL);
    pipe(ends);
    if (!fork()) {
        read(ends[0], &byte, 1);
        return 0;
    }
    if (!fork()) return 0;
    usleep(20000);
    write(1, "ready\n", 6);
    read(ends[0], &byte, 1);
    return 0;
}
