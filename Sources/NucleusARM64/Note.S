// The note of a kernel, by which the tool knows it.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"
// NucleusInterface.Note.Hardening: PAN by SYSTEM_CONTROL, the others as this was compiled.
#define PAN 1
#if defined(__ARM_FEATURE_BTI_DEFAULT)
#define BTI 2
#else
#define BTI 0
#endif
#if defined(__ARM_FEATURE_PAC_DEFAULT)
#define PAC 4
#else
#define PAC 0
#endif
.section .note.martlet, "a", @note
    .balign 4
    .long 8, 32, 1              // NucleusInterface.Note.kernel: name, descriptor, type
    .asciz "Martlet"
    .long NUCLEUS_INTERFACE_VERSION, PAN | BTI | PAC
    .quad nucleus_template, entry_template, kernel_end
#endif
.section .note.GNU-stack, "", @progbits
