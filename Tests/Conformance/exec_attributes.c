/* Covers: execve */
/* execve(2): what of a process goes on with the new program, and what does not. */
#include "processes.h"
#include <pthread.h>
#include <sys/file.h>
#include <sys/personality.h>
#include <sys/time.h>
#include <sys/times.h>

static pid_t child;
static void note(int number, siginfo_t *information, void *context) {}
static char stack[65536];

static pid_t number_of(const char *name) { return getenv(name) ? atoi(getenv(name)) : -1; }

/* In the new program. */
static int report(void) {
    sigset_t set;
    struct sigaction action;
    stack_t old;
    struct itimerval left;
    struct itimerspec time;
    struct rlimit limit;
    char name[17] = "", path[PATH_MAX];
    int value = -1;
    HOLDS(getpid() == number_of("PID") && getppid() == number_of("PPID"));
    HOLDS(getpgrp() == number_of("GROUP") && getsid(0) == number_of("SESSION"));
    HOLDS(gettid() == getpid());
    say("descriptors:");
    SHOW(fcntl(50, F_GETFD));
    SHOW(fcntl(51, F_GETFD));
    SHOW(lseek(50, 0, SEEK_CUR));
    HOLDS(fcntl(50, F_GETFL) & O_APPEND);
    say("signals:");
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, NULL, &action);
    HOLDS(action.sa_handler == SIG_IGN);
    sigaction(SIGCHLD, NULL, &action);
    HOLDS(action.sa_handler == SIG_IGN);
    sigaction(SIGHUP, NULL, &action);
    HOLDS(action.sa_handler == SIG_DFL);
    sigaction(SIGTERM, NULL, &action);
    say("flags %x", action.sa_flags & (SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER | SA_NOCLDWAIT));
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("blocked %d %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGRTMIN + 1), sigismember(&set, SIGTERM));
    sigpending(&set);
    say("pending %d %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGRTMIN + 1), sigismember(&set, SIGTERM));
    sigaltstack(NULL, &old);
    say("alternate stack %d", old.ss_flags);
    say("timers:");
    for (int which = 0; which < 3; which++) {
        getitimer(which, &left);
        say("%d: %s, interval %ld", which, left.it_value.tv_sec > 3000 ? "goes on" : "none", (long)left.it_interval.tv_sec);
    }
    SHOW(syscall(SYS_timer_gettime, number_of("TIMER"), &time));
    say("places:");
    HOLDS(getcwd(path, sizeof path) && strcmp(strrchr(path, '/'), "/inner") == 0);
    say("mask %o", umask(0));
    getrlimit(RLIMIT_NOFILE, &limit);
    say("files %d %d", (int)limit.rlim_cur, (int)limit.rlim_max);
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(syscall(SYS_sched_getscheduler, 0));
    cpu_set_t cpus;
    sched_getaffinity(0, sizeof cpus, &cpus);
    say("CPUs %d", CPU_COUNT(&cpus));
    say("attributes:");
    prctl(PR_GET_NAME, name);
    say("%s", name);
    prctl(PR_GET_PDEATHSIG, &value);
    say("death signal %d", value);
    prctl(PR_GET_CHILD_SUBREAPER, &value);
    say("reaper %d", value);
    SHOW(prctl(PR_GET_KEEPCAPS));
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_TIMERSLACK));
    SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    say("personality %x", personality(0xffffffff) & ADDR_NO_RANDOMIZE);
    say("memory:");
    say("locked %ld", process_status("VmLck:"));
    mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("locked %ld", process_status("VmLck:"));
    struct tms spent;
    times(&spent);
    HOLDS(spent.tms_utime + spent.tms_stime >= 2);
    say("locks:");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    CHILD(child) {
        fcntl(50, F_GETLK, &lock);
        HOLDS(lock.l_type == F_WRLCK && lock.l_pid == getppid());
        int other = open("../file", O_RDWR);
        SHOW(flock(other, LOCK_EX | LOCK_NB));
    }
    while (wait(NULL) > 0) {} /* SIGCHLD is ignored */
    return 0;
}
static void prepare_and_execute(void) {
    char text[64];
    sigset_t set;
    int file = open("file", O_CREAT | O_RDWR | O_APPEND, 0600);
    dup2(file, 50);
    dup3(0, 51, O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    lseek(50, 33, SEEK_SET);
    fcntl(50, F_SETLK, &lock);
    flock(50, LOCK_EX);
    handle(SIGUSR1, note, SA_RESTART);
    handle(SIGHUP, note, 0);
    handle(SIGTERM, note, SA_ONSTACK | SA_NODEFER | SA_RESTART);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    syscall(SYS_tkill, gettid(), SIGRTMIN + 1);
    stack_t own = {stack, 0, sizeof stack};
    sigaltstack(&own, NULL);
    for (int which = 0; which < 3; which++) setitimer(which, &(struct itimerval){{7 + which, 0}, {3600, 0}}, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    int timer = -1;
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    mkdir("inner", 0700);
    chdir("inner");
    umask(031);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){333, 444});
    setpriority(PRIO_PROCESS, 0, 7);
    syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &(struct sched_param){0});
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    prctl(PR_SET_NAME, "before");
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_KEEPCAPS, 1);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 77777);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    personality(ADDR_NO_RANDOMIZE);
    mlockall(MCL_CURRENT | MCL_FUTURE);
    setpgid(0, 0);
    struct timespec time;
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    while (time.tv_sec == 0 && time.tv_nsec < 60000000);
    static const char *const names[] = {"PID", "PPID", "GROUP", "SESSION", "TIMER"};
    int values[] = {getpid(), getppid(), getpgrp(), getsid(0), timer};
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text, "%d", values[i]);
        setenv(names[i], text, 1);
    }
    execl("../program with a name", "argument", "report", NULL);
    say("%s", errno_name(errno));
}
/* What becomes of memory that is shared, and of marks. */
static void memory(void) {
    make_file("mapped", "0123456789", 10);
    int file = open("mapped", O_RDWR);
    char *both = shared(4096), *of_file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHILD(child) {
        strcpy(both, "written");
        of_file[3] = 'x';
        execl("./self", "self", "exit", NULL);
    }
    reap("child", child);
    char text[16] = "";
    pread(file, text, 10, 0);
    say("%s, %s", both, text);
}
/* The exit signal is SIGCHLD from then on. */
static void exit_signal(void) {
    child = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0) {
        execl("./self", "self", "exit", NULL);
        _exit(1);
    }
    HOLDS(waitid(P_PID, child, NULL, WEXITED | __WALL | WNOWAIT) == 0);
    SHOW(waitid(P_PID, child, NULL, WEXITED));
}
/* One table of descriptors, handlers or places becomes two. */
static char other_stack[65536] __attribute__((aligned(16)));
static int execute(void *unused) {
    close(70);
    execl("./self", "self", "close", NULL);
    _exit(1);
}
static void sharing(void) {
    struct sigaction action;
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    dup2(1, 70), dup2(1, 71), fcntl(71, F_SETFD, FD_CLOEXEC), dup2(1, 72);
    handle(SIGUSR1, note, 0);
    child = clone(execute, other_stack + sizeof other_stack, CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
    reap("shared descriptors", child);
    SHOW(fcntl(70, F_GETFD));
    SHOW(fcntl(71, F_GETFD));
    SHOW(fcntl(72, F_GETFD));
    SHOW(access("self", F_OK)); /* one place stays one */
    fchdir(folder);
    child = clone(execute, other_stack + sizeof other_stack, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);
    reap("shared handlers and memory", child);
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_sigaction == note);
    say("mask %o", umask(022));
}

int main(int count, char **arguments) {
    if (count > 1 && !strcmp(arguments[1], "report")) return report();
    if (count > 1 && !strcmp(arguments[1], "exit")) return 6;
    if (count > 1 && !strcmp(arguments[1], "close")) {
        SHOW(fcntl(71, F_GETFD));
        SHOW(close(72));
        chdir("/");
        umask(0);
        return 7;
    }
    enter_scratch();
    copy_self("program with a name", 0755);
    copy_self("self", 0755);
    CHILD(child) prepare_and_execute();
    reap("child", child);
    memory();
    exit_signal();
    sharing();
    return 0;
}
