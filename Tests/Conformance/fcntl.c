/* Covers: fcntl */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "0123456789", 10);
    int file = SHOW(open("file", O_RDWR | O_APPEND));
    SHOW(syscall(SYS_fcntl, file, F_GETFD));
    SHOW(syscall(SYS_fcntl, file, F_SETFD, FD_CLOEXEC));
    SHOW(syscall(SYS_fcntl, file, F_GETFD));
    SHOW(syscall(SYS_fcntl, file, F_SETFD, 0));
    say("F_GETFL %lo", open_flags(syscall(SYS_fcntl, file, F_GETFL)));
    SHOW(syscall(SYS_fcntl, file, F_SETFL, O_NONBLOCK | O_RDONLY | O_CREAT));
    say("F_GETFL %lo", open_flags(syscall(SYS_fcntl, file, F_GETFL)));
    int copy = SHOW(syscall(SYS_fcntl, file, F_DUPFD, 10));
    say("F_GETFL of the copy %lo", open_flags(syscall(SYS_fcntl, copy, F_GETFL)));
    SHOW(syscall(SYS_fcntl, file, F_DUPFD, 10));
    SHOW(syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, 20));
    SHOW(syscall(SYS_fcntl, 20, F_GETFD));
    SHOW(syscall(SYS_fcntl, file, F_DUPFD, -1));
    SHOW(syscall(SYS_fcntl, file, F_DUPFD, 1 << 30));
    SHOW(syscall(SYS_fcntl, 99, F_GETFD));
    SHOW(syscall(SYS_fcntl, 99, F_DUPFD, 10));
    SHOW(syscall(SYS_fcntl, file, 9999));

    /* Locks: the same process never conflicts with itself. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4};
    SHOW(syscall(SYS_fcntl, file, F_SETLK, &lock));
    SHOW(syscall(SYS_fcntl, copy, F_SETLK, &lock));
    SHOW(syscall(SYS_fcntl, file, F_GETLK, &lock));
    say("lock type %d", lock.l_type);
    lock.l_type = F_UNLCK;
    SHOW(syscall(SYS_fcntl, file, F_SETLKW, &lock));
    lock.l_type = 77;
    SHOW(syscall(SYS_fcntl, file, F_SETLK, &lock));
    lock.l_type = F_RDLCK;
    lock.l_whence = 77;
    SHOW(syscall(SYS_fcntl, file, F_SETLK, &lock));
    lock.l_whence = SEEK_SET;
    lock.l_start = -5;
    SHOW(syscall(SYS_fcntl, file, F_SETLK, &lock));
    SHOW(syscall(SYS_fcntl, file, F_SETLK, BAD_POINTER));
    int readable = open("file", O_RDONLY);
    lock.l_start = 0;
    lock.l_type = F_WRLCK;
    SHOW(syscall(SYS_fcntl, readable, F_SETLK, &lock));
    say("F_GETFL of O_RDONLY %lo", open_flags(syscall(SYS_fcntl, readable, F_GETFL)));

    int ends[2];
    SHOW(pipe2(ends, O_NONBLOCK));
    say("F_GETFL of pipe ends %lo %lo", syscall(SYS_fcntl, ends[0], F_GETFL),
        syscall(SYS_fcntl, ends[1], F_GETFL));
    SHOW(syscall(SYS_fcntl, ends[0], F_GETPIPE_SZ));
    SHOW(syscall(SYS_fcntl, file, F_GETPIPE_SZ));
    int path = open("file", O_PATH);
    say("F_GETFL of O_PATH %lo", open_flags(syscall(SYS_fcntl, path, F_GETFL)));
    SHOW(syscall(SYS_fcntl, path, F_SETFL, 0));
    SHOW(syscall(SYS_fcntl, path, F_GETFD));
    return 0;
}
