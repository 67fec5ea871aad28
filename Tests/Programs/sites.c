/* Sites of system calls that a naive rewriter breaks: each runs several times, so that it is a jump
 * from its second time on where it can be one, and prints what a program can see of it. */
/* Only x86-64: what makes a rewriter stumble are instructions of one to fifteen bytes. */
#if defined(__x86_64__)
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define FUNCTION(name, body) \
    __asm__(".text\n.p2align 4\n.globl " name "\n.type " name ", @function\n" name ":\n" body "\n");

/* getpid is 39, getppid 110, getuid 102, umask 95. */

/* A leaf that keeps its locals in the red zone around the call; the result is their sum. */
FUNCTION("red_zone",
         "movq $1, -8(%rsp)\nmovq $2, -16(%rsp)\nmovq $4, -64(%rsp)\nmovq $8, -128(%rsp)\n"
         "movl $102, %eax\nsyscall\n"
         "addq -8(%rsp), %rax\naddq -16(%rsp), %rax\naddq -64(%rsp), %rax\naddq -128(%rsp), %rax\nret")
FUNCTION("red_zone_bare",
         "movq $1, -8(%rsp)\nmovq $2, -16(%rsp)\nmovq $4, -64(%rsp)\nmovq $8, -128(%rsp)\n"
         "movl $102, %eax\nnop\nsyscall\n"
         "addq -8(%rsp), %rax\naddq -16(%rsp), %rax\naddq -64(%rsp), %rax\naddq -128(%rsp), %rax\nret")
/* The site is a target too: with another number. long target(long number): 0 takes the move. */
FUNCTION("target",
         "movq %rdi, %rax\ntestq %rdi, %rdi\njnz 1f\nmovl $39, %eax\n1: syscall\nret")
/* The same reached first by the jump. */
FUNCTION("target_first",
         "movq %rdi, %rax\ntestq %rdi, %rdi\njnz 1f\nmovl $39, %eax\n1: syscall\nret")
/* The last five bytes of this move to memory look like `mov $102, %eax`, the number that is called. */
FUNCTION("look_alike",
         "subq $80, %rsp\nmovl $102, %eax\nmovl $0, 8(%rsp)\n"
         ".byte 0xc7, 0x44, 0x24, 0xb8, 102, 0, 0, 0\nsyscall\n"
         "movl -72(%rsp), %eax\naddq $80, %rsp\nret")
/* mov $102, %r8d: a prefix makes it another register's. The result is R8. */
FUNCTION("other_register", "movl $102, %eax\nxorl %r8d, %r8d\nmovl $102, %r8d\nsyscall\n"
                           "movl %r8d, %eax\nret")
/* A constant in whose bytes a call hides: as a function from its third byte on it calls getuid. */
FUNCTION("hidden", "movabsq $0xc3050f00000066b8, %rax\nret")
/* Nops that a branch leads to, right behind an instruction that control does not pass. */
FUNCTION("executed_nops",
         "movl $102, %eax\ntestl %edi, %edi\njnz 2f\nsyscall\nret\n"
         "2: .byte 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90\nmovl $77, %eax\nret\n.p2align 4")
/* Nops that a site itself runs into: they must not pass for a gap once the site is a jump. */
FUNCTION("nops_behind",
         "movl $102, %eax\nnop\nsyscall\n.p2align 4\nmovl $102, %eax\nnop\nsyscall\n"
         "addl $5, %eax\nret\n.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc")
/* A bare site that many numbers come to. */
FUNCTION("any", "movq %rdi, %rax\nnop\nsyscall\nret\n.p2align 4")

/* A move with instructions behind it, no gap within a short jump's reach: long earlier(long number) takes
 * the move for 0, else comes past it to the last of them. The result has RDX added, 1000 or 7. */
#define FAR ".rept 50\nmovq %r8, %r8\n.endr\n"
__asm__(".data\nearlier_word: .quad 1000\n");
FUNCTION("earlier",
         "movq %rdi, %rax\nmovl $7, %edx\n" FAR "testq %rdi, %rdi\njnz 1f\nmovl $39, %eax\n"
         "leaq earlier_word(%rip), %rsi\nmovq (%rsi), %rdx\n1: xorl %edi, %edi\nsyscall\n"
         FAR "addq %rdx, %rax\nret")
/* The same with an access that may fault: long earlier_access(long *). */
FUNCTION("earlier_access", FAR "movl $102, %eax\nearlier_load: movq (%rdi), %rdx\nsyscall\n"
         FAR "addq %rdx, %rax\nret")

