/* Covers: getrlimit setrlimit prlimit64 */
#include "conformance.h"
#include <sys/resource.h>

int main(void) {
    struct rlimit limit, old;
    SHOW(syscall(SYS_getrlimit, RLIMIT_STACK, &limit));
    HOLDS(limit.rlim_cur >= 1 << 20 && limit.rlim_cur <= limit.rlim_max);
    SHOW(syscall(SYS_getrlimit, RLIMIT_NOFILE, &limit));
    HOLDS(limit.rlim_cur >= 256 && limit.rlim_cur <= limit.rlim_max);
    SHOW(syscall(SYS_getrlimit, 16, &limit));
    SHOW(syscall(SYS_getrlimit, -1, &limit));
    SHOW(syscall(SYS_getrlimit, RLIMIT_STACK, BAD_POINTER));
    limit = (struct rlimit){100, 200};
    SHOW(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &old));
    say("%ld %ld", (long)old.rlim_cur, (long)old.rlim_max);
    limit = (struct rlimit){300, 200};
    SHOW(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit));
    limit = (struct rlimit){50, 60};
    SHOW(syscall(SYS_prlimit64, getpid(), RLIMIT_NOFILE, &limit, &old));
    say("%ld %ld", (long)old.rlim_cur, (long)old.rlim_max);
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
    SHOW(syscall(SYS_prlimit64, 0, 99, NULL, &old));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, BAD_POINTER, NULL));
    SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, BAD_POINTER));
    SHOW(syscall(SYS_prlimit64, 0x3fffffff, RLIMIT_NOFILE, NULL, &old));
    SHOW(syscall(SYS_setrlimit, 99, &limit));
    SHOW(syscall(SYS_setrlimit, RLIMIT_NOFILE, BAD_POINTER));
    int count = 0;
    while (open("/dev/null", O_RDONLY) >= 0) count++;
    say("opened %d, then %s", count, errno_name(errno));
    return 0;
}
