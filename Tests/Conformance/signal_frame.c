/* Covers: */
/* What a signal must preserve: all registers, flags, the red zone, x87, SSE, AVX, MXCSR (on arm64 the
 * vector registers, FPCR and FPSR); and what a handler starts with. */
#include "conformance.h"
#include <ucontext.h>

#if defined(__aarch64__)
static volatile long handler_alignment;
static volatile unsigned long handler_control, handler_flags;
static volatile int runs, has_state, state_right;

static void destroy(int number, siginfo_t *information, void *context) {
    unsigned long control, other = 1UL << 24;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    handler_control = control;
    handler_alignment = (long)__builtin_frame_address(0) % 16;
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    handler_flags = machine->pstate >> 28 & 0xf;
    /* The records of what is beside the general registers: FPSIMD_MAGIC must be there, sigcontext.h. */
    for (unsigned char *record = (unsigned char *)machine->__reserved; *(unsigned *)record; record += ((unsigned *)record)[1])
        if (*(unsigned *)record == 0x46508001) {
            has_state = 1;
            state_right = ((unsigned *)record)[1] == 528 && record[16] == 1;
        }
    __asm__ volatile("movi v0.16b, #0\nmovi v1.16b, #0\nmovi v15.16b, #0\nmovi v31.16b, #0\n"
                     "msr fpcr, %0\nmsr fpsr, xzr\nmsr nzcv, xzr"
                     : : "r"(other) : "v0", "v1", "v15", "v31", "cc");
    runs++;
}

/* Sets everything, sends itself a signal by a raw kill, and compares afterwards. */
static int registers(int pid) {
    struct { unsigned long before[32], after[32], pid; } area;
    int wrong = 0;
    area.pid = pid;
    for (int i = 0; i < 32; i++) area.before[i] = area.after[i] = 0x0101010101010101UL * (i + 1);
    __asm__ volatile(
        "stp x29, x19, [sp, #-32]!\nmov x30, %[area]\nldr x0, [x30, #512]\nstr x30, [sp, #16]\n"
        "ldp x2, x3, [x30, #16]\nldp x4, x5, [x30, #32]\nldp x6, x7, [x30, #48]\n"
        "ldr x9, [x30, #72]\nldp x10, x11, [x30, #80]\nldp x12, x13, [x30, #96]\n"
        "ldp x14, x15, [x30, #112]\nldp x16, x17, [x30, #128]\nldp x18, x19, [x30, #144]\n"
        "ldp x20, x21, [x30, #160]\nldp x22, x23, [x30, #176]\nldp x24, x25, [x30, #192]\n"
        "ldp x26, x27, [x30, #208]\nldp x28, x29, [x30, #224]\nldr x30, [x30, #240]\n"
        "mov x8, %[kill]\nmov x1, #10\nsvc #0\n"
        "ldr x0, [sp, #16]\nadd x0, x0, #256\n"
        "stp x2, x3, [x0, #16]\nstp x4, x5, [x0, #32]\nstp x6, x7, [x0, #48]\n"
        "str x9, [x0, #72]\nstp x10, x11, [x0, #80]\nstp x12, x13, [x0, #96]\n"
        "stp x14, x15, [x0, #112]\nstp x16, x17, [x0, #128]\nstp x18, x19, [x0, #144]\n"
        "stp x20, x21, [x0, #160]\nstp x22, x23, [x0, #176]\nstp x24, x25, [x0, #192]\n"
        "stp x26, x27, [x0, #208]\nstp x28, x29, [x0, #224]\nstr x30, [x0, #240]\n"
        "ldp x29, x19, [sp], #32\n"
        : : [area] "r"(&area), [kill] "i"(SYS_kill)
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
          "x15", "x16", "x17", "x18", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
          "x28", "x30", "memory");
    for (int i = 0; i < 32; i++) wrong += area.before[i] != area.after[i];
    return wrong;
}

int main(void) {
    handle(SIGUSR1, destroy, 0);
    int pid = getpid();
    say("general registers wrong: %d", registers(pid));
    say("handler: fpcr %lx, stack %ld", handler_control, handler_alignment);

    /* Vector state. */
    unsigned char in[64], out[64];
    for (int i = 0; i < 64; i++) in[i] = (unsigned char)(i * 3 + 1);
    unsigned long control = 3UL << 22, control_after, status = 0x11, status_after;
    register long number __asm__("x8") = SYS_kill, who __asm__("x0") = pid, what __asm__("x1") = SIGUSR1;
    __asm__ volatile("msr fpcr, %[c]\nmsr fpsr, %[s]\nldp q0, q1, [%[i]]\nldp q15, q31, [%[i], #32]\n"
                     "svc #0\n"
                     "stp q0, q1, [%[o]]\nstp q15, q31, [%[o], #32]\nmrs %[ca], fpcr\nmrs %[sa], fpsr\n"
                     "msr fpcr, xzr\nmsr fpsr, xzr"
                     : "+r"(who), [ca] "=&r"(control_after), [sa] "=&r"(status_after)
                     : [i] "r"(in), [o] "r"(out), [c] "r"(control), [s] "r"(status), "r"(number), "r"(what)
                     : "memory", "v0", "v1", "v15", "v31");
    say("vector registers preserved: %d", !memcmp(in, out, 64));
    say("fpcr preserved: %lx, fpsr %lx", control_after, status_after);
    say("state in the frame %d, right %d", has_state, state_right);

    int wrong = 0;
    for (unsigned long set = 0; set < 16; set++) {
        unsigned long got;
        register long number __asm__("x8") = SYS_kill, who __asm__("x0") = pid, what __asm__("x1") = SIGUSR1;
        __asm__ volatile("msr nzcv, %[f]\nsvc #0\nmrs %[g], nzcv"
                         : "+r"(who), [g] "=&r"(got) : [f] "r"(set << 28), "r"(number), "r"(what)
                         : "memory", "cc");
        wrong += got != set << 28 || handler_flags != set;
    }
    say("flags wrong: %d", wrong);
    say("handler ran %d", runs == 18);
    return 0;
}
#else
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
#endif
