/* Covers: arch_prctl */
/* Only x86-64: the call sets its segment bases; prctl(2) and mmap(2) have options of its own. */
#include "conformance.h"
#include <sys/mman.h>
#include <sys/prctl.h>

#if defined(__x86_64__)

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
    int number = -1;
    SHOW(prctl(PR_GET_TSC, &number, 0, 0, 0));
    say("%d", number);
    SHOW(prctl(PR_GET_TSC, BAD_POINTER, 0, 0, 0));
    SHOW(prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0));
    SHOW(prctl(PR_SET_TSC, 77, 0, 0, 0));
    char *low = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    HOLDS(low != MAP_FAILED && (uintptr_t)low < 1UL << 31);
    return 0;
}
#else
int main(void) { say("arch_prctl is a call of x86-64"); return 0; }
#endif
