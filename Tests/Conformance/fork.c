/* Covers: fork */
/* fork(2): who the child is, and what becomes of memory. */
#include "processes.h"
#include <sys/times.h>

static int data = 1, bss;
static char wide[3 << 20];
static pid_t child;
static gate to_child, to_parent;

/* sbrk(2), which musl has not: the break before, moved by so many bytes. */
static char *move_break(long bytes) {
    char *end = (char *)syscall(SYS_brk, 0);
    if (bytes) syscall(SYS_brk, end + bytes);
    return end;
}
static void numbers(void) {
    pid_t parent = getpid(), *seen = shared(4096);
    CHILD(child) {
        HOLDS(getppid() == parent);
        HOLDS(getpid() != parent && getpid() == gettid());
        *seen = getpid();
    }
    reap("child", child);
    HOLDS(child > 0 && *seen == child);
    long raw = syscall(SYS_fork);
    if (raw == 0) syscall(SYS_exit_group, 7);
    reap("the call itself", raw);
    CHILD(child) _exit(256 + 3);
    reap("256 + 3", child);
    CHILD(child) _exit(-1);
    reap("-1", child);
    CHILD(child) abort();
    int status = status_of(child);
    say("abort: %s", signal_name(WTERMSIG(status)));
    CHILD(child) {
        pid_t inner, middle = getpid();
        CHILD(inner) _exit(getppid() == middle);
        _exit(40 + WEXITSTATUS(status_of(inner)));
    }
    reap("grandchild", child);
}

