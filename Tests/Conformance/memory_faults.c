/* Covers: mmap mprotect munmap */
/* Which signal, code and address an access to memory ends with, by what is there: nothing, a page
 * without the right, a page beyond its file, the gap under a growing mapping. */
#include "conformance.h"
#include <setjmp.h>
#include <sys/resource.h>

static sigjmp_buf back;
static volatile int number, code;
static char *volatile address;
static void caught(int n, siginfo_t *information, void *context) {
    number = n;
    code = information->si_code;
    address = information->si_addr;
    siglongjmp(back, 1);
}
static const char *code_name(int n, int code) {
    if (n == SIGSEGV) return code == SEGV_MAPERR ? "SEGV_MAPERR" : code == SEGV_ACCERR ? "SEGV_ACCERR" : "?";
    return code == BUS_ADRERR ? "BUS_ADRERR" : code == BUS_OBJERR ? "BUS_OBJERR" : "?";
}
enum how { READ, WRITE, RUN };
static void touch(const char *label, char *at, enum how how) {
    if (sigsetjmp(back, 1)) {
        say("%s: %s %s at %s", label, signal_name(number), code_name(number, code),
            address == at ? "the address" : "ANOTHER");
        return;
    }
    if (how == READ) (void)*(volatile char *)at;
    else if (how == WRITE) *(volatile char *)at = 1;
    else ((void (*)(void))at)();
    say("%s: ok", label);
}
#define PAGE 4096L

