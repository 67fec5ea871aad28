// The nucleus: all code that runs in ring 0, one page, copied into each CPU's area.
//
// It runs in the supervisor view of the area and reaches its data RIP-relative, so one template
// serves every CPU and no stub trusts GS. It has no loop, no call and no allocation. What each stub
// does, and why, is in Documentation/Architecture.md; offsets are in NucleusLayout.h.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"

.section .nucleus.template, "ax"
.globl nucleus_code
nucleus_code:
.set area, nucleus_code - AREA_NUCLEUS

// ---- Exceptions: leave the hardware frame where ring 3 reads it, start ring 3 afresh ----
.macro EXCEPTION_STUB vector
    .org NUCLEUS_EXCEPTION_STUBS + \vector * EXCEPTION_STUB_BYTES, 0xcc
    movq %rax, area+DATA_SAVED_RAX(%rip)
    movq %cr2, %rax
    incl area+DATA_MASKED(%rip)
    leaq area+AREA_TABLES+TABLES_RETURN_FRAMES+\vector*RETURN_FRAME_BYTES(%rip), %rsp
    iretq
.endm
.irp vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    EXCEPTION_STUB \vector
.endr

// ---- Device vectors: record; upcall only out of program code ----
// The bit is set before the test, so ring 3, which clears masked and then reads pending, misses
// none. From ring 0 (the wait gate) masked is never 0.
.macro INTERRUPT_STUB index
    .org NUCLEUS_INTERRUPT_STUBS + \index * INTERRUPT_STUB_BYTES, 0xcc
    orl $(1 << \index), area+DATA_PENDING(%rip)
    cmpl $0, area+DATA_MASKED(%rip)
    jne 1f
    incl area+DATA_MASKED(%rip)
    popq area+DATA_INTERRUPTED_RIP(%rip)
    pushq area+AREA_TABLES+TABLES_RETURN_FRAMES+GATE_VECTOR*RETURN_FRAME_BYTES(%rip)
1:  iretq
.endm
.irp index, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    INTERRUPT_STUB \index
.endr

    .org NUCLEUS_SPURIOUS, 0xcc
    iretq

    .org NUCLEUS_NMI, 0xcc
    incl area+DATA_NMI_COUNT(%rip)
    iretq

// ---- `syscall` where it enters ring 0 (IF is off): our gate site, or the program ----
    .org NUCLEUS_LSTAR, 0xcc
    cmpq gate_site(%rip), %rcx
    jne 1f
    movq %rsp, area+DATA_GATE_RSP(%rip)
    leaq area+AREA_GATE_STACK+0x1000(%rip), %rsp
    pushq $SELECTOR_USER_DATA
    pushq area+DATA_GATE_RSP(%rip)
    pushq %r11
    pushq $SELECTOR_USER_CODE
    pushq %rcx
    jmp gate
1:  movq %rcx, area+DATA_BOUNCE_RIP(%rip)
    incl area+DATA_MASKED(%rip)
    leaq area+CPU_AREA_USER_VIEW+AREA_ENTRY+ENTRY_SYSTEM_CALL_BOUNCED(%rip), %rcx
    sysretq

// ---- The gate: index in RAX, arguments in RDI and RSI, result in RAX; RCX, RDX, R11 change ----
    .org NUCLEUS_GATE, 0xcc
gate:
    cmpl $GATE_FLUSH_PAGE, %eax
    jne 1f
    invlpg (%rdi)
    iretq
1:  jb gate_load_root           // a hypervisor may take 0.7 us for each instruction
    movl %eax, %eax
    cmpl $GATE_COUNT, %eax
    jae gate_refuse
    leaq gate_table(%rip), %rcx
    movslq (%rcx,%rax,4), %rax
    addq %rcx, %rax
    jmp *%rax

gate_refuse:
    movq $-1, %rax
gate_return:
    iretq

gate_load_root:
    movq %rdi, %cr3
    iretq

gate_wait:                      // IF is off: a vector comes before the test or ends the hlt
    cmpl $0, area+DATA_PENDING(%rip)
    jne 1f
    sti
    hlt
1:  iretq

gate_read_msr:
    movl %edi, %edi
    cmpl $GATE_MSR_COUNT, %edi
    jae 1f
    leaq gate_msrs(%rip), %rcx
    movl (%rcx,%rdi,4), %ecx
    rdmsr
    shlq $32, %rdx
    orq %rdx, %rax
1:  iretq

gate_write_msr:
    movl %edi, %edi
    cmpl $GATE_MSR_COUNT, %edi
    jae 1f
    leaq gate_msrs(%rip), %rcx
    movl (%rcx,%rdi,4), %ecx
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
    wrmsr
1:  iretq

gate_resume:                    // iretq can set TF without a trap on the way; ring-3 flags only
    cmpl $0, area+DATA_PENDING(%rip)
    jne 1f
    leaq area+AREA_GATE_STACK+0x1000(%rip), %rsp
    pushq $SELECTOR_USER_DATA
    pushq area+DATA_RESUME_RSP(%rip)
    pushq area+DATA_RESUME_RFLAGS(%rip)
    andq $0x240dd5, (%rsp)
    orq $0x202, (%rsp)
    pushq $SELECTOR_USER_CODE
    pushq area+DATA_RESUME_RIP(%rip)
    movq area+DATA_RESUME_RAX(%rip), %rax
    movq area+DATA_RESUME_RCX(%rip), %rcx
    movq area+DATA_RESUME_R11(%rip), %r11
    decl area+DATA_MASKED(%rip)
1:  iretq

gate_power_off:                 // ACPI's PM1a control register, or our VMM's port in its place
    movw area+DATA_POWER_OFF_PORT(%rip), %dx
    movl area+DATA_POWER_OFF_VALUE(%rip), %eax
    outw %ax, %dx
    hlt
    iretq

gate_reset:                     // without a descriptor table an exception is a triple fault
    lidt gate_no_table(%rip)
    ud2

.balign 8
gate_site:
    .quad cpu_gate_site
gate_no_table:
    .quad 0, 0
gate_table:
    .long gate_refuse - gate_table          // GATE_LOAD_ROOT and GATE_FLUSH_PAGE never come to the table
    .long gate_refuse - gate_table
    .long gate_wait - gate_table
    .long gate_read_msr - gate_table
    .long gate_write_msr - gate_table
    .long gate_resume - gate_table
    .long gate_power_off - gate_table
    .long gate_reset - gate_table
gate_msrs:                                  // GATE_MSR_*
    .long 0xc0000082, 0xc0000084, 0xc0000100, 0xc0000101
    .long 0x6e0, 0x80b, 0x830, 0x838
    .org 0x1000, 0xcc
#endif
.section .note.GNU-stack, "", @progbits
