/* Covers: clone clone3 */
/* clone(2) of processes: what each flag shares, the exit signal, CLONE_PARENT, pidfds, clone3's own. */
#include "processes.h"
#include <poll.h>

static char stack[4][65536] __attribute__((aligned(16)));
#define STACK(n) (stack[n] + sizeof stack[n])
static volatile int value, handled, told_pid, told_code, told_status;
static volatile pid_t made;
static pid_t process, child;
static gate door;
static void note(int number, siginfo_t *information, void *context) {
    handled = number;
    told_pid = information->si_pid;
    told_code = information->si_code;
    told_status = information->si_status;
}
struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
static long clone3(struct arguments *arguments) { return syscall(SYS_clone3, arguments, sizeof *arguments); }

static int set_value(void *argument) {
    value = (int)(long)argument;
    return 4;
}
static int use_files(void *argument) {
    dup2(1, 40);
    close((int)(long)argument);
    return 0;
}
static int use_place(void *argument) {
    chdir("inner");
    umask(077);
    return 0;
}
static int use_signals(void *argument) {
    signal(SIGUSR1, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return 0;
}
static int tell_stack(void *argument) {
    stack_t old;
    sigaltstack(NULL, &old);
    value = old.ss_flags == SS_DISABLE;
    return 0;
}
static int wait_at_door(void *argument) {
    pass(door);
    return 6;
}
static int who(void *argument) {
    value = getppid() == process && getpid() == syscall(SYS_gettid) && getpid() != process;
    return 0;
}

static void sharing(void) {
    sigset_t set;
    struct sigaction action;
    SHOW(clone(set_value, STACK(0), SIGCHLD, (void *)1L, NULL, NULL, NULL) > 0);
    reap("own memory", -1);
    say("value %d", value);
    SHOW(clone(set_value, STACK(0), CLONE_VM | SIGCHLD, (void *)2L, NULL, NULL, NULL) > 0);
    reap("one memory", -1);
    say("value %d", value);
    clone(who, STACK(0), CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("a process of its own", -1);
    say("value %d", value);

    int file = open("file", O_CREAT | O_RDWR, 0600);
    clone(use_files, STACK(0), CLONE_VM | SIGCHLD, (void *)(long)file, NULL, NULL, NULL);
    reap("own descriptors", -1);
    SHOW(fcntl(40, F_GETFD));
    SHOW(fcntl(file, F_GETFD));
    clone(use_files, STACK(0), CLONE_FILES | SIGCHLD, (void *)(long)file, NULL, NULL, NULL);
    reap("one table of descriptors", -1);
    SHOW(fcntl(40, F_GETFD));
    SHOW(fcntl(file, F_GETFD));
    close(40);

    mkdir("inner", 0700);
    clone(use_place, STACK(0), CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("own place", -1);
    SHOW(access("inner", F_OK));
    clone(use_place, STACK(0), CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("one place", -1);
    SHOW(access("inner", F_OK));
    say("mask %o", umask(022));
    chdir("..");

    handle(SIGUSR1, note, 0);
    clone(use_signals, STACK(0), CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("own handlers", -1);
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_sigaction == note);
    clone(use_signals, STACK(0), CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("one table of handlers", -1);
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_handler == SIG_IGN);
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("mask %d", sigismember(&set, SIGUSR2));

    static char alternate[65536];
    stack_t own = {alternate, 0, sizeof alternate};
    sigaltstack(&own, NULL);
    clone(tell_stack, STACK(0), CLONE_VM | SIGCHLD, NULL, NULL, NULL, NULL);
    reap("one memory", -1);
    say("no alternate stack: %d", value);
    clone(tell_stack, STACK(0), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
    say("borrowed: no alternate stack: %d", value);
    reap("borrowed", -1);
    own.ss_flags = SS_DISABLE;
    sigaltstack(&own, NULL);
}
static void exit_signals(void) {
    int status;
    handle(SIGUSR1, note, 0);
    handle(SIGCHLD, note, 0);
    handled = 0;
    child = clone(set_value, STACK(0), CLONE_VM, (void *)3L, NULL, NULL, NULL);
    SHOW(waitpid(child, &status, 0));
    SHOW(waitpid(-1, &status, WNOHANG));
    HOLDS(waitpid(child, &status, __WCLONE) == child);
    say("%s, signal %d", ending(status), handled);
    child = clone(set_value, STACK(0), CLONE_VM | SIGUSR1, (void *)3L, NULL, NULL, NULL);
    SHOW(waitpid(child, &status, 0));
    reap("SIGUSR1", child);
    say("%s %d %d, the child: %d", signal_name(handled), told_code == CLD_EXITED, told_status, told_pid == child);
    handled = 0;
    child = clone(set_value, STACK(0), CLONE_VM | SIGCHLD, (void *)3L, NULL, NULL, NULL);
    SHOW(waitpid(child, &status, __WCLONE));
    HOLDS(waitpid(child, &status, 0) == child);
    say("%s %d %d, the child: %d", signal_name(handled), told_code == CLD_EXITED, told_status, told_pid == child);
    signal(SIGCHLD, SIG_DFL);
    /* One without a signal does not become a zombie of SIG_IGN. */
    signal(SIGCHLD, SIG_IGN);
    child = clone(set_value, STACK(0), CLONE_VM, (void *)3L, NULL, NULL, NULL);
    reap("no signal, SIGCHLD ignored", child);
    signal(SIGCHLD, SIG_DFL);
}
static void parents(void) {
    pid_t *sibling = shared(4096);
    CHILD(child) {
        pid_t made = syscall(SYS_clone, CLONE_PARENT | SIGUSR1, 0, 0, 0, 0);
        if (made == 0) _exit(getppid() == process ? 12 : 13);
        *sibling = made;
        SHOW(waitpid(made, NULL, __WALL));
    }
    reap("child", child);
    int status;
    HOLDS(waitpid(*sibling, &status, 0) == *sibling); /* its exit signal is the child's */
    say("sibling: %s", ending(status));
    CHILD(child) {
        struct arguments arguments = {.flags = CLONE_PARENT, .exit_signal = SIGCHLD};
        SHOW(clone3(&arguments));
    }
    reap("clone3 takes no signal with it", child);
}
static void identifiers(void) {
    pid_t *word = shared(4096), copy = 1;
    /* Without CLONE_VM the child's copy is written. */
    static pid_t in_child;
    in_child = 1;
    child = syscall(SYS_clone, CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD, 0, &copy,
#if defined(__aarch64__)
        0, &in_child
#else
        &in_child, 0
#endif
    );
    if (child == 0) _exit(in_child == syscall(SYS_gettid) ? 1 : 0);
    HOLDS(copy == child);
    reap("told in the child", child);
    say("here %d", in_child);
    /* Cleared where others use the memory. */
    door = make_gate();
    *word = 5;
    child = clone(wait_at_door, STACK(0), CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL, word);
    let(door);
    reap("child", child);
    say("word %d", *word);
    child = clone(wait_at_door, STACK(0), CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL, word);
    let(door);
    reap("child", child);
    HOLDS(*word == child);

    int file = -1;
    child = clone(wait_at_door, STACK(0), CLONE_PIDFD | SIGCHLD, NULL, &file, NULL, NULL);
    HOLDS(file > 2);
    SHOW(fcntl(file, F_GETFD));
    struct pollfd entry = {file, POLLIN, 0};
    SHOW(poll(&entry, 1, 0));
    let(door);
    SHOW(poll(&entry, 1, -1));
    siginfo_t information = {0};
    SHOW(waitid(P_PIDFD, file, &information, WEXITED));
    say("status %d", information.si_status);
    HOLDS(information.si_pid == child);
    close(file);
    SHOW(clone(wait_at_door, STACK(0), CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, &file, NULL, NULL));
    SHOW(clone(wait_at_door, STACK(0), CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, NULL, &file, NULL, NULL));
    SHOW(clone(wait_at_door, STACK(0), CLONE_PIDFD | SIGCHLD, NULL, BAD_POINTER, NULL, NULL));
    SHOW(waitpid(-1, NULL, WNOHANG));
}
static void borrowed(void) {
    value = 0;
    child = clone(set_value, STACK(0), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)11L, NULL, NULL, NULL);
    say("value %d", value);
    reap("borrowed", child);
    /* Without CLONE_VM it only waits. */
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    child = syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        for (int i = 0; i < 100; i++) sched_yield();
        write(ends[1], "x", 1);
        _exit(0);
    }
    char byte;
    SHOW(read(ends[0], &byte, 1));
    reap("waited for", child);
}
static void newer(void) {
    struct sigaction action;
    struct arguments arguments = {.exit_signal = SIGCHLD};
    child = clone3(&arguments);
    if (child == 0) _exit(21);
    reap("clone3", child);
    handle(SIGUSR1, note, 0);
    signal(SIGUSR2, SIG_IGN);
    arguments.flags = 0x100000000ULL /* CLONE_CLEAR_SIGHAND */;
    child = clone3(&arguments);
    if (child == 0) {
        sigaction(SIGUSR1, NULL, &action);
        HOLDS(action.sa_handler == SIG_DFL);
        sigaction(SIGUSR2, NULL, &action);
        HOLDS(action.sa_handler == SIG_IGN);
        _exit(0);
    }
    reap("handlers cleared", child);
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_sigaction == note);
    arguments.flags |= CLONE_SIGHAND | CLONE_VM;
    SHOW(clone3(&arguments));

    int file = -1, tid = 0;
    arguments = (struct arguments){.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (uint64_t)&file,
        .parent_tid = (uint64_t)&tid, .exit_signal = SIGCHLD};
    child = clone3(&arguments);
    if (child == 0) _exit(22);
    HOLDS(tid == child && file > 2);
    siginfo_t information = {0};
    SHOW(waitid(P_PIDFD, file, &information, WEXITED));
    say("status %d", information.si_status);
    close(file);

    pid_t wanted = 20000;
    while (kill(wanted, 0) == 0 || errno != ESRCH) wanted++;
    arguments = (struct arguments){.exit_signal = SIGCHLD, .set_tid = (uint64_t)&wanted, .set_tid_size = 1};
    child = clone3(&arguments);
    if (child == 0) _exit(getpid() == wanted);
    HOLDS(child == wanted);
    reap("the number asked for", child);
    wanted = getpid();
    SHOW(clone3(&arguments));
    wanted = 0;
    SHOW(clone3(&arguments));
    wanted = -5;
    SHOW(clone3(&arguments));
    arguments.set_tid_size = 33;
    SHOW(clone3(&arguments));
    arguments.set_tid_size = 0;
    SHOW(clone3(&arguments));
    arguments.set_tid_size = 1, arguments.set_tid = 0;
    SHOW(clone3(&arguments));
    arguments.set_tid = (uint64_t)BAD_POINTER;
    SHOW(clone3(&arguments));
    CHILD(child) {
        wanted = 20000;
        arguments.set_tid = (uint64_t)&wanted;
        setresuid(1000, 1000, 1000);
        SHOW(clone3(&arguments));
    }
    reap("without privilege", child);
    arguments = (struct arguments){.exit_signal = 0x100};
    SHOW(clone3(&arguments));
    arguments = (struct arguments){.flags = CLONE_NEWNS | CLONE_FS, .exit_signal = SIGCHLD};
    SHOW(clone3(&arguments));
    SHOW(waitpid(-1, NULL, WNOHANG));
}

int main(void) {
    enter_scratch();
    process = getpid();
    sharing();
    exit_signals();
    parents();
    identifiers();
    borrowed();
    newer();
    return 0;
}
