// Numbers of the x86-64 nucleus, its entries and its boot; what both architectures share is in
// NucleusLayout.h.
#ifndef MARTLET_NUCLEUS_LAYOUT_X86_64_H
#define MARTLET_NUCLEUS_LAYOUT_X86_64_H
#include "NucleusLayout.h"

#define PROGRAM_END               0x7ffffffff000  // first address a program never has

// ---- Segments: GDT order fixed by what ring 3 sees on every host ----
#define SELECTOR_KERNEL_CODE      0x10
#define SELECTOR_KERNEL_DATA      0x18
#define SELECTOR_USER_DATA        0x2b
#define SELECTOR_USER_CODE        0x33
#define SELECTOR_TSS              0x40
#define GDT_BYTES                 0x50

// Each CPU has an area of its own behind the same addresses: its page-table root differs from the
// others in that one slot. (So entries, stubs of call sites and Swift reach the CPU's own by constants.)
//
// ---- CPU area: 32 pages seen twice, in the supervisor view and, CPU_AREA_USER_VIEW above it, in
// the user view. Code in one view reaches data of its own view RIP-relative, so that the nucleus
// touches supervisor pages only (SMEP and SMAP stay on).
#define CPU_AREA_STRIDE           0x40000
#define CPU_AREA_USER_VIEW        0x20000
#define CPU_AREA_PAGES            32
// Vector 4 is the gate, so its constant return frame serves interrupt upcalls.
//      page offset                       supervisor   user
#define AREA_DATA                 0x00000  // rw          rw
#define AREA_NUCLEUS              0x01000  // rx          -     copy of the ring-0 template
#define AREA_IDT                  0x02000  // r           -
#define AREA_TABLES               0x03000  // r           -     GDT, constant return frames
#define AREA_TSS                  0x04000  // r           -     three pages with the I/O bitmap
#define AREA_EXCEPTION_STACK      0x07000  // rw          r
#define AREA_GATE_STACK           0x08000  // rw          -
#define AREA_NMI_STACK            0x09000  // rw          r
#define AREA_DOUBLE_FAULT_STACK   0x0a000  // rw          r
#define AREA_MACHINE_CHECK_STACK  0x0b000  // rw          r
#define AREA_ENTRY                0x0c000  // -           rx    copy of the ring-3 template
#define AREA_SCRATCH              0x0d000  // -           rw    two pages
#define AREA_CRASH_STACK          0x10000  // -           rw    four pages, unmapped ones around
#define AREA_CRASH_STACK_TOP      0x14000

// Interrupt stack table numbers of the TSS.
#define IST_EXCEPTION             1
#define IST_NMI                   2
#define IST_DOUBLE_FAULT          3
#define IST_MACHINE_CHECK         4
#define TSS_IO_MAP_OFFSET         0x68
#define TSS_LIMIT                 0x2068

// AREA_TABLES: the GDT, then one constant return frame (RIP CS RFLAGS RSP SS) a vector.
#define TABLES_GDT                0x000
#define TABLES_RETURN_FRAMES      0x100
#define RETURN_FRAME_BYTES        40

