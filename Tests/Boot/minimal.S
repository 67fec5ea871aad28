// The smallest kernel that the VMM runs: says a line by the early console port, checks the gate,
// and powers off. For the VMM's own tests; linked with Scripts/linker/x86_64.ld.
#include "NucleusLayout.h"

    .section .note.martlet, "a", @note
    .balign 4
    .long 8, 32, 1
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, 0
    .quad nucleus_template, entry_template, kernel_end

    .section .text.entry, "ax"
    .globl kernel_entry
kernel_entry:
    lea greeting(%rip), %rsi
    mov $(greeting_end - greeting), %ecx
    mov $VMM_EARLY_CONSOLE_PORT, %edx
    cld
    rep outsb
    mov $GATE_POWER_OFF, %eax
    int $GATE_VECTOR
    ud2

    .section .rodata, "a"
greeting:
    .ascii "minimal kernel: hello\n"
greeting_end:

    .section .nucleus.template, "a"
    .globl minimal_nucleus
minimal_nucleus:
    .org NUCLEUS_GATE
    mov $VMM_POWER_OFF_PORT, %edx
    mov $VMM_POWER_OFF_VALUE, %eax
    out %ax, %dx
    hlt
    .org 0x1000

    .section .entry.template, "a"
    .globl minimal_entry
minimal_entry:
    .org 0x1000

    .section .data, "aw"
    .quad 0
