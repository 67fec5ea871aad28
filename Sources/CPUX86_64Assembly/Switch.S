// From one library-OS stack to another.
#if defined(__x86_64__)

// void cpu_switch_stack(uint64_t *saved, uint64_t stack): leaves the running stack, whose pointer is
// stored, for one that was left here or made by cpu_thread_stack.
.section .text.cpu_switch_stack, "ax"
.globl cpu_switch_stack
.type cpu_switch_stack, @function
cpu_switch_stack:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
.size cpu_switch_stack, . - cpu_switch_stack

// uint64_t cpu_thread_stack(uint64_t top, uint64_t entry): makes a stack below `top`, a multiple of 16,
// that is left as if before the first instruction of `entry`.
.section .text.cpu_thread_stack, "ax"
.globl cpu_thread_stack
.type cpu_thread_stack, @function
cpu_thread_stack:
    movq $0, -8(%rdi)           // what called `entry`: backtraces end
    movq %rsi, -16(%rdi)
    leaq -64(%rdi), %rax
    xorl %ecx, %ecx
    movq %rcx, (%rax)
    movq %rcx, 8(%rax)
    movq %rcx, 16(%rax)
    movq %rcx, 24(%rax)
    movq %rcx, 32(%rax)
    movq %rcx, 40(%rax)
    ret
.size cpu_thread_stack, . - cpu_thread_stack
// uint64_t cpu_processor_entry(void): where the library OS begins on a further CPU.
#if !(defined(__STDC_HOSTED__) && __STDC_HOSTED__)
.section .text.cpu_processor_entry, "ax"
.globl cpu_processor_entry
.type cpu_processor_entry, @function
cpu_processor_entry:
    movabsq $library_processor_started, %rax
    ret
.size cpu_processor_entry, . - cpu_processor_entry
#else
.globl cpu_processor_entry
cpu_processor_entry:
    ud2
#endif
// uint64_t cpu_processor_trampoline(void): where the kernel has the first code of a further CPU.
#if !(defined(__STDC_HOSTED__) && __STDC_HOSTED__)
.section .text.cpu_processor_trampoline, "ax"
.globl cpu_processor_trampoline
.type cpu_processor_trampoline, @function
cpu_processor_trampoline:
    movabsq $pvh_trampoline, %rax
    ret
.size cpu_processor_trampoline, . - cpu_processor_trampoline
#else
.globl cpu_processor_trampoline
cpu_processor_trampoline:
    ud2
#endif
#endif
.section .note.GNU-stack, "", @progbits
