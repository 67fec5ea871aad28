/* Covers: setpgid getpgid setsid getsid kill */
/* Process groups and sessions: who may be moved where, and whom signals to groups reach. */
#include "processes.h"

static pid_t child;
static gate door, back;
static volatile int handled;
static void note(int number, siginfo_t *information, void *context) { handled++; }

/* A child that waits for its end. */
static pid_t waiting(void) {
    pid_t made;
    CHILD(made) {
        for (;;) pause();
    }
    return made;
}
static void finish(pid_t process) {
    kill(process, SIGKILL);
    status_of(process);
}

static void moving(void) {
    pid_t first = waiting(), second = waiting(), own = getpgrp();
    HOLDS(getpgid(first) == own && getsid(first) == getsid(0));
    SHOW(setpgid(first, 0));
    HOLDS(getpgid(first) == first);
    SHOW(setpgid(second, first));
    HOLDS(getpgid(second) == first);
    SHOW(setpgid(second, second));
    SHOW(setpgid(second, own));
    HOLDS(getpgid(second) == own);
    SHOW(setpgid(first, first));
    /* A group that is not there. */
    SHOW(setpgid(second, 0x3fffffff));
    SHOW(setpgid(second, -1));
    SHOW(setpgid(-1, 0));
    SHOW(setpgid(0x3fffffff, 0));
    SHOW(setpgid(1, 1));
    /* A group lives as long as a member. */
    SHOW(setpgid(second, first));
    finish(first);
    HOLDS(getpgid(second) == first);
    SHOW(setpgid(second, first));
    pid_t third = waiting();
    SHOW(setpgid(third, first));
    HOLDS(kill(-first, 0) == 0);
    finish(second);
    finish(third);
    SHOW(kill(-first, 0));
    SHOW(getpgid(first));
    SHOW(getsid(first));
    /* A zombie is one still. */
    CHILD(child) _exit(0);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    HOLDS(getpgid(child) == own);
    SHOW(kill(child, SIGTERM));
    SHOW(setpgid(child, child));
    reap("zombie", child);
    SHOW(kill(child, 0));
}
static void refusals(void) {
    copy_self("self", 0755);
    CHILD(child) {
        fcntl(door.ends[0], F_SETFD, 0);
        dup2(back.ends[1], 60);
        dup2(door.ends[0], 61);
        execl("./self", "self", "wait", NULL);
    }
    pass(back);
    SHOW(setpgid(child, child)); /* after execve(2) */
    let(door);
    reap("executed", child);
    /* Neither another's child nor the parent. */
    pid_t *inner = shared(4096), parent = getpid();
    CHILD(child) {
        *inner = waiting();
        SHOW(setpgid(parent, 0));
        let(back);
        pass(door);
        finish(*inner);
    }
    pass(back);
    SHOW(setpgid(*inner, 0));
    HOLDS(getpgid(*inner) == getpgrp());
    let(door);
    reap("child", child);
    /* Sessions. */
    CHILD(child) {
        HOLDS(setsid() == getpid());
        HOLDS(getpgrp() == getpid() && getsid(0) == getpid());
        SHOW(setsid());
        SHOW(setpgid(0, 0));
        SHOW(setpgid(0, getppid()));
        let(back);
        pass(door);
    }
    pass(back);
    HOLDS(getsid(child) == child && getpgid(child) == child);
    SHOW(setpgid(child, getpgrp()));
    SHOW(setpgid(child, child));
    pid_t other = waiting();
    SHOW(setpgid(other, child)); /* a group of another session */
    finish(other);
    let(door);
    reap("session leader", child);
    CHILD(child) {
        setpgid(0, 0);
        SHOW(setsid()); /* a group's leader */
        pid_t made;
        CHILD(made) {
            HOLDS(setsid() == getpid());
            HOLDS(getsid(getppid()) != getsid(0));
        }
        reap("its child", made);
    }
    reap("group leader", child);
    /* Not while a group has one's number. */
    CHILD(child) {
        pass(door);
        SHOW(setsid());
        setpgid(0, getppid());
        SHOW(setsid());
    }
    setpgid(0, 0);
    setpgid(child, child);
    other = waiting();
    SHOW(setpgid(other, child));
    let(door);
    reap("a group of its number", child);
    finish(other);
}
/* In a session of its own, so that signals reach no one else. */
static void signals(void) {
    CHILD(child) {
        setsid();
        pid_t same = waiting(), other = waiting(), deep;
        CHILD(deep) {
            pid_t made = waiting();
            let(back);
            pass(door);
            reap("the other group's grandchild", made);
        }
        pass(back);
        setpgid(other, other);
        setpgid(deep, other);
        handle(SIGUSR1, note, 0);
        SHOW(kill(0, SIGUSR1));
        say("handled %d", handled);
        reap("own group", same);
        SHOW(waitpid(other, NULL, WNOHANG));
        SHOW(kill(-other, 0));
        SHOW(kill(-other, SIGWINCH));
        SHOW(kill(-other, 70));
        SHOW(killpg(other, SIGURG));
        SHOW(killpg(0, SIGURG));
        /* The grandchild is of the own group, as it was made before the move. */
        finish(other);
        let(door);
        reap("deep", deep);
        say("handled %d", handled);
    }
    reap("groups", child);
    /* kill(2) of an empty group with a zombie leader succeeds. */
    CHILD(child) setpgid(0, 0);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    SHOW(kill(-child, SIGTERM));
    reap("zombie", child);
    SHOW(kill(-child, SIGTERM));
}
/* kill(-1) reaches all that a user may signal, but itself and the first process. */
static void everyone(void) {
    pid_t mine = waiting(), foreign, leader;
    uid_t user = 100000 + 4 * getpid(); /* of this run alone */
    CHILD(leader) {
        setsid();
        setresuid(user, user, user);
        handle(SIGUSR1, note, 0);
        pid_t one, two, three;
        CHILD(one) for (;;) pause();
        CHILD(two) {
            setpgid(0, 0);
            let(back);
            for (;;) pause();
        }
        CHILD(three) {
            setsid();
            let(back);
            for (;;) pause();
        }
        pass(back), pass(back);
        SHOW(kill(-1, 0));
        SHOW(kill(-1, SIGTERM));
        say("handled %d", handled);
        reap("own group", one);
        reap("other group", two);
        reap("other session", three);
        SHOW(kill(-1, SIGUSR1)); /* none is left but itself */
        say("handled %d", handled);
    }
    reap("of that user", leader);
    SHOW(waitpid(mine, NULL, WNOHANG));
    /* Permission: of the real and effective id, to the real and saved one. */
    CHILD(foreign) {
        setresuid(1, 2, 3);
        let(back);
        for (;;) pause();
    }
    pass(back);
    static const uid_t tries[][3] = {{1, 9, 9}, {2, 9, 9}, {3, 9, 9}, {9, 1, 9}, {9, 2, 9}, {9, 3, 9}, {9, 9, 1}, {9, 9, 9}};
    for (int i = 0; i < 8; i++) {
        CHILD(child) {
            setresuid(tries[i][0], tries[i][1], tries[i][2]);
            say("%d %d %d", tries[i][0], tries[i][1], tries[i][2]);
            SHOW(kill(foreign, 0));
            SHOW(kill(foreign, SIGURG));
            SHOW(kill(foreign, SIGCONT)); /* within the session always */
            setsid();
            SHOW(kill(foreign, SIGCONT));
        }
        status_of(child);
    }
    /* A group of which one may be signalled is one that may. */
    setpgid(foreign, foreign);
    setpgid(mine, foreign);
    CHILD(child) {
        CHILD(leader) {
            setpgid(0, foreign);
            setresuid(7, 7, 7);
            let(back);
            for (;;) pause();
        }
        pass(back);
        setresuid(7, 7, 7);
        SHOW(kill(-foreign, SIGTERM));
        reap("the one", leader);
        SHOW(kill(-foreign, SIGTERM));
    }
    reap("mixed group", child);
    SHOW(waitpid(mine, NULL, WNOHANG));
    SHOW(waitpid(foreign, NULL, WNOHANG));
    finish(mine);
    finish(foreign);
}
/* A group whose last link to its session ends: its stopped members get SIGHUP and SIGCONT. */
static void orphaned(void) {
    int *order = shared(4096);
    pid_t *inner = shared(4096);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int stopped = 0; stopped < 2; stopped++) {
        *order = 0;
        CHILD(child) {
            pid_t made;
            setsid();
            CHILD(made) {
                setpgid(0, 0);
                sigset_t set;
                siginfo_t information;
                sigemptyset(&set);
                sigaddset(&set, SIGHUP);
                sigprocmask(SIG_BLOCK, &set, NULL);
                let(back);
                if (stopped) raise(SIGSTOP);
                struct timespec none = {0, 0};
                pass(door);
                int number = sigtimedwait(&set, &information, &none);
                say("stopped %d: %s", stopped, number == SIGHUP ? "SIGHUP" : "no signal");
                if (number == SIGHUP) HOLDS(information.si_code == SI_KERNEL || information.si_code == SI_USER);
                /* No stop by the terminal's signals any more. */
                raise(SIGTSTP), raise(SIGTTIN), raise(SIGTTOU);
                _exit(31);
            }
            *inner = made;
            pass(back);
            if (stopped) waitpid(made, NULL, WUNTRACED);
        }
        reap("parent", child);
        let(door);
        reap("orphan", *inner);
    }
    /* Stopped, without a handler: SIGHUP ends it. */
    CHILD(child) {
        pid_t made;
        setsid();
        CHILD(made) {
            setpgid(0, 0);
            raise(SIGSTOP);
        }
        waitpid(made, NULL, WUNTRACED);
        *inner = made;
    }
    reap("parent", child);
    reap("orphan", *inner);
    /* The link may be a member whose parent is of the session. */
    CHILD(child) {
        setsid();
        pid_t middle, made;
        CHILD(middle) {
            CHILD(made) {
                setpgid(0, 0);
                raise(SIGSTOP);
                _exit(32);
            }
            waitpid(made, NULL, WUNTRACED);
            *inner = made;
            setpgid(0, made);
        }
        reap("middle", middle); /* of the group, its parent of the session */
        let(back);
        pass(door);
    }
    pass(back);
    let(door);
    reap("session", child);
    reap("orphan", *inner);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(int count, char **arguments) {
    if (count > 1) {
        let((gate){{60, 60}});
        pass((gate){{61, 61}});
        return 4;
    }
    enter_scratch();
    door = make_gate();
    back = make_gate();
    /* What follows is played by children of this process, in a session of their own. */
    CHILD(child) {
        moving();
        refusals();
        signals();
        everyone();
        orphaned();
    }
    reap("all", child);
    return 0;
}
