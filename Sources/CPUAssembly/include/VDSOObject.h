// What the vDSOs of both CPUs have alike, for assembly: an ELF file laid out by hand, as the whole
// object is one section, so that an offset is a difference of labels. It has what C libraries and Go
// look for: program headers, a dynamic section with a hash table, symbols with a version, and
// unwinding tables. The macros stand in this order; labels between them are the object's own.
#if defined(__ASSEMBLER__)

// The file's header, program headers and dynamic section; `machine` is the ELF's.
.macro VDSO_HEADERS machine
.section .rodata.vdso, "a"
.globl cpu_vdso_start
.globl cpu_vdso_end
.p2align 4
cpu_vdso_start:
base:
.set numbers, base - 0x1000
    .ascii "\177ELF"
    .byte 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0    // 64-bit, little-endian, System V
    .short 3, \machine                          // ET_DYN
    .long 1
    .quad 0, segments - base, 0                 // entry, program headers, section headers
    .long 0
    .short 64, 56, 3, 64, 0, 0
segments:
    .long 1, 5                                  // PT_LOAD, read and execute
    .quad 0, 0, 0, cpu_vdso_end - base, cpu_vdso_end - base, 0x1000
    .long 2, 4                                  // PT_DYNAMIC
    .quad dynamic - base, dynamic - base, dynamic - base, dynamic_end - dynamic
    .quad dynamic_end - dynamic, 8
    .long 0x6474e550, 4                         // PT_GNU_EH_FRAME
    .quad unwind_header - base, unwind_header - base, unwind_header - base
    .quad unwind_header_end - unwind_header, unwind_header_end - unwind_header, 4
dynamic:
    .quad 14, soname - strings                  // DT_SONAME
    .quad 4, hash - base                        // DT_HASH
    .quad 5, strings - base                     // DT_STRTAB
    .quad 6, symbols - base                     // DT_SYMTAB
    .quad 10, strings_end - strings             // DT_STRSZ
    .quad 11, 24                                // DT_SYMENT
    .quad 0x6ffffff0, versions - base           // DT_VERSYM
    .quad 0x6ffffffc, definitions - base        // DT_VERDEF
    .quad 0x6ffffffd, 2                         // DT_VERDEFNUM
    .quad 0, 0
dynamic_end:
symbols:
    .quad 0, 0, 0
.endm

// A function's symbol; `binding` is 1 (STB_GLOBAL) or 2 (STB_WEAK).
.macro VDSO_SYMBOL name, function, binding=1
    .long \name - strings
    .byte \binding << 4 | 2, 0                  // STT_FUNC
    .short 1                                    // any section's index: it is defined
    .quad \function - base, \function\()_end - \function
.endm

// The hash table, of one bucket that chains all `symbol_count` symbols, the null one among them;
// versions; the strings' beginning. `version_hash` is elf_hash of the version's name.
.macro VDSO_TABLES symbol_count, version_name, version_hash
hash:
    .long 1, \symbol_count, 1, 0
    .set index, 2
    .rept \symbol_count - 2
    .long index
    .set index, index + 1
    .endr
    .long 0
versions:
    .short 0
    .rept \symbol_count - 1
    .short 2
    .endr
    .p2align 2
definitions:
    .short 1, 1, 1, 1                           // VER_DEF_CURRENT, VER_FLG_BASE
    .long 0x0deebfa1, 20, 28                    // elf_hash("linux-vdso.so.1")
    .long soname - strings, 0
    .short 1, 0, 2, 1
    .long \version_hash, 20, 0
    .long version - strings, 0
strings:
    .byte 0
soname: .asciz "linux-vdso.so.1"
version: .asciz "\version_name"
.endm

#endif
