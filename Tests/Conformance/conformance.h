/* What every conformance program shares: deterministic lines on standard output.
 *
 * A program runs natively (in an empty root of its own, see Tests/Boot/native.c) and as a unikernel,
 * and must print the same lines. So it prints results, errno names and structure fields that do not
 * depend on the machine; inode numbers, times and addresses appear only as relations between them.
 * Lines leave by one write(2) each: a program that dies of a signal loses none, and the output does
 * not lean on stdio, which is itself under test. The first comment of each program names the calls
 * it covers ("Covers: read pread64"); `make check` reads it. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "old_calls.h"

/* What uname(2) and AT_PLATFORM call the machine. */
#if defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "x86_64"
#endif

/* An address that no program maps: below mmap_min_addr on every kernel. */
#define BAD_POINTER ((void *)8)

static inline void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void say(const char *format, ...) {
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0) length = 0;
    if (length > (int)sizeof line - 2) length = sizeof line - 2;
    line[length++] = '\n';
    for (int done = 0; done < length;) {
        long count = syscall(SYS_write, 1, line + done, length - done);
        if (count <= 0) break;
        done += count;
    }
}

static inline const char *errno_name(int number) {
    static char other[16];
    switch (number) {
#define NAME(code) case code: return #code;
    NAME(EPERM) NAME(ENOENT) NAME(ESRCH) NAME(EINTR) NAME(EIO) NAME(ENXIO) NAME(E2BIG)
    NAME(ENOEXEC) NAME(EBADF) NAME(ECHILD) NAME(EAGAIN) NAME(ENOMEM) NAME(EACCES) NAME(EFAULT)
    NAME(ENOTBLK) NAME(EBUSY) NAME(EEXIST) NAME(EXDEV) NAME(ENODEV) NAME(ENOTDIR) NAME(EISDIR)
    NAME(EINVAL) NAME(ENFILE) NAME(EMFILE) NAME(ENOTTY) NAME(ETXTBSY) NAME(EFBIG) NAME(ENOSPC)
    NAME(ESPIPE) NAME(EROFS) NAME(EMLINK) NAME(EPIPE) NAME(EDOM) NAME(ERANGE) NAME(EDEADLK)
    NAME(ENAMETOOLONG) NAME(ENOLCK) NAME(ENOSYS) NAME(ENOTEMPTY) NAME(ELOOP) NAME(ENODATA)
    NAME(EOVERFLOW) NAME(EOPNOTSUPP) NAME(ETIMEDOUT) NAME(EINPROGRESS) NAME(ESTALE)
    NAME(ENOTSOCK) NAME(EAFNOSUPPORT) NAME(ECANCELED) NAME(EOWNERDEAD) NAME(EDESTADDRREQ)
    NAME(EMSGSIZE) NAME(EPROTOTYPE) NAME(ENOPROTOOPT) NAME(EPROTONOSUPPORT) NAME(ESOCKTNOSUPPORT)
    NAME(EADDRINUSE) NAME(ECONNABORTED) NAME(ECONNRESET) NAME(ENOBUFS) NAME(EISCONN) NAME(ENOTCONN)
    NAME(ETOOMANYREFS) NAME(ECONNREFUSED) NAME(ENOMSG) NAME(EIDRM)
#undef NAME
    }
    snprintf(other, sizeof other, "errno %d", number);
    return other;
}

static inline const char *signal_name(int number) {
    static char other[16];
    switch (number) {
#define NAME(code) case code: return #code;
    NAME(SIGHUP) NAME(SIGINT) NAME(SIGQUIT) NAME(SIGILL) NAME(SIGTRAP) NAME(SIGABRT) NAME(SIGBUS)
    NAME(SIGFPE) NAME(SIGKILL) NAME(SIGUSR1) NAME(SIGSEGV) NAME(SIGUSR2) NAME(SIGPIPE)
    NAME(SIGALRM) NAME(SIGTERM) NAME(SIGCHLD) NAME(SIGCONT) NAME(SIGSTOP) NAME(SIGVTALRM)
    NAME(SIGPROF) NAME(SIGWINCH) NAME(SIGTSTP) NAME(SIGTTIN) NAME(SIGTTOU) NAME(SIGXCPU) NAME(SIGXFSZ)
    NAME(SIGSYS) NAME(SIGURG) NAME(SIGIO)
#undef NAME
    }
    snprintf(other, sizeof other, "signal %d", number);
    return other;
}

/* Prints a call's text and its result, or the name of its error; returns the result. */
static inline long show(const char *text, long result) {
    if (result == -1) say("%s: %s", text, errno_name(errno));
    else say("%s = %ld", text, result);
    return result;
}
#define SHOW(call) show(#call, (errno = 0, (long)(call)))

/* As SHOW for results that differ from run to run (addresses, process numbers): only "ok". */
static inline long show_success(const char *text, long result) {
    if (result == -1) say("%s: %s", text, errno_name(errno));
    else say("%s: ok", text);
    return result;
}
#define SUCCEEDS(call) show_success(#call, (errno = 0, (long)(call)))

/* Prints whether a relation holds. */
#define HOLDS(relation) say("%s: %s", #relation, (relation) ? "yes" : "NO")

/* Prints bytes as text with escapes, so that NUL and binary show. */
static inline void say_bytes(const char *label, const void *bytes, long count) {
    char text[1024];
    int length = 0;
    for (long i = 0; i < count && length < (int)sizeof text - 8; i++) {
        unsigned char c = ((const unsigned char *)bytes)[i];
        if (c >= 32 && c < 127 && c != '\\') text[length++] = c;
        else length += sprintf(text + length, "\\%03o", c);
    }
    text[length] = 0;
    say("%s: %ld bytes \"%s\"", label, count, text);
}

/* A fresh directory to work in, which is then the working directory. */
static inline void enter_scratch(void) {
    static char path[] = "/tmp/conformance.XXXXXX";
    umask(022);
    if (!mkdtemp(path) || chdir(path)) {
        say("scratch directory: %s", errno_name(errno));
        exit(99);
    }
}

/* Creates a file with the given contents. */
static inline void make_file(const char *path, const void *bytes, long count) {
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (file < 0 || write(file, bytes, count) != count) say("make_file %s: %s", path, errno_name(errno));
    close(file);
}

/* Installs a handler with flags and an empty mask. */
static inline void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | flags;
    if (sigaction(number, &action, NULL)) say("sigaction %d: %s", number, errno_name(errno));
}

/* The four flags of open(2) that arm64 numbers otherwise, as x86-64 does: a program that prints flags
 * prints the same on both. */
static inline long open_flags(long flags) {
#if defined(__aarch64__)
    if (flags >= 0)
        flags = (flags & ~0740000L) | (flags & 0200000 ? 040000 : 0) /* O_DIRECT */
              | (flags & 0400000 ? 0100000 : 0)                      /* O_LARGEFILE */
              | (flags & 040000 ? 0200000 : 0)                       /* O_DIRECTORY */
              | (flags & 0100000 ? 0400000 : 0);                     /* O_NOFOLLOW */
#endif
    return flags;
}

/* Nanoseconds on a clock. */
static inline int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* A number of /proc/self/status, in kB where it is one of memory; -1 where it is not there. */
static inline long process_status(const char *name) {
    char text[8192];
    int file = open("/proc/self/status", O_RDONLY);
    long length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    char *line = strstr(text, name);
    return line ? atol(line + strlen(name)) : -1;
}
/* Whether the page at an address is in memory. */
static inline int resident(char *at) {
    unsigned char vector = 0;
    mincore(at, 4096, &vector);
    return vector & 1;
}

#endif
