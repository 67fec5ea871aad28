/* Covers: mprotect */
#include "conformance.h"
#include <setjmp.h>

static sigjmp_buf back;
static void caught(int number, siginfo_t *information, void *context) {
    siglongjmp(back, number << 8 | (information->si_code & 0xff));
}
static void touch(const char *label, volatile char *at, int writing) {
    int code = sigsetjmp(back, 1);
    if (code) { say("%s: %s code %d", label, signal_name(code >> 8), code & 0xff); return; }
    if (writing) *at = 1;
    else (void)*at;
    say("%s: ok", label);
}

int main(void) {
    enter_scratch();
    handle(SIGSEGV, caught, 0);
    int rw = PROT_READ | PROT_WRITE;
    char *a = mmap(NULL, 5 * 4096, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(a, 'a', 5 * 4096);
    SHOW(mprotect(a + 4096, 4096, PROT_READ));
    touch("before", a + 4095, 1);
    touch("read", a + 4096, 0);
    touch("write", a + 4096, 1);
    touch("behind", a + 8192, 1);
    SHOW(mprotect(a + 4096, 4096, PROT_NONE));
    touch("none", a + 4096, 0);
    SHOW(mprotect(a, 5 * 4096, rw));
    touch("again", a + 4096, 1);
    say("%d%c", a[4096], a[4097]);
    SHOW(syscall(SYS_mprotect, a + 1, 4096L, rw));
    SHOW(mprotect(a, 0, rw));
    SHOW(mprotect(a, 4096, 0x1000));
    munmap(a + 8192, 4096);
    SHOW(mprotect(a, 5 * 4096, PROT_READ)); /* stops at the hole, after the first part */
    touch("first part", a, 1);
    touch("second part", a + 3 * 4096, 1);
    SHOW(mprotect((void *)(1UL << 62), 4096, PROT_READ));
    SHOW(mprotect(a, SIZE_MAX & ~4095UL, PROT_READ));

    /* Code: write, then execute, as a just-in-time compiler does. */
#if defined(__aarch64__)
    static const unsigned char code[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6}; /* mov w0, #42; ret */
#else
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
#endif
    SHOW(mprotect(a, 4096, rw));
    memcpy(a, code, sizeof code);
    __builtin___clear_cache(a, a + sizeof code);
    SHOW(mprotect(a, 4096, PROT_READ | PROT_EXEC));
    say("returned %d", ((int (*)(void))a)());
    int result = sigsetjmp(back, 1);
    if (result == 0) {
        mprotect(a, 4096, rw);
        say("executed %d", ((int (*)(void))a)());
    } else say("not executable: %s code %d", signal_name(result >> 8), result & 0xff);
    char *j = mmap(NULL, 4096, rw | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(j != MAP_FAILED);
    memcpy(j, code, sizeof code);
    __builtin___clear_cache(j, j + sizeof code);
    say("returned %d", ((int (*)(void))j)());

    /* A shared mapping of a read-only descriptor never becomes writable. */
    make_file("file", "contents", 8);
    int readable = open("file", O_RDONLY);
    char *s = mmap(NULL, 4096, PROT_READ, MAP_SHARED, readable, 0);
    SHOW(mprotect(s, 4096, rw));
    char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, readable, 0);
    SHOW(mprotect(p, 4096, rw));
    touch("private copy", p, 1);
    char byte;
    pread(readable, &byte, 1, 0);
    say("%c", byte);
    return 0;
}
