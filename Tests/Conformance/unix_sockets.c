/* Covers: socket bind listen accept accept4 connect getsockname getpeername */
/* Names and connections of Unix sockets: unix(7). */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un address;
static socklen_t length;
/* Beside name(): arguments have no order. */
#define LENGTH(path) (offsetof(struct sockaddr_un, sun_path) + sizeof(path) - 1)
/* Makes an address of a path, or of an abstract name that begins with "@". */
static struct sockaddr *name(const char *path) {
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);
    length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
    if (path[0] == '@') address.sun_path[0] = 0;
    return (struct sockaddr *)&address;
}
static void names(const char *label, int file) {
    struct {
        struct sockaddr_un address;
        char more[16];
    } room;
#define found room.address
    for (int peer = 0; peer < 2; peer++) {
        memset(&room, 0x55, sizeof room);
        socklen_t size = sizeof room;
        int result = (peer ? getpeername : getsockname)(file, (void *)&found, &size);
        if (result) say("%s: %s %s", label, peer ? "peer" : "own", errno_name(errno));
        else {
            char text[128];
            snprintf(text, sizeof text, "%s: %s family %d length %d", label, peer ? "peer" : "own",
                     found.sun_family, size);
            say_bytes(text, found.sun_path, size - 2);
        }
    }
#undef found
}
static void readiness(const char *label, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT | POLLRDHUP, 0};
    int result = poll(&entry, 1, 0);
    say("%s: poll %d %x", label, result, entry.revents);
}

static void binding(int type) {
    say("-- binding, type %d", type);
    int one = SHOW(socket(AF_UNIX, type, 0)), two = socket(AF_UNIX, type, 0);
    struct stat status;
    names("unbound", one);
    SHOW(bind(one, name("socket"), 1));
    SHOW(bind(one, name("socket"), 2 + 109));
    SHOW(bind(one, name("socket"), 129));
    SHOW(bind(one, name("socket"), -1));
    SHOW(bind(one, BAD_POINTER, 10));
    address.sun_family = AF_INET;
    SHOW(bind(one, (void *)&address, length));
    SHOW(bind(one, name("missing/socket"), LENGTH("missing/socket")));
    make_file("file", "", 0);
    SHOW(bind(one, name("file"), LENGTH("file")));
    SHOW(bind(one, name("file/socket"), LENGTH("file/socket")));
    SHOW(bind(one, name("socket/"), LENGTH("socket/")));
    SHOW(bind(one, name("socket"), LENGTH("socket")));
    names("bound", one);
    SHOW(stat("socket", &status));
    say("mode %o links %d", status.st_mode, (int)status.st_nlink);
    SHOW(open("socket", O_RDONLY));
    SHOW(bind(two, name("socket"), LENGTH("socket")));
    SHOW(bind(one, name("other"), LENGTH("other")));
    SHOW(access("other", F_OK));
    umask(077);
    SHOW(bind(two, name("./other"), sizeof address));
    umask(022);
    names("with zeroes behind", two);
    stat("other", &status);
    say("mode %o", status.st_mode);
    close(two);
    SHOW(access("other", F_OK));
    SHOW(unlink("other"));
    two = socket(AF_UNIX, type, 0);
    SHOW(bind(two, name("@martlet conformance"), LENGTH("@martlet conformance")));
    names("abstract", two);
    SHOW(bind(two, name("@second"), LENGTH("@second")));
    int three = socket(AF_UNIX, type, 0);
    SHOW(bind(three, name("@martlet conformance"), LENGTH("@martlet conformance")));
    SHOW(bind(three, name("@martlet conformance"), LENGTH("@martlet conformance") + 1));
    names("with a zero more", three);
    close(two);
    two = socket(AF_UNIX, type, 0);
    SHOW(bind(two, name("@martlet conformance"), LENGTH("@martlet conformance")));
    close(two), close(three);
    two = socket(AF_UNIX, type, 0);
    SHOW(bind(two, name(""), 2));
    struct sockaddr_un found;
    socklen_t size = sizeof found;
    getsockname(two, (void *)&found, &size);
    int digits = 0;
    for (int i = 1; i < 6; i++) digits += strchr("0123456789abcdef", found.sun_path[i]) != NULL;
    say("automatic: length %d, first %d, digits %d", size, found.sun_path[0], digits);
    SHOW(bind(two, name(""), 2));
    char full[108];
    memset(full, 'a', sizeof full);
    three = socket(AF_UNIX, type, 0);
    memcpy(name("x")->sa_data, full, 108);
    SHOW(bind(three, (void *)&address, sizeof address));
    names("no room for a zero", three);
    close(three);
    /* Part of a name. */
    size = 5;
    memset(&found, 0x55, sizeof found);
    SHOW(getsockname(one, (void *)&found, &size));
    say("size %d", size);
    say_bytes("part", &found, 8);
    size = -1;
    SHOW(getsockname(one, (void *)&found, &size));
    size = sizeof found;
    SHOW(getsockname(one, BAD_POINTER, &size));
    SHOW(getsockname(one, (void *)&found, BAD_POINTER));
    close(one), close(two);
    SHOW(unlink("socket"));
    unlink("file");
}

