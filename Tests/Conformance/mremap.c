/* Covers: mremap */
#include "conformance.h"

static long address(void *result) { return result == MAP_FAILED ? -1 : 0; }

int main(void) {
    enter_scratch();
    int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;
    char *a = mmap(NULL, 10 * 4096, rw, private, -1, 0);
    for (int i = 0; i < 10; i++) a[i * 4096] = (char)('a' + i);
    HOLDS(mremap(a, 10 * 4096, 4 * 4096, 0) == a); /* shrink in place */
    HOLDS(mremap(a, 4 * 4096, 8 * 4096, 0) == a);  /* room behind: grow in place */
    say("%c %c %d", a[0], a[3 * 4096], a[4 * 4096]);
    char *blocked = mmap(a + 8 * 4096, 4096, rw, private | MAP_FIXED, -1, 0);
    SHOW(address(mremap(a, 8 * 4096, 16 * 4096, 0)));
    char *b = mremap(a, 8 * 4096, 16 * 4096, MREMAP_MAYMOVE);
    HOLDS(b != MAP_FAILED && b != a);
    say("%c %c %d %d", b[0], b[3 * 4096], b[4 * 4096], b[15 * 4096]);
    unsigned char vector[1];
    SHOW(mincore(a, 4096, vector)); /* the old place is gone */
    char *place = mmap(NULL, 20 * 4096, PROT_NONE, private, -1, 0);
    HOLDS(mremap(b, 16 * 4096, 16 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
    say("%c", place[0]);
    SHOW(address(mremap(place, 4096, 4096, MREMAP_FIXED, b)));
    SHOW(address(mremap(place, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, place + 4096)));
    SHOW(address(mremap(place, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place + 100)));
    SHOW(address(mremap(place + 1, 4096, 4096, MREMAP_MAYMOVE)));
    SHOW(address(mremap(place, 4096, 0, MREMAP_MAYMOVE)));
    SHOW(address(mremap(place, 4096, 4096, 0x80)));
    SHOW(address(mremap((void *)0x10000, 4096, 8192, MREMAP_MAYMOVE)));
    SHOW(address(mremap(place, 18 * 4096, 19 * 4096, MREMAP_MAYMOVE))); /* over two mappings */
    munmap(blocked, 4096);

    /* A shared file mapping keeps its file and offset. */
    static char page[16384];
    for (int i = 0; i < 16384; i++) page[i] = (char)('0' + i / 4096);
    make_file("file", page, sizeof page);
    int file = open("file", O_RDWR);
    char *s = mmap(NULL, 4096, rw, MAP_SHARED, file, 4096);
    char *t = mremap(s, 4096, 12288, MREMAP_MAYMOVE);
    HOLDS(t != MAP_FAILED);
    say("%c %c %c", t[0], t[4096], t[8192]);
    t[8192] = 'x';
    char byte;
    pread(file, &byte, 1, 12288);
    say("%c", byte);
    /* An old size of zero duplicates a shared mapping; a private one is refused. */
    char *twin = mremap(t, 0, 4096, MREMAP_MAYMOVE);
    HOLDS(twin != MAP_FAILED && twin != t);
    t[0] = 'y';
    if (twin != MAP_FAILED) say("%c", twin[0]);
    SHOW(address(mremap(place, 0, 4096, MREMAP_MAYMOVE)));
    return 0;
}
