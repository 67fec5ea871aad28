// Entry by PVH (xen/include/public/arch-x86/hvm/start_info.h): 32-bit protected mode, flat segments, no
// paging, EBX the start info's physical address. Leaves for ring 3, library_prepare_pvh, which reads it.
//
// Only what ring 3 can't do for itself is done here: long mode with just enough page tables, segments,
// table registers, and the few registers that need privilege. Boot code: it runs once and may loop.
#if defined(__x86_64__)
#include "NucleusLayoutX86_64.h"

.set load_offset, LIBRARY_BASE - PVH_KERNEL
.set area, CPU_AREA_BASE

// Entry flags: present 1, writable 2, user 4, accessed 0x20, dirty 0x40, large 0x80.
#define LINK        0x27
#define NO_EXECUTE  0x80000000
#define TABLE(n)    (PVH_TABLES + 0x1000 * (n))
#define SLOT(address) ((((address) >> 39) & 511) * 8)

// Long mode by the page-table root at `root`; `descriptors` holds the GDT's limit and physical address. The
// caller jumps on.
.macro ENTER_LONG_MODE root, descriptors
    lgdtl \descriptors
    movl $0x50620, %eax                     // PAE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE
    movl %eax, %cr4
    movl $\root, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx                  // EFER: SCE, LME, NXE
    xorl %edx, %edx
    movl $0x901, %eax
    wrmsr
    movl $0x80050033, %eax                  // PG, AM, WP, NE, ET, MP, PE
    movl %eax, %cr0
.endm

.section .text.pvh, "ax"
.code32
.globl pvh_entry
pvh_entry:
    cli
    cld
    rdtsc
    movl %eax, PVH_ENTRY_TSC
    movl %edx, PVH_ENTRY_TSC + 4
    movl $PVH_TABLES, %edi
    movl $(PVH_TABLE_COUNT * 0x1000 / 4), %ecx
    xorl %eax, %eax
    rep stosl
    movl $(pvh_rows - load_offset), %esi
1:  lodsl                                   // a row: place, count, first entry (low, high), step
    testl %eax, %eax
    jz 3f
    movl %eax, %edi
    lodsl
    movl %eax, %ecx
    lodsl
2:  movl %eax, (%edi)
    movl (%esi), %edx
    movl %edx, 4(%edi)
    addl $8, %edi
    addl 4(%esi), %eax
    decl %ecx
    jnz 2b
    addl $8, %esi
    jmp 1b
3:  movl $(pvh_gdt - load_offset), %esi
    movl $(PVH_AREA + AREA_TABLES + TABLES_GDT), %edi
    movl $(GDT_BYTES / 4), %ecx
    rep movsl
    ENTER_LONG_MODE PVH_TABLES, pvh_gdt_physical - load_offset
    ljmpl $SELECTOR_KERNEL_CODE, $(pvh_long - load_offset)

.code64
pvh_long:
    movl $SELECTOR_KERNEL_DATA, %eax
    movl %eax, %ss
    movl $SELECTOR_USER_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl $SELECTOR_TSS, %eax
    ltr %ax                                 // marks the descriptor busy: by the identity map
    lgdt pvh_gdt_virtual(%rip)
    lidt pvh_idt_virtual(%rip)
    movl %ebx, %edi
    movl $0xd, %eax                         // XCR0: x87, SSE, AVX and AVX-512, as far as there are
    xorl %ecx, %ecx
    cpuid
    andl $0xe7, %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    xsetbv
    movl $0xc0000081, %ecx                  // STAR
    xorl %eax, %eax
    movl $(0x23 << 16 | SELECTOR_KERNEL_CODE), %edx
    wrmsr
    incl %ecx                               // LSTAR: ring 0's, until the probe
    movl $((area + AREA_NUCLEUS + NUCLEUS_LSTAR) & 0xffffffff), %eax
    movl $((area + AREA_NUCLEUS + NUCLEUS_LSTAR) >> 32), %edx
    wrmsr
    movl $0xc0000084, %ecx                  // SFMASK
    movl $SYSCALL_FLAG_MASK, %eax
    xorl %edx, %edx
    wrmsr
    movabsq $(area + AREA_GATE_STACK + 0x1000), %rsp
    testl %edi, %edi                        // no start info
    jz pvh_further
    movb $0xff, %al                         // the 8259s stay silent
    outb %al, $0x21
    outb %al, $0xa1
    movabsq $kernel_constants, %rsi
    movabsq $kernel_data, %rdx
    movabsq $kernel_end, %rcx
    movabsq $((LIBRARY_STACK_BASE + 0x1000 + PVH_STACK_BYTES - FRAME_BYTES - 128) & ~15), %rax
    pushq $SELECTOR_USER_DATA
    pushq %rax
    pushq $0x202
    pushq $SELECTOR_USER_CODE
    movabsq $kernel_entry_pvh, %rax
    pushq %rax
    iretq
pvh_further:                                // a further CPU goes on as its area says
    movabsq $area, %rdx
    movq DATA_START_ROOT(%rdx), %rax
    movq %rax, %cr3
    movq DATA_START_ARGUMENT(%rdx), %rdi
    pushq $SELECTOR_USER_DATA
    pushq DATA_START_RSP(%rdx)
    pushq $0x202
    pushq $SELECTOR_USER_CODE
    pushq DATA_START_RIP(%rdx)
    movq $0, DATA_START_ROOT(%rdx)          // it has come
    iretq

