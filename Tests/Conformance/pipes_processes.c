/* Covers: pipe2 */
/* Pipes, FIFOs and sockets between processes: ends of files, SIGPIPE, pipelines. */
#include "processes.h"
#include <poll.h>
#include <sys/socket.h>

static pid_t child;
static gate door, back;
static char buffer[65536];

static void ends_of_files(void) {
    int ends[2];
    char bytes[16] = "";
    pipe(ends);
    CHILD(child) {
        close(ends[0]);
        write(ends[1], "before", 6);
        pass(door);
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    SHOW(read(ends[0], bytes, 16));
    let(door);
    SHOW(read(ends[0], bytes, 16)); /* asleep until the child's end */
    reap("writer", child);
    struct pollfd entry = {ends[0], POLLIN, 0};
    SHOW(poll(&entry, 1, 0));
    say("events %x", entry.revents);
    close(ends[0]);
    /* Two writers: the end is the last one's. */
    pid_t other;
    pipe(ends);
    CHILD(child) pass(door);
    CHILD(other) {
        pass(door);
        write(ends[1], "late", 4);
    }
    close(ends[1]);
    let(door), let(door);
    long count, total = 0;
    while ((count = read(ends[0], bytes, 16)) > 0) total += count;
    say("total %ld", total);
    reap("first", child);
    reap("second", other);
    close(ends[0]);
    /* A reader that sleeps is woken by the end of the last writer, whatever ends it. */
    pipe(ends);
    CHILD(other) {
        close(ends[0]);
        for (;;) pause();
    }
    CHILD(child) {
        close(ends[1]);
        _exit(read(ends[0], bytes, 1) == 0);
    }
    close(ends[1]);
    close(ends[0]);
    until_state(child, 'S');
    kill(other, SIGTERM);
    reap("writer", other);
    reap("reader", child);
}
static void broken(void) {
    int ends[2];
    pipe(ends);
    CHILD(child) {
        close(ends[0]);
        pass(door);
        SHOW(write(ends[1], "x", 1));
        say("not reached: WRONG");
    }
    close(ends[0]);
    let(door);
    reap("SIGPIPE", child);
    CHILD(child) {
        signal(SIGPIPE, SIG_IGN);
        SHOW(write(ends[1], "x", 1));
        pid_t made;
        CHILD(made) execl("./self", "self", "write", NULL);
        reap("ignored in the new program too", made);
    }
    reap("ignored", child);
    close(ends[1]);
    /* A writer that sleeps. */
    pid_t reader;
    pipe(ends);
    CHILD(reader) {
        close(ends[1]);
        for (;;) pause();
    }
    CHILD(child) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        long total = 0, count;
        while ((count = write(ends[1], buffer, 1000)) > 0) total += count;
        _exit(total == 64000 && errno == EPIPE);
    }
    close(ends[0]);
    close(ends[1]);
    until_state(child, 'S');
    kill(reader, SIGKILL);
    reap("reader", reader);
    reap("writer", child);
}
static unsigned step(unsigned hash, const char *bytes, long count) {
    for (long i = 0; i < count; i++) hash = hash * 31 + (unsigned char)bytes[i];
    return hash;
}
/* Source, a filter twice, and the sum. */
static void pipeline(void) {
    int one[2], two[2], three[2];
    pid_t source, first, second;
    unsigned expected = 0;
    pipe(one), pipe(two), pipe(three);
    for (int i = 0; i < 300; i++) {
        for (int j = 0; j < 5000; j++) buffer[j] = (char)(i * 7 + j + 2);
        expected = step(expected, buffer, 5000);
    }
    CHILD(source) {
        close(one[0]), close(two[0]), close(two[1]), close(three[0]), close(three[1]);
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 5000; j++) buffer[j] = (char)(i * 7 + j);
            for (long done = 0; done < 5000;) done += write(one[1], buffer + done, 5000 - done);
        }
    }
    CHILD(first) {
        dup2(one[0], 0), dup2(two[1], 1);
        close(one[0]), close(one[1]), close(two[0]), close(two[1]), close(three[0]), close(three[1]);
        execl("./self", "self", "filter", NULL);
    }
    CHILD(second) {
        dup2(two[0], 0), dup2(three[1], 1);
        close(one[0]), close(one[1]), close(two[0]), close(two[1]), close(three[0]), close(three[1]);
        execl("./self", "self", "filter", NULL);
    }
    close(one[0]), close(one[1]), close(two[0]), close(two[1]), close(three[1]);
    unsigned hash = 0;
    long total = 0, count;
    while ((count = read(three[0], buffer, sizeof buffer)) > 0) {
        hash = step(hash, buffer, count);
        total += count;
    }
    say("total %ld", total);
    HOLDS(hash == expected);
    reap("source", source);
    reap("first", first);
    reap("second", second);
    close(three[0]);
    /* Whose reader ends early. */
    pipe(one);
    CHILD(source) {
        close(one[0]);
        for (;;) write(one[1], buffer, 4096);
    }
    CHILD(first) {
        close(one[1]);
        for (int i = 0; i < 10; i++) read(one[0], buffer, 4096);
    }
    close(one[0]), close(one[1]);
    reap("head", first);
    reap("yes", source);
}
/* Up to PIPE_BUF bytes come whole among those of others. */
static void atomic(void) {
    int ends[2], broken = 0, counts[4] = {0};
    pid_t writers[4];
    pipe(ends);
    for (int i = 0; i < 4; i++)
        CHILD(writers[i]) {
            memset(buffer, 'a' + i, 4096);
            for (int j = 0; j < 50; j++) write(ends[1], buffer, 4096);
        }
    close(ends[1]);
    for (;;) {
        long got = 0, count;
        while (got < 4096 && (count = read(ends[0], buffer + got, 4096 - got)) > 0) got += count;
        if (got < 4096) break;
        for (int i = 1; i < 4096; i++) broken += buffer[i] != buffer[0];
        counts[buffer[0] - 'a']++;
    }
    say("%d %d %d %d, broken %d", counts[0], counts[1], counts[2], counts[3], broken);
    for (int i = 0; i < 4; i++) status_of(writers[i]);
    close(ends[0]);
}
static void named(void) {
    char bytes[16] = "";
    mkfifo("fifo", 0600);
    CHILD(child) {
        int file = open("fifo", O_WRONLY); /* asleep until there is a reader */
        write(file, "by name", 7);
        let(back);
        pass(door);
    }
    until_state(child, 'S');
    int file = open("fifo", O_RDONLY);
    SHOW(read(file, bytes, 16));
    say("%s", bytes);
    pass(back);
    let(door);
    SHOW(read(file, bytes, 16));
    reap("writer", child);
    close(file);
    CHILD(child) {
        int file = open("fifo", O_RDONLY);
        SHOW(read(file, bytes, 16));
        SHOW(read(file, bytes, 16));
    }
    until_state(child, 'S');
    file = open("fifo", O_WRONLY);
    write(file, "1", 1);
    close(file);
    reap("reader", child);
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    CHILD(child) {
        SHOW(open("fifo", O_RDONLY)); /* a signal ends the wait */
    }
    until_state(child, 'S');
    kill(child, SIGINT);
    reap("interrupted", child);
}
static void sockets(void) {
    int ends[2];
    char bytes[16] = "";
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    CHILD(child) {
        close(ends[0]);
        SHOW(read(ends[1], bytes, 16));
        write(ends[1], "answer", 6);
        pass(door);
    }
    close(ends[1]);
    write(ends[0], "question", 8);
    SHOW(read(ends[0], bytes, 16));
    let(door);
    SHOW(read(ends[0], bytes, 16));
    reap("peer", child);
    SHOW(send(ends[0], "x", 1, MSG_NOSIGNAL));
    CHILD(child) write(ends[0], "x", 1);
    reap("writer", child);
    close(ends[0]);
    /* What was not read: the other side is told. */
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    CHILD(child) {
        close(ends[0]);
        pass(door);
    }
    close(ends[1]);
    write(ends[0], "unread", 6);
    let(door);
    reap("peer", child);
    SHOW(read(ends[0], bytes, 16));
    SHOW(read(ends[0], bytes, 16));
}
/* Many hand-overs. */
static void ping_pong(void) {
    gate there = make_gate(), here = make_gate();
    CHILD(child)
        for (int i = 0; i < 2000; i++) {
            pass(there);
            let(here);
        }
    for (int i = 0; i < 2000; i++) {
        let(there);
        pass(here);
    }
    reap("ping-pong", child);
}

int main(int count, char **arguments) {
    if (count > 1 && !strcmp(arguments[1], "filter")) {
        for (long length; (length = read(0, buffer, 3333)) > 0;) {
            for (long i = 0; i < length; i++) buffer[i]++;
            for (long done = 0; done < length;) done += write(1, buffer + done, length - done);
        }
        return 0;
    }
    if (count > 1) {
        int ends[2];
        pipe(ends);
        close(ends[0]);
        SHOW(write(ends[1], "x", 1));
        return 3;
    }
    enter_scratch();
    copy_self("self", 0755);
    door = make_gate();
    back = make_gate();
    ends_of_files();
    broken();
    pipeline();
    atomic();
    named();
    sockets();
    ping_pong();
    return 0;
}
