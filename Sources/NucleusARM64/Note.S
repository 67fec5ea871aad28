// The note of a kernel, by which the tool knows it.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"
.section .note.martlet, "a", @note
    .balign 4
    .long 8, 32, 1              // NucleusInterface.Note.kernel: name, descriptor, type
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, 0
    .quad nucleus_template, entry_template, kernel_end
#endif
.section .note.GNU-stack, "", @progbits
