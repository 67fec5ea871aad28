/* Covers: ptrace */
/* ptrace(2): who may trace whom, stops by signals, memory and registers, attaching and seizing. */
#include "processes.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
static pid_t child;
static gate door, back;
static long word = 0x1122334455667788, words[4] = {1, 2, 3, 4};
static int status;
static volatile int handled;
static void note(int number, siginfo_t *information, void *context) { handled++; }

static unsigned long stack_of(const struct user_regs_struct *registers) {
#if defined(__aarch64__)
    return registers->sp;
#else
    return registers->rsp;
#endif
}
/* The kernel's own form, without what libraries do to PEEK. */
static long raw(long request, pid_t process, void *address, void *data) {
    return syscall(SYS_ptrace, request, process, address, data);
}
/* Waits for a stop and says which. */
static int stop_of(const char *what, pid_t process) {
    if (waitpid(process, &status, __WALL) != process) say("%s: %s", what, errno_name(errno));
    else if (WIFSTOPPED(status)) say("%s: stop by %s, event %d", what, signal_name(WSTOPSIG(status)), status >> 16);
    else say("%s: %s", what, ending(status));
    return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}
static const char *tracer_of(pid_t process) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    long length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    char *line = strstr(text, "TracerPid:");
    int tracer = line ? atoi(line + 10) : -1;
    return tracer == getpid() ? "this process" : tracer == 0 ? "nobody" : "another";
}

