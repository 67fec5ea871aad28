/* Covers: sendmsg recvmsg getsockopt */
/* Descriptors and credentials between processes: SCM_RIGHTS, SCM_CREDENTIALS, SO_PEERCRED (unix(7)). */
#include "processes.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static pid_t child;
static gate door, back;

static long send_message(int socket, int file, struct ucred *credentials) {
    char byte = 'x';
    struct iovec part = {&byte, 1};
    union { struct cmsghdr header; char bytes[128]; } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    memset(&control, 0, sizeof control);
    if (file >= 0 || credentials) {
        int size = credentials ? sizeof *credentials : sizeof file;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = credentials ? SCM_CREDENTIALS : SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(&control.header), credentials ? (void *)credentials : &file, size);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(size);
    }
    return sendmsg(socket, &message, 0);
}
/* Receives one message; a descriptor is the result. */
static int receive(const char *what, int socket, pid_t expected) {
    char byte = 0;
    int file = -1;
    struct iovec part = {&byte, 1};
    union { struct cmsghdr header; char bytes[128]; } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    long count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) say("%s: %s", what, errno_name(errno));
    else if (message.msg_controllen == 0) say("%s: %ld bytes, nothing with them", what, count);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); count >= 0 && header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_type == SCM_RIGHTS) {
            memcpy(&file, CMSG_DATA(header), sizeof file);
            say("%s: a descriptor, flags %d", what, fcntl(file, F_GETFD));
        } else {
            struct ucred from;
            memcpy(&from, CMSG_DATA(header), sizeof from);
            say("%s: from %s, %d, %d", what, from.pid == expected ? "the expected process" : from.pid == getpid() ? "itself" : "another",
                from.uid, from.gid);
        }
    }
    return file;
}

