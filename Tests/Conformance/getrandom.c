/* Covers: getrandom */
#include "conformance.h"

int main(void) {
    unsigned char a[64], b[64];
    SHOW(syscall(SYS_getrandom, a, 64L, 0));
    SHOW(syscall(SYS_getrandom, b, 64L, 1 /* NONBLOCK */));
    HOLDS(memcmp(a, b, 64) != 0);
    SHOW(syscall(SYS_getrandom, a, 0L, 0));
    SHOW(syscall(SYS_getrandom, a, 64L, 2 /* RANDOM */));
    SHOW(syscall(SYS_getrandom, a, 64L, 4 /* INSECURE */));
    SHOW(syscall(SYS_getrandom, a, 64L, 6));
    SHOW(syscall(SYS_getrandom, a, 64L, 8));
    SHOW(syscall(SYS_getrandom, BAD_POINTER, 64L, 0));
    static unsigned char large[1 << 20];
    SHOW(syscall(SYS_getrandom, large, (long)sizeof large, 0));
    long ones = 0;
    for (unsigned i = 0; i < sizeof large; i++) ones += __builtin_popcount(large[i]);
    HOLDS(ones > (4 << 20) - 20000 && ones < (4 << 20) + 20000); /* 4 Mi ± 14 sigma */
    return 0;
}
