/* Covers: adjtimex clock_adjtime */
#include "conformance.h"
#include <sys/timex.h>

int main(void) {
    struct timex state;
    memset(&state, 0, sizeof state);
    HOLDS(sizeof state == 208);
    int result = syscall(SYS_adjtimex, &state);
    HOLDS(result >= 0 && result <= 5);
    HOLDS(state.tolerance == 32768000 && state.precision == 1 && state.tick == 10000);
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    HOLDS(time.tv_sec - state.time.tv_sec <= 1);
    HOLDS(!!(state.status & STA_UNSYNC) == (result == 5));
    state.modes = 0;
    HOLDS(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state) == result);
    state.modes = ADJ_OFFSET_SS_READ;
    HOLDS(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state) == result);
    state.modes = 0;
    SHOW(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &state));
    SHOW(syscall(SYS_clock_adjtime, 99, &state));
    SHOW(syscall(SYS_clock_adjtime, CLOCK_REALTIME, BAD_POINTER));
    SHOW(syscall(SYS_adjtimex, BAD_POINTER));
    state.modes = 0x8000;
    SHOW(syscall(SYS_adjtimex, &state));
    /* No step goes before 1970 or into the clock's last 30 years; the state is filled in only after one
     * that worked. */
    static const int64_t steps[] = {-3000000000, INT64_MIN, 7000000000, 9000000000, INT64_MAX};
    for (int i = 0; i < 5; i++) {
        memset(&state, 0, sizeof state);
        state.modes = ADJ_SETOFFSET;
        state.time.tv_sec = steps[i];
        SHOW(syscall(SYS_adjtimex, &state));
    }
    /* Without the right to. */
    setuid(65534);
    state.modes = ADJ_SETOFFSET;
    SHOW(syscall(SYS_adjtimex, &state));
    state.modes = ADJ_FREQUENCY;
    SHOW(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state));
    state.modes = ADJ_OFFSET_SINGLESHOT;
    SHOW(syscall(SYS_adjtimex, &state));
    state.modes = 0;
    HOLDS(syscall(SYS_adjtimex, &state) == result);
    return 0;
}
