/* Covers: madvise */
#include "conformance.h"

int main(void) {
    enter_scratch();
    int rw = PROT_READ | PROT_WRITE;
    char *a = mmap(NULL, 4 * 4096, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(a, 'a', 4 * 4096);
    SHOW(madvise(a + 4096, 8192, MADV_DONTNEED));
    say("%c %d %d %c", a[0], a[4096], a[8192], a[12288]);
    SHOW(madvise(a, 4096, MADV_NORMAL));
    SHOW(madvise(a, 4096, MADV_RANDOM));
    SHOW(madvise(a, 4096, MADV_SEQUENTIAL));
    SHOW(madvise(a, 4096, MADV_WILLNEED));
    SHOW(madvise(a, 0, MADV_DONTNEED));
    SHOW(madvise(a, 100, MADV_DONTNEED)); /* the length is rounded up */
    say("%d", a[4000]);
    SHOW(madvise(a + 1, 4096, MADV_DONTNEED));
    SHOW(madvise(a, 4096, 9999));
    munmap(a + 4096, 4096);
    a[8192] = 'b';
    SHOW(madvise(a, 4 * 4096, MADV_DONTNEED)); /* a hole: the rest is done, then ENOMEM */
    say("%d", a[8192]);
    SHOW(madvise(a, SIZE_MAX - 4095, MADV_DONTNEED));
    /* Files: back to the file's contents. */
    make_file("file", "contents", 8);
    int file = open("file", O_RDWR);
    char *p = mmap(NULL, 4096, rw, MAP_PRIVATE, file, 0);
    p[0] = 'P';
    SHOW(madvise(p, 4096, MADV_DONTNEED));
    say("%c", p[0]);
    SHOW(madvise(p, 4096, MADV_FREE));
    char *s = mmap(NULL, 4096, rw, MAP_SHARED, file, 0);
    s[0] = 'S';
    SHOW(madvise(s, 4096, MADV_DONTNEED));
    say("%c", s[0]);
    SHOW(madvise(a, 4096, MADV_FREE));
    a[0] = 'f';
    say("%c", a[0]);
    SHOW(madvise(a, 4096, MADV_DONTFORK));
    SHOW(madvise(a, 4096, MADV_DOFORK));
    return 0;
}
