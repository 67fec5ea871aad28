// The vDSO: a shared object of one page in each program's memory, whose functions read the clocks
// without a call (vdso(7)). The page before it holds the numbers they use (NucleusLayout.h).
//
// Laid out by hand, as the whole object is one section: an offset is a difference of labels. It has
// what C libraries and Go look for: program headers, a dynamic section with a hash table, symbols
// with version LINUX_2.6, and unwinding tables. No function moves the stack pointer.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"

.section .rodata.vdso, "a"
.globl cpu_vdso_start
.globl cpu_vdso_end
.p2align 4
cpu_vdso_start:
base:
.set numbers, base - 0x1000
    .ascii "\177ELF"
    .byte 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0    // 64-bit, little-endian, System V
    .short 3, 62                                // ET_DYN, EM_X86_64
    .long 1
    .quad 0, segments - base, 0                 // entry, program headers, section headers
    .long 0
    .short 64, 56, 3, 64, 0, 0
segments:
    .long 1, 5                                  // PT_LOAD, read and execute
    .quad 0, 0, 0, cpu_vdso_end - base, cpu_vdso_end - base, 0x1000
    .long 2, 4                                  // PT_DYNAMIC
    .quad dynamic - base, dynamic - base, dynamic - base, dynamic_end - dynamic
    .quad dynamic_end - dynamic, 8
    .long 0x6474e550, 4                         // PT_GNU_EH_FRAME
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

.macro SYMBOL name, function, binding
    .long \name - strings
    .byte \binding << 4 | 2, 0                  // STT_FUNC
    .short 1                                    // any section's index: it is defined
    .quad \function - base, \function\()_end - \function
.endm
symbols:
    .quad 0, 0, 0
    SYMBOL name_clock_gettime, clock_gettime, 1
    SYMBOL name_clock_gettime + 7, clock_gettime, 2
    SYMBOL name_gettimeofday, gettimeofday, 1
    SYMBOL name_gettimeofday + 7, gettimeofday, 2
    SYMBOL name_time, time, 1
    SYMBOL name_time + 7, time, 2
    SYMBOL name_clock_getres, clock_getres, 1
    SYMBOL name_clock_getres + 7, clock_getres, 2
    SYMBOL name_getcpu, getcpu, 1
    SYMBOL name_getcpu + 7, getcpu, 2
.set symbol_count, 11
hash:                                           // one bucket, which chains all symbols
    .long 1, symbol_count, 1
    .long 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0
versions:
    .short 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2
    .p2align 2
definitions:
    .short 1, 1, 1, 1                           // VER_DEF_CURRENT, VER_FLG_BASE
    .long 0x0deebfa1, 20, 28                    // elf_hash("linux-vdso.so.1")
    .long soname - strings, 0
    .short 1, 0, 2, 1
    .long 0x03ae75f6, 20, 0                     // elf_hash("LINUX_2.6")
    .long version - strings, 0
strings:
    .byte 0
soname: .asciz "linux-vdso.so.1"
version: .asciz "LINUX_2.6"
name_clock_gettime: .asciz "__vdso_clock_gettime"
name_gettimeofday: .asciz "__vdso_gettimeofday"
name_time: .asciz "__vdso_time"
name_clock_getres: .asciz "__vdso_clock_getres"
name_getcpu: .asciz "__vdso_getcpu"
strings_end:

    .p2align 2
unwind_header:
    .byte 1, 0x1b, 0x03, 0x3b                   // pcrel sdata4; udata4; datarel sdata4
    .long unwind - ., 1
    .long code - unwind_header, description - unwind_header
unwind_header_end:
    .p2align 3
unwind:                                         // DWARF 5 section 6.4; LSB on .eh_frame
    .long common_end - common
common:
    .long 0
    .byte 1
    .asciz "zR"
    .byte 1, 0x78, 16, 1, 0x1b                  // code 1, data -8, RIP; pcrel sdata4
    .byte 0x0c, 7, 8                            // DW_CFA_def_cfa RSP + 8
    .byte 0x90, 1                               // DW_CFA_offset RIP at CFA - 8
    .p2align 3
common_end:
description:
    .long description_end - description_start
description_start:
    .long description_start - unwind
    .long code - ., code_end - code
    .byte 0
    .p2align 3