/* What one side writes the other does not see, whoever writes first. */
static void copies(void) {
    int stack = 3, *heap = malloc(sizeof *heap);
    char *break_end = move_break(8192);
    char *map = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *both = shared(4096);
    make_file("private", "file contents", 13);
    int file = open("private", O_RDWR);
    char *of_file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *shared_file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    *heap = 4;
    strcpy(break_end, "break");
    strcpy(map, "mapped");
    of_file[0] = 'F';
    CHILD(child) {
        say("child: %d %d %d %d %s %s %.4s", data, bss, stack, *heap, break_end, map, of_file);
        data = bss = stack = *heap = 10;
        strcpy(break_end, "child");
        strcpy(map, "child");
        of_file[1] = 'I';
        strcpy(both, "from the child");
        shared_file[5] = '-';
        let(to_parent);
        pass(to_child);
        say("child again: %d %d %d %d %s %s %.4s", data, bss, stack, *heap, break_end, map, of_file);
        say("%s; %.13s", both, shared_file);
    }
    pass(to_parent);
    say("parent: %d %d %d %d %s %s %.4s", data, bss, stack, *heap, break_end, map, of_file);
    say("%s; %.13s", both, shared_file);
    data = bss = stack = *heap = 20;
    strcpy(break_end, "parent");
    strcpy(map, "parent");
    of_file[2] = 'L';
    strcpy(both, "from the parent");
    shared_file[0] = 'X';
    let(to_child);
    reap("child", child);
    char bytes[16] = "";
    pread(file, bytes, 15, 0);
    say("file: %s", bytes);
    munmap(map, 16384);
    munmap(of_file, 4096);
    munmap(shared_file, 4096);
    close(file);
}
/* The kernel's own writes copy too. */
static void kernel_writes(void) {
    static char page[8192] __attribute__((aligned(4096)));
    strcpy(page, "before");
    int ends[2];
    pipe(ends);
    write(ends[1], "by read", 8);
    CHILD(child) {
        SHOW(read(ends[0], page, 8));
        say("child: %s", page);
    }
    reap("child", child);
    say("parent: %s", page);
    write(ends[1], "by read", 8);
    CHILD(child) {
        let(to_parent);
        pass(to_child);
        say("child: %s", page);
    }
    pass(to_parent);
    SHOW(read(ends[0], page, 8));
    let(to_child);
    reap("child", child);
    say("parent: %s", page);
    close(ends[0]);
    close(ends[1]);
}
static void generations(void) {
    static char text[4096] = "first";
    gate end = make_gate();
    CHILD(child) {
        pid_t inner;
        strcpy(text, "second");
        CHILD(inner) {
            pass(end); /* its parent is gone */
            say("grandchild: %s", text);
            strcpy(text, "third");
            let(to_parent);
        }
    }
    reap("middle", child);
    strcpy(text, "changed");
    let(end);
    pass(to_parent);
    say("first: %s", text);
}
static void marks(void) {
    char *at = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(at, 'x', 5 * 4096);
    SHOW(madvise(at + 4096, 4096, MADV_DONTFORK));
    SHOW(madvise(at + 2 * 4096, 4096, MADV_WIPEONFORK));
    SHOW(madvise(at + 3 * 4096, 4096, MADV_WIPEONFORK));
    SHOW(madvise(at + 3 * 4096, 4096, MADV_KEEPONFORK));
    CHILD(child) {
        unsigned char vector[5];
        say("%d %d %d %d", at[0], at[2 * 4096], at[3 * 4096], at[4 * 4096]);
        SHOW(mincore(at + 4096, 4096, vector));
        /* The mark stays. */
        at[2 * 4096] = 'y';
        pid_t inner;
        CHILD(inner) say("%d", at[2 * 4096]);
        reap("inner", inner);
        say("%d", at[2 * 4096]);
        HOLDS(mmap(at + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at + 4096);
    }
    reap("child", child);
    CHILD(child) at[4096] = 'z';
    reap("not there", child);
    SHOW(madvise(at + 4096, 4096, MADV_DOFORK));
    CHILD(child) say("%d", at[4096]);
    reap("there again", child);
    say("%d %d", at[4096], at[2 * 4096]);
    SHOW(madvise(shared(4096), 4096, MADV_WIPEONFORK));
    char *together = shared(4096);
    SHOW(madvise(together, 4096, MADV_DONTFORK));
    CHILD(child) say("%d", *together);
    reap("shared, not there", child);
}
static void rights(void) {
    char *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at[0] = 'r', at[4096] = 'n', at[2 * 4096] = 'w';
    mprotect(at, 4096, PROT_READ);
    mprotect(at + 4096, 4096, PROT_NONE);
    CHILD(child) at[0] = 'x';
    reap("write to read-only", child);
    CHILD(child) say("%c", at[4096]);
    reap("read of no rights", child);
    CHILD(child) {
        mprotect(at, 2 * 4096, PROT_READ | PROT_WRITE);
        at[0] = 'X', at[4096] = 'N';
        say("%c%c%c", at[0], at[4096], at[2 * 4096]);
    }
    reap("rights given in the child", child);
    say("%c", at[0]);
    CHILD(child) munmap(at, 3 * 4096);
    reap("unmapped in the child", child);
    say("%c%c", at[0], at[2 * 4096]);
    CHILD(child) {
        let(to_parent);
        pass(to_child);
        say("%c%c", at[0], at[2 * 4096]);
    }
    pass(to_parent);
    munmap(at, 3 * 4096);
    let(to_child);
    reap("unmapped in the parent", child);
}
static int deep(int levels) {
    volatile int frame[1024];
    frame[0] = levels;
    return levels ? deep(levels - 1) + frame[0] : frame[0];
}
static void growth(void) {
    char *end = move_break(0);
    CHILD(child) {
        HOLDS(move_break(0) == end);
        HOLDS(move_break(1 << 20) == end);
        memset(end, 1, 1 << 20);
        say("deep %d", deep(500));
    }
    reap("child", child);
    HOLDS(move_break(0) == end);
    say("deep %d", deep(400));
}
static unsigned sum(const char *at, long size) {
    unsigned sum = 0;
    for (long i = 0; i < size; i += 64) sum = sum * 31 + (unsigned char)at[i];
    return sum;
}
static void much(void) {
    long size = 32 << 20;
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < size; i += 64) at[i] = (char)(i >> 6);
    unsigned before = sum(at, size);
    for (int round = 0; round < 4; round++) {
        CHILD(child) {
            for (long i = round * 4096; i < size; i += 64 * 4096) at[i] ^= 0x55;
            _exit(sum(at, size) == before);
        }
        say("changed in the child: %s", ending(status_of(child)));
    }
    HOLDS(sum(at, size) == before);
    CHILD(child) {
        let(to_parent);
        pass(to_child);
        _exit(sum(at, size) == before);
    }
    pass(to_parent);
    memset(at, 0, size);
    let(to_child);
    say("changed in the parent: %s", ending(status_of(child)));
    munmap(at, size);
    memset(wide, 'w', sizeof wide);
    CHILD(child) {
        memset(wide + 100, 'v', sizeof wide - 200);
        _exit(wide[99] + wide[100] != 'w' + 'v');
    }
    reap("wide", child);
    HOLDS(wide[100] == 'w' && wide[sizeof wide - 101] == 'w');
}
static void locks_of_memory(void) {
    char *at = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(mlock(at, 4 * 4096));
    HOLDS(process_status("VmLck:") >= 16);
    CHILD(child) say("in the child %ld", process_status("VmLck:"));
    reap("child", child);
    HOLDS(process_status("VmLck:") >= 16);
    SHOW(mlockall(MCL_FUTURE));
    CHILD(child) {
        mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        say("in the child %ld", process_status("VmLck:"));
    }
    reap("child", child);
    SHOW(munlockall());
}
static void clocks(void) {
    struct timespec until, at;
    for (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &until); until.tv_sec == 0 && until.tv_nsec < 40000000;)
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &until);
    int64_t before = now(CLOCK_MONOTONIC);
    CHILD(child) {
        HOLDS(now(CLOCK_MONOTONIC) >= before);
        HOLDS(now(CLOCK_REALTIME) > 1000000000LL * 1000000000);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
        HOLDS(at.tv_sec == 0 && at.tv_nsec < 40000000);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
        HOLDS(at.tv_sec == 0 && at.tv_nsec < 40000000);
        struct tms spent;
        HOLDS(times(&spent) != -1 && spent.tms_utime < 4 && spent.tms_cutime == 0 && spent.tms_cstime == 0);
    }
    reap("child", child);
}

int main(void) {
    enter_scratch();
    to_child = make_gate();
    to_parent = make_gate();
    numbers();
    copies();
    kernel_writes();
    generations();
    marks();
    rights();
    growth();
    much();
    locks_of_memory();
    clocks();
    return 0;
}
