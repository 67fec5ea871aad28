/* Covers: timerfd_create timerfd_settime timerfd_gettime */
#include "conformance.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/timex.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static struct itimerspec in(long milliseconds, long interval) {
    return (struct itimerspec){{interval / 1000, interval % 1000 * 1000000},
                               {milliseconds / 1000, milliseconds % 1000 * 1000000}};
}
static int ready(int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    poll(&entry, 1, 0);
    return entry.revents;
}

int main(void) {
    uint64_t ticks = 77;
    SHOW(syscall(SYS_timerfd_create, 99, 0));
    SHOW(syscall(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0));
    SHOW(syscall(SYS_timerfd_create, CLOCK_MONOTONIC_RAW, 0));
    SHOW(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 1));
    int file = SHOW(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    SHOW(fcntl(file, F_GETFD));
    say("F_GETFL %o", fcntl(file, F_GETFL));
    struct itimerspec value = in(20, 0), old;
    SHOW(syscall(SYS_timerfd_settime, file, 8, &value, NULL));
    SHOW(syscall(SYS_timerfd_settime, 99, 0, &value, NULL));
    SHOW(syscall(SYS_timerfd_settime, 1, 0, &value, NULL));
    SHOW(syscall(SYS_timerfd_settime, file, 0, NULL, NULL));
    SHOW(syscall(SYS_timerfd_settime, file, 0, BAD_POINTER, NULL));
    value.it_value.tv_nsec = 1000000000;
    SHOW(syscall(SYS_timerfd_settime, file, 0, &value, NULL));
    value = in(20, 0);
    value.it_interval.tv_sec = -1;
    SHOW(syscall(SYS_timerfd_settime, file, 0, &value, NULL));
    SHOW(syscall(SYS_timerfd_gettime, 99, &value));
    SHOW(syscall(SYS_timerfd_gettime, 1, &value));
    SHOW(syscall(SYS_timerfd_gettime, file, BAD_POINTER));
    SHOW(syscall(SYS_timerfd_gettime, file, &old));
    say("disarmed %ld %ld %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);
    SHOW(read(file, &ticks, 8));
    say("events %x", ready(file));

    value = in(30, 0);
    SHOW(syscall(SYS_timerfd_settime, file, 0, &value, &old));
    SHOW(read(file, &ticks, 8));
    SHOW(syscall(SYS_timerfd_gettime, file, &old));
    HOLDS(old.it_value.tv_sec == 0 && old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 30000000);
    usleep(60000);
    say("events %x", ready(file));
    SHOW(read(file, &ticks, 4));
    SHOW(read(file, &ticks, 8));
    say("ticks %llu", (unsigned long long)ticks);
    SHOW(read(file, &ticks, 8));
    SHOW(syscall(SYS_timerfd_gettime, file, &old));
    say("expired %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec);

    /* A period: what was missed is counted. */
    value = in(10, 10);
    SHOW(syscall(SYS_timerfd_settime, file, 0, &value, NULL));
    int64_t start = now(CLOCK_MONOTONIC);
    usleep(105000);
    SHOW(read(file, &ticks, 8));
    int64_t spent = (now(CLOCK_MONOTONIC) - start) / 10000000;
    HOLDS(ticks >= 9 && (int64_t)ticks <= spent + 1);
    SHOW(syscall(SYS_timerfd_gettime, file, &old));
    say("interval %ld %ld", old.it_interval.tv_sec, old.it_interval.tv_nsec);
    HOLDS(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 10000000);
    /* Setting forgets the ticks. */
    usleep(30000);
    value = in(0, 10);
    SHOW(syscall(SYS_timerfd_settime, file, 0, &value, &old));
    say("old interval %ld %ld", old.it_interval.tv_sec, old.it_interval.tv_nsec);
    SHOW(read(file, &ticks, 8));
    SHOW(syscall(SYS_timerfd_gettime, file, &old));
    say("disarmed %ld %ld %ld %ld", old.it_value.tv_sec, old.it_value.tv_nsec, old.it_interval.tv_sec,
        old.it_interval.tv_nsec);
    SHOW(write(file, &ticks, 8));
    SHOW(lseek(file, 0, SEEK_CUR));
    struct stat status;
    fstat(file, &status);
    say("mode %o", status.st_mode);

    /* Absolute times; one that has passed expires at once. */
    clock_gettime(CLOCK_MONOTONIC, &value.it_value);
    value.it_interval = (struct timespec){0, 0};
    value.it_value.tv_sec -= value.it_value.tv_sec > 0 ? 1 : 0;
    if (value.it_value.tv_sec == 0 && value.it_value.tv_nsec == 0) value.it_value.tv_nsec = 1;
    SHOW(syscall(SYS_timerfd_settime, file, TFD_TIMER_ABSTIME, &value, NULL));
    usleep(1000);
    SHOW(read(file, &ticks, 8));
    say("ticks %llu", (unsigned long long)ticks);
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_BOOTTIME};
    for (int i = 0; i < 2; i++) {
        int timer = SHOW(syscall(SYS_timerfd_create, clocks[i], 0));
        clock_gettime(clocks[i], &value.it_value);
        value.it_value.tv_nsec += 30000000;
        if (value.it_value.tv_nsec >= 1000000000) value.it_value.tv_sec++, value.it_value.tv_nsec -= 1000000000;
        SHOW(syscall(SYS_timerfd_settime, timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &value, NULL));
        start = now(CLOCK_MONOTONIC);
        SHOW(read(timer, &ticks, 8));
        spent = now(CLOCK_MONOTONIC) - start;
        say("ticks %llu", (unsigned long long)ticks);
        HOLDS(spent < 2000000000);
        close(timer);
    }
    /* The clock is set, by a nanosecond and back: ECANCELED once, by a read or by the next setting. */
    int cancelled = SHOW(syscall(SYS_timerfd_create, CLOCK_REALTIME, TFD_NONBLOCK));
    clock_gettime(CLOCK_REALTIME, &value.it_value);
    value.it_value.tv_sec += 1000;
    for (int i = 0; i < 4; i++) {
        SHOW(syscall(SYS_timerfd_settime, cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &value, &old));
        struct timex step = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time = {i % 2 ? -1 : 0, i % 2 ? 999999999 : 1}};
        HOLDS(syscall(SYS_adjtimex, &step) >= 0);
        say("events %x", ready(cancelled));
        if (i == 0) SHOW(read(cancelled, &ticks, 8));
    }
    SHOW(syscall(SYS_timerfd_settime, cancelled, TFD_TIMER_ABSTIME, &value, NULL));
    SHOW(read(cancelled, &ticks, 8));
    SHOW(syscall(SYS_timerfd_settime, cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &value, NULL));
    SHOW(syscall(SYS_timerfd_settime, cancelled, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &value, NULL));
    SHOW(read(cancelled, &ticks, 8));
    syscall(SYS_timerfd_gettime, cancelled, &old);
    HOLDS(old.it_value.tv_sec > 900);
    close(cancelled);
    /* Waiting for it by read and by epoll, and a signal in between. */
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), set = epoll_create1(0);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 5}};
    epoll_ctl(set, EPOLL_CTL_ADD, timer, &event);
    value = in(20, 20);
    timerfd_settime(timer, 0, &value, NULL);
    for (int i = 0; i < 3; i++) {
        SHOW(epoll_wait(set, &event, 1, 1000));
        SHOW(read(timer, &ticks, 8));
    }
    value = in(0, 0);
    timerfd_settime(timer, 0, &value, NULL);
    handle(SIGALRM, count, 0);
    alarm(1);
    SHOW(read(timer, &ticks, 8));
    say("signals %d", signals);
    SHOW(epoll_wait(set, &event, 1, 0));
    char link[64], path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", timer);
    long length = readlink(path, link, sizeof link);
    say_bytes("link", link, length);
    return 0;
}
