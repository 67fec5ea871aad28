/* Covers: vhangup ioctl setsid */
/* What a controlling terminal is beside job control (job_control.c): who inherits and who loses it, hang-ups of
 * open files, exclusive use, typing by TIOCSTI, numbers in /proc, a pseudo-terminal's master in the slave's
 * place: ioctl_tty(2), vhangup(2), tty_ioctl(4). */
#include "ptys.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#ifndef TIOCGEXCL
#define TIOCGEXCL 0x80045440
#endif
/* TIOCGDEV, TIOCVHANGUP */
#define DEVICE 0x80045432
#define HANG_UP 0x5437

static int master;
static pid_t child;
static gate door, back;
static int lead(int flags) {
    setsid();
    return open(name, flags);
}
/* tty_nr and tpgid of /proc/self/stat. */
static void numbers(const char *what, int terminal) {
    char text[1024], *at;
    struct stat status;
    long tty = 0, group = 0;
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    long length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    if ((at = strrchr(text, ')'))) sscanf(at + 2, "%*c %*d %*d %*d %ld %ld", &tty, &group);
    fstat(terminal, &status);
    say("%s: tty_nr %s, tpgid %s", what, tty == 0 ? "0" : tty == (long)status.st_rdev ? "the terminal's" : "another",
        group == -1 ? "-1" : group == getpgrp() ? "own" : group == 0 ? "0" : "another");
}
static void show_ready(const char *what, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    poll(&entry, 1, 0);
    say("%s: %x", what, entry.revents);
}

