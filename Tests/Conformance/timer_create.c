/* Covers: timer_create timer_settime timer_gettime timer_getoverrun timer_delete */
#include "conformance.h"

static volatile int count, code, integer, overrun, number;
static void handler(int signal, siginfo_t *information, void *context) {
    count++;
    number = signal;
    code = information->si_code;
    integer = information->si_value.sival_int;
    overrun = information->si_overrun;
}
static struct itimerspec in(long milliseconds, long interval) {
    return (struct itimerspec){{interval / 1000, interval % 1000 * 1000000},
                               {milliseconds / 1000, milliseconds % 1000 * 1000000}};
}
static void sleep_on(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) && errno == EINTR) {}
}

/* The kernel's struct sigevent, without what the C library makes of it. */
struct event {
    uint64_t value;
    int signal, manner, thread, rest[11];
};

int main(void) {
    int id = -1, other = -1;
    struct event event = {.value = 4711, .signal = SIGUSR1, .manner = SIGEV_SIGNAL};
    struct itimerspec value, old;
    SHOW(syscall(SYS_timer_create, 99, &event, &id));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, &event, &id));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC_COARSE, NULL, &id));
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, BAD_POINTER, &id));
    event.signal = 0;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.signal = 65;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.manner = 77;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.manner = SIGEV_THREAD_ID, event.signal = SIGUSR1, event.thread = 1 << 22;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    event.manner = SIGEV_SIGNAL;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, BAD_POINTER));
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    SHOW(syscall(SYS_timer_settime, 9999, 0, &value, NULL));
    SHOW(syscall(SYS_timer_settime, id, 0, NULL, NULL));
    SHOW(syscall(SYS_timer_settime, id, 0, BAD_POINTER, NULL));
    value = in(10, 0);
    value.it_value.tv_nsec = -1;
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    value = in(10, 0);
    value.it_interval.tv_nsec = 1000000000;
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    SHOW(syscall(SYS_timer_gettime, 9999, &value));
    SHOW(syscall(SYS_timer_gettime, id, BAD_POINTER));
    SHOW(syscall(SYS_timer_getoverrun, 9999));
    SHOW(syscall(SYS_timer_getoverrun, id));
    SHOW(syscall(SYS_timer_delete, 9999));
    SHOW(syscall(SYS_timer_gettime, id, &old));
    say("disarmed %ld %ld %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);

    /* Once. */
    handle(SIGUSR1, handler, 0);
    value = in(30, 0);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    SHOW(syscall(SYS_timer_gettime, id, &old));
    HOLDS(old.it_value.tv_sec == 0 && old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 30000000);
    sleep_on(80);
    say("count %d %s code %d value %d overrun %d", count, signal_name(number), code, integer, overrun);
    SHOW(syscall(SYS_timer_gettime, id, &old));
    say("expired %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec);
    SHOW(syscall(SYS_timer_getoverrun, id));

    /* With a period; what passes while the signal is blocked is the overrun. */
    sigset_t blocked, pending, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    count = 0;
    value = in(10, 10);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, &old));
    int64_t start = now(CLOCK_MONOTONIC);
    sleep_on(105);
    sigpending(&pending);
    HOLDS(sigismember(&pending, SIGUSR1));
    SHOW(syscall(SYS_timer_gettime, id, &old));
    HOLDS(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000);
    say("interval %ld %ld", old.it_interval.tv_sec, old.it_interval.tv_nsec);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int64_t spent = (now(CLOCK_MONOTONIC) - start) / 10000000;
    HOLDS(count >= 1 && overrun >= 0);
    int first = overrun;
    HOLDS(first >= 0 && first <= spent);
    sleep_on(35);
    HOLDS(count >= 3);
    value = in(0, 0);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, &old));
    say("old interval %ld %ld", old.it_interval.tv_sec, old.it_interval.tv_nsec);
    count = 0;
    sleep_on(30);
    say("count %d", count);

    /* An absolute time that has passed. */
    value = (struct itimerspec){{0, 0}, {0, 1}};
    SHOW(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &value, NULL));
    sleep_on(5);
    say("count %d", count);
    /* One that is far in the past, with a period of a nanosecond: at most INT_MAX are missed. */
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &other));
    value = (struct itimerspec){{0, 1}, {0, 1}};
    count = 0;
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    SHOW(syscall(SYS_timer_settime, other, TIMER_ABSTIME, &value, NULL));
    sleep_on(5);
    siginfo_t information;
    SHOW(sigwaitinfo(&blocked, &information) == SIGUSR1);
    HOLDS(information.si_overrun == INT_MAX);
    HOLDS(syscall(SYS_timer_getoverrun, other) == INT_MAX);
    SHOW(syscall(SYS_timer_delete, other));
    while (sigtimedwait(&blocked, &information, &(struct timespec){0, 1000000}) > 0) {}
    sigprocmask(SIG_SETMASK, &none, NULL);

    /* The timer's signal beside the same one from kill. */
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    count = 0;
    kill(getpid(), SIGUSR1);
    value = in(5, 0);
    syscall(SYS_timer_settime, id, 0, &value, NULL);
    sleep_on(20);
    sigprocmask(SIG_SETMASK, &none, NULL);
    say("count %d", count);
    /* Deleting a timer ends it; its number is not used again at once. */
    value = in(20, 20);
    syscall(SYS_timer_settime, id, 0, &value, NULL);
    SHOW(syscall(SYS_timer_delete, id));
    SHOW(syscall(SYS_timer_delete, id));
    count = 0;
    sleep_on(40);
    say("count %d", count);
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_REALTIME, NULL, &other));
    HOLDS(other != id);
    handle(SIGALRM, handler, 0);
    clock_gettime(CLOCK_REALTIME, &value.it_value);
    value.it_interval = (struct timespec){0, 0};
    value.it_value.tv_nsec += 20000000;
    if (value.it_value.tv_nsec >= 1000000000) value.it_value.tv_sec++, value.it_value.tv_nsec -= 1000000000;
    SHOW(syscall(SYS_timer_settime, other, TIMER_ABSTIME, &value, NULL));
    sleep_on(60);
    say("count %d %s code %d", count, signal_name(number), code);
    HOLDS(integer == other);
    /* No signal. */
    event = (struct event){.manner = SIGEV_NONE, .signal = 99};
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_BOOTTIME, &event, &id));
    value = in(20, 0);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    SHOW(syscall(SYS_timer_gettime, id, &old));
    HOLDS(old.it_value.tv_nsec > 0);
    sleep_on(40);
    SHOW(syscall(SYS_timer_gettime, id, &old));
    say("expired %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec);
    value = in(20, 20);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    sleep_on(70);
    SHOW(syscall(SYS_timer_gettime, id, &old));
    HOLDS(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 20000000);
    /* To this thread; by the processor's time. */
    event = (struct event){.value = 12, .signal = SIGRTMIN + 2, .manner = SIGEV_THREAD_ID, .thread = syscall(SYS_gettid)};
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &id));
    handle(SIGRTMIN + 2, handler, 0);
    count = 0;
    value = in(20, 0);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    sleep_on(60);
    say("count %d after sleeping", count);
    start = now(CLOCK_PROCESS_CPUTIME_ID);
    while (count == 0 && now(CLOCK_PROCESS_CPUTIME_ID) - start < 2000000000) {}
    say("count %d signal %d code %d value %d", count, number - SIGRTMIN, code, integer);

    /* Ignored signals go nowhere, and come when they are ignored no more. */
    signal(SIGUSR2, SIG_IGN);
    event = (struct event){.signal = SIGUSR2, .manner = SIGEV_SIGNAL};
    SUCCEEDS(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));
    value = in(10, 10);
    SHOW(syscall(SYS_timer_settime, id, 0, &value, NULL));
    sleep_on(40);
    count = 0;
    handle(SIGUSR2, handler, 0);
    sleep_on(40);
    HOLDS(count >= 1);
    SHOW(syscall(SYS_timer_delete, id));
    return 0;
}
