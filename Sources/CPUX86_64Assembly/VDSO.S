// The vDSO: a shared object of one page in each program's memory, whose functions read the clocks
// without a call (vdso(7)). The page before it holds the numbers they use (NucleusLayout.h).
// VDSOObject.h has the layout. No function moves the stack pointer.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"
#include "VDSOObject.h"

VDSO_HEADERS 62                                 // EM_X86_64
    VDSO_SYMBOL name_clock_gettime, clock_gettime
    VDSO_SYMBOL name_clock_gettime + 7, clock_gettime, 2
    VDSO_SYMBOL name_gettimeofday, gettimeofday
    VDSO_SYMBOL name_gettimeofday + 7, gettimeofday, 2
    VDSO_SYMBOL name_time, time
    VDSO_SYMBOL name_time + 7, time, 2
    VDSO_SYMBOL name_clock_getres, clock_getres
    VDSO_SYMBOL name_clock_getres + 7, clock_getres, 2
    VDSO_SYMBOL name_getcpu, getcpu
    VDSO_SYMBOL name_getcpu + 7, getcpu, 2
VDSO_TABLES 11, "LINUX_2.6", 0x03ae75f6
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
getcpu:                                         // int (unsigned *, unsigned *, void *)
    cmpl $0, numbers+VDSO_PROCESSORS(%rip)
    jne 3f
    testq %rdi, %rdi
    jz 1f
    movl $0, (%rdi)
1:  testq %rsi, %rsi
    jz 2f
    movl $0, (%rsi)
2:  xorl %eax, %eax
    ret
3:  movl $309, %eax
    syscall
    ret
getcpu_end:
code_end:
    .byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc
cpu_vdso_end:
#endif
.section .note.GNU-stack, "", @progbits