static void connections(int type) {
    say("-- connections, type %d", type);
    int server = socket(AF_UNIX, type | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    char buffer[64];
    readiness("new", server);
    SHOW(listen(server, 5));
    SHOW(accept(server, NULL, NULL));
    SHOW(recv(client, buffer, 1, 0));
    SHOW(send(client, "x", 1, MSG_NOSIGNAL));
    SHOW(sendto(client, "x", 1, MSG_NOSIGNAL, name("server"), LENGTH("server")));
    SHOW(shutdown(client, SHUT_RD));
    close(client);
    client = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(client, name("server"), LENGTH("server")));
    make_file("file", "", 0);
    SHOW(connect(client, name("file"), LENGTH("file")));
    SHOW(connect(client, name("@nobody"), LENGTH("@nobody")));
    SHOW(connect(client, name("server"), 1));
    address.sun_family = 0;
    SHOW(connect(client, (void *)&address, length));
    SHOW(bind(server, name("server"), LENGTH("server")));
    SHOW(connect(client, name("server"), LENGTH("server")));
    readiness("bound", server);
    SHOW(listen(server, 1));
    readiness("listening", server);
    SHOW(listen(server, 0));
    SHOW(connect(server, name("server"), LENGTH("server")));
    SHOW(accept(server, NULL, NULL));
    SHOW(recv(server, buffer, 1, 0));
    SHOW(send(server, "x", 1, MSG_NOSIGNAL));
    names("server", server);
    int other = socket(AF_UNIX, type == SOCK_STREAM ? SOCK_SEQPACKET : SOCK_STREAM, 0);
    SHOW(connect(other, name("server"), LENGTH("server")));
    close(other);
    SHOW(connect(client, name("server"), LENGTH("server")));
    SHOW(connect(client, name("server"), LENGTH("server")));
    readiness("connected", client);
    readiness("server", server);
    names("client before accept", client);
    SHOW(send(client, "early", 5, 0));
    other = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(other, name("server"), LENGTH("server")));
    SHOW(listen(server, -1));
    SHOW(bind(other, name("@client"), LENGTH("@client")));
    SHOW(connect(other, name("server"), LENGTH("server")));
    SHOW(syscall(SYS_accept4, server, NULL, NULL, 1)); /* a library may take flags away */
    struct sockaddr_un found;
    socklen_t size = sizeof found;
    int accepted = SHOW(accept4(server, (void *)&found, &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    say("family %d length %d", found.sun_family, size);
    SHOW(fcntl(accepted, F_GETFD));
    say("F_GETFL %lo", open_flags(fcntl(accepted, F_GETFL)));
    names("accepted", accepted);
    SHOW(recv(accepted, buffer, 64, 0));
    SHOW(send(accepted, "answer", 6, 0));
    size = sizeof found;
    SHOW(recvfrom(client, buffer, 64, 0, (void *)&found, &size));
    say("family %d length %d", found.sun_family, size);
    size = sizeof found;
    send(client, "x", 1, 0);
    SHOW(recvfrom(accepted, buffer, 64, 0, (void *)&found, &size));
    say("length %d", size);
    size = sizeof found;
    int second = SHOW(accept(server, (void *)&found, &size));
    say_bytes("client", &found.sun_path, size - 2);
    say("F_GETFL %lo", open_flags(fcntl(second, F_GETFL)));
    SHOW(accept(server, NULL, NULL));
    SHOW(connect(accepted, name("server"), LENGTH("server")));
    SHOW(listen(accepted, 1));
    SHOW(sendto(client, "x", 1, 0, name("server"), LENGTH("server")));
    close(client);
    readiness("client closed", accepted);
    names("client closed", accepted);
    close(accepted), close(second), close(other);
    /* Connections that nobody accepts. */
    client = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(client, name("server"), LENGTH("server")));
    other = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(other, name("server"), LENGTH("server")));
    close(other);
    SHOW(accept(server, (void *)BAD_POINTER, &size));
    accepted = SHOW(accept(server, NULL, NULL));
    SHOW(recv(accepted, buffer, 64, 0));
    close(accepted);
    client = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(client, name("server"), LENGTH("server")));
    SHOW(rename("server", "moved"));
    other = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
    SHOW(connect(other, name("server"), LENGTH("server")));
    SHOW(connect(other, name("moved"), LENGTH("moved")));
    SHOW(unlink("moved"));
    SHOW(shutdown(server, SHUT_RD));
    readiness("server shut", server);
    close(server);
    readiness("server closed", client);
    SHOW(recv(client, buffer, 64, 0));
    SHOW(recv(client, buffer, 64, 0));
    SHOW(send(client, "x", 1, MSG_NOSIGNAL));
    close(client), close(other);
    unlink("file");
}

