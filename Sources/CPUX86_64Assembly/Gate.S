// The library OS's side of the gate, in both variants, and the boot-time probe.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"

// uint64_t cpu_gate_interrupt(uint64_t index, uint64_t first, uint64_t second): `int $4`.
.section .text.cpu_gate_interrupt, "ax"
.globl cpu_gate_interrupt
.type cpu_gate_interrupt, @function
cpu_gate_interrupt:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    int $GATE_VECTOR
    ret
.size cpu_gate_interrupt, . - cpu_gate_interrupt

// uint64_t cpu_gate_system_call(...): the one `syscall` that LSTAR in ring 0 takes for the gate.
.section .text.cpu_gate_system_call, "ax"
.globl cpu_gate_system_call
.type cpu_gate_system_call, @function
cpu_gate_system_call:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
.globl cpu_gate_site_instruction
cpu_gate_site_instruction:
    syscall
.globl cpu_gate_site
cpu_gate_site:
    ret
.size cpu_gate_system_call, . - cpu_gate_system_call

// void cpu_enter_program(uint64_t entry): to ENTRY_RETURN of this CPU's area; never returns.
.section .text.cpu_enter_program, "ax"
.globl cpu_enter_program
.type cpu_enter_program, @function
cpu_enter_program:
    jmp *%rdi
.size cpu_enter_program, . - cpu_enter_program

// void cpu_serialize(void): an iret to where it would return anyway.
.section .text.cpu_serialize, "ax"
.globl cpu_serialize
.type cpu_serialize, @function
cpu_serialize:
    popq %rcx
    movq %rsp, %rdx
    pushq $SELECTOR_USER_DATA
    pushq %rdx
    pushfq
    pushq $SELECTOR_USER_CODE
    pushq %rcx
    iretq
.size cpu_serialize, . - cpu_serialize

// uint64_t cpu_call_data(void): jumps into a data page whose bytes jump back; 1 if they ran.
.section .data.cpu_data_probe, "aw"
cpu_data_probe:
    .byte 0xff, 0xe1            // jmp *%rcx
.section .text.cpu_call_data, "ax"
.globl cpu_call_data
.type cpu_call_data, @function
cpu_call_data:
    movl $1, %eax
    leaq 1f(%rip), %rcx         // a refused fetch continues here too, with RAX 0
    leaq cpu_data_probe(%rip), %rdx
    jmp *%rdx
1:  ret
.globl cpu_data_probe_address
.type cpu_data_probe_address, @function
cpu_data_probe_address:
    leaq cpu_data_probe(%rip), %rax
    ret
.size cpu_call_data, . - cpu_call_data
.size cpu_data_probe_address, . - cpu_data_probe_address
#endif
.section .note.GNU-stack, "", @progbits
