// Entries into the library OS and the way back to the program, all in ring 3.
//
// One page, copied into each CPU's area (user view). Frames are pushed on the running thread's
// library-OS stack; nothing is ever written to the program's. Between entry and exit the CPU is
// masked, so one program frame tops that stack. The exit range may be interrupted anywhere: it only
// pops, so the upcall finds the frame intact and restarts. Only the kernel links this file: it
// names the library OS's Swift entry points.
#if defined(__x86_64__) && !(defined(__STDC_HOSTED__) && __STDC_HOSTED__)
#include "NucleusLayoutX86_64.h"

.section .entry.template, "ax"
.globl entry_code
entry_code:
.set area, entry_code - AREA_ENTRY
// The hardware frame of an exception, on the interrupt stack that all but two vectors share.
.set hardware, area + AREA_EXCEPTION_STACK + 0x1000

.macro PUSH_REGISTERS
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm
.macro POP_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    POP_CALLER_SAVED
.endm
.macro POP_CALLER_SAVED
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
.endm
.macro PUSH_HARDWARE_FRAME
    pushq hardware-32(%rip)                 // CS
    pushq hardware-16(%rip)                 // RSP
    pushq hardware-24(%rip)                 // RFLAGS
    pushq hardware-40(%rip)                 // RIP
    pushq hardware-48(%rip)                 // error code, where the vector has one
    pushq area+DATA_VECTOR(%rip)
    pushq %rax
    PUSH_REGISTERS
.endm
.macro CALL_LIBRARY function
    xorl %ebp, %ebp                         // backtraces of the library OS end here
    movq %rsp, %rdi
    movabsq $\function, %rax
    call *%rax
.endm

// ---- Exceptions: on the scratch stack, with clean flags; RAX holds CR2 ----
.macro EXCEPTION_ENTRY vector, target
    .org ENTRY_EXCEPTIONS + \vector * ENTRY_EXCEPTION_BYTES, 0xcc
    movq %rax, area+DATA_FAULT_ADDRESS(%rip)
    movq $\vector, area+DATA_VECTOR(%rip)
    jmp \target
.endm
.irp vector, 0,1,2,3
    EXCEPTION_ENTRY \vector, exception
.endr
    .org ENTRY_EXCEPTIONS + GATE_VECTOR * ENTRY_EXCEPTION_BYTES, 0xcc
    jmp interrupt
.irp vector, 5,6,7
    EXCEPTION_ENTRY \vector, exception
.endr
EXCEPTION_ENTRY 8, double_fault
.irp vector, 9,10,11,12,13,14,15,16,17
    EXCEPTION_ENTRY \vector, exception
.endr
EXCEPTION_ENTRY 18, machine_check
.irp vector, 19,20,21,22,23,24,25,26,27,28,29,30,31
    EXCEPTION_ENTRY \vector, exception
.endr

// ---- `syscall` ----
    .org ENTRY_SYSTEM_CALL, 0xcc
    incl area+DATA_MASKED(%rip)             // an upcall that lands here rolls back (library_interrupt)
system_call_masked:
    movq %rsp, area+DATA_PROGRAM_RSP(%rip)
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    pushq $0
    pushq area+DATA_PROGRAM_RSP(%rip)
    pushq %r11
    pushq %rcx
    pushq $0
    pushq $FRAME_VECTOR_SYSTEM_CALL
    pushq %rax
    PUSH_REGISTERS
    cld
    CALL_LIBRARY library_system_call
    jmp return_to_program

    .org ENTRY_SYSTEM_CALL_BOUNCED, 0xcc    // masked was set in ring 0
    movq area+DATA_BOUNCE_RIP(%rip), %rcx
    jmp system_call_masked

// ---- Interrupt upcalls: every register is the program's, masked is 1 ----
    .org ENTRY_INTERRUPT, 0xcc
interrupt:
    movq %rsp, area+DATA_PROGRAM_RSP(%rip)  // neither mov nor lea touches flags
    leaq area+AREA_SCRATCH+0x2000(%rip), %rsp
    pushfq
    popq area+DATA_SAVED_FLAGS(%rip)
    pushq $0x202
    popfq
    pushq %rax
    pushq %rcx
    movq area+DATA_INTERRUPTED_RIP(%rip), %rax
    leaq call_exit(%rip), %rcx
    subq %rcx, %rax
    cmpq $(exit_range_end - call_exit), %rax
    popq %rcx
    popq %rax
    jb handle_pending
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    pushq $0
    pushq area+DATA_PROGRAM_RSP(%rip)
    pushq area+DATA_SAVED_FLAGS(%rip)
    pushq area+DATA_INTERRUPTED_RIP(%rip)
    pushq $0
    pushq $FRAME_VECTOR_INTERRUPT
    pushq %rax
    PUSH_REGISTERS
