/* Covers: fsync fdatasync sync syncfs */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "x", 1);
    int file = open("file", O_RDWR), readable = open("file", O_RDONLY), ends[2];
    pipe(ends);
    SHOW(syscall(SYS_fsync, file));
    SHOW(syscall(SYS_fsync, readable));
    SHOW(syscall(SYS_fsync, 99));
    SHOW(syscall(SYS_fsync, ends[1]));
    SHOW(syscall(SYS_fdatasync, file));
    SHOW(syscall(SYS_fdatasync, -1));
    SHOW(syscall(SYS_fdatasync, ends[1]));
    SHOW(syscall(SYS_sync));
    SHOW(syscall(SYS_syncfs, file));
    SHOW(syscall(SYS_syncfs, 99));
    return 0;
}
