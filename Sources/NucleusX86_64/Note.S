// The notes of a kernel: where PVH loaders enter it, and by which a VMM or the tool knows it.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"
.section .note.martlet, "a", @note
    .balign 4
    .long 4, 8, 18              // XEN_ELFNOTE_PHYS32_ENTRY; first, as some loaders look no further
    .asciz "Xen"
    .quad pvh_entry - (LIBRARY_BASE - PVH_KERNEL)
    .long 8, 32, 1              // NucleusInterface.Note.kernel: name, descriptor, type
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, 0
    .quad nucleus_template, entry_template, kernel_end
#endif
.section .note.GNU-stack, "", @progbits