extern long red_zone(void), red_zone_bare(void), target(long), target_first(long), look_alike(void),
    other_register(void), hidden(void), executed_nops(int), nops_behind(void), any(long), earlier(long),
    earlier_access(long *);
extern char earlier_load[];

struct seen {
    uint64_t registers[14], flags, rcx, r11, site;
};
/* Calls getuid with known registers and flags, and keeps what is there afterwards. */
#define LOOK(name, call) \
    __asm__(".text\n.p2align 4\n.type " name ", @function\n" name ":\n" \
            "pushq %rbx\npushq %rbp\npushq %r12\npushq %r13\npushq %r14\npushq %r15\npushq %rdi\n" \
            "movq $1, %rbx\nmovq $2, %rbp\nmovq $3, %r12\nmovq $4, %r13\nmovq $5, %r14\nmovq $6, %r15\n" \
            "pushq %rsi\npopfq\n" \
            "movq $7, %rdi\nmovq $8, %rsi\nmovq $9, %rdx\nmovq $10, %r8\nmovq $11, %r9\nmovq $12, %r10\n" \
            call "syscall\n" \
            "1: pushfq\npushq %rdi\nmovq 16(%rsp), %rdi\n" \
            "movq %rax, (%rdi)\nmovq %rbx, 8(%rdi)\nmovq %rbp, 16(%rdi)\nmovq %r12, 24(%rdi)\n" \
            "movq %r13, 32(%rdi)\nmovq %r14, 40(%rdi)\nmovq %r15, 48(%rdi)\nmovq %rsi, 56(%rdi)\n" \
            "movq %rdx, 64(%rdi)\nmovq %r8, 72(%rdi)\nmovq %r9, 80(%rdi)\nmovq %r10, 88(%rdi)\n" \
            "popq 96(%rdi)\npopq 112(%rdi)\nmovq %rcx, 120(%rdi)\nmovq %r11, 128(%rdi)\n" \
            "leaq 1b(%rip), %rax\nmovq %rax, 136(%rdi)\nmovq %rsp, 104(%rdi)\n" \
            "pushq $0x202\npopfq\n" \
            "popq %rdi\npopq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbp\npopq %rbx\nret\n" \
            ".byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n");
LOOK("look_move", "movl $102, %eax\n")
LOOK("look_bare", "movl $102, %eax\nnop\n")
extern void look_move(struct seen *, uint64_t flags), look_bare(struct seen *, uint64_t flags);

static void registers(const char *name, void (*look)(struct seen *, uint64_t)) {
    static const uint64_t flags[] = {0x202, 0x203, 0x206, 0x212, 0x242, 0x282, 0xa02, 0xad7,
                                     0x602, 0x200202, 0x40202, 0xed7};
    for (unsigned index = 0; index < sizeof flags / sizeof *flags; index++) {
        struct seen seen;
        for (int round = 0; round < 3; round++) look(&seen, flags[index]);
        printf("%s flags %lx:", name, (unsigned long)flags[index]);
        for (int number = 0; number < 13; number++)
            printf(" %lu", (unsigned long)seen.registers[number]);
        printf(" flags %lx r11 %lx rcx %s\n", (unsigned long)seen.flags, (unsigned long)seen.r11,
               seen.rcx == seen.site ? "behind the site" : "elsewhere");
    }
}

/* A text that becomes writable shows the program's own bytes, and takes new ones. */
static void writable(void) {
    static const unsigned char own[] = {0xb8, 102, 0, 0, 0, 0x0f, 0x05};
    unsigned char *code = (unsigned char *)red_zone;
    while (memcmp(code, own, 1) || code[1] != 102) {
        if (code[0] == 0xe9) break;
        code++;
    }
    uintptr_t page = (uintptr_t)code & ~4095ul;
    if (mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC)) perror("mprotect");
    printf("bytes are the program's: %d\n", memcmp(code, own, sizeof own) == 0);
    printf("calls %ld %ld\n", red_zone() - 15 - getuid(), any(SYS_getuid) - getuid());
    *(volatile unsigned char *)(code + 1) = SYS_geteuid;
    printf("other number %ld\n", red_zone() - 15 - geteuid());
    *(volatile unsigned char *)(code + 1) = SYS_getuid;
    if (mprotect((void *)page, 8192, PROT_READ | PROT_EXEC)) perror("mprotect");
    for (int round = 0; round < 3; round++) printf("again %ld\n", red_zone() - 15 - getuid());
}

