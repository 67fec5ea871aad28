/* Covers: signalfd signalfd4 */
#include "conformance.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static volatile int handled;
static void count(int number, siginfo_t *information, void *context) { handled++; }

static int ready(int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    poll(&entry, 1, 0);
    return entry.revents;
}
static void print(const struct signalfd_siginfo *information) {
    say("%s code %d own %d user %u int %d ptr %llx overrun %u tid %u status %d",
        signal_name(information->ssi_signo), information->ssi_code, information->ssi_pid == (uint32_t)getpid(),
        information->ssi_uid, information->ssi_int, (unsigned long long)information->ssi_ptr,
        information->ssi_overrun, information->ssi_tid, information->ssi_status);
}

int main(void) {
    sigset_t set, none;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGKILL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct signalfd_siginfo information[4];
    HOLDS(sizeof information[0] == 128);
    SHOW(syscall(SYS_signalfd4, -1, &set, 4L, 0));
    SHOW(syscall(SYS_signalfd4, -1, &set, 8L, 1));
    SHOW(syscall(SYS_signalfd4, -1, BAD_POINTER, 8L, 0));
    SHOW(syscall(SYS_signalfd4, 99, &set, 8L, 0));
    SHOW(syscall(SYS_signalfd4, 1, &set, 8L, 0));
    int file = SHOW(syscall(SYS_signalfd4, -1, &set, 8L, SFD_NONBLOCK | SFD_CLOEXEC));
    SHOW(fcntl(file, F_GETFD));
    say("F_GETFL %o", fcntl(file, F_GETFL));
    SHOW(read(file, information, 128));
    SHOW(read(file, information, 127));
    say("events %x", ready(file));
    kill(getpid(), SIGUSR1);
    union sigval value = {.sival_int = 4711};
    sigqueue(getpid(), SIGRTMIN + 1, value);
    value.sival_int = 4712;
    sigqueue(getpid(), SIGRTMIN + 1, value);
    raise(SIGUSR2);
    kill(getpid(), SIGUSR1);
    say("events %x", ready(file));
    SHOW(read(file, information, 127));
    SHOW(read(file, BAD_POINTER, 128));
    memset(information, 0x55, sizeof information);
    long length = SHOW(read(file, information, sizeof information));
    for (int i = 0; i < length / 128; i++) print(&information[i]);
    int clean = 1;
    for (unsigned i = 96; i < 128; i++) clean &= ((char *)information)[i] == 0;
    HOLDS(clean);
    SHOW(read(file, information, sizeof information));
    say("events %x", ready(file));
    sigset_t pending;
    sigpending(&pending);
    HOLDS(!sigismember(&pending, SIGUSR1));

    /* Changing what an open one takes. */
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR2);
    SHOW(syscall(SYS_signalfd4, file, &other, 8L, 0));
    kill(getpid(), SIGUSR1);
    say("events %x", ready(file));
    SHOW(read(file, information, 128));
    SHOW(syscall(SYS_signalfd, file, &set, 8L));
    SHOW(read(file, information, 128));
    print(&information[0]);

    /* A signal for which there is a handler too comes to whoever takes it first. */
    handle(SIGUSR1, count, 0);
    kill(getpid(), SIGUSR1);
    sigprocmask(SIG_SETMASK, &none, NULL);
    say("handled %d", handled);
    SHOW(read(file, information, 128));
    sigprocmask(SIG_BLOCK, &set, NULL);

    /* Through epoll, waiting, by a timer's signal. */
    int poll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN | EPOLLET, {.u64 = 3}};
    SHOW(epoll_ctl(poll, EPOLL_CTL_ADD, file, &event));
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    SHOW(syscall(SYS_signalfd4, file, &set, 8L, 0));
    SHOW(epoll_wait(poll, &event, 1, 0));
    alarm(1);
    SHOW(epoll_wait(poll, &event, 1, 5000));
    SHOW(epoll_wait(poll, &event, 1, 0));
    SHOW(read(file, information, 128));
    say("%s code %d", signal_name(information[0].ssi_signo), information[0].ssi_code);
    /* A timer's signal that was ignored comes when it is ignored no more. */
    sigset_t ignored;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGWINCH);
    int unignored = SHOW(syscall(SYS_signalfd4, -1, &ignored, 8L, SFD_NONBLOCK));
    SHOW(epoll_ctl(poll, EPOLL_CTL_ADD, unignored, &event));
    struct sigevent notice = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGWINCH};
    struct itimerspec period = {{10, 0}, {0, 1000000}};
    int timer = -1;
    SHOW(syscall(SYS_timer_create, CLOCK_MONOTONIC, &notice, &timer));
    signal(SIGWINCH, SIG_IGN);
    SHOW(syscall(SYS_timer_settime, timer, 0, &period, NULL));
    usleep(20000);
    sigprocmask(SIG_BLOCK, &ignored, NULL);
    SHOW(epoll_wait(poll, &event, 1, 0));
    handle(SIGWINCH, count, 0);
    SHOW(epoll_wait(poll, &event, 1, 1000));
    SHOW(read(unignored, information, sizeof information));
    say("%s code %d", signal_name(information[0].ssi_signo), information[0].ssi_code);
    SHOW(syscall(SYS_timer_delete, timer));
    int waiting = SHOW(syscall(SYS_signalfd, -1, &set, 8L));
    say("F_GETFL %o", fcntl(waiting, F_GETFL));
    alarm(1);
    SHOW(read(waiting, information, sizeof information));
    say("%s code %d", signal_name(information[0].ssi_signo), information[0].ssi_code);
    sigdelset(&set, SIGALRM);
    sigprocmask(SIG_SETMASK, &set, NULL);
    handle(SIGALRM, count, 0);
    alarm(1);
    SHOW(read(waiting, information, sizeof information));
    say("handled %d", handled);
    SHOW(write(file, information, 128));
    SHOW(lseek(file, 0, SEEK_CUR));
    char link[64], path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    length = readlink(path, link, sizeof link);
    say_bytes("link", link, length);
    return 0;
}