handle_pending:                             // the frame tops the stack
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    subq $FRAME_BYTES, %rsp
    CALL_LIBRARY library_interrupt
    jmp return_to_program

// ---- Back to the program whose frame tops the library-OS stack ----
    .org ENTRY_RETURN, 0xcc
return_to_program:
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    subq $FRAME_BYTES, %rsp
    testl $0x100, FRAME_RFLAGS(%rsp)        // TF: a popf would trap in the exit range for ever
    jz exit_range
    movq FRAME_RIP(%rsp), %rax
    movq %rax, area+DATA_RESUME_RIP(%rip)
    movq FRAME_RFLAGS(%rsp), %rax
    movq %rax, area+DATA_RESUME_RFLAGS(%rip)
    movq FRAME_RSP(%rsp), %rax
    movq %rax, area+DATA_RESUME_RSP(%rip)
    movq FRAME_RAX(%rsp), %rax
    movq %rax, area+DATA_RESUME_RAX(%rip)
    movq FRAME_RCX(%rsp), %rax
    movq %rax, area+DATA_RESUME_RCX(%rip)
    movq FRAME_R11(%rsp), %rax
    movq %rax, area+DATA_RESUME_R11(%rip)
    POP_REGISTERS
    movl $GATE_RESUME, %eax
    cmpl $0, area+DATA_LSTAR_IN_RING_0(%rip)
    movabsq $cpu_gate_site_instruction, %rcx
    jne 1f
    int $GATE_VECTOR
    jmp handle_pending                      // a vector was pending
1:  leaq handle_pending(%rip), %r11         // the one site ends in ret
    leaq area+AREA_SCRATCH+0x1000(%rip), %rsp
    pushq %r11
    jmp *%rcx

// ---- A system call as a jump: from a site's stub, with no register changed but R11 ----
    .org ENTRY_CALL, 0xcc
    movl $1, area+DATA_MASKED(%rip)         // an upcall that lands here goes back to the site
    movq %rsp, area+DATA_PROGRAM_RSP(%rip)
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    movq %r11, %rcx                         // RCX and R11 as the instruction leaves them
    pushq $0
    pushq area+DATA_PROGRAM_RSP(%rip)
    pushfq
    movq (%rsp), %r11
    pushq %rcx
    pushq $0
    pushq $FRAME_VECTOR_SYSTEM_CALL
    pushq %rax
    PUSH_REGISTERS
    incq area+DATA_FAST_CALLS(%rip)
    testl $SYSCALL_FLAG_MASK, %r11d
    jnz call_clears_flags
call_handler:
    movl %eax, %eax                         // Linux looks at EAX alone
    cmpl $SYSTEM_CALL_COUNT, %eax
    jae call_unknown
    movq %rsp, %rdi
    xorl %ebp, %ebp
    movabsq $call_table, %rcx
    call *(%rcx,%rax,8)
call_done:
    movq %rax, FRAME_RAX(%rsp)
    cmpl $0, area+DATA_RETURN_WORK(%rip)
    je call_exit                            // TF is clear: it goes with return work
    CALL_LIBRARY library_return_work
    jmp return_to_program
call_clears_flags:
    pushq $0x202
    popfq
    movl $1, area+DATA_RETURN_WORK(%rip)
    jmp call_handler
call_unknown:
    movq $-38, %rax                         // ENOSYS
    jmp call_done

// Loads the six arithmetic flags by sahf and an add for OF, where popf takes 8 ns; to `all` where
// others are set than programs usually have. Changes RAX and RCX.
.macro LOAD_FLAGS all
    movl FRAME_RFLAGS(%rsp), %eax
    movl %eax, %ecx
    andl $~0x8d5, %ecx                      // OF, SF, ZF, AF, PF, CF
    cmpl $0x202, %ecx
    jne \all
    movl %eax, %ecx
    shrl $11, %ecx
    andl $1, %ecx
    shll $8, %eax
    movb %cl, %al
    addb $0x7f, %al
    sahf
.endm
    .org ENTRY_EXIT, 0xcc
call_exit:                                  // the handler kept RBX and R12 to R15
    movl $0, area+DATA_MASKED(%rip)
    cmpl $0, area+DATA_PENDING(%rip)
    jne exit_pending
    LOAD_FLAGS exit_all_flags
    movq FRAME_RBP(%rsp), %rbp
    leaq FRAME_R11(%rsp), %rsp
    POP_CALLER_SAVED
    movq FRAME_RSP-FRAME_ORIGINAL_RAX(%rsp), %rsp
    jmp *%rcx
