/* Covers: mlock mlock2 munlock mlockall munlockall */
#include "conformance.h"

int main(void) {
    char *a = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char vector[2];
    SHOW(mlock(a, 4096));
    SHOW(mincore(a, 4096, vector));
    say("resident %d", vector[0] & 1);
    SHOW(mlock(a + 100, 5000)); /* mlock(2) rounds down and up */
    SHOW(munlock(a, 8192));
    SHOW(syscall(SYS_mlock2, a, 4096L, 0));
    SHOW(syscall(SYS_mlock2, a, 4096L, 1 /* ONFAULT */));
    SHOW(syscall(SYS_mlock2, a, 4096L, 2));
    munmap(a + 4096, 4096);
    SHOW(mlock(a, 3 * 4096));
    SHOW(munlock(a, 3 * 4096));
    SHOW(mlock((void *)(1UL << 62), 4096));
    SHOW(mlock(a, 0));
    SHOW(mlockall(8));
    SHOW(mlockall(0));
    SHOW(munlockall());
    return 0;
}
