/* Covers: setrlimit prlimit64 getrusage clock_nanosleep */
#include "conformance.h"
#include <sys/resource.h>

static volatile int count;
static void handler(int signal, siginfo_t *information, void *context) { count++; }

int main(void) {
    struct rlimit limit = {1, 3};
    struct rusage usage;
    handle(SIGXCPU, handler, 0);
    handle(SIGALRM, handler, 0);
    /* Processor time is not real time: nobody gets a signal for sleeping. */
    SHOW(setrlimit(RLIMIT_CPU, &limit));
    usleep(1200000);
    say("count %d", count);
    while (count < 1) {}
    getrusage(RUSAGE_SELF, &usage);
    int64_t used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    /* Linux limits by ticks and tells by run time, which differ where a host is busy. */
    HOLDS(used >= 200000);
    HOLDS(usage.ru_minflt > 0 && usage.ru_maxrss > 0 && usage.ru_nvcsw > 0);
    getrlimit(RLIMIT_CPU, &limit);
    say("limit %ld %ld", (long)limit.rlim_cur, (long)limit.rlim_max);
    /* A sleep by the process's time lasts until a signal. */
    struct timespec time = {0, 200000000};
    alarm(1);
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL));
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL));
    time.tv_nsec = -1;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL));
    time.tv_nsec = 1;
    SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &time, NULL));
    count = 0;
    while (count < 1) {}
    say("the second one; the third is the end");
    for (;;) {}
}
