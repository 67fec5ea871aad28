/* Covers: getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid getgroups setgroups */
#include "conformance.h"
#include <grp.h>

int main(void) {
    HOLDS(syscall(SYS_getpid) > 0);
    HOLDS(syscall(SYS_getpid) == syscall(SYS_gettid));
    HOLDS(syscall(SYS_getppid) >= 0 && syscall(SYS_getppid) != syscall(SYS_getpid));
    SHOW(syscall(SYS_getuid));
    SHOW(syscall(SYS_geteuid));
    SHOW(syscall(SYS_getgid));
    SHOW(syscall(SYS_getegid));
    unsigned r, e, s;
    SHOW(syscall(SYS_getresuid, &r, &e, &s));
    say("%u %u %u", r, e, s);
    SHOW(syscall(SYS_getresuid, BAD_POINTER, &e, &s));
    SHOW(syscall(SYS_getresgid, &r, &e, &s));
    say("%u %u %u", r, e, s);
    SHOW(syscall(SYS_getresgid, &r, BAD_POINTER, &s));
    gid_t groups[4] = {10, 20, 30, 40}, back[8];
    SHOW(syscall(SYS_setgroups, 3L, groups));
    SHOW(syscall(SYS_getgroups, 0, NULL));
    SHOW(syscall(SYS_getgroups, 8, back));
    say("%u %u %u", back[0], back[1], back[2]);
    SHOW(syscall(SYS_getgroups, 2, back));
    SHOW(syscall(SYS_getgroups, -1, back));
    SHOW(syscall(SYS_getgroups, 8, BAD_POINTER));
    SHOW(syscall(SYS_setgroups, 70000L, groups));
    SHOW(syscall(SYS_setgroups, 2L, BAD_POINTER));
    SHOW(syscall(SYS_setgroups, 0L, NULL));
    SHOW(syscall(SYS_getgroups, 8, back));
    SHOW(syscall(SYS_setregid, 5, 6));
    SHOW(syscall(SYS_getgid));
    SHOW(syscall(SYS_getegid));
    SHOW(syscall(SYS_setresgid, 7, 8, 9));
    syscall(SYS_getresgid, &r, &e, &s);
    say("%u %u %u", r, e, s);
    SHOW(syscall(SYS_setgid, 12));
    syscall(SYS_getresgid, &r, &e, &s);
    say("%u %u %u", r, e, s);
    SHOW(syscall(SYS_setfsuid, -1));
    SHOW(syscall(SYS_setfsgid, -1));
    SHOW(syscall(SYS_setuid, -1));
    SHOW(syscall(SYS_setresuid, 0, 100, 0));
    SHOW(syscall(SYS_geteuid));
    SHOW(syscall(SYS_setresuid, -1, 0, -1));
    SHOW(syscall(SYS_setreuid, 0, 50));
    syscall(SYS_getresuid, &r, &e, &s);
    say("%u %u %u", r, e, s);
    SHOW(syscall(SYS_setgroups, 0L, NULL)); /* no longer privileged */
    SHOW(syscall(SYS_setgid, 1));
    SHOW(syscall(SYS_setresuid, 50, 50, 50));
    SHOW(syscall(SYS_setuid, 0));
    SHOW(syscall(SYS_setresuid, 0, -1, -1));
    SHOW(syscall(SYS_setreuid, -1, 0));
    SHOW(syscall(SYS_setuid, 50));
    syscall(SYS_getresuid, &r, &e, &s);
    say("%u %u %u", r, e, s);
    return 0;
}
