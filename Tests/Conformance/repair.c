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
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_RIP] += 2; /* ud2 */
    registers[REG_RAX] = 4711;
    registers[REG_EFL] |= 1; /* carry */
}

int main(void) {
    page = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, repair, 0);
    for (int i = 0; i < 16; i++) page[i * 4096 + i] = (char)i;
    int right = 0;
    for (int i = 0; i < 16; i++) right += page[i * 4096 + i] == i;
    say("repairs %d, right %d", repairs, right);

    handle(SIGILL, skip, 0);
    long rax = 1;
    char carry = 0;
    __asm__ volatile("clc; ud2; setc %1" : "+a"(rax), "=r"(carry)::"cc");
    say("rax %ld carry %d", rax, carry);

    /* A read into a page that the handler would repair fails: no signal inside a call. */
    mprotect(page, 4096, PROT_NONE);
    repairs = 0;
    int zero = open("/dev/zero", O_RDONLY);
    SHOW(read(zero, page, 10));
    say("repairs %d", repairs);
    return 0;
}
