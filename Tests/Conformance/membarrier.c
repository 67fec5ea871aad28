/* Covers: membarrier */
#include "conformance.h"

int main(void) {
    HOLDS(syscall(SYS_membarrier, 0 /* QUERY */, 0, 0) >= 0);
    SHOW(syscall(SYS_membarrier, 0, 1, 0));
    SHOW(syscall(SYS_membarrier, 1 << 30, 0, 0));
    if (syscall(SYS_membarrier, 0, 0, 0) & 8) {
        SHOW(syscall(SYS_membarrier, 8 /* PRIVATE_EXPEDITED */, 0, 0));
        SHOW(syscall(SYS_membarrier, 16 /* REGISTER_PRIVATE_EXPEDITED */, 0, 0));
        SHOW(syscall(SYS_membarrier, 8, 0, 0));
    }
    return 0;
}
