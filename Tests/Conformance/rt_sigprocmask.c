/* Covers: rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo */
#include "conformance.h"

static volatile int order[64], values[64], count;
static void note(int number, siginfo_t *information, void *context) {
    order[count] = number;
    values[count++] = information->si_value.sival_int;
}
static void print(void) {
    for (int i = 0; i < count; i++) say("  %d value %d", order[i], values[i]);
    count = 0;
}

int main(void) {
    uint64_t set = 1UL << (SIGUSR1 - 1) | 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1), old = 77, pending;
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 8L));
    say("old %lx", (long)old);
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8L));
    say("now %lx", (long)old);
    set = 1UL << (SIGUSR2 - 1);
    SHOW(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, &old, 8L));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &old, 8L));
    say("old %lx", (long)old);
    SHOW(syscall(SYS_rt_sigprocmask, 9, &set, &old, 8L));
    SHOW(syscall(SYS_rt_sigprocmask, 9, NULL, &old, 8L));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 4L));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD_POINTER, NULL, 8L));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, BAD_POINTER, 8L));

    /* Pending: ordinary signals merge, real-time signals queue; the lowest number first. */
    for (int number = 1; number < 65; number++)
        if (number != SIGKILL && number != SIGSTOP && number != 32 && number != 33 && number != 34)
            handle(number, note, 0);
    set = ~0UL;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L);
    raise(SIGUSR2);
    raise(SIGUSR2);
    raise(SIGUSR1);
    union sigval value;
    for (value.sival_int = 1; value.sival_int <= 3; value.sival_int++) sigqueue(getpid(), 40, value);
    value.sival_int = 9;
    sigqueue(getpid(), 38, value);
    SHOW(syscall(SYS_rt_sigpending, &pending, 8L));
    say("pending %lx", (long)pending);
    SHOW(syscall(SYS_rt_sigpending, &pending, 16L));
    SHOW(syscall(SYS_rt_sigpending, BAD_POINTER, 8L));
    set = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L);
    /* All are delivered at once, each handler interrupted by the next: the order seen is reversed
     * for those unblocked together, as each frame is pushed before the first handler runs. */
    say("delivered %d", count);
    print();

    /* sigtimedwait takes without a handler. */
    set = ~0UL;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L);
    value.sival_int = 1234;
    sigqueue(getpid(), 41, value);
    raise(SIGUSR1);
    siginfo_t information;
    struct timespec timeout = {0, 20000000};
    uint64_t wanted = 1UL << 40;
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, &information, &timeout, 8L));
    say("value %d, SI_QUEUE %d", information.si_value.sival_int, information.si_code == SI_QUEUE);
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, &information, &timeout, 8L));
    wanted = 1UL << (SIGUSR1 - 1);
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, NULL, NULL, 8L));
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, NULL, &timeout, 5L));
    timeout.tv_nsec = -1;
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, NULL, &timeout, 8L));
    SHOW(syscall(SYS_rt_sigtimedwait, BAD_POINTER, NULL, NULL, 8L));
    alarm(1);
    wanted = 1UL << (SIGALRM - 1);
    SHOW(syscall(SYS_rt_sigtimedwait, &wanted, &information, NULL, 8L));
    say("handlers run %d", count);

    /* sigsuspend swaps the mask for the wait. */
    raise(SIGUSR1);
    set = ~(1UL << (SIGUSR1 - 1));
    SHOW(syscall(SYS_rt_sigsuspend, &set, 8L));
    print();
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8L);
    HOLDS((old >> (SIGUSR1 - 1) & 1) == 1);
    SHOW(syscall(SYS_rt_sigsuspend, &set, 2L));
    SHOW(syscall(SYS_rt_sigsuspend, BAD_POINTER, 8L));

    memset(&information, 0, sizeof information);
    information.si_signo = SIGUSR1;
    information.si_code = SI_QUEUE;
    SHOW(syscall(SYS_rt_sigqueueinfo, 0x3fffffff, SIGUSR1, &information));
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 99, &information));
    SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, BAD_POINTER));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &information));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, 0, getpid(), SIGUSR1, &information));
    return 0;
}
