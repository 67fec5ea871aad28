/* Covers: execve */
/* execve(2) in a process of several threads: the others end, the process keeps its number. */
#include "processes.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/eventfd.h>

static pid_t child;
static char *const arguments[] = {"self", "tell", NULL};
static volatile int running, never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gate door;

static int threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
static int tell(void) {
    HOLDS(getpid() == atoi(getenv("PID")) && gettid() == getpid());
    HOLDS(getppid() == atoi(getenv("PPID")));
    say("threads %d", threads());
    char byte;
    if (fcntl(60, F_GETFD) >= 0) SHOW(read(60, &byte, 1)); /* the end: no thread has the other side */
    return 9;
}
static void remember(void) {
    char text[16];
    snprintf(text, sizeof text, "%d", getpid());
    setenv("PID", text, 1);
    snprintf(text, sizeof text, "%d", getppid());
    setenv("PPID", text, 1);
}
static void *block(void *file) {
    uint64_t count;
    __sync_fetch_and_add(&running, 1);
    read((int)(long)file, &count, 8);
    return NULL;
}
static void *spin(void *unused) {
    __sync_fetch_and_add(&running, 1);
    while (!never) {}
    return NULL;
}
static void *lock(void *unused) {
    __sync_fetch_and_add(&running, 1);
    pthread_mutex_lock(&mutex);
    return NULL;
}
static void *wait_for_child(void *unused) {
    __sync_fetch_and_add(&running, 1);
    waitpid(-1, NULL, 0);
    return NULL;
}
static void *execute(void *unused) {
    execv("./self", arguments);
    return NULL;
}
static void *execute_absent(void *unused) {
    execv("./absent", arguments);
    return (void *)errno_name(errno);
}
static void *execute_when_open(void *unused) {
    pass(door);
    execv("./self", arguments);
    return NULL;
}
static void *execute_by_child(void *unused) {
    pid_t inner = vfork();
    if (inner == 0) {
        execl("./self", "self", "exit", NULL);
        _exit(1);
    }
    return (void *)(long)WEXITSTATUS(status_of(inner));
}

static void many(void) {
    pthread_t thread;
    int ends[2];
    CHILD(child) {
        remember();
        pipe(ends);
        dup2(ends[0], 60);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        close(ends[0]);
        pthread_mutex_lock(&mutex);
        pthread_create(&thread, NULL, block, (void *)(long)eventfd(0, EFD_CLOEXEC));
        pthread_create(&thread, NULL, spin, NULL);
        pthread_create(&thread, NULL, lock, NULL);
        pid_t inner;
        CHILD(inner) pause();
        pthread_create(&thread, NULL, wait_for_child, NULL);
        while (running < 4) sched_yield();
        say("threads %d", threads());
        kill(inner, SIGKILL);
        execv("./self", arguments);
    }
    reap("by the first", child);
    CHILD(child) {
        remember();
        running = 0;
        pthread_create(&thread, NULL, block, (void *)(long)eventfd(0, EFD_CLOEXEC));
        pthread_create(&thread, NULL, spin, NULL);
        while (running < 2) sched_yield();
        pthread_create(&thread, NULL, execute, NULL);
        for (;;) pause();
    }
    reap("by another", child);
    CHILD(child) {
        remember();
        pthread_create(&thread, NULL, execute_when_open, NULL);
        let(door);
        syscall(SYS_exit, 3); /* this thread alone */
    }
    reap("by another, the first is gone", child);
    for (int round = 0; round < 3; round++) {
        CHILD(child) {
            remember();
            for (int i = 0; i < 4; i++) pthread_create(&thread, NULL, execute_when_open, NULL);
            for (int i = 0; i < 4; i++) let(door);
            for (;;) pause();
        }
        reap("four at once", child);
        char rest[8];
        fcntl(door.ends[0], F_SETFL, O_NONBLOCK);
        read(door.ends[0], rest, 8);
        fcntl(door.ends[0], F_SETFL, 0);
    }
}
static void failures(void) {
    pthread_t thread;
    void *result;
    CHILD(child) {
        running = 0;
        int file = eventfd(0, 0);
        pthread_t other;
        pthread_create(&other, NULL, block, (void *)(long)file);
        while (running < 1) sched_yield();
        pthread_create(&thread, NULL, execute_absent, NULL);
        pthread_join(thread, &result);
        say("absent: %s, threads %d", (char *)result, threads());
        uint64_t one = 1;
        write(file, &one, 8);
        pthread_join(other, NULL);
        pthread_create(&thread, NULL, execute_by_child, NULL);
        pthread_join(thread, &result);
        say("vfork in a thread: %ld", (long)result);
    }
    reap("child", child);
}
/* Its ids, mask and pending signals are those of the thread that executes. */
static void *execute_with_signals(void *unused) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    syscall(SYS_tkill, gettid(), SIGUSR2);
    execl("./self", "self", "signals", NULL);
    return NULL;
}
static void signals(void) {
    pthread_t thread;
    CHILD(child) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGUSR2);
        pthread_sigmask(SIG_SETMASK, &set, NULL);
        syscall(SYS_tkill, getpid(), SIGUSR1); /* for the first thread */
        pthread_create(&thread, NULL, execute_with_signals, NULL);
        for (;;) pause();
    }
    reap("child", child);
}
static int tell_signals(void) {
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("blocked %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    sigpending(&set);
    say("pending %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    return 0;
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "tell")) return tell();
    if (count > 1 && !strcmp(words[1], "exit")) return 5;
    if (count > 1 && !strcmp(words[1], "signals")) return tell_signals();
    enter_scratch();
    copy_self("self", 0755);
    door = make_gate();
    many();
    failures();
    signals();
    return 0;
}
