// What every guest of the VMM's own tests needs: the note, and templates of the CPU's area whose gate
// powers off, or fails in the way that its index asks for. Linked with Scripts/linker/x86_64.ld.
#include "NucleusLayoutX86_64.h"

    .section .note.martlet, "a", @note
    .balign 4
    .long 8, 32, 1
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, 0
    .quad nucleus_template, entry_template, kernel_end

    .section .nucleus.template, "a"
    .org NUCLEUS_GATE
    cmp $1, %eax
    je 1f
    cmp $2, %eax
    je 2f
    mov $VMM_POWER_OFF_PORT, %edx
    mov $VMM_POWER_OFF_VALUE, %eax
    out %ax, %dx
    // 1: a port that nothing uses.
1:  out %al, $0x80
    // 2: no descriptor for any exception: the CPU shuts down.
2:  pushq $0
    pushq $0
    lidt (%rsp)
    ud2
    .org 0x1000

    .section .entry.template, "a"
    .org 0x1000

    .section .data, "aw"
    .quad 0
    .section .note.GNU-stack, "", @progbits