static void datagrams(void) {
    say("-- datagrams");
    char buffer[64];
    struct sockaddr_un found;
    socklen_t size;
    int a = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), b = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int c = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    SHOW(send(a, "x", 1, 0));
    SHOW(sendto(a, "x", 1, 0, name("b"), LENGTH("b")));
    SHOW(bind(b, name("b"), LENGTH("b")));
    SHOW(listen(b, 1));
    SHOW(accept(b, NULL, NULL));
    SHOW(sendto(a, "nameless", 8, 0, name("b"), LENGTH("b")));
    size = sizeof found;
    SHOW(recvfrom(b, buffer, 64, 0, (void *)&found, &size));
    say("length %d", size);
    SHOW(bind(a, name("@a"), LENGTH("@a")));
    SHOW(sendto(a, "named", 5, 0, name("b"), LENGTH("b")));
    size = sizeof found;
    SHOW(recvfrom(b, buffer, 64, 0, (void *)&found, &size));
    say_bytes("sender", found.sun_path, size - 2);
    SHOW(connect(a, name("b"), LENGTH("b")));
    names("connected", a);
    SHOW(send(a, "1", 1, 0));
    SHOW(send(b, "x", 1, 0));
    SHOW(connect(b, name("@a"), LENGTH("@a")));
    SHOW(send(b, "back", 4, 0));
    /* b hears nobody but its peer. */
    SHOW(sendto(c, "x", 1, 0, name("b"), LENGTH("b")));
    SHOW(connect(c, name("b"), LENGTH("b")));
    SHOW(sendto(a, "2", 1, 0, name("b"), LENGTH("b")));
    SHOW(recv(a, buffer, 64, 0));
    /* A new peer: what the old one sent is lost, which is an error for it. */
    SHOW(bind(c, name("c"), LENGTH("c")));
    SHOW(connect(b, name("c"), LENGTH("c")));
    readiness("left", a);
    SHOW(recv(a, buffer, 64, 0));
    SHOW(recv(b, buffer, 64, 0));
    SHOW(send(a, "x", 1, 0));
    address.sun_family = AF_UNSPEC;
    SHOW(connect(b, (void *)&address, 2));
    SHOW(connect(b, (void *)&address, 1));
    names("disconnected", b);
    SHOW(send(a, "x", 1, 0));
    SHOW(send(b, "x", 1, 0));
    SHOW(recv(b, buffer, 64, 0));
    /* The queue of one that does not read: eleven messages. */
    int sent = 0;
    while (send(a, "x", 1, 0) == 1) sent++;
    say("sent %d, then %s", sent, errno_name(errno));
    readiness("full", a);
    int d = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    SHOW(sendto(d, "x", 1, 0, name("b"), LENGTH("b")));
    readiness("unconnected", d);
    SHOW(recv(b, buffer, 64, 0));
    readiness("room", a);
    SHOW(sendto(d, "x", 1, 0, name("b"), LENGTH("b")));
    close(d);
    while (recv(b, buffer, 64, 0) >= 0);
    SHOW(unlink("b"));
    SHOW(send(a, "after unlink", 12, 0));
    SHOW(recv(b, buffer, 64, 0));
    close(b);
    readiness("receiver gone", a);
    SHOW(send(a, "x", 1, 0));
    SHOW(send(a, "x", 1, 0));
    /* To itself. */
    SHOW(connect(c, name("c"), LENGTH("c")));
    SHOW(send(c, "self", 4, 0));
    SHOW(recv(c, buffer, 64, 0));
    SHOW(connect(a, name("c"), LENGTH("c")));
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(stream, name("c"), LENGTH("c")));
    SHOW(connect(stream, name("@a"), LENGTH("@a")));
    close(stream), close(a), close(c);
    SHOW(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, name("c"), LENGTH("c")));
    unlink("c");
}

