/* Covers: munmap madvise mprotect mlock msync mincore */
#include "conformance.h"

/* Calls on ranges in which the program has nothing: what a kernel keeps there for itself is not harmed. */
extern char __executable_start;

int main(void) {
    uintptr_t first = 0x10000, text = (uintptr_t)&__executable_start & ~4095UL;
    if (text <= first + 4096) return 1;
    void *start = (void *)first, *last = (void *)(text - 4096);
    long length = text - first;
    unsigned char pages[4];
    SHOW(syscall(SYS_munmap, start, length));
    SHOW(syscall(SYS_munmap, last, 4096L));
    SHOW(syscall(SYS_madvise, start, length, MADV_DONTNEED));
    SHOW(syscall(SYS_madvise, last, 4096L, MADV_FREE));
    SHOW(syscall(SYS_mprotect, last, 4096L, PROT_NONE));
    SHOW(syscall(SYS_mlock, last, 4096L));
    SHOW(syscall(SYS_munlock, last, 4096L));
    SHOW(syscall(SYS_msync, last, 4096L, MS_SYNC));
    SHOW(syscall(SYS_mincore, last, 4096L, pages));
    SHOW(syscall(SYS_mremap, last, 4096L, 8192L, MREMAP_MAYMOVE, 0L));
    /* Everything still works. */
    int ends[2];
    SHOW(pipe(ends));
    SHOW(write(ends[1], "x", 1));
    SHOW(getppid() >= 0);
    struct stat status;
    SHOW(stat("/", &status));
    HOLDS(now(CLOCK_MONOTONIC) > 0);
    return 0;
}
