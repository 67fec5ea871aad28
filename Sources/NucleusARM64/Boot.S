// Entry by Linux's arm64 protocol (Documentation/arch/arm64/booting.rst) or as an ELF: MMU off, X0 the
// device tree's physical address (an ELF's loader leaves 0 there, and the tree at the start of RAM),
// at EL2 or EL1. Leaves for EL0, library_prepare_tree, which reads the tree.
//
// Only what EL0 can't do for itself is done here: EL1, just enough page tables, and the registers that
// need privilege. Boot code: it runs once a CPU and may loop; X19 to X28 hold what it keeps.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"

// Entry attributes: page or block, EL0's rights, who may not execute.
#define LINK        3
#define BLOCK       0x701                   // valid, AF, inner shareable, memory 0
#define PAGE        0x703
#define EL0_WRITE   0x40
#define READ_ONLY   0x80
#define NO_EL1      0x0020000000000000
#define NO_EL0      0x0040000000000000
#define TABLE(n)    (BOOT_TABLES + 0x1000 * (n))
#define SLOT(address, level) ((((address) >> (12 + 9 * (level))) & 511) * 8)

.section .text.boot, "ax"
.globl kernel_image
kernel_image:                               // the header of an Image
    b boot
    .long 0
    .quad 0                                 // offset from a 2 MiB boundary
    .quad kernel_end - kernel_image
    .quad 0xa                               // little-endian, 4 KiB pages, anywhere in RAM
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0
.balign 8

boot:
    msr daifset, #0xf
    mov x19, x0                             // device tree
    adr x20, kernel_image                   // where the kernel lies
    mrs x23, cntvct_el0
    adrp x21, boot_pages
    mov x22, #0                             // CPU 0
    tst x20, #(KERNEL_ALIGNMENT - 1)
    b.ne .                                  // nothing can be said yet
    cbnz x19, 1f
    sub x19, x20, #KERNEL_ALIGNMENT
1:  bl leave_el2
    adrp x0, kernel_zero                    // zeroed data, which no Image's file holds
    adrp x1, kernel_end
1:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 1b
    adr x2, boot_rows                       // a row: place, count, step, entry, what is added to it
2:  ldp x3, x4, [x2], #16
    cbz x4, 5f
    ldp x5, x6, [x2], #16
    ldr x7, [x2], #8
    add x3, x21, x3
    cmp x7, #1
    csel x8, x20, xzr, eq                   // 1: the kernel's place
    csel x8, x21, x8, hi                    // 2: boot_pages
    add x6, x6, x8
3:  str x6, [x3], #8
    add x6, x6, x5
    subs x4, x4, #1
    b.ne 3b
    b 2b
