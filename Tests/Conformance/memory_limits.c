/* Covers: mmap mremap brk mlock mlock2 mlockall munlockall mprotect */
/* RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK and RLIMIT_MEMLOCK where they bite; how many mappings a
 * process may have. */
#include "conformance.h"
#include <sys/resource.h>
#include <sys/prctl.h>

#define PAGE 4096L
static long address(void *result) { return result == MAP_FAILED ? -1 : 0; }
static long status(const char *name) { return process_status(name) << 10; }
static void set(int resource, rlim_t soft) {
    struct rlimit limit = {soft, RLIM_INFINITY};
    if (setrlimit(resource, &limit)) say("setrlimit: %s", errno_name(errno));
}
static void *map(long size, int protection, int flags) {
    return mmap(NULL, size, protection, MAP_ANONYMOUS | (flags & MAP_SHARED ? 0 : MAP_PRIVATE) | flags, -1, 0);
}
static void drop_capabilities(void) {
    struct { uint32_t version; int pid; } header = {0x20080522, 0};
    struct { uint32_t effective, permitted, inheritable; } data[2] = {{0}};
    SHOW(syscall(SYS_capset, &header, data));
}

int main(void) {
    int rw = PROT_READ | PROT_WRITE;
    /* RLIMIT_AS counts everything mapped, also what is closed. */
    char *a = map(16 * PAGE, rw, 0);
    set(RLIMIT_AS, status("VmSize:") + 64 * PAGE);
    SHOW(address(map(65 * PAGE, PROT_NONE, MAP_NORESERVE)));
    char *b = map(64 * PAGE, PROT_NONE, MAP_NORESERVE);
    SHOW(address(b));
    SHOW(address(map(PAGE, PROT_READ, MAP_SHARED)));
    SHOW(address(mremap(a, 16 * PAGE, 17 * PAGE, MREMAP_MAYMOVE)));
    SHOW(address(mmap(b, 64 * PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0))); /* replaces */
    char *end = (char *)syscall(SYS_brk, 0);
    HOLDS((char *)syscall(SYS_brk, end + 2 * PAGE) == end);
    SHOW(munmap(b, 64 * PAGE));
    HOLDS((char *)syscall(SYS_brk, end + 2 * PAGE) == end + 2 * PAGE);
    set(RLIMIT_AS, RLIM_INFINITY);

    /* RLIMIT_DATA counts private memory that can be written. */
    set(RLIMIT_DATA, status("VmData:") + 32 * PAGE);
    SHOW(address(map(33 * PAGE, rw, 0)));
    SHOW(address(map(33 * PAGE, PROT_READ, 0)));
    SHOW(address(map(33 * PAGE, rw, MAP_SHARED)));
    char *closed = map(33 * PAGE, PROT_NONE, 0);
    SHOW(mprotect(closed, 33 * PAGE, rw));
    SHOW(mprotect(closed, 31 * PAGE, rw));
    SHOW(address(map(2 * PAGE, rw, 0)));
    SHOW(mprotect(closed, 31 * PAGE, PROT_NONE));
    SHOW(address(map(31 * PAGE, rw, 0)));
    set(RLIMIT_DATA, RLIM_INFINITY);

    /* RLIMIT_MEMLOCK, for who may not exceed it. */
    drop_capabilities();
    struct rlimit limit = {8 * PAGE, 8 * PAGE};
    SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
    char *m = map(32 * PAGE, rw, 0);
    SHOW(mlock(m, 9 * PAGE));
    SHOW(mlock(m, 8 * PAGE));
    say("VmLck %ld pages", status("VmLck:") / PAGE);
    SHOW(mlock(m, 8 * PAGE)); /* again: counted once */
    SHOW(mlock(m + 8 * PAGE, 1));
    SHOW(address(map(PAGE, rw, MAP_LOCKED)));
    SHOW(address(mremap(m, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE)));
    SHOW(munlock(m + 4 * PAGE, 4 * PAGE));
    say("VmLck %ld pages", status("VmLck:") / PAGE);
    SHOW(address(map(4 * PAGE, rw, MAP_LOCKED)));
    SHOW(address(map(1, rw, MAP_LOCKED)));
    SHOW(munmap(m, 2 * PAGE));
    say("VmLck %ld pages", status("VmLck:") / PAGE);
    SHOW(syscall(SYS_mlock2, m + 8 * PAGE, 3 * PAGE, 1));
    SHOW(syscall(SYS_mlock2, m + 8 * PAGE, 2 * PAGE, 1));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(mlockall(MCL_FUTURE));
    SHOW(address(map(PAGE, rw, 0)));
    SHOW(munlockall());
    say("VmLck %ld pages", status("VmLck:") / PAGE);
    SHOW(address(map(9 * PAGE, rw, 0)));
    limit = (struct rlimit){0, 0};
    SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
    SHOW(mlock(m + 8 * PAGE, PAGE));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(address(map(PAGE, rw, MAP_LOCKED)));
    SHOW(munlock(m + 8 * PAGE, PAGE));

    /* vm.max_map_count: mappings that nothing joins. */
    int count = 0;
    long size = 70000 * PAGE;
    char *many = map(size, PROT_NONE, MAP_NORESERVE);
    for (long i = 0; i < 70000; i += 2) {
        if (mprotect(many + i * PAGE, PAGE, PROT_READ)) break;
        count += 2;
    }
    say("mprotect at the limit: %s", errno_name(errno));
    HOLDS(count > 65000 && count < 65530);
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0)));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0)));
    SHOW(munmap(many + size / 2 - size / 2 % (2 * PAGE) + 60000 * PAGE - 35000 * PAGE, PAGE) == 0);
    SHOW(munmap(many, size));
    SHOW(address(mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0)));
    return 0;
}
