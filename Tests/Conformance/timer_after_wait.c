/* Covers: setitimer nanosleep poll
 * A timer that was armed before waits of other lengths still expires while the program computes. */
#include "conformance.h"
#include <poll.h>
#include <sys/time.h>

static volatile int alarms;
static void on_alarm(int number) {
    (void)number;
    alarms++;
}
static void wait_and_spin(const char *name, int kind) {
    struct itimerval soon = {{0, 0}, {0, 80000}};
    alarms = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    for (int round = 0; round < 5; round++) {
        struct timespec step = {0, 5000000};
        if (kind == 0) nanosleep(&step, NULL);
        else poll(NULL, 0, 5);
    }
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while (!alarms && now.tv_sec - start.tv_sec < 3);
    say("%s, then spinning: %d", name, alarms);
}

int main(void) {
    signal(SIGALRM, on_alarm);
    for (int round = 0; round < 3; round++) {
        wait_and_spin("nanosleep", 0);
        wait_and_spin("poll", 1);
    }
    return 0;
}
