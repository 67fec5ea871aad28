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
    return 0;
}
