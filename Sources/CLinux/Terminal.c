#define _GNU_SOURCE
#include "CLinuxTerminal.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// By number: the kernel's struct termios is not the C library's.
enum { get_modes = 0x5401, set_modes = 0x5402 };

int clinux_terminal_modes(int fd, uint8_t *modes) { return ioctl(fd, get_modes, modes); }
int clinux_set_terminal_modes(int fd, const uint8_t *modes) { return ioctl(fd, set_modes, modes); }

int clinux_is_terminal(int fd) {
    uint8_t modes[44];
    return clinux_terminal_modes(fd, modes) == 0;
}

uint64_t clinux_window_size(int fd) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_row | (uint64_t)size.ws_col << 16 | (uint64_t)size.ws_xpixel << 32 |
        (uint64_t)size.ws_ypixel << 48;
}

int clinux_bytes_readable(int fd) {
    int count;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

int clinux_is_foreground(int fd) {
    int group;
    // One that hung up is nobody's: a read then says so.
    return ioctl(fd, TIOCGPGRP, &group) != 0 || group == getpgrp();
}

void clinux_stop_self(int process, int number) {
    sigset_t one, before;
    sigemptyset(&one);
    sigaddset(&one, number);
    pthread_sigmask(SIG_UNBLOCK, &one, &before);
    kill(process, number);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int clinux_guardian_sockets(int sockets[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets);
}

/// Whether the program holds the terminal, by what it said last.
static int holds_terminal(int socket, int held) {
    char byte;
    while (recv(socket, &byte, 1, MSG_DONTWAIT) == 1) held = byte == 'A';
    return held;
}

struct clinux_ending clinux_watch(const char *path, char *const *arguments, int fd, const uint8_t *modes,
                                  const int sockets[2]) {
    static const int watched[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT,
                                  SIGTTOU, SIGTTIN, SIGUSR1, SIGUSR2};
    struct clinux_ending ending = {-1, 0};
    sigset_t set, before;
    sigemptyset(&set);
    for (unsigned i = 0; i < sizeof watched / sizeof *watched; i++) sigaddset(&set, watched[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    signal(SIGCHLD, SIG_DFL);
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &before);
    posix_spawn_file_actions_init(&actions);
    // The same number keeps the descriptor open, though it closes on exec.
    posix_spawn_file_actions_adddup2(&actions, sockets[1], sockets[1]);
    pid_t child;
    int error = posix_spawn(&child, path, &actions, &attributes, arguments, environ);
    if (error != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        errno = error;
        return ending;
    }
    close(sockets[1]);
    int held = 0;
    for (;;) {
        siginfo_t information;
        int number = sigwaitinfo(&set, &information);
        if (number < 0) continue;
        if (number != SIGCHLD) {
            // What the terminal or a group was sent reached the program too.
            if (number == SIGTTOU || number == SIGTTIN || number == SIGCONT) continue;
            // A terminal that hangs up tells the session's leader alone.
            if (information.si_code <= 0 || (number == SIGHUP && getsid(0) == getpid()))
                kill(child, number);
            continue;
        }
        int status;
        while (waitpid(child, &status, WNOHANG | WUNTRACED) > 0) {
            held = holds_terminal(sockets[0], held);
            if (held && clinux_is_foreground(fd)) clinux_set_terminal_modes(fd, modes);
            if (WIFSTOPPED(status)) {
                clinux_stop_self(getpid(), WSTOPSIG(status));
                // Who continued this process may have meant no other.
                siginfo_t continued = {0};
                if (waitid(P_PID, child, &continued, WCONTINUED | WNOHANG) != 0 || continued.si_pid == 0)
                    kill(child, SIGCONT);
                continue;
            }
            ending.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            ending.status = ending.signal ? 128 + ending.signal : WEXITSTATUS(status);
            return ending;
        }
    }
}
