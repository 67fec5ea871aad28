/* Covers: splice tee vmsplice */
#include "conformance.h"
#include <sys/socket.h>

#define SPLICE(in, from, out, to, count, flags) \
    SHOW(syscall(SYS_splice, in, from, out, to, (long)(count), flags))
#define TEE(in, out, count, flags) SHOW(syscall(SYS_tee, in, out, (long)(count), flags))
#define NONBLOCK 2

static char buffer[300000], back[300000];

static void drain(int descriptor) {
    long total = 0, count;
    while ((count = read(descriptor, buffer, sizeof buffer)) > 0) total += count;
    say("drained %ld", total);
}

static void files(void) {
    int ends[2], in = open("in", O_RDONLY), out = open("out", O_CREAT | O_RDWR, 0644);
    pipe2(ends, O_NONBLOCK);
    SPLICE(in, NULL, ends[1], NULL, 4, 0);
    SHOW(lseek(in, 0, SEEK_CUR));
    loff_t offset = 6;
    SPLICE(in, &offset, ends[1], NULL, 100, 0);
    say("offset %ld", (long)offset);
    SHOW(lseek(in, 0, SEEK_CUR));
    SPLICE(in, &offset, ends[1], NULL, 100, 0);
    offset = 3;
    SPLICE(ends[0], NULL, out, &offset, 5, 0);
    say("offset %ld", (long)offset);
    SHOW(lseek(out, 0, SEEK_CUR));
    SPLICE(ends[0], NULL, out, NULL, 100, 0);
    SHOW(lseek(out, 0, SEEK_CUR));
    SHOW(pread(out, back, 32, 0));
    say_bytes("out", back, 8);
    SPLICE(ends[0], NULL, out, NULL, 1, 0);
    SPLICE(ends[0], NULL, out, NULL, 0, 0);
    /* Slots that came from a file take no later write behind them. */
    offset = 0;
    for (int i = 0; i < 17; i++) SPLICE(in, (offset = 0, &offset), ends[1], NULL, 1, 0);
    SHOW(write(ends[1], "x", 1));
    drain(ends[0]);
    SHOW(write(ends[1], "abcdef", 6));
    int null = open("/dev/null", O_WRONLY);
    SPLICE(ends[0], NULL, null, NULL, 2, 0);
    SHOW(read(ends[0], back, 32));
    /* A large file fills the pipe; pieces lie within pages of the file. */
    int big = open("large", O_RDONLY), copy = open("copy", O_CREAT | O_RDWR, 0644);
    offset = 100;
    SPLICE(big, &offset, ends[1], NULL, sizeof buffer, 0);
    say("offset %ld", (long)offset);
    SPLICE(big, &offset, ends[1], NULL, 1, 0);
    SPLICE(ends[0], NULL, copy, NULL, sizeof buffer, 0);
    for (long count; (count = syscall(SYS_splice, big, &offset, ends[1], NULL, 50000L, 0)) > 0;)
        say("%ld in, %ld out", count, syscall(SYS_splice, ends[0], NULL, copy, NULL, 1L << 20, 0));
    struct stat status;
    fstat(copy, &status);
    say("copied %ld", (long)status.st_size);
    pread(big, buffer, sizeof buffer, 100);
    pread(copy, back, sizeof back, 0);
    HOLDS(memcmp(buffer, back, sizeof buffer - 100) == 0);
}

static void pipes(void) {
    int one[2], two[2];
    pipe2(one, O_NONBLOCK);
    pipe2(two, O_NONBLOCK);
    TEE(one[0], two[1], 10, 0);
    SPLICE(one[0], NULL, two[1], NULL, 10, 0);
    SHOW(write(one[1], "0123456789", 10));
    TEE(one[0], two[1], 4, 0);
    TEE(one[0], two[1], 100, 0);
    SHOW(read(two[0], back, 64));
    say_bytes("copied", back, 14);
    SPLICE(one[0], NULL, two[1], NULL, 3, 0);
    SPLICE(one[0], NULL, two[1], NULL, 300, 0);
    SPLICE(one[0], NULL, two[1], NULL, 300, 0);
    SHOW(write(two[1], "behind", 6));
    SHOW(read(two[0], back, 64));
    say_bytes("moved", back, 16);
    memset(buffer, 'a', sizeof buffer);
    SHOW(write(one[1], buffer, sizeof buffer));
    SHOW(write(two[1], buffer, 5000));
    SPLICE(one[0], NULL, two[1], NULL, sizeof buffer, 0);
    SPLICE(one[0], NULL, two[1], NULL, sizeof buffer, 0);
    TEE(one[0], two[1], 10, 0);
    drain(one[0]);
    drain(two[0]);
    SPLICE(one[0], NULL, one[1], NULL, 10, 0);
    TEE(one[0], one[1], 10, 0);
    close(one[1]);
    SPLICE(one[0], NULL, two[1], NULL, 10, 0);
    TEE(one[0], two[1], 10, 0);
    SHOW(write(two[1], "left", 4));
    int three[2];
    pipe(three);
    close(three[0]);
    signal(SIGPIPE, SIG_IGN);
    SPLICE(two[0], NULL, three[1], NULL, 10, 0);
    TEE(two[0], three[1], 10, 0);
    int in = open("in", O_RDONLY);
    SPLICE(in, NULL, three[1], NULL, 10, 0);
    SHOW(read(two[0], back, 64));
}

