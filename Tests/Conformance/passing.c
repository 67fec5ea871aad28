/* Covers: sendmsg recvmsg sendmmsg recvmmsg */
/* Messages with control data, and files that travel: unix(7), cmsg(3). */
#include "conformance.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* As the kernel has them: libraries check and copy first. */
struct header {
    void *msg_name;
    int msg_namelen;
    struct iovec *msg_iov;
    size_t msg_iovlen;
    void *msg_control;
    size_t msg_controllen;
    int msg_flags;
};
struct several {
    struct header msg_hdr;
    unsigned msg_len;
};
#define sendmsg(socket, header, flags) syscall(SYS_sendmsg, socket, header, flags)
#define recvmsg(socket, header, flags) syscall(SYS_recvmsg, socket, header, flags)
#define sendmmsg(socket, headers, count, flags) syscall(SYS_sendmmsg, socket, headers, count, flags)
#define recvmmsg(socket, headers, count, flags, time) syscall(SYS_recvmmsg, socket, headers, count, flags, time)

static char buffer[256];
static union {
    struct cmsghdr header;
    char bytes[2048];
} control;

/* Sends a byte with descriptors, by cmsg_len where it is not 0. */
static long pass(int socket, const int *files, int count, size_t length) {
    struct iovec part = {"x", 1};
    struct header message = {NULL, 0, &part, 1, control.bytes, CMSG_SPACE(count * 4), 0};
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = length ? length : CMSG_LEN(count * 4);
    memcpy(CMSG_DATA(&control.header), files, count * 4);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}
/* Receives and says all; keeps descriptors in `got`. */
static int got[300], got_count;
static void receive(const char *label, int socket, int flags, size_t room) {
    struct iovec part = {buffer, 8};
    struct header message = {NULL, 0, &part, 1, room ? control.bytes : NULL, room, 0x5555};
    memset(&control, 0, sizeof control);
    long count = recvmsg(socket, &message, flags);
    got_count = 0;
    if (count < 0) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    say("%s: %ld, flags %x, control %d", label, count, message.msg_flags, (int)message.msg_controllen);
    for (size_t place = 0; place + CMSG_LEN(0) <= message.msg_controllen;) {
        struct cmsghdr *header = (void *)(control.bytes + place);
        place += (header->cmsg_len + 7) & ~7UL;
        int data[256];
        int length = header->cmsg_len - CMSG_LEN(0);
        memcpy(data, CMSG_DATA(header), length);
        if (header->cmsg_type == SCM_CREDENTIALS)
            say("  credentials: length %d, own process %d, %d %d", length, data[0] == getpid(), length > 4 ? data[1] : -2,
                length > 8 ? data[2] : -2);
        else {
            got_count = length / 4;
            memcpy(got, data, got_count * 4);
            say("  type %d level %d: %d descriptors, the first %d, its flags %d", header->cmsg_type,
                header->cmsg_level, got_count, got[0], fcntl(got[0], F_GETFD));
        }
    }
}
static void close_got(void) {
    for (int i = 0; i < got_count; i++) close(got[i]);
    got_count = 0;
}
static const char *is_open(int pipe) {
    struct pollfd entry = {pipe, POLLIN, 0};
    return poll(&entry, 1, 0) > 0 && entry.revents & POLLHUP ? "closed" : "open";
}
/* Whether all writers of a pipe are gone, at once or soon: Linux collects beside the program. */
static const char *closes(int pipe) {
    struct pollfd entry = {pipe, POLLIN, 0};
    return poll(&entry, 1, 5000) > 0 && entry.revents & POLLHUP ? "closed" : "open";
}