// ---- AREA_DATA fields ----
#define DATA_MASKED               0x000  // u32: 0 program code runs; 1 library OS; more: nested
#define DATA_PENDING              0x004  // u32: bit n: vector FIRST_DEVICE_VECTOR+n waits
#define DATA_INTERRUPTED_RIP      0x008  // u64: where the interrupt stub found the program
#define DATA_SAVED_RAX            0x010  // u64: RAX at an exception
#define DATA_FAULT_ADDRESS        0x018  // u64: CR2 at an exception
#define DATA_VECTOR               0x020  // u64: vector of the exception being entered
#define DATA_PROGRAM_RSP          0x028  // u64: RSP at entry
#define DATA_LIBRARY_STACK_TOP    0x030  // u64: where entries from the program push their frame
#define DATA_LIBRARY_STACK_LIMIT  0x038  // u64: lowest usable address of that stack
#define DATA_EXIT_RIP             0x040  // u64: where the exit range jumps
#define DATA_NESTED_RIP           0x048  // u64: the same for a return into library-OS code
#define DATA_NESTED_RSP           0x050
#define DATA_BOUNCE_RIP           0x058  // u64: program's RIP when LSTAR ran in ring 0
#define DATA_GATE_RSP             0x060  // u64: caller's RSP during a gate by `syscall`
#define DATA_POWER_OFF_PORT       0x068  // u16
#define DATA_POWER_OFF_VALUE      0x06c  // u32
#define DATA_CPU_INDEX            0x070  // u32
#define DATA_STEPPED              0x074  // u32: 1: TF was taken out of an interrupted frame
#define DATA_NMI_COUNT            0x078  // u32
#define DATA_LSTAR_IN_RING_0      0x07c  // u32: result of the boot-time probe: 1 where it does
#define DATA_SAVED_FLAGS          0x080  // u64: RFLAGS at an interrupt upcall
#define DATA_RESUME_RIP           0x088  // u64 each: what GATE_RESUME returns to
#define DATA_RESUME_RFLAGS        0x090
#define DATA_RESUME_RSP           0x098
#define DATA_RESUME_RAX           0x0a0
#define DATA_RESUME_RCX           0x0a8
#define DATA_RESUME_R11           0x0b0
#define DATA_RETURN_WORK          0x0c0  // u32: not 0: more than a return is due after a call
#define DATA_FAST_CALLS           0x0b8  // u64: system calls that came by ENTRY_CALL
#define DATA_START_ROOT           0x0c8  // u64 each: what a further CPU begins with
#define DATA_START_RIP            0x0d0
#define DATA_START_RSP            0x0d8
#define DATA_START_ARGUMENT       0x0e0

// ---- Vectors ----
#define GATE_VECTOR               4
#define EXCEPTION_VECTORS         32
#define SPURIOUS_VECTOR           0xff

// ---- Offsets within AREA_NUCLEUS (ring 0) ----
#define NUCLEUS_EXCEPTION_STUBS   0x000  // 32 bytes a vector
#define EXCEPTION_STUB_BYTES      32
#define NUCLEUS_INTERRUPT_STUBS   0x400  // 48 bytes a device vector
#define INTERRUPT_STUB_BYTES      48
#define NUCLEUS_SPURIOUS          0xa00
#define NUCLEUS_NMI               0xa20
#define NUCLEUS_LSTAR             0xa40
#define NUCLEUS_GATE              0xac0

// ---- Offsets within AREA_ENTRY (ring 3) ----
#define ENTRY_EXCEPTIONS          0x000  // 32 bytes a vector
#define ENTRY_EXCEPTION_BYTES     32
#define ENTRY_SYSTEM_CALL         0x400  // LSTAR where `syscall` stays in ring 3
#define ENTRY_SYSTEM_CALL_BOUNCED 0x480  // where the nucleus sends a program's `syscall`
#define ENTRY_INTERRUPT           0x500  // interrupt upcalls come here (by the frame of vector 4)
#define ENTRY_RETURN              0x600  // to the program whose frame tops the library stack
#define ENTRY_CALL                0x700  // a system call as a jump; R11: where it goes on
#define ENTRY_EXIT                0x800  // the exit range: ENTRY_EXIT..<ENTRY_EXIT_END
#define ENTRY_EXIT_END            0x920

// ---- Gate calls (index in RAX, arguments in RDI and RSI, result in RAX) ----
#define GATE_LOAD_ROOT            0  // RDI: physical address of the page-table root; flushes
#define GATE_FLUSH_PAGE           1  // RDI: virtual address
#define GATE_WAIT                 2  // returns when a vector is pending
#define GATE_READ_MSR             3  // RDI: index into the list of MSRs
#define GATE_WRITE_MSR            4  // RDI: index, RSI: value
#define GATE_RESUME               5  // to the program at DATA_RESUME_*; returns if a vector pends
#define GATE_POWER_OFF            6
#define GATE_RESET                7
#define GATE_COUNT                8