exit_range:
    movl $0, area+DATA_MASKED(%rip)
    cmpl $0, area+DATA_PENDING(%rip)
    jne exit_pending
    LOAD_FLAGS exit_all_flags
    POP_REGISTERS
    leaq 24(%rsp), %rsp                     // number, vector, error
    popq area+DATA_EXIT_RIP(%rip)
    movq 8(%rsp), %rsp
    jmp *area+DATA_EXIT_RIP(%rip)
exit_all_flags:
    POP_REGISTERS
    leaq 24(%rsp), %rsp
    popq area+DATA_EXIT_RIP(%rip)
    popfq
    movq (%rsp), %rsp
    jmp *area+DATA_EXIT_RIP(%rip)
exit_pending:
    movl $1, area+DATA_MASKED(%rip)
    jmp handle_pending
    .org ENTRY_EXIT_END, 0xcc
exit_range_end:

exception:
    movq area+DATA_SAVED_RAX(%rip), %rax
    cmpl $1, area+DATA_MASKED(%rip)
    jne nested
    pushq %rax
    pushq %rcx
    movq hardware-40(%rip), %rax
    leaq call_exit(%rip), %rcx
    subq %rcx, %rax
    cmpq $(exit_range_end - call_exit), %rax
    popq %rcx
    popq %rax
    jb exception_at_exit
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    PUSH_HARDWARE_FRAME
    jmp 1f
exception_at_exit:                          // the jump to the program's own RIP failed
    movq area+DATA_LIBRARY_STACK_TOP(%rip), %rsp
    subq $FRAME_BYTES, %rsp
    movq area+DATA_VECTOR(%rip), %rax
    movq %rax, FRAME_VECTOR(%rsp)
    movq hardware-48(%rip), %rax
    movq %rax, FRAME_ERROR(%rsp)
1:  movq area+DATA_FAULT_ADDRESS(%rip), %rsi
    CALL_LIBRARY library_exception
    jmp return_to_program

// An exception of the library OS itself: a program's page it touched, or the end.
nested:
    pushq %rax
    movq hardware-16(%rip), %rax
    subq $0x400, %rax                       // room for a frame above the guard page
    cmpq area+DATA_LIBRARY_STACK_LIMIT(%rip), %rax
    jb nested_elsewhere
    cmpq area+DATA_LIBRARY_STACK_TOP(%rip), %rax
    ja nested_elsewhere
    popq %rax
    movq hardware-16(%rip), %rsp
    andq $-16, %rsp
    jmp nested_push
nested_elsewhere:
    popq %rax
    leaq area+AREA_CRASH_STACK_TOP(%rip), %rsp
nested_push:
    PUSH_HARDWARE_FRAME
    movq area+DATA_FAULT_ADDRESS(%rip), %rsi
    movq %rsp, %rdi
    movabsq $library_nested_exception, %rax
    call *%rax                              // RBP is kept: the backtrace goes on below
    decl area+DATA_MASKED(%rip)
    POP_REGISTERS
    leaq 24(%rsp), %rsp
    popq area+DATA_NESTED_RIP(%rip)
    popfq
    movq (%rsp), %rsp
    jmp *area+DATA_NESTED_RIP(%rip)

// #DF and #MC have stacks of their own and never return.
.macro FATAL_ENTRY name, stack
\name:
    movq area+DATA_SAVED_RAX(%rip), %rax
    leaq area+AREA_CRASH_STACK_TOP(%rip), %rsp
    pushq area+\stack+0x1000-32(%rip)
    pushq area+\stack+0x1000-16(%rip)
    pushq area+\stack+0x1000-24(%rip)
    pushq area+\stack+0x1000-40(%rip)
    pushq $0
    pushq area+DATA_VECTOR(%rip)
    pushq %rax
    PUSH_REGISTERS
    movq area+DATA_FAULT_ADDRESS(%rip), %rsi
    CALL_LIBRARY library_nested_exception
    ud2
.endm
FATAL_ENTRY double_fault, AREA_DOUBLE_FAULT_STACK
FATAL_ENTRY machine_check, AREA_MACHINE_CHECK_STACK
    .org 0x1000, 0xcc

.section .text.entry, "ax"
.globl kernel_entry
.type kernel_entry, @function
kernel_entry:                               // RDI boot record, RSI its bytes; on the boot stack
    xorl %ebp, %ebp
    call library_boot
    ud2
.size kernel_entry, . - kernel_entry

.globl kernel_entry_pvh
.type kernel_entry_pvh, @function
kernel_entry_pvh:                           // RDI start info, RSI, RDX, RCX bounds of the kernel
    xorl %ebp, %ebp
    call library_prepare_pvh
    movq %rax, %rdi                         // the record
    movl $PVH_RECORD_BYTES, %esi
    call library_boot
    ud2
.size kernel_entry_pvh, . - kernel_entry_pvh
#endif
.section .note.GNU-stack, "", @progbits
