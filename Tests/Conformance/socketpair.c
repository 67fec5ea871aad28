/* Covers: socketpair sendto recvfrom shutdown */
/* Connected Unix sockets of each type: unix(7), send(2), recv(2). */
#include "conformance.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/un.h>

#ifndef SIOCOUTQ
#define SIOCOUTQ 0x5411
#endif

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static const char *type_name(int type) {
    return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "datagram" : "packet";
}
static void readiness(const char *label, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND, 0};
    int result = poll(&entry, 1, 0);
    say("%s: poll %d %x", label, result, entry.revents);
}
static void counts(const char *label, int file) {
    int in = -7, out = -7;
    long a = ioctl(file, FIONREAD, &in), b = ioctl(file, SIOCOUTQ, &out);
    say("%s: FIONREAD %ld %d SIOCOUTQ %ld %d", label, a, in, b, out);
}

static void errors(void) {
    int pair[2] = {-7, -7};
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | 0x100, 0, pair));
    SHOW(socketpair(AF_UNIX, 6, 0, pair));
    SHOW(socketpair(AF_UNIX, 99, 0, pair));
    SHOW(socketpair(AF_UNIX, 15, 0, pair));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 2, pair));
    SHOW(socketpair(99, SOCK_STREAM, 0, pair));
    SHOW(socketpair(-1, SOCK_STREAM, 0, pair));
    SHOW(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD_POINTER));
    SHOW(socket(AF_UNIX, SOCK_STREAM, 7));
    SHOW(socket(99, SOCK_STREAM, 0));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, AF_UNIX, pair));
    say("%d %d", pair[0], pair[1]);
    close(pair[0]), close(pair[1]);
    SHOW(socketpair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
    SHOW(fcntl(pair[0], F_GETFD));
    say("F_GETFL %lo", open_flags(fcntl(pair[1], F_GETFL)));
    int type;
    socklen_t length = 4;
    getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &type, &length);
    say("SOCK_RAW is type %d", type);
    close(pair[0]), close(pair[1]);
    char byte;
    int file = open("/dev/null", O_RDWR);
    SHOW(recv(file, &byte, 1, 0));
    SHOW(send(file, &byte, 1, 0));
    SHOW(shutdown(file, 0));
    SHOW(recv(99, &byte, 1, 0));
    close(file);
}

