/* Covers: prctl */
#include "conformance.h"
#include <sys/prctl.h>

int main(void) {
    int number = -1;
    long long address = 0;
    SHOW(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0));
    SHOW(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_TIMING, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL, 0, 0, 0));
    SHOW(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP, 0, 0, 0));
    SHOW(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
    SHOW(prctl(PR_CAPBSET_READ, 0, 0, 0, 0));
    SHOW(prctl(PR_CAPBSET_READ, 99, 0, 0, 0));
    SHOW(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
    SHOW(prctl(PR_CAP_AMBIENT, 77, 0, 0, 0));
    SHOW(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, &number, 0, 0, 0));
    say("%d", number);
    SHOW(prctl(PR_GET_CHILD_SUBREAPER, BAD_POINTER, 0, 0, 0));
    SUCCEEDS(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
    SUCCEEDS(prctl(PR_GET_TID_ADDRESS, &address, 0, 0, 0));
    HOLDS(address != 0);
    SHOW(prctl(PR_GET_ENDIAN, &number, 0, 0, 0));
    SHOW(prctl(PR_GET_FPEMU, &number, 0, 0, 0));
    SHOW(prctl(PR_GET_FPEXC, &number, 0, 0, 0));
    SHOW(prctl(PR_GET_UNALIGN, &number, 0, 0, 0));
    SHOW(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
    SHOW(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
    SHOW(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0));
    SHOW(prctl(PR_SVE_SET_VL, 8, 0, 0, 0));
    /* Tagged addresses in calls are arm64's, and off until a program turns them on. */
#if defined(__aarch64__)
    int tags = prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == 0 && prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == 0
        && prctl(PR_GET_TAGGED_ADDR_CTRL, 1, 0, 0, 0) == -1 && errno == EINVAL;
#else
    int tags = prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) == -1 && errno == EINVAL;
#endif
    HOLDS(tags);
    SHOW(prctl(-1, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_NAME, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_PDEATHSIG, BAD_POINTER, 0, 0, 0));
    SHOW(prctl(PR_SET_PDEATHSIG, -1, 0, 0, 0));
    SHOW(prctl(PR_SET_PDEATHSIG, 64, 0, 0, 0));
    SHOW(prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0));
    /* Acting for somebody else ends it. */
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    setegid(12);
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    setegid(12);
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    seteuid(65534);
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    return 0;
}
