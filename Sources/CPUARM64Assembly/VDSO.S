// The vDSO: a shared object of one page in each program's memory, whose functions read the clocks
// without a call (vdso(7)), and to whose last signal handlers return. The page before it holds the
// numbers they use (NucleusLayout.h).
// VDSOObject.h has the layout. No function moves the stack pointer.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"
#include "VDSOObject.h"

VDSO_HEADERS 183                                // EM_AARCH64
    VDSO_SYMBOL name_clock_gettime, clock_gettime
    VDSO_SYMBOL name_gettimeofday, gettimeofday
    VDSO_SYMBOL name_clock_getres, clock_getres
    VDSO_SYMBOL name_rt_sigreturn, rt_sigreturn
VDSO_TABLES 5, "LINUX_2.6.39", 0x075fcb89
name_clock_gettime: .asciz "__kernel_clock_gettime"
name_gettimeofday: .asciz "__kernel_gettimeofday"
name_clock_getres: .asciz "__kernel_clock_getres"
name_rt_sigreturn: .asciz "__kernel_rt_sigreturn"
strings_end:

    .p2align 2
unwind_header:
    .byte 1, 0x1b, 0x03, 0x3b                   // pcrel sdata4; udata4; datarel sdata4
    .word unwind - ., 2
    .word code - unwind_header, description - unwind_header
    .word trampoline - unwind_header, signal_description - unwind_header
unwind_header_end:
    .p2align 3
unwind:                                         // DWARF 5 section 6.4; LSB on .eh_frame
    .word common_end - common
common:
    .word 0
    .byte 1
    .asciz "zR"
    .byte 4, 0x78, 30, 1, 0x1b                  // code 4, data -8, X30; pcrel sdata4
    .byte 0x0c, 31, 0                           // DW_CFA_def_cfa SP + 0
    .p2align 3
common_end:
description:
    .word description_end - description_start
description_start:
    .word description_start - unwind
    .word code - ., code_end - code
    .byte 0
    .p2align 3
description_end:
signal_unwind:                                  // "S": the frame of a signal handler
    .word signal_common_end - signal_common
signal_common:
    .word 0
    .byte 1
    .asciz "zRS"
    .byte 4, 0x78, 30, 1, 0x1b
    .byte 0x0c, 29, 16                          // CFA is behind the frame record at X29
    .byte 0x80 | 29, 2, 0x80 | 30, 1            // X29, X30 in it
    .p2align 3
signal_common_end:
signal_description:
    .word signal_description_end - signal_description_start
signal_description_start:
    .word signal_description_start - signal_unwind
    .word trampoline - ., trampoline_end - trampoline
    .byte 0
    .p2align 3
signal_description_end:
    .word 0

// Nanoseconds since the clocks' start in X2; changes X3 to X7. X6 is the page of numbers, W5 the count
// that was even before, to be compared behind all reading.
.macro READ_CLOCK
    adr x6, numbers
1:  ldar w5, [x6]                               // VDSO_SEQUENCE is the first
    tbnz w5, #0, 1b
    isb                                         // not before what the program did last
    mrs x2, cntvct_el0
    ldr x3, [x6, #VDSO_BASE]
    ldr x4, [x6, #VDSO_MULTIPLIER]
    subs x2, x2, x3
    csel x2, x2, xzr, hs
    umulh x3, x2, x4
    mul x2, x2, x4
    extr x2, x3, x2, #32
    ldr x7, [x6, #VDSO_REALTIME]
    dmb ishld
    ldr w3, [x6]
    cmp w3, w5
    b.ne 1b
.endm
// Splits nanoseconds in X2: seconds to X3, the rest to X2. Changes X4.
.macro SPLIT_SECONDS
    movz x4, #0xca00
    movk x4, #0x3b9a, lsl #16                   // 10^9
    udiv x3, x2, x4
    msub x2, x3, x4, x2
.endm

    .p2align 4
code:
clock_gettime:                                  // int (clockid_t, struct timespec *)
    cmp w0, #11
    b.hi 2f
    mov w2, #1
    lsl w2, w2, w0
    mov w3, #0x821                              // CLOCK_REALTIME, its coarse form, TAI
    tst w2, w3
    b.ne 4f
    mov w3, #0xd2                               // CLOCK_MONOTONIC, its raw and coarse forms, BOOTTIME
    tst w2, w3
    b.eq 2f
    READ_CLOCK
    b 5f
4:  READ_CLOCK
    add x2, x2, x7
5:  SPLIT_SECONDS
    stp x3, x2, [x1]
    mov w0, #0
    ret
2:  mov x8, #113
    svc #0
    ret
clock_gettime_end:

    .p2align 4
gettimeofday:                                   // int (struct timeval *, struct timezone *)
    cbz x0, 2f
    READ_CLOCK
    add x2, x2, x7
    SPLIT_SECONDS
    mov w4, #1000
    udiv x2, x2, x4
    stp x3, x2, [x0]
2:  cbz x1, 3f
    str xzr, [x1]                               // no time zone is kept
3:  mov w0, #0
    ret
gettimeofday_end:

    .p2align 4
clock_getres:                                   // int (clockid_t, struct timespec *)
    cmp w0, #11
    b.hi 2f
    mov w2, #1
    lsl w2, w2, w0
    mov w3, #0x893                              // those with a resolution of 1 ns
    tst w2, w3
    b.eq 2f
    cbz x1, 1f
    mov x2, #1
    stp xzr, x2, [x1]
1:  mov w0, #0
    ret
2:  mov x8, #114
    svc #0
    ret
clock_getres_end:
code_end:

    .p2align 4
    nop                                         // unwinders look up the address before a return's
trampoline:
rt_sigreturn:
    mov x8, #139
    svc #0
rt_sigreturn_end:
trampoline_end:
    .word 0
cpu_vdso_end:

// uint64_t cpu_vdso_signal_return(void)
.section .text.cpu_vdso_signal_return, "ax"
.globl cpu_vdso_signal_return
.type cpu_vdso_signal_return, @function
cpu_vdso_signal_return:
    mov x0, #(trampoline - base)
    ret
.size cpu_vdso_signal_return, . - cpu_vdso_signal_return
#endif
.section .note.GNU-stack, "", @progbits
