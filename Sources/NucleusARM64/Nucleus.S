// The nucleus: all code that runs at EL1 after boot, one page, the same for every CPU.
//
// SP_EL1 is the CPU's data page in the supervisor view; there is no stack. An entry keeps X0, X1 and
// what the hardware says in that page and goes on in the library OS at EL0, with interrupts masked.
// It has no loop, no call and no allocation, and touches no page that EL0 can change the mapping of
// but its own data page. Offsets are in NucleusLayoutARM64.h; Documentation/Architecture.md says why.
#if defined(__aarch64__)
#include "NucleusLayoutARM64.h"

.section .nucleus.template, "ax"
.globl nucleus_code
nucleus_code:

.macro VECTOR target
    .balign 128
    b \target
.endm
    VECTOR error           // current EL with SP0: the nucleus never selects it
    VECTOR error
    VECTOR error
    VECTOR error
    VECTOR error           // current EL: a fault of the nucleus itself
    VECTOR error
    VECTOR error
    VECTOR error
    VECTOR synchronous          // EL0
    VECTOR interrupt
    VECTOR error           // FIQ: group 0, which nobody enables
    VECTOR error
    VECTOR error           // AArch32 EL0 is never entered
    VECTOR error
    VECTOR error
    VECTOR error

    .balign 128