static void permissions(void) {
    say("-- permissions");
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, name("server"), LENGTH("server"));
    listen(server, 4);
    SHOW(symlink("server", "link"));
    SHOW(link("server", "hard"));
    SHOW(connect(client, name("link"), LENGTH("link")));
    close(client);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(client, name("hard"), LENGTH("hard")));
    close(client);
    chmod(".", 0755);
    chmod("server", 0444);
    SHOW(seteuid(1000));
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(client, name("server"), LENGTH("server")));
    SHOW(bind(client, name("mine"), LENGTH("mine")));
    SHOW(bind(client, name("server"), LENGTH("server")));
    SHOW(seteuid(0));
    chmod("server", 0222);
    seteuid(1000);
    SHOW(connect(client, name("server"), LENGTH("server")));
    seteuid(0);
    SHOW(mknod("made", S_IFSOCK | 0777, 0));
    close(client);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(client, name("made"), LENGTH("made")));
    SHOW(bind(client, name("made"), LENGTH("made")));
    close(client), close(server);
}

/* Threads that wait for one another. */
static int server;
static void *serve(void *argument) {
    for (int i = 0; i < 50; i++) {
        int file = accept(server, NULL, NULL);
        char buffer[4096];
        long count, total = 0;
        while ((count = read(file, buffer, sizeof buffer)) > 0) {
            for (long done = 0; done < count;) {
                long written = write(file, buffer + done, count - done);
                if (written <= 0) break;
                done += written;
            }
            total += count;
        }
        close(file);
        if (total != 1000 * i) return "wrong";
    }
    return "served";
}
static void *send_all(void *argument) {
    static char bytes[100000];
    int *job = argument;
    for (int done = 0; done < job[1];) {
        int count = write(job[0], bytes + done, job[1] - done);
        if (count <= 0) break;
        done += count;
    }
    shutdown(job[0], SHUT_WR);
    return NULL;
}
static void threads(void) {
    say("-- threads");
    pthread_t thread, sender;
    void *result;
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(server, name("@threads"), LENGTH("@threads"));
    listen(server, 1);
    pthread_create(&thread, NULL, serve, NULL);
    int wrong = 0;
    for (int i = 0; i < 50; i++) {
        int file = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(file, name("@threads"), LENGTH("@threads"))) wrong++;
        int job[2] = {file, 1000 * i};
        pthread_create(&sender, NULL, send_all, job);
        char buffer[4096];
        long count, total = 0;
        while ((count = read(file, buffer, sizeof buffer)) > 0) total += count;
        if (total != 1000 * i) wrong++;
        pthread_join(sender, NULL);
        close(file);
    }
    pthread_join(thread, &result);
    say("%s, %d wrong", (char *)result, wrong);
    close(server);
}

/* Several that wait in one accept, and in one receive: each gets one. */
static int waiting[2];
static void *accept_one(void *argument) {
    int file = accept(server, NULL, NULL);
    char byte = 0;
    recv(file, &byte, 1, 0);
    send(file, "a", 1, 0);
    close(file);
    return (void *)(long)byte;
}
static void *receive_one(void *argument) {
    char byte = 0;
    recv(waiting[1], &byte, 1, 0);
    return (void *)(long)byte;
}
static void several(void) {
    pthread_t threads[4];
    void *result;
    server = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    bind(server, name("@several"), LENGTH("@several"));
    listen(server, 4);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, accept_one, NULL);
    int answers = 0, sum = 0;
    for (int i = 0; i < 4; i++) {
        int file = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        char byte = 'A' + i;
        connect(file, name("@several"), LENGTH("@several"));
        send(file, &byte, 1, 0);
        answers += recv(file, &byte, 1, 0) == 1 && byte == 'a';
        close(file);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], &result), sum += (long)result;
    say("accepted: %d answers, sum %d", answers, sum);
    close(server);
    sum = 0;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, waiting);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, receive_one, NULL);
    for (int i = 0; i < 4; i++) {
        char byte = 'A' + i;
        send(waiting[0], &byte, 1, 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], &result), sum += (long)result;
    say("received: sum %d", sum);
    close(waiting[0]), close(waiting[1]);
}

/* Closing a descriptor that another thread waits with ends nothing. */
static void *late(void *argument) {
    struct timespec time = {0, 50000000};
    int *files = argument;
    nanosleep(&time, NULL);
    close(files[1]);
    nanosleep(&time, NULL);
    send(files[0], "x", 1, 0);
    return NULL;
}
static void closing(void) {
    int pair[2];
    char byte;
    pthread_t thread;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pthread_create(&thread, NULL, late, pair);
    SHOW(recv(pair[1], &byte, 1, 0));
    pthread_join(thread, NULL);
    SHOW(send(pair[0], "x", 1, MSG_NOSIGNAL));
    close(pair[0]);
}

int main(void) {
    enter_scratch();
    binding(SOCK_STREAM);
    binding(SOCK_DGRAM);
    connections(SOCK_STREAM);
    connections(SOCK_SEQPACKET);
    datagrams();
    permissions();
    threads();
    several();
    closing();
    return 0;
}
