/* What the program sees of its terminal, and what its terminal makes of what is typed:
 *
 *   terminal show        streams that are terminals, their window, modes, groups, names
 *   terminal lines       reads lines until the end, prints each one's bytes
 *   terminal raw MIN TIME  without lines: prints what each of 3 reads gives
 *   terminal size        prints the window's size now and after each SIGWINCH, ends at 3
 *   terminal signals     counts SIGINT, SIGQUIT, SIGTSTP, SIGCONT; ends at the end of input
 *   terminal stop        raises SIGTSTP, says when it goes on */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void bytes(const char *label, const char *text, ssize_t length) {
    printf("%s %d:", label, (int)length);
    for (ssize_t i = 0; i < length; i++) printf(" %02x", (unsigned char)text[i]);
    printf("\n");
}
static void window(void) {
    struct winsize size = {0};
    if (ioctl(0, TIOCGWINSZ, &size)) perror("TIOCGWINSZ");
    else printf("window %d x %d\n", size.ws_row, size.ws_col);
}
static void show(void) {
    for (int fd = 0; fd < 3; fd++) {
        struct termios modes;
        memset(&modes, 0, sizeof modes);
        printf("%d: %s", fd, isatty(fd) ? "terminal" : "no terminal");
        if (tcgetattr(fd, &modes) == 0) {
            printf(" %x %x %x %x", modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
            for (int i = 0; i < 17; i++) printf(" %02x", modes.c_cc[i]);
            printf(" group %s session %s", tcgetpgrp(fd) == getpgrp() ? "own" : "other",
                   tcgetsid(fd) == getsid(0) ? "own" : "other");
        } else printf(": %s", strerror(errno));
        printf(" %s\n", fcntl(fd, F_GETFL) % 4 == O_RDWR && isatty(fd) ? "both ways" : "");
    }
    if (isatty(0)) window();
    int tty = open("/dev/tty", O_RDWR);
    printf("/dev/tty: %s\n", tty >= 0 ? "opens" : strerror(errno));
    struct termios modes;
    int pipes[2];
    pipe(pipes);
    /* Calls first: which of printf's arguments is worked out first is the compiler's choice. */
    int result = tcgetattr(pipes[0], &modes);
    printf("of a pipe: %d %s\n", result, strerror(errno));
    result = ioctl(0, 0x5499, 0);
    printf("unknown request: %d %s\n", result, strerror(errno));
    printf("TCFLSH 7: %d\n", isatty(0) ? ioctl(0, TCFLSH, 7) : -1);
    printf("other group: %d\n", isatty(0) ? ioctl(0, TIOCSPGRP, &(int){0x3fffffff}) : -1);
    printf("own group: %d\n", isatty(0) ? tcsetpgrp(0, getpgrp()) : -1);
}
static void lines(void) {
    char line[5000];
    for (;;) {
        ssize_t length = read(0, line, sizeof line);
        if (length <= 0) { printf("end %d\n", (int)length); return; }
        bytes("line", line, length);
        fflush(stdout);
    }
}
static void raw(int minimum, int time) {
    struct termios before, modes;
    tcgetattr(0, &before);
    modes = before;
    modes.c_lflag &= ~(ICANON | ECHO);
    modes.c_cc[VMIN] = minimum;
    modes.c_cc[VTIME] = time;
    printf("set %d\n", tcsetattr(0, TCSANOW, &modes));
    for (int i = 0; i < 3; i++) {
        char text[10];
        printf("reading\n");
        fflush(stdout);
        ssize_t length = read(0, text, sizeof text);
        bytes("got", text, length);
    }
    struct pollfd wait = {0, POLLIN, 0};
    printf("poll %d\n", poll(&wait, 1, 0));
    printf("restored %d\n", tcsetattr(0, TCSADRAIN, &before));
}
static volatile sig_atomic_t counts[65];
static void note(int number) { counts[number]++; }
static void handle(int number, int flags) {
    struct sigaction action = {.sa_handler = note, .sa_flags = flags};
    sigaction(number, &action, NULL);
}
static void size(void) {
    handle(SIGWINCH, 0);
    window();
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        int before = counts[SIGWINCH];
        char byte;
        while (counts[SIGWINCH] == before) {
            if (read(0, &byte, 1) < 0) printf("%s\n", strerror(errno));
        }
        window();
        fflush(stdout);
    }
}
static void signals(void) {
    handle(SIGINT, SA_RESTART);
    handle(SIGQUIT, SA_RESTART);
    handle(SIGTSTP, SA_RESTART);
    handle(SIGCONT, SA_RESTART);
    printf("ready\n");
    fflush(stdout);
    lines();
    printf("INT %d QUIT %d TSTP %d CONT %d\n", counts[SIGINT], counts[SIGQUIT], counts[SIGTSTP], counts[SIGCONT]);
}
static void stop(void) {
    handle(SIGCONT, 0);
    printf("stopping\n");
    fflush(stdout);
    raise(SIGTSTP);
    printf("went on, CONT %d\n", counts[SIGCONT]);
    window();
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    if (!strcmp(what, "show")) show();
    else if (!strcmp(what, "lines")) printf("ready\n"), fflush(stdout), lines();
    else if (!strcmp(what, "raw") && count > 3) raw(atoi(words[2]), atoi(words[3]));
    else if (!strcmp(what, "size")) size();
    else if (!strcmp(what, "signals")) signals();
    else if (!strcmp(what, "stop")) stop();
    else return 64;
    return 0;
}
