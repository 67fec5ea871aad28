/* Covers: mmap mprotect munmap madvise */
/* Address space without memory, as language runtimes reserve it: hundreds of gigabytes that cost
 * nothing, of which pieces are opened, used, given back and closed again. */
#include "conformance.h"
#include <setjmp.h>

#define GIB (1L << 30)
#define PAGE 4096L
static sigjmp_buf back;
static char *volatile address;
static void caught(int n, siginfo_t *information, void *context) {
    address = information->si_addr;
    siglongjmp(back, n << 8 | information->si_code);
}
static void touch(const char *label, char *at) {
    int code = sigsetjmp(back, 1);
    if (code) say("%s: %s code %d, %s", label, signal_name(code >> 8), code & 0xff, address == at ? "there" : "ELSEWHERE");
    else { *(volatile char *)at = 1; say("%s: ok", label); }
}
static char *reserve(long size, int protection, int flags) {
    char *a = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return a == MAP_FAILED ? NULL : a;
}

int main(void) {
    handle(SIGSEGV, caught, 0);
    handle(SIGBUS, caught, 0);
    long resident = process_status("VmRSS:"), size = process_status("VmSize:"), tables = process_status("VmPTE:");
    HOLDS(resident > 0 && size > 0 && tables > 0);
    char *reserved[8];
    for (int i = 0; i < 8; i++) {
        reserved[i] = reserve(512 * GIB, PROT_NONE, MAP_NORESERVE);
        if (!reserved[i]) say("reservation %d: %s", i, errno_name(errno));
    }
    say("VmSize grew by %ld GiB", (process_status("VmSize:") - size) >> 20);
    HOLDS(process_status("VmRSS:") - resident < 128);
    HOLDS(process_status("VmPTE:") - tables < 64);
    touch("closed", reserved[3] + 100 * GIB);

    /* Heaps of a collector: pieces opened far apart. */
    int rw = PROT_READ | PROT_WRITE;
    for (int i = 0; i < 8; i++) {
        char *piece = reserved[i] + (i * 61 + 5) * GIB;
        SHOW(mprotect(piece, 4 << 20, rw));
        memset(piece, i + 1, 1 << 20);
        touch("behind the piece", piece + (4 << 20));
        touch("before the piece", piece - 1);
    }
    HOLDS(process_status("VmRSS:") - resident >= 8 << 10);
    HOLDS(process_status("VmRSS:") - resident < 40 << 10);
    int wrong = 0;
    for (int i = 0; i < 8; i++) wrong += reserved[i][(i * 61 + 5) * GIB + 4097] != i + 1;
    say("wrong %d", wrong);
    /* Given back by advice, by closing, by a fresh mapping over it, by munmap. */
    char *piece = reserved[2] + 127 * GIB;
    SHOW(madvise(piece, 4 << 20, MADV_DONTNEED));
    say("%d", piece[4097]);
    piece = reserved[4] + 249 * GIB;
    SHOW(mprotect(piece, 4 << 20, PROT_NONE));
    touch("closed again", piece);
    SHOW(mprotect(piece, 4 << 20, rw));
    say("kept %d", piece[4097]);
    HOLDS(mmap(piece, 4 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == piece);
    SHOW(mprotect(piece, 4 << 20, rw));
    say("fresh %d", piece[4097]);
    /* The whole of a reservation in one call each. */
    SHOW(mprotect(reserved[1], 512 * GIB, PROT_READ));
    say("read %d", reserved[1][400 * GIB]);
    SHOW(madvise(reserved[1], 512 * GIB, MADV_DONTNEED));
    SHOW(mprotect(reserved[1], 512 * GIB, PROT_NONE));
    SHOW(madvise(reserved[0], 512 * GIB, 16 /* DONTDUMP */));
    SHOW(madvise(reserved[0], 512 * GIB, 14 /* HUGEPAGE */));
    for (int i = 0; i < 8; i++) SHOW(munmap(reserved[i], 512 * GIB));
    HOLDS(process_status("VmRSS:") - resident < 1 << 10);
    HOLDS(labs(process_status("VmSize:") - size) < 1 << 10);
    HOLDS(process_status("VmPTE:") - tables < 256);

    /* As V8 and Java align: reserve more, cut both ends off. */
    char *wide = reserve(12 * GIB, PROT_NONE, MAP_NORESERVE);
    char *aligned = (char *)(((uintptr_t)wide + 4 * GIB - 1) & ~(uintptr_t)(4 * GIB - 1));
    if (aligned > wide) SHOW(munmap(wide, aligned - wide) == 0);
    SHOW(munmap(aligned + 4 * GIB, wide + 12 * GIB - (aligned + 4 * GIB)));
    SHOW(mprotect(aligned + 64 * PAGE, PAGE, rw));
    aligned[64 * PAGE] = 1;
    /* Where nothing is yet, a hint of Go's arenas is taken. */
    char *arena = (char *)0xc000000000;
    HOLDS(mmap(arena, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == arena);
    HOLDS(mmap(arena, 4 << 20, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == arena);
    arena[0] = 1;
    /* What is reserved with the right to write and NORESERVE needs no memory either. */
    char *open = reserve(256 * GIB, rw, MAP_NORESERVE);
    HOLDS(open != NULL);
    if (open) open[200 * GIB] = 1;
    /* Without it the heuristic of overcommit refuses what can never be had. */
    HOLDS(reserve(16384 * GIB, rw, 0) == NULL && errno == ENOMEM);
    HOLDS(reserve(16384 * GIB, PROT_READ, 0) != NULL);
    HOLDS(reserve(1L << 48, PROT_NONE, MAP_NORESERVE) == NULL && errno == ENOMEM);
    return 0;
}
