/* Covers: clock_settime settimeofday */
/* Only what fails: a native run must not move the machine's clock. */
#include "conformance.h"
#include <sys/time.h>

int main(void) {
    struct timespec t = {1, 1000000000};
    struct timeval micro = {1, 1000000};
    SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
    t.tv_nsec = -1;
    SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
    t.tv_nsec = 0;
    SHOW(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &t));
    SHOW(syscall(SYS_clock_settime, 99, &t));
    SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, BAD_POINTER));
    SHOW(syscall(SYS_settimeofday, &micro, NULL));
    SHOW(syscall(SYS_settimeofday, BAD_POINTER, NULL));
    /* Not before the machine's start would be 1970, nor in the clock's last 30 years. */
    static const int64_t seconds[] = {0, 8277292036, 9223372036, 9223372037, INT64_MAX};
    for (int i = 0; i < 5; i++) {
        t = (struct timespec){seconds[i], 0};
        micro = (struct timeval){seconds[i], 0};
        SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
        SHOW(syscall(SYS_settimeofday, &micro, NULL));
    }
    /* Of these the last is EINVAL for everybody, and the first EPERM. */
    setuid(65534);
    for (int i = 0; i < 2; i++) {
        t = (struct timespec){seconds[i], 0};
        micro = (struct timeval){seconds[i], 0};
        SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &t));
        SHOW(syscall(SYS_settimeofday, &micro, NULL));
    }
    return 0;
}
