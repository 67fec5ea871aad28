// The program's vector registers, FPSR and FPCR, which are live in the CPU while the library OS runs.
//
// These routines and no others may touch them: they move them between the CPU and memory whole. X0 is
// where FPSR is: struct fpsimd_context behind its header. Each returns 0, or 1 after a fault on
// program memory.
#if defined(__aarch64__)
#include "FaultTable.h"

.arch_extension fp
.arch_extension simd

.macro FOR_EACH_PAIR do
    \do 0, 1, 0
    \do 2, 3, 32
    \do 4, 5, 64
    \do 6, 7, 96
    \do 8, 9, 128
    \do 10, 11, 160
    \do 12, 13, 192
    \do 14, 15, 224
    \do 16, 17, 256
    \do 18, 19, 288
    \do 20, 21, 320
    \do 22, 23, 352
    \do 24, 25, 384
    \do 26, 27, 416
    \do 28, 29, 448
    \do 30, 31, 480
.endm
.macro SAVE_PAIR first, second, offset
8:  stp q\first, q\second, [x1, #\offset]
    FAULT_ENTRY 8b, extended_fault
.endm
.macro LOAD_PAIR first, second, offset
8:  ldp q\first, q\second, [x1, #\offset]
    FAULT_ENTRY 8b, extended_fault
.endm
.macro ZERO_PAIR first, second, offset
    movi v\first\().2d, #0
    movi v\second\().2d, #0
.endm

.section .text.arm64_extended_save, "ax"
.globl arm64_extended_save
.type arm64_extended_save, @function
arm64_extended_save:
    add x1, x0, #8
    mrs x2, fpsr
    mrs x3, fpcr
8:  stp w2, w3, [x0]
    FAULT_ENTRY 8b, extended_fault
    FOR_EACH_PAIR SAVE_PAIR
    mov w0, #0
    ret
.size arm64_extended_save, . - arm64_extended_save

.section .text.arm64_extended_restore, "ax"
.globl arm64_extended_restore
.type arm64_extended_restore, @function
arm64_extended_restore:
    add x1, x0, #8
8:  ldp w2, w3, [x0]
    FAULT_ENTRY 8b, extended_fault
    FOR_EACH_PAIR LOAD_PAIR
    msr fpsr, x2
    msr fpcr, x3
    mov w0, #0
    ret
.size arm64_extended_restore, . - arm64_extended_restore

.section .text.extended_fault, "ax"
.type extended_fault, @function
extended_fault:
    mov w0, #1
    ret
.size extended_fault, . - extended_fault

.section .text.arm64_extended_reset, "ax"
.globl arm64_extended_reset
.type arm64_extended_reset, @function
arm64_extended_reset:
    FOR_EACH_PAIR ZERO_PAIR
    msr fpsr, xzr
    msr fpcr, xzr
    ret
.size arm64_extended_reset, . - arm64_extended_reset
#endif
.section .note.GNU-stack, "", @progbits
