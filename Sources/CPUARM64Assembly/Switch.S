// From one library-OS stack to another.
#if defined(__aarch64__)

// void cpu_switch_stack(uint64_t *saved, uint64_t stack): leaves the running stack, whose pointer is
// stored, for one that was left here or made by cpu_thread_stack.
.section .text.cpu_switch_stack, "ax"
.globl cpu_switch_stack
.type cpu_switch_stack, @function
cpu_switch_stack:
    bti c
    sub sp, sp, #96
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    mov x2, sp
    str x2, [x0]
    mov sp, x1
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    add sp, sp, #96
    ret
.size cpu_switch_stack, . - cpu_switch_stack

// uint64_t cpu_thread_stack(uint64_t top, uint64_t entry): makes a stack below `top`, a multiple of 16,
// that is left as if before the first instruction of `entry`.
.section .text.cpu_thread_stack, "ax"
.globl cpu_thread_stack
.type cpu_thread_stack, @function
cpu_thread_stack:
    bti c
    sub x0, x0, #96
    stp xzr, xzr, [x0]
    stp xzr, xzr, [x0, #16]
    stp xzr, xzr, [x0, #32]
    stp xzr, xzr, [x0, #48]
    stp xzr, xzr, [x0, #64]
    stp xzr, x1, [x0, #80]
    ret
.size cpu_thread_stack, . - cpu_thread_stack
#endif
.section .note.GNU-stack, "", @progbits