static void files(void) {
    int ends[2];
    char bytes[16] = "";
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    CHILD(child) {
        int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
        write(file, "0123456789", 10);
        lseek(file, 3, SEEK_SET);
        send_message(ends[1], file, NULL);
        close(file);
        pass(door);
    }
    int file = receive("a file", ends[0], 0);
    SHOW(read(file, bytes, 3));
    say("%s", bytes);
    let(door);
    reap("sender", child);
    SHOW(read(file, bytes, 3));
    close(file);
    /* One that is under way when its sender has ended. */
    int pipes[2];
    pipe(pipes);
    CHILD(child) send_message(ends[1], pipes[1], NULL);
    close(pipes[1]);
    reap("sender", child);
    struct pollfd entry = {pipes[0], POLLIN, 0};
    SHOW(poll(&entry, 1, 0));
    file = receive("under way", ends[0], 0);
    SHOW(write(file, "late", 4));
    close(file);
    SHOW(read(pipes[0], bytes, 16));
    SHOW(read(pipes[0], bytes, 16));
    close(pipes[0]);
    /* Received by a child, used by it alone. */
    pipe(pipes);
    send_message(ends[1], pipes[1], NULL);
    close(pipes[1]);
    CHILD(child) {
        int file = receive("in the child", ends[0], 0);
        write(file, "by the child", 12);
    }
    reap("receiver", child);
    memset(bytes, 0, sizeof bytes);
    SHOW(read(pipes[0], bytes, 15));
    SHOW(read(pipes[0], bytes, 15));
    say("%s", bytes);
    close(pipes[0]);
    /* Rights go with it: a file that the receiver could not open. */
    CHILD(child) {
        setresuid(99, 99, 99);
        SHOW(open("file", O_RDONLY));
        int file = receive("as another user", ends[0], 0);
        SHOW(read(file, bytes, 3));
    }
    file = open("file", O_RDONLY);
    send_message(ends[1], file, NULL);
    reap("receiver", child);
    close(file);
    /* What nobody received goes with the socket, a circle of sockets with its last process. */
    pipe(pipes);
    CHILD(child) {
        int circle[2];
        close(pipes[0]);
        socketpair(AF_UNIX, SOCK_STREAM, 0, circle);
        send_message(circle[0], pipes[1], NULL);
        send_message(circle[0], circle[1], NULL);
        send_message(circle[1], circle[0], NULL);
    }
    close(pipes[1]);
    reap("circle", child);
    /* Linux collects when sockets close, beside the program. */
    for (int i = 0; i < 100 && poll(&(struct pollfd){pipes[0], POLLIN, 0}, 1, 20) == 0; i++) {
        int other[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, other);
        close(other[0]), close(other[1]);
    }
    SHOW(read(pipes[0], bytes, 1));
    close(pipes[0]), close(ends[0]), close(ends[1]);
}
static void credentials(void) {
    int ends[2], on = 1;
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    CHILD(child) {
        struct ucred own = {getpid(), getuid(), getgid()}, other = {getppid(), 0, 0};
        send_message(ends[1], -1, NULL);
        send_message(ends[1], -1, &own);
        SHOW(send_message(ends[1], -1, &other)); /* root may */
        own.pid = 0x3fffffff;
        SHOW(send_message(ends[1], -1, &own));
        own.pid = getpid();
        own.uid = 77, own.gid = 88;
        SHOW(send_message(ends[1], -1, &own));
        let(back);
        pass(door);
        setresgid(5, 6, 7);
        setresuid(5, 6, 7);
        own.gid = 7;
        for (int user = 4; user < 9; user++) {
            own.uid = user;
            SHOW(send_message(ends[1], -1, &own));
        }
        own.uid = 5, own.gid = 9;
        SHOW(send_message(ends[1], -1, &own));
        own.gid = 5, own.pid = getppid();
        SHOW(send_message(ends[1], -1, &own));
        send_message(ends[1], -1, NULL);
        let(back);
        pass(door);
    }
    pass(back);
    receive("by itself", ends[0], child);
    receive("own", ends[0], child);
    receive("the parent's", ends[0], child);
    receive("another user's", ends[0], child);
    let(door);
    pass(back);
    for (int i = 0; i < 3; i++) receive("of its users", ends[0], child);
    receive("by itself", ends[0], child);
    let(door);
    reap("sender", child);
    /* Several under way from different processes do not join. */
    pid_t other;
    CHILD(child) write(ends[1], "a", 1);
    int first = status_of(child);
    CHILD(other) write(ends[1], "b", 1);
    first += status_of(other);
    char bytes[8];
    SHOW(recv(ends[0], bytes, 8, 0));
    receive("the second", ends[0], other);
    close(ends[0]), close(ends[1]);
}
static void peer(const char *what, int socket, pid_t expected) {
    struct ucred from = {0};
    socklen_t length = sizeof from;
    getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &from, &length);
    say("%s: %s, %d, %d", what, from.pid == expected ? "the expected process" : from.pid == 0 ? "none" : "another", (int)from.uid, (int)from.gid);
}
/* Who made the pair, or connected, or listened: not who has it now. */
static void peers(void) {
    int ends[2];
    pid_t self = getpid();
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    CHILD(child) {
        setresuid(5, 6, 7);
        peer("in the child", ends[1], self);
    }
    reap("child", child);
    peer("in the parent", ends[0], self);
    struct sockaddr_un address = {AF_UNIX, "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, (void *)&address, sizeof address);
    peer("not connected", listener, 0);
    chmod("socket", 0777), chmod(".", 0755);
    CHILD(child) {
        listen(listener, 5); /* the child listens */
        let(back);
        pass(door);
    }
    pass(back);
    pid_t client;
    CHILD(client) {
        setresgid(55, 66, 77);
        setresuid(55, 66, 77);
        int socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
        SHOW(connect(socket_, (void *)&address, sizeof address));
        peer("the server's", socket_, child);
        let(back);
        pass(door);
    }
    pass(back);
    int accepted = accept(listener, NULL, NULL);
    peer("the client's", accepted, client);
    let(door), let(door);
    reap("listener", child);
    reap("client", client);
    peer("the client's after its end", accepted, client);
}

int main(void) {
    enter_scratch();
    door = make_gate();
    back = make_gate();
    files();
    credentials();
    peers();
    return 0;
}
