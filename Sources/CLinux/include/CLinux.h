// What Swift can't import from Linux's headers, or can't express: signal sets, open with a mode,
// volatile loads and stores of memory that another program writes, the time-stamp counter.
#ifndef MARTLET_CLINUX_H
#define MARTLET_CLINUX_H

#include "CLinuxChild.h"
#include "CLinuxFiles.h"
#include "CLinuxRights.h"
#include "CLinuxTerminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#pragma clang assume_nonnull begin

/// Of the Swift runtime (SwiftDemangle.h): a name as source code has it, in memory from malloc, or
/// NULL where the name is no Swift symbol.
char *_Nullable swift_demangle(const char *mangled, size_t length, char *_Nullable buffer,
                               size_t *_Nullable size, uint32_t flags);

static inline int clinux_open_read(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }
static inline int clinux_open_without_following(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}
static inline int clinux_open_read_write(const char *path) { return open(path, O_RDWR | O_CLOEXEC); }
static inline int clinux_create(const char *path, unsigned mode) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
}
/// Sets the permissions and the time of the last change of an open file (fchmod(2), futimens(3)).
static inline int clinux_set_status(int fd, unsigned mode, int64_t seconds) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds}};
    return fchmod(fd, mode) != 0 ? -1 : futimens(fd, times);
}
/// Opens a file for writing, or creates it, and leaves what it holds.
static inline int clinux_open_or_create(const char *path, unsigned mode) {
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
}
/// Creates a file, or empties the one that is there.
static inline int clinux_open_emptied(const char *path, unsigned mode) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, mode);
}
/// Opens the file behind a descriptor once more, with a status flag of its own: not blocking.
static inline int clinux_reopen_nonblocking(int fd, int writing) {
    char path[32] = "/proc/self/fd/";
    char digits[12];
    int count = 0, at = 14;
    do { digits[count++] = (char)('0' + fd % 10); fd /= 10; } while (fd > 0 && count < 11);
    while (count > 0) path[at++] = digits[--count];
    path[at] = 0;
    return open(path, (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}
static inline int clinux_is_kind(int fd, unsigned kind) {
    struct stat status;
    return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}
static inline int clinux_is_pipe(int fd) { return clinux_is_kind(fd, S_IFIFO); }
static inline int clinux_is_regular(int fd) { return clinux_is_kind(fd, S_IFREG); }
static inline int clinux_is_character_device(int fd) { return clinux_is_kind(fd, S_IFCHR); }

/// Writes what fits. A socket is asked not to wait, and never raises SIGPIPE.
static inline ssize_t clinux_write_some(int fd, const void *bytes, size_t byte_count, int is_socket) {
    return is_socket ? send(fd, bytes, byte_count, MSG_DONTWAIT | MSG_NOSIGNAL)
                     : write(fd, bytes, byte_count);
}
static inline int clinux_is_socket(int fd) { return clinux_is_kind(fd, S_IFSOCK); }
/// Opens /dev/null for each of the descriptors 0 to 2 that is closed, so that no other file takes
/// its number; -1 on error.
static inline int clinux_fill_standard_descriptors(void) {
    for (;;) {
        int fd = open("/dev/null", O_RDWR);
        if (fd < 0) return -1;
        if (fd > 2) return close(fd);
    }
}

/// Reads from `offset` until the buffer is full or the file ends; -1 on error.
static inline ssize_t clinux_read_at(int fd, void *_Nullable buffer, size_t byte_count, off_t offset) {
    size_t done = 0;
    while (done < byte_count) {
        ssize_t result = pread(fd, (char *)buffer + done, byte_count - done, offset + (off_t)done);
        if (result < 0 && errno == EINTR) continue;
        if (result < 0) return -1;
        if (result == 0) break;
        done += (size_t)result;
    }
    return (ssize_t)done;
}
/// Fills the buffer with random bytes from the kernel; -1 on error.
static inline int clinux_random(void *_Nullable buffer, size_t byte_count) {
    size_t done = 0;
    while (done < byte_count) {
        ssize_t result = getrandom((char *)buffer + done, byte_count - done, 0);
        if (result < 0 && errno == EINTR) continue;
        if (result < 0) return -1;
        done += (size_t)result;
    }
    return 0;
}
/// An event counter at 0 that never blocks.
static inline int clinux_event_counter(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// Reserves zeroed memory that the host backs page by page as it is touched; MAP_FAILED on error.
static inline void *clinux_reserve(size_t byte_count) {
    return mmap(NULL, byte_count, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}
static inline void *clinux_map_shared(int fd, size_t byte_count) {
    return mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}
/// From a page boundary of the file on.
static inline void *clinux_map_reading(int fd, int64_t offset, size_t byte_count) {
    return mmap(NULL, byte_count, PROT_READ, MAP_PRIVATE, fd, offset);
}
/// Maps a file's bytes from a page boundary on over pages of a mapping: writes stay private.
static inline int clinux_map_over(int fd, int64_t offset, void *address, size_t byte_count) {
    void *mapped = mmap(address, byte_count, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, offset);
    return mapped == MAP_FAILED ? -1 : 0;
}
static inline int clinux_map_failed(const void *address) { return address == MAP_FAILED; }

/// Blocks the signals that a machine forwards or ignores, in this thread and those it starts, and
/// returns a descriptor that delivers the forwarded ones; on a terminal those of job control too.
static inline int clinux_forwarded_signals(int on_terminal) {
    sigset_t forwarded, ignored;
    sigemptyset(&forwarded);
    sigaddset(&forwarded, SIGINT);
    sigaddset(&forwarded, SIGTERM);
    sigaddset(&forwarded, SIGHUP);
    sigaddset(&forwarded, SIGQUIT);
    sigaddset(&forwarded, SIGCONT);
    sigaddset(&forwarded, SIGPWR);
    if (on_terminal) {
        sigaddset(&forwarded, SIGTSTP);
        sigaddset(&forwarded, SIGWINCH);
    }
    ignored = forwarded;
    sigaddset(&ignored, SIGPIPE);
    if (on_terminal) {
        sigaddset(&ignored, SIGTTOU);
        sigaddset(&ignored, SIGTTIN);
    }
    if (sigprocmask(SIG_BLOCK, &ignored, NULL) != 0) return -1;
    return signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK);
}
/// The next signal of a descriptor from `clinux_forwarded_signals`; 0 where there is none.
static inline uint32_t clinux_next_signal(int fd) {
    struct signalfd_siginfo information;
    return read(fd, &information, sizeof information) == sizeof information
        ? information.ssi_signo : 0;
}
/// A signal's name and what it means, for instance `SIGSEGV` and `Segmentation fault`.
static inline const char *_Nullable clinux_signal_abbreviation(int number) {
    static const char *const names[32] = {
        0, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
        "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
        "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS"};
    return number > 0 && number < 32 ? names[number] : 0;
}

static inline int64_t clinux_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}
static inline int64_t clinux_realtime(void) { return clinux_clock(CLOCK_REALTIME); }
static inline int64_t clinux_monotonic(void) { return clinux_clock(CLOCK_MONOTONIC); }
/// The time-stamp counter; 0 on CPUs without one.
static inline uint64_t clinux_time_stamp(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

// ---- Memory that the guest writes at the same time: one access each, never split or repeated ----
static inline uint16_t clinux_load16(const void *address) {
    return __atomic_load_n((const uint16_t *)address, __ATOMIC_ACQUIRE);
}
static inline uint32_t clinux_load32(const void *address) {
    return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE);
}
static inline uint64_t clinux_load64(const void *address) {
    return __atomic_load_n((const uint64_t *)address, __ATOMIC_ACQUIRE);
}
static inline void clinux_store16(void *address, uint16_t value) {
    __atomic_store_n((uint16_t *)address, value, __ATOMIC_RELEASE);
}
static inline void clinux_store32(void *address, uint32_t value) {
    __atomic_store_n((uint32_t *)address, value, __ATOMIC_RELEASE);
}
static inline void clinux_store64(void *address, uint64_t value) {
    __atomic_store_n((uint64_t *)address, value, __ATOMIC_RELEASE);
}
static inline void clinux_full_barrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#pragma clang assume_nonnull end
#endif
