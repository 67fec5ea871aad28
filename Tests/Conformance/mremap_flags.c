/* Covers: mremap */
/* Every flag of mremap(2) on each kind of memory, and what is at the old place afterwards. */
#include "conformance.h"
#include <setjmp.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define PAGE 4096L
/* Without a wrapper, which may pass an address on that nobody gave. */
#define mremap(old, old_size, new_size, ...) remap(old, old_size, new_size, __VA_ARGS__, 0L)
#define remap(old, old_size, new_size, flags, address, ...) \
    ((void *)syscall(SYS_mremap, old, old_size, new_size, flags, address))
static long address(void *result) { return result == MAP_FAILED ? -1 : 0; }
static int mapped(char *at) {
    unsigned char vector;
    return mincore(at, PAGE, &vector) == 0;
}
static char *fresh(int pages, char first) {
    char *a = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < pages; i++) a[i * PAGE] = (char)(first + i);
    return a;
}
static char *room(int pages) {
    return mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int main(void) {
    enter_scratch();
    int rw = PROT_READ | PROT_WRITE;
    /* MREMAP_FIXED: larger, smaller, over other mappings. */
    char *a = fresh(4, 'a'), *place = room(16);
    HOLDS(mremap(a, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + PAGE) == place + PAGE);
    say("%c %c %d, old mapped %d", place[PAGE], place[4 * PAGE], place[5 * PAGE], mapped(a));
    char *b = fresh(6, 'k');
    HOLDS(mremap(b, 6 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + 3 * PAGE) == place + 3 * PAGE);
    say("%c %c %c %d, old mapped %d %d", place[PAGE], place[3 * PAGE], place[4 * PAGE], place[5 * PAGE],
        mapped(b), mapped(b + 2 * PAGE));
    /* A part of a mapping moves away and leaves a hole. */
    char *c = fresh(5, 'p'), *other = room(2);
    HOLDS(mremap(c + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other);
    say("%c %c, left %c %c, hole %d %d", other[0], other[PAGE], c[0], c[3 * PAGE], mapped(c + PAGE), mapped(c + 2 * PAGE));
    /* In the middle of a mapping nothing grows in place, and MAYMOVE moves. */
    char *d = fresh(4, 'A');
    SHOW(address(mremap(d, PAGE, 2 * PAGE, 0)));
    char *moved = mremap(d, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    HOLDS(moved != MAP_FAILED && moved != d);
    say("%c %d, old %d, behind %c", moved[0], moved[PAGE], mapped(d), d[PAGE]);
    HOLDS(mremap(d + PAGE, 3 * PAGE, PAGE, MREMAP_MAYMOVE) == d + PAGE); /* shrinks in place */
    say("%d %d", mapped(d + PAGE), mapped(d + 2 * PAGE));

    /* MREMAP_DONTUNMAP: the old range stays, empty. */
    char *e = fresh(3, 'x');
    char *f = mremap(e, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    HOLDS(f != MAP_FAILED && f != e);
    if (f != MAP_FAILED) say("moved %c %c %c, old %d %d %d", f[0], f[PAGE], f[2 * PAGE], e[0], e[PAGE], e[2 * PAGE]);
    e[0] = 'n';
    if (f != MAP_FAILED) say("apart: %c %c", e[0], f[0]);
    char *target = room(3);
    HOLDS(mremap(e, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, target) == target);
    say("%c %d", target[0], e[0]);
    SHOW(address(mremap(e, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
    SHOW(address(mremap(e, 3 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
    SHOW(address(mremap(e, 3 * PAGE, 3 * PAGE, MREMAP_DONTUNMAP)));

    /* Files: the offset goes with the pages; DONTUNMAP leaves a mapping of the same file. */
    static char bytes[8 * 4096];
    for (int i = 0; i < 8; i++) memset(bytes + i * PAGE, '0' + i, PAGE);
    make_file("file", bytes, sizeof bytes);
    int file = open("file", O_RDWR);
    char *s = mmap(NULL, 4 * PAGE, rw, MAP_SHARED, file, 2 * PAGE);
    char *t = mremap(s, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    HOLDS(t != MAP_FAILED && t != s);
    if (t != MAP_FAILED) {
        t[0] = 'T';
        say("%c %c %c", s[0], t[0], t[3 * PAGE]);
    }
    char *q = mmap(NULL, 4 * PAGE, rw, MAP_PRIVATE, file, PAGE);
    q[0] = 'Q';
    char *v = mremap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    HOLDS(v != MAP_FAILED && v != q);
    if (v != MAP_FAILED) say("%c %c %c, old %c %c", v[0], v[PAGE], v[2 * PAGE], q[0], q[PAGE]);

    /* An old size of zero: another view of shared memory. */
    char *twin = mremap(s + PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE);
    HOLDS(twin != MAP_FAILED);
    if (twin != MAP_FAILED) {
        twin[0] = '!';
        say("%c %c", s[PAGE], twin[PAGE]);
    }
    char *anonymous = mmap(NULL, 2 * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *view = mremap(anonymous, 0, 2 * PAGE, MREMAP_MAYMOVE);
    HOLDS(view != MAP_FAILED);
    if (view != MAP_FAILED) {
        anonymous[PAGE] = 'v';
        say("%c", view[PAGE]);
    }
    SHOW(address(mremap(s, 0, 2 * PAGE, 0)));
    SHOW(address(mremap(v, 0, PAGE, MREMAP_MAYMOVE)));
    char *at = room(2);
    HOLDS(mremap(s, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at) == at);
    say("%c", at[0]);

    /* What is refused. */
    SHOW(address(mremap(s, PAGE, 2 * PAGE, MREMAP_MAYMOVE | 8)));
    SHOW(address(mremap(s, PAGE, 0, MREMAP_MAYMOVE)));
    SHOW(address(mremap(s, PAGE, 1UL << 50, MREMAP_MAYMOVE)));
    SHOW(address(mremap(s, SIZE_MAX - 4095, PAGE, MREMAP_MAYMOVE)));
    SHOW(address(mremap(s, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(1UL << 62))));
    SHOW(address(mremap(s, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s + PAGE)));
    SHOW(address(mremap(s + 1, PAGE, PAGE, 0)));
    SHOW(address(mremap(s, 100, 200, 0))); /* both round up to a page */

    /* Large memory, moved and shrunk in parts: contents stay. */
    long size = 8L << 20;
    char *large = mmap(NULL, size, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < size; i += PAGE) *(long *)(large + i) = i;
    large = mremap(large, size, 3 * size, MREMAP_MAYMOVE);
    HOLDS(large != MAP_FAILED);
    long wrong = 0;
    for (long i = 0; i < size; i += PAGE) wrong += *(long *)(large + i) != i;
    for (long i = size; i < 3 * size; i += PAGE) wrong += *(long *)(large + i) != 0;
    say("wrong %ld", wrong);
    char *cut = room((int)((2L << 20) / PAGE));
    HOLDS(mremap(large + (3L << 20) + 5 * PAGE, 2L << 20, 2L << 20, MREMAP_MAYMOVE | MREMAP_FIXED, cut) == cut);
    wrong = 0;
    for (long i = 0; i < 2L << 20; i += PAGE) wrong += *(long *)(cut + i) != (3L << 20) + 5 * PAGE + i;
    for (long i = 0; i < (3L << 20) + 5 * PAGE; i += PAGE) wrong += *(long *)(large + i) != i;
    for (long i = (5L << 20) + 5 * PAGE; i < size; i += PAGE) wrong += *(long *)(large + i) != i;
    say("wrong %ld", wrong);
    return 0;
}
