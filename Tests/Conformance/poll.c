/* Covers: poll ppoll */
#include "conformance.h"
#include <poll.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

int main(void) {
    enter_scratch();
    int ends[2];
    char byte;
    pipe(ends);
    struct pollfd two[2] = {{ends[0], POLLIN, -1}, {ends[1], POLLOUT, -1}};
    SHOW(syscall(SYS_poll, two, 2, 0));
    say("%x %x", two[0].revents, two[1].revents);
    write(ends[1], "x", 1);
    SHOW(syscall(SYS_poll, two, 2, -1));
    say("%x %x", two[0].revents, two[1].revents);
    read(ends[0], &byte, 1);
    struct pollfd mixed[3] = {{-1, POLLIN, 5}, {99, POLLIN, 0}, {ends[0], 0, 5}};
    SHOW(syscall(SYS_poll, mixed, 3, 0));
    say("%x %x %x", mixed[0].revents, mixed[1].revents, mixed[2].revents);
    int64_t start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_poll, two, 1, 50));
    int64_t spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 50000000 && spent < 1000000000);
    SHOW(syscall(SYS_poll, NULL, 0, 10));
    SHOW(syscall(SYS_poll, BAD_POINTER, 1, 0));
    SHOW(syscall(SYS_poll, two, 1 << 30, 0));
    close(ends[1]);
    SHOW(syscall(SYS_poll, two, 1, -1));
    say("writer gone: %x", two[0].revents);
    pipe(ends);
    close(ends[0]);
    struct pollfd writer = {ends[1], POLLOUT, 0};
    SHOW(syscall(SYS_poll, &writer, 1, -1));
    say("reader gone: %x", writer.revents);
    make_file("file", "", 0);
    struct pollfd file = {open("file", O_RDWR), POLLIN | POLLOUT | POLLPRI, 0};
    SHOW(syscall(SYS_poll, &file, 1, 0));
    say("file: %x", file.revents);
    struct pollfd folder = {open(".", O_RDONLY), POLLIN | POLLOUT, 0};
    SHOW(syscall(SYS_poll, &folder, 1, 0));
    say("folder: %x", folder.revents);
    struct pollfd null = {open("/dev/null", O_RDWR), POLLIN | POLLOUT, 0};
    SHOW(syscall(SYS_poll, &null, 1, 0));
    say("/dev/null: %x", null.revents);

    /* A signal ends the wait; SA_RESTART does not restart it (signal(7)). */
    handle(SIGALRM, count, SA_RESTART);
    struct pollfd quiet = {-1, 0, 0};
    alarm(1);
    SHOW(syscall(SYS_poll, &quiet, 1, 5000));
    say("signals %d", signals);

    struct timespec timeout = {0, 20000000};
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    SHOW(syscall(SYS_ppoll, &quiet, 1, &timeout, NULL, 8L));
    timeout = (struct timespec){0, 1000000000};
    SHOW(syscall(SYS_ppoll, &quiet, 1, &timeout, NULL, 8L));
    timeout = (struct timespec){-1, 0};
    SHOW(syscall(SYS_ppoll, &quiet, 1, &timeout, NULL, 8L));
    timeout = (struct timespec){0, 0};
    SHOW(syscall(SYS_ppoll, &quiet, 1, &timeout, &none, 4L));
    /* A blocked, pending signal is delivered under ppoll's mask. */
    sigprocmask(SIG_BLOCK, &all, NULL);
    raise(SIGALRM);
    say("signals %d", signals);
    timeout = (struct timespec){5, 0};
    SHOW(syscall(SYS_ppoll, &quiet, 1, &timeout, &none, 8L));
    say("signals %d", signals);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    HOLDS(sigismember(&mask, SIGALRM));
    return 0;
}
