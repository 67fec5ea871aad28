/* Covers: alarm pause getitimer setitimer */
#include "conformance.h"
#include <sys/time.h>

static volatile int signals, last, code;
static void count(int number, siginfo_t *information, void *context) {
    signals++;
    last = number;
    code = information->si_code;
}

int main(void) {
    handle(SIGALRM, count, 0);
    SHOW(syscall(SYS_alarm, 10));
    SHOW(syscall(SYS_alarm, 1));
    int64_t start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_pause));
    int64_t spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent > 900000000 && spent < 2000000000);
    say("signals %d, %s, SI_KERNEL %d", signals, signal_name(last), code == 0x80);
    SHOW(syscall(SYS_alarm, 5));
    SHOW(syscall(SYS_alarm, 0));
    SHOW(syscall(SYS_alarm, 0));

    struct itimerval timer = {{0, 20000}, {0, 50000}}, old;
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, &timer, &old));
    say("old %ld.%ld", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);
    SHOW(syscall(SYS_getitimer, ITIMER_REAL, &old));
    HOLDS(old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 50000);
    say("interval %ld.%06ld", (long)old.it_interval.tv_sec, (long)old.it_interval.tv_usec);
    signals = 0;
    start = now(CLOCK_MONOTONIC);
    while (signals < 4) pause();
    spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent > 100000000 && spent < 1000000000);
    timer = (struct itimerval){{0, 0}, {0, 0}};
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, &timer, NULL));
    SHOW(syscall(SYS_getitimer, ITIMER_REAL, &old));
    say("stopped %ld.%ld", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);

    /* A timer also interrupts computation that makes no call. */
    signals = 0;
    timer = (struct itimerval){{0, 0}, {0, 100000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    while (!signals) __asm__ volatile("" ::: "memory");
    say("computation interrupted: %d", signals);
    SHOW(syscall(SYS_getitimer, 7, &old));
    SHOW(syscall(SYS_setitimer, 7, &timer, NULL));
    timer.it_value.tv_usec = 1000000;
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, &timer, NULL));
    SHOW(syscall(SYS_setitimer, ITIMER_REAL, BAD_POINTER, NULL));
    SHOW(syscall(SYS_getitimer, ITIMER_REAL, BAD_POINTER));
    /* alarm(2) and ITIMER_REAL are one timer. */
    timer = (struct itimerval){{0, 0}, {100, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
    SHOW(syscall(SYS_alarm, 0));
    signal(SIGALRM, SIG_DFL);
    say("last line before death by SIGALRM");
    alarm(1);
    for (;;) pause();
}
