#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/// Runs in the child: no allocation, no return.
static _Noreturn void become(const char *path, char *_Nullable const *_Nonnull arguments,
                             const int *descriptors, size_t count, int output, pid_t parent) {
    sigset_t none;
    int null;
    size_t index;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // First above all targets, so that no copy overwrites one that is still to be made.
    int high[16];
    if (count > 14) _exit(127);
    for (index = 0; index < count; index++) high[index] = fcntl(descriptors[index], F_DUPFD, 32);
    high[count] = fcntl(output, F_DUPFD, 32);
    null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0) _exit(127);
    for (index = 0; index < count; index++)
        if (dup2(high[index], 3 + (int)index) < 0) _exit(127);
    if (dup2(high[count], 1) < 0 || dup2(high[count], 2) < 0) _exit(127);
    syscall(SYS_close_range, 3 + (unsigned)count, ~0u, 0);
    execv(path, arguments);
    _exit(127);
}

int clinux_start_child(const char *path, char *_Nullable const *_Nonnull arguments,
                       const int *descriptors, size_t count, int output, int32_t *identity) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) become(path, arguments, descriptors, count, output, parent);
    *identity = child;
    int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    if (descriptor < 0) clinux_kill(child);
    return descriptor;
}

int clinux_reap(int32_t identity) {
    int status = 0;
    while (waitpid(identity, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return status;
}

void clinux_kill(int32_t identity) { kill(identity, SIGKILL); }

int clinux_socket_pair(int descriptors[2], int send_bytes) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, descriptors) != 0)
        return -1;
    if (send_bytes > 0)
        setsockopt(descriptors[0], SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
    return 0;
}

int clinux_pipe(int descriptors[2]) {
    if (pipe2(descriptors, O_CLOEXEC) != 0) return -1;
    return fcntl(descriptors[0], F_SETFL, O_NONBLOCK);
}

int clinux_is_executable(const char *path) { return access(path, X_OK) == 0; }
