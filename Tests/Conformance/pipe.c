/* Covers: pipe pipe2 */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static void readiness(const char *label, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    int result = poll(&entry, 1, 0);
    say("%s: poll %d %x", label, result, entry.revents);
}

/* A slot for each write that does not fit behind the last: few bytes may fill a pipe. */
static void slots(void) {
    static const int sizes[] = {1, 100, 1000, 2048, 2049, 3000, 4095, 4096, 4097, 5000, 8191, 10000, 65535, 65536, 70000};
    static char bytes[70000];
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        int ends[2], count = -1, steps = 0;
        pipe2(ends, O_NONBLOCK);
        long total = 0, last = 0, done;
        while ((done = write(ends[1], bytes, sizes[i])) > 0) total += last = done;
        ioctl(ends[0], FIONREAD, &count);
        say("writes of %d: %ld, the last %ld, then %s; FIONREAD %d", sizes[i], total, last, errno_name(errno), count);
        struct pollfd entry = {ends[1], POLLOUT, 0};
        while (poll(&entry, 1, 0) == 0) read(ends[0], bytes, 1), steps++;
        say("writable after %d bytes", steps);
        close(ends[0]), close(ends[1]);
    }
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    struct iovec parts[3] = {{bytes, 100}, {bytes, 200}, {bytes, 3000}};
    int whole = 0;
    while (writev(ends[1], parts, 3) == 3300) whole++;
    say("%d vectors, then %s", whole, errno_name(errno));
    close(ends[0]), close(ends[1]);
}

static void change_sizes(void) {
    static const long wanted[] = {0, 1, 4095, 4097, 5000, 65537, 1048576, 1048577, 0x7fffffff, 0x80000000, 0x80000001, -1};
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    SHOW(fcntl(ends[0], F_GETPIPE_SZ));
    for (int i = 0; i < 7; i++) {
        char label[32];
        snprintf(label, sizeof label, "size %ld", wanted[i]);
        show(label, fcntl(ends[0], F_SETPIPE_SZ, wanted[i]));
        SHOW(fcntl(ends[1], F_GETPIPE_SZ));
    }
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 0x80000001));
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, -1));
    fcntl(ends[0], F_SETPIPE_SZ, 65536);
    static char page[4096];
    for (int i = 0; i < 5; i++) write(ends[1], page, 4096);
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 16384));
    read(ends[0], page, 4095);
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 16384));
    read(ends[0], page, 1);
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 16384));
    SHOW(write(ends[1], "x", 1));
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 32768));
    SHOW(write(ends[1], "x", 1));
    seteuid(1000);
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1048577));
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 1048576));
    SHOW(fcntl(ends[0], F_SETPIPE_SZ, 2097152));
    seteuid(0);
    close(ends[0]), close(ends[1]);
    int file = open("/dev/null", O_RDWR);
    SHOW(fcntl(file, F_GETPIPE_SZ));
    SHOW(fcntl(file, F_SETPIPE_SZ, 4096));
    close(file);
}

static void packets(void) {
    int ends[2];
    static char bytes[10000];
    SHOW(pipe2(ends, O_DIRECT | O_NONBLOCK));
    say("F_GETFL %lo %lo", open_flags(fcntl(ends[0], F_GETFL)), open_flags(fcntl(ends[1], F_GETFL)));
    SHOW(write(ends[1], "one", 3));
    SHOW(write(ends[1], "two two", 7));
    SHOW(write(ends[1], "", 0));
    SHOW(write(ends[1], bytes, 10000));
    SHOW(read(ends[0], bytes, 100));
    SHOW(read(ends[0], bytes, 3));
    for (int i = 0; i < 4; i++) SHOW(read(ends[0], bytes, 10000));
    struct iovec parts[2] = {{bytes, 10}, {bytes + 10, 20}};
    SHOW(writev(ends[1], parts, 2));
    SHOW(writev(ends[1], parts, 2));
    struct iovec rooms[2] = {{bytes, 5}, {bytes + 10, 7}};
    SHOW(readv(ends[0], rooms, 2));
    SHOW(readv(ends[0], parts, 2));
    SHOW(read(ends[0], bytes, 100));
    int count = 0;
    while (write(ends[1], "x", 1) == 1) count++;
    say("%d packets", count);
    while (read(ends[0], bytes, 100) > 0);
    SHOW(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    write(ends[1], "a", 1), write(ends[1], "b", 1);
    SHOW(read(ends[0], bytes, 100));
    SHOW(fcntl(ends[1], F_SETFL, O_NONBLOCK | O_DIRECT));
    write(ends[1], "a", 1), write(ends[1], "b", 1);
    SHOW(read(ends[0], bytes, 100));
    close(ends[0]), close(ends[1]);
}

/* Several writers: what is not longer than PIPE_BUF stays whole. */
static int shared[2];
static void *write_many(void *argument) {
    char bytes[PIPE_BUF];
    int number = (long)argument, length = number == 0 ? PIPE_BUF : number * 700 + 11;
    memset(bytes, 'a' + number, sizeof bytes);
    bytes[0] = '0' + number;
    for (int i = 0; i < 200; i++)
        if (write(shared[1], bytes, length) != length) return "short";
    return NULL;
}
static void writers(void) {
    pthread_t threads[4];
    void *result;
    pipe(shared);
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, write_many, (void *)i);
    long total = 0, torn = 0, messages = 0, left = 0;
    for (int i = 0; i < 4; i++) total += 200 * (i == 0 ? PIPE_BUF : i * 700 + 11);
    static char bytes[3333];
    char writer = 0;
    while (total > 0) {
        long count = read(shared[0], bytes, sizeof bytes);
        for (long i = 0; i < count; i++) {
            if (!left) {
                int number = bytes[i] - '0';
                if (number < 0 || number > 3) { torn++; continue; }
                writer = 'a' + number, left = (number == 0 ? PIPE_BUF : number * 700 + 11) - 1, messages++;
            } else {
                if (bytes[i] != writer) torn++;
                left--;
            }
        }
        total -= count;
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], &result);
    say("%ld messages, %ld torn", messages, torn);
    close(shared[0]), close(shared[1]);
}

static void hang_ups(void) {
    int ends[2];
    char byte;
    pipe2(ends, O_NONBLOCK);
    readiness("reader", ends[0]);
    readiness("writer", ends[1]);
    write(ends[1], "x", 1);
    readiness("data", ends[0]);
    close(ends[1]);
    readiness("data without writer", ends[0]);
    read(ends[0], &byte, 1);
    readiness("without writer", ends[0]);
    close(ends[0]);
    pipe2(ends, O_NONBLOCK);
    close(ends[0]);
    readiness("without reader", ends[1]);
    close(ends[1]);
}

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
    close(ends[1]);
    slots();
    change_sizes();
    packets();
    writers();
    hang_ups();
    signals = 0;
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
