/* Covers: rt_sigreturn
 * A program that single-steps itself (EFLAGS.TF): SIGTRAP behind each instruction, with TRAP_TRACE and
 * the right address each time, and through a system call. */
/* Only x86-64: on arm64 a program has no way to step itself (MDSCR_EL1.SS is the kernel's). */
#include "conformance.h"
#include <ucontext.h>

#if defined(__x86_64__)

extern char step_begin[], step_end[];
static int offsets[64], codes[64], count;

static void on_trap(int number, siginfo_t *information, void *context) {
    ucontext_t *state = context;
    (void)number;
    if (count < 64) {
        offsets[count] = (int)((char *)(uintptr_t)state->uc_mcontext.gregs[REG_RIP] - step_begin);
        codes[count] = information->si_code;
    }
    count++;
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    long result, spins = 0;
    __asm__ volatile(
        "subq $128, %%rsp\n"
        "pushfq\n"
        "orq $0x100, (%%rsp)\n"
        "popfq\n"
        "step_begin:\n"
        "nop\n"
        "movl $110, %%eax\n"
        "movl $3, %%ecx\n"
        "1: incq %1\n"
        "decl %%ecx\n"
        "jnz 1b\n"
        "pushfq\n"
        "andq $~0x100, (%%rsp)\n"
        "popfq\n"
        "step_end:\n"
        "addq $128, %%rsp\n"
        : "=&a"(result), "+r"(spins)
        :
        : "rcx", "r11", "memory", "cc");
    say("spins %ld traps %d length %d\n", spins, count, (int)(step_end - step_begin));
    for (int index = 0; index < count && index < 64; index++)
        say("trap at %d code %d\n", offsets[index], codes[index]);
    // A call while stepping returns what it returns.
    count = 0;
    __asm__ volatile(
        "subq $128, %%rsp\n"
        "pushfq\n"
        "orq $0x100, (%%rsp)\n"
        "popfq\n"
        "movl $39, %%eax\n"
        "syscall\n"
        "nop\n"
        "nop\n"
        "pushfq\n"
        "andq $~0x100, (%%rsp)\n"
        "popfq\n"
        "addq $128, %%rsp\n"
        : "=&a"(result)
        :
        : "rcx", "r11", "memory", "cc");
    say("getpid while stepping: %s, traps %s\n", result == getpid() ? "right" : "wrong",
           count > 5 ? "came" : "missing");
    return 0;
}
#else
int main(void) { say("a program steps itself on x86-64"); return 0; }
#endif
