/* Covers: dup dup2 dup3 */
#include "conformance.h"
#include <sys/resource.h>

int main(void) {
    enter_scratch();
    char byte;
    make_file("file", "0123456789", 10);
    int file = SHOW(open("file", O_RDONLY | O_CLOEXEC));
    SHOW(syscall(SYS_dup, file));
    SHOW(fcntl(4, F_GETFD));
    SHOW(read(3, &byte, 1));
    SHOW(read(4, &byte, 1));
    say("%c", byte);
    SHOW(syscall(SYS_dup, 99));
    SHOW(syscall(SYS_dup, -1));
    SHOW(syscall(SYS_dup2, 3, 10));
    SHOW(read(10, &byte, 1));
    say("%c", byte);
    SHOW(syscall(SYS_dup2, 3, 3));
    SHOW(fcntl(3, F_GETFD));
    SHOW(syscall(SYS_dup2, 99, 3));
    SHOW(syscall(SYS_dup2, 99, 99));
    SHOW(syscall(SYS_dup2, 3, -1));
    SHOW(syscall(SYS_dup2, 3, 1 << 30));
    SHOW(syscall(SYS_dup3, 3, 11, O_CLOEXEC));
    SHOW(fcntl(11, F_GETFD));
    SHOW(syscall(SYS_dup3, 3, 3, 0));
    SHOW(syscall(SYS_dup3, 3, 12, O_APPEND));
    SHOW(syscall(SYS_dup3, 99, 12, 0));
    /* Onto an open descriptor: it is closed first. */
    int ends[2];
    SHOW(pipe(ends));
    SHOW(syscall(SYS_dup2, 3, ends[1]));
    SHOW(read(ends[0], &byte, 1));
    /* The limit: RLIMIT_NOFILE. */
    struct rlimit limit = {20, 20};
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(syscall(SYS_dup2, 3, 19));
    SHOW(syscall(SYS_dup2, 3, 20));
    SHOW(syscall(SYS_dup3, 3, 20, 0));
    int count = 0;
    while (dup(3) >= 0) count++;
    say("%d more, then %s", count, errno_name(errno));
    SHOW(open("file", O_RDONLY));
    SHOW(pipe(ends));
    return 0;
}
