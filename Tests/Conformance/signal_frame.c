/* Covers: */
/* What a signal must preserve: all registers, flags, the red zone, x87, SSE, AVX, MXCSR; and what a
 * handler starts with. */
#include "conformance.h"
#include <ucontext.h>

static volatile unsigned long handler_flags;
static volatile unsigned handler_mxcsr;
static volatile unsigned short handler_x87;
static volatile long handler_alignment;
static volatile int runs, has_state, magic_right;

static void destroy(int number, siginfo_t *information, void *context) {
    unsigned long flags;
    unsigned mxcsr;
    unsigned short x87;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    handler_flags = flags;
    handler_mxcsr = mxcsr;
    handler_x87 = x87;
    handler_alignment = (long)__builtin_frame_address(0) % 16;
    ucontext_t *c = context;
    has_state = c->uc_mcontext.fpregs != NULL;
    if (has_state) {
        /* FP_XSTATE_MAGIC1 in the software-reserved bytes of the FXSAVE image, sigcontext.h. */
        unsigned *software = (unsigned *)((char *)c->uc_mcontext.fpregs + 464);
        unsigned *end = (unsigned *)((char *)c->uc_mcontext.fpregs + software[1] - 4);
        magic_right = software[0] == 0x46505853 && *end == 0x46505845;
    }
    __asm__ volatile("pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm7, %%xmm7; pxor %%xmm15, %%xmm15;"
                     "fninit; fldpi; fldz" ::: "xmm0", "xmm1", "xmm7", "xmm15");
    if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroall" ::: "memory");
    unsigned other = 0x1fa0;
    __asm__ volatile("ldmxcsr %0" ::"m"(other));
    runs++;
}

