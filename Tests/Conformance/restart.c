/* Covers: */
/* Which calls a handled signal interrupts and which it restarts: signal(7). */
#include "conformance.h"
#include <sys/time.h>
#include <poll.h>

static volatile int signals;
static int ends[2];
static void count(int number, siginfo_t *information, void *context) { signals++; }
/* Interrupts twice, then writes so that a restarted read ends. */
static void feed(int number, siginfo_t *information, void *context) {
    if (++signals == 3) write(ends[1], "fed", 3);
}
static void every(int milliseconds) {
    struct itimerval timer = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

int main(void) {
    char buffer[8];
    pipe(ends);
    handle(SIGALRM, count, 0);
    every(30);
    SHOW(read(ends[0], buffer, 8));
    say("signals %d", signals >= 1);
    signals = 0;
    handle(SIGALRM, feed, SA_RESTART);
    SHOW(read(ends[0], buffer, 8));
    say("restarted, signals %d", signals >= 3);
    every(0);
    say_bytes("buffer", buffer, 3);

    /* write to a full pipe: what fitted is the result. */
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    static char page[4096];
    while (write(ends[1], page, 4096) > 0) {}
    read(ends[0], page, 4096);
    fcntl(ends[1], F_SETFL, 0);
    handle(SIGALRM, count, SA_RESTART);
    alarm(1);
    static char large[8192];
    SHOW(write(ends[1], large, 8192));
    handle(SIGALRM, count, 0);
    alarm(1);
    SHOW(write(ends[1], large, 8192));

    /* A restarted call keeps its arguments and an ignored signal does not disturb it. */
    while (fcntl(ends[0], F_SETFL, O_NONBLOCK), read(ends[0], page, 4096) > 0) {}
    fcntl(ends[0], F_SETFL, 0);
    signal(SIGALRM, SIG_IGN);
    every(10);
    struct pollfd quiet = {ends[0], POLLIN, 0};
    SHOW(poll(&quiet, 1, 100));
    struct timespec nap = {0, 100000000};
    SHOW(nanosleep(&nap, NULL));
    every(0);
    return 0;
}
