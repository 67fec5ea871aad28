/* Covers: clock_gettime clock_getres gettimeofday time */
#include "conformance.h"
#include <sys/time.h>

static int64_t raw(int clock) {
    struct timespec t;
    return syscall(SYS_clock_gettime, clock, &t) ? -1 : t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
    struct timespec t;
    static const int clocks[] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int i = 0; i < 8; i++) {
        int result = syscall(SYS_clock_gettime, clocks[i], &t);
        say("clock %d: %d, sane %s", clocks[i], result, t.tv_sec >= 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000 ? "yes" : "NO");
    }
    SHOW(syscall(SYS_clock_gettime, 99, &t));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, BAD_POINTER));
    SHOW(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &t));
    say("%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
    SHOW(syscall(SYS_clock_getres, CLOCK_REALTIME, &t));
    say("%ld.%09ld", (long)t.tv_sec, t.tv_nsec);
    SHOW(syscall(SYS_clock_getres, CLOCK_MONOTONIC, NULL));
    SHOW(syscall(SYS_clock_getres, 99, &t));
    int backwards = 0;
    int64_t previous = now(CLOCK_MONOTONIC);
    for (int i = 0; i < 100000; i++) {
        int64_t next = now(CLOCK_MONOTONIC);
        if (next < previous) backwards++;
        previous = next;
    }
    say("backwards %d", backwards);
    HOLDS(raw(CLOCK_MONOTONIC) - now(CLOCK_MONOTONIC) < 100000000); /* vDSO and call agree */
    HOLDS(now(CLOCK_REALTIME) - raw(CLOCK_REALTIME) < 100000000);
    HOLDS(raw(CLOCK_REALTIME) > 1700000000000000000LL);
    struct timeval micro;
    struct timezone zone = {7, 7};
    SHOW(syscall(SYS_gettimeofday, &micro, &zone));
    say("zone %d %d", zone.tz_minuteswest, zone.tz_dsttime);
    HOLDS(llabs(micro.tv_sec - raw(CLOCK_REALTIME) / 1000000000) <= 1);
    SHOW(syscall(SYS_gettimeofday, NULL, NULL));
    SHOW(syscall(SYS_gettimeofday, BAD_POINTER, NULL));
    time_t stored = 0;
    long seconds = syscall(SYS_time, &stored);
    HOLDS(seconds == stored && llabs(seconds - raw(CLOCK_REALTIME) / 1000000000) <= 1);
    SHOW(syscall(SYS_time, BAD_POINTER));
    /* Clocks of processor time move while computing, not while asleep. */
    int64_t cpu = raw(CLOCK_PROCESS_CPUTIME_ID), start = raw(CLOCK_MONOTONIC);
    while (raw(CLOCK_MONOTONIC) - start < 50000000) {}
    int64_t computing = raw(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    HOLDS(computing > 5000000 && computing < 500000000);
    cpu = raw(CLOCK_PROCESS_CPUTIME_ID);
    struct timespec nap = {0, 300000000};
    nanosleep(&nap, NULL);
    HOLDS(raw(CLOCK_PROCESS_CPUTIME_ID) - cpu < 150000000);
    return 0;
}
