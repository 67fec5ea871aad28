// Copies that may fault: each entry of .fault_table is an instruction and where it continues.
#if defined(__aarch64__)
#include "FaultTable.h"

// size_t cpu_program_copy(void *to, const void *from, size_t count): returns the bytes left.
.section .text.cpu_program_copy, "ax"
.globl cpu_program_copy
.type cpu_program_copy, @function
cpu_program_copy:
    cmp x2, #16
    b.lo 3f
1:  ldp x3, x4, [x1]
2:  stp x3, x4, [x0]
    add x1, x1, #16
    add x0, x0, #16
    sub x2, x2, #16
    cmp x2, #16
    b.hs 1b
3:  cbz x2, 6f
4:  ldrb w3, [x1], #1
5:  strb w3, [x0], #1
    sub x2, x2, #1
    b 3b
6:  mov x0, x2
    ret
.size cpu_program_copy, . - cpu_program_copy
    FAULT_ENTRY 1b, 3b          // byte by byte up to the fault
    FAULT_ENTRY 2b, 3b
    FAULT_ENTRY 4b, 6b
    FAULT_ENTRY 5b, 6b

// size_t cpu_program_zero(void *to, size_t count)
.section .text.cpu_program_zero, "ax"
.globl cpu_program_zero
.type cpu_program_zero, @function
cpu_program_zero:
    cmp x1, #16
    b.lo 3f
2:  stp xzr, xzr, [x0]
    add x0, x0, #16
    sub x1, x1, #16
    cmp x1, #16
    b.hs 2b
3:  cbz x1, 6f
5:  strb wzr, [x0], #1
    sub x1, x1, #1
    b 3b
6:  mov x0, x1
    ret
.size cpu_program_zero, . - cpu_program_zero
    FAULT_ENTRY 2b, 3b
    FAULT_ENTRY 5b, 6b

// size_t cpu_program_copy_string(void *to, const void *from, size_t limit)
.section .text.cpu_program_copy_string, "ax"
.globl cpu_program_copy_string
.type cpu_program_copy_string, @function
cpu_program_copy_string:
    mov x3, #0
1:  cmp x3, x2
    b.eq 3f
2:  ldrb w4, [x1, x3]
    strb w4, [x0, x3]
    add x3, x3, #1
    cbnz w4, 1b
3:  mov x0, x3
    ret
4:  mov x0, #-1
    ret
.size cpu_program_copy_string, . - cpu_program_copy_string
    FAULT_ENTRY 2b, 4b

// void arm64_clean_data(uint64_t start, uint64_t end, uint64_t line), and its like for instructions
.macro CACHE_LINES name, operation, register
.section .text.\name, "ax"
.globl \name
.type \name, @function
\name:
    sub x3, x2, #1
    bic x0, x0, x3
1:  \operation \register, x0
    add x0, x0, x2
    cmp x0, x1
    b.lo 1b
2:  dsb ish
    ret
.size \name, . - \name
    FAULT_ENTRY 1b, 2b
.endm
    CACHE_LINES arm64_clean_data, dc, cvau
    CACHE_LINES arm64_clean_memory, dc, cvac
    CACHE_LINES arm64_drop_code, ic, ivau

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
1:  ldaxr w3, [x0]
    cmp w3, w1
    b.ne 3f
2:  stlxr w4, w2, [x0]
    cbnz w4, 1b
3:  dmb ish
    mov w0, w3
    ret
4:  mov x0, #0x100000000
    ret
.size cpu_program_exchange, . - cpu_program_exchange
    FAULT_ENTRY 1b, 4b
    FAULT_ENTRY 2b, 4b
#endif
.section .note.GNU-stack, "", @progbits
