/* Covers: */
/* Handlers that repair: the faulting instruction runs again, or is skipped by changing the frame. */
#include "conformance.h"
#include <ucontext.h>

static char *page;
static volatile int repairs;
static void repair(int number, siginfo_t *information, void *context) {
    repairs++;
    mprotect(page + (((char *)information->si_addr - page) & ~4095L), 4096, PROT_READ | PROT_WRITE);
}
static void skip(int number, siginfo_t *information, void *context) {
#if defined(__aarch64__)
    mcontext_t *registers = &((ucontext_t *)context)->uc_mcontext;
    registers->pc += 4; /* udf */
    registers->regs[0] = 4711;
    registers->pstate |= 1 << 29; /* carry */
#else
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_RIP] += 2; /* ud2 */
    registers[REG_RAX] = 4711;
    registers[REG_EFL] |= 1; /* carry */
#endif
}

int main(void) {
    page = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, repair, 0);
    for (int i = 0; i < 16; i++) page[i * 4096 + i] = (char)i;
    int right = 0;
    for (int i = 0; i < 16; i++) right += page[i * 4096 + i] == i;
    say("repairs %d, right %d", repairs, right);

    handle(SIGILL, skip, 0);
#if defined(__aarch64__)
    register long result __asm__("x0") = 1;
    int carry = 0;
    __asm__ volatile("cmn xzr, xzr; udf #0; cset %w1, cs" : "+r"(result), "=r"(carry)::"cc");
#else
    long result = 1;
    char carry = 0;
    __asm__ volatile("clc; ud2; setc %1" : "+a"(result), "=r"(carry)::"cc");
#endif
    long value = result;
    say("result %ld carry %d", value, carry);

    /* A read into a page that the handler would repair fails: no signal inside a call. */
    mprotect(page, 4096, PROT_NONE);
    repairs = 0;
    int zero = open("/dev/zero", O_RDONLY);
    SHOW(read(zero, page, 10));
    say("repairs %d", repairs);
    return 0;
}
