/* The calls that x86-64 has and arm64 does not, by those that took their place there, as C libraries
 * make them: a program prints the same lines on both. Included by conformance.h; `syscall` is then
 * this file's for every number. */
#ifndef OLD_CALLS_H
#define OLD_CALLS_H

#if defined(__aarch64__)
#include <poll.h>
#include <sys/time.h>
#include <utime.h>

enum {
    SYS_open = 10000, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_pipe, SYS_dup2, SYS_pause,
    SYS_alarm, SYS_rename, SYS_mkdir, SYS_rmdir, SYS_link, SYS_unlink, SYS_symlink, SYS_readlink,
    SYS_chmod, SYS_chown, SYS_lchown, SYS_mknod, SYS_getpgrp, SYS_utime, SYS_utimes, SYS_futimesat,
    SYS_time, SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_signalfd, SYS_eventfd,
    SYS_getdents, SYS_fork,
};

static inline long old_failure(int number) {
    errno = number;
    return -1;
}
/* Whether the kernel would refuse to read or write there; only BAD_POINTER counts. */
static inline int old_is_bad(const void *pointer) { return pointer && (unsigned long)pointer < 4096; }

static inline long old_utimes(int directory, const char *path, const struct timeval *times) {
    struct timespec both[2];
    if (!times) return syscall(SYS_utimensat, directory, path, NULL, 0);
    if (old_is_bad(times)) return old_failure(EFAULT);
    for (int i = 0; i < 2; i++) {
        if (times[i].tv_usec < 0 || times[i].tv_usec > 999999) return old_failure(EINVAL);
        both[i] = (struct timespec){times[i].tv_sec, times[i].tv_usec * 1000};
    }
    return syscall(SYS_utimensat, directory, path, both, 0);
}
/* In the old form of a record the name comes a byte earlier and the type is the last byte. */
static inline long old_getdents(int directory, unsigned char *buffer, long size) {
    long length = syscall(SYS_getdents64, directory, buffer, size);
    for (long at = 0; at < length;) {
        unsigned char *record = buffer + at, type = record[18];
        unsigned short bytes = *(unsigned short *)(record + 16);
        memmove(record + 18, record + 19, bytes - 19);
        record[bytes - 1] = type;
        at += bytes;
    }
    return length;
}
static inline long old_select(int count, void *in, void *out, void *odd, struct timeval *time) {
    struct timespec left;
    if (!time) return syscall(SYS_pselect6, count, in, out, odd, NULL, NULL);
    if (old_is_bad(time)) return old_failure(EFAULT);
    left = (struct timespec){time->tv_sec + time->tv_usec / 1000000, time->tv_usec % 1000000 * 1000};
    long result = syscall(SYS_pselect6, count, in, out, odd, &left, NULL);
    *time = (struct timeval){left.tv_sec, left.tv_nsec / 1000};
    return result;
}

static inline long old_call(long number, ...) {
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    switch (number) {
    case SYS_open: return syscall(SYS_openat, AT_FDCWD, a[0], a[1], a[2]);
    case SYS_creat: return syscall(SYS_openat, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
    case SYS_stat: return syscall(SYS_newfstatat, AT_FDCWD, a[0], a[1], 0);
    case SYS_lstat: return syscall(SYS_newfstatat, AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW);
    case SYS_access: return syscall(SYS_faccessat, AT_FDCWD, a[0], a[1]);
    case SYS_pipe: return syscall(SYS_pipe2, a[0], 0);
    case SYS_dup2:
        if ((int)a[0] == (int)a[1]) return syscall(SYS_fcntl, a[0], F_GETFD) < 0 ? -1 : a[0];
        return syscall(SYS_dup3, a[0], a[1], 0);
    case SYS_pause: return syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    case SYS_alarm: {
        struct itimerval new = {{0, 0}, {a[0], 0}}, old = {{0, 0}, {0, 0}};
        if (syscall(SYS_setitimer, ITIMER_REAL, &new, &old)) return -1;
        /* Rounded, but never to none (kernel/time/itimer.c). */
        return old.it_value.tv_sec + ((old.it_value.tv_sec == 0 && old.it_value.tv_usec) || old.it_value.tv_usec >= 500000);
    }
    case SYS_rename: return syscall(SYS_renameat, AT_FDCWD, a[0], AT_FDCWD, a[1]);
    case SYS_mkdir: return syscall(SYS_mkdirat, AT_FDCWD, a[0], a[1]);
    case SYS_rmdir: return syscall(SYS_unlinkat, AT_FDCWD, a[0], AT_REMOVEDIR);
    case SYS_link: return syscall(SYS_linkat, AT_FDCWD, a[0], AT_FDCWD, a[1], 0);
    case SYS_unlink: return syscall(SYS_unlinkat, AT_FDCWD, a[0], 0);
    case SYS_symlink: return syscall(SYS_symlinkat, a[0], AT_FDCWD, a[1]);
    case SYS_readlink: return syscall(SYS_readlinkat, AT_FDCWD, a[0], a[1], a[2]);
    case SYS_chmod: return syscall(SYS_fchmodat, AT_FDCWD, a[0], a[1]);
    case SYS_chown: return syscall(SYS_fchownat, AT_FDCWD, a[0], a[1], a[2], 0);
    case SYS_lchown: return syscall(SYS_fchownat, AT_FDCWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW);
    case SYS_mknod: return syscall(SYS_mknodat, AT_FDCWD, a[0], a[1], a[2]);
    case SYS_getpgrp: return syscall(SYS_getpgid, 0);
    case SYS_utime: {
        const struct utimbuf *times = (const void *)a[1];
        if (!times) return old_utimes(AT_FDCWD, (const char *)a[0], NULL);
        if (old_is_bad(times)) return old_failure(EFAULT);
        struct timeval both[2] = {{times->actime, 0}, {times->modtime, 0}};
        return old_utimes(AT_FDCWD, (const char *)a[0], both);
    }
    case SYS_utimes: return old_utimes(AT_FDCWD, (const char *)a[0], (const void *)a[1]);
    case SYS_futimesat: return old_utimes(a[0], (const char *)a[1], (const void *)a[2]);
    case SYS_time: {
        struct timespec time;
        if (old_is_bad((void *)a[0])) return old_failure(EFAULT);
        syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &time);
        if (a[0]) *(time_t *)a[0] = time.tv_sec;
        return time.tv_sec;
    }
    case SYS_poll: {
        struct timespec time = {(int)a[2] / 1000, (int)a[2] % 1000 * 1000000};
        return syscall(SYS_ppoll, a[0], a[1], (int)a[2] < 0 ? NULL : &time, NULL, 0);
    }
    case SYS_select: return old_select(a[0], (void *)a[1], (void *)a[2], (void *)a[3], (void *)a[4]);
    case SYS_epoll_create: return (int)a[0] <= 0 ? old_failure(EINVAL) : syscall(SYS_epoll_create1, 0);
    case SYS_epoll_wait: return syscall(SYS_epoll_pwait, a[0], a[1], a[2], a[3], NULL, 8);
    case SYS_signalfd: return syscall(SYS_signalfd4, a[0], a[1], a[2], 0);
    case SYS_eventfd: return syscall(SYS_eventfd2, a[0], 0);
    case SYS_fork: return syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
    case SYS_getdents: return old_getdents(a[0], (unsigned char *)a[1], a[2]);
    default: return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}
#define syscall(...) old_call(__VA_ARGS__)
#endif

#endif
