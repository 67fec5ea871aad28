/* Covers: setitimer getitimer */
#include "conformance.h"
#include <sys/time.h>

static volatile int count, number;
static void handler(int signal, siginfo_t *information, void *context) {
    count++;
    number = signal;
}
static void burn(int wanted) {
    int64_t start = now(CLOCK_MONOTONIC);
    while (count < wanted && now(CLOCK_MONOTONIC) - start < 3000000000) {}
}

int main(void) {
    static const int signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
    struct itimerval value = {{0, 0}, {0, 20000}}, old;
    SHOW(syscall(SYS_setitimer, 3, &value, NULL));
    SHOW(syscall(SYS_setitimer, -1, &value, NULL));
    SHOW(syscall(SYS_getitimer, 3, &value));
    SHOW(syscall(SYS_getitimer, 0, BAD_POINTER));
    SHOW(syscall(SYS_setitimer, 0, BAD_POINTER, NULL));
    value.it_value.tv_usec = 1000000;
    SHOW(syscall(SYS_setitimer, 0, &value, NULL));
    value.it_value.tv_usec = -1;
    SHOW(syscall(SYS_setitimer, 0, &value, NULL));
    for (int which = 0; which < 3; which++) {
        handle(signals[which], handler, 0);
        say("timer %d", which);
        SHOW(syscall(SYS_getitimer, which, &old));
        say("%ld %ld %ld %ld", old.it_value.tv_sec, old.it_value.tv_usec, old.it_interval.tv_sec, old.it_interval.tv_usec);
        count = 0;
        value = (struct itimerval){{0, 0}, {0, 20000}};
        SHOW(syscall(SYS_setitimer, which, &value, NULL));
        SHOW(syscall(SYS_getitimer, which, &old));
        HOLDS(old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0);
        burn(1);
        say("count %d %s", count, signal_name(number));
        SHOW(syscall(SYS_getitimer, which, &old));
        say("%ld %ld", old.it_value.tv_sec, old.it_value.tv_usec);
        value = (struct itimerval){{0, 20000}, {0, 20000}};
        SHOW(syscall(SYS_setitimer, which, &value, NULL));
        count = 0;
        burn(3);
        say("count %d", count);
        SHOW(syscall(SYS_setitimer, which, NULL, &old));
        say("interval %ld %ld", old.it_interval.tv_sec, old.it_interval.tv_usec);
        count = 0;
        usleep(50000);
        say("count %d", count);
    }
    /* Processor time stands still while the process sleeps. */
    count = 0;
    value = (struct itimerval){{0, 0}, {0, 30000}};
    SHOW(syscall(SYS_setitimer, ITIMER_PROF, &value, NULL));
    usleep(100000);
    say("count %d", count);
    SHOW(syscall(SYS_getitimer, ITIMER_PROF, &old));
    HOLDS(old.it_value.tv_usec > 0);
    return 0;
}
