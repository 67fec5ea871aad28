/* Covers: nanosleep clock_nanosleep */
#include "conformance.h"

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

int main(void) {
    struct timespec t = {0, 30000000}, left = {77, 77};
    int64_t start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_nanosleep, &t, &left));
    int64_t spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 30000000 && spent < 1000000000);
    say("left untouched: %ld", (long)left.tv_sec);
    t = (struct timespec){0, 0};
    SHOW(syscall(SYS_nanosleep, &t, NULL));
    t = (struct timespec){0, 1000000000};
    SHOW(syscall(SYS_nanosleep, &t, NULL));
    t = (struct timespec){-1, 0};
    SHOW(syscall(SYS_nanosleep, &t, NULL));
    SHOW(syscall(SYS_nanosleep, BAD_POINTER, NULL));

    /* Interrupted: EINTR and the time left, whether SA_RESTART is set or not (signal(7)). */
    for (int restart = 0; restart < 2; restart++) {
        handle(SIGALRM, count, restart ? SA_RESTART : 0);
        alarm(1);
        t = (struct timespec){3, 0};
        left = (struct timespec){0, 0};
        SHOW(syscall(SYS_nanosleep, &t, &left));
        HOLDS(left.tv_sec == 1 || (left.tv_sec == 2 && left.tv_nsec < 500000000));
        say("signals %d", signals);
    }
    alarm(1);
    t = (struct timespec){3, 0};
    SHOW(syscall(SYS_nanosleep, &t, BAD_POINTER));

    t = (struct timespec){0, 20000000};
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL));
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &t, NULL));
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += 1;
    start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
    spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent > 900000000 && spent < 2000000000);
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL)); /* long past */
    SHOW(syscall(SYS_clock_nanosleep, 99, 0, &t, NULL));
    SHOW(syscall(SYS_clock_nanosleep, 3 /* thread time */, 0, &t, NULL));
    t.tv_nsec = -1;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL));
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, BAD_POINTER, NULL));
    alarm(1);
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += 3;
    left.tv_sec = 55;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &t, &left));
    say("absolute leaves no time left: %ld", (long)left.tv_sec);
    return 0;
}
