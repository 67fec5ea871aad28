/* Covers: */
/* Signals from faults: si_code, si_addr, what the CPU says and the saved instruction pointer. */
#include "conformance.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int number, code;
static void *volatile address;
static volatile long trap, error, rip;

/* What the CPU says of the fault: on arm64 the class and the write bit of ESR_EL1, from the frame's
 * record of it, and nothing where there is none; the rest of it tells how the tables are built. */
#if defined(__aarch64__)
static void keep_machine(mcontext_t *machine) {
    rip = (long)machine->pc;
    trap = error = -1;
    for (unsigned char *record = (unsigned char *)machine->__reserved; *(unsigned *)record; record += ((unsigned *)record)[1])
        if (*(unsigned *)record == 0x45535201) { /* ESR_MAGIC */
            unsigned long syndrome = *(unsigned long *)(record + 8);
            trap = (long)(syndrome >> 26 & 0x3f);
            error = trap >> 1 == 0x24 >> 1 ? (long)(syndrome >> 6 & 1) : 0;
        }
}
#define NON_CANONICAL (1UL << 52) /* the eight bits above may be a tag */
#define NON_CANONICAL_ADDRESS ((char *)NON_CANONICAL)
#else
static void keep_machine(mcontext_t *machine) {
    trap = machine->gregs[REG_TRAPNO];
    error = machine->gregs[REG_ERR];
    rip = machine->gregs[REG_RIP];
}
#define NON_CANONICAL (1UL << 62)
#define NON_CANONICAL_ADDRESS NULL
#endif

static void caught(int n, siginfo_t *information, void *context) {
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    number = n;
    code = information->si_code;
    address = information->si_addr;
    keep_machine(machine);
    siglongjmp(back, 1);
}
#define FAULT(label, expected, ...)                                                          \
    do {                                                                                           \
        if (sigsetjmp(back, 1) == 0) { __VA_ARGS__; say("%s: nothing", label); }                     \
        else say("%s: %s code %d trap %ld error %ld address %s", label, signal_name(number), code, \
                 trap, error, address == (void *)(expected) ? "right" : "WRONG");                 \
    } while (0)
extern char divide_site[], ill_site[], overflow_site[], hlt_site[], mrs_site[], brk_site[];

int main(void) {
    handle(SIGSEGV, caught, 0);
    handle(SIGBUS, caught, 0);
    handle(SIGILL, caught, 0);
    handle(SIGFPE, caught, 0);
    handle(SIGTRAP, caught, 0);
    volatile char *low = (char *)16, *sink;
    FAULT("read of an unmapped address", low, (void)*low);
    FAULT("write to an unmapped address", low, *low = 1);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FAULT("write to a read-only page", page + 7, *(volatile char *)(page + 7) = 1);
    mprotect(page, 4096, PROT_NONE);
    FAULT("read of a closed page", page + 9, (void)*(volatile char *)(page + 9));
    FAULT("write to code", (char *)main, *(volatile char *)main = 1);
    sink = (char *)NON_CANONICAL;
    FAULT("a non-canonical address", NON_CANONICAL_ADDRESS, *sink = 1);
    FAULT("the kernel's half", (char *)0xffff800000001000, (void)*(volatile char *)0xffff800000001000);
    char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data[0] = (char)0xc3; /* whatever it is elsewhere, it must not run */
    FAULT("execution of data", data, ((void (*)(void))data)());
    HOLDS(rip == (long)data);
    FAULT("a jump to nowhere", (char *)0x1000, ((void (*)(void))0x1000)());
#if defined(__aarch64__)
    FAULT("udf", ill_site, __asm__ volatile(".globl ill_site\nill_site: udf #0"));
    HOLDS(rip == (long)ill_site);
    FAULT("hlt", hlt_site, __asm__ volatile(".globl hlt_site\nhlt_site: hlt #0"));
    FAULT("a register of the kernel", mrs_site,
          __asm__ volatile(".globl mrs_site\nmrs_site: mrs x9, sctlr_el1" ::: "x9"));
    FAULT("brk", brk_site, __asm__ volatile(".globl brk_site\nbrk_site: brk #0"));
    HOLDS(rip == (long)brk_site);
    FAULT("a jump between instructions", (char *)main + 2, ((void (*)(void))((char *)main + 2))());
    HOLDS(rip == (long)main + 2);
    /* Division by zero is zero, and vector exceptions are flags. */
    long quotient;
    __asm__ volatile("sdiv %0, %1, xzr" : "=r"(quotient) : "r"(1L));
    say("division by zero %ld", quotient);
#else
    FAULT("ud2", ill_site, __asm__ volatile(".globl ill_site\nill_site: ud2"));
    HOLDS(rip == (long)ill_site);
    FAULT("division by zero", divide_site,
          __asm__ volatile(".globl divide_site\nxor %%ecx, %%ecx; mov $1, %%eax; cltd\ndivide_site: idiv %%ecx" ::: "rax", "rcx", "rdx"));
    HOLDS(rip == (long)divide_site);
    FAULT("division overflow", overflow_site,
          __asm__ volatile(".globl overflow_site\nmov $-1, %%ecx; mov $0x80000000, %%eax; cltd\noverflow_site: idiv %%ecx" ::: "rax", "rcx", "rdx"));
    FAULT("hlt", NULL, __asm__ volatile("hlt"));
    FAULT("cli", NULL, __asm__ volatile("cli"));
    FAULT("int3", NULL, __asm__ volatile("int3"));

    /* Invalid SSE operation with its exception unmasked. */
    unsigned control = 0x1f80 & ~0x200, usual = 0x1f80;
    FAULT("vector division by zero", rip,
          { float zero = 0, one = 1;
            __asm__ volatile("ldmxcsr %2; divss %1, %0" : "+x"(one) : "x"(zero), "m"(control)); });
    __asm__ volatile("ldmxcsr %0" ::"m"(usual));
#endif

    /* A file's page beyond its end. */
    enter_scratch();
    make_file("file", "abc", 3);
    int file = open("file", O_RDWR);
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    FAULT("beyond the file", map + 4100, (void)*(volatile char *)(map + 4100));
    FAULT("write beyond the file", map + 4101, *(volatile char *)(map + 4101) = 1);

    /* A handler that repairs the cause lets the instruction succeed. */
    say("faults in calls are errors, not signals:");
    SHOW(read(file, page, 1));
    SHOW(write(1, (char *)16, 1));
    /* A blocked fault kills all the same. */
    sigset_t block;
    sigfillset(&block);
    sigprocmask(SIG_BLOCK, &block, NULL);
    say("last line before death by SIGSEGV");
    *low = 1;
    return 0;
}