// The MSRs a gate call may name, by index.
#define GATE_MSR_LSTAR            0
#define GATE_MSR_SFMASK           1
#define GATE_MSR_FS_BASE          2
#define GATE_MSR_GS_BASE          3
#define GATE_MSR_TSC_DEADLINE     4
#define GATE_MSR_X2APIC_EOI       5
#define GATE_MSR_X2APIC_ICR       6
#define GATE_MSR_X2APIC_INITIAL   7
#define GATE_MSR_COUNT            8

// SFMASK where `syscall` stays in ring 3 (TF, DF, NT, AC); where it enters ring 0, IF as well.
#define SYSCALL_FLAG_MASK         0x44500
#define SYSCALL_FLAG_MASK_RING_0  0x44700

// ---- Program frame: what an entry pushes, lowest address first, and Swift reads and changes ----
#define FRAME_R15                 0x00
#define FRAME_R14                 0x08
#define FRAME_R13                 0x10
#define FRAME_R12                 0x18
#define FRAME_RBP                 0x20
#define FRAME_RBX                 0x28
#define FRAME_R11                 0x30
#define FRAME_R10                 0x38
#define FRAME_R9                  0x40
#define FRAME_R8                  0x48
#define FRAME_RAX                 0x50
#define FRAME_RCX                 0x58
#define FRAME_RDX                 0x60
#define FRAME_RSI                 0x68
#define FRAME_RDI                 0x70
#define FRAME_ORIGINAL_RAX        0x78  // number of the system call, or RAX
#define FRAME_VECTOR              0x80  // vector, or FRAME_VECTOR_SYSTEM_CALL, …_INTERRUPT
#define FRAME_ERROR               0x88  // hardware error code (0 where the vector has none)
#define FRAME_RIP                 0x90
#define FRAME_RFLAGS              0x98
#define FRAME_RSP                 0xa0
#define FRAME_CS                  0xa8  // at exceptions: the hardware frame's CS; else 0
#define FRAME_BYTES               0xb0  // a multiple of 16
#define FRAME_VECTOR_SYSTEM_CALL  0x100
#define FRAME_VECTOR_INTERRUPT    0x101

// ---- Physical places at entry by PVH: what our VMM packs for itself lies here below the kernel ----
#define PVH_AREA                  0x100000  // CPU 0's area, as at AREA_*
#define PVH_STACK                 0x114000
#define PVH_STACK_BYTES           0x10000
#define PVH_RECORD                0x124000  // the boot record, two pages
#define PVH_RECORD_BYTES          0x2000
#define PVH_TABLES                0x126000  // the page tables of the entry, root first
#define PVH_TABLE_COUNT           12
#define PVH_FREE                  0x132000  // up to the kernel: further page tables
#define PVH_KERNEL                0x200000  // on a 2 MiB boundary
#define PVH_MAPPED                0x1000000 // bytes from 0 that the direct map covers at entry
#define PVH_ENTRY_TSC             0x124070  // counter at entry: BootRecord.startTSC in its place

// ---- Below 1 MiB, where further CPUs begin that no VMM of ours starts; what a loader left there was read ----
#define PVH_TRAMPOLINE            0x8000   // code and GDT
#define PVH_TRAMPOLINE_BYTES      0x100
#define PVH_TRAMPOLINE_ROOT       0x9000   // page-table root
#define PVH_IDENTITY              0x127000 // what the root's first entry linked at entry: all below PVH_MAPPED

// ---- Ports and addresses of our own VMM ----
#define VMM_POWER_OFF_PORT        0x604
#define VMM_POWER_OFF_VALUE       0x2000
#define VMM_EARLY_CONSOLE_PORT    0x3f8  // bytes written here are the kernel's words
#define VMM_PROCESSOR_PORT        0x3f4  // u32 written here: frame of AREA_DATA of a CPU to start
#define VMM_VIRTIO_BASE           0xd0000000  // physical; one page a device
#define LOCAL_APIC_PHYSICAL       0xfee00000
#define IO_APIC_PHYSICAL          0xfec00000  // the first; QEMU's microvm may have another
#define IO_APIC_STRIDE            0x10000

#endif