static void sockets(void) {
    int pair[2], ends[2], others[2];
    pipe(ends);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    SHOW(write(pair[0], "through a pipe", 14));
    SPLICE(pair[1], NULL, ends[1], NULL, 7, 0);
    SPLICE(pair[1], NULL, ends[1], NULL, 100, 0);
    SPLICE(ends[0], NULL, pair[1], NULL, 100, 0);
    SHOW(read(pair[0], back, 64));
    say_bytes("back", back, 14);
    SPLICE(pair[1], NULL, ends[1], NULL, 7, NONBLOCK);
    loff_t offset = 0;
    SPLICE(pair[1], &offset, ends[1], NULL, 7, 0);
    shutdown(pair[0], SHUT_WR);
    SPLICE(pair[1], NULL, ends[1], NULL, 7, 0);
    (void)others;
}

static void memory(void) {
    int ends[2];
    pipe(ends);
    struct iovec parts[3] = {{"one ", 4}, {NULL, 0}, {"two", 3}};
    SHOW(syscall(SYS_vmsplice, ends[1], parts, 3L, 0));
    struct iovec room[2] = {{back, 2}, {back + 10, 20}};
    SHOW(syscall(SYS_vmsplice, ends[0], room, 2L, 0));
    say_bytes("first", back, 2);
    say_bytes("rest", back + 10, 5);
    SHOW(syscall(SYS_vmsplice, ends[0], room, 2L, NONBLOCK));
    SHOW(syscall(SYS_vmsplice, ends[1], room, 0L, 0));
    SHOW(syscall(SYS_vmsplice, ends[1], parts, 3L, 0x10));
    SHOW(syscall(SYS_vmsplice, ends[1], BAD_POINTER, 1L, 0));
    SHOW(syscall(SYS_vmsplice, ends[1], parts, 2000L, 0));
    SHOW(syscall(SYS_vmsplice, 99, parts, 1L, 0));
    SHOW(syscall(SYS_vmsplice, open("in", O_RDWR), parts, 1L, 0));
    struct iovec all = {buffer, sizeof buffer};
    long count = syscall(SYS_vmsplice, ends[1], &all, 1L, NONBLOCK);
    HOLDS(count > 0 && count <= 65536);
    SHOW(syscall(SYS_vmsplice, ends[1], &all, 1L, NONBLOCK));
}

static void errors(void) {
    int ends[2], in = open("in", O_RDWR), folder = open(".", O_RDONLY);
    pipe2(ends, O_NONBLOCK);
    loff_t offset = 0;
    SPLICE(in, NULL, ends[1], NULL, 1, 0x10);
    SPLICE(99, NULL, 98, NULL, 0, 0x10);
    SPLICE(99, NULL, ends[1], NULL, 1, 0);
    SPLICE(in, NULL, 99, NULL, 1, 0);
    SPLICE(in, NULL, in, NULL, 1, 0);
    SPLICE(in, NULL, ends[1], &offset, 1, 0);
    SPLICE(ends[0], &offset, in, NULL, 1, 0);
    SPLICE(ends[1], NULL, in, NULL, 1, 0);
    SPLICE(in, NULL, ends[0], NULL, 1, 0);
    SPLICE(in, BAD_POINTER, ends[1], NULL, 1, 0);
    SPLICE(ends[0], NULL, in, BAD_POINTER, 1, 0);
    offset = -1;
    SPLICE(in, &offset, ends[1], NULL, 1, 0);
    SPLICE(ends[0], NULL, in, &offset, 1, 0);
    SPLICE(folder, NULL, ends[1], NULL, 1, 0);
    SPLICE(in, NULL, ends[1], NULL, -1, 0);
    int append = open("in", O_WRONLY | O_APPEND), reading = open("in", O_RDONLY);
    SHOW(write(ends[1], "x", 1));
    SPLICE(ends[0], NULL, append, NULL, 1, 0);
    SPLICE(ends[0], NULL, reading, NULL, 1, 0);
    SPLICE(append, NULL, ends[1], NULL, 1, 0);
    TEE(ends[0], in, 1, 0);
    TEE(in, ends[1], 1, 0);
    TEE(ends[0], 99, 1, 0);
    TEE(ends[1], ends[0], 1, 0);
    TEE(99, 99, 1, 0x10);
    TEE(99, 99, 0, 0);
}

int main(void) {
    enter_scratch();
    make_file("in", "0123456789", 10);
    for (unsigned i = 0; i < sizeof buffer; i++) buffer[i] = (char)(i * 31 >> 3);
    make_file("large", buffer, sizeof buffer);
    files();
    pipes();
    sockets();
    memory();
    errors();
    return 0;
}
