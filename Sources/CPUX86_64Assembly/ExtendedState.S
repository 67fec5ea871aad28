// The program's x87 and vector state, which is live in the registers while the library OS runs.
//
// These routines and no others may touch it: they move it between the registers and memory whole,
// or read its status words. Each returns 0, or 1 after a fault on program memory.
#if defined(__x86_64__)
#include "FaultTable.h"

.macro STATE_ROUTINE name, instruction
.section .text.\name, "ax"
.globl \name
.type \name, @function
\name:                          // RDI area, RSI mask of components
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
1:  \instruction (%rdi)
    xorl %eax, %eax
    ret
2:  movl $1, %eax
    ret
    FAULT_ENTRY 1b, 2b
.endm

STATE_ROUTINE cpu_extended_save, xsave64
STATE_ROUTINE cpu_extended_save_changed, xsaveopt64
STATE_ROUTINE cpu_extended_restore, xrstor64
STATE_ROUTINE cpu_legacy_save, fxsave64
STATE_ROUTINE cpu_legacy_restore, fxrstor64

// Puts every component of the mask into its initial state, as exec(2) and handlers begin.
.section .text.cpu_extended_reset, "ax"
.globl cpu_extended_reset
.type cpu_extended_reset, @function
cpu_extended_reset:             // RDI mask
    movl %edi, %eax
    movq %rdi, %rdx
    shrq $32, %rdx
    xrstor64 initial_state(%rip)
    ret
.size cpu_extended_reset, . - cpu_extended_reset

.section .text.cpu_legacy_reset, "ax"
.globl cpu_legacy_reset
.type cpu_legacy_reset, @function
cpu_legacy_reset:
    fxrstor64 initial_state(%rip)
    ret
.size cpu_legacy_reset, . - cpu_legacy_reset

// MXCSR in the upper half; x87 status word in bits 16-31, control word in bits 0-15.
.section .text.cpu_float_status, "ax"
.globl cpu_float_status
.type cpu_float_status, @function
cpu_float_status:
    pushq $0
    stmxcsr 4(%rsp)
    fnstsw 2(%rsp)
    fnstcw (%rsp)
    popq %rax
    ret
.size cpu_float_status, . - cpu_float_status

.section .rodata.initial_state, "a"
.balign 64
initial_state:                  // FXSAVE area and an XSAVE header that says: all initial
    .word 0x37f
    .zero 22
    .long 0x1f80
    .zero 576 - 28
#endif
.section .note.GNU-stack, "", @progbits
