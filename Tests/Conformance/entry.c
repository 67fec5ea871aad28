/* Covers: */
/* The system call instruction itself: what it preserves, what it leaves in rcx and r11. */
#include "conformance.h"

#if defined(__aarch64__)
/* A call changes x0 alone: not the other registers, the flags, nor the vector registers. */
static void instruction(void) {
    for (unsigned long set = 0; set < 16; set++) {
        register long number __asm__("x8") = SYS_getpid, result __asm__("x0") = 0;
        unsigned long got;
        __asm__ volatile("msr nzcv, %2\nsvc #0\nmrs %1, nzcv"
                         : "+r"(result), "=&r"(got) : "r"(set << 28), "r"(number) : "memory", "cc");
        if (result != getpid()) say("another result");
        if (got != set << 28) say("flags %lx became %lx", set << 28, got);
    }
    /* The number stays, and the immediate means nothing. */
    register long number __asm__("x8") = SYS_getpid, result __asm__("x0") = 0;
    __asm__ volatile("svc #0x1234" : "+r"(result), "+r"(number) : : "memory");
    long number_after = number;
    HOLDS(result == getpid());
    HOLDS(number_after == SYS_getpid);

    /* x1 to x30 but x8 and x29, which are kept apart. */
    unsigned long out[31];
    __asm__ volatile(
        "stp x29, x19, [sp, #-32]!\nstr %[out], [sp, #16]\n"
        "mov x1, #1\nmov x2, #2\nmov x3, #3\nmov x4, #4\nmov x5, #5\nmov x6, #6\nmov x7, #7\n"
        "mov x9, #9\nmov x10, #10\nmov x11, #11\nmov x12, #12\nmov x13, #13\nmov x14, #14\n"
        "mov x15, #15\nmov x16, #16\nmov x17, #17\nmov x18, #18\nmov x19, #19\nmov x20, #20\n"
        "mov x21, #21\nmov x22, #22\nmov x23, #23\nmov x24, #24\nmov x25, #25\nmov x26, #26\n"
        "mov x27, #27\nmov x28, #28\nmov x29, #29\nmov x30, #30\n"
        "mov x8, %[number]\nsvc #0\n"
        "ldr x0, [sp, #16]\n"
        "str x1, [x0, #8]\nstp x2, x3, [x0, #16]\nstp x4, x5, [x0, #32]\nstp x6, x7, [x0, #48]\n"
        "stp x8, x9, [x0, #64]\nstp x10, x11, [x0, #80]\nstp x12, x13, [x0, #96]\n"
        "stp x14, x15, [x0, #112]\nstp x16, x17, [x0, #128]\nstp x18, x19, [x0, #144]\n"
        "stp x20, x21, [x0, #160]\nstp x22, x23, [x0, #176]\nstp x24, x25, [x0, #192]\n"
        "stp x26, x27, [x0, #208]\nstp x28, x29, [x0, #224]\nstr x30, [x0, #240]\n"
        "ldp x29, x19, [sp], #32\n"
        : : [out] "r"(out), [number] "i"(SYS_getpid)
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
          "x15", "x16", "x17", "x18", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
          "x28", "x30", "memory");
    int right = 0;
    for (int i = 1; i < 31; i++) right += out[i] == (unsigned long)(i == 8 ? SYS_getpid : i);
    say("registers preserved %d of 30", right);

    /* Vector registers, whole, and their control and status. */
    static unsigned char in[32][16], back[32][16];
    for (int i = 0; i < 512; i++) in[i / 16][i % 16] = (unsigned char)(i * 7 + 1);
    unsigned long control = 3UL << 22, status = 1UL << 4, control_after, status_after;
    __asm__ volatile(
        "msr fpcr, %[c]\nmsr fpsr, %[s]\n"
        "ldp q0, q1, [%[i]]\nldp q2, q3, [%[i], #32]\nldp q4, q5, [%[i], #64]\nldp q6, q7, [%[i], #96]\n"
        "ldp q8, q9, [%[i], #128]\nldp q10, q11, [%[i], #160]\nldp q12, q13, [%[i], #192]\n"
        "ldp q14, q15, [%[i], #224]\nldp q16, q17, [%[i], #256]\nldp q18, q19, [%[i], #288]\n"
        "ldp q20, q21, [%[i], #320]\nldp q22, q23, [%[i], #352]\nldp q24, q25, [%[i], #384]\n"
        "ldp q26, q27, [%[i], #416]\nldp q28, q29, [%[i], #448]\nldp q30, q31, [%[i], #480]\n"
        "mov x8, %[number]\nsvc #0\n"
        "stp q0, q1, [%[o]]\nstp q2, q3, [%[o], #32]\nstp q4, q5, [%[o], #64]\nstp q6, q7, [%[o], #96]\n"
        "stp q8, q9, [%[o], #128]\nstp q10, q11, [%[o], #160]\nstp q12, q13, [%[o], #192]\n"
        "stp q14, q15, [%[o], #224]\nstp q16, q17, [%[o], #256]\nstp q18, q19, [%[o], #288]\n"
        "stp q20, q21, [%[o], #320]\nstp q22, q23, [%[o], #352]\nstp q24, q25, [%[o], #384]\n"
        "stp q26, q27, [%[o], #416]\nstp q28, q29, [%[o], #448]\nstp q30, q31, [%[o], #480]\n"
        "mrs %[ca], fpcr\nmrs %[sa], fpsr\nmsr fpcr, xzr\nmsr fpsr, xzr\n"
        : [ca] "=&r"(control_after), [sa] "=&r"(status_after)
        : [i] "r"(in), [o] "r"(back), [c] "r"(control), [s] "r"(status), [number] "i"(SYS_getpid)
        : "x0", "x8", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
          "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
          "v25", "v26", "v27", "v28", "v29", "v30", "v31");
    say("vector registers preserved %d, fpcr %lx fpsr %lx", !memcmp(in, back, sizeof in), control_after,
        status_after);
}
#else
extern char after_call[];

