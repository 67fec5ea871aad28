// Numbers of the arm64 nucleus, its entries and its boot; what both architectures share is in
// NucleusLayout.h.
#ifndef MARTLET_NUCLEUS_LAYOUT_ARM64_H
#define MARTLET_NUCLEUS_LAYOUT_ARM64_H
#include "NucleusLayout.h"

#define PROGRAM_END               0x1000000000000  // first address a program never has
#define LIBRARY_SLOT              4  // bits 47-44 of the library OS's addresses

// ---- CPU area: pages seen by the nucleus at EL1 (the supervisor view) and, CPU_AREA_USER_VIEW above
// it, by the library OS at EL0. The nucleus touches supervisor pages only (PAN stays on). SP_EL1 is
// the supervisor view of AREA_DATA, TPIDRRO_EL0 its user view.
#define CPU_AREA_STRIDE           0x40000
#define CPU_AREA_USER_VIEW        0x20000
//      page offset                       supervisor   user
#define AREA_DATA                 0x00000  // rw          rw
#define AREA_NUCLEUS              0x01000  // rx          -     the same page for every CPU
#define AREA_CRASH_STACK          0x10000  // -           rw    four pages, unmapped ones around
#define AREA_CRASH_STACK_TOP      0x14000
#define AREA_CRASH_PAGES          4

// ---- AREA_DATA fields, u64 each; pairs are stored together ----
#define DATA_SAVED_X0             0x000  // X0 and X1 at an entry
#define DATA_ELR                  0x010  // ELR_EL1 and SPSR_EL1 at an entry
#define DATA_SYNDROME             0x020  // ESR_EL1 and FAR_EL1 at an entry
#define DATA_RESUME_PC            0x030  // PC and PSTATE that the resume site goes on with
#define DATA_RESUME_X0            0x040  // and X0, X1
#define DATA_UPCALL               0x050  // entries of the library OS, in the order of UPCALL_*
#define DATA_GATE_SITE            0x070  // return address of the one `svc` that is the gate
#define DATA_RESUME_SITE          0x078  // and of the one that resumes
#define DATA_CALL_ENTRY           0x080  // where sites that were made branches lead
#define DATA_CALL_X30             0x088  // X30 at such a site
#define DATA_CALL_TAIL            0x090  // where its stub goes on
#define DATA_PROGRAM_SP           0x098
#define DATA_LIBRARY_STACK_TOP    0x0a0  // where entries from the program push their frame
#define DATA_LIBRARY_STACK_LIMIT  0x0a8  // lowest usable address of that stack
#define DATA_RETURN_WORK          0x0b0  // not 0: more than a return is due after a call
#define DATA_FAST_CALLS           0x0b8  // system calls that came by DATA_CALL_ENTRY
#define DATA_CPU_INDEX            0x0c0
#define DATA_CRASH_TOP            0x0c8  // top of the crash stack, in the user view
#define DATA_CALL_ARGUMENT        0x0d0  // X2 and X3 of a firmware call

#define DATA_START                0x100  // what a CPU that is started goes on with: page-table root,
                                         // stack, entry, argument, index (read by physical address)

#define DATA_KEY                  0x140  // CPU 0's: the key that signs return addresses on every CPU

#define UPCALL_SYNCHRONOUS        0x00
#define UPCALL_INTERRUPT          0x08
#define UPCALL_ERROR              0x10  // an SError, or an exception of the nucleus itself

// ---- Gate calls (index in X8, arguments in X0 and X1, result in X0) ----
#define GATE_FLUSH_PAGE           0  // X0: virtual address
#define GATE_LOAD_ROOT            1  // X0: physical address of the root, its ASID in bits 63-48
#define GATE_READ_REGISTER        2  // X0: index into the list of registers
#define GATE_WRITE_REGISTER       3  // X0: index, X1: value
#define GATE_HYPERVISOR_CALL      4  // X0: function, X1, X2, X3: arguments (SMCCC, by HVC)
#define GATE_SECURE_CALL          5  // the same by SMC
#define GATE_FLUSH_ALL            6
#define GATE_PROBE_PAGE           7  // X0: address; PAR_EL1 of a read by EL1 (bit 0: refused), PAN heeded
#define GATE_COUNT                8

