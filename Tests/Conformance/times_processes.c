/* Covers: getrusage times wait4 */
/* What is accounted to a process, and to its parent once that has waited. */
#include "processes.h"
#include <sys/times.h>

static pid_t child;
static gate door, back;

/* Spends so many milliseconds of processor time. */
static void spend(int milliseconds) {
    int64_t until = now(CLOCK_PROCESS_CPUTIME_ID) + milliseconds * 1000000LL;
    while (now(CLOCK_PROCESS_CPUTIME_ID) < until) {}
}
static long children_time(void) {
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}
static int between(long value, long least, long most) { return value >= least && value <= most; }

int main(void) {
    struct rusage usage;
    struct tms spent;
    door = make_gate();
    back = make_gate();
    SHOW(children_time());
    CHILD(child) spend(60);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    SHOW(children_time()); /* not before it is waited for */
    status_of(child);
    HOLDS(between(children_time(), 50, 1000));
    times(&spent);
    HOLDS(between(spent.tms_cutime + spent.tms_cstime, 5, 100));
    long before = children_time();
    /* A grandchild's, if its parent has waited for it. */
    CHILD(child) {
        pid_t made;
        SHOW(children_time());
        CHILD(made) spend(50);
        status_of(made);
        HOLDS(between(children_time(), 40, 1000));
    }
    status_of(child);
    HOLDS(between(children_time() - before, 40, 1000));
    before = children_time();
    CHILD(child) {
        pid_t made;
        signal(SIGCHLD, SIG_IGN); /* nobody waits: nothing is counted */
        CHILD(made) spend(50);
        wait(NULL);
        SHOW(children_time());
        signal(SIGCHLD, SIG_DFL);
    }
    status_of(child);
    HOLDS(children_time() - before < 40);
    /* The largest resident set of any child, in KiB. */
    CHILD(child) {
        char *memory = malloc(24 << 20);
        for (int i = 0; i < 24 << 20; i += 4096) ((volatile char *)memory)[i] = 1;
    }
    status_of(child);
    getrusage(RUSAGE_CHILDREN, &usage);
    HOLDS(between(usage.ru_maxrss, 20 << 10, 200 << 10));
    HOLDS(usage.ru_minflt > 10);
    long largest = usage.ru_maxrss;
    CHILD(child) _exit(0);
    status_of(child);
    getrusage(RUSAGE_CHILDREN, &usage);
    HOLDS(usage.ru_maxrss == largest);
    /* The clock of another process: clock_getcpuclockid(3). */
    clockid_t clock;
    CHILD(child) {
        spend(40);
        let(back);
        pass(door);
    }
    pass(back);
    SHOW(clock_getcpuclockid(child, &clock));
    HOLDS(between(now(clock) / 1000000, 40, 1000));
    let(door);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    HOLDS(between(now(clock) / 1000000, 40, 1000));
    status_of(child);
    struct timespec time;
    SHOW(clock_gettime(clock, &time));
    /* wait4(2) tells the child's with its children's. */
    CHILD(child) {
        pid_t made;
        CHILD(made) spend(40);
        status_of(made);
    }
    wait4(child, NULL, 0, &usage);
    HOLDS(between(usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 + usage.ru_stime.tv_sec * 1000 +
        usage.ru_stime.tv_usec / 1000, 30, 1000));
    /* Voluntary switches are counted. */
    CHILD(child)
        for (int i = 0; i < 20; i++) {
            pass(door);
            let(back);
        }
    for (int i = 0; i < 20; i++) {
        let(door);
        pass(back);
    }
    wait4(child, NULL, 0, &usage);
    HOLDS(usage.ru_nvcsw > 0);
    return 0;
}