static void rights(int type) {
    int pair[2], ends[2];
    say("-- rights, type %d", type);
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    pipe(ends);
    SHOW(pass(pair[0], &ends[1], 1, 0));
    close(ends[1]);
    say("in flight: %s", is_open(ends[0]));
    receive("received", pair[1], 0, 256);
    SHOW(write(got[0], "through", 7));
    SHOW(read(ends[0], buffer, 64));
    int file = got[0];
    SHOW(pass(pair[0], &file, 1, 0));
    receive("looked at", pair[1], MSG_PEEK | MSG_CMSG_CLOEXEC, 256);
    close_got();
    receive("received", pair[1], MSG_CMSG_CLOEXEC, 256);
    close_got();
    /* Room for fewer. */
    int three[3] = {file, file, file};
    for (int room = 0; room <= 40; room += 4) {
        char label[32];
        pass(pair[0], three, 3, 0);
        snprintf(label, sizeof label, "room %d", room);
        receive(label, pair[1], 0, room);
        close_got();
    }
    pass(pair[0], three, 3, 0);
    SHOW(read(pair[1], buffer, 64));
    /* What is not received is closed with the message. */
    pass(pair[0], &file, 1, 0);
    close(file);
    say("in flight: %s", is_open(ends[0]));
    SHOW(recv(pair[1], buffer, 64, 0));
    say("dropped: %s", is_open(ends[0]));
    close(ends[0]);
    /* Errors. */
    file = open("/dev/null", O_RDONLY);
    int bad[2] = {file, 99};
    SHOW(pass(pair[0], bad, 2, 0));
    SHOW(pass(pair[0], bad, 1, 4));
    SHOW(pass(pair[0], bad, 1, 1000));
    SHOW(pass(pair[0], bad, 1, CMSG_LEN(0)));
    receive("no descriptors", pair[1], 0, 256);
    SHOW(pass(pair[0], bad, 1, CMSG_LEN(3)));
    receive("part of one", pair[1], 0, 256);
    int path = open("/dev/null", O_PATH);
    SHOW(pass(pair[0], &path, 1, 0));
    receive("a path", pair[1], 0, 256);
    SHOW(read(got[0], buffer, 1));
    close_got(), close(path);
    static int many[260];
    for (int i = 0; i < 260; i++) many[i] = file;
    SHOW(pass(pair[0], many, 253, 0));
    receive("many", pair[1], 0, 2048);
    close_got();
    SHOW(pass(pair[0], many, 254, 0));
    close(pair[1]);
    SHOW(pass(pair[0], &file, 1, 0));
    close(pair[0]), close(file);
    HOLDS(dup(0) == 3);
    close(3);
}

static void pieces(void) {
    say("-- pieces of a stream");
    int pair[2], file = open("/dev/null", O_RDONLY);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    send(pair[0], "before", 6, 0);
    pass(pair[0], &file, 1, 0);
    send(pair[0], "after", 5, 0);
    pass(pair[0], &file, 1, 0);
    for (int i = 0; i < 4; i++) {
        receive("piece", pair[1], 0, 256);
        close_got();
    }
    /* A message without bytes carries nothing. */
    struct header message = {NULL, 0, NULL, 0, control.bytes, CMSG_SPACE(4), 0};
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET, control.header.cmsg_type = SCM_RIGHTS, control.header.cmsg_len = CMSG_LEN(4);
    memcpy(CMSG_DATA(&control.header), &file, 4);
    SHOW(sendmsg(pair[0], &message, 0));
    receive("nothing", pair[1], 0, 256);
    close(pair[0]), close(pair[1]), close(file);
}

static void credentials(int type) {
    int pair[2], one = 1;
    say("-- credentials, type %d", type);
    socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
    send(pair[0], "unasked", 7, 0);
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &one, 4);
    receive("not asked before", pair[1], 0, 256);
    send(pair[0], "asked", 5, 0);
    receive("asked", pair[1], 0, 256);
    for (int room = 0; room <= 36; room += 6) {
        char label[32];
        send(pair[0], "x", 1, 0);
        snprintf(label, sizeof label, "room %d", room);
        receive(label, pair[1], 0, room);
    }
    struct iovec part = {"claim", 5};
    struct header message = {NULL, 0, &part, 1, control.bytes, CMSG_SPACE(sizeof(struct ucred)), 0};
    static const struct { int process, user, group; } claims[] = {{0, 1000, 1000}, {0, 0, 7}, {999999, 0, 0}, {0, -1, 0}};
    for (int i = 0; i < 4; i++) {
        struct ucred claim = {claims[i].process ? claims[i].process : getpid(), claims[i].user, claims[i].group};
        memset(&control, 0, sizeof control);
        control.header.cmsg_level = SOL_SOCKET, control.header.cmsg_type = SCM_CREDENTIALS;
        control.header.cmsg_len = CMSG_LEN(sizeof claim);
        memcpy(CMSG_DATA(&control.header), &claim, sizeof claim);
        SHOW(sendmsg(pair[0], &message, 0));
        if (i == 0) send(pair[0], "y", 1, 0);
    }
    receive("a claim", pair[1], 0, 256);
    receive("next", pair[1], 0, 256);
    receive("another claim", pair[1], 0, 256);
    control.header.cmsg_len = CMSG_LEN(8), control.header.cmsg_level = SOL_SOCKET, control.header.cmsg_type = SCM_CREDENTIALS;
    SHOW(sendmsg(pair[0], &message, 0));
    control.header.cmsg_type = 77, control.header.cmsg_len = CMSG_LEN(4);
    SHOW(sendmsg(pair[0], &message, 0));
    control.header.cmsg_level = 77;
    SHOW(sendmsg(pair[0], &message, 0));
    seteuid(1000);
    send(pair[0], "z", 1, 0);
    seteuid(0);
    receive("another level", pair[1], 0, 256);
    receive("another user", pair[1], 0, 256);
    /* Both kinds. */
    int file = open("/dev/null", O_RDONLY);
    pass(pair[0], &file, 1, 0);
    receive("both", pair[1], 0, 256);
    close_got();
    close(file), close(pair[0]), close(pair[1]);
}

