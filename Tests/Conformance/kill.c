/* Covers: kill tkill tgkill */
#include "conformance.h"

static volatile int count;
static void note(int number, siginfo_t *information, void *context) { count++; }

int main(void) {
    handle(SIGUSR1, note, 0);
    setpgid(0, 0); /* kill(0) reaches only this program */
    SHOW(syscall(SYS_kill, getpid(), 0));
    SHOW(syscall(SYS_kill, getpid(), SIGUSR1));
    SHOW(syscall(SYS_kill, 0, SIGUSR1));
    SHOW(syscall(SYS_kill, getpid(), 65));
    SHOW(syscall(SYS_kill, getpid(), -1));
    SHOW(syscall(SYS_kill, 0x3fffffff, 0));
    SHOW(syscall(SYS_kill, -0x3fffffff, 0));
    SHOW(syscall(SYS_kill, INT_MIN, 0));
    int thread = syscall(SYS_gettid);
    SHOW(syscall(SYS_tkill, thread, SIGUSR1));
    SHOW(syscall(SYS_tkill, -1, SIGUSR1));
    SHOW(syscall(SYS_tkill, 0x3fffffff, SIGUSR1));
    SHOW(syscall(SYS_tkill, thread, 99));
    SHOW(syscall(SYS_tgkill, getpid(), thread, SIGUSR1));
    SHOW(syscall(SYS_tgkill, getpid(), 0x3fffffff, SIGUSR1));
    SHOW(syscall(SYS_tgkill, 0x3fffffff, thread, SIGUSR1));
    SHOW(syscall(SYS_tgkill, -1, thread, SIGUSR1));
    say("handled %d", count);
    return 0;
}
