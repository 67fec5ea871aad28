/* Covers: prctl */
/* What becomes of the children of a process that ends: reapers (PR_SET_CHILD_SUBREAPER) and
 * PR_SET_PDEATHSIG. Process 1 is never the reaper here, as it natively is another program. */
#include "processes.h"
#include <pthread.h>

static pid_t child;
static gate door, back;
static volatile int handled, told_code, told_pid, told_parent;
static void note(int number, siginfo_t *information, void *context) {
    handled = number;
    told_code = information->si_code;
    told_pid = information->si_pid;
    told_parent = getppid();
}

static void reaper(void) {
    int value = -1;
    pid_t self = getpid(), *orphan = shared(4096);
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
    say("%d", value);
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, BAD_POINTER));
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 5));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
    say("%d", value);
    CHILD(child) {
        pid_t made;
        CHILD(made) {
            pass(door);
            HOLDS(getppid() == self);
            _exit(5);
        }
        *orphan = made;
    }
    reap("parent", child);
    SHOW(waitpid(*orphan, NULL, WNOHANG));
    let(door);
    reap("orphan", *orphan);
    /* A dead child of the dead. */
    CHILD(child) {
        pid_t made;
        CHILD(made) _exit(6);
        waitid(P_PID, made, NULL, WEXITED | WNOWAIT);
        *orphan = made;
    }
    reap("parent", child);
    reap("dead orphan", *orphan);
    /* An exit signal of another kind becomes SIGCHLD. */
    CHILD(child) {
        *orphan = syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0);
        if (*orphan == 0) {
            pass(door);
            _exit(7);
        }
    }
    reap("parent", child);
    handle(SIGCHLD, note, SA_RESTART);
    handle(SIGUSR2, note, SA_RESTART);
    let(door);
    reap("orphan", -1);
    say("%s, %s", signal_name(handled), told_code == CLD_EXITED ? "exited" : "another");
    signal(SIGCHLD, SIG_DFL);
    /* Several, in a chain: each goes to the reaper as its parent ends. */
    CHILD(child) {
        pid_t made;
        CHILD(made) {
            CHILD(made) {
                CHILD(made) {
                    pass(door);
                    _exit(13);
                }
                pass(door);
                _exit(12);
            }
            pass(door);
            _exit(11);
        }
    }
    reap("parent", child);
    int sum = 0, status;
    let(door), let(door), let(door);
    for (int i = 0; i < 3; i++) {
        while (wait(&status) < 0 && errno == EINTR) {}
        sum += WEXITSTATUS(status);
    }
    say("sum %d", sum);
    SHOW(wait(&status));
}
static void nested(void) {
    pid_t outer = getpid(), *orphan = shared(4096);
    CHILD(child) {
        pid_t inner = getpid(), middle;
        int value = -1;
        prctl(PR_GET_CHILD_SUBREAPER, &value);
        say("inherited %d", value);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        CHILD(middle) {
            pid_t made;
            CHILD(made) {
                pass(door);
                HOLDS(getppid() == inner);
                let(back);
                pass(door);
                HOLDS(getppid() == outer);
                _exit(21);
            }
            *orphan = made;
        }
        reap("middle", middle);
        let(door);
        pass(back);
        SHOW(waitpid(*orphan, NULL, WNOHANG));
    }
    reap("inner reaper", child);
    let(door);
    reap("orphan", *orphan);
    /* A reaper no more. */
    CHILD(child) {
        pid_t middle;
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        CHILD(middle) {
            pid_t made;
            CHILD(made) {
                pass(door);
                HOLDS(getppid() == outer);
            }
            *orphan = made;
        }
        reap("middle", middle);
        SHOW(waitpid(*orphan, NULL, WNOHANG));
    }
    reap("no reaper", child);
    let(door);
    reap("orphan", *orphan);
    /* Who ignores SIGCHLD has no zombies of others either. */
    signal(SIGCHLD, SIG_IGN);
    CHILD(child) {
        pid_t made;
        CHILD(made) pass(door);
        *orphan = made;
    }
    let(door);
    SHOW(wait(NULL)); /* until both are gone */
    HOLDS(kill(*orphan, 0) == -1 && errno == ESRCH);
    signal(SIGCHLD, SIG_DFL);
}
static void *make_child(void *result) {
    pid_t made;
    CHILD(made) {
        pass(door);
        _exit(getppid() == (pid_t)(long)result ? 1 : 2);
    }
    return (void *)(long)made;
}
/* A child of a thread is its process's. */
static void thread(void) {
    pthread_t thread;
    void *made;
    pthread_create(&thread, NULL, make_child, (void *)(long)getpid());
    pthread_join(thread, &made);
    let(door);
    reap("a thread's child", (pid_t)(long)made);
}
static void death_signal(void) {
    int value = -1;
    SHOW(prctl(PR_SET_PDEATHSIG, 65));
    SHOW(prctl(PR_SET_PDEATHSIG, -1));
    pid_t self = getpid(), *orphan = shared(4096);
    handled = 0;
    handle(SIGUSR1, note, 0);
    CHILD(child) {
        pid_t made, parent = getpid();
        CHILD(made) {
            prctl(PR_SET_PDEATHSIG, SIGUSR1);
            prctl(PR_GET_PDEATHSIG, &value);
            let(back);
            while (!handled) usleep(100);
            pass(door);
            say("%s of %s, code %d", signal_name(handled), told_pid == parent ? "the parent" : "another", told_code);
            HOLDS(told_parent == self);
            prctl(PR_GET_PDEATHSIG, &value);
            say("still set: %d", value);
        }
        *orphan = made;
        pass(back);
    }
    reap("parent", child);
    let(door);
    reap("orphan", *orphan);
    /* The default action. */
    CHILD(child) {
        pid_t made;
        CHILD(made) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            let(back);
            for (;;) pause();
        }
        *orphan = made;
        pass(back);
    }
    reap("parent", child);
    reap("killed with it", *orphan);
    /* Not after the parent's end; the reaper's then counts. */
    CHILD(child) {
        pid_t reaper = getpid(), middle;
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        CHILD(middle) {
            pid_t made;
            CHILD(made) {
                while (getppid() != reaper) sched_yield();
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                let(back);
                for (;;) pause();
            }
            *orphan = made;
        }
        reap("middle", middle);
        pass(back);
        SHOW(waitpid(*orphan, NULL, WNOHANG));
    }
    reap("reaper", child);
    reap("killed with the reaper", *orphan);
    /* Of the thread that made it. */
    CHILD(child) {
        pid_t made;
        prctl(PR_SET_PDEATHSIG, SIGUSR2);
        CHILD(made) {
            prctl(PR_GET_PDEATHSIG, &value);
            say("in its child: %d", value);
        }
        reap("child", made);
    }
    reap("child", child);
}
static pid_t made_by_thread;
static void *make_and_end(void *unused) {
    CHILD(made_by_thread) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        let(back);
        for (;;) pause();
    }
    pass(back);
    return NULL;
}
static void death_of_a_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, make_and_end, NULL);
    pthread_join(thread, NULL);
    reap("its thread ended", made_by_thread);
}

int main(void) {
    door = make_gate();
    back = make_gate();
    CHILD(child) {
        reaper();
        nested();
        thread();
        death_signal();
        death_of_a_thread();
    }
    reap("all", child);
    return 0;
}
