// The library OS's side of the gate.
#if defined(__aarch64__) && !defined(__linux__)
#include "NucleusLayoutARM64.h"

// uint64_t arm64_gate(uint64_t index, uint64_t first, uint64_t second): the one `svc` of the gate.
.section .text.arm64_gate, "ax"
.globl arm64_gate
.type arm64_gate, @function
arm64_gate:
    mov x8, x0
    mov x0, x1
    mov x1, x2
.globl arm64_gate_instruction
arm64_gate_instruction:
    bti c
    svc #0
.globl arm64_gate_site
arm64_gate_site:
    ret
.size arm64_gate, . - arm64_gate

// uint64_t arm64_firmware_call(uint64_t index, const uint64_t values[4]): index is the gate's.
.section .text.arm64_firmware_call, "ax"
.globl arm64_firmware_call
.type arm64_firmware_call, @function
arm64_firmware_call:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    mov x8, x0
    mov x9, x1
    ldp x2, x3, [x9, #16]
    ldp x0, x1, [x9]
    adrp x10, arm64_gate_instruction
    add x10, x10, :lo12:arm64_gate_instruction
    blr x10
    ldp x29, x30, [sp], #16
    ret
.size arm64_firmware_call, . - arm64_firmware_call
// void arm64_enter_program(uint64_t entry): to arm64_entry_return; never comes back.
.section .text.arm64_enter_program, "ax"
.globl arm64_enter_program
.type arm64_enter_program, @function
arm64_enter_program:
    br x0
.size arm64_enter_program, . - arm64_enter_program

// uint64_t arm64_call_data(void): branches into a data page whose bytes branch back; 1 if they ran.
.section .data.arm64_data_probe, "aw"
.balign 4
arm64_data_probe:
    .word 0xd61f0120            // br x9
.section .text.arm64_call_data, "ax"
.globl arm64_call_data
.type arm64_call_data, @function
arm64_call_data:
    mov x0, #1
    adr x9, 1f                  // a refused fetch continues here too, with X0 0
    adrp x10, arm64_data_probe
    add x10, x10, :lo12:arm64_data_probe
    br x10
1:  bti j
    ret
.globl arm64_data_probe_address
.type arm64_data_probe_address, @function
arm64_data_probe_address:
    adrp x0, arm64_data_probe
    add x0, x0, :lo12:arm64_data_probe
    ret
.size arm64_call_data, . - arm64_call_data
.size arm64_data_probe_address, . - arm64_data_probe_address

// uint64_t arm64_probe_branch(void): branches to an instruction that is no target; 1 if it ran. A
// refused branch goes on at X9, with X0 0.
.section .text.arm64_probe_branch, "ax"
.globl arm64_probe_branch
.type arm64_probe_branch, @function
arm64_probe_branch:
    bti c
    mov x0, #1
    adr x9, 2f
    adr x10, 1f
    br x10
1:  nop
2:  bti j
    ret
.size arm64_probe_branch, . - arm64_probe_branch

// uint64_t arm64_probe_return(void): signs a return address, changes it, and returns by it; 1 if that
// went well.
.section .text.arm64_probe_return, "ax"
.globl arm64_probe_return
.type arm64_probe_return, @function
arm64_probe_return:
    bti c
    mov x11, x30
    mov x0, #1
    adr x9, 2f
    adr x30, 2f
    hint #25                    // paciasp
    eor x30, x30, #4            // another address under the same code
    hint #29                    // autiasp
    ret                         // an address that is none, or the instruction behind 2
    .balign 8
2:  bti j
    mov x30, x11
    ret
.size arm64_probe_return, . - arm64_probe_return
#endif
.section .note.GNU-stack, "", @progbits
