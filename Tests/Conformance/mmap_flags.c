/* Covers: mmap munmap */
/* Flags of mmap(2), and munmap(2) of parts of everything. */
#include "conformance.h"
#include <setjmp.h>

#define PAGE 4096L
#define FIXED_NOREPLACE 0x100000
/* Where the program's addresses end. */
#if defined(__aarch64__)
#define TASK_SIZE (1UL << 48)
#else
#define TASK_SIZE ((1UL << 47) - PAGE)
#endif

static long address(void *result) { return result == MAP_FAILED ? -1 : 0; }
static int mapped(char *at) {
    unsigned char vector;
    return mincore(at, PAGE, &vector) == 0;
}

int main(void) {
    enter_scratch();
    int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;
    char *a = mmap(NULL, 16 * PAGE, PROT_NONE, private | MAP_NORESERVE, -1, 0);
    munmap(a, 16 * PAGE);
    /* MAP_FIXED_NOREPLACE: free, exactly taken, overlapping each end, containing, with MAP_FIXED. */
    HOLDS(mmap(a + 4 * PAGE, 4 * PAGE, rw, private | FIXED_NOREPLACE, -1, 0) == a + 4 * PAGE);
    SHOW(address(mmap(a + 4 * PAGE, 4 * PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap(a + 3 * PAGE, 2 * PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap(a + 7 * PAGE, 2 * PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap(a + 5 * PAGE, PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap(a, 16 * PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap(a + 4 * PAGE, PAGE, rw, private | FIXED_NOREPLACE | MAP_FIXED, -1, 0)));
    HOLDS(mmap(a + 3 * PAGE, PAGE, rw, private | FIXED_NOREPLACE, -1, 0) == a + 3 * PAGE);
    HOLDS(mmap(a + 8 * PAGE, PAGE, rw, private | FIXED_NOREPLACE, -1, 0) == a + 8 * PAGE);
    SHOW(address(mmap(a + 1, PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));
    SHOW(address(mmap((void *)(1UL << 62), PAGE, rw, private | FIXED_NOREPLACE, -1, 0)));

    /* MAP_POPULATE, and with MAP_NONBLOCK; without the right to touch. */
    char *p = mmap(NULL, 64 * PAGE, rw, private | MAP_POPULATE, -1, 0);
    say("populated %d %d", resident(p), resident(p + 63 * PAGE));
    p = mmap(NULL, 64 * PAGE, PROT_READ, private | MAP_POPULATE, -1, 0);
    HOLDS(p != MAP_FAILED);
    p = mmap(NULL, 64 * PAGE, PROT_NONE, private | MAP_POPULATE, -1, 0);
    say("closed %d", resident(p));
    p = mmap(NULL, 64 * PAGE, rw, private | MAP_POPULATE | MAP_NONBLOCK, -1, 0);
    HOLDS(p != MAP_FAILED);
    p = mmap(NULL, 64 * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    say("shared %d %d", resident(p), resident(p + 63 * PAGE));
    static char bytes[3 * 4096];
    make_file("file", bytes, sizeof bytes);
    int file = open("file", O_RDWR);
    p = mmap(NULL, 8 * PAGE, rw, MAP_PRIVATE | MAP_POPULATE, file, 0); /* beyond the end: no error */
    say("file %d %d %d", resident(p), resident(p + 2 * PAGE), p != MAP_FAILED);

    /* Flags that change nothing to see, and old ones that are ignored. */
    SHOW(address(mmap(NULL, PAGE, rw, private | MAP_STACK | MAP_NORESERVE, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, private | MAP_DENYWRITE | MAP_EXECUTABLE, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, private | 0x4000000, -1, 0))); /* MAP_UNINITIALIZED */
    SHOW(address(mmap(NULL, PAGE, rw, private | 0x20000000, -1, 0))); /* no flag of today */
    SHOW(address(mmap(NULL, PAGE, rw, private, file, 0)));            /* the file is ignored */
    SHOW(address(mmap(NULL, PAGE, rw, private, 99, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, private, -1, 7 * PAGE)));
    /* MAP_SHARED_VALIDATE says no to unknown flags. */
    SHOW(address(mmap(NULL, PAGE, rw, 3, file, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, 3 | 0x20000000, file, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, 3 | 0x80000 /* MAP_SYNC */, file, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, 3 | MAP_ANONYMOUS, -1, 0)));
    /* Huge pages: none are set aside. */
    SHOW(address(mmap(NULL, 2L << 20, rw, private | MAP_HUGETLB, -1, 0)));
    SHOW(address(mmap(NULL, 2L << 20, rw, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_PRIVATE | MAP_HUGETLB, file, 0)));
    /* MAP_GROWSDOWN is for private anonymous memory. */
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_GROWSDOWN, file, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, private | MAP_GROWSDOWN, -1, 0)));
    /* Unknown protection bits are ignored, unlike by mprotect(2). */
    SHOW(address(mmap(NULL, PAGE, rw | 0x40, private, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_PRIVATE, file, PAGE * 1024)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_PRIVATE, file, -PAGE)));
    SHOW(address(mmap(NULL, 8 * PAGE, rw, MAP_SHARED, file, INT64_MAX - 4095)));
    /* A hint below what may be mapped, not aligned, at the end of the address space. */
    char *h = mmap((void *)5000, PAGE, rw, private, -1, 0);
    HOLDS(h != MAP_FAILED);
    h = mmap((void *)(0x300000000000 + 123), PAGE, rw, private, -1, 0);
    HOLDS(h == (void *)0x300000000000 || h == (void *)0x300000001000);
    HOLDS(mmap((void *)TASK_SIZE, PAGE, rw, private, -1, 0) != MAP_FAILED);
    SHOW(address(mmap((void *)TASK_SIZE, PAGE, rw, private | MAP_FIXED, -1, 0)));

    /* munmap over several mappings of every kind, with holes, and parts of each. */
    char *m = mmap(NULL, 32 * PAGE, PROT_NONE, private | MAP_NORESERVE, -1, 0);
    mmap(m + 2 * PAGE, 4 * PAGE, rw, private | MAP_FIXED, -1, 0);
    mmap(m + 6 * PAGE, 3 * PAGE, rw, MAP_SHARED | MAP_FIXED, file, 0);
    mmap(m + 9 * PAGE, 3 * PAGE, rw, MAP_PRIVATE | MAP_FIXED, file, 0);
    mmap(m + 14 * PAGE, 4 * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    munmap(m + 12 * PAGE, 2 * PAGE);
    memset(m + 2 * PAGE, 'm', 10 * PAGE);
    memset(m + 14 * PAGE, 'n', 4 * PAGE);
    SHOW(munmap(m + 4 * PAGE, 11 * PAGE));
    for (int i = 0; i < 20; i++) say("page %d mapped %d", i, mapped(m + i * PAGE));
    say("%c %c %c", m[2 * PAGE], m[4 * PAGE - 1], m[15 * PAGE]);
    char byte = 0;
    pread(file, &byte, 1, 2 * PAGE);
    say("file %c", byte);
    /* The middle, the start, the end of one large mapping; what stays keeps its contents. */
    long size = 12L << 20;
    char *l = mmap(NULL, size, rw, private, -1, 0);
    for (long i = 0; i < size; i += PAGE) *(long *)(l + i) = i;
    SHOW(munmap(l + (4L << 20) + PAGE, 3L << 20));
    SHOW(munmap(l, 5 * PAGE));
    SHOW(munmap(l + size - 7 * PAGE, 7 * PAGE));
    long wrong = 0;
    for (long i = 0; i < size; i += PAGE) {
        int gone = i < 5 * PAGE || i >= size - 7 * PAGE || (i >= (4L << 20) + PAGE && i < (7L << 20) + PAGE);
        if (gone) wrong += mapped(l + i);
        else wrong += *(long *)(l + i) != i;
    }
    say("wrong %ld", wrong);
    SHOW(munmap(l, size));
    /* Across a range in which most is not mapped. */
    char *f1 = mmap((void *)0x200000000000, PAGE, rw, private | MAP_FIXED, -1, 0);
    char *f2 = mmap((void *)0x3fff00000000, PAGE, rw, private | MAP_FIXED, -1, 0);
    f1[0] = f2[0] = 1;
    SHOW(munmap((void *)0x1ff000000000, 0x200000000000));
    say("%d %d", mapped(f1), mapped(f2));
    return 0;
}
