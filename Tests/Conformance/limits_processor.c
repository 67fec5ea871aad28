/* Covers: setrlimit prlimit64 */
/* RLIMIT_CPU: SIGXCPU at the soft limit, SIGKILL at the hard one, each process for itself. */
#include "processes.h"

static void limit(int which, rlim_t soft, rlim_t hard) {
    struct rlimit limit = {soft, hard};
    if (setrlimit(which, &limit)) say("limit %d: %s", which, errno_name(errno));
}
static volatile int handled;
static void note(int number, siginfo_t *information, void *context) { handled++; }

int main(void) {
    pid_t child, handling, killed;
    CHILD(child) {
        limit(RLIMIT_CPU, 1, 5);
        for (;;) {}
    }
    CHILD(killed) {
        signal(SIGXCPU, SIG_IGN);
        limit(RLIMIT_CPU, 1, 1);
        for (;;) {}
    }
    CHILD(handling) {
        handle(SIGXCPU, note, 0);
        limit(RLIMIT_CPU, 1, 5);
        while (!handled) {}
        int64_t spent = now(CLOCK_PROCESS_CPUTIME_ID);
        _exit(spent >= 500000000 && spent < 3000000000 ? 9 : 10); /* Linux counts ticks */
    }
    /* The core flag depends on where core files go. */
    int status = status_of(child);
    say("soft: %s", WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : "no signal");
    reap("hard", killed);
    reap("handled", handling);
    return 0;
}
