// The program's vector registers, FPSR and FPCR, which are live in the CPU while the library OS runs.
//
// These routines and no others may touch them: they move them between the CPU and memory whole. X0 is
// where FPSR is: struct fpsimd_context behind its header. Each returns 0, or 1 after a fault on
// program memory.
//
// V0 to V31 are the low 16 bytes of SVE's Z0 to Z31, and a write to one zeroes the rest. What SVE has
// beside them is saved as struct sve_context has it behind its header: Z0 to Z31, P0 to P15 (an
// eighth as long), FFR.
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

.arch_extension sve

.macro FOR_EACH_VECTOR do
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \do \number
    .endr
.endm
.macro FOR_EACH_PREDICATE do
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \do \number
    .endr
.endm
.macro SAVE_VECTOR number
8:  str z\number, [x0, #\number, mul vl]
    FAULT_ENTRY 8b, extended_fault
.endm
.macro SAVE_PREDICATE number
8:  str p\number, [x1, #\number, mul vl]
    FAULT_ENTRY 8b, extended_fault
.endm
// Zn from 16 bytes further on, so that it lacks its low 16 bytes, then those, the upper half first.
.macro LOAD_VECTOR number
8:  ldr z\number, [x5, #\number, mul vl]
    FAULT_ENTRY 8b, extended_fault
8:  ldp x6, x7, [x4, #(16 * \number)]
    FAULT_ENTRY 8b, extended_fault
    insr z\number\().d, x7
    insr z\number\().d, x6
.endm
.macro LOAD_PREDICATE number
8:  ldr p\number, [x1, #\number, mul vl]
    FAULT_ENTRY 8b, extended_fault
.endm
.macro FORGET_UPPER number
    mov v\number\().16b, v\number\().16b
.endm
.macro FORGET_PREDICATE number
    pfalse p\number\().b
.endm

.section .text.arm64_scalable_length, "ax"
.globl arm64_scalable_length
.type arm64_scalable_length, @function
arm64_scalable_length:
    rdvl x0, #1
    ret
.size arm64_scalable_length, . - arm64_scalable_length

.section .text.arm64_scalable_save, "ax"
.globl arm64_scalable_save
.type arm64_scalable_save, @function
arm64_scalable_save:
    rdvl x1, #1
    add x1, x0, x1, lsl #5                  // P0
    FOR_EACH_VECTOR SAVE_VECTOR
    FOR_EACH_PREDICATE SAVE_PREDICATE
8:  str p0, [x1, #16, mul vl]               // a fault at FFR's place comes while P0 is the program's
    FAULT_ENTRY 8b, extended_fault
    rdffr p0.b
8:  str p0, [x1, #16, mul vl]
    FAULT_ENTRY 8b, extended_fault
8:  ldr p0, [x1, #0, mul vl]
    FAULT_ENTRY 8b, extended_fault
    mov w0, #0
    ret
.size arm64_scalable_save, . - arm64_scalable_save

.section .text.arm64_scalable_restore, "ax"
.globl arm64_scalable_restore
.type arm64_scalable_restore, @function
arm64_scalable_restore:
    rdvl x2, #1
    add x4, x0, #8
    add x5, x1, #16                         // Z31's 16 bytes too many are P0's and on
    add x1, x1, x2, lsl #5
8:  ldp w2, w3, [x0]
    FAULT_ENTRY 8b, extended_fault
    FOR_EACH_VECTOR LOAD_VECTOR
8:  ldr p0, [x1, #16, mul vl]
    FAULT_ENTRY 8b, extended_fault
    wrffr p0.b
    FOR_EACH_PREDICATE LOAD_PREDICATE
    msr fpsr, x2
    msr fpcr, x3
    mov w0, #0
    ret
.size arm64_scalable_restore, . - arm64_scalable_restore

.section .text.arm64_scalable_forget, "ax"
.globl arm64_scalable_forget
.type arm64_scalable_forget, @function
arm64_scalable_forget:
    FOR_EACH_VECTOR FORGET_UPPER
    FOR_EACH_PREDICATE FORGET_PREDICATE
    wrffr p0.b
    ret
.size arm64_scalable_forget, . - arm64_scalable_forget
#endif
.section .note.GNU-stack, "", @progbits