int main(void) {
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    enter_scratch();
    handle(SIGSEGV, caught, SA_ONSTACK);
    handle(SIGBUS, caught, SA_ONSTACK);
    int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;

    char *a = mmap(NULL, 8 * PAGE, rw, private, -1, 0);
    munmap(a + PAGE, PAGE);
    mprotect(a + 2 * PAGE, PAGE, PROT_NONE);
    mprotect(a + 3 * PAGE, PAGE, PROT_READ);
    mprotect(a + 4 * PAGE, PAGE, PROT_WRITE);
    a[6 * PAGE] = 1;
    mprotect(a + 6 * PAGE, PAGE, PROT_NONE);
    touch("hole, read", a + PAGE + 123, READ);
    touch("hole, write", a + PAGE + 4095, WRITE);
    touch("hole, run", a + PAGE, RUN);
    touch("PROT_NONE, read", a + 2 * PAGE + 1, READ);
    touch("PROT_NONE, write", a + 2 * PAGE + 2, WRITE);
    touch("PROT_NONE, run", a + 2 * PAGE, RUN);
    touch("PROT_READ, read", a + 3 * PAGE + 4, READ);
    touch("PROT_READ, write", a + 3 * PAGE + 5, WRITE);
    touch("PROT_READ, run", a + 3 * PAGE, RUN);
    touch("PROT_WRITE, write", a + 4 * PAGE + 6, WRITE);
    touch("PROT_WRITE, run", a + 4 * PAGE, RUN);
    touch("closed when present, read", a + 6 * PAGE, READ);
    mprotect(a + 6 * PAGE, PAGE, PROT_READ);
    say("kept %d", a[6 * PAGE]);
    touch("opened for reading, write", a + 6 * PAGE, WRITE);

    /* A file: within, the rest of its last page, beyond; when it is cut, and grows again. */
    static char bytes[3 * 4096];
    memset(bytes, 'f', sizeof bytes);
    make_file("file", bytes, 2 * PAGE + 10);
    int file = open("file", O_RDWR);
    char *s = mmap(NULL, 6 * PAGE, rw, MAP_SHARED, file, 0);
    char *p = mmap(NULL, 6 * PAGE, rw, MAP_PRIVATE, file, 0);
    char *r = mmap(NULL, 6 * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    char *n = mmap(NULL, 6 * PAGE, PROT_NONE, MAP_PRIVATE, file, 0);
    char *late = mmap(NULL, PAGE, rw, MAP_SHARED, file, 16 * PAGE);
    touch("shared, last byte of the last page", s + 3 * PAGE - 1, READ);
    touch("shared, beyond, read", s + 3 * PAGE, READ);
    touch("shared, beyond, write", s + 5 * PAGE + 77, WRITE);
    touch("private, beyond, read", p + 3 * PAGE, READ);
    touch("private, beyond, write", p + 4 * PAGE + 1, WRITE);
    touch("read-only, beyond, read", r + 3 * PAGE, READ);
    touch("read-only, beyond, write", r + 3 * PAGE + 5, WRITE);
    touch("PROT_NONE, beyond, read", n + 3 * PAGE + 6, READ);
    touch("wholly beyond", late, READ);
    touch("execution of file data", r, RUN);
    p[PAGE] = 'p';
    p[2 * PAGE] = 'q';
    s[PAGE] = 's';
    say("private %c %c, file %c", p[PAGE], p[2 * PAGE], s[PAGE]);
    SHOW(ftruncate(file, PAGE + 5));
    touch("cut: shared, its page", s + PAGE, READ);
    touch("cut: shared, gone", s + 2 * PAGE, READ);
    touch("cut: private copy that stays", p + PAGE, READ);
    touch("cut: private copy beyond", p + 2 * PAGE, READ);
    say("private %c, shared %c", p[PAGE], s[PAGE]);
    SHOW(ftruncate(file, 0));
    touch("empty: shared", s, READ);
    touch("empty: private", p, WRITE);
    SHOW(ftruncate(file, 4 * PAGE));
    touch("grown: shared", s + 3 * PAGE, WRITE);
    say("%d %d", s[0], p[2 * PAGE]);
    touch("grown: beyond", s + 4 * PAGE, WRITE);
    SHOW(ftruncate(file, 17 * PAGE));
    touch("grown up to the later mapping", late + 9, WRITE);

    /* What a system call meets there is EFAULT, or ends the call early. */
    SHOW(ftruncate(file, PAGE));
    SHOW(write(1, s + PAGE, 1));
    SHOW(read(file, a + 3 * PAGE, 1));
    SHOW(read(file, a + 2 * PAGE, 1));
    int zero = open("/dev/zero", O_RDONLY), ends[2];
    SHOW(read(zero, a + PAGE - 100, 200));
    SHOW(read(zero, s + PAGE - 60, 100));
    pipe(ends);
    SHOW(write(ends[1], s + PAGE - 3, 10));
    SHOW(write(ends[1], s + PAGE, 10));

    /* A growing mapping: the place is kept, with what is around it under control. */
    char *room = mmap(NULL, 4096 * PAGE, PROT_NONE, private | MAP_NORESERVE, -1, 0);
    munmap(room, 4096 * PAGE);
    char *grows = mmap(room + 3000 * PAGE, PAGE, rw, private | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
    HOLDS(grows == room + 3000 * PAGE);
    touch("one page below", grows - 1, WRITE);
    touch("a hundred pages below", grows - 100 * PAGE, WRITE);
    touch("read below", grows - 120 * PAGE - 5, READ);
    char *wall = mmap(grows - 1000 * PAGE, PAGE, rw, private | MAP_FIXED, -1, 0);
    touch("257 pages above a mapping", wall + PAGE + 257 * PAGE, WRITE);
    touch("256 pages above a mapping", wall + PAGE + 256 * PAGE, WRITE);
    touch("255 pages above a mapping", wall + PAGE + 255 * PAGE, WRITE);
    touch("just above a mapping", wall + PAGE, WRITE);
    munmap(wall, PAGE);
    char *closed = mmap(wall, PAGE, PROT_NONE, private | MAP_FIXED, -1, 0);
    touch("just above a closed page", closed + PAGE, WRITE);
    touch("the closed page", closed, WRITE);
    munmap(closed, PAGE);
    /* Not beyond RLIMIT_STACK. */
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 2000 * PAGE;
    setrlimit(RLIMIT_STACK, &limit);
    touch("as large as RLIMIT_STACK", grows + PAGE - 2000 * PAGE, WRITE);
    touch("larger than RLIMIT_STACK", grows + PAGE - 2001 * PAGE, WRITE);

    /* The initial stack grows on touch, and not beyond the limit. */
    char here;
    char *page = (char *)((uintptr_t)&here & ~(uintptr_t)4095);
    touch("stack, 100 pages down", page - 100 * PAGE, WRITE);
    touch("stack, 1000 pages down", page - 1000 * PAGE, WRITE);
    touch("stack, beyond the limit", page - 2100 * PAGE, WRITE);
    HOLDS(mmap(page - 1100 * PAGE, PAGE, rw, private, -1, 0) != page - 1100 * PAGE); /* the guard gap */
    return 0;
}
