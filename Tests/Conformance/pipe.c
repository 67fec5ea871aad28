/* Covers: pipe pipe2 */
#include "conformance.h"
#include <sys/epoll.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

int main(void) {
    int ends[2] = {-7, -7};
    char buffer[64];
    SHOW(syscall(SYS_pipe, ends));
    say("%d %d", ends[0], ends[1]);
    SHOW(write(ends[1], "hello pipe", 10));
    SHOW(read(ends[0], buffer, 5));
    SHOW(read(ends[0], buffer, 64));
    say_bytes("rest", buffer, 5);
    SHOW(write(ends[0], "x", 1));
    SHOW(read(ends[1], buffer, 1));
    SHOW(write(ends[1], BAD_POINTER, 1));
    SHOW(write(ends[1], "abc", 3));
    SHOW(read(ends[0], BAD_POINTER, 2));
    SHOW(read(ends[0], buffer, 0));
    SHOW(close(ends[1]));
    SHOW(read(ends[0], buffer, 64));
    SHOW(read(ends[0], buffer, 64));

    SHOW(syscall(SYS_pipe2, ends, O_NONBLOCK | O_CLOEXEC));
    SHOW(read(ends[0], buffer, 1));
    SHOW(fcntl(ends[0], F_GETFD));
    static char page[65536];
    long total = 0, written;
    while ((written = write(ends[1], page, 4096)) > 0) total += written;
    say("full after %ld: %s", total, errno_name(errno));
    SHOW(read(ends[0], page, 100));
    SHOW(write(ends[1], page, 4096)); /* PIPE_BUF bytes go whole or not at all: pipe(7) */
    SHOW(read(ends[0], page, 3996));
    SHOW(write(ends[1], page, 4096));
    SHOW(write(ends[1], page, 1));

    /* A larger ring has room at once, and tells so. */
    int set = epoll_create1(0);
    struct epoll_event event = {EPOLLOUT | EPOLLET, {.u64 = 7}};
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &event));
    SHOW(epoll_wait(set, &event, 1, 0));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 131072));
    SHOW(epoll_wait(set, &event, 1, 0));
    SHOW(epoll_wait(set, &event, 1, 0));
    static const int sizes[] = {262144, 262144, 131072, 4096, 65536};
    for (int i = 0; i < 5; i++) {
        SHOW(fcntl(ends[1], F_SETPIPE_SZ, sizes[i]));
        SHOW(epoll_wait(set, &event, 1, 0));
    }
    close(set);

    /* No reader: EPIPE and SIGPIPE. */
    handle(SIGPIPE, count, 0);
    SHOW(close(ends[0]));
    SHOW(write(ends[1], "x", 1));
    say("signals %d", signals);
    SHOW(write(ends[1], "x", 0));
    SHOW(syscall(SYS_pipe2, ends, 0x40000000));
    SHOW(syscall(SYS_pipe2, BAD_POINTER, 0));
    SHOW(syscall(SYS_pipe, BAD_POINTER));
    SHOW(open("/dev/null", O_RDONLY)); /* no number leaked */
    signal(SIGPIPE, SIG_DFL);
    SHOW(pipe(ends));
    close(ends[0]);
    say("last line before death by SIGPIPE");
    write(ends[1], "x", 1);
    say("not reached");
    return 0;
}
