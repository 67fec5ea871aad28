/* Covers: mmap munmap */
#include "conformance.h"
#include <setjmp.h>

static sigjmp_buf back;
static void caught(int number, siginfo_t *information, void *context) {
    siglongjmp(back, number << 8 | (information->si_code & 0xff));
}
/* Touches a byte; prints the signal and code that come of it, or "ok". */
static void touch(const char *label, volatile char *at, int writing) {
    int code = sigsetjmp(back, 1);
    if (code) { say("%s: %s code %d", label, signal_name(code >> 8), code & 0xff); return; }
    if (writing) *at = 1;
    else (void)*at;
    say("%s: ok", label);
}
static long address(void *result) { return result == MAP_FAILED ? -1 : 0; }

int main(void) {
    enter_scratch();
    handle(SIGSEGV, caught, 0);
    handle(SIGBUS, caught, 0);
    int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;
    char *a = mmap(NULL, 3 * 4096, rw, private, -1, 0);
    HOLDS(a != MAP_FAILED && (long)a % 4096 == 0);
    int zeroes = 0;
    for (int i = 0; i < 3 * 4096; i++) zeroes += a[i] == 0;
    say("zeroes %d", zeroes);
    SHOW(munmap(a + 4096, 4096));
    touch("first", a, 1);
    touch("hole", a + 4096, 0);
    touch("third", a + 8192, 1);
    SHOW(munmap(a + 4096, 4096)); /* nothing there is fine */
    SHOW(syscall(SYS_munmap, a + 1, 4096L));
    SHOW(munmap(a, 0));
    SHOW(munmap((void *)(1UL << 62), 4096));
    SHOW(munmap(a, SIZE_MAX & ~4095UL));

    /* MAP_FIXED replaces, MAP_FIXED_NOREPLACE refuses, a hint is taken when free. */
    char *f = mmap(a + 4096, 4096, PROT_READ, private | MAP_FIXED, -1, 0);
    HOLDS(f == a + 4096);
    touch("fixed read", f, 0);
    touch("fixed write", f, 1);
    SHOW(address(mmap(a, 4096, rw, private | 0x100000, -1, 0)));
    munmap(f, 4096);
    HOLDS(mmap(f, 4096, rw, private | 0x100000, -1, 0) == f);
    munmap(f, 4096);
    HOLDS(mmap(f, 4096, rw, private, -1, 0) == f);
    HOLDS(mmap(a, 4096, rw, private, -1, 0) != a);
    *a = 5;
    mmap(a, 4096, rw, private | MAP_FIXED, -1, 0);
    say("replaced: %d", *a);

    SHOW(address(mmap(NULL, 0, rw, private, -1, 0)));
    SHOW(address(mmap(NULL, 4096, rw, MAP_ANONYMOUS, -1, 0)));
    SHOW(address(mmap(a + 5, 4096, rw, private | MAP_FIXED, -1, 0)));
    SHOW(address(mmap(NULL, 1UL << 50, rw, private, -1, 0)));
    SHOW(address(mmap(NULL, SIZE_MAX - 4095, rw, private, -1, 0)));
    SHOW(address(mmap((void *)(1UL << 62), 4096, rw, private | MAP_FIXED, -1, 0)));
    SHOW(address(mmap(NULL, 4096, rw, MAP_PRIVATE, 99, 0)));
    SHOW(address(mmap(NULL, 4096, rw, MAP_PRIVATE, -1, 0)));
    SHOW(syscall(SYS_mmap, NULL, 4096L, rw, private, -1L, 5L));
    char *none = mmap(NULL, 4096, PROT_NONE, private, -1, 0);
    touch("PROT_NONE read", none, 0);
    touch("PROT_NONE write", none, 1);

    /* Files: private copies, shared writes through, past the end SIGBUS. */
    static char page[8192];
    memset(page, 'f', sizeof page);
    make_file("file", page, 5000);
    int file = open("file", O_RDWR), readable = open("file", O_RDONLY);
    char *p = mmap(NULL, 12288, rw, MAP_PRIVATE, readable, 0);
    say("%c %c %d", p[0], p[4999], p[5000]);
    p[0] = 'p';
    char byte;
    pread(file, &byte, 1, 0);
    say("file after a private write: %c", byte);
    pwrite(file, "X", 1, 4100);
    say("private page not yet copied: %c", p[4100]);
    touch("last page of the file", p + 8191, 0);
    touch("beyond the file", p + 8192, 0);
    char *s = mmap(NULL, 8192, rw, MAP_SHARED, file, 0);
    s[10] = 's';
    pread(file, &byte, 1, 10);
    say("file after a shared write: %c", byte);
    pwrite(file, "w", 1, 20);
    say("shared mapping after write(2): %c", s[20]);
    char *t = mmap(NULL, 4096, PROT_READ, MAP_SHARED, readable, 4096);
    HOLDS(t != MAP_FAILED);
    s[4096] = 't';
    say("second mapping: %c", t[0]);
    SHOW(close(file));
    s[30] = 'c';
    pread(readable, &byte, 1, 30);
    say("after close: %c", byte);
    s[5001] = 'z';
    struct stat status;
    fstat(readable, &status);
    say("size stays %ld", (long)status.st_size);
    SHOW(address(mmap(NULL, 4096, rw, MAP_SHARED, readable, 0)));
    SHOW(address(mmap(NULL, 4096, PROT_READ, MAP_SHARED, readable, 100)));
    int writable = open("file", O_WRONLY), folder = open(".", O_RDONLY), ends[2];
    pipe(ends);
    SHOW(address(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, writable, 0)));
    SHOW(address(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, folder, 0)));
    SHOW(address(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, ends[0], 0)));
    SHOW(address(mmap(NULL, 4096, PROT_READ, 0, readable, 0)));
    SHOW(address(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, readable, 1L << 20)));
    SHOW(truncate("file", 100));
    touch("cut off", s + 4096, 0);
    say("%d behind the end", s[200]);

    /* Shared anonymous memory, and a file that grows under its mapping. */
    char *shared = mmap(NULL, 8192, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared[5000] = 1;
    say("%d", shared[5000]);
    SHOW(truncate("file", 8192));
    touch("grown", s + 4096, 1);

    /* Many mappings, freed in another order. */
    char *many[200];
    for (int i = 0; i < 200; i++) {
        many[i] = mmap(NULL, 4096 * (1 + i % 5), rw, private, -1, 0);
        many[i][0] = (char)i;
    }
    int right = 0;
    for (int i = 0; i < 200; i++) right += many[i][0] == (char)i;
    for (int i = 0; i < 200; i += 2) munmap(many[i], 4096 * (1 + i % 5));
    for (int i = 199; i > 0; i -= 2) munmap(many[i], 4096 * (1 + i % 5));
    say("%d of 200 kept their contents", right);
    return 0;
}
