/* Covers: */
/* The system call instruction itself: what it preserves, what it leaves in rcx and r11. */
#include "conformance.h"

extern char after_call[];

int main(void) {
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

    /* Numbers that no call has. */
    SHOW(syscall(9999L));
    /* Only the low 32 bits of rax count. */
    SHOW(syscall(-1L));
    HOLDS(syscall(1L << 40 | 39) == getpid());
    SHOW(syscall(0x7fffffffffffffffL));
    /* The red zone is the program's across a call. */
    long broken;
    __asm__ volatile("movq $77, -128(%%rsp); movq $78, -8(%%rsp); mov $39, %%eax; syscall\n"
                     "movq -128(%%rsp), %0; subq $77, %0; movq -8(%%rsp), %%rcx; subq $78, %%rcx; or %%rcx, %0"
                     : "=&r"(broken)::"rax", "rcx", "r11", "memory", "cc");
    say("red zone broken %ld", broken);
    return 0;
}
