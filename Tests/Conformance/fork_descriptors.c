/* Covers: fork flock */
/* fork(2): descriptors are the child's own, what they open is shared; record locks are not inherited. */
#include "processes.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static pid_t child;
static gate to_child, to_parent;

static void offsets(void) {
    char bytes[8] = "";
    make_file("file", "0123456789abcdef", 16);
    int file = open("file", O_RDWR), kept = open("file", O_RDONLY | O_CLOEXEC), other = dup(file);
    CHILD(child) {
        SHOW(read(file, bytes, 4));
        say("%s", bytes);
        SHOW(fcntl(kept, F_GETFD));
        SHOW(fcntl(file, F_GETFD));
        SHOW(fcntl(file, F_SETFL, O_APPEND | O_NONBLOCK));
        SHOW(fcntl(file, F_SETFD, FD_CLOEXEC));
        SHOW(close(other));
        SHOW(close(kept));
        HOLDS(open("file", O_RDONLY) == kept);
        dup2(1, 50);
    }
    reap("child", child);
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(lseek(other, 0, SEEK_CUR));
    SHOW(lseek(kept, 0, SEEK_CUR));
    say("flags %lx", open_flags(fcntl(file, F_GETFL)) & (O_APPEND | O_NONBLOCK | O_ACCMODE));
    SHOW(fcntl(file, F_GETFD));
    SHOW(fcntl(kept, F_GETFD));
    SHOW(fcntl(50, F_GETFD));
    CHILD(child) {
        let(to_parent);
        pass(to_child);
        SHOW(lseek(file, 0, SEEK_CUR));
        SHOW(fcntl(kept, F_GETFD));
    }
    pass(to_parent);
    SHOW(lseek(file, 9, SEEK_SET));
    close(kept);
    let(to_child);
    reap("child", child);
    close(file);
    close(other);
    /* The child's is the last. */
    int ends[2];
    pipe(ends);
    CHILD(child) {
        close(ends[0]);
        pass(to_child);
        write(ends[1], "last", 4);
    }
    close(ends[1]);
    struct pollfd entry = {ends[0], POLLIN, 0};
    SHOW(poll(&entry, 1, 0));
    let(to_child);
    memset(bytes, 0, 8);
    SHOW(read(ends[0], bytes, 8));
    SHOW(read(ends[0], bytes, 8));
    reap("writer", child);
    close(ends[0]);
    /* A folder is read on by the other. */
    mkdir("folder", 0700);
    for (char name[] = "folder/a"; name[7] < 'e'; name[7]++) make_file(name, "", 0);
    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    CHILD(child) {
        char entries[4096];
        HOLDS(syscall(SYS_getdents64, folder, entries, sizeof entries) > 0);
    }
    reap("reader", child);
    char entries[4096];
    SHOW(syscall(SYS_getdents64, folder, entries, sizeof entries));
    close(folder);
}
static void events(void) {
    uint64_t count;
    int counter = eventfd(0, EFD_NONBLOCK), epoll = epoll_create1(0), ends[2];
    pipe(ends);
    struct epoll_event event = {EPOLLIN, {.u32 = 7}}, got = {0};
    CHILD(child) {
        count = 5;
        write(counter, &count, 8);
        SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
    }
    reap("child", child);
    SHOW(read(counter, &count, 8));
    say("count %d", (int)count);
    write(ends[1], "x", 1);
    SHOW(epoll_wait(epoll, &got, 1, 0));
    say("data %d", got.data.u32);
    CHILD(child) SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL));
    reap("child", child);
    SHOW(epoll_wait(epoll, &got, 1, 0));
    /* A signalfd reads the signals of who reads. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_NONBLOCK);
    raise(SIGUSR1);
    struct signalfd_siginfo information;
    CHILD(child) {
        SHOW(read(signals, &information, sizeof information));
        raise(SIGUSR1);
        SHOW(read(signals, &information, sizeof information));
        HOLDS(information.ssi_pid == (unsigned)getpid());
    }
    reap("child", child);
    SHOW(read(signals, &information, sizeof information));
    HOLDS(information.ssi_pid == (unsigned)getpid());
    /* A timerfd is one. */
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    CHILD(child) {
        struct itimerspec soon = {{0, 0}, {0, 1000000}};
        SHOW(timerfd_settime(timer, 0, &soon, NULL));
    }
    reap("child", child);
    SHOW(read(timer, &count, 8));
    /* inotify too. */
    int watch = inotify_init1(IN_NONBLOCK);
    CHILD(child) HOLDS(inotify_add_watch(watch, ".", IN_CREATE) == 1);
    reap("child", child);
    make_file("made", "", 0);
    struct { struct inotify_event event; char name[256]; } told = {0};
    HOLDS(read(watch, &told, sizeof told) > 0);
    say("%x %s", told.event.mask, told.event.name);
    int memory = memfd_create("memory", 0);
    CHILD(child) write(memory, "in memory", 9);
    reap("child", child);
    char bytes[16] = "";
    SHOW(pread(memory, bytes, 15, 0));
    say("%s", bytes);
}
static void record(const char *what, int file, int command, short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 8};
    int result = fcntl(file, command, &lock);
    if (command == F_GETLK || command == F_OFD_GETLK)
        say("%s: %s type %d by %s", what, result ? errno_name(errno) : "0", lock.l_type,
            lock.l_type == F_UNLCK ? "none" : lock.l_pid == -1 ? "-1" : lock.l_pid == getppid() ? "the parent"
            : lock.l_pid == child ? "the child" : lock.l_pid == getpid() ? "itself" : "another");
    else say("%s: %s", what, result ? errno_name(errno) : "0");
}
static void locks(void) {
    int file = open("file", O_RDWR), other = open("file", O_RDWR);
    record("lock", file, F_SETLK, F_WRLCK);
    CHILD(child) {
        record("child: get", file, F_GETLK, F_RDLCK);
        record("child: lock", file, F_SETLK, F_RDLCK);
        record("child: unlock", file, F_SETLK, F_UNLCK);
        record("child: get", file, F_GETLK, F_RDLCK);
        close(file);
        record("child: get after close", other, F_GETLK, F_RDLCK);
        let(to_parent);
        pass(to_child);
        record("child: lock when free", other, F_SETLK, F_WRLCK);
        let(to_parent);
        pass(to_child);
    }
    pass(to_parent);
    record("unlock", file, F_SETLK, F_UNLCK);
    let(to_child);
    pass(to_parent);
    record("get", file, F_GETLK, F_WRLCK);
    record("lock", file, F_SETLK, F_WRLCK);
    let(to_child);
    reap("child", child);
    record("lock after its end", file, F_SETLK, F_WRLCK);
    record("unlock", file, F_SETLK, F_UNLCK);

    record("open file: lock", file, F_OFD_SETLK, F_WRLCK);
    CHILD(child) {
        record("child: lock by another", other, F_OFD_SETLK, F_WRLCK);
        record("child: get by another", other, F_OFD_GETLK, F_WRLCK);
        record("child: lock again", file, F_OFD_SETLK, F_RDLCK);
        close(file);
    }
    reap("child", child);
    record("open file: get by another", other, F_OFD_GETLK, F_WRLCK);
    CHILD(child) record("child: unlock", file, F_OFD_SETLK, F_UNLCK);
    reap("child", child);
    record("open file: get by another", other, F_OFD_GETLK, F_WRLCK);

    SHOW(flock(file, LOCK_EX));
    CHILD(child) {
        int own = open("file", O_RDWR);
        SHOW(flock(own, LOCK_SH | LOCK_NB));
        SHOW(flock(file, LOCK_SH | LOCK_NB));
        SHOW(flock(own, LOCK_SH | LOCK_NB));
        SHOW(flock(own, LOCK_UN));
        SHOW(flock(file, LOCK_EX | LOCK_NB));
        close(file);
    }
    reap("child", child);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    CHILD(child) SHOW(flock(file, LOCK_UN));
    reap("child", child);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    /* Held by the child's descriptor alone. */
    int held = open("file", O_RDWR);
    SHOW(flock(other, LOCK_UN));
    SHOW(flock(held, LOCK_EX));
    CHILD(child) {
        close(to_parent.ends[0]);
        pass(to_child);
    }
    close(held);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    let(to_child);
    reap("child", child);
    SHOW(flock(other, LOCK_EX | LOCK_NB));
}

int main(void) {
    enter_scratch();
    to_child = make_gate();
    to_parent = make_gate();
    offsets();
    events();
    locks();
    return 0;
}