/* A program that single-steps itself stops at the same places, whether or not a site is a jump. */
#define STEP(name, before) \
    __asm__(".text\n.p2align 4\n.type " name ", @function\n" name ":\n" \
            "pushq %rdi\npopfq\n" before "syscall\nnop\n" \
            "pushq $0x202\npopfq\nret\n.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n");
STEP("step_move", "movl $102, %eax\n")
STEP("step_bare", "movl $102, %eax\nnop\n")
__asm__(".text\n.p2align 4\nstep_earlier:\n" FAR "step_earlier_base: pushq %rdi\npopfq\nmovl $102, %eax\n"
        "leaq earlier_word(%rip), %rsi\nmovl $5, %edx\nsyscall\nnop\npushq $0x202\npopfq\n" FAR "ret\n");
extern long step_move(long flags), step_bare(long flags), step_earlier(long flags);
extern char step_earlier_base[];
static long stops[32], stop_count;
static uintptr_t stop_base;
static void on_stop(int number, siginfo_t *information, void *context) {
    (void)number, (void)information;
    if (stop_count < 32)
        stops[stop_count++] = (long)(((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] - stop_base);
}
static void stepping(const char *name, long (*step)(long)) {
    struct sigaction action = {.sa_sigaction = on_stop, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    stop_base = step == step_earlier ? (uintptr_t)step_earlier_base : (uintptr_t)step;
    for (int round = 0; round < 6; round++) step(0x202);
    for (int round = 0; round < 2; round++) {
        stop_count = 0;
        long result = step(0x302) - getuid();
        printf("%s steps: %ld, at", name, result);
        for (int index = 0; index < stop_count; index++) printf(" %ld", stops[index]);
        printf("\n");
    }
}

/* A fault between the move and the call is seen where the program has it, with what the move left. */
static long accessed = 50;
static void on_access(int number, siginfo_t *information, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)information;
    printf("signal %d at %ld, rax %ld\n", number, (long)(registers[REG_RIP] - (uintptr_t)earlier_load),
           (long)registers[REG_RAX]);
    registers[REG_RDI] = (greg_t)(uintptr_t)&accessed;
}
static void accessing(void) {
    struct sigaction action = {.sa_sigaction = on_access, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    for (int round = 0; round < 6; round++) printf("access %ld\n", earlier_access(&accessed) - getuid());
    printf("access %ld\n", earlier_access(NULL) - getuid());
}

/* Code that is no private text of a file keeps its bytes; a file, and other mappings of it, keep theirs
 * where a private text of it is called. */
static void mappings(void) {
    static const unsigned char code[] = {0xb8, 102, 0, 0, 0, 0x0f, 0x05, 0xc3};
    int file = memfd_create("code", 0);
    unsigned char page[4096], back[4096];
    memset(page, 0x90, sizeof page);
    memcpy(page + 512, code, sizeof code);
    if (write(file, page, sizeof page) != sizeof page) perror("write");
    struct {
        const char *name;
        int protection, flags, file;
    } kinds[] = {
        {"anonymous", PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1},
        {"anonymous, then read-only", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1},
        {"shared", PROT_READ | PROT_EXEC, MAP_SHARED, file},
        {"private and writable", PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, file},
    };
    for (unsigned index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        unsigned char *memory =
            mmap(NULL, 4096, kinds[index].protection, kinds[index].flags, kinds[index].file, 0);
        if (kinds[index].file < 0) memcpy(memory, page, sizeof page);
        if (!(kinds[index].protection & PROT_EXEC)) mprotect(memory, 4096, PROT_READ | PROT_EXEC);
        long sum = 0;
        for (int round = 0; round < 3; round++) sum += ((long (*)(void))(memory + 512))() - getuid();
        printf("%s: %ld, %s\n", kinds[index].name, sum,
               memcmp(memory, page, sizeof page) ? "changed" : "as it was");
        munmap(memory, 4096);
    }
    unsigned char *text = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    unsigned char *other = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    long sum = 0;
    for (int round = 0; round < 3; round++) sum += ((long (*)(void))(text + 512))() - getuid();
    if (pread(file, back, sizeof back, 0) != sizeof back) perror("pread");
    printf("text: %ld, file %s, other mapping %s\n", sum,
           memcmp(back, page, sizeof page) ? "changed" : "as it was",
           memcmp(other, page, sizeof page) ? "changed" : "as it was");
    /* Another program at the same place. */
    page[513] = SYS_getpid;
    if (pwrite(file, page, sizeof page, 0) != sizeof page) perror("pwrite");
    text = mmap(text, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0);
    for (int round = 0; round < 3; round++)
        printf("in its place: %d\n", ((long (*)(void))(text + 512))() == getpid());
    /* Moved, it still calls. */
    unsigned char *moved = mremap(text, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, other);
    for (int round = 0; round < 3; round++)
        printf("moved: %d\n", ((long (*)(void))(moved + 512))() == getpid());
    munmap(moved, 4096);
    close(file);
}

/* Signals that come at any point of a rewritten call are seen at addresses of the program. */
extern char __executable_start[], etext[];
static volatile long outside, ticks;
static volatile uintptr_t last;
static void on_tick(int number, siginfo_t *information, void *context) {
    uintptr_t at = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    (void)number, (void)information;
    last = at;
    if (at < (uintptr_t)__executable_start || at >= (uintptr_t)etext) outside++;
    ticks++;
}
static void ticking(void) {
    struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerval each = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
    long wrong = 0, process = getpid();
    for (long round = 0; ticks < 300; round++) {
        wrong += any(SYS_getppid) < 0;
        wrong += red_zone() - 15 != (long)getuid();
        wrong += red_zone_bare() - 15 != (long)getuid();
        wrong += earlier(0) - 1000 != process;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    printf("300 ticks: %ld wrong results, %ld addresses outside\n", wrong, outside);
}

/* long waits(int fd, char *byte): read(fd, byte, 1) by a move site; its `syscall` is `waits_site`. */
__asm__(".text\n.p2align 4\nwaits:\nmovl $1, %edx\nnop\nmovl $34, %eax\ntestl %edi, %edi\njs 1f\n"
        "xorl %eax, %eax\n1: nop\nwaits_site: syscall\nret\n.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n");
/* pause by a move site. */
__asm__(".text\n.p2align 4\npauses:\nmovl $34, %eax\npauses_site: syscall\nret\n");
extern long waits(int, char *), pauses(void);
extern char waits_site[], pauses_site[];
static int pipe_ends[2];
static void on_alarm(int number, siginfo_t *information, void *context) {
    uintptr_t at = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    long result = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX];
    (void)number, (void)information;
    long from_waits = (long)(at - (uintptr_t)waits_site), from_pauses = (long)(at - (uintptr_t)pauses_site);
    printf("interrupted at %ld, rax %ld\n",
           from_waits >= 0 && from_waits <= 2 ? from_waits
           : from_pauses >= 0 && from_pauses <= 2 ? from_pauses : -1, result);
    if (write(pipe_ends[1], "x", 1) != 1) perror("write");
}
static void waiting(int flags) {
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | flags};
    char byte;
    sigaction(SIGALRM, &action, NULL);
    for (int round = 0; round < 3; round++) {
        ualarm(2000, 0);
        long count = waits(pipe_ends[0], &byte);
        printf("read %ld\n", count);
        if (count < 0) printf("then %ld\n", waits(pipe_ends[0], &byte));
        ualarm(2000, 0);
        printf("pause %ld\n", pauses());
        printf("then %ld\n", waits(pipe_ends[0], &byte));
    }
}

int main(void) {
    long user = getuid();
    setvbuf(stdout, NULL, _IOLBF, 0);
    long process = getpid();
    for (int round = 0; round < 4; round++) {
        printf("red zone %ld %ld\n", red_zone() - user, red_zone_bare() - user);
        printf("target %d %ld\n", target(0) == process, target(SYS_getuid) - user);
        printf("target first %ld %d\n", target_first(SYS_getuid) - user, target_first(0) == process);
        printf("look-alike %ld\n", look_alike());
        printf("other register %ld\n", other_register());
        printf("hidden %lx %ld\n", (unsigned long)hidden(),
               ((long (*)(void))((char *)hidden + 2))() - user);
        printf("executed nops %ld %ld\n", executed_nops(0) - user, (long)executed_nops(1));
        for (int turn = 0; turn < 2; turn++)
            printf("earlier %d %ld\n", earlier(0) - 1000 == process, earlier(SYS_getuid) - 7 - user);
        printf("nops behind %ld\n", nops_behind() - user);
        printf("any %ld %d %ld %ld\n", any(SYS_getuid) - user, any(SYS_getpid) == process, any(-1),
               any(100000));
    }
    registers("move", look_move);
    registers("bare", look_bare);
    stepping("move", step_move);
    stepping("bare", step_bare);
    stepping("earlier", step_earlier);
    accessing();
    writable();
    mappings();
    ticking();
    if (pipe(pipe_ends)) perror("pipe");
    waiting(SA_RESTART);
    waiting(0);
    return 0;
}
#else
#include <stdio.h>
int main(void) { puts("these sites are of x86-64"); return 0; }
#endif
