// The vDSO: a shared object of one page in each program's memory, whose functions read the clocks
// without a call (vdso(7)), and to whose last signal handlers return. The page before it holds the
// numbers they use (NucleusLayout.h).
//
// Laid out by hand, as the whole object is one section: an offset is a difference of labels. It has
// what C libraries and Go look for: program headers, a dynamic section with a hash table, symbols
// with version LINUX_2.6.39, and unwinding tables. No function moves the stack pointer.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"

.section .rodata.vdso, "a"
.globl cpu_vdso_start
.globl cpu_vdso_end
.p2align 4
cpu_vdso_start:
base:
.set numbers, base - 0x1000
    .ascii "\177ELF"
    .byte 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0    // 64-bit, little-endian, System V
    .short 3, 183                               // ET_DYN, EM_AARCH64
    .word 1
    .quad 0, segments - base, 0                 // entry, program headers, section headers
    .word 0
    .short 64, 56, 3, 64, 0, 0
segments:
    .word 1, 5                                  // PT_LOAD, read and execute
    .quad 0, 0, 0, cpu_vdso_end - base, cpu_vdso_end - base, 0x1000
    .word 2, 4                                  // PT_DYNAMIC
    .quad dynamic - base, dynamic - base, dynamic - base, dynamic_end - dynamic
    .quad dynamic_end - dynamic, 8
    .word 0x6474e550, 4                         // PT_GNU_EH_FRAME
    .quad unwind_header - base, unwind_header - base, unwind_header - base
    .quad unwind_header_end - unwind_header, unwind_header_end - unwind_header, 4
dynamic:
    .quad 14, soname - strings                  // DT_SONAME
    .quad 4, hash - base                        // DT_HASH
    .quad 5, strings - base                     // DT_STRTAB
    .quad 6, symbols - base                     // DT_SYMTAB
    .quad 10, strings_end - strings             // DT_STRSZ
    .quad 11, 24                                // DT_SYMENT
    .quad 0x6ffffff0, versions - base           // DT_VERSYM
    .quad 0x6ffffffc, definitions - base        // DT_VERDEF
    .quad 0x6ffffffd, 2                         // DT_VERDEFNUM
    .quad 0, 0
dynamic_end:

.macro SYMBOL name, function
    .word \name - strings
    .byte 1 << 4 | 2, 0                         // STB_GLOBAL, STT_FUNC
    .short 1                                    // any section's index: it is defined
    .quad \function - base, \function\()_end - \function
.endm
symbols:
    .quad 0, 0, 0
    SYMBOL name_clock_gettime, clock_gettime
    SYMBOL name_gettimeofday, gettimeofday
    SYMBOL name_clock_getres, clock_getres
    SYMBOL name_rt_sigreturn, rt_sigreturn
.set symbol_count, 5
hash:                                           // one bucket, which chains all symbols
    .word 1, symbol_count, 1
    .word 0, 2, 3, 4, 0
versions:
    .short 0, 2, 2, 2, 2
    .p2align 2
definitions:
    .short 1, 1, 1, 1                           // VER_DEF_CURRENT, VER_FLG_BASE
    .word 0x0deebfa1, 20, 28                    // elf_hash("linux-vdso.so.1")
    .word soname - strings, 0
    .short 1, 0, 2, 1
    .word 0x075fcb89, 20, 0                     // elf_hash("LINUX_2.6.39")
    .word version - strings, 0
strings:
    .byte 0
soname: .asciz "linux-vdso.so.1"
version: .asciz "LINUX_2.6.39"
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
