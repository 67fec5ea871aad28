/* Covers: fcntl flock */
/* Locks of files between processes: who holds them, who waits, deadlocks, what an end releases. */
#include "processes.h"
#include <sys/file.h>

static pid_t child;
static gate door, back;
static int file;

static int lock(int descriptor, int command, short type, long start, long length, struct flock *found) {
    struct flock wanted = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    int result = fcntl(descriptor, command, &wanted);
    if (found) *found = wanted;
    return result;
}
#define LOCK(type, start, length) lock(file, F_SETLK, type, start, length, NULL)
#define LOCK_WAITING(type, start, length) lock(file, F_SETLKW, type, start, length, NULL)
static void find(const char *what, short type, long start, long length, pid_t expected) {
    struct flock found;
    int result = lock(file, F_GETLK, type, start, length, &found);
    if (result) say("%s: %s", what, errno_name(errno));
    else if (found.l_type == F_UNLCK) say("%s: free", what);
    else
        say("%s: type %d, %ld + %ld, %s", what, found.l_type, (long)found.l_start, (long)found.l_len,
            found.l_pid == expected ? "the expected process" : "another");
}

static void ranges(void) {
    SHOW(LOCK(F_WRLCK, 10, 10));
    SHOW(LOCK(F_RDLCK, 30, 10));
    CHILD(child) {
        find("whole", F_WRLCK, 0, 0, getppid());
        find("behind", F_WRLCK, 20, 0, getppid());
        find("read a read one", F_RDLCK, 30, 5, getppid());
        find("between", F_WRLCK, 20, 10, getppid());
        SHOW(LOCK(F_RDLCK, 10, 1));
        SHOW(LOCK(F_RDLCK, 35, 10));
        SHOW(LOCK(F_WRLCK, 35, 1));
        SHOW(LOCK(F_WRLCK, 20, 10));
        let(back);
        pass(door);
    }
    pass(back);
    find("the child's", F_WRLCK, 20, 100, child);
    find("the child's read one", F_WRLCK, 36, 100, child);
    SHOW(LOCK(F_WRLCK, 30, 10)); /* shared with the child */
    SHOW(LOCK(F_UNLCK, 12, 3)); /* splits */
    let(door);
    reap("child", child);
    find("after its end", F_WRLCK, 20, 100, child);
    SHOW(LOCK(F_WRLCK, 30, 10));
    CHILD(child) {
        find("first part", F_WRLCK, 0, 0, getppid());
        find("hole", F_WRLCK, 12, 3, getppid());
        find("second part", F_WRLCK, 12, 4, getppid());
    }
    reap("child", child);
    /* By name of the file, not of the descriptor: closing any drops all. */
    int other = open("file", O_RDONLY);
    close(other);
    CHILD(child) find("after a close", F_WRLCK, 0, 0, getppid());
    reap("child", child);
}
static void waiting(void) {
    SHOW(LOCK(F_WRLCK, 0, 10));
    CHILD(child) {
        _exit(LOCK_WAITING(F_WRLCK, 5, 10) == 0 ? 1 : 2);
    }
    until_state(child, 'S');
    find("not yet", F_WRLCK, 12, 1, 0);
    SHOW(LOCK(F_UNLCK, 0, 5)); /* not enough */
    SHOW(waitpid(child, NULL, WNOHANG));
    SHOW(LOCK(F_UNLCK, 5, 5));
    reap("woken by the unlock", child);
    /* By a change of type, a close and an end. */
    SHOW(LOCK(F_WRLCK, 0, 10));
    CHILD(child) _exit(LOCK_WAITING(F_RDLCK, 0, 10) == 0 ? 1 : 2);
    until_state(child, 'S');
    SHOW(LOCK(F_RDLCK, 0, 10));
    reap("woken by a read lock", child);
    SHOW(LOCK(F_WRLCK, 0, 10));
    CHILD(child) _exit(LOCK_WAITING(F_RDLCK, 0, 10) == 0 ? 1 : 2);
    until_state(child, 'S');
    close(open("file", O_RDONLY));
    reap("woken by a close", child);
    pid_t holder;
    for (int how = 0; how < 3; how++) {
        CHILD(holder) {
            LOCK(F_WRLCK, 0, 10);
            let(back);
            pass(door);
            if (how == 0) _exit(0);
            if (how == 1) kill(getpid(), SIGKILL);
            dup2(back.ends[1], 60);
            execl("./self", "self", "sleep", NULL); /* keeps it */
        }
        pass(back);
        CHILD(child) _exit(LOCK_WAITING(F_WRLCK, 0, 10) == 0 ? 1 : 2);
        until_state(child, 'S');
        let(door);
        if (how == 2) {
            pass(back);
            SHOW(waitpid(child, NULL, WNOHANG));
            kill(holder, SIGTERM);
        }
        reap("holder", holder);
        reap("woken by its end", child);
    }
    /* A signal ends the wait. */
    SHOW(LOCK(F_WRLCK, 0, 10));
    CHILD(child) LOCK_WAITING(F_WRLCK, 0, 10);
    until_state(child, 'S');
    kill(child, SIGTERM);
    reap("killed", child);
    SHOW(LOCK(F_UNLCK, 0, 0));
}
static void deadlock(void) {
    SHOW(LOCK(F_WRLCK, 0, 1));
    CHILD(child) {
        LOCK(F_WRLCK, 1, 1);
        let(back);
        int result = LOCK_WAITING(F_WRLCK, 0, 1);
        _exit(result == 0 ? 1 : 2);
    }
    pass(back);
    until_state(child, 'S');
    SHOW(LOCK_WAITING(F_WRLCK, 1, 1));
    SHOW(LOCK(F_UNLCK, 0, 1));
    reap("the other", child);
    /* Around three. */
    pid_t second;
    volatile int *goes = shared(4096);
    SHOW(LOCK(F_WRLCK, 0, 1));
    CHILD(child) {
        LOCK(F_WRLCK, 1, 1);
        let(back);
        while (!*goes) sched_yield(); /* it sleeps for the lock alone */
        _exit(LOCK_WAITING(F_WRLCK, 0, 1) == 0 ? 1 : 2);
    }
    pass(back);
    CHILD(second) {
        LOCK(F_WRLCK, 2, 1);
        let(back);
        _exit(LOCK_WAITING(F_WRLCK, 1, 1) == 0 ? 1 : 2);
    }
    pass(back);
    until_state(second, 'S');
    *goes = 1;
    until_state(child, 'S');
    SHOW(LOCK_WAITING(F_WRLCK, 2, 1));
    SHOW(LOCK(F_UNLCK, 0, 1));
    reap("the second", child);
    reap("the third", second);
}
static void open_files(void) {
    int own = open("file", O_RDWR), other = open("file", O_RDWR);
    SHOW(lock(own, F_OFD_SETLK, F_WRLCK, 0, 10, NULL));
    CHILD(child) {
        find("an open file's", F_WRLCK, 0, 1, -1);
        SHOW(LOCK(F_WRLCK, 0, 1));
        SHOW(lock(own, F_OFD_SETLK, F_RDLCK, 0, 10, NULL)); /* the same open file */
        SHOW(lock(own, F_OFD_SETLK, F_WRLCK, 0, 10, NULL));
    }
    reap("child", child);
    SHOW(lock(other, F_OFD_SETLK, F_WRLCK, 0, 1, NULL)); /* the child's end released nothing */
    CHILD(child) {
        close(own);
        _exit(lock(other, F_OFD_SETLKW, F_WRLCK, 0, 10, NULL) == 0 ? 1 : 2);
    }
    until_state(child, 'S');
    close(own);
    reap("woken by the last close", child);
    close(other);
}
static void whole_files(void) {
    int own = open("file", O_RDWR);
    SHOW(flock(own, LOCK_SH));
    CHILD(child) {
        int other = open("file", O_RDWR);
        SHOW(flock(other, LOCK_SH | LOCK_NB));
        SHOW(flock(other, LOCK_EX | LOCK_NB)); /* the shared one is lost in trying */
        SHOW(LOCK(F_WRLCK, 0, 0)); /* another kind */
        let(back);
        _exit(flock(other, LOCK_EX) == 0 ? 1 : 2);
    }
    pass(back);
    until_state(child, 'S');
    SHOW(flock(own, LOCK_UN));
    reap("woken by the unlock", child);
    SHOW(flock(own, LOCK_EX));
    CHILD(child) {
        int other = open("file", O_RDWR);
        let(back);
        _exit(flock(other, LOCK_SH) == 0 ? 1 : 2);
    }
    pass(back);
    until_state(child, 'S');
    SHOW(flock(own, LOCK_SH)); /* less */
    reap("woken by less", child);
    /* The last copy of the descriptor releases it. */
    SHOW(flock(own, LOCK_EX));
    pid_t holder;
    CHILD(holder) pass(door);
    close(own);
    own = open("file", O_RDWR);
    SHOW(flock(own, LOCK_EX | LOCK_NB));
    CHILD(child) {
        int other = open("file", O_RDWR);
        let(back);
        _exit(flock(other, LOCK_EX) == 0 ? 1 : 2);
    }
    pass(back);
    until_state(child, 'S');
    let(door);
    reap("holder", holder);
    reap("woken by its end", child);
    CHILD(child) {
        int other = open("file", O_RDWR);
        flock(other, LOCK_EX);
        int again = open("file", O_RDWR);
        flock(again, LOCK_EX); /* against itself: for ever */
    }
    until_state(child, 'S');
    SHOW(waitpid(child, NULL, WNOHANG));
    kill(child, SIGKILL);
    reap("against itself", child);
    SHOW(flock(own, LOCK_EX | LOCK_NB));
}
/* fork(2) does not give locks, and threads share them. */
static void contention(void) {
    pid_t children[4];
    int counter = open("counter", O_RDWR | O_CREAT, 0600);
    long value = 0;
    pwrite(counter, &value, sizeof value, 0);
    for (int i = 0; i < 4; i++)
        CHILD(children[i])
            for (int j = 0; j < 200; j++) {
                lock(counter, F_SETLKW, F_WRLCK, 0, 0, NULL);
                pread(counter, &value, sizeof value, 0);
                value++;
                pwrite(counter, &value, sizeof value, 0);
                lock(counter, F_SETLKW, F_UNLCK, 0, 0, NULL);
            }
    for (int i = 0; i < 4; i++) status_of(children[i]);
    pread(counter, &value, sizeof value, 0);
    say("counter %ld", value);
}

int main(int count, char **arguments) {
    if (count > 1) {
        let((gate){{60, 60}});
        for (;;) pause();
    }
    enter_scratch();
    copy_self("self", 0755);
    make_file("file", "0123456789", 10);
    file = open("file", O_RDWR);
    door = make_gate();
    back = make_gate();
    ranges();
    waiting();
    deadlock();
    open_files();
    whole_files();
    contention();
    return 0;
}
