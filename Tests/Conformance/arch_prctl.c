/* Covers: arch_prctl */
#include "conformance.h"

int main(void) {
    unsigned long fs = 0, gs = 77, base;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(base));
    SHOW(syscall(SYS_arch_prctl, 0x1003 /* GET_FS */, &fs));
    HOLDS(fs == base); /* the first word of the thread control block points at itself */
    SHOW(syscall(SYS_arch_prctl, 0x1004 /* GET_GS */, &gs));
    say("gs %lx", gs);
    static unsigned long area[4] = {11, 22, 33, 44};
    SHOW(syscall(SYS_arch_prctl, 0x1001 /* SET_GS */, area));
    unsigned long loaded;
    __asm__ volatile("mov %%gs:16, %0" : "=r"(loaded));
    say("gs:16 is %lu", loaded);
    syscall(SYS_getppid);
    __asm__ volatile("mov %%gs:24, %0" : "=r"(loaded));
    say("gs:24 after a call is %lu", loaded);
    SHOW(syscall(SYS_arch_prctl, 0x1004, &gs));
    HOLDS(gs == (unsigned long)area);
    SHOW(syscall(SYS_arch_prctl, 0x1001, 0L));
    SHOW(syscall(SYS_arch_prctl, 0x1003, BAD_POINTER));
    SHOW(syscall(SYS_arch_prctl, 0x1002 /* SET_FS */, -1L));
    SHOW(syscall(SYS_arch_prctl, 0x1002, 1L << 62));
    SHOW(syscall(SYS_arch_prctl, 0x1001, 1L << 62));
    SHOW(syscall(SYS_arch_prctl, 0x9999, 0L));
    SHOW(syscall(SYS_arch_prctl, 0x1003, &fs));
    HOLDS(fs == base);
    return 0;
}
