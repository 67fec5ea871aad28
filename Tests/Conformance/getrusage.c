/* Covers: getrusage times */
#include "conformance.h"
#include <sys/resource.h>
#include <sys/times.h>

int main(void) {
    struct rusage usage;
    struct tms ticks;
    SHOW(syscall(SYS_getrusage, RUSAGE_SELF, &usage));
    HOLDS(usage.ru_maxrss > 0);
    HOLDS(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec < 1000000);
    SHOW(syscall(SYS_getrusage, RUSAGE_CHILDREN, &usage));
    say("children %ld.%06ld", (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec);
    SHOW(syscall(SYS_getrusage, 1 /* THREAD */, &usage));
    SHOW(syscall(SYS_getrusage, 77, &usage));
    SHOW(syscall(SYS_getrusage, RUSAGE_SELF, BAD_POINTER));
    long a = syscall(SYS_times, &ticks);
    HOLDS(a != -1 && ticks.tms_cutime == 0 && ticks.tms_cstime == 0);
    SHOW(syscall(SYS_times, BAD_POINTER));
    HOLDS(syscall(SYS_times, NULL) >= a);
    /* Time spent computing shows: 0.2 s of it. */
    int64_t start = now(CLOCK_MONOTONIC);
    while (now(CLOCK_MONOTONIC) - start < 200000000) {}
    syscall(SYS_getrusage, RUSAGE_SELF, &usage);
    int64_t spent = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    HOLDS(spent > 0 && spent < 5000000);
    return 0;
}