// System registers that a gate call may name, by index.
#define GATE_ICC_IAR1             0   // acknowledge: read only
#define GATE_ICC_EOIR1            1   // write only
#define GATE_ICC_PMR              2
#define GATE_ICC_IGRPEN1          3
#define GATE_ICC_SGI1R            4   // write only
#define GATE_ICC_CTLR             5
#define GATE_ZCR                  6   // where the CPU has SVE
#define GATE_MPIDR                7   // read only from here
#define GATE_MIDR                 8
#define GATE_REVIDR               9
#define GATE_ID_AA64PFR0          10
#define GATE_ID_AA64PFR1          11
#define GATE_ID_AA64ZFR0          12
#define GATE_ID_AA64DFR0          13
#define GATE_ID_AA64ISAR0         14
#define GATE_ID_AA64ISAR1         15
#define GATE_ID_AA64ISAR2         16
#define GATE_ID_AA64MMFR0         17
#define GATE_ID_AA64MMFR1         18
#define GATE_ID_AA64MMFR2         19
#define GATE_SCTLR                20
#define GATE_REGISTER_COUNT       21

// ---- Program frame: what an entry pushes, lowest address first, and Swift reads and changes ----
#define FRAME_X(n)                (8 * (n))
#define FRAME_X30                 0xf0
#define FRAME_SP                  0xf8
#define FRAME_PC                  0x100
#define FRAME_PSTATE              0x108
#define FRAME_ORIGINAL_X0         0x110
#define FRAME_NUMBER              0x118  // of the system call; all ones where none is in progress
#define FRAME_CAUSE               0x120  // FRAME_CAUSE_*
#define FRAME_SYNDROME            0x128  // ESR_EL1; after a call by a branch, where the stub goes on
#define FRAME_BYTES               0x130  // a multiple of 16
#define FRAME_CAUSE_EXCEPTION     0x000
#define FRAME_CAUSE_SYSTEM_CALL   0x100
#define FRAME_CAUSE_INTERRUPT     0x101
#define FRAME_CAUSE_ERROR         0x102

// PSTATE: EL0 with D, I and F masked (the library OS), and what a program's may hold.
#define PSTATE_LIBRARY            0x2c0
#define PSTATE_PROGRAM_MASK       0xf3201ec0  // N Z C V TCO DIT SS SSBS BTYPE, and D, I, F of ours

// ZCR_EL1.LEN: vectors have at most four times 16 bytes, what Linux gives programs by itself.
#define VECTOR_LENGTH_LIMIT       3

// ---- Boot: pages within the kernel's zeroed data, in this order ----
#define BOOT_AREA                 0x00000  // AREA_DATA
#define BOOT_CRASH_STACK          0x01000  // four pages
#define BOOT_STACK                0x05000
#define BOOT_STACK_BYTES          0x10000
#define BOOT_RECORD               0x15000  // the boot record, two pages
#define BOOT_RECORD_BYTES         0x2000
#define BOOT_TABLES               0x17000  // the page tables of the entry, root first
#define BOOT_TABLE_COUNT          12
#define BOOT_FREE_TABLES          0x23000  // for the tables that replace them
#define BOOT_FREE_TABLE_COUNT     61
#define BOOT_BYTES                0x60000

#define KERNEL_ALIGNMENT          0x200000  // of the kernel's physical address

// ---- Translation: 48 bits by 4 KiB pages, TTBR0 alone ----
#define MEMORY_ATTRIBUTES         0x4404ff  // MAIR: 0 normal write-back, 1 device nGnRE, 2 uncached
#define TRANSLATION_CONTROL       0x3000903510 // TCR: T0SZ 16, WB WA inner shareable, EPD1, 16-bit ASIDs, TBI0
#define SYSTEM_CONTROL            0x3455db1d // SCTLR_EL1, see Boot.S

// ---- Interrupt controller windows within DEVICE_WINDOW_BASE's range ----
#define GIC_CPU_WINDOW            DEVICE_WINDOW_BASE  // GICv2: the CPU interface, two pages
#define GIC_DISTRIBUTOR_WINDOW    0x418000140000  // 64 KiB
#define GIC_REDISTRIBUTOR_WINDOW  0x418000150000  // GICv3: CPU 0's, 128 KiB
#define GIC_REDISTRIBUTORS        0x418100000000  // its regions, each behind the one before
#define SERIAL_WINDOW             0x418000180000  // PL011, one page
#define CLOCK_WINDOW              0x418000181000  // PL031, one page

#endif
