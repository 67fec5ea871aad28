/* Covers: wait4 waitid */
/* A process without children. */
#include "conformance.h"
#include <sys/wait.h>

int main(void) {
    int status;
    siginfo_t information;
    SHOW(syscall(SYS_wait4, -1, &status, 0, NULL));
    SHOW(syscall(SYS_wait4, -1, &status, WNOHANG, NULL));
    SHOW(syscall(SYS_wait4, 99999, &status, 0, NULL));
    SHOW(syscall(SYS_wait4, -1, &status, 0x40, NULL));
    SHOW(syscall(SYS_waitid, P_ALL, 0, &information, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, P_ALL, 0, &information, 0, NULL));
    SHOW(syscall(SYS_waitid, 77, 0, &information, WEXITED, NULL));
    return 0;
}