/* Sockets that only messages refer to are closed. The write end of a pipe that travels along tells. */
static void circles(void) {
    int a[2], b[2], ends[2];
    say("-- circles");
    /* Into its own queue. */
    socketpair(AF_UNIX, SOCK_STREAM, 0, a);
    pipe(ends);
    int two[2] = {a[1], ends[1]};
    SHOW(pass(a[0], two, 2, 0));
    close(ends[1]), close(a[1]);
    close(a[0]);
    say("itself: %s", closes(ends[0]));
    close(ends[0]);
    /* Each in the other's. */
    socketpair(AF_UNIX, SOCK_DGRAM, 0, a);
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b);
    pipe(ends);
    int first[2] = {b[1], ends[1]}, second[2] = {a[1], ends[1]};
    SHOW(pass(a[0], first, 2, 0));
    SHOW(pass(b[0], second, 2, 0));
    close(ends[1]), close(a[1]), close(b[1]), close(a[0]);
    close(b[0]);
    say("each other: %s", closes(ends[0]));
    close(ends[0]);
    /* The same, while one can still be received by. */
    socketpair(AF_UNIX, SOCK_STREAM, 0, a);
    socketpair(AF_UNIX, SOCK_STREAM, 0, b);
    pipe(ends);
    first[0] = b[1], first[1] = ends[1], second[0] = a[1], second[1] = ends[1];
    pass(a[0], first, 2, 0);
    pass(b[0], second, 2, 0);
    close(ends[1]), close(a[0]), close(b[0]), close(b[1]);
    int other[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, other);
    close(other[0]), close(other[1]);
    struct timespec time = {0, 100000000};
    nanosleep(&time, NULL);
    say("one is in use: %s", is_open(ends[0]));
    receive("out of the circle", a[1], 0, 256);
    close(got[1]);
    receive("and again", got[0], 0, 256);
    close_got();
    close(a[1]);
    say("in use: %s", is_open(ends[0]));
    for (int file = 3; file < 12; file++)
        if (file != ends[0]) close(file);
    say("nobody: %s", closes(ends[0]));
    close(ends[0]);
    /* In a connection that waits to be accepted by a listener that travels on it. */
    struct sockaddr_un name = {AF_UNIX, "listener"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, (void *)&name, sizeof name);
    listen(server, 4);
    connect(client, (void *)&name, sizeof name);
    pipe(ends);
    two[0] = server, two[1] = ends[1];
    SHOW(pass(client, two, 2, 0));
    close(server), close(ends[1]), close(client);
    say("listener: %s", closes(ends[0]));
    close(ends[0]);
    /* A long chain, which ends without a circle. */
    pipe(ends);
    int last = ends[1];
    for (int i = 0; i < 2000; i++) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, a);
        pass(a[0], &last, 1, 0);
        close(last), close(a[0]);
        last = a[1];
    }
    say("chain: %s", is_open(ends[0]));
    close(last);
    say("chain: %s", closes(ends[0]));
    close(ends[0]);
    HOLDS(dup(0) == 3);
    close(3);
}

