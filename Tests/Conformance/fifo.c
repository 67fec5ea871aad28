/* Covers: */
/* Named pipes: fifo(7). */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }
static void readiness(const char *label, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    int result = poll(&entry, 1, 0);
    say("%s: poll %d %x", label, result, entry.revents);
}
static void pause_shortly(void) {
    struct timespec time = {0, 50000000};
    nanosleep(&time, NULL);
}
static void *open_other(void *flags) {
    pause_shortly();
    return (void *)(long)open("fifo", (int)(long)flags);
}
/* The other side comes and goes before the first looks again. */
static void *come_and_go(void *flags) {
    pause_shortly();
    close(open("fifo", (int)(long)flags));
    return NULL;
}

/* Opening one side waits for the other. */
static void meeting(void) {
    pthread_t thread;
    void *other;
    char buffer[16];
    static const int sides[2][2] = {{O_RDONLY, O_WRONLY}, {O_WRONLY, O_RDONLY}};
    for (int i = 0; i < 2; i++) {
        int64_t start = now(CLOCK_MONOTONIC);
        pthread_create(&thread, NULL, open_other, (void *)(long)sides[i][1]);
        int file = open("fifo", sides[i][0]);
        int64_t spent = now(CLOCK_MONOTONIC) - start;
        pthread_join(thread, &other);
        HOLDS(file >= 0 && (long)other >= 0 && spent >= 45000000);
        SHOW(write(i ? file : (int)(long)other, "met", 3));
        SHOW(read(i ? (int)(long)other : file, buffer, 16));
        close(file), close((int)(long)other);
    }
    pthread_create(&thread, NULL, come_and_go, (void *)(long)O_WRONLY);
    int file = open("fifo", O_RDONLY);
    pthread_join(thread, NULL);
    SHOW(read(file, buffer, 16));
    readiness("reader left alone", file);
    close(file);
    pthread_create(&thread, NULL, come_and_go, (void *)(long)(O_RDONLY | O_NONBLOCK));
    file = open("fifo", O_WRONLY);
    pthread_join(thread, NULL);
    handle(SIGPIPE, count, 0);
    SHOW(write(file, "x", 1));
    say("signals %d", signals);
    readiness("writer left alone", file);
    close(file);
    file = open("fifo", O_RDWR);
    HOLDS(file >= 0);
    readiness("both", file);
    SHOW(write(file, "self", 4));
    SHOW(read(file, buffer, 16));
    close(file);

    /* A signal ends the wait, or not. */
    struct itimerval timer = {{0, 0}, {0, 30000}};
    signals = 0;
    handle(SIGALRM, count, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    SHOW(open("fifo", O_RDONLY));
    setitimer(ITIMER_REAL, &timer, NULL);
    SHOW(open("fifo", O_WRONLY));
    say("signals %d", signals);
    handle(SIGALRM, count, SA_RESTART);
    setitimer(ITIMER_REAL, &timer, NULL);
    pthread_create(&thread, NULL, open_other, (void *)(long)O_WRONLY);
    file = open("fifo", O_RDONLY);
    pthread_join(thread, &other);
    HOLDS(file >= 0 && (long)other >= 0);
    say("signals %d", signals);
    close(file), close((int)(long)other);
}

/* Without waiting: no end is told before a writer came. */
static void nonblocking(void) {
    char buffer[16];
    int file = open("fifo", O_RDONLY | O_NONBLOCK);
    readiness("no writer yet", file);
    SHOW(read(file, buffer, 16));
    int writer = open("fifo", O_WRONLY | O_NONBLOCK);
    readiness("a writer", file);
    SHOW(read(file, buffer, 16));
    SHOW(write(writer, "data", 4));
    close(writer);
    readiness("data and no writer", file);
    SHOW(read(file, buffer, 16));
    readiness("no writer any more", file);
    SHOW(read(file, buffer, 16));
    int second = open("fifo", O_RDONLY | O_NONBLOCK);
    readiness("a new reader", second);
    close(second);
    /* What nobody read is gone with the last who has it open. */
    writer = open("fifo", O_WRONLY | O_NONBLOCK);
    SHOW(write(writer, "lost", 4));
    close(file), close(writer);
    file = open("fifo", O_RDONLY | O_NONBLOCK);
    SHOW(read(file, buffer, 16));
    close(file);
    SHOW(open("fifo", O_RDONLY | O_NONBLOCK | O_DIRECT));
}

int main(void) {
    enter_scratch();
    struct stat status;
    char buffer[16];
    SHOW(mknod("fifo", S_IFIFO | 0666, 0));
    stat("fifo", &status);
    say("fifo %o", status.st_mode);
    SHOW(mknod("fifo", S_IFIFO | 0644, 0));
    int fifo = SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW(write(fifo + 1, "through", 7));
    SHOW(read(fifo, buffer, 16));
    SHOW(close(fifo));
    SHOW(close(fifo + 1));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    meeting();
    nonblocking();
    return 0;
}
