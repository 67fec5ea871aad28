/* Covers: getpgid setpgid getpgrp getsid setsid */
#include "conformance.h"

int main(void) {
    HOLDS(syscall(SYS_getpgid, 0) == syscall(SYS_getpgrp));
    HOLDS(syscall(SYS_getpgid, getpid()) == syscall(SYS_getpgrp));
    HOLDS(syscall(SYS_getsid, 0) == syscall(SYS_getsid, getpid()));
    SHOW(syscall(SYS_getpgid, 0x3fffffff));
    SHOW(syscall(SYS_getpgid, -1));
    SHOW(syscall(SYS_getsid, 0x3fffffff));
    SHOW(syscall(SYS_setpgid, 0, -1));
    SHOW(syscall(SYS_setpgid, 0x3fffffff, 0));
    return 0;
}
