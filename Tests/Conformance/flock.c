/* Covers: flock */
#include "conformance.h"
#include <sys/file.h>

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    int one = open("file", O_RDWR), two = open("file", O_RDONLY);
    SHOW(syscall(SYS_flock, one, LOCK_EX));
    SHOW(syscall(SYS_flock, two, LOCK_EX | LOCK_NB));
    SHOW(syscall(SYS_flock, two, LOCK_SH | LOCK_NB));
    SHOW(syscall(SYS_flock, one, LOCK_SH));
    SHOW(syscall(SYS_flock, two, LOCK_SH | LOCK_NB));
    SHOW(syscall(SYS_flock, one, LOCK_EX | LOCK_NB));
    SHOW(syscall(SYS_flock, two, LOCK_UN));
    SHOW(syscall(SYS_flock, one, LOCK_EX | LOCK_NB));
    int copy = dup(one);
    SHOW(syscall(SYS_flock, copy, LOCK_EX | LOCK_NB));
    SHOW(close(one));
    SHOW(syscall(SYS_flock, two, LOCK_EX | LOCK_NB));
    SHOW(close(copy));
    SHOW(syscall(SYS_flock, two, LOCK_EX | LOCK_NB));
    SHOW(syscall(SYS_flock, two, 0));
    SHOW(syscall(SYS_flock, two, 3));
    SHOW(syscall(SYS_flock, 99, LOCK_SH));
    return 0;
}