/* Sets everything, sends itself a signal by a raw kill, and compares afterwards. */
static int registers(int pid) {
    unsigned long before[8], after[8];
    int wrong = 0;
    for (int i = 0; i < 8; i++) before[i] = 0x1111111111111111UL * (i + 1);
    __asm__ volatile(
        "push %%rbp; push %%rbx\n"
        "mov %[before], %%rcx\n"
        "mov 0(%%rcx), %%rbx; mov 8(%%rcx), %%rbp; mov 16(%%rcx), %%r12; mov 24(%%rcx), %%r13\n"
        "mov 32(%%rcx), %%r14; mov 40(%%rcx), %%r15; mov 48(%%rcx), %%r8; mov 56(%%rcx), %%r9\n"
        "push %[after]\n"
        "mov $62, %%eax; mov $10, %%esi; syscall\n"
        "pop %%rcx\n"
        "mov %%rbx, 0(%%rcx); mov %%rbp, 8(%%rcx); mov %%r12, 16(%%rcx); mov %%r13, 24(%%rcx)\n"
        "mov %%r14, 32(%%rcx); mov %%r15, 40(%%rcx); mov %%r8, 48(%%rcx); mov %%r9, 56(%%rcx)\n"
        "pop %%rbx; pop %%rbp\n"
        : : [before] "r"(before), [after] "d"(after), "D"(pid)
        : "rax", "rcx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
    for (int i = 0; i < 8; i++) wrong += before[i] != after[i];
    return wrong;
}

int main(void) {
    handle(SIGUSR1, destroy, 0);
    int pid = getpid();
    say("general registers wrong: %d", registers(pid));
    say("handler: DF %d TF %d, x87 %x, mxcsr %x, stack %ld", (int)(handler_flags >> 10 & 1),
        (int)(handler_flags >> 8 & 1), handler_x87, handler_mxcsr, handler_alignment);
    say("state in the frame %d, magic %d", has_state, magic_right);

    /* Vector state. */
    unsigned char in[64], out[64];
    for (int i = 0; i < 64; i++) in[i] = (unsigned char)(i * 3 + 1);
    __asm__ volatile("movdqu (%[i]), %%xmm0; movdqu 16(%[i]), %%xmm1; movdqu 32(%[i]), %%xmm7; movdqu 48(%[i]), %%xmm15\n"
                     "mov $62, %%eax; mov $10, %%esi; syscall\n"
                     "movdqu %%xmm0, (%[o]); movdqu %%xmm1, 16(%[o]); movdqu %%xmm7, 32(%[o]); movdqu %%xmm15, 48(%[o])"
                     : : [i] "r"(in), [o] "r"(out), "D"(pid)
                     : "rax", "rcx", "rsi", "r11", "memory", "xmm0", "xmm1", "xmm7", "xmm15");
    say("xmm preserved: %d", !memcmp(in, out, 64));
    if (__builtin_cpu_supports("avx")) {
        __asm__ volatile("vmovdqu (%[i]), %%ymm0; vmovdqu 32(%[i]), %%ymm15\n"
                         "mov $62, %%eax; mov $10, %%esi; syscall\n"
                         "vmovdqu %%ymm0, (%[o]); vmovdqu %%ymm15, 32(%[o]); vzeroupper"
                         : : [i] "r"(in), [o] "r"(out), "D"(pid)
                         : "rax", "rcx", "rsi", "r11", "memory", "xmm0", "xmm15");
        say("ymm preserved: %d", !memcmp(in, out, 64));
    } else say("ymm preserved: 1");

    /* x87: the stack and the control word. */
    unsigned short control = 0x77f, control_after = 0;
    double left = 0, right = 0;
    __asm__ volatile("fninit; fldcw %[c]; fld1; fldl2e\n"
                     "mov $62, %%eax; mov $10, %%esi; syscall\n"
                     "fstpl %[l]; fstpl %[r]; fnstcw %[a]; fninit"
                     : [l] "=m"(left), [r] "=m"(right), [a] "=m"(control_after)
                     : [c] "m"(control), "D"(pid) : "rax", "rcx", "rsi", "r11", "memory");
    say("x87 preserved: %d %d %x", left > 1.442 && left < 1.443, right == 1, control_after);
    unsigned mxcsr = 0x9fc0, mxcsr_after = 0, usual = 0x1f80;
    __asm__ volatile("ldmxcsr %[m]\nmov $62, %%eax; mov $10, %%esi; syscall\nstmxcsr %[a]; ldmxcsr %[u]"
                     : [a] "=m"(mxcsr_after) : [m] "m"(mxcsr), [u] "m"(usual), "D"(pid)
                     : "rax", "rcx", "rsi", "r11", "memory");
    say("mxcsr preserved: %x", mxcsr_after);

    /* DF set at the signal: clear in the handler, set again afterwards. */
    unsigned long flags;
    __asm__ volatile("std\nmov $62, %%eax; mov $10, %%esi; syscall\npushfq; popq %0; cld"
                     : "=r"(flags) : "D"(pid) : "rax", "rcx", "rsi", "r11", "memory", "cc");
    say("DF in the handler %d, after it %d", (int)(handler_flags >> 10 & 1), (int)(flags >> 10 & 1));

    /* The red zone, 128 bytes below the stack pointer, survives a signal that arrives at any time. */
    int broken = 0;
    for (int i = 0; i < 20; i++) {
        long result;
        __asm__ volatile("lea -128(%%rsp), %%rdx; mov $16, %%ecx\n1: mov %%rcx, (%%rdx); add $8, %%rdx; dec %%ecx; jnz 1b\n"
                         "mov $62, %%eax; mov $10, %%esi; syscall\n"
                         "lea -128(%%rsp), %%rdx; mov $16, %%ecx; xor %%esi, %%esi\n"
                         "2: cmp %%rcx, (%%rdx); je 3f; inc %%esi\n3: add $8, %%rdx; dec %%ecx; jnz 2b\nmov %%rsi, %0"
                         : "=r"(result) : "D"(pid) : "rax", "rcx", "rdx", "rsi", "r11", "memory", "cc");
        broken += result != 0;
    }
    say("red zone broken: %d", broken);
    say("handler ran %d", runs > 20);
    return 0;
}
