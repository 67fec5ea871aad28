/* Covers: */
/* Only x86-64: the page of system calls at a fixed address, called as functions; it can't be read, and
 * is entered at its three functions alone. */
#include "conformance.h"
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int number, code, trap;
static volatile unsigned long address, rip;
static void caught(int n, siginfo_t *information, void *context) {
    number = n;
    code = information->si_code;
    address = (unsigned long)information->si_addr;
    rip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    trap = ((ucontext_t *)context)->uc_mcontext.gregs[REG_TRAPNO];
    siglongjmp(back, 1);
}
#define PAGE 0xffffffffff600000
#define FAULT(label, ...)                                                                          \
    do {                                                                                           \
        if (sigsetjmp(back, 1) == 0) { __VA_ARGS__; say("%s: nothing", label); }                   \
        else say("%s: %s code %d trap %d address %lx rip in page %d", label, signal_name(number),  \
                 code, trap, address, rip >> 12 == PAGE >> 12);                                    \
    } while (0)

int main(void) {
    int (*fixed_gettimeofday)(struct timeval *, struct timezone *) = (void *)PAGE;
    time_t (*fixed_time)(time_t *) = (void *)(PAGE + 1024);
    long (*fixed_getcpu)(unsigned *, unsigned *, void *) = (void *)(PAGE + 2048);
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);

    struct timeval before, between, after;
    struct timezone zone = {7, 7};
    gettimeofday(&before, NULL);
    SHOW(fixed_gettimeofday(&between, &zone));
    gettimeofday(&after, NULL);
    HOLDS(!timercmp(&between, &before, <) && !timercmp(&after, &between, <));
    say("zone %d %d", zone.tz_minuteswest, zone.tz_dsttime);
    SHOW(fixed_gettimeofday(NULL, NULL));
    time_t stored = 0, first = time(NULL), result = fixed_time(&stored);
    HOLDS(result == stored && result >= first && result <= time(NULL));
    HOLDS(fixed_time(NULL) >= first);
    unsigned processor = 99, node = 99;
    SHOW(fixed_getcpu(&processor, &node, NULL));
    HOLDS(processor < 64);
    say("node %u", node);
    SHOW(fixed_getcpu(NULL, NULL, NULL));
    /* Registers that a function keeps, and those that the instruction syscall would lose. */
    unsigned long rcx = 0x1234, r11 = 0x5678, rbx = 0x9abc, rax;
    __asm__ volatile("xor %%edi, %%edi; call *%4" : "=a"(rax), "+c"(rcx), "+b"(rbx)
                     : "D"(0), "r"(fixed_time) : "memory", "r11");
    __asm__ volatile("mov %1, %%r11; xor %%edi, %%edi; call *%2; mov %%r11, %0"
                     : "=r"(r11) : "r"(r11), "r"(fixed_time) : "rax", "rdi", "r11", "memory", "rcx");
    say("rcx %lx r11 %lx rbx %lx", rcx, r11, rbx);
    for (int i = 0; i < 1000; i++) fixed_time(NULL);

    /* A bad pointer is a signal, as it would be for a function. */
    FAULT("time to a bad address", fixed_time((time_t *)8));
    FAULT("gettimeofday to a bad address", fixed_gettimeofday((struct timeval *)8, NULL));
    /* The page is there to be executed alone, and at its functions. */
    FAULT("read", (void)*(volatile char *)PAGE);
    FAULT("write", *(volatile char *)PAGE = 1);
    FAULT("a jump into it", ((void (*)(void))(PAGE + 16))());
    FAULT("a jump behind the functions", ((void (*)(void))(PAGE + 3072))());
    FAULT("a jump behind it", ((void (*)(void))(PAGE + 4096))());
    SHOW(write(1, (char *)PAGE, 1));
    unsigned char vector;
    SHOW(mincore((void *)PAGE, 4096, &vector));
    SHOW(munmap((void *)PAGE, 4096));

    char line[512], all[65536];
    int file = open("/proc/self/maps", O_RDONLY);
    long length = 0, part;
    while ((part = read(file, all + length, sizeof all - 1 - length)) > 0) length += part;
    all[length] = 0;
    char *found = strstr(all, "ffffffffff600000");
    snprintf(line, sizeof line, "%s", found ? found : "ABSENT");
    say("%.*s", (int)strcspn(line, "\n"), line);
    return 0;
}
