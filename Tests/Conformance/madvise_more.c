/* Covers: madvise */
/* Every advice of madvise(2) on each kind of memory: result, contents afterwards, errors. */
#include "conformance.h"

#define PAGE 4096L
#define NAMED(advice) { advice, #advice }
static const struct { int number; const char *name; } all[] = {
    NAMED(MADV_NORMAL), NAMED(MADV_RANDOM), NAMED(MADV_SEQUENTIAL), NAMED(MADV_WILLNEED),
    {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"}, NAMED(MADV_DONTNEED), {8, "MADV_FREE"}, {9, "MADV_REMOVE"},
    NAMED(MADV_DONTFORK), NAMED(MADV_DOFORK), {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"},
    {16, "MADV_DONTDUMP"}, {17, "MADV_DODUMP"}, {18, "MADV_WIPEONFORK"}, {19, "MADV_KEEPONFORK"},
    {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {24, "MADV_DONTNEED_LOCKED"},
};
#define COUNT (int)(sizeof all / sizeof *all)

static void each(const char *label, char *(*make)(void), int locks) {
    for (int i = 0; i < COUNT; i++) {
        char *memory = make();
        if (locks) mlock(memory, 2 * PAGE);
        long result = madvise(memory, 2 * PAGE, all[i].number);
        int error = errno;
        if (all[i].number == 8 && !result) say("%s, MADV_FREE: ok", label); /* contents go at any time */
        else say("%s, %s: %s; %d %d", label, all[i].name, result ? errno_name(error) : "ok", memory[0], memory[PAGE]);
        if (locks) munlock(memory, 2 * PAGE);
        munmap(memory, 2 * PAGE);
    }
}
static int file, readable;
static char *anonymous(void) {
    char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    a[0] = 1;
    a[PAGE] = 2;
    return a;
}
static char *shared(void) {
    char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    a[0] = 3;
    a[PAGE] = 4;
    return a;
}
static char *of_file(void) {
    pwrite(file, "\5", 1, 0);
    pwrite(file, "\6", 1, PAGE);
    return mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}
static char *copied(void) {
    pwrite(file, "\5", 1, 0);
    pwrite(file, "\6", 1, PAGE);
    char *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    a[0] = 7;
    return a;
}
static char *read_only(void) {
    pwrite(file, "\5", 1, 0);
    pwrite(file, "\6", 1, PAGE);
    return mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, readable, 0);
}

int main(void) {
    enter_scratch();
    static char bytes[2 * 4096];
    make_file("file", bytes, sizeof bytes);
    file = open("file", O_RDWR);
    readable = open("file", O_RDONLY);
    each("anonymous", anonymous, 0);
    each("anonymous, locked", anonymous, 1);
    each("shared anonymous", shared, 0);
    each("shared file", of_file, 0);
    each("private file", copied, 0);
    each("read-only shared file", read_only, 0);

    /* POPULATE makes pages present, and says why it can't. */
    int rw = PROT_READ | PROT_WRITE;
    char *a = mmap(NULL, 8 * PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(madvise(a, 8 * PAGE, 23));
    say("resident %d %d", resident(a), resident(a + 7 * PAGE));
    SHOW(madvise(a, 8 * PAGE, MADV_DONTNEED));
    say("resident %d %d", resident(a), resident(a + 7 * PAGE));
    SHOW(madvise(a, 8 * PAGE, 22));
    say("zero %d", a[5 * PAGE]);
    mprotect(a + 2 * PAGE, PAGE, PROT_READ);
    mprotect(a + 4 * PAGE, PAGE, PROT_NONE);
    SHOW(madvise(a, 3 * PAGE, 23));
    SHOW(madvise(a, 3 * PAGE, 22));
    SHOW(madvise(a, 5 * PAGE, 22));
    munmap(a + 6 * PAGE, PAGE);
    SHOW(madvise(a + 5 * PAGE, 3 * PAGE, 23));
    char *beyond = mmap(NULL, 4 * PAGE, rw, MAP_SHARED, file, 0);
    SHOW(madvise(beyond, 2 * PAGE, 22));
    SHOW(madvise(beyond, 3 * PAGE, 22));
    SHOW(madvise(beyond, 3 * PAGE, 23));

    /* REMOVE punches a hole that all see; it needs a shared writable mapping. */
    char *f = of_file();
    f[100] = 9;
    SHOW(madvise(f, PAGE, 9));
    char byte = 1;
    pread(file, &byte, 1, 100);
    say("removed %d %d, kept %d", f[100], byte, f[PAGE]);

    /* A range with a hole: what is mapped is done, and the call says ENOMEM. */
    char *h = mmap(NULL, 5 * PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(h, 'h', 5 * PAGE);
    munmap(h + 2 * PAGE, PAGE);
    SHOW(madvise(h, 5 * PAGE, MADV_DONTNEED));
    say("%d %d", h[PAGE], h[4 * PAGE]);
    SHOW(madvise(h, 5 * PAGE, MADV_WILLNEED));
    SHOW(madvise(h, 5 * PAGE, 16));
    SHOW(madvise(h, 5 * PAGE, 14));
    SHOW(madvise(h + 2 * PAGE, PAGE, MADV_NORMAL));
    SHOW(madvise(h + 3, PAGE, MADV_NORMAL));
    SHOW(madvise(h, -5, MADV_NORMAL));
    SHOW(madvise(h, 0, 9999));
    SHOW(madvise(h, 0, MADV_NORMAL));
    SHOW(madvise((void *)(1UL << 62), PAGE, MADV_NORMAL));
    SHOW(madvise(h, PAGE, 7));
    SHOW(madvise(h, PAGE, 11));
    SHOW(madvise(h, PAGE, 26));

    /* Dropped pages of a PROT_NONE mapping, and of one that is closed after it was written. */
    char *closed = anonymous();
    mprotect(closed, 2 * PAGE, PROT_NONE);
    SHOW(madvise(closed, 2 * PAGE, MADV_DONTNEED));
    SHOW(madvise(closed, 2 * PAGE, 8));
    mprotect(closed, 2 * PAGE, rw);
    say("%d %d", closed[0], closed[PAGE]);

    /* FREE: what is written after it stays. */
    char *freed = anonymous();
    SHOW(madvise(freed, 2 * PAGE, 8));
    freed[1] = 77;
    say("%d", freed[1]);

    /* Parts of large memory go, the rest stays. */
    long size = 6L << 20;
    char *large = mmap(NULL, size, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(madvise(large, size, 14));
    memset(large, 'L', size);
    SHOW(madvise(large + 3 * PAGE, (3L << 20) - 3 * PAGE + PAGE, MADV_DONTNEED));
    long wrong = 0;
    for (long i = 0; i < size; i++) wrong += large[i] != (i >= 3 * PAGE && i < (3L << 20) + PAGE ? 0 : 'L');
    say("wrong %ld", wrong);
    return 0;
}
