/* Covers: prlimit64 setrlimit getrlimit */
/* Limits that hold for processes: of a user's processes, files, memory, file sizes, signals. */
#include "processes.h"
#include <sys/file.h>

static pid_t child;
static gate door, back;
static uid_t user; /* of this run alone: some limits count all processes of a user */
static void limit(int which, rlim_t soft, rlim_t hard) {
    struct rlimit limit = {soft, hard};
    if (setrlimit(which, &limit)) say("limit %d: %s", which, errno_name(errno));
}

static void processes(void) {
    CHILD(child) {
        pid_t made[8];
        int count = 0;
        setresgid(user, user, user);
        setresuid(user, user, user);
        limit(RLIMIT_NPROC, 4, 4);
        for (; count < 8; count++) {
            CHILD(made[count]) for (;;) pause();
            if (made[count] < 0) break;
        }
        say("made %d: %s", count, errno_name(errno));
        SHOW(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
        /* A zombie counts until it is waited for. */
        kill(made[0], SIGKILL);
        waitid(P_PID, made[0], NULL, WEXITED | WNOWAIT);
        SHOW(fork());
        reap("one", made[0]);
        CHILD(made[0]) _exit(5);
        reap("one again", made[0]);
        for (int i = 1; i < count; i++) {
            kill(made[i], SIGKILL);
            status_of(made[i]);
        }
    }
    reap("a user", child);
    /* Of root it is not asked. */
    CHILD(child) {
        limit(RLIMIT_NPROC, 0, 0);
        pid_t made;
        CHILD(made) _exit(6);
        reap("root's", made);
    }
    reap("root", child);
    /* Who becomes a user that has too many may do so, but not execute. */
    CHILD(child) {
        limit(RLIMIT_NPROC, 1, 1);
        pid_t others[2];
        for (int i = 0; i < 2; i++) {
            CHILD(others[i]) {
                setresuid(user + 1, user + 1, user + 1);
                let(back);
                for (;;) pause();
            }
            pass(back);
        }
        SHOW(setresuid(user + 1, user + 1, user + 1));
        execl("./self", "self", "exit", NULL);
        say("execve: %s", errno_name(errno));
        SHOW(fork());
        for (int i = 0; i < 2; i++) {
            kill(others[i], SIGKILL);
            reap("another", others[i]);
        }
        execl("./self", "self", "exit", NULL);
        say("execve: %s", errno_name(errno));
    }
    reap("a user's third", child);
}
static void files(void) {
    CHILD(child) {
        limit(RLIMIT_NOFILE, 5, 8);
        SHOW(open("/dev/null", O_RDONLY) >= 0);
        while (open("/dev/null", O_RDONLY) >= 0) {}
        say("%s", errno_name(errno));
        pid_t made;
        CHILD(made) {
            SHOW(open("/dev/null", O_RDONLY));
            close(0);
            SHOW(open("/dev/null", O_RDONLY));
            limit(RLIMIT_NOFILE, 8, 8);
            SHOW(dup2(1, 7));
            SHOW(dup2(1, 8));
        }
        reap("made", made);
        SHOW(pipe((int[2]){0, 0}));
    }
    reap("files", child);
}
static void sizes(void) {
    char bytes[1000] = "";
    CHILD(child) {
        limit(RLIMIT_FSIZE, 1500, 3000);
        int file = open("sized", O_RDWR | O_CREAT | O_TRUNC, 0600);
        SHOW(write(file, bytes, 1000));
        SHOW(write(file, bytes, 1000)); /* up to the limit */
        SHOW(write(file, bytes, 1000));
        say("not reached: WRONG");
    }
    reap("SIGXFSZ", child);
    CHILD(child) {
        limit(RLIMIT_FSIZE, 1500, 3000);
        signal(SIGXFSZ, SIG_IGN);
        int file = open("sized", O_RDWR | O_CREAT | O_TRUNC, 0600);
        SHOW(pwrite(file, bytes, 1000, 1400));
        SHOW(pwrite(file, bytes, 1000, 1500));
        SHOW(ftruncate(file, 1500));
        SHOW(ftruncate(file, 1501));
        SHOW(posix_fallocate(file, 0, 2000) == EFBIG);
        int ends[2];
        pipe(ends);
        SHOW(write(ends[1], bytes, 1000));
        SHOW(write(ends[1], bytes, 1000)); /* no file */
    }
    reap("ignored", child);
}
static void memory(void) {
    CHILD(child) {
        limit(RLIMIT_AS, 64 << 20, 64 << 20);
        SHOW(mmap(NULL, 100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
        SHOW(mmap(NULL, 10 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
        pid_t made;
        CHILD(made) {
            HOLDS(mmap(NULL, 60 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM);
        }
        reap("its child", made);
    }
    reap("address space", child);
    CHILD(child) {
        char *end = (char *)syscall(SYS_brk, 0);
        limit(RLIMIT_DATA, 8 << 20, 8 << 20);
        HOLDS((char *)syscall(SYS_brk, end + (16 << 20)) == end);
        SHOW(mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
        SHOW(mmap(NULL, 16 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    }
    reap("data", child);
    CHILD(child) {
        limit(RLIMIT_STACK, 1 << 20, RLIM_INFINITY);
        execl("./self", "self", "deep", "100", NULL);
    }
    reap("deep 100 pages", child);
    CHILD(child) {
        limit(RLIMIT_STACK, 1 << 20, RLIM_INFINITY);
        execl("./self", "self", "deep", "400", NULL);
    }
    reap("deep 400 pages", child);
    CHILD(child) {
        setresuid(user, user, user);
        limit(RLIMIT_MEMLOCK, 65536, 65536);
        char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        SHOW(mlock(at, 32768));
        SHOW(mlock(at, 131072));
        SHOW(mlockall(MCL_CURRENT));
        limit(RLIMIT_MEMLOCK, 0, 0);
        SHOW(mlock(at, 4096));
    }
    reap("locked", child);
}
static void signals(void) {
    CHILD(child) {
        union sigval value = {.sival_int = 5};
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGRTMIN);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        setresuid(user, user, user);
        limit(RLIMIT_SIGPENDING, 3, 3);
        for (int i = 0; i < 4; i++) SHOW(sigqueue(getpid(), SIGRTMIN, value));
        SHOW(kill(getpid(), SIGUSR1)); /* always */
    }
    reap("signals", child);
}
static void others(void) {
    struct rlimit old, new;
    CHILD(child) {
        let(back);
        pass(door);
        getrlimit(RLIMIT_NOFILE, &old);
        say("in the child: %d %d", (int)old.rlim_cur, (int)old.rlim_max);
    }
    pass(back);
    new = (struct rlimit){77, 88};
    SHOW(prlimit(child, RLIMIT_NOFILE, &new, &old));
    SHOW(prlimit(child, RLIMIT_NOFILE, NULL, &old));
    say("%d %d", (int)old.rlim_cur, (int)old.rlim_max);
    SHOW(prlimit(0x3fffffff, RLIMIT_NOFILE, NULL, &old));
    SHOW(prlimit(-1, RLIMIT_NOFILE, NULL, &old));
    SHOW(prlimit(child, 16, NULL, &old));
    new = (struct rlimit){9, 8};
    SHOW(prlimit(child, RLIMIT_NOFILE, &new, NULL));
    SHOW(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, BAD_POINTER, NULL));
    SHOW(syscall(SYS_prlimit64, child, RLIMIT_NOFILE, NULL, BAD_POINTER));
    let(door);
    reap("child", child);
    /* Another user's are neither read nor set; less privilege may only lower. */
    CHILD(child) for (;;) pause();
    pid_t other;
    CHILD(other) {
        setresuid(user, user, user);
        SHOW(prlimit(child, RLIMIT_NOFILE, NULL, &old));
        new = (struct rlimit){50, 60};
        SHOW(prlimit(0, RLIMIT_NOFILE, &new, NULL));
        new = (struct rlimit){60, 60};
        SHOW(prlimit(0, RLIMIT_NOFILE, &new, NULL));
        new = (struct rlimit){60, 61};
        SHOW(prlimit(0, RLIMIT_NOFILE, &new, NULL));
        pid_t made;
        CHILD(made) for (;;) pause();
        new = (struct rlimit){40, 41};
        SHOW(prlimit(made, RLIMIT_NOFILE, &new, &old));
        say("%d %d", (int)old.rlim_cur, (int)old.rlim_max);
        kill(made, SIGKILL);
        reap("its child", made);
    }
    reap("another user", other);
    kill(child, SIGKILL);
    reap("child", child);
}
static int deep(int levels) {
    volatile int frame[1024];
    frame[0] = levels;
    return levels ? deep(levels - 1) + frame[0] : frame[0];
}

int main(int count, char **arguments) {
    if (count > 2) {
        say("deep %d", deep(atoi(arguments[2])));
        return 0;
    }
    if (count > 1) return 7;
    user = 100000 + 4 * getpid();
    enter_scratch();
    chmod(".", 0755);
    copy_self("self", 0755);
    door = make_gate();
    back = make_gate();
    processes();
    files();
    sizes();
    memory();
    signals();
    others();
    return 0;
}