5:  lsr x0, x20, #30                        // 1 GiB around the kernel: for the boot code, and directly
    ubfx x1, x20, #39, #9
    lsl x2, x0, #30
    add x3, x21, #TABLE(0) & 0xff000
    add x4, x3, #0x1000                     // TABLE(1): identity
    orr x5, x4, #LINK
    str x5, [x3, x1, lsl #3]
    movz x5, #BLOCK
    movk x5, #(NO_EL0 >> 48), lsl #48
    orr x5, x5, x2
    and x0, x0, #511
    str x5, [x4, x0, lsl #3]
    add x4, x3, #0x2000                     // TABLE(2): the direct map
    movz x5, #(BLOCK | EL0_WRITE)
    movk x5, #((NO_EL0 | NO_EL1) >> 48), lsl #48
    orr x5, x5, x2
    str x5, [x4, x0, lsl #3]
    adrp x0, kernel_zero                    // what was written past the caches, and lies in them stale
    adrp x1, kernel_end
6:  dc ivac, x0
    add x0, x0, #16
    cmp x0, x1
    b.lo 6b
    bl enable_translation
    ldr x0, =(LIBRARY_STACK_BASE + 0x1000 + BOOT_STACK_BYTES)
    msr sp_el0, x0
    ldr x0, =kernel_entry_tree
    msr elr_el1, x0
    mov x0, #PSTATE_LIBRARY
    msr spsr_el1, x0
    mov x0, x19
    mov x1, x20
    mov x2, x23
    mov x3, x24
    eret

// A further CPU, started by firmware: X0 is the physical address of its DATA_START.
.globl boot_secondary
boot_secondary:
    msr daifset, #0xf
    mov x19, x0
    adrp x21, boot_pages
    ldr x22, [x19, #32]
    bl leave_el2
    ldp x23, x24, [x19]                     // while every physical address can be read
    ldp x25, x26, [x19, #16]
    bl enable_translation
    ldr x0, =(CPU_AREA_BASE + AREA_NUCLEUS)
    adrp x1, nucleus_template
    add x2, x1, :lo12:nucleus_secondary
    sub x2, x2, x1
    add x0, x0, x2
    br x0

// From EL2 to EL1, where the machine is entered there; X24: the exception level.
leave_el2:
    mrs x0, CurrentEL
    lsr x24, x0, #2
    cmp x24, #2
    b.ne 2f
    movz x0, #0x8000, lsl #16               // HCR_EL2: RW, EL1 is AArch64
    movk x0, #0x0300, lsl #32               // APK, API: pointer authentication does not trap
    msr hcr_el2, x0
    mov x0, #3                              // EL1 and EL0 read the counters
    msr cnthctl_el2, x0
    msr cntvoff_el2, xzr
    mov x0, #0x33ff                         // no trap of floating point
    mrs x1, id_aa64pfr0_el1
    ubfx x1, x1, #32, #4
    cbz x1, 1f
    mov x0, #0x32ff                         // nor of SVE (TZ), whose vectors EL1 may have in full
    msr cptr_el2, x0
    isb
    mov x1, #0xf
    msr S3_4_C1_C2_0, x1                    // ZCR_EL2
1:  msr cptr_el2, x0
    msr hstr_el2, xzr
    msr vttbr_el2, xzr
    mrs x0, midr_el1
    msr vpidr_el2, x0
    mrs x0, mpidr_el1
    msr vmpidr_el2, x0
    mrs x0, id_aa64pfr0_el1
    ubfx x0, x0, #24, #4
    cbz x0, 1f
    mov x0, #0xf                            // ICC_SRE_EL2: EL1 uses the GIC's registers
    msr S3_4_C12_C9_5, x0
    isb
    msr S3_4_C12_C11_0, xzr                 // ICH_HCR_EL2
1:  mrs x0, mdcr_el2
    and x0, x0, #0x1f                       // all counters are EL1's, nothing traps
    msr mdcr_el2, x0
    movz x0, #0x30d0, lsl #16               // SCTLR_EL1's bits that are one, MMU off
    movk x0, #0x0800
    msr sctlr_el1, x0
    mov x0, #0x3c5                          // EL1 with its own stack pointer, all masked
    msr spsr_el2, x0
    msr elr_el2, x30
    eret
2:  ret

// Turns the MMU on with the boot tables, for CPU X22 whose boot pages are at X21.
enable_translation:
    ldr x0, =MEMORY_ATTRIBUTES
    msr mair_el1, x0
    ldr x0, =TRANSLATION_CONTROL
    mrs x1, id_aa64mmfr0_el1                // IPS: as many bits as the CPU has, 48 at most
    ubfx x1, x1, #0, #4
    mov x2, #5
    cmp x1, x2
    csel x1, x1, x2, lo
    bfi x0, x1, #32, #3
    msr tcr_el1, x0
    add x0, x21, #TABLE(0) & 0xff000
    msr ttbr0_el1, x0
    mov x0, #(3 << 20)                      // CPACR: programs have floating point
    mrs x1, id_aa64pfr0_el1
    ubfx x1, x1, #32, #4
    cbz x1, 1f
    orr x0, x0, #(3 << 16)                  // and SVE (ZEN)
    msr cpacr_el1, x0
    isb
    mov x1, #VECTOR_LENGTH_LIMIT            // or the CPU's longest, where that is less
    msr S3_0_C1_C2_0, x1                    // ZCR_EL1
1:  msr cpacr_el1, x0
    mov x0, #0x303                          // EL0 reads the counters and has the virtual timer
    msr cntkctl_el1, x0
    msr mdscr_el1, xzr
    msr oslar_el1, xzr                      // single steps are exceptions
    msr tpidr_el0, xzr
    ldr x0, =CPU_AREA_BASE
    mov x1, #CPU_AREA_STRIDE
    madd x0, x22, x1, x0
    add x1, x0, #AREA_NUCLEUS
    msr vbar_el1, x1
    msr spsel, #1
    mov sp, x0
    add x0, x0, #CPU_AREA_USER_VIEW
    msr tpidrro_el0, x0
    mrs x0, id_aa64pfr0_el1                 // GICv3's registers
    ubfx x0, x0, #24, #4
    cbz x0, 1f
    mov x0, #7
    msr S3_0_C12_C12_5, x0                  // ICC_SRE_EL1
1:  ldr x0, =SYSTEM_CONTROL                 // M C I, EL0's DAIF, DC, IC, WFI, WFE, CTR; PAN at EL1
    mrs x1, id_aa64isar1_el1                // APA, API, GPA, GPI: pointer authentication
    and x2, x1, #0xff0
    and x1, x1, #0xff000000
    orr x1, x1, x2
    cbz x1, 2f
    movz x1, #0x2000
    movk x1, #0xc800, lsl #16               // EnIA, EnIB, EnDA, EnDB
    orr x0, x0, x1
    cbnz x22, 4f
    mrs x1, cntvct_el0                      // a number that differs from boot to boot
    mov x2, #0x9e3779b97f4a7c15 & 0xffff
    movk x2, #0x7f4a, lsl #16
    movk x2, #0x79b9, lsl #32
    movk x2, #0x9e37, lsl #48
    mul x3, x1, x2
    eor x1, x3, x3, lsr #29
    mul x2, x1, x2
    mrs x3, id_aa64isar0_el1
    lsr x3, x3, #60
    cbz x3, 3f
    mrs x3, S3_3_C2_C4_0                    // RNDR
    eor x1, x1, x3
    mrs x3, S3_3_C2_C4_0
    eor x2, x2, x3
3:  stp x1, x2, [x21, #DATA_KEY]
4:  ldp x1, x2, [x21, #DATA_KEY]
    msr S3_0_C2_C1_0, x1                    // APIAKey, which the library OS uses, then programs' other
    msr S3_0_C2_C1_1, x2
    msr S3_0_C2_C1_2, x1
    msr S3_0_C2_C1_3, x2
    msr S3_0_C2_C2_0, x1
    msr S3_0_C2_C2_1, x2
    msr S3_0_C2_C2_2, x1
    msr S3_0_C2_C2_3, x2
2:  tlbi vmalle1
    ic iallu
    dsb sy
    isb
    msr sctlr_el1, x0
    isb
    ret

.balign 8
boot_rows:
.macro ROW place, count, step, entry, base
    .quad \place, \count, \step, \entry, \base
.endm
.macro ROW_LINK table, address, level, child
    ROW TABLE(\table) + SLOT(\address, \level), 1, 0, TABLE(\child) + LINK, 2
.endm
    ROW_LINK 0, LIBRARY_BASE, 3, 3
    ROW_LINK 3, LIBRARY_BASE, 2, 4
    ROW TABLE(4), 4, KERNEL_ALIGNMENT, BLOCK + EL0_WRITE + NO_EL1, 1
    ROW_LINK 0, DIRECT_MAP_BASE, 3, 2
    ROW_LINK 0, CPU_AREA_BASE, 3, 5
    ROW_LINK 5, CPU_AREA_BASE, 2, 6
    ROW_LINK 6, CPU_AREA_BASE, 1, 7
    ROW TABLE(7), 1, 0, BOOT_AREA + PAGE + NO_EL0 + NO_EL1, 2
    ROW TABLE(7) + 8, 1, 0, nucleus_template - kernel_image + PAGE + READ_ONLY + NO_EL0, 1
    ROW TABLE(7) + 8 * 32, 1, 0, BOOT_AREA + PAGE + EL0_WRITE + NO_EL0 + NO_EL1, 2
    ROW TABLE(7) + 8 * 48, 4, 0x1000, BOOT_CRASH_STACK + PAGE + EL0_WRITE + NO_EL0 + NO_EL1, 2
    ROW_LINK 0, LIBRARY_STACK_BASE, 3, 8
    ROW_LINK 8, LIBRARY_STACK_BASE, 2, 9
    ROW_LINK 9, LIBRARY_STACK_BASE, 1, 10
    ROW TABLE(10) + 8, BOOT_STACK_BYTES >> 12, 0x1000, BOOT_STACK + PAGE + EL0_WRITE + NO_EL0 + NO_EL1, 2
    .quad 0, 0
.ltorg

// Pages that boot hands to the library OS (BOOT_*), CPU 0's area first.
.section .bss.boot_pages, "aw", @nobits
.balign 4096
.globl boot_pages
boot_pages:
    .skip BOOT_BYTES
#endif
.section .note.GNU-stack, "", @progbits
