/* Covers: brk */
#include "conformance.h"
#include <sys/resource.h>

int main(void) {
    char *start = (char *)syscall(SYS_brk, 0);
    HOLDS(start != NULL);
    char *page = (char *)(((unsigned long)start + 4095) & ~4095UL);
    HOLDS((char *)syscall(SYS_brk, page + 3 * 4096) == page + 3 * 4096);
    int zeroes = 0;
    for (int i = 0; i < 3 * 4096; i++) zeroes += page[i] == 0;
    say("zeroes %d", zeroes);
    page[0] = 1;
    page[3 * 4096 - 1] = 2;
    HOLDS((char *)syscall(SYS_brk, 0) == page + 3 * 4096);
    HOLDS((char *)syscall(SYS_brk, page + 4096) == page + 4096);
    unsigned char vector[1];
    SHOW(mincore(page + 8192, 4096, vector));
    HOLDS((char *)syscall(SYS_brk, page + 3 * 4096) == page + 3 * 4096);
    say("kept %d, fresh %d", page[0], page[3 * 4096 - 1]);
    HOLDS((char *)syscall(SYS_brk, page + 100) == page + 100); /* not on a page boundary */
    HOLDS((char *)syscall(SYS_brk, (char *)4096) == page + 100); /* below the start: unchanged */
    HOLDS((char *)syscall(SYS_brk, (char *)(1UL << 62)) == page + 100);
    /* Into another mapping: unchanged. */
    char *wall = mmap(page + 16 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    HOLDS(wall == page + 16 * 4096);
    HOLDS((char *)syscall(SYS_brk, page + 20 * 4096) == page + 100);
    HOLDS((char *)syscall(SYS_brk, page + 8 * 4096) == page + 8 * 4096);
    struct rlimit limit = {4096, RLIM_INFINITY};
    SHOW(setrlimit(RLIMIT_DATA, &limit));
    HOLDS((char *)syscall(SYS_brk, page + 12 * 4096) == page + 8 * 4096);
    return 0;
}
