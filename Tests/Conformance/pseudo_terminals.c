/* Covers: ioctl open read write poll */
#include "conformance.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <termios.h>

static int master, slave;
static char slave_name[64], buffer[70000];

static void make(void) {
    int number = -1, lock = 0;
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    HOLDS(master >= 0);
    SHOW(ioctl(master, TIOCGPTN, &number));
    snprintf(slave_name, sizeof slave_name, "/dev/pts/%d", number);
    SHOW(open(slave_name, O_RDWR | O_NOCTTY));
    SHOW(ioctl(master, TIOCGPTLCK, &lock));
    say("locked %d", lock);
    lock = 0;
    SHOW(ioctl(master, TIOCSPTLCK, &lock));
    slave = open(slave_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    HOLDS(slave >= 0);
}
/* Linux hands bytes from one side to the other in a thread of its own. */
static void settle(void) { nanosleep(&(struct timespec){0, 40000000}, NULL); }
static void show_read(const char *what, int descriptor, int limit) {
    errno = 0;
    long count = read(descriptor, buffer, limit);
    say("%s %ld %s", what, count, count < 0 ? strerror(errno) : "");
    if (count > 0) say_bytes(what, buffer, count < 100 ? (int)count : 100);
}
static void put(int descriptor, const char *text) {
    SHOW(write(descriptor, text, strlen(text)));
    settle();
}
static void ready(const char *what) {
    struct pollfd both[2] = {{master, POLLIN | POLLOUT, 0}, {slave, POLLIN | POLLOUT, 0}};
    poll(both, 2, 0);
    say("%s: master %x, slave %x", what, both[0].revents, both[1].revents);
}

static void status(void) {
    struct stat one, other;
    struct statfs system;
    fstat(master, &one);
    say("master %x mode %o", (int)one.st_rdev, one.st_mode);
    fstat(slave, &one);
    SHOW(stat(slave_name, &other));
    HOLDS(one.st_ino == other.st_ino && one.st_dev == other.st_dev && one.st_rdev == other.st_rdev);
    say("slave major %x mode %o owner %d:%d", (int)(one.st_rdev >> 8), one.st_mode, one.st_uid, one.st_gid);
    HOLDS(fstatfs(slave, &system) == 0 && system.f_type == 0x1cd1);
    HOLDS(isatty(master) == 1 && isatty(slave) == 1);
    HOLDS(strcmp(ttyname(slave), slave_name) == 0);
    SHOW(mkdir("/dev/pts/folder", 0700));
    SHOW(unlink(slave_name));
    SHOW(chmod(slave_name, 0600));
    fstat(slave, &one);
    say("mode %o", one.st_mode);
    SHOW(lseek(slave, 0, SEEK_SET));
    SHOW(pread(master, buffer, 1, 0));
}
static void modes(void) {
    struct termios modes = {0}, others = {0};
    SHOW(tcgetattr(slave, &modes));
    say("%x %x %x %x", modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
    SHOW(tcgetattr(master, &others));
    HOLDS(memcmp(&modes, &others, sizeof modes) == 0);
    struct winsize size = {0};
    SHOW(ioctl(slave, TIOCGWINSZ, &size));
    say("%d %d", size.ws_row, size.ws_col);
    size.ws_row = 30, size.ws_col = 90;
    SHOW(ioctl(master, TIOCSWINSZ, &size));
    size.ws_row = 0;
    SHOW(ioctl(slave, TIOCGWINSZ, &size));
    say("%d %d", size.ws_row, size.ws_col);
    int number = 7;
    SHOW(ioctl(slave, TIOCGPTN, &number));
    SHOW(ioctl(slave, TIOCGPGRP, &number));
    SHOW(ioctl(slave, TIOCGSID, &number));
    SHOW(ioctl(master, TIOCGSID, &number));
    SHOW(ioctl(slave, TIOCSPGRP, &number));
    SHOW(ioctl(slave, TIOCGETD, &number));
    say("discipline %d", number);
    SHOW(ioctl(slave, TCFLSH, 3));
    SHOW(ioctl(slave, TCXONC, 4));
    SHOW(ioctl(slave, TCGETS, BAD_POINTER));
    SHOW(ioctl(slave, 0x54ff, 0));
}
static void lines(void) {
    int count = -1;
    ready("nothing");
    show_read("slave", slave, 10);
    show_read("master", master, 10);
    put(master, "ab");
    show_read("echo", master, 100);
    show_read("no line", slave, 100);
    put(master, "c\x7f" "d\nnext line\n");
    ready("lines");
    SHOW(ioctl(slave, FIONREAD, &count));
    say("%d", count);
    show_read("echo", master, 100);
    show_read("part", slave, 2);
    show_read("line", slave, 100);
    show_read("line", slave, 100);
    show_read("nothing", slave, 100);
    put(slave, "out\tput\nmore\n");
    SHOW(ioctl(master, FIONREAD, &count));
    say("%d", count);
    ready("output");
    show_read("shown", master, 3);
    show_read("shown", master, 100);
    put(master, "\x04");
    show_read("end", slave, 100);
    put(master, "x\x04y\n");
    show_read("x", slave, 100);
    show_read("y", slave, 100);
    show_read("echo", master, 100);
    /* Of nobody's session: no signal. */
    put(master, "\x03z\n");
    show_read("after ^C", slave, 100);
    show_read("echo", master, 100);
    put(master, "\x13");
    put(slave, "later");
    show_read("stopped", master, 100);
    put(master, "\x11");
    put(slave, "now");
    show_read("started", master, 100);
}
static void raw(void) {
    struct termios modes;
    tcgetattr(slave, &modes);
    cfmakeraw(&modes);
    SHOW(tcsetattr(slave, TCSANOW, &modes));
    put(master, "a\r\n\x03");
    show_read("raw", slave, 100);
    put(slave, "b\n");
    show_read("raw", master, 100);
    modes.c_cc[VMIN] = 3;
    SHOW(tcsetattr(slave, TCSAFLUSH, &modes));
    put(master, "12");
    ready("two of three");
    put(master, "3");
    ready("three");
    settle();
    SHOW(tcflush(slave, TCIFLUSH));
    show_read("flushed", slave, 100);
    modes.c_cc[VMIN] = 1;
    modes.c_cflag |= PARENB;
    SHOW(tcsetattr(slave, TCSANOW, &modes));
    tcgetattr(slave, &modes);
    say("%x", modes.c_cflag & (PARENB | CSIZE | CREAD));
    /* More than there is room for, in both directions, comes whole. */
    long sent = 0, got = 0, same = 1;
    while (got < 200000) {
        char piece[1000];
        for (int i = 0; i < 1000; i++) piece[i] = (char)((sent + i) * 7 >> 2);
        long count = sent < 200000 ? write(master, piece, 200000 - sent < 1000 ? 200000 - sent : 1000) : 0;
        if (count > 0) sent += count;
        count = read(slave, buffer, 777);
        for (long i = 0; i < count; i++) same &= buffer[i] == (char)((got + i) * 7 >> 2);
        if (count > 0) got += count;
    }
    say("%ld %ld", got, same);
    for (sent = got = 0; got < 200000;) {
        char piece[1000];
        for (int i = 0; i < 1000; i++) piece[i] = (char)((sent + i) * 7 >> 2);
        long count = sent < 200000 ? write(slave, piece, 200000 - sent < 1000 ? 200000 - sent : 1000) : 0;
        if (count > 0) sent += count;
        count = read(master, buffer, 777);
        for (long i = 0; i < count; i++) same &= buffer[i] == (char)((got + i) * 7 >> 2);
        if (count > 0) got += count;
    }
    say("%ld %ld", got, same);
}
static void ends(void) {
    int other = open(slave_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    put(slave, "left");
    close(other);
    ready("one of two closed");
    close(slave);
    struct pollfd one = {master, POLLIN | POLLOUT, 0};
    poll(&one, 1, 0);
    say("closed: %x", one.revents);
    show_read("left", master, 100);
    show_read("gone", master, 100);
    slave = open(slave_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
    show_read("here again", master, 100);
    put(master, "lost\n");
    close(master);
    one.fd = slave;
    poll(&one, 1, 0);
    say("hung up: %x", one.revents);
    show_read("hung up", slave, 100);
    put(slave, "nowhere");
    int count;
    SHOW(ioctl(slave, FIONREAD, &count));
    SHOW(open(slave_name, O_RDWR | O_NOCTTY));
    close(slave);
}
static void several(void) {
    int masters[3], number;
    for (int i = 0; i < 3; i++) masters[i] = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    int first = -1;
    ioctl(masters[0], TIOCGPTN, &first);
    close(masters[1]);
    int again = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    SHOW(ioctl(again, TIOCGPTN, &number));
    say("the free one: %d", number - first);
    for (int i = 0; i < 3; i += 2) close(masters[i]);
    close(again);
}
/* Packet mode: a byte of events, or a zero and bytes. */
static void packets(void) {
    struct termios modes;
    int on = 0;
    make();
    SHOW(ioctl(master, TIOCGPKT, &on));
    say("%d", on);
    SHOW(ioctl(slave, TIOCPKT, &on));
    on = 5;
    SHOW(ioctl(master, TIOCPKT, &on));
    SHOW(ioctl(master, TIOCPKT, BAD_POINTER));
    SHOW(ioctl(master, TIOCGPKT, &on));
    say("%d", on);
    show_read("nothing", master, 10);
    put(slave, "data");
    show_read("data", master, 3);
    show_read("data", master, 1);
    show_read("data", master, 10);
    SHOW(tcflush(slave, TCIOFLUSH));
    struct pollfd one = {master, POLLIN | POLLPRI, 0};
    poll(&one, 1, 0);
    say("events: %x", one.revents);
    put(slave, "more");
    show_read("flushed", master, 10);
    show_read("more", master, 10);
    SHOW(tcflow(slave, TCOOFF));
    SHOW(tcflow(slave, TCOON));
    show_read("started", master, 10);
    put(master, "\x13");
    show_read("stopped", master, 10);
    put(master, "\x11");
    show_read("started", master, 10);
    tcgetattr(slave, &modes);
    modes.c_iflag &= ~IXON;
    SHOW(tcsetattr(slave, TCSANOW, &modes));
    show_read("no flow control", master, 10);
    modes.c_iflag |= IXON;
    SHOW(tcsetattr(slave, TCSAFLUSH, &modes));
    show_read("flow control", master, 10);
    modes.c_cc[VSTOP] = 1;
    SHOW(tcsetattr(slave, TCSANOW, &modes));
    show_read("another key", master, 10);
    put(master, "\x03");
    show_read("interrupted", master, 1);
    show_read("echo", master, 10);
    on = 0;
    SHOW(ioctl(master, TIOCPKT, &on));
    put(slave, "plain");
    show_read("plain", master, 10);
    close(slave);
    close(master);
}

int main(void) {
    make();
    status();
    modes();
    lines();
    raw();
    ends();
    several();
    packets();
    return 0;
}
