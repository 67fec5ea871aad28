/* Covers: ioctl setsid setpgid */
/* Job control on a pseudo-terminal: the controlling terminal, foreground and background groups, the signals
 * that keys make, SIGTTIN and SIGTTOU, hang-up: tty_ioctl(4), credentials(7), termios(3). */
#include "ptys.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master;
static pid_t child;
static gate door, back, second;
/* Reads what the terminal shows until a text has come. */
static void shown(const char *text) {
    static char all[4096];
    int length = 0;
    memset(all, 0, sizeof all);
    while (!strstr(all, text) && length < (int)sizeof all - 1) {
        long count = read(master, all + length, sizeof all - 1 - length);
        if (count <= 0) break;
        length += count;
    }
    say_bytes("shown", all, length);
}
/* Types a key that makes a signal. Linux handles it in a thread of its own: its echo comes when it is done. */
static void type(const char *key, const char *echo) {
    char all[64];
    int length = 0;
    write(master, key, 1);
    while (length < (int)sizeof all - 1) {
        long count = read(master, all + length, sizeof all - 1 - length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        all[length += count] = 0;
        if (strstr(all, echo)) return;
    }
    say("no %s: WRONG", echo);
}
static const char *whose(pid_t group) {
    return group == getpgrp() ? "own" : group == 0 ? "none" : group < 0 ? errno_name(errno) : "another";
}

/* How a session leader gets its terminal, and others do not. */
static void acquiring(void) {
    CHILD(child) {
        pid_t made;
        HOLDS(setsid() == getpid());
        CHILD(made) {
            int file = open(name, O_RDWR);
            say("not a leader: %s", whose(tcgetpgrp(file)));
            SHOW(open("/dev/tty", O_RDWR));
            SHOW(ioctl(file, TIOCSCTTY, 0));
        }
        reap("made", made);
        int file = open(name, O_RDWR | O_NOCTTY);
        say("O_NOCTTY: %s", whose(tcgetpgrp(file)));
        SHOW(tcsetpgrp(file, getpgrp()));
        SHOW(tcgetsid(file));
        SHOW(ioctl(file, TIOCNOTTY));
        close(file);
        file = open(name, O_RDWR);
        say("opened: %s", whose(tcgetpgrp(file)));
        HOLDS(tcgetsid(file) == getpid());
        HOLDS(tcgetsid(master) == getpid());
        HOLDS(tcgetpgrp(master) == getpgrp());
        SHOW(ioctl(file, TIOCSCTTY, 0)); /* already so */
        int tty = open("/dev/tty", O_RDWR);
        HOLDS(tty >= 0);
        say("/dev/tty: %s", whose(tcgetpgrp(tty)));
        /* The controlling terminal of a session is one. */
        int second = posix_openpt(O_RDWR | O_NOCTTY);
        grantpt(second), unlockpt(second);
        int other = open(ptsname(second), O_RDWR);
        SHOW(ioctl(other, TIOCSCTTY, 0));
        say("another terminal: %s", whose(tcgetpgrp(other)));
        SHOW(tcsetpgrp(other, getpgrp()));
        /* Another session may not take it, but by force of root. */
        CHILD(made) {
            HOLDS(tcgetpgrp(tty) == getpgrp());
            setsid();
            say("new session: %s", whose(tcgetpgrp(file)));
            SHOW(open("/dev/tty", O_RDWR));
            SHOW(ioctl(file, TIOCSCTTY, 0));
            say("/dev/tty opened before: %s", whose(tcgetpgrp(tty)));
        }
        reap("made", made);
        CHILD(made) {
            setsid();
            setresuid(99, 99, 99);
            SHOW(ioctl(file, TIOCSCTTY, 1));
        }
        reap("made", made);
        signal(SIGHUP, SIG_IGN);
        SHOW(ioctl(tty, TIOCNOTTY));
        say("given up: %s", whose(tcgetpgrp(file)));
        SHOW(open("/dev/tty", O_RDWR));
        SHOW(ioctl(file, TIOCSCTTY, 0));
        say("taken again: %s", whose(tcgetpgrp(file)));
        CHILD(made) {
            setsid();
            SHOW(ioctl(file, TIOCSCTTY, 1)); /* root steals it */
            say("stolen: %s", whose(tcgetpgrp(file)));
        }
        reap("thief", made);
        say("lost: %s", whose(tcgetpgrp(file)));
    }
    reap("acquiring", child);
}
/* A leader of the session on the terminal at descriptor 0. */
static void lead(void) {
    setsid();
    close(0);
    open(name, O_RDWR);
}
static void foreground(void) {
    CHILD(child) {
        lead();
        pid_t one, two, parent = getpid();
        CHILD(one) for (;;) pause();
        CHILD(two) for (;;) pause();
        setpgid(one, one);
        setpgid(two, two);
        SHOW(tcsetpgrp(0, one));
        HOLDS(tcgetpgrp(0) == one);
        /* Back from the background: SIGTTOU is to be ignored or blocked. */
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTTOU);
        sigprocmask(SIG_BLOCK, &set, NULL);
        SHOW(tcsetpgrp(0, two));
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        signal(SIGTTOU, SIG_IGN);
        SHOW(tcsetpgrp(0, parent));
        SHOW(tcsetpgrp(0, 0x3fffffff));
        SHOW(tcsetpgrp(0, -1));
        SHOW(tcsetpgrp(99, parent));
        SHOW(ioctl(0, TIOCSPGRP, BAD_POINTER));
        SHOW(ioctl(0, TIOCGPGRP, BAD_POINTER));
        SHOW(tcsetpgrp(0, getppid())); /* a group, if it is one, of another session */
        /* Keys reach the foreground group alone. */
        SHOW(tcsetpgrp(0, one));
        int status;
        type("\x1a", "^Z");
        HOLDS(waitpid(one, &status, WUNTRACED) == one);
        say("Ctrl-Z: %s", ending(status));
        kill(-one, SIGCONT);
        HOLDS(waitpid(one, &status, WCONTINUED) == one);
        type("\x03", "^C");
        reap("Ctrl-C", one);
        SHOW(waitpid(two, NULL, WNOHANG | WUNTRACED));
        /* Of a group that is gone: the number stays, and no signal comes. */
        type("\x03", "^C");
        SHOW(tcsetpgrp(0, two));
        type("\x1c", "^\\");
        status = status_of(two);
        say("Ctrl-\\: %s", signal_name(WTERMSIG(status)));
        SHOW(tcsetpgrp(0, parent));
        /* To itself. */
        handle(SIGINT, note, 0);
        handle(SIGQUIT, note, 0);
        handle(SIGTSTP, note, 0);
        static const char *const keys[] = {"\x03", "\x1c", "\x1a"}, *const echoes[] = {"^C", "^\\", "^Z"};
        for (int i = 0; i < 3; i++) {
            handled = 0;
            type(keys[i], echoes[i]);
            while (!handled) usleep(100);
            say("handled %s", signal_name(last));
        }
        /* The window's size: SIGWINCH to the foreground group. */
        handle(SIGWINCH, note, 0);
        handled = 0;
        struct winsize size = {40, 100, 0, 0};
        SHOW(ioctl(master, TIOCSWINSZ, &size));
        while (!handled) usleep(100);
        say("handled %s", signal_name(last));
        handled = 0;
        SHOW(ioctl(master, TIOCSWINSZ, &size)); /* the same */
        say("handled %d", handled);
        /* Without ISIG keys are characters. */
        struct termios modes;
        tcgetattr(0, &modes);
        modes.c_lflag &= ~(ISIG | ICANON | ECHO);
        SHOW(tcsetattr(0, TCSANOW, &modes));
        char byte = 0;
        write(master, "\x03", 1);
        SHOW(read(0, &byte, 1));
        say("byte %d, handled %d", byte, handled);
        /* From the master's side: TIOCSIG. */
        handled = 0;
        SHOW(ioctl(master, TIOCSIG, SIGINT));
        while (!handled) usleep(100);
        say("handled %s", signal_name(last));
    }
    reap("foreground", child);
}
static void background(void) {
    CHILD(child) {
        lead();
        pid_t made;
        int status;
        /* Reading: SIGTTIN, then what is typed. */
        CHILD(made) {
            char line[32] = "";
            pass(door);
            long count = read(0, line, sizeof line - 1);
            say("read %ld %s", count, count > 0 ? strtok(line, "\n") : errno_name(errno));
        }
        setpgid(made, made);
        let(door);
        HOLDS(waitpid(made, &status, WUNTRACED) == made);
        say("reads: %s", ending(status));
        write(master, "typed\n", 6);
        SHOW(tcsetpgrp(0, made));
        kill(-made, SIGCONT);
        reap("reader", made);
        signal(SIGTTOU, SIG_IGN);
        SHOW(tcsetpgrp(0, getpgrp()));
        signal(SIGTTOU, SIG_DFL);
        /* With SIGTTIN ignored or blocked: EIO. */
        CHILD(made) {
            char byte;
            setpgid(0, 0);
            signal(SIGTTIN, SIG_IGN);
            SHOW(read(0, &byte, 1));
            signal(SIGTTIN, SIG_DFL);
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, SIGTTIN);
            sigprocmask(SIG_BLOCK, &set, NULL);
            SHOW(read(0, &byte, 1));
            sigpending(&set);
            say("pending %d", sigismember(&set, SIGTTIN));
        }
        reap("ignoring reader", made);
        /* A handler: the call begins anew, or ends. */
        CHILD(made) {
            char byte;
            setpgid(0, 0);
            handle(SIGTTIN, note, 0);
            SHOW(read(0, &byte, 1));
            say("handled %s", signal_name(last));
        }
        reap("handling reader", made);
        /* Writing is allowed, but with TOSTOP. */
        CHILD(made) {
            setpgid(0, 0);
            SHOW(write(0, "by the background\n", 18));
        }
        reap("writer", made);
        shown("background\r\n");
        struct termios modes;
        tcgetattr(0, &modes);
        modes.c_lflag |= TOSTOP;
        SHOW(tcsetattr(0, TCSANOW, &modes));
        CHILD(made) {
            pass(door);
            write(0, "stopped first\n", 14);
        }
        setpgid(made, made);
        let(door);
        HOLDS(waitpid(made, &status, WUNTRACED) == made);
        say("writes: %s", ending(status));
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(0, made);
        kill(-made, SIGCONT);
        reap("writer", made);
        tcsetpgrp(0, getpgrp());
        signal(SIGTTOU, SIG_DFL);
        shown("first\r\n");
        CHILD(made) {
            setpgid(0, 0);
            signal(SIGTTOU, SIG_IGN);
            SHOW(write(0, "ignoring\n", 9));
            SHOW(tcsetattr(0, TCSANOW, &modes));
        }
        reap("ignoring writer", made);
        shown("ignoring\r\n");
        /* Changing modes stops without TOSTOP too. */
        modes.c_lflag &= ~TOSTOP;
        tcsetattr(0, TCSANOW, &modes);
        CHILD(made) {
            pass(door);
            tcsetattr(0, TCSANOW, &modes);
        }
        setpgid(made, made);
        let(door);
        HOLDS(waitpid(made, &status, WUNTRACED) == made);
        say("changes modes: %s", ending(status));
        kill(made, SIGKILL);
        reap("changer", made);
        CHILD(made) {
            pass(door);
            tcsetpgrp(0, getpgrp());
        }
        setpgid(made, made);
        let(door);
        HOLDS(waitpid(made, &status, WUNTRACED) == made);
        say("changes the foreground: %s", ending(status));
        kill(made, SIGKILL);
        reap("changer", made);
        /* Looking is free. */
        CHILD(made) {
            setpgid(0, 0);
            SHOW(tcgetattr(0, &modes));
            struct winsize size;
            SHOW(ioctl(0, TIOCGWINSZ, &size));
            struct pollfd entry = {0, POLLIN | POLLOUT, 0};
            SHOW(poll(&entry, 1, 0));
            say("%x", entry.revents);
        }
        reap("looker", made);
    }
    reap("background", child);
    /* An orphaned group is not stopped: EIO. */
    CHILD(child) {
        lead();
        pid_t middle, *inner = shared(4096);
        prctl(PR_SET_CHILD_SUBREAPER, 0);
        CHILD(middle) {
            pid_t made;
            setpgid(0, 0);
            CHILD(made) {
                char byte;
                pass(door);
                SHOW(read(0, &byte, 1));
                struct termios modes;
                SHOW(tcgetattr(0, &modes));
                SHOW(tcsetattr(0, TCSANOW, &modes));
                SHOW(tcsetpgrp(0, getpgrp()));
                raise(SIGTSTP), raise(SIGTTIN), raise(SIGTTOU);
                let(back);
            }
            *inner = made;
        }
        reap("middle", middle);
        let(door);
        pass(back);
    }
    reap("orphaned group", child);
    while (waitpid(-1, NULL, 0) > 0) {}
}
/* The end of the leader, and of the terminal. */
static void ends(void) {
    pid_t *inner = shared(4096);
    CHILD(child) {
        lead();
        pid_t one, two;
        CHILD(one) {
            handle(SIGHUP, note, 0);
            let(back);
            while (handled < 1) usleep(100);
            pass(door);
            say("foreground: %d, %s", handled, signal_name(last));
            SHOW(open("/dev/tty", O_RDWR));
            HOLDS(tcgetpgrp(0) == -1 && errno == ENOTTY);
        }
        CHILD(two) {
            setpgid(0, 0);
            handle(SIGHUP, note, 0);
            let(back);
            pass(second);
            say("background: %d", handled);
            SHOW(open("/dev/tty", O_RDWR));
        }
        pass(back), pass(back);
        inner[0] = one, inner[1] = two;
        signal(SIGHUP, SIG_IGN);
    }
    reap("leader", child);
    let(door);
    reap("foreground", inner[0]);
    let(second);
    reap("background", inner[1]);
    /* The master closes: SIGHUP and SIGCONT to the leader; the foreground group hears when that ends. */
    CHILD(child) {
        int mine = open_master();
        setsid();
        int file = open(name, O_RDWR);
        pid_t made;
        CHILD(made) {
            setpgid(0, 0);
            close(mine);
            let(back);
            for (;;) pause();
        }
        inner[0] = made;
        pass(back);
        handle(SIGHUP, note, 0);
        handle(SIGCONT, note, 0);
        signal(SIGTTOU, SIG_IGN);
        SHOW(tcsetpgrp(file, made));
        char byte;
        close(mine);
        while (handled < 2) usleep(100);
        say("handled %d", handled);
        SHOW(read(file, &byte, 1));
        SHOW(write(file, "x", 1));
        SHOW(tcgetpgrp(file));
        SHOW(open("/dev/tty", O_RDWR));
        SHOW(waitpid(made, NULL, WNOHANG));
    }
    reap("hung up", child);
    reap("foreground", inner[0]);
    /* A leader without a handler ends of it. */
    CHILD(child) {
        int mine = open_master();
        setsid();
        open(name, O_RDWR);
        close(mine);
        for (;;) pause();
    }
    reap("killed", child);
    /* The leader gives it up: SIGHUP and SIGCONT to the foreground group. */
    CHILD(child) {
        master = open_master();
        lead();
        pid_t made;
        CHILD(made) {
            setpgid(0, 0);
            let(back);
            for (;;) pause();
        }
        pass(back);
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(0, made);
        SHOW(ioctl(0, TIOCNOTTY));
        reap("foreground", made);
    }
    reap("given up", child);
}

int main(void) {
    setpgid(0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    door = make_gate();
    back = make_gate();
    second = make_gate();
    master = open_master();
    acquiring();
    master = open_master();
    foreground();
    master = open_master();
    background();
    master = open_master();
    ends();
    return 0;
}