static void instruction(void) {
    unsigned long rcx, r11, flags_after;
    long result;
    __asm__ volatile("mov $39, %%eax; stc; syscall\n.globl after_call\nafter_call: pushfq; popq %%rdx"
                     : "=a"(result), "=c"(rcx), "=d"(flags_after)::"r11", "memory", "cc");
    HOLDS(result == getpid());
    HOLDS(rcx == (unsigned long)after_call);
    say("CF preserved %lu", flags_after & 1);
    __asm__ volatile("mov $39, %%eax; xor %%edx, %%edx; clc; syscall; mov %%r11, %%rcx; pushfq; popq %%rdx"
                     : "=a"(result), "=c"(r11), "=d"(flags_after)::"r11", "memory", "cc");
    HOLDS((r11 & 0xcd5) == (flags_after & 0xcd5)); /* CF PF AF ZF SF DF OF */
    HOLDS((r11 & 0x200) != 0); /* IF */
    for (int set = 0; set < 8; set++) {
        unsigned long wanted = (set & 1 ? 0x1 : 0) | (set & 2 ? 0x40 : 0) | (set & 4 ? 0x800 : 0), got;
        __asm__ volatile("pushq %1; popfq; mov $39, %%eax; syscall; pushfq; popq %0"
                         : "=r"(got) : "r"(wanted | 0x202) : "rax", "rcx", "r11", "memory", "cc");
        if ((got & 0x841) != wanted) say("flags %lx became %lx", wanted, got & 0x841);
    }
    /* DF and AC stay as the program set them. */
    unsigned long got;
    __asm__ volatile("std; mov $39, %%eax; syscall; pushfq; cld; popq %0" : "=r"(got)::"rax", "rcx", "r11", "memory", "cc");
    say("DF preserved %lu", got >> 10 & 1);
    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; mov $39, %%eax; syscall; pushfq; popq %0; pushfq; andl $~0x40000, (%%rsp); popfq"
                     : "=r"(got)::"rax", "rcx", "r11", "memory", "cc");
    say("AC preserved %lu", got >> 18 & 1);

    /* All registers but rax, rcx, r11. */
    unsigned long out[12];
    __asm__ volatile(
        "push %%rbx; push %%rbp; push %[out]\n"
        "mov $1, %%ebx; mov $2, %%edx; mov $3, %%esi; mov $4, %%edi; mov $5, %%ebp; mov $6, %%r8d; mov $7, %%r9d\n"
        "mov $8, %%r10d; mov $9, %%r12d; mov $10, %%r13d; mov $11, %%r14d; mov $12, %%r15d\n"
        "mov $39, %%eax; syscall\n"
        "pop %%rax\n"
        "mov %%rbx, 0(%%rax); mov %%rdx, 8(%%rax); mov %%rsi, 16(%%rax); mov %%rdi, 24(%%rax); mov %%rbp, 32(%%rax)\n"
        "mov %%r8, 40(%%rax); mov %%r9, 48(%%rax); mov %%r10, 56(%%rax); mov %%r12, 64(%%rax); mov %%r13, 72(%%rax)\n"
        "mov %%r14, 80(%%rax); mov %%r15, 88(%%rax)\npop %%rbp; pop %%rbx"
        : : [out] "a"(out) : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    int right = 0;
    for (int i = 0; i < 12; i++) right += out[i] == (unsigned long)i + 1;
    say("registers preserved %d of 12", right);

    /* Vector registers, whole. */
    unsigned char in[32], back[32];
    for (int i = 0; i < 32; i++) in[i] = (unsigned char)(i + 100);
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vmovdqu (%[i]), %%ymm3\nmov $39, %%eax; syscall\nvmovdqu %%ymm3, (%[o]); vzeroupper"
                         : : [i] "r"(in), [o] "r"(back) : "rax", "rcx", "r11", "memory", "xmm3");
    else memcpy(back, in, 32);
    say("ymm preserved %d", !memcmp(in, back, 32));

    /* The red zone is the program's across a call. */
    long broken;
    __asm__ volatile("movq $77, -128(%%rsp); movq $78, -8(%%rsp); mov $39, %%eax; syscall\n"
                     "movq -128(%%rsp), %0; subq $77, %0; movq -8(%%rsp), %%rcx; subq $78, %%rcx; or %%rcx, %0"
                     : "=&r"(broken)::"rax", "rcx", "r11", "memory", "cc");
    say("red zone broken %ld", broken);
}
#endif

int main(void) {
    instruction();
    /* Numbers that no call has. */
    SHOW(syscall(9999L));
    /* Only the low 32 bits of a number count. */
    SHOW(syscall(-1L));
    HOLDS(syscall(1L << 40 | SYS_getpid) == getpid());
    SHOW(syscall(0x7fffffffffffffffL));
    return 0;
}
