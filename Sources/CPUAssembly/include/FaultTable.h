// An instruction that may fault on program memory, and where the library OS goes on if it does.
#if defined(__ASSEMBLER__)
.macro FAULT_ENTRY at, fixup
#if !(defined(__STDC_HOSTED__) && __STDC_HOSTED__)
    // A host build has no fault handler; its table would need a position-dependent link.
    .pushsection .fault_table, "a"
    .quad \at, \fixup
    .popsection
#endif
.endm
#endif
