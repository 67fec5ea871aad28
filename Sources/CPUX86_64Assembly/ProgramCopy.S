// Copies that may fault: each entry of .fault_table is an instruction and where it continues.
#if defined(__x86_64__)
#include "FaultTable.h"

.section .text.cpu_program_copy, "ax"
.globl cpu_program_copy
.type cpu_program_copy, @function
cpu_program_copy:               // RDI destination, RSI source, RDX count
    movq %rdx, %rcx
    shrq $3, %rcx
1:  rep movsq                   // words: an eighth of the work for an emulator
    movl %edx, %ecx
    andl $7, %ecx
2:  rep movsb
3:  movq %rcx, %rax             // a fault leaves in RCX what is left
    ret
4:  leaq (,%rcx,8), %rcx        // words of which a byte is out of reach: byte by byte up to it
    andl $7, %edx
    addq %rdx, %rcx
    jmp 2b
.size cpu_program_copy, . - cpu_program_copy
    FAULT_ENTRY 1b, 4b
    FAULT_ENTRY 2b, 3b

.section .text.cpu_program_zero, "ax"
.globl cpu_program_zero
.type cpu_program_zero, @function
cpu_program_zero:               // RDI destination, RSI count
    movq %rsi, %rcx
    shrq $3, %rcx
    xorl %eax, %eax
1:  rep stosq
    movl %esi, %ecx
    andl $7, %ecx
2:  rep stosb
3:  movq %rcx, %rax
    ret
4:  leaq (,%rcx,8), %rcx
    andl $7, %esi
    addq %rsi, %rcx
    jmp 2b
.size cpu_program_zero, . - cpu_program_zero
    FAULT_ENTRY 1b, 4b
    FAULT_ENTRY 2b, 3b

.section .text.cpu_program_copy_string, "ax"
.globl cpu_program_copy_string
.type cpu_program_copy_string, @function
cpu_program_copy_string:        // RDI destination, RSI source, RDX limit
    xorl %eax, %eax
1:  cmpq %rdx, %rax
    je 3f
2:  movb (%rsi,%rax), %cl
    movb %cl, (%rdi,%rax)
    incq %rax
    testb %cl, %cl
    jne 1b
3:  ret
4:  movq $-1, %rax
    ret
.size cpu_program_copy_string, . - cpu_program_copy_string
    FAULT_ENTRY 2b, 4b

// const uint64_t cpu_fault_table[2]: its first byte and its end; empty in a host build.
.section .rodata.cpu_fault_table, "a"
.balign 8
.globl cpu_fault_table
cpu_fault_table:
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
    .quad 0, 0
#else
    .quad fault_table_start, fault_table_end
#endif
// uint64_t cpu_program_exchange(uint32_t *address, uint32_t expected, uint32_t new): the old value, or
// bit 32 after a fault.
.section .text.cpu_program_exchange, "ax"
.globl cpu_program_exchange
.type cpu_program_exchange, @function
cpu_program_exchange:
    movl %esi, %eax
1:  lock cmpxchgl %edx, (%rdi)
    movl %eax, %eax
    ret
2:  movl $1, %eax
    shlq $32, %rax
    ret
.size cpu_program_exchange, . - cpu_program_exchange
    FAULT_ENTRY 1b, 2b
#endif
.section .note.GNU-stack, "", @progbits