static void headers(void) {
    say("-- headers");
    int pair[2];
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
    struct sockaddr_un name = {AF_UNIX, "name"};
    bind(pair[0], (void *)&name, sizeof name);
    struct iovec parts[2] = {{"one", 3}, {"two", 3}}, rooms[2] = {{buffer, 2}, {buffer + 10, 2}};
    struct header message = {NULL, 0, parts, 2, NULL, 0, 0};
    SHOW(sendmsg(pair[0], &message, 0));
    struct sockaddr_un sender;
    struct header into = {&sender, sizeof sender, rooms, 2, NULL, 0, 0};
    SHOW(recvmsg(pair[1], &into, 0));
    say("name %d flags %x control %d", into.msg_namelen, into.msg_flags, (int)into.msg_controllen);
    say_bytes("name", &sender.sun_path, into.msg_namelen - 2);
    sendmsg(pair[0], &message, 0);
    into.msg_namelen = 4;
    SHOW(recvmsg(pair[1], &into, MSG_TRUNC));
    say("name %d flags %x", into.msg_namelen, into.msg_flags);
    message.msg_iovlen = 1025;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_iovlen = 2, message.msg_iov = BAD_POINTER;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_iov = parts, message.msg_namelen = 4, message.msg_name = BAD_POINTER;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_name = NULL, message.msg_namelen = -1;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_name = &name;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_name = NULL, message.msg_namelen = 0;
    message.msg_control = BAD_POINTER, message.msg_controllen = 32;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_controllen = 8;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_controllen = 0x80000000;
    SHOW(sendmsg(pair[0], &message, 0));
    message.msg_control = NULL, message.msg_controllen = 0;
    SHOW(sendmsg(pair[0], BAD_POINTER, 0));
    SHOW(recvmsg(pair[1], BAD_POINTER, 0));
    SHOW(syscall(SYS_sendmsg, pair[0], &message, 0x80000000));
    SHOW(sendmsg(0, &message, 0));
    SHOW(sendmsg(99, &message, 0));
    while (recv(pair[1], buffer, 64, 0) >= 0);

    struct several messages[3];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 3; i++) messages[i].msg_hdr.msg_iov = parts + (i & 1), messages[i].msg_hdr.msg_iovlen = 1 + (i == 0);
    SHOW(sendmmsg(pair[0], messages, 3, 0));
    say("lengths %d %d %d", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    SHOW(sendmmsg(pair[0], messages, 0, 0));
    messages[1].msg_hdr.msg_iov = BAD_POINTER;
    SHOW(sendmmsg(pair[0], messages, 3, 0));
    SHOW(sendmmsg(pair[0], messages + 1, 2, 0));
    struct iovec room[3] = {{buffer, 4}, {buffer + 10, 9}, {buffer + 20, 9}};
    for (int i = 0; i < 3; i++) messages[i].msg_hdr.msg_iov = room + i, messages[i].msg_hdr.msg_iovlen = 1;
    SHOW(recvmmsg(pair[1], messages, 2, 0, NULL));
    say("lengths %d %d flags %x %x", messages[0].msg_len, messages[1].msg_len, messages[0].msg_hdr.msg_flags,
        messages[1].msg_hdr.msg_flags);
    SHOW(recvmmsg(pair[1], messages, 3, 0, NULL));
    SHOW(recvmmsg(pair[1], messages, 3, 0, NULL));
    struct timespec time = {0, 0};
    send(pair[0], "a", 1, 0);
    send(pair[0], "b", 1, 0);
    SHOW(recvmmsg(pair[1], messages, 3, 0, &time));
    SHOW(recvmmsg(pair[1], messages, 3, MSG_WAITFORONE, NULL));
    time.tv_nsec = -1;
    SHOW(recvmmsg(pair[1], messages, 3, 0, &time));
    fcntl(pair[1], F_SETFL, 0);
    send(pair[0], "a", 1, 0);
    SHOW(recvmmsg(pair[1], messages, 3, MSG_WAITFORONE, NULL));
    close(pair[0]), close(pair[1]);
    SHOW(recvmmsg(pair[1], messages, 3, 0, NULL));
}

int main(void) {
    enter_scratch();
    rights(SOCK_STREAM);
    rights(SOCK_DGRAM);
    pieces();
    credentials(SOCK_STREAM);
    credentials(SOCK_DGRAM);
    circles();
    headers();
    return 0;
}
