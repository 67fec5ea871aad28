/* Covers: setsockopt getsockopt */
/* Options of sockets, and waiting with a limit of time: socket(7). */
#include "conformance.h"
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static void get(const char *label, int file, int level, int option, int room) {
    unsigned char value[64];
    memset(value, 0x55, sizeof value);
    socklen_t length = room;
    if (getsockopt(file, level, option, value, &length)) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    char text[256];
    int done = 0;
    for (int i = 0; i < (int)length + 1; i++) done += sprintf(text + done, " %02x", value[i]);
    say("%s: length %d%s", label, length, text);
}
#define GET(option) get(#option, file, SOL_SOCKET, option, 32)
static void set(const char *label, int file, int option, int value) {
    int result = setsockopt(file, SOL_SOCKET, option, &value, 4);
    say("%s %d: %s", label, value, result ? errno_name(errno) : "ok");
    get(label, file, SOL_SOCKET, option, 32);
}
#define SET(option, value) set(#option, file, option, value)

int main(void) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    enter_scratch();
    handle(SIGALRM, count, SA_RESTART);
    for (int i = 0; i < 3; i++) {
        int file = socket(AF_UNIX, types[i], 0);
        say("-- type %d", types[i]);
        GET(SO_TYPE);
        GET(SO_DOMAIN);
        GET(SO_PROTOCOL);
        GET(SO_ACCEPTCONN);
        GET(SO_ERROR);
        GET(SO_SNDBUF);
        GET(SO_RCVBUF);
        GET(SO_PASSCRED);
        GET(SO_PEERCRED);
        GET(SO_RCVTIMEO);
        GET(SO_SNDTIMEO);
        GET(SO_RCVLOWAT);
        GET(SO_SNDLOWAT);
        GET(SO_LINGER);
        GET(SO_REUSEADDR);
        GET(SO_KEEPALIVE);
        GET(SO_BROADCAST);
        GET(SO_DONTROUTE);
        GET(SO_OOBINLINE);
        GET(SO_DEBUG);
        GET(SO_REUSEPORT);
        GET(SO_PEEK_OFF);
        GET(SO_PRIORITY);
        GET(SO_SNDBUFFORCE);
        GET(12345);
        GET(-1);
        get("length 0", file, SOL_SOCKET, SO_TYPE, 0);
        get("length 2", file, SOL_SOCKET, SO_TYPE, 2);
        get("length -1", file, SOL_SOCKET, SO_TYPE, -1);
        get("level 17", file, 17, SO_TYPE, 4);
        get("level 0", file, 0, SO_TYPE, 4);
        close(file);
    }
    int file = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = 4;
    int value = 1;
    SHOW(getsockopt(file, SOL_SOCKET, SO_TYPE, BAD_POINTER, &length));
    SHOW(getsockopt(file, SOL_SOCKET, SO_TYPE, &value, BAD_POINTER));
    SHOW(setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &value, 3));
    SHOW(setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &value, -1));
    SHOW(setsockopt(file, SOL_SOCKET, SO_REUSEADDR, BAD_POINTER, 4));
    SHOW(setsockopt(file, 17, SO_REUSEADDR, &value, 4));
    SHOW(setsockopt(99, SOL_SOCKET, SO_REUSEADDR, &value, 4));
    SHOW(setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &value, 4));
    SET(SO_REUSEADDR, 7);
    SET(SO_REUSEADDR, 0);
    SET(SO_KEEPALIVE, 1);
    SET(SO_BROADCAST, 1);
    SET(SO_REUSEPORT, 0);
    SET(SO_REUSEPORT, 1);
    SET(SO_PASSCRED, 2);
    SET(SO_PASSCRED, 0);
    SET(SO_SNDBUF, 1000);
    SET(SO_SNDBUF, 100000);
    SET(SO_SNDBUF, 0);
    SET(SO_RCVBUF, 0);
    SET(SO_RCVBUF, 50000);
    SET(SO_RCVLOWAT, 0);
    SET(SO_RCVLOWAT, 10);
    SET(SO_RCVLOWAT, -5);
    SET(SO_SNDLOWAT, 10);
    SET(SO_TYPE, 1);
    SET(SO_ERROR, 1);
    SET(SO_PEERCRED, 1);
    SET(SO_PRIORITY, 3);
    SET(SO_PEEK_OFF, 5);
    SET(SO_PEEK_OFF, -1);
    SET(54321, 1);
    struct linger linger = {1, 5};
    SHOW(setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, 4));
    SHOW(setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, 8));
    GET(SO_LINGER);
    struct timeval time = {1, 1000000};
    SHOW(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, 16));
    time.tv_usec = -1;
    SHOW(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, 16));
    time.tv_usec = 200000;
    SHOW(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, 15));
    SHOW(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, 16));
    GET(SO_RCVTIMEO);
    GET(SO_SNDTIMEO);
    close(file);

    /* Who the other side is. */
    int pair[2];
    struct ucred peer;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    length = sizeof peer;
    getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length);
    HOLDS(peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid());
    close(pair[0]), close(pair[1]);
    struct sockaddr_un name = {AF_UNIX, "server"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    value = 1;
    setsockopt(server, SOL_SOCKET, SO_PASSCRED, &value, 4);
    bind(server, (void *)&name, sizeof name);
    seteuid(1000);
    listen(server, 1);
    seteuid(0);
    file = server;
    GET(SO_ACCEPTCONN);
    SHOW(connect(client, (void *)&name, sizeof name));
    length = sizeof peer;
    getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    say("who listens: %d %d", peer.uid, peer.gid);
    int accepted = accept(server, NULL, NULL);
    length = sizeof peer;
    getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    say("who connected: %d %d", peer.uid, peer.gid);
    file = accepted;
    GET(SO_PASSCRED);
    close(accepted);

    /* Limits of time. */
    char bytes[64];
    int64_t start;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    time.tv_sec = 0, time.tv_usec = 100000;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, 16);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &time, 16);
    start = now(CLOCK_MONOTONIC);
    SHOW(recv(pair[0], bytes, 64, 0));
    int64_t spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 99000000 && spent < 2000000000);
    start = now(CLOCK_MONOTONIC);
    send(pair[1], "part", 4, 0);
    SHOW(recv(pair[0], bytes, 64, MSG_WAITALL));
    spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 99000000 && spent < 2000000000);
    static char many[500000];
    start = now(CLOCK_MONOTONIC);
    HOLDS(send(pair[0], many, sizeof many, 0) > 200000);
    SHOW(send(pair[0], many, 1, 0));
    spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 199000000 && spent < 2000000000);
    /* A signal: a handler with SA_RESTART restarts only what has no limit of time (signal(7)). */
    struct itimerval alarm = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &alarm, NULL);
    SHOW(recv(pair[0], bytes, 64, 0));
    say("signals %d", signals);
    setitimer(ITIMER_REAL, &alarm, NULL);
    SHOW(send(pair[0], many, 1, 0));
    say("signals %d", signals);
    time.tv_usec = 0;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, 16);
    handle(SIGALRM, count, 0);
    setitimer(ITIMER_REAL, &alarm, NULL);
    SHOW(recv(pair[0], bytes, 64, 0));
    say("signals %d", signals);
    send(pair[1], "some", 4, 0);
    setitimer(ITIMER_REAL, &alarm, NULL);
    SHOW(recv(pair[0], bytes, 64, MSG_WAITALL));
    time.tv_sec = -1;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &time, 16);
    SHOW(recv(pair[0], bytes, 64, 0));
    close(pair[0]), close(pair[1]);
    /* accept and connect */
    time.tv_sec = 0, time.tv_usec = 100000;
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &time, 16);
    SHOW(accept(server, NULL, NULL));
    listen(server, 0);
    for (int i = 0; i < 2; i++) {
        client = socket(AF_UNIX, SOCK_STREAM, 0);
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &time, 16);
        SHOW(connect(client, (void *)&name, sizeof name));
    }

    /* SO_RCVLOWAT */
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    value = 5;
    setsockopt(pair[0], SOL_SOCKET, SO_RCVLOWAT, &value, 4);
    send(pair[1], "abc", 3, 0);
    SHOW(recv(pair[0], bytes, 64, 0));
    close(pair[0]), close(pair[1]);
    /* SO_PEEK_OFF */
    for (int i = 0; i < 2; i++) {
        socketpair(AF_UNIX, (i ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0, pair);
        value = 0;
        setsockopt(pair[0], SOL_SOCKET, SO_PEEK_OFF, &value, 4);
        send(pair[1], "aabb", 4, 0);
        send(pair[1], "ccdd", 4, 0);
        for (int k = 0; k < 5; k++) {
            memset(bytes, '.', 4);
            SHOW(recv(pair[0], bytes, 2, MSG_PEEK));
            say("%.4s", bytes);
        }
        file = pair[0];
        GET(SO_PEEK_OFF);
        SHOW(recv(pair[0], bytes, 2, 0));
        GET(SO_PEEK_OFF);
        SHOW(recv(pair[0], bytes, 64, MSG_PEEK));
        close(pair[0]), close(pair[1]);
    }
    return 0;
}
