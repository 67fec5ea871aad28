/* Covers: rt_sigaction rt_sigreturn */
#include "conformance.h"

/* The kernel's struct sigaction, sigaction(2), NOTES. */
struct action { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

static volatile int depth, deepest, order[16], count;
static void note(int number, siginfo_t *information, void *context) {
    order[count++] = number;
    if (++depth > deepest) deepest = depth;
    if (number == SIGUSR1 && count < 4) {
        raise(SIGUSR2); /* not masked: nests */
        raise(SIGUSR1); /* masked while its handler runs: waits */
    }
    depth--;
}
static volatile int status_code, sender_matches;
static void information(int number, siginfo_t *i, void *context) {
    status_code = i->si_code;
    sender_matches = i->si_pid == getpid() && i->si_uid == getuid() && i->si_signo == number;
}
static volatile uint64_t mask_inside;
static void mask(int number, siginfo_t *i, void *context) {
    uint64_t now_blocked;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now_blocked, 8L);
    mask_inside = now_blocked;
}
static void simple(int number) { order[count++] = number; }

int main(void) {
    struct action old;
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 8L));
    HOLDS(old.handler == SIG_DFL && old.flags == 0 && old.mask == 0);
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 4L));
    SHOW(syscall(SYS_rt_sigaction, 0, NULL, &old, 8L));
    SHOW(syscall(SYS_rt_sigaction, 65, NULL, &old, 8L));
    SHOW(syscall(SYS_rt_sigaction, -1, NULL, &old, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, BAD_POINTER, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, BAD_POINTER, 8L));
    struct action ignore = {SIG_IGN, 0, 0, 0};
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, &ignore, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGSTOP, &ignore, NULL, 8L));
    SHOW(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8L));

    /* The mask never holds SIGKILL and SIGSTOP; the flags come back. */
    struct sigaction action = {.sa_handler = simple};
    sigfillset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NODEFER;
    SHOW(sigaction(SIGUSR2, &action, NULL));
    SHOW(syscall(SYS_rt_sigaction, SIGUSR2, NULL, &old, 8L));
    say("flags %lx, kill %d stop %d", old.flags & ~0x04000000UL, (int)(old.mask >> (SIGKILL - 1) & 1),
        (int)(old.mask >> (SIGSTOP - 1) & 1));

    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    SHOW(raise(SIGUSR1));
    say("order %d %d %d, deepest %d", order[0], order[1], order[2], deepest);
    say("count %d", count);

    handle(SIGUSR1, information, 0);
    SHOW(kill(getpid(), SIGUSR1));
    say("kill: SI_USER %d, sender %d", status_code == SI_USER, sender_matches);
    SHOW(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1));
    say("tgkill: SI_TKILL %d, sender %d", status_code == SI_TKILL, sender_matches);

    /* What is blocked inside: the handler's mask, the signal itself unless SA_NODEFER. */
    memset(&action, 0, sizeof action);
    action.sa_sigaction = mask;
    action.sa_flags = SA_SIGINFO;
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say("inside %lx", (long)mask_inside);
    action.sa_flags |= SA_NODEFER;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say("SA_NODEFER %lx", (long)mask_inside);
    mask(0, NULL, NULL);
    say("outside %lx", (long)mask_inside);

    /* SA_RESETHAND: once. */
    count = 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = simple;
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &action);
    HOLDS(action.sa_handler == SIG_DFL);
    say("count %d", count);

    /* Ignored by choice and by default. */
    signal(SIGTERM, SIG_IGN);
    SHOW(raise(SIGTERM));
    SHOW(raise(SIGCHLD));
    SHOW(raise(SIGURG));
    SHOW(raise(SIGWINCH));
    SHOW(raise(SIGCONT));
    /* A pending signal that becomes ignored is dropped (signal(7)). */
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, NULL);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &block, NULL);
    say("still here");
    return 0;
}