// Goes on at an entry of the library OS, X0 and X1 kept in the data page.
.macro UPCALL kind
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x0, x1, [sp, #DATA_ELR]
    msr mdscr_el1, xzr          // the library OS is not stepped
    ldr x0, [sp, #DATA_UPCALL + \kind]
    msr elr_el1, x0
    mov x0, #PSTATE_LIBRARY
    msr spsr_el1, x0
    eret
.endm

synchronous:
    stp x0, x1, [sp, #DATA_SAVED_X0]
    mrs x0, elr_el1
    ldr x1, [sp, #DATA_RESUME_SITE]
    cmp x0, x1                  // the flags that count are in SPSR_EL1
    b.eq resume
    ldr x1, [sp, #DATA_GATE_SITE]
    cmp x0, x1
    b.eq gate
    b upcall_synchronous

interrupt:
    stp x0, x1, [sp, #DATA_SAVED_X0]
    UPCALL UPCALL_INTERRUPT

error:                          // an SError, or what the nucleus never causes: ESR tells
    stp x0, x1, [sp, #DATA_SAVED_X0]
    mrs x0, esr_el1
    mrs x1, far_el1
    stp x0, x1, [sp, #DATA_SYNDROME]
    UPCALL UPCALL_ERROR

// ---- Back to EL0: the rest of the registers is in place ----
// An instruction that faults at a site's address is no call of it.
resume:
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15               // SVC in AArch64 state
    b.ne upcall_synchronous
    ldp x0, x1, [sp, #DATA_RESUME_PC]
    msr elr_el1, x0
    movz x0, #(PSTATE_PROGRAM_MASK & 0xffff)
    movk x0, #(PSTATE_PROGRAM_MASK >> 16), lsl #16
    and x1, x1, x0              // EL0, whatever the frame says
    msr spsr_el1, x1
    ubfx x0, x1, #21, #1        // PSTATE.SS: stop behind the next instruction (MDSCR_EL1.SS)
    msr mdscr_el1, x0
    ldp x0, x1, [sp, #DATA_RESUME_X0]
    eret

// ---- The gate: index in X8, arguments in X0 to X3, result in X0; X1 and X8 to X10 change ----
gate:
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15
    b.ne upcall_synchronous
    ldp x0, x1, [sp, #DATA_SAVED_X0]
    cmp x8, #GATE_COUNT
    b.hs gate_refuse
    adr x9, gate_table
    ldr w10, [x9, x8, lsl #2]
    add x9, x9, w10, sxtw
    br x9

gate_flush_page:
    dsb ishst                   // what was stored in tables counts from here on
    ubfx x0, x0, #12, #44
    tlbi vaae1is, x0
    dsb ish
    isb
    eret

gate_flush_all:
    dsb ishst
    tlbi vmalle1is
    dsb ish
    isb
    eret

gate_load_root:
    dsb ishst
    msr ttbr0_el1, x0
    isb
    and x0, x0, #0xffff000000000000
    tlbi aside1is, x0           // a library page is global and stays
    dsb ish
    isb
    eret

gate_probe_page:                // where the CPU has FEAT_PAN2, whose instruction this is
    sys #0, c7, c9, #0, x0      // at s1e1rp
    isb
    mrs x0, par_el1
    eret

gate_hypervisor_call:
    hvc #0
    eret

gate_secure_call:
    smc #0
    eret

// Each entry of these two tables is two instructions.
gate_read_register:
    cmp x0, #GATE_REGISTER_COUNT
    b.hs gate_refuse
    adr x9, gate_reads
    add x9, x9, x0, lsl #3
    br x9
gate_write_register:
    cmp x0, #GATE_MPIDR         // the registers before it can be written
    b.hs gate_refuse
    adr x9, gate_writes
    add x9, x9, x0, lsl #3
    br x9

.macro READ register
    mrs x0, \register
    eret
.endm
.macro REFUSED
    b gate_refuse
    b gate_refuse
.endm
.macro WRITE register
    msr \register, x1
    b gate_written
.endm
// Registers by their encoding, as assemblers know some names only with extensions turned on.
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ZCR_EL1         S3_0_C1_C2_0
#define ID_AA64ZFR0_EL1 S3_0_C0_C4_4
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
gate_reads:                     // GATE_ICC_IAR1 and on
    READ ICC_IAR1_EL1
    REFUSED
    READ ICC_PMR_EL1
    READ ICC_IGRPEN1_EL1
    REFUSED
    READ ICC_CTLR_EL1
    READ ZCR_EL1
    READ mpidr_el1
    READ midr_el1
    READ revidr_el1
    READ id_aa64pfr0_el1
    READ id_aa64pfr1_el1
    READ ID_AA64ZFR0_EL1
    READ id_aa64dfr0_el1
    READ id_aa64isar0_el1
    READ id_aa64isar1_el1
    READ ID_AA64ISAR2_EL1
    READ id_aa64mmfr0_el1
    READ id_aa64mmfr1_el1
    READ id_aa64mmfr2_el1
    READ sctlr_el1
gate_writes:
    REFUSED
    WRITE ICC_EOIR1_EL1
    WRITE ICC_PMR_EL1
    WRITE ICC_IGRPEN1_EL1
    WRITE ICC_SGI1R_EL1
    WRITE ICC_CTLR_EL1
    WRITE ZCR_EL1
gate_written:
    isb
    eret

gate_refuse:
    mov x0, #-1
    eret

upcall_synchronous:
    mrs x0, esr_el1
    mrs x1, far_el1
    stp x0, x1, [sp, #DATA_SYNDROME]
    UPCALL UPCALL_SYNCHRONOUS

// ---- The end of a further CPU's boot: the tables around its boot code go, this page stays ----
// X23 root, X24 stack, X25 entry, X26 argument.
.globl nucleus_secondary
nucleus_secondary:
    msr ttbr0_el1, x23
    isb
    tlbi vmalle1
    dsb nsh
    isb
    msr sp_el0, x24
    msr elr_el1, x25
    mov x0, #PSTATE_LIBRARY
    msr spsr_el1, x0
    mov x0, x26
    eret

.balign 4
gate_table:
    .word gate_flush_page - gate_table
    .word gate_load_root - gate_table
    .word gate_read_register - gate_table
    .word gate_write_register - gate_table
    .word gate_hypervisor_call - gate_table
    .word gate_secure_call - gate_table
    .word gate_flush_all - gate_table
    .word gate_probe_page - gate_table
    .org nucleus_code + 0x1000
#endif
.section .note.GNU-stack, "", @progbits