description_end:
    .long 0

// Nanoseconds since the clocks' start in RAX; changes RCX, RDX, R8, R9, R10. R9D is the count that
// was even before, to be compared behind all reading.
.macro READ_CLOCK again
\again:
    movl numbers+VDSO_SEQUENCE(%rip), %r9d
    testb $1, %r9b
    jnz \again\()b
    lfence                                      // not before what the program did last
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    xorl %ecx, %ecx
    subq numbers+VDSO_BASE(%rip), %rax
    cmovcq %rcx, %rax
    mulq numbers+VDSO_MULTIPLIER(%rip)
    shrdq $32, %rdx, %rax
.endm
.macro CHECK_CLOCK again
    cmpl numbers+VDSO_SEQUENCE(%rip), %r9d
    jne \again\()b
.endm
// Splits nanoseconds in RAX: seconds to RDX, the rest to RAX. Changes RCX.
.macro SPLIT_SECONDS
    movq %rax, %rcx
    shrq $9, %rax
    movabsq $0x44b82fa09b5a53, %rdx             // n / 10^9 = (n >> 9) * m >> 75 for n < 2^63
    mulq %rdx
    shrq $11, %rdx
    imulq $1000000000, %rdx, %rax
    subq %rax, %rcx
    movq %rcx, %rax
.endm

    .p2align 4
code:
clock_gettime:                                  // int (clockid_t, struct timespec *)
    cmpl $11, %edi
    ja 2f
    movl $0xd2, %ecx                            // CLOCK_MONOTONIC, its raw and coarse forms, BOOTTIME
    movl $0x821, %edx                           // CLOCK_REALTIME, its coarse form, TAI
    btl %edi, %edx
    jc 1f
    btl %edi, %ecx
    jnc 2f
    READ_CLOCK 3
    CHECK_CLOCK 3
    jmp 4f
1:  READ_CLOCK 5
    addq numbers+VDSO_REALTIME(%rip), %rax
    CHECK_CLOCK 5
4:  SPLIT_SECONDS
    movq %rdx, (%rsi)
    movq %rax, 8(%rsi)
    xorl %eax, %eax
    ret
2:  movl $228, %eax
    syscall
    ret
clock_gettime_end:

    .p2align 4
gettimeofday:                                   // int (struct timeval *, struct timezone *)
    testq %rdi, %rdi
    jz 2f
1:  READ_CLOCK 3
    addq numbers+VDSO_REALTIME(%rip), %rax
    CHECK_CLOCK 3
    SPLIT_SECONDS
    movq %rdx, (%rdi)
    movl $0x10624dd3, %edx                      // n / 1000 for n < 2^32: n * m >> 38
    imulq %rdx, %rax
    shrq $38, %rax
    movq %rax, 8(%rdi)
2:  testq %rsi, %rsi
    jz 4f
    movq $0, (%rsi)                             // no time zone is kept
4:  xorl %eax, %eax
    ret
gettimeofday_end:

    .p2align 4
time:                                           // time_t (time_t *)
    READ_CLOCK 3
    addq numbers+VDSO_REALTIME(%rip), %rax
    CHECK_CLOCK 3
    SPLIT_SECONDS
    movq %rdx, %rax
    testq %rdi, %rdi
    jz 1f
    movq %rax, (%rdi)
1:  ret
time_end:

    .p2align 4
clock_getres:                                   // int (clockid_t, struct timespec *)
    cmpl $11, %edi
    ja 2f
    movl $0x893, %ecx                           // those with a resolution of 1 ns
    btl %edi, %ecx
    jnc 2f
    testq %rsi, %rsi
    jz 1f
    movq $0, (%rsi)
    movq $1, 8(%rsi)
1:  xorl %eax, %eax
    ret
2:  movl $229, %eax
    syscall
    ret
clock_getres_end:

    .p2align 4
getcpu:                                         // int (unsigned *, unsigned *, void *): one CPU
    testq %rdi, %rdi
    jz 1f
    movl $0, (%rdi)
1:  testq %rsi, %rsi
    jz 2f
    movl $0, (%rsi)
2:  xorl %eax, %eax
    ret
getcpu_end:
code_end:
    .byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc
cpu_vdso_end:
#endif
.section .note.GNU-stack, "", @progbits