static void inheriting(void) {
    master = open_master();
    CHILD(child) {
        pid_t made;
        int file = lead(O_RDWR | O_NOCTTY);
        numbers("none", file);
        close(file);
        /* To write only is not enough. */
        file = open(name, O_WRONLY);
        numbers("write-only", file);
        setresuid(0, 99, 0);
        SHOW(ioctl(file, TIOCSCTTY, 0));
        setresuid(0, 0, 0);
        close(file);
        file = open(name, O_RDONLY);
        numbers("read-only", file);
        CHILD(made) {
            numbers("child", file);
            char *words[] = {"exec", "/dev/tty", NULL};
            SHOW(execv("/proc/self/exe", words));
        }
        reap("executed", made);
        CHILD(made) {
            setpgid(0, 0);
            numbers("own group", file);
            SHOW(ioctl(file, TIOCNOTTY));
            numbers("gave up", file);
            SHOW(ioctl(file, TIOCNOTTY));
            SHOW(open("/dev/tty", O_RDWR));
            pid_t inner;
            CHILD(inner) numbers("its child", file);
            reap("its child", inner);
        }
        reap("without", made);
        numbers("leader still", file);
        CHILD(made) {
            SUCCEEDS(setsid());
            numbers("new session", file);
        }
        reap("new session", made);
        /* The terminal stays with every file of it closed. */
        close(file);
        file = open("/dev/tty", O_RDWR);
        HOLDS(file >= 0);
        HOLDS(isatty(file) == 1);
        struct stat status;
        fstat(file, &status);
        say("device %x", (unsigned)status.st_rdev);
        unsigned device = 0;
        SHOW(ioctl(file, DEVICE, &device));
        stat(name, &status);
        HOLDS(device == status.st_rdev);
        SHOW(write(file, "by /dev/tty\n", 12));
        char shown[32] = "";
        SHOW(read(master, shown, sizeof shown));
        say_bytes("shown", shown, 13);
    }
    reap("inheriting", child);
    close(master);
}
static void by_master(void) {
    master = open_master();
    CHILD(child) {
        pid_t made;
        int number = -7;
        setsid();
        SHOW(ioctl(master, TIOCGPGRP, &number));
        say("%d", number);
        SHOW(ioctl(master, TIOCGSID, &number));
        SHOW(ioctl(master, TIOCSCTTY, 0)); /* the slave becomes it */
        int file = open("/dev/tty", O_RDWR);
        HOLDS(file >= 0);
        HOLDS(tcgetsid(file) == getpid());
        SHOW(ioctl(master, TIOCNOTTY));
        SHOW(ioctl(master, TIOCSIG, SIGKILL));
        signal(SIGTTOU, SIG_IGN);
        CHILD(made) {
            setpgid(0, 0);
            SHOW(tcsetpgrp(master, getpgrp()));
            HOLDS(tcgetpgrp(file) == getpgrp());
            let(door);
            for (;;) pause();
        }
        pass(door);
        SHOW(ioctl(master, TIOCSIG, SIGQUIT));
        int status = status_of(made);
        say("%s", signal_name(WTERMSIG(status)));
        SHOW(tcsetpgrp(master, getpgrp()));
        /* Modes by the master are the terminal's: not for the background. */
        signal(SIGTTOU, SIG_DFL);
        CHILD(made) {
            struct termios modes;
            setpgid(0, 0);
            tcgetattr(master, &modes);
            handle(SIGTTOU, note, 0);
            SHOW(tcflush(master, TCIOFLUSH));
            SHOW(tcsetattr(master, TCSANOW, &modes));
            say("handled %d", handled);
        }
        reap("background", made);
    }
    reap("by master", child);
    close(master);
}
static void typing(void) {
    master = open_master();
    CHILD(child) {
        int other = open_master();
        char line[16] = "";
        int second = open(name, O_RDWR | O_NOCTTY);
        snprintf(name, sizeof name, "%s", ptsname(master));
        int file = lead(O_RDWR);
        SHOW(ioctl(file, TIOCSTI, "a"));
        SHOW(ioctl(file, TIOCSTI, "\n"));
        SHOW(read(file, line, sizeof line));
        say_bytes("line", line, 2);
        SHOW(ioctl(second, TIOCSTI, "b"));
        SHOW(ioctl(file, TIOCSTI, BAD_POINTER));
        setresuid(99, 99, 99);
        SHOW(ioctl(second, TIOCSTI, "c"));
        close(other);
    }
    reap("typing", child);
    /* For one alone: but root may. */
    int file = open(name, O_RDWR | O_NOCTTY), number = -1;
    SHOW(chmod(name, 0666));
    SHOW(ioctl(file, TIOCGEXCL, &number));
    say("%d", number);
    SHOW(ioctl(file, TIOCEXCL));
    SHOW(ioctl(file, TIOCGEXCL, &number));
    say("%d", number);
    SHOW(close(open(name, O_RDWR | O_NOCTTY)));
    CHILD(child) {
        setresuid(99, 99, 99);
        SHOW(open(name, O_RDWR | O_NOCTTY));
        SHOW(ioctl(file, TIOCNXCL));
        HOLDS(open(name, O_RDWR | O_NOCTTY) >= 0);
        SHOW(ioctl(file, HANG_UP));
        SHOW(vhangup());
    }
    reap("exclusive", child);
    int discipline = 0;
    SHOW(ioctl(file, TIOCSETD, &discipline));
    discipline = 99;
    SHOW(ioctl(file, TIOCSETD, &discipline));
    SHOW(ioctl(file, TIOCSETD, BAD_POINTER));
    close(file);
    close(master);
}
static void hang_ups(void) {
    master = open_master();
    CHILD(child) {
        pid_t reader, other;
        struct termios modes, changed;
        int file = lead(O_RDWR), second = open(name, O_RDWR);
        tcgetattr(file, &modes);
        changed = modes;
        changed.c_lflag &= ~ECHO;
        tcsetattr(file, TCSANOW, &changed);
        handle(SIGHUP, note, 0);
        CHILD(reader) {
            char byte;
            signal(SIGHUP, SIG_DFL);
            let(door);
            long count = read(file, &byte, 1);
            pass(back);
            say("waiting read: %ld", count);
            numbers("reader", second);
        }
        pass(door);
        until_state(reader, 'S');
        CHILD(other) {
            setpgid(0, 0);
            let(door);
            for (;;) pause();
        }
        pass(door);
        signal(SIGTTOU, SIG_IGN);
        SHOW(tcsetpgrp(file, other));
        SHOW(vhangup());
        while (handled < 1) usleep(100);
        say("handled %s", signal_name(last));
        let(back);
        reap("reader", reader);
        numbers("leader", file);
        char byte;
        SHOW(read(file, &byte, 1));
        SHOW(write(second, "x", 1));
        SHOW(ioctl(file, TIOCGWINSZ, &modes));
        SHOW(tcgetattr(file, &changed));
        SHOW(tcsetpgrp(file, getpgrp()));
        SHOW(ioctl(file, TIOCNOTTY));
        SHOW(ioctl(file, FIONREAD, &last));
        show_ready("hung up", file);
        SHOW(vhangup());
        SHOW(open("/dev/tty", O_RDWR));
        /* It can be opened again, and is as new. */
        int again = open(name, O_RDWR);
        HOLDS(again >= 0);
        tcgetattr(again, &changed);
        HOLDS(changed.c_lflag == modes.c_lflag || (changed.c_lflag & ECHO));
        numbers("again", again);
        show_ready("again", again);
        SHOW(write(again, "here\n", 5));
        char shown[16] = "";
        SHOW(read(master, shown, sizeof shown));
        SHOW(waitpid(other, NULL, WNOHANG));
        SHOW(ioctl(again, HANG_UP));
        SHOW(write(again, "x", 1));
        SHOW(kill(other, SIGKILL));
        reap("other", other);
    }
    reap("hang-ups", child);
    close(master);
    /* The end of the leader leaves a pseudo-terminal's open files as they are. */
    master = open_master();
    pid_t *inner = shared(4096);
    CHILD(child) {
        pid_t made;
        int file = lead(O_RDWR);
        CHILD(made) {
            handle(SIGHUP, note, 0);
            let(door);
            while (!handled) usleep(100);
            pass(back);
            numbers("left behind", file);
            SHOW(write(file, "still\n", 6));
            SHOW(tcgetpgrp(file));
            SHOW(tcsetpgrp(file, getpgrp()));
        }
        *inner = made;
        pass(door);
    }
    reap("leader", child);
    let(back);
    reap("left behind", *inner);
    char shown[16] = "";
    SHOW(read(master, shown, sizeof shown));
    /* The next session finds it free. */
    CHILD(child) {
        int file = lead(O_RDWR);
        HOLDS(tcgetsid(file) == getpid());
    }
    reap("next", child);
    close(master);
}

int main(int count, char **words) {
    if (count > 1) {
        int file = open(words[1], O_RDWR);
        HOLDS(file >= 0);
        HOLDS(tcgetsid(file) == getsid(0));
        return 0;
    }
    setpgid(0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    door = make_gate();
    back = make_gate();
    inheriting();
    by_master();
    typing();
    hang_ups();
    return 0;
}