/* Lets the child go on, with a signal; what it prints then comes next. */
static void go_on(int number) {
    if (ptrace(PTRACE_CONT, child, NULL, (void *)(long)number)) say("go on: %s", errno_name(errno));
}
static void by_the_child(void) {
    siginfo_t information;
    CHILD(child) {
        SHOW(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
        SHOW(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
        handle(SIGUSR1, note, 0);
        kill(getpid(), SIGSTOP);
        say("handled %d", handled);
        raise(SIGUSR1);
        say("handled %d", handled);
        raise(SIGUSR1);
        say("handled %d", handled);
        raise(SIGUSR1);
        say("handled %d", handled);
        say("words %lx %ld %ld", word, words[0], words[3]);
        kill(getpid(), 0);
        raise(SIGTERM);
        say("went on");
        *(volatile int *)8 = 1;
    }
    stop_of("SIGSTOP", child);
    say("state %c, traced by %s", state_of(child), tracer_of(child));
    SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    SHOW(ptrace(PTRACE_SEIZE, child, NULL, NULL));
    /* Memory, a word at a time. */
    errno = 0;
    say("%lx", ptrace(PTRACE_PEEKDATA, child, &word, NULL));
    SHOW(raw(PTRACE_PEEKDATA, child, &word, &words[1]));
    say("%lx", words[1]);
    SHOW(ptrace(PTRACE_POKEDATA, child, &word, (void *)0x99L));
    SHOW(ptrace(PTRACE_POKETEXT, child, &words[3], (void *)77L));
    say("%lx %ld", word, words[3]);
    SHOW(ptrace(PTRACE_PEEKDATA, child, BAD_POINTER, NULL));
    SHOW(ptrace(PTRACE_POKEDATA, child, BAD_POINTER, NULL));
    /* Text is written where the program itself may not. */
    long text = ptrace(PTRACE_PEEKTEXT, child, (void *)((long)note & ~7L), NULL);
    SHOW(ptrace(PTRACE_POKETEXT, child, (void *)((long)note & ~7L), (void *)text));
    HOLDS(text == *(long *)((long)note & ~7L));
    SHOW(ptrace(PTRACE_GETSIGINFO, child, NULL, &information));
    say("%s, code %d, of the child %d", signal_name(information.si_signo), information.si_code, information.si_pid == child);
    go_on(0); /* the stop does not come */
    stop_of("first", child);
    go_on(0);
    stop_of("suppressed", child);
    SHOW(ptrace(PTRACE_GETSIGINFO, child, NULL, &information));
    SHOW(ptrace(PTRACE_SETSIGINFO, child, NULL, &information));
    go_on(SIGUSR1);
    stop_of("delivered", child);
    go_on(SIGWINCH); /* another in its place */
    stop_of("SIGTERM", child);
    go_on(0);
    stop_of("a fault", child);
    SHOW(ptrace(PTRACE_GETSIGINFO, child, NULL, &information));
    HOLDS(information.si_addr == BAD_POINTER && information.si_code == SEGV_MAPERR);
    go_on(SIGKILL);
    stop_of("end", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
}
static void refusals(void) {
    CHILD(child) for (;;) pause();
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL)); /* not traced */
    SHOW(ptrace(PTRACE_PEEKDATA, child, &word, NULL));
    SHOW(ptrace(PTRACE_DETACH, child, NULL, NULL));
    SHOW(ptrace(PTRACE_KILL, child, NULL, NULL));
    SHOW(ptrace(PTRACE_ATTACH, getpid(), NULL, NULL));
    SHOW(ptrace(PTRACE_ATTACH, 0x3fffffff, NULL, NULL));
    SHOW(ptrace(PTRACE_ATTACH, 0, NULL, NULL));
    SHOW(ptrace(PTRACE_SEIZE, child, NULL, (void *)0x40000000L));
    SHOW(ptrace(PTRACE_SEIZE, child, (void *)8L, NULL));
    pid_t user;
    CHILD(user) {
        setresuid(9, 9, 9);
        SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
        SHOW(ptrace(PTRACE_SEIZE, child, NULL, NULL));
        pid_t own;
        CHILD(own) {
            prctl(PR_SET_DUMPABLE, 0);
            let(back);
            for (;;) pause();
        }
        pass(back);
        SHOW(ptrace(PTRACE_ATTACH, own, NULL, NULL));
        kill(own, SIGKILL);
        status_of(own);
    }
    reap("another user", user);
    kill(child, SIGKILL);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    reap("child", child);
}
static void attaching(void) {
    volatile long *counter = shared(4096);
    CHILD(child) for (;;) ++*counter;
    SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    stop_of("attached", child);
    long value = *counter;
    for (int i = 0; i < 100; i++) sched_yield();
    HOLDS(*counter == value);
    struct user_regs_struct registers, others;
    struct iovec vector = {&registers, sizeof registers};
    memset(&registers, 0, sizeof registers);
    SHOW(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &vector));
    HOLDS(vector.iov_len == sizeof registers);
    HOLDS(stack_of(&registers) > 1 << 20);
    vector = (struct iovec){&others, 16};
    SHOW(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &vector));
    say("length %d", (int)vector.iov_len);
    HOLDS(memcmp(&others, &registers, 16) == 0);
    vector = (struct iovec){&others, sizeof others};
    SHOW(ptrace(PTRACE_GETREGSET, child, (void *)0x777L, &vector));
    vector = (struct iovec){&others, 7};
    SHOW(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &vector));
    vector = (struct iovec){&registers, sizeof registers};
    SHOW(ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &vector));
    static char vectors[65536];
    vector = (struct iovec){vectors, sizeof vectors};
    SHOW(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRFPREG, &vector));
    HOLDS(vector.iov_len >= 512);
    SHOW(ptrace(PTRACE_SETREGSET, child, (void *)NT_PRFPREG, &vector));
    SHOW(ptrace(PTRACE_DETACH, child, NULL, NULL));
    while (*counter == value) sched_yield();
    say("goes on, traced by %s", tracer_of(child));
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
    /* Detached with a signal. */
    SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    stop_of("attached", child);
    SHOW(ptrace(PTRACE_DETACH, child, NULL, (void *)(long)SIGTERM));
    reap("detached", child);
    /* One that is not this process's child: its end is told to tracer and parent. */
    pid_t *inner = shared(4096), other;
    CHILD(other) {
        pid_t made;
        CHILD(made) for (;;) pause();
        *inner = made;
        let(back);
        _exit(WTERMSIG(status_of(made)));
    }
    pass(back);
    pid_t traced = *inner;
    SHOW(ptrace(PTRACE_ATTACH, traced, NULL, NULL));
    stop_of("attached", traced);
    HOLDS(ptrace(PTRACE_CONT, traced, NULL, NULL) == 0);
    kill(traced, SIGUSR1);
    stop_of("signal", traced);
    HOLDS(ptrace(PTRACE_CONT, traced, NULL, (void *)(long)SIGUSR1) == 0);
    waitid(P_PID, traced, &(siginfo_t){0}, WEXITED | WNOWAIT | __WALL);
    say("the tracer knows");
    reap("traced", traced);
    reap("other", other);
    /* A tracer's end lets all go on, or kills them where it was asked to. */
    for (int kills = 0; kills < 2; kills++) {
        long before = *counter;
        CHILD(child) for (;;) ++*counter;
        CHILD(other) {
            SHOW(ptrace(PTRACE_SEIZE, child, NULL, (void *)(kills ? PTRACE_O_EXITKILL : 0L)));
            SHOW(ptrace(PTRACE_INTERRUPT, child, NULL, NULL));
            waitpid(child, &status, __WALL);
            before = *counter;
        }
        reap("tracer", other);
        if (kills) reap("killed with the tracer", child);
        else {
            before = *counter;
            while (*counter == before) sched_yield();
            say("goes on, traced by %s", tracer_of(child));
            kill(child, SIGKILL);
            reap("child", child);
        }
    }
}
static void seizing(void) {
    siginfo_t information;
    CHILD(child) {
        handle(SIGUSR1, note, 0);
        let(back);
        for (;;) pause();
    }
    pass(back);
    SHOW(ptrace(PTRACE_SEIZE, child, NULL, NULL));
    SHOW(waitpid(child, &status, WNOHANG));
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL)); /* it runs */
    SHOW(ptrace(PTRACE_INTERRUPT, child, NULL, NULL));
    stop_of("interrupted", child);
    SHOW(ptrace(PTRACE_GETSIGINFO, child, NULL, &information));
    say("%s, code %x", signal_name(information.si_signo), information.si_code);
    SHOW(ptrace(PTRACE_LISTEN, child, NULL, NULL));
    SHOW(ptrace(PTRACE_INTERRUPT, child, NULL, NULL));
    stop_of("interrupted while it listens", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
    kill(child, SIGUSR1);
    stop_of("signal", child);
    SHOW(ptrace(PTRACE_LISTEN, child, NULL, NULL)); /* no stop of a group */
    SHOW(ptrace(PTRACE_CONT, child, NULL, (void *)(long)SIGUSR1));
    /* A stop of the group: the signal, then the stop itself. */
    kill(child, SIGSTOP);
    stop_of("SIGSTOP", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, (void *)(long)SIGSTOP));
    stop_of("the group's stop", child);
    SHOW(ptrace(PTRACE_LISTEN, child, NULL, NULL));
    SHOW(waitpid(child, &status, WNOHANG | __WALL));
    say("state %c", state_of(child) == 't' || state_of(child) == 'T' ? 'T' : '?');
    kill(child, SIGCONT);
    stop_of("the end of the stop", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
    stop_of("SIGCONT", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
    /* Detached where it was stopped as a group: it stays so. */
    kill(child, SIGSTOP);
    stop_of("SIGSTOP", child);
    SHOW(ptrace(PTRACE_CONT, child, NULL, (void *)(long)SIGSTOP));
    stop_of("the group's stop", child);
    SHOW(ptrace(PTRACE_DETACH, child, NULL, NULL));
    until_state(child, 'T');
    say("state %c", state_of(child));
    kill(child, SIGKILL);
    reap("child", child);
    /* Attached, not seized: no PTRACE_INTERRUPT, no PTRACE_LISTEN. */
    CHILD(child) for (;;) pause();
    SHOW(ptrace(PTRACE_ATTACH, child, NULL, NULL));
    stop_of("attached", child);
    SHOW(ptrace(PTRACE_INTERRUPT, child, NULL, NULL));
    SHOW(ptrace(PTRACE_LISTEN, child, NULL, NULL));
    SHOW(ptrace(99, child, NULL, NULL));
    SHOW(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)0x40000000L));
    SHOW(ptrace(PTRACE_KILL, child, NULL, NULL));
    reap("PTRACE_KILL", child);
    /* SIGKILL does not ask. */
    CHILD(child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        kill(getpid(), SIGSTOP);
    }
    stop_of("SIGSTOP", child);
    kill(child, SIGKILL);
    reap("SIGKILL", child);
    /* Masks of signals. */
    CHILD(child) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigprocmask(SIG_BLOCK, &set, NULL);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        kill(getpid(), SIGSTOP);
        sigprocmask(SIG_BLOCK, NULL, &set);
        _exit(sigismember(&set, SIGUSR2) * 2 + sigismember(&set, SIGUSR1));
    }
    stop_of("SIGSTOP", child);
    uint64_t mask = 0;
    SHOW(ptrace(0x420a /* PTRACE_GETSIGMASK */, child, (void *)8L, &mask));
    say("mask %lx", (long)mask & 0x7fffffff);
    mask = 1 << (SIGUSR1 - 1);
    SHOW(ptrace(0x420b /* PTRACE_SETSIGMASK */, child, (void *)8L, &mask));
    SHOW(ptrace(0x420a, child, (void *)4L, &mask));
    SHOW(ptrace(PTRACE_CONT, child, NULL, NULL));
    reap("mask set", child);
}

int main(void) {
    door = make_gate();
    back = make_gate();
    by_the_child();
    refusals();
    attaching();
    seizing();
    return 0;
}
