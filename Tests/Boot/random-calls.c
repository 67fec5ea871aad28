/* Makes system calls with random arguments and prints each with its result: Scripts/compare-calls runs
 * it natively and as a unikernel and shows where they differ.
 *
 *   random-calls SEED STEPS
 *
 * Arguments come from small pools, so that most calls get past their first check: descriptors of many
 * kinds, paths that exist or not, addresses inside, at the edge of and outside of memory, lengths and
 * flags at their limits. What would block or touch the standard files is bent aside. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t state;
static uint32_t below(uint32_t limit) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return limit ? (uint32_t)(state >> 33) % limit : 0;
}

/* What an argument is taken for. BADP is an address that no program has. */
enum kind { FD, PATH, PTR, LEN, OFF, FLAG, SMALL, CMD, MODE, IOV, SIG, ZERO, UID, BADP, WH };
struct call {
    const char *name;
    int number, count;
    enum kind kinds[6];
    int shows; /* whether results are the same everywhere, and not just success */
};
#define C(name, shows, ...) \
    {#name, SYS_##name, sizeof((enum kind[]){__VA_ARGS__}) / sizeof(enum kind), {__VA_ARGS__}, shows}
static const struct call calls[] = {
    C(read, 1, FD, PTR, LEN), C(write, 1, FD, PTR, LEN), C(pread64, 1, FD, PTR, LEN, OFF),
    C(pwrite64, 1, FD, PTR, LEN, OFF), C(readv, 1, FD, IOV, SMALL), C(writev, 1, FD, IOV, SMALL),
    C(preadv2, 1, FD, IOV, SMALL, OFF, ZERO, FLAG), C(pwritev2, 1, FD, IOV, SMALL, OFF, ZERO, FLAG),
    C(lseek, 1, FD, OFF, WH), C(open, 1, PATH, FLAG, MODE), C(openat, 1, FD, PATH, FLAG, MODE),
    C(close, 1, FD), C(stat, 1, PATH, PTR), C(lstat, 1, PATH, PTR), C(fstat, 1, FD, PTR),
    C(newfstatat, 1, FD, PATH, PTR, FLAG), C(statx, 1, FD, PATH, FLAG, FLAG, PTR), C(access, 1, PATH, SMALL),
    C(faccessat2, 1, FD, PATH, SMALL, FLAG), C(mkdir, 1, PATH, MODE), C(mkdirat, 1, FD, PATH, MODE),
    C(rmdir, 1, PATH), C(unlink, 1, PATH), C(unlinkat, 1, FD, PATH, FLAG), C(rename, 1, PATH, PATH),
    C(renameat2, 1, FD, PATH, FD, PATH, SMALL), C(link, 1, PATH, PATH),
    C(linkat, 1, FD, PATH, FD, PATH, FLAG), C(symlink, 1, PATH, PATH), C(symlinkat, 1, PATH, FD, PATH),
    C(readlink, 1, PATH, PTR, LEN), C(readlinkat, 1, FD, PATH, PTR, LEN), C(chmod, 1, PATH, MODE),
    C(fchmod, 1, FD, MODE), C(fchmodat, 1, FD, PATH, MODE), C(chown, 1, PATH, UID, UID),
    C(fchown, 1, FD, UID, UID), C(lchown, 1, PATH, UID, UID), C(fchownat, 1, FD, PATH, UID, UID, FLAG),
    C(umask, 1, MODE), C(dup, 1, FD), C(dup2, 1, FD, FD), C(dup3, 1, FD, FD, FLAG),
    C(fcntl, 1, FD, CMD, SMALL), C(fcntl, 1, FD, CMD, PTR), C(flock, 1, FD, SMALL), C(ftruncate, 1, FD, OFF),
    C(truncate, 1, PATH, OFF), C(fallocate, 1, FD, SMALL, OFF, OFF), C(fsync, 1, FD), C(fdatasync, 1, FD),
    C(syncfs, 1, FD), C(sync_file_range, 1, FD, OFF, OFF, SMALL), C(fadvise64, 1, FD, OFF, OFF, SMALL),
    C(readahead, 1, FD, OFF, LEN), C(sendfile, 1, FD, FD, PTR, LEN),
    C(copy_file_range, 1, FD, ZERO, FD, ZERO, LEN, SMALL), C(copy_file_range, 1, FD, PTR, FD, PTR, LEN, ZERO),
    C(getdents64, 0, FD, PTR, LEN), C(getcwd, 1, PTR, LEN), C(chdir, 1, PATH), C(fchdir, 1, FD),
    C(mknod, 1, PATH, MODE, SMALL), C(utimensat, 1, FD, PATH, PTR, FLAG), C(utimes, 1, PATH, PTR),
    C(futimesat, 1, FD, PATH, PTR), C(getxattr, 1, PATH, PATH, PTR, LEN),
    C(setxattr, 1, PATH, PATH, PTR, LEN, SMALL), C(fsetxattr, 1, FD, PATH, PTR, LEN, SMALL),
    C(listxattr, 1, PATH, PTR, LEN), C(removexattr, 1, PATH, PATH), C(flistxattr, 1, FD, PTR, LEN),
    C(statfs, 1, PATH, PTR), C(fstatfs, 1, FD, PTR), C(pipe2, 1, PTR, FLAG), C(memfd_create, 1, PATH, SMALL),
    C(ioctl, 1, FD, CMD, PTR), C(close_range, 1, UID, UID, SMALL), C(setresuid, 1, UID, UID, UID),
    C(setresgid, 1, UID, UID, UID), C(setreuid, 1, UID, UID), C(setuid, 1, UID), C(setgid, 1, UID),
    C(setfsuid, 1, UID), C(setfsgid, 1, UID), C(setgroups, 1, SMALL, PTR), C(capset, 1, PTR, PTR),
    C(prctl, 1, SMALL, PTR, ZERO, ZERO, ZERO), C(prctl, 1, SMALL, SMALL, ZERO, ZERO, ZERO),
    C(prctl, 1, SMALL, SMALL, SMALL, ZERO, ZERO), C(setitimer, 1, SMALL, ZERO, PTR),
    C(timer_settime, 1, SMALL, SMALL, BADP, PTR), C(sched_getattr, 1, ZERO, PTR, LEN, SMALL),
    C(sched_getscheduler, 1, SMALL), C(sched_setscheduler, 1, ZERO, SMALL, PTR),
    C(sched_setparam, 1, ZERO, PTR), C(sched_rr_get_interval, 1, SMALL, PTR),
    C(setpriority, 1, SMALL, ZERO, SMALL), C(mlock2, 1, PTR, LEN, SMALL), C(mlockall, 1, SMALL),
    C(munlockall, 0, ZERO), C(utime, 1, PATH, PTR), C(creat, 1, PATH, MODE), C(getdents, 0, FD, PTR, LEN),
    C(lgetxattr, 1, PATH, PATH, PTR, LEN), C(lsetxattr, 1, PATH, PATH, PTR, LEN, SMALL),
    C(fgetxattr, 1, FD, PATH, PTR, LEN), C(fremovexattr, 1, FD, PATH), C(llistxattr, 1, PATH, PTR, LEN),
    C(preadv, 1, FD, IOV, SMALL, OFF, ZERO), C(pwritev, 1, FD, IOV, SMALL, OFF, ZERO),
    C(openat2, 1, FD, PATH, PTR, LEN), C(faccessat, 1, FD, PATH, SMALL), C(mknodat, 1, FD, PATH, MODE, SMALL),
    C(arch_prctl, 1, SMALL, PTR), C(set_robust_list, 1, PTR, LEN), C(get_robust_list, 1, ZERO, PTR, PTR),
    C(rt_sigqueueinfo, 1, SMALL, SIG, PTR), C(rt_sigtimedwait, 1, PTR, PTR, BADP, LEN),
    C(clock_settime, 1, SMALL, BADP), C(clock_adjtime, 1, SMALL, BADP), C(settimeofday, 1, BADP, ZERO),
    C(adjtimex, 1, BADP), C(gettimeofday, 1, PTR, PTR), C(nanosleep, 1, BADP, PTR),
    C(futex, 1, PTR, SMALL, SMALL, BADP, PTR, SMALL), C(prlimit64, 1, ZERO, SMALL, ZERO, PTR),
    C(setrlimit, 1, SMALL, BADP), C(sched_setaffinity, 1, ZERO, LEN, PTR), C(alarm, 1, ZERO),
    C(setsid, 1, ZERO), C(setpgid, 0, ZERO, SMALL), C(sethostname, 1, BADP, SMALL), C(chroot, 1, BADP),
    C(personality, 1, ZERO), C(getpgrp, 0, ZERO), C(epoll_pwait, 1, FD, PTR, SMALL, ZERO, PTR, LEN),
    C(epoll_pwait2, 1, FD, PTR, SMALL, BADP, ZERO, LEN), C(pselect6, 1, SMALL, PTR, PTR, PTR, BADP, PTR),
    C(signalfd, 1, FD, PTR, LEN), C(eventfd, 1, SMALL), C(poll, 1, PTR, SMALL, ZERO),
    C(ppoll, 1, PTR, SMALL, BADP, ZERO, LEN), C(epoll_create1, 1, FLAG), C(epoll_ctl, 1, FD, SMALL, FD, PTR),
    C(epoll_wait, 1, FD, PTR, SMALL, ZERO), C(eventfd2, 1, SMALL, FLAG), C(timerfd_create, 1, SMALL, FLAG),
    C(timerfd_gettime, 1, FD, PTR), C(timerfd_settime, 1, FD, SMALL, PTR, PTR),
    C(signalfd4, 1, FD, PTR, LEN, FLAG), C(mmap, 0, ZERO, LEN, SMALL, FLAG, FD, OFF), C(munmap, 1, PTR, ZERO),
    C(mprotect, 1, PTR, LEN, SMALL), C(madvise, 1, PTR, LEN, SMALL), C(msync, 1, PTR, LEN, SMALL),
    C(mincore, 1, PTR, LEN, PTR), C(mlock, 1, PTR, LEN), C(munlock, 1, PTR, LEN),
    C(mremap, 0, PTR, LEN, LEN, SMALL, ZERO), C(rt_sigprocmask, 1, SMALL, PTR, PTR, LEN),
    C(rt_sigaction, 1, SIG, ZERO, PTR, LEN), C(rt_sigpending, 1, PTR, LEN), C(kill, 1, ZERO, ZERO),
    C(tgkill, 1, SMALL, SMALL, ZERO), C(sigaltstack, 1, ZERO, PTR), C(getitimer, 1, SMALL, PTR),
    C(timer_create, 0, SMALL, ZERO, PTR), C(timer_gettime, 1, SMALL, PTR), C(timer_getoverrun, 1, SMALL),
    C(timer_delete, 1, SMALL), C(clock_gettime, 1, SMALL, PTR), C(clock_getres, 1, SMALL, PTR),
    C(clock_nanosleep, 1, SMALL, SMALL, BADP, ZERO), C(getrlimit, 1, SMALL, PTR), C(getrusage, 1, SMALL, PTR),
    C(getpriority, 0, SMALL, ZERO), C(sched_getparam, 1, ZERO, PTR), C(sched_get_priority_max, 1, SMALL),
    C(getgroups, 1, SMALL, PTR), C(getresuid, 1, PTR, PTR, PTR), C(capget, 1, PTR, PTR),
    C(getcpu, 1, PTR, PTR), C(getrandom, 1, PTR, LEN, SMALL), C(uname, 1, PTR), C(sysinfo, 1, PTR),
    C(times, 0, PTR), C(time, 0, PTR), C(getpgid, 0, ZERO), C(getsid, 0, ZERO),
    C(sched_getaffinity, 0, ZERO, LEN, PTR), C(membarrier, 0, SMALL, SMALL),
    C(select, 1, SMALL, PTR, PTR, PTR, BADP),
};

static char *pool, *hole; /* four pages of memory, and the first address behind them */
static char long_name[300], long_path[5000];
static const char *const paths[] = {
    "file", "dir", "link", "dangling", "loop", "dir/inner", "dir/", "file/x", "absent", "absent/x", "", ".", "..",
    "/", "/dev/null", "/dev/zero", "/proc/self/fd/3", "fifo", "new", "dir/new", "user.name", "trusted.x", "user.",
    "/tmp", "//dev/../dev/full", "dir/../file", "noexec", "/proc/self/stat", "/proc"};
#define ONE_OF(...) ((long[]){__VA_ARGS__})[below(sizeof((long[]){__VA_ARGS__}) / sizeof(long))]

static long value(enum kind kind) {
    uint32_t choice;
    switch (kind) {
    case FD: return ONE_OF(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 99, -1, -100, 0x7fffffff);
    case PATH:
        choice = below(34);
        if (choice < 29) return (long)paths[choice];
        return choice == 29 ? (long)long_name : choice == 30 ? (long)long_path : choice == 31 ? 0 : choice == 32 ? 8 : (long)hole;
    case PTR:
        choice = below(9);
        if (choice > 5) return (long)(pool + 4096 * below(3));
        return ((long[]){0, 8, (long)hole, (long)(hole - 4), 0x7ffffffff000, -8})[choice];
    case LEN: return ONE_OF(0, 1, 4, 8, 16, 24, 100, 128, 4096, 5000, -1, 0x7fffffff, 0x100000000);
    case OFF: return ONE_OF(0, 1, 5, 10, 100, 4096, 5000, 8192, -1, -2, 0x7fffffffffffffff, 1L << 40);
    case FLAG:
        choice = below(4);
        return choice == 0 ? 0 : choice == 1 ? 1L << below(32) : choice == 2 ? 1L << below(25) | 1L << below(25) : below(64);
    case SMALL:
        choice = below(5);
        return choice == 0 ? -1 : choice == 1 ? 1L << below(31) : below(40);
    case CMD: /* of fcntl and ioctl */
        return ONE_OF(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 36, 37, 1024, 1025, 1026, 1030, 1031, 1032, 1033,
                      1034, 0x5401, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451, 0x5452, 2, 0x5460, 0x80086601, 99);
    case MODE:
        return ONE_OF(0, 0644, 0755, 0777, 04755, 0100644, 0010644, 0040755, 0120777, 0140644, 0170000, 01777, -1);
    case IOV:
        if (below(6) == 0) return value(PTR);
        for (int i = 0; i < 4; i++) {
            ((uint64_t *)(pool + 4096 * 3))[i * 2] = value(PTR);
            ((uint64_t *)(pool + 4096 * 3))[i * 2 + 1] = value(LEN);
        }
        return (long)(pool + 4096 * 3);
    case SIG: return (long)below(70) - 2;
    case UID: return ONE_OF(0, 1, 65534, -1, 12, 100);
    case WH: return (long)below(8) - 1;
    case BADP: return 8;
    default: return 0;
    }
}

/* Bends arguments so that nothing blocks, ends the program or touches its own memory and files; returns
 * whether the call is to be made. */
static int is_harmless(int number, long a[6], int is_late) {
    switch (number) {
    case SYS_dup2: case SYS_dup3: if (a[1] >= 0 && a[1] < 3) a[1] = 20; break;
    case SYS_open: a[1] |= O_NONBLOCK; break;
    case SYS_openat: a[2] |= O_NONBLOCK; break;
    case SYS_close_range: if ((uint32_t)a[0] < 3) a[0] = 30; break;
    case SYS_flock: a[1] |= 4; break;
    case SYS_fcntl: if (a[1] == 7 || a[1] == 38 || a[1] == 4 || a[1] == 8) a[1] = 1; break;
    case SYS_pipe2: a[1] = (a[1] | O_NONBLOCK) & ~O_DIRECT; break;
    case SYS_eventfd2: case SYS_timerfd_create: a[1] |= O_NONBLOCK; break;
    case SYS_signalfd4: a[3] |= O_NONBLOCK; break;
    case SYS_ioctl: return a[1] != 0x5421;
    case SYS_mremap: case SYS_munmap: case SYS_mprotect: case SYS_madvise:
        if (a[0] >= (long)pool && a[0] < (long)hole) a[0] = (long)hole;
        break;
    case SYS_mmap: a[3] &= ~0x100010L; break;
    case SYS_fallocate: case SYS_ftruncate: case SYS_truncate: case SYS_pwrite64: case SYS_pwritev2: case SYS_pwritev:
        for (int i = 0; i < 6; i++)
            if (a[i] == 1L << 40) a[i] = 9000;
        break;
    case SYS_rt_sigprocmask: a[1] = 0; break;
    case SYS_membarrier: return 0;
    case SYS_setresuid: case SYS_setreuid: case SYS_setuid: case SYS_capset: case SYS_setfsuid: case SYS_setresgid:
    case SYS_setgid: case SYS_setfsgid:
        return is_late; /* rights are lost near the end */
    case SYS_futex: a[1] |= 128 | 1; break;
    case SYS_rt_sigqueueinfo: return 0;
    case SYS_prctl:
        return !(a[0] == 1 || a[0] == 4 || a[0] == 15 || a[0] == 22 || a[0] == 26 || a[0] == 31 || a[0] == 32 ||
                 a[0] == 35 || a[0] == 38 || a[0] == 41);
    case SYS_arch_prctl: if (a[0] & 1) a[0] = 0x1003; break;
    case SYS_sched_getscheduler: case SYS_sched_rr_get_interval: a[0] = 0; break;
    case SYS_sched_setscheduler: if (a[1] != 0 && a[1] < 0x40000000) a[1] = 3; break;
    case SYS_setpriority: if (a[2] > 0) a[2] = 1; break;
    }
    return 1;
}

static void prepare(void) {
    mkdir("/tmp/calls", 0755);
    chdir("/tmp/calls");
    umask(022);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    pool = mmap((void *)0x200000000000, 4096 * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    hole = pool + 4096 * 4;
    memset(long_name, 'n', sizeof long_name - 1);
    memset(long_path, '/', sizeof long_path - 1);
    for (int i = 0; i < (int)sizeof long_path - 2; i += 2) long_path[i] = 'p';
    /* Descriptors 3 to 14. */
    int file = open("file", O_CREAT | O_RDWR | O_TRUNC, 0644), ends[2];
    write(file, "0123456789", 10);
    lseek(file, 0, SEEK_SET);
    mkdir("dir", 0755);
    close(open("dir/inner", O_CREAT | O_WRONLY, 0600));
    symlink("file", "link");
    symlink("absent", "dangling");
    symlink("loop", "loop");
    mknod("fifo", S_IFIFO | 0644, 0);
    close(open("noexec", O_CREAT, 0644));
    open("file", O_RDONLY);
    open("file", O_WRONLY | O_APPEND);
    open("dir", O_RDONLY);
    pipe2(ends, O_NONBLOCK);
    open("/dev/null", O_RDWR);
    open("file", O_PATH);
    syscall(SYS_eventfd2, 1, O_NONBLOCK);
    syscall(SYS_epoll_create1, 0);
    syscall(SYS_timerfd_create, 1, O_NONBLOCK);
    open("/proc/self/maps", O_RDONLY);
}

int main(int count, char **arguments) {
    if (count < 3) return 64;
    long seed = atol(arguments[1]), steps = atol(arguments[2]);
    state = seed * 7919 + 17;
    for (int i = 0; i < 20; i++) below(1);
    prepare();
    for (long step = 0; step < steps; step++) {
        for (int page = 0; page < 3; page++)
            for (int word = 0; word < 64; word++) ((uint64_t *)(pool + 4096 * page))[word] = below(4) ? below(12) : 0;
        const struct call *call = &calls[below(sizeof calls / sizeof *calls)];
        long a[6] = {0};
        for (int i = 0; i < call->count; i++) a[i] = value(call->kinds[i]);
        if (!is_harmless(call->number, a, step >= steps * 3 / 4)) continue;
        long result = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        int error = errno;
        char line[400];
        int length = snprintf(line, sizeof line, "%ld.%ld %s(", seed, step, call->name);
        for (int i = 0; i < call->count; i++) {
            int is_text = call->kinds[i] == PATH && a[i] > 4096 && a[i] != (long)hole;
            length += is_text ? snprintf(line + length, sizeof line - length, "%.20s, ", (char *)a[i])
                              : snprintf(line + length, sizeof line - length, "%lx, ", a[i]);
        }
        length += result == -1    ? snprintf(line + length, sizeof line - length, ") %s\n", strerrorname_np(error))
                  : call->shows ? snprintf(line + length, sizeof line - length, ") = %ld\n", result)
                                : snprintf(line + length, sizeof line - length, ") succeeds\n");
        if (call->number == SYS_mmap && result != -1 && a[1] > 0) munmap((void *)result, a[1]);
        write(1, line, length);
        chdir("/tmp/calls");
    }
    return 0;
}
