// The note by which a VMM or the tool knows a Martlet kernel (NucleusInterface.Note.kernel).
#if defined(__x86_64__)
#include "NucleusLayout.h"
.section .note.martlet, "a", @note
    .balign 4
    .long 8, 32, 1              // name size, descriptor size, type
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, 0
    .quad nucleus_template, entry_template, kernel_end
#endif
.section .note.GNU-stack, "", @progbits