static void properties(int type) {
    int pair[2];
    socketpair(AF_UNIX, type, 0, pair);
    struct stat status;
    SHOW(fstat(pair[0], &status));
    say("mode %o links %d size %d block %d", status.st_mode, (int)status.st_nlink, (int)status.st_size,
        (int)status.st_blksize);
    struct statfs system;
    SHOW(fstatfs(pair[0], &system));
    say("file system %lx", (long)system.f_type);
    char name[64], link[64], expected[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", pair[0]);
    long length = readlink(name, link, sizeof link - 1);
    link[length > 0 ? length : 0] = 0;
    snprintf(expected, sizeof expected, "socket:[%lu]", (unsigned long)status.st_ino);
    HOLDS(!strcmp(link, expected));
    SHOW(open(name, O_RDONLY));
    SHOW(lseek(pair[0], 0, SEEK_SET));
    SHOW(pread(pair[0], link, 1, 0));
    SHOW(pwrite(pair[0], link, 1, 0));
    SHOW(ftruncate(pair[0], 0));
    SHOW(fsync(pair[0]));
    SHOW((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, pair[0], 0));
    SHOW(ioctl(pair[0], 0x5401, link));
    SHOW(fchmod(pair[0], 0600));
    SHOW(fcntl(pair[0], F_SETFL, O_NONBLOCK | O_APPEND));
    say("F_GETFL %lo", open_flags(fcntl(pair[0], F_GETFL)));
    close(pair[0]), close(pair[1]);
}

static void transfer(int type) {
    int pair[2];
    char buffer[64];
    say("-- %s", type_name(type));
    SHOW(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
    readiness("new", pair[0]);
    SHOW(read(pair[0], buffer, 4));
    SHOW(write(pair[0], "hello", 5));
    SHOW(send(pair[0], " world", 6, 0));
    readiness("with data", pair[1]);
    counts("sender", pair[0]);
    counts("receiver", pair[1]);
    SHOW(recv(pair[1], buffer, 3, MSG_PEEK));
    SHOW(recv(pair[1], buffer, 64, MSG_PEEK));
    SHOW(recv(pair[1], buffer, 3, MSG_PEEK | MSG_TRUNC));
    long got = SHOW(recv(pair[1], buffer, 3, 0));
    say_bytes("got", buffer, got);
    got = SHOW(recv(pair[1], buffer, 64, 0));
    say_bytes("got", buffer, got);
    got = SHOW(recv(pair[1], buffer, 64, MSG_DONTWAIT));
    counts("sender", pair[0]);
    struct iovec parts[3] = {{"one ", 4}, {"", 0}, {"two", 3}};
    SHOW(writev(pair[1], parts, 3));
    SHOW(writev(pair[1], parts, 1));
    struct iovec rooms[3] = {{buffer, 2}, {buffer + 10, 1}, {buffer + 20, 30}};
    got = SHOW(readv(pair[0], rooms, 3));
    say("%.2s|%.1s|%.4s", buffer, buffer + 10, buffer + 20);
    SHOW(read(pair[0], buffer, 0));
    SHOW(recv(pair[0], buffer, 64, MSG_WAITALL));
    /* An empty message. */
    SHOW(send(pair[0], "", 0, 0));
    SHOW(write(pair[0], "", 0));
    SHOW(writev(pair[0], parts + 1, 1));
    SHOW(send(pair[0], "x", 1, 0));
    readiness("empty message", pair[1]);
    counts("empty message", pair[1]);
    for (int i = 0; i < 4; i++) SHOW(recv(pair[1], buffer, 64, MSG_PEEK * (i == 0)));
    /* Faults. */
    SHOW(send(pair[0], BAD_POINTER, 4, 0));
    /* A page with none behind it, far from the end of all addresses. */
    char *page = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    munmap(page + 4096, 4096);
    SHOW(send(pair[0], page + 4000, -1, 0));
    munmap(page, 4096);
    SHOW(send(pair[0], "abcd", 4, 0));
    SHOW(recv(pair[1], BAD_POINTER, 2, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(send(pair[0], "x", 1, MSG_OOB * (type != SOCK_STREAM)));
    SHOW(recv(pair[1], buffer, 1, MSG_OOB * (type != SOCK_STREAM)));
    SHOW(recv(pair[1], buffer, 1, 0));
    /* A file through the socket. */
    make_file("file", "contents of a file", 18);
    int file = open("file", O_RDONLY);
    SHOW(sendfile(pair[0], file, NULL, 18));
    got = SHOW(read(pair[1], buffer, 64));
    say_bytes("sendfile", buffer, got);
    close(file);
    int copy = dup(pair[0]);
    close(pair[0]);
    SHOW(write(copy, "by a copy", 9));
    SHOW(read(pair[1], buffer, 64));
    close(copy), close(pair[1]);
}

static void ends(int type) {
    int pair[2];
    char buffer[64];
    say("-- ends of %s", type_name(type));
    signals = 0;
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    SHOW(shutdown(pair[0], 3));
    SHOW(shutdown(pair[0], -1));
    send(pair[0], "left", 4, 0);
    SHOW(shutdown(pair[0], SHUT_WR));
    readiness("shut for writing", pair[0]);
    readiness("the other", pair[1]);
    SHOW(send(pair[0], "x", 1, 0));
    say("signals %d", signals);
    SHOW(send(pair[0], "x", 1, MSG_NOSIGNAL));
    SHOW(send(pair[0], "", 0, MSG_NOSIGNAL));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(send(pair[1], "back", 4, 0));
    SHOW(recv(pair[0], buffer, 64, 0));
    SHOW(shutdown(pair[0], SHUT_RD));
    readiness("shut for both", pair[0]);
    readiness("the other", pair[1]);
    SHOW(send(pair[1], "x", 1, 0));
    SHOW(write(pair[1], "x", 1));
    say("signals %d", signals);
    SHOW(recv(pair[0], buffer, 64, 0));
    close(pair[0]), close(pair[1]);

    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    send(pair[0], "left", 4, 0);
    close(pair[0]);
    readiness("peer closed", pair[1]);
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(send(pair[1], "x", 1, MSG_NOSIGNAL));
    SHOW(send(pair[1], "x", 1, MSG_NOSIGNAL));
    readiness("after", pair[1]);
    close(pair[1]);

    /* What was not read is an error for its sender. */
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    send(pair[1], "never read", 10, 0);
    send(pair[0], "more", 4, 0);
    close(pair[0]);
    readiness("reset", pair[1]);
    counts("reset", pair[1]);
    SHOW(recv(pair[1], buffer, 2, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(recv(pair[1], buffer, 64, 0));
    SHOW(send(pair[1], "x", 1, MSG_NOSIGNAL));
    int error = -1;
    socklen_t length = 4;
    getsockopt(pair[1], SOL_SOCKET, SO_ERROR, &error, &length);
    say("SO_ERROR %s", errno_name(error));
    close(pair[1]);
    say("signals %d", signals);
}

/* As many messages as Linux's buffers hold, of each size. */
static void capacity(int type) {
    static char bytes[300000];
    static const int sizes[] = {1, 128, 129, 704, 705, 1729, 3777, 4096, 8000, 16064, 16065, 32768, 36545, 65536, 131072};
    int pair[2];
    say("-- capacity of %s", type_name(type));
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
        long sent, total = 0, number = 0;
        int first = 0, out = 0;
        while ((sent = send(pair[0], bytes, sizes[i], 0)) > 0) {
            if (!number) ioctl(pair[0], SIOCOUTQ, &first);
            total += sent, number++;
        }
        int error = errno;
        ioctl(pair[0], SIOCOUTQ, &out);
        say("size %d: %ld messages, %ld bytes, one takes %d, all %d, then %s", sizes[i], number, total, first, out,
            errno_name(error));
        long received, back = 0;
        readiness("full", pair[0]);
        int steps = 0;
        while (out * 4 > 212992 && (received = recv(pair[1], bytes, sizes[i], 0)) > 0) {
            back += received, steps++;
            ioctl(pair[0], SIOCOUTQ, &out);
        }
        readiness("a quarter", pair[0]);
        while ((received = recv(pair[1], bytes, sizeof bytes, 0)) > 0) back += received;
        HOLDS(back == total);
        ioctl(pair[0], SIOCOUTQ, &out);
        say("left %d", out);
        close(pair[0]), close(pair[1]);
    }
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    int size = 1;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, 4);
    SHOW(send(pair[0], bytes, 4608 - 32, 0));
    SHOW(recv(pair[1], bytes, sizeof bytes, 0));
    SHOW(send(pair[0], bytes, 4608 - 31, 0));
    close(pair[0]), close(pair[1]);
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    SHOW(send(pair[0], bytes, 212992 - 32, 0));
    SHOW(recv(pair[1], bytes, sizeof bytes, 0));
    SHOW(send(pair[0], bytes, 212992 - 31, 0));
    close(pair[0]), close(pair[1]);
}

/* Bytes come out as they went in, whatever the sizes. */
static void contents(int type) {
    static unsigned char out[100000], in[100000];
    int pair[2];
    unsigned seed = 12345, sent = 0, received = 0, wrong = 0;
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    for (int i = 0; i < 2000; i++) {
        seed = seed * 1103515245 + 12345;
        int length = (seed >> 8) % (i % 10 == 0 ? 50000 : 3000) + 1;
        if (seed & 0x40000000 || type != SOCK_STREAM) {
            for (int k = 0; k < length; k++) out[k] = (sent + k) * 7 + ((sent + k) >> 8);
            long done = send(pair[0], out, length, 0);
            if (done > 0) sent += done;
        }
        if (!(seed & 0x40000000) || type != SOCK_STREAM) {
            long done = recv(pair[1], in, type == SOCK_STREAM ? length : (int)sizeof in, 0);
            for (long k = 0; k < done; k++)
                if (in[k] != (unsigned char)((received + k) * 7 + ((received + k) >> 8))) wrong++;
            if (done > 0) received += done;
        }
    }
    long done;
    while ((done = recv(pair[1], in, sizeof in, 0)) > 0) {
        for (long k = 0; k < done; k++)
            if (in[k] != (unsigned char)((received + k) * 7 + ((received + k) >> 8))) wrong++;
        received += done;
    }
    say("contents of %s: all there %d, %u wrong", type_name(type), sent == received, wrong);
    close(pair[0]), close(pair[1]);
}

static void edges(int type) {
    int pair[2], set = epoll_create1(0);
    char buffer[64];
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = 1}};
    say("-- edges of %s", type_name(type));
    epoll_ctl(set, EPOLL_CTL_ADD, pair[1], &event);
#define NEXT(when) { int n = epoll_wait(set, &event, 1, 0); say("%s: %d %x", when, n, n > 0 ? event.events : 0); }
    NEXT("new");
    NEXT("again");
    send(pair[0], "abc", 3, 0);
    NEXT("data");
    NEXT("same data");
    send(pair[0], "d", 1, 0);
    NEXT("more data");
    recv(pair[1], buffer, 1, 0);
    NEXT("read some");
    send(pair[1], "x", 1, 0);
    NEXT("sent");
    recv(pair[0], buffer, 64, 0);
    NEXT("the other read");
    shutdown(pair[0], SHUT_WR);
    NEXT("shut");
    close(pair[0]);
    NEXT("closed");
    NEXT("no more");
    close(pair[1]), close(set);
}

int main(void) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    enter_scratch();
    handle(SIGPIPE, count, 0);
    errors();
    properties(SOCK_STREAM);
    for (int i = 0; i < 3; i++) {
        transfer(types[i]);
        ends(types[i]);
        capacity(types[i]);
        contents(types[i]);
        edges(types[i]);
    }
    signal(SIGPIPE, SIG_DFL);
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    close(pair[0]);
    say("last line before death by SIGPIPE");
    send(pair[1], "x", 1, 0);
    say("not reached");
    return 0;
}
