// The library OS's entries at EL0: upcalls of the nucleus, calls by a branch, the way back.
//
// All run with interrupts masked (PSTATE.I), on one copy for all CPUs: TPIDRRO_EL0 is this CPU's data
// page. The program frame tops the thread's library-OS stack; Documentation/Architecture.md has the
// picture. Offsets are in NucleusLayoutARM64.h.
#if defined(__aarch64__) && !defined(__linux__)
#include "NucleusLayoutARM64.h"

// Stores X2 to X30 into the frame at SP.
.macro STORE_REGISTERS
    stp x2, x3, [sp, #FRAME_X(2)]
    stp x4, x5, [sp, #FRAME_X(4)]
    stp x6, x7, [sp, #FRAME_X(6)]
    stp x8, x9, [sp, #FRAME_X(8)]
    stp x10, x11, [sp, #FRAME_X(10)]
    stp x12, x13, [sp, #FRAME_X(12)]
    stp x14, x15, [sp, #FRAME_X(14)]
    stp x16, x17, [sp, #FRAME_X(16)]
    stp x18, x19, [sp, #FRAME_X(18)]
    stp x20, x21, [sp, #FRAME_X(20)]
    stp x22, x23, [sp, #FRAME_X(22)]
    stp x24, x25, [sp, #FRAME_X(24)]
    stp x26, x27, [sp, #FRAME_X(26)]
    stp x28, x29, [sp, #FRAME_X(28)]
.endm
// Fills the rest of the frame from the data page at X0: what the nucleus kept. X30 is stored before.
.macro STORE_HARDWARE
    ldp x2, x3, [x0, #DATA_SAVED_X0]
    stp x2, x3, [sp]
    str x2, [sp, #FRAME_ORIGINAL_X0]
    ldp x3, x4, [x0, #DATA_ELR]
    stp x3, x4, [sp, #FRAME_PC]
    ldp x5, x6, [x0, #DATA_SYNDROME]
    str x5, [sp, #FRAME_SYNDROME]
.endm
// X1: the program's stack pointer; SP: a frame's room on the library-OS stack.
.macro ENTER_FROM_PROGRAM
    mov x1, sp
    str x1, [x0, #DATA_PROGRAM_SP]
    ldr x1, [x0, #DATA_LIBRARY_STACK_TOP]
    sub sp, x1, #FRAME_BYTES
    STORE_REGISTERS
    ldr x1, [x0, #DATA_PROGRAM_SP]
    stp x30, x1, [sp, #FRAME_X30]
.endm
// Backtraces of the library OS end at its entries.
.macro CALL_LIBRARY function
    mov x29, xzr
    mov x0, sp
    bl \function
.endm

.section .text.entry, "ax"
.balign 4096
.globl entry_template
entry_template:

// ---- Synchronous exceptions; the nucleus kept X0 and X1 ----
.globl arm64_entry_synchronous
.type arm64_entry_synchronous, @function
arm64_entry_synchronous:
    bti j
    mrs x0, tpidrro_el0
    ldr x1, [x0, #DATA_ELR]
    lsr x1, x1, #44
    cmp x1, #LIBRARY_SLOT
    b.eq nested
    lsr x1, x1, #4
    cbz x1, 1f
    ldr x1, [x0, #DATA_ELR + 8]             // an address that is none: the library OS's, where masked
    tbnz x1, #7, nested
1:  ENTER_FROM_PROGRAM
    STORE_HARDWARE
    lsr x2, x5, #26
    cmp x2, #0x15                           // SVC
    b.ne 1f
    mov w8, w8                              // Linux looks at W8 alone
    mov x2, #FRAME_CAUSE_SYSTEM_CALL
    stp x8, x2, [sp, #FRAME_NUMBER]
    CALL_LIBRARY library_system_call
    b return_to_program
1:  mov x1, #-1
    mov x2, #FRAME_CAUSE_EXCEPTION
    stp x1, x2, [sp, #FRAME_NUMBER]
    mov x1, x6                              // FAR
    CALL_LIBRARY library_exception
    b return_to_program

// ---- Interrupts: of the program, or at the last instruction of a call's way back ----
.globl arm64_entry_interrupt
.type arm64_entry_interrupt, @function
arm64_entry_interrupt:
    bti j
    mrs x0, tpidrro_el0
    ldr x1, [x0, #DATA_ELR]
    lsr x1, x1, #44
    cmp x1, #LIBRARY_SLOT
    b.ne 1f
    str x8, [x0, #DATA_ELR]                 // arm64_call_exit: as if its `br x8` had been executed
1:  ENTER_FROM_PROGRAM
    STORE_HARDWARE
    mov x1, #-1
    mov x2, #FRAME_CAUSE_INTERRUPT
    stp x1, x2, [sp, #FRAME_NUMBER]
    CALL_LIBRARY library_interrupt

// ---- Back to the program whose frame tops the library-OS stack ----
.globl arm64_entry_return
.type arm64_entry_return, @function
arm64_entry_return:
    bti j
return_to_program:
    mrs x2, tpidrro_el0
    ldr x0, [x2, #DATA_LIBRARY_STACK_TOP]
    sub sp, x0, #FRAME_BYTES
resume_frame:                               // X2: the data page
    ldp x0, x1, [sp, #FRAME_PC]
    stp x0, x1, [x2, #DATA_RESUME_PC]
    ldp x0, x1, [sp]
    stp x0, x1, [x2, #DATA_RESUME_X0]
    ldp x4, x5, [sp, #FRAME_X(4)]
    ldp x6, x7, [sp, #FRAME_X(6)]
    ldp x8, x9, [sp, #FRAME_X(8)]
    ldp x10, x11, [sp, #FRAME_X(10)]
    ldp x12, x13, [sp, #FRAME_X(12)]
    ldp x14, x15, [sp, #FRAME_X(14)]
    ldp x16, x17, [sp, #FRAME_X(16)]
    ldp x18, x19, [sp, #FRAME_X(18)]
    ldp x20, x21, [sp, #FRAME_X(20)]
    ldp x22, x23, [sp, #FRAME_X(22)]
    ldp x24, x25, [sp, #FRAME_X(24)]
    ldp x26, x27, [sp, #FRAME_X(26)]
    ldp x28, x29, [sp, #FRAME_X(28)]
    ldp x30, x0, [sp, #FRAME_X30]
    ldp x2, x3, [sp, #FRAME_X(2)]
    mov sp, x0
    svc #0
.globl arm64_resume_site
arm64_resume_site:
    brk #0                                  // the nucleus does not come back here

// ---- An exception of the library OS itself: a program's page it touched, or the end ----
nested:
    mov x1, sp
    str x2, [x0, #DATA_CALL_ARGUMENT]       // two registers to look at the stack with
    str x3, [x0, #DATA_CALL_ARGUMENT + 8]
    sub x1, x1, #0x600                      // room for a frame above the guard page
    ldp x2, x3, [x0, #DATA_LIBRARY_STACK_TOP]
    cmp x1, x3
    b.lo 1f
    cmp x1, x2
    b.hi 1f
    mov x1, sp
    and x1, x1, #~15
    b 2f
1:  ldr x1, [x0, #DATA_CRASH_TOP]
2:  mov x2, sp
    sub sp, x1, #FRAME_BYTES
    str x2, [sp, #FRAME_SP]
    ldp x2, x3, [x0, #DATA_CALL_ARGUMENT]
    STORE_REGISTERS
    str x30, [sp, #FRAME_X30]
    STORE_HARDWARE
    mov x1, #-1
    mov x2, #FRAME_CAUSE_EXCEPTION
    stp x1, x2, [sp, #FRAME_NUMBER]
    mov x1, x6
    mov x0, sp
    bl library_nested_exception             // X29 is kept: the backtrace goes on below
    mrs x2, tpidrro_el0
    b resume_frame

// ---- SErrors, and faults of the nucleus: never return ----
.globl arm64_entry_error
.type arm64_entry_error, @function
arm64_entry_error:
    bti j
    mrs x0, tpidrro_el0
    mov x1, sp
    str x1, [x0, #DATA_PROGRAM_SP]
    ldr x1, [x0, #DATA_CRASH_TOP]
    sub sp, x1, #FRAME_BYTES
    STORE_REGISTERS
    ldr x1, [x0, #DATA_PROGRAM_SP]
    stp x30, x1, [sp, #FRAME_X30]
    STORE_HARDWARE
    mov x1, #-1
    mov x2, #FRAME_CAUSE_ERROR
    stp x1, x2, [sp, #FRAME_NUMBER]
    mov x1, x6
    mov x0, sp
    bl library_nested_exception
    brk #0

// ---- A system call by a branch: from a site's stub, whose tail X30 is; X8 is the data page ----
.globl arm64_entry_call
.type arm64_entry_call, @function
arm64_entry_call:
    bti jc
    str x30, [x8, #DATA_CALL_TAIL]
    mov x30, sp
    str x30, [x8, #DATA_PROGRAM_SP]
    ldr x30, [x8, #DATA_LIBRARY_STACK_TOP]
    sub sp, x30, #FRAME_BYTES
    stp x0, x1, [sp]
    STORE_REGISTERS
    ldr x9, [x8, #DATA_CALL_TAIL]
    ldp w10, w11, [x9]                      // mov x8, #n; b behind the site
    ubfx w10, w10, #5, #16
    sbfx x11, x11, #0, #26
    add x11, x9, x11, lsl #2
    add x11, x11, #4
    str x10, [sp, #FRAME_X(8)]
    ldr x12, [x8, #DATA_CALL_X30]
    ldr x13, [x8, #DATA_PROGRAM_SP]
    stp x12, x13, [sp, #FRAME_X30]
    mrs x14, nzcv
    stp x11, x14, [sp, #FRAME_PC]
    stp x0, x10, [sp, #FRAME_ORIGINAL_X0]   // and the number
    mov x15, #FRAME_CAUSE_SYSTEM_CALL
    stp x15, x9, [sp, #FRAME_CAUSE]         // and the stub's tail
    ldr x12, [x8, #DATA_FAST_CALLS]
    add x12, x12, #1
    str x12, [x8, #DATA_FAST_CALLS]
    cmp x10, #SYSTEM_CALL_COUNT
    b.hs call_unknown
    adrp x11, call_table
    add x11, x11, :lo12:call_table
    ldr x11, [x11, x10, lsl #3]
    mov x0, sp
    mov x29, xzr
    blr x11
call_done:
    str x0, [sp]
    mrs x8, tpidrro_el0
    ldr x9, [x8, #DATA_RETURN_WORK]
    cbnz x9, call_work
    ldr x9, [sp, #FRAME_SYNDROME]
    str x9, [x8, #DATA_CALL_TAIL]
    ldr x10, [sp, #FRAME_PSTATE]
    msr nzcv, x10
    ldr x1, [sp, #FRAME_X(1)]               // the handler kept X19 to X28
    ldp x2, x3, [sp, #FRAME_X(2)]
    ldp x4, x5, [sp, #FRAME_X(4)]
    ldp x6, x7, [sp, #FRAME_X(6)]
    ldr x9, [sp, #FRAME_X(9)]
    ldp x10, x11, [sp, #FRAME_X(10)]
    ldp x12, x13, [sp, #FRAME_X(12)]
    ldp x14, x15, [sp, #FRAME_X(14)]
    ldp x16, x17, [sp, #FRAME_X(16)]
    ldr x18, [sp, #FRAME_X(18)]
    ldr x29, [sp, #FRAME_X(29)]
    ldr x8, [sp, #FRAME_SP]
    ldr x30, [sp, #FRAME_X30]
    mov sp, x8
    mrs x8, tpidrro_el0
    ldr x8, [x8, #DATA_CALL_TAIL]
    msr daifclr, #3
.globl arm64_call_exit
arm64_call_exit:                                  // the one instruction of the library OS that is not masked
    br x8
call_work:
    CALL_LIBRARY library_return_work
    b return_to_program
call_unknown:
    mov x0, #-38                            // ENOSYS
    b call_done

// ---- A further CPU: X0 what it was started with ----
.globl arm64_entry_secondary
.type arm64_entry_secondary, @function
arm64_entry_secondary:
    mov x29, xzr
    mov x30, xzr
    bl library_processor_started
    brk #0

// ---- From the boot code: X0 device tree, X1 kernel, X2 counter, X3 exception level at entry ----
.globl kernel_entry_tree
.type kernel_entry_tree, @function
kernel_entry_tree:
    mov x29, xzr
    mov x30, xzr
    adrp x4, boot_pages                     // all of these begin pages
    adrp x5, kernel_constants
    adrp x6, kernel_data
    adrp x7, kernel_end
    bl library_prepare_tree
    mov x1, #BOOT_RECORD_BYTES
    bl library_boot
    brk #0
#endif
.section .note.GNU-stack, "", @progbits
