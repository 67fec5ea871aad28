/* Covers: fcntl */
#include "conformance.h"
#include <sys/resource.h>

/* Record locks of a process and of open files (F_OFD_SETLK): who is in whose way. */
static int file, other;

static void lock(const char *what, int descriptor, int command, short type, short whence, long start, long length, int process) {
    struct flock wanted = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length, .l_pid = process};
    int result = syscall(SYS_fcntl, descriptor, command, &wanted);
    if (command == F_GETLK || command == F_OFD_GETLK)
        say("%s: %s type %d whence %d start %ld length %ld process %s", what, result ? errno_name(errno) : "0", wanted.l_type,
            wanted.l_whence, (long)wanted.l_start, (long)wanted.l_len,
            wanted.l_pid == getpid() ? "own" : wanted.l_pid == -1 ? "-1" : wanted.l_pid == 0 ? "0" : "other");
    else
        say("%s: %s", what, result ? errno_name(errno) : "0");
}

int main(void) {
    enter_scratch();
    make_file("file", "0123456789abcdef", 16);
    file = open("file", O_RDWR);
    other = open("file", O_RDWR);
    int reading = open("file", O_RDONLY), writing = open("file", O_WRONLY);
    /* A process is never in its own way. */
    lock("write 0..9", file, F_SETLK, F_WRLCK, SEEK_SET, 0, 10, 0);
    lock("write 5..", other, F_SETLK, F_WRLCK, SEEK_SET, 5, 0, 0);
    lock("get", other, F_GETLK, F_WRLCK, SEEK_SET, 0, 0, 0);
    /* But an open file's own locks are in the way of another's and of the process's. */
    lock("own write 3..4 (open file)", file, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 2, 0);
    lock("get (open file)", file, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 100, 0);
    lock("unlock", file, F_SETLK, F_UNLCK, SEEK_SET, 0, 0, 0);
    lock("own write 3..6 (open file)", file, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 4, 0);
    lock("get", other, F_GETLK, F_WRLCK, SEEK_SET, 0, 100, 0);
    lock("get (other file)", other, F_OFD_GETLK, F_RDLCK, SEEK_SET, 0, 100, 0);
    lock("read 0..2 (other file)", other, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 3, 0);
    lock("read 0..3 (other file)", other, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 4, 0);
    lock("write 6 (process)", file, F_SETLK, F_WRLCK, SEEK_SET, 6, 1, 0);
    lock("write 7 (process)", file, F_SETLK, F_WRLCK, SEEK_SET, 7, 1, 0);
    /* Splitting, joining, and changing the type. */
    lock("unlock 4", file, F_OFD_SETLK, F_UNLCK, SEEK_SET, 4, 1, 0);
    lock("get 4..", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 4, 3, 0);
    lock("get 0..3", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 4, 0);
    lock("write 4 (other)", other, F_OFD_SETLK, F_WRLCK, SEEK_SET, 4, 1, 0);
    lock("unlock 4 (other)", other, F_OFD_SETLK, F_UNLCK, SEEK_SET, 4, 1, 0);
    lock("read 3..6", file, F_OFD_SETLK, F_RDLCK, SEEK_SET, 3, 4, 0);
    lock("read 0..9 (other)", other, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 7, 0);
    lock("write 3 (other)", other, F_OFD_SETLK, F_WRLCK, SEEK_SET, 3, 1, 0);
    lock("get", reading, F_OFD_GETLK, F_WRLCK, SEEK_SET, 0, 0, 0);
    /* F_UNLCK asks for the file's own (since Linux 6.5). */
    lock("get own", file, F_OFD_GETLK, F_UNLCK, SEEK_SET, 0, 0, 0);
    lock("get own 5", file, F_OFD_GETLK, F_UNLCK, SEEK_SET, 5, 1, 0);
    lock("get own 100..", file, F_OFD_GETLK, F_UNLCK, SEEK_SET, 100, 0, 0);
    lock("get own (reading)", reading, F_OFD_GETLK, F_UNLCK, SEEK_SET, 0, 0, 0);
    /* Errors. */
    lock("l_pid", file, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 1, 5);
    lock("read on write-only", writing, F_OFD_SETLK, F_RDLCK, SEEK_SET, 50, 1, 0);
    lock("write on read-only", reading, F_OFD_SETLK, F_WRLCK, SEEK_SET, 50, 1, 0);
    lock("get on write-only", writing, F_OFD_GETLK, F_RDLCK, SEEK_SET, 50, 1, 0);
    lock("type", file, F_OFD_SETLK, 7, SEEK_SET, 0, 1, 0);
    lock("whence", file, F_OFD_SETLK, F_RDLCK, 7, 0, 1, 0);
    lock("before", file, F_SETLK, F_RDLCK, SEEK_SET, -1, 1, 0);
    lock("get unlock", file, F_GETLK, F_UNLCK, SEEK_SET, 0, 1, 0);
    lock("overflow", file, F_SETLK, F_RDLCK, SEEK_SET, 1, 0x7fffffffffffffff, 0);
    lock("from the end", file, F_SETLK, F_RDLCK, SEEK_END, 10, -5, 0);
    lock("get from the end", other, F_OFD_GETLK, F_WRLCK, SEEK_END, 0, 100, 0);
    lock("from the offset", file, F_SETLK, F_RDLCK, SEEK_CUR, 30, 0, 0);
    int path = open("file", O_PATH);
    lock("path", path, F_SETLK, F_RDLCK, SEEK_SET, 0, 1, 0);
    lock("none", 99, F_OFD_SETLK, F_RDLCK, SEEK_SET, 0, 1, 0);
    int ends[2];
    pipe(ends);
    lock("pipe", ends[0], F_SETLK, F_RDLCK, SEEK_SET, 0, 1, 0);
    /* Closing any descriptor of a file drops the process's locks, and an open file's last its own. */
    lock("write 100", file, F_SETLK, F_WRLCK, SEEK_SET, 100, 5, 0);
    lock("get 100", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 100, 1, 0);
    /* A duplicate for which there is no room closes nothing. */
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, limit.rlim_max});
    SHOW(syscall(SYS_dup, file));
    SHOW(fcntl(file, F_DUPFD, 0));
    SHOW(syscall(SYS_dup2, file, 50));
    setrlimit(RLIMIT_NOFILE, &limit);
    lock("get 100", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 100, 1, 0);
    close(reading);
    lock("get 100", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 100, 1, 0);
    lock("own write 200", file, F_OFD_SETLK, F_WRLCK, SEEK_SET, 200, 5, 0);
    int copy = dup(file);
    close(copy);
    lock("get 200", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 200, 1, 0);
    close(file);
    lock("get 200", other, F_OFD_GETLK, F_WRLCK, SEEK_SET, 200, 1, 0);
    return 0;
}
