/* Covers: */
/* Signals from faults: si_code, si_addr, the trap number and the saved instruction pointer. */
#include "conformance.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int number, code;
static void *volatile address;
static volatile long trap, error, rip;

static void caught(int n, siginfo_t *information, void *context) {
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    number = n;
    code = information->si_code;
    address = information->si_addr;
    trap = machine->gregs[REG_TRAPNO];
    error = machine->gregs[REG_ERR];
    rip = machine->gregs[REG_RIP];
    siglongjmp(back, 1);
}
#define FAULT(label, expected, ...)                                                          \
    do {                                                                                           \
        if (sigsetjmp(back, 1) == 0) { __VA_ARGS__; say("%s: nothing", label); }                     \
        else say("%s: %s code %d trap %ld error %ld address %s", label, signal_name(number), code, \
                 trap, error, address == (void *)(expected) ? "right" : "WRONG");                 \
    } while (0)
extern char divide_site[], ill_site[], overflow_site[];

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
    sink = (char *)(1UL << 62);
    FAULT("a non-canonical address", NULL, *sink = 1);
    FAULT("the kernel's half", (char *)0xffff800000001000, (void)*(volatile char *)0xffff800000001000);
    char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data[0] = (char)0xc3;
    FAULT("execution of data", data, ((void (*)(void))data)());
    HOLDS(rip == (long)data);
    FAULT("a jump to nowhere", (char *)0x1000, ((void (*)(void))0x1000)());
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
