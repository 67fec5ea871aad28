/* Runs a command on a terminal of its own, types what a script says, and prints what it shows.
 *
 *   pty [--size ROWSxCOLUMNS] SCRIPT COMMAND [ARGUMENT…]
 *
 * A script has a word and what belongs to it on each line; escapes are C's, and \s for a space:
 *
 *   expect TEXT        waits until TEXT was shown since the last expect
 *   send TEXT          types TEXT
 *   sleep MILLISECONDS
 *   resize ROWS COLUMNS
 *   run COMMAND        a shell command; $PTY_CHILD is the number of the command's process
 *   modes FILE         writes the terminal's modes as hexadecimal digits (struct termios)
 *   hangup             closes the terminal
 *   # …
 *
 * At the script's end it waits for the command. What was shown goes to standard output; the status is
 * the command's (128+n for signal n), or 99 after a line where something did not come in time. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { patience = 20000 };
static char shown[1 << 22];
static size_t count, seen;
static int terminal;
static pid_t child;

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
/* Takes what is shown until then; 0 at the end. */
static int take(long until) {
    for (;;) {
        long left = until - now();
        struct pollfd wait = {terminal, POLLIN, 0};
        if (left < 0) left = 0;
        if (poll(&wait, 1, (int)left) <= 0) return 1;
        ssize_t got = read(terminal, shown + count, sizeof shown - count - 1);
        if (got <= 0) return 0;
        count += (size_t)got;
        return 1;
    }
}
static void finish(const char *line) {
    fwrite(shown, 1, count, stdout);
    if (line) {
        printf("\n[pty: %s]\n", line);
        kill(-child, SIGKILL);
        kill(child, SIGKILL);
    }
    fflush(stdout);
}
static size_t unescape(const char *text, char *out) {
    size_t length = 0;
    for (; *text; text++) {
        if (*text != '\\') { out[length++] = *text; continue; }
        switch (*++text) {
        case 'n': out[length++] = '\n'; break;
        case 'r': out[length++] = '\r'; break;
        case 't': out[length++] = '\t'; break;
        case 'b': out[length++] = '\b'; break;
        case 's': out[length++] = ' '; break;
        case 'e': out[length++] = 27; break;
        case 'x': out[length++] = (char)strtol((char[]){text[1], text[2], 0}, NULL, 16); text += 2; break;
        default: out[length++] = *text;
        }
    }
    return length;
}

int main(int arguments, char **words) {
    struct winsize size = {24, 80, 0, 0};
    int at = 1;
    if (at < arguments && !strcmp(words[at], "--size")) {
        sscanf(words[at + 1], "%hux%hu", &size.ws_row, &size.ws_col);
        at += 2;
    }
    if (at + 1 >= arguments) return 64;
    FILE *script = fopen(words[at++], "r");
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (!script || terminal < 0 || grantpt(terminal) || unlockpt(terminal)) { perror("pty"); return 71; }
    ioctl(terminal, TIOCSWINSZ, &size);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    child = fork();
    if (child == 0) {
        setsid();
        ioctl(other, TIOCSCTTY, 0);
        for (int fd = 0; fd < 3; fd++) dup2(other, fd);
        for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
        execvp(words[at], words + at);
        perror(words[at]);
        _exit(127);
    }
    char text[64];
    snprintf(text, sizeof text, "%d", child);
    setenv("PTY_CHILD", text, 1);
    char line[4096], wanted[4096];
    while (fgets(line, sizeof line, script)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = strchr(line, ' ');
        if (rest) *rest++ = 0; else rest = line + strlen(line);
        if (!*line || *line == '#') continue;
        size_t length = unescape(rest, wanted);
        if (!strcmp(line, "expect")) {
            long until = now() + patience;
            char *found;
            while (!(found = memmem(shown + seen, count - seen, wanted, length))) {
                if (now() >= until || !take(until)) {
                    snprintf(line, sizeof line, "\"%.200s\" did not come", rest);
                    finish(line);
                    return 99;
                }
            }
            seen = (size_t)(found - shown) + length;
        } else if (!strcmp(line, "send")) {
            if (write(terminal, wanted, length) != (ssize_t)length) perror("pty: write");
        } else if (!strcmp(line, "sleep")) {
            for (long until = now() + atol(rest); now() < until && take(until);) {}
        } else if (!strcmp(line, "resize")) {
            sscanf(rest, "%hu %hu", &size.ws_row, &size.ws_col);
            ioctl(terminal, TIOCSWINSZ, &size);
        } else if (!strcmp(line, "run")) {
            if (system(rest) != 0) fprintf(stderr, "pty: failed: %s\n", rest);
        } else if (!strcmp(line, "modes")) {
            unsigned char modes[64] = {0};
            FILE *file = fopen(rest, "w");
            ioctl(terminal, 0x5401, modes);
            for (int i = 0; file && i < 36; i++) fprintf(file, "%02x", modes[i]);
            if (file) { fputc('\n', file); fclose(file); }
        } else if (!strcmp(line, "hangup")) {
            close(terminal);
            terminal = -1;
        } else {
            fprintf(stderr, "pty: unknown word %s\n", line);
            return 64;
        }
    }
    int status = 0;
    long until = now() + patience;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) break;
        if (now() >= until) { finish("the command did not end"); return 99; }
        if (terminal >= 0) take(now() + 20); else usleep(20000);
    }
    if (terminal >= 0) for (long end = now() + 50; now() < end && take(end);) {}
    finish(NULL);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
