// The floor of a start on QEMU: a kernel of a few instructions, entered by PVH as ours is, that writes
// one line to the first serial port and resets the machine. Linked with Scripts/linker/x86_64.ld.
#include "NucleusLayoutX86_64.h"

    .section .note.martlet, "a", @note
    .balign 4
    .long 4, 8, 18              // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad start - (LIBRARY_BASE - PVH_KERNEL)

    .section .text.entry, "ax"
    .code32
    .globl kernel_entry
kernel_entry:
start:
    movl $(line - (LIBRARY_BASE - PVH_KERNEL)), %esi
    movl $(line_end - line), %ecx
    movl $VMM_EARLY_CONSOLE_PORT, %edx
    cld
    rep outsb
    lidtl line - (LIBRARY_BASE - PVH_KERNEL)
    ud2

    .section .rodata.floor, "a"
line:
    .ascii "floor\n"
line_end:
    .section .data, "aw"
    .quad 0
    .section .note.GNU-stack, "", @progbits