.section .rodata.pvh, "a"
.macro ROW place, count, first, high, step
    .long \place, \count, \first, \high, \step
.endm
.balign 8
pvh_rows:
    ROW TABLE(0), 1, TABLE(1) + 0x23, 0, 0                                  // identity: ring 0 alone
    ROW TABLE(0) + SLOT(LIBRARY_BASE), 1, TABLE(4) + LINK, 0, 0
    ROW TABLE(0) + SLOT(DIRECT_MAP_BASE), 1, TABLE(2) + LINK, NO_EXECUTE, 0
    ROW TABLE(0) + SLOT(CPU_AREA_BASE), 1, TABLE(6) + LINK, 0, 0
    ROW TABLE(0) + SLOT(LIBRARY_STACK_BASE), 1, TABLE(9) + LINK, 0, 0
    ROW TABLE(1), 1, TABLE(3) + LINK, 0, 0
    ROW TABLE(2), 1, TABLE(3) + LINK, 0, 0
    ROW TABLE(3), PVH_MAPPED >> 21, 0xe7, 0, 0x200000
    ROW TABLE(4), 1, TABLE(5) + LINK, 0, 0
    ROW TABLE(5), (PVH_MAPPED - PVH_KERNEL) >> 21, PVH_KERNEL + 0xe7, 0, 0x200000
    ROW TABLE(6), 1, TABLE(7) + LINK, 0, 0
    ROW TABLE(7), 1, TABLE(8) + LINK, 0, 0
    // CPU 0's area: the supervisor view, then the user view, with the rights of NucleusLayout.h.
    ROW TABLE(8), 1, PVH_AREA + 0x63, NO_EXECUTE, 0
    ROW TABLE(8) + 8, 1, nucleus_template - load_offset + 0x21, 0, 0
    ROW TABLE(8) + 8 * 2, 5, PVH_AREA + AREA_IDT + 0x21, NO_EXECUTE, 0x1000
    ROW TABLE(8) + 8 * 7, 5, PVH_AREA + AREA_EXCEPTION_STACK + 0x63, NO_EXECUTE, 0x1000
    ROW TABLE(8) + 8 * 32, 1, PVH_AREA + 0x67, NO_EXECUTE, 0
    ROW TABLE(8) + 8 * 39, 1, PVH_AREA + AREA_EXCEPTION_STACK + 0x25, NO_EXECUTE, 0
    ROW TABLE(8) + 8 * 41, 3, PVH_AREA + AREA_NMI_STACK + 0x25, NO_EXECUTE, 0x1000
    ROW TABLE(8) + 8 * 44, 1, entry_template - load_offset + 0x25, 0, 0
    ROW TABLE(8) + 8 * 45, 2, PVH_AREA + AREA_SCRATCH + 0x67, NO_EXECUTE, 0x1000
    ROW TABLE(8) + 8 * 48, 4, PVH_AREA + AREA_CRASH_STACK + 0x67, NO_EXECUTE, 0x1000
    ROW TABLE(9), 1, TABLE(10) + LINK, 0, 0
    ROW TABLE(10), 1, TABLE(11) + LINK, 0, 0
    ROW TABLE(11) + 8, PVH_STACK_BYTES >> 12, PVH_STACK + 0x67, NO_EXECUTE, 0x1000
    .long 0
// Where a further CPU begins, in real mode, after INIT and SIPI (SDM volume 3, section 9.4): copied to
// PVH_TRAMPOLINE, below 1 MiB. Its root maps the copy where it lies, and all that the CPU's own root has.
.balign PVH_TRAMPOLINE_BYTES
.globl pvh_trampoline
pvh_trampoline:
#define IN_COPY(label) (PVH_TRAMPOLINE + (label) - pvh_trampoline)
.code16
    cli
    ENTER_LONG_MODE PVH_TRAMPOLINE_ROOT, IN_COPY(pvh_gdt_copy)
    ljmpl $SELECTOR_KERNEL_CODE, $IN_COPY(1f)
.code64
1:  xorl %ebx, %ebx
    movabsq $pvh_long, %rax
    jmp *%rax
.balign 8
pvh_gdt_copy:
    .word GDT_BYTES - 1
    .long IN_COPY(pvh_gdt)
.balign 8
pvh_gdt:                                    // as ProcessorArea writes it, the TSS not yet busy
    .quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
    .quad 0x00affb000000ffff, 0
    .quad TSS_LIMIT | ((area + AREA_TSS) & 0xffffff) << 16 | 0x89 << 40 | (((area + AREA_TSS) >> 24) & 0xff) << 56
    .quad (area + AREA_TSS) >> 32
    .org pvh_trampoline + PVH_TRAMPOLINE_BYTES
pvh_gdt_physical:
    .word GDT_BYTES - 1
    .long PVH_AREA + AREA_TABLES + TABLES_GDT
pvh_gdt_virtual:
    .word GDT_BYTES - 1
    .quad area + AREA_TABLES + TABLES_GDT
pvh_idt_virtual:
    .word 0xfff
    .quad area + AREA_IDT
#endif
.section .note.GNU-stack, "", @progbits
