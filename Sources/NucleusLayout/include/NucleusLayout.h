// Numbers that the nucleus (assembly), the library OS (Swift) and the VMM (Swift) must agree on.
//
// This is a C header because assembly includes it; Swift imports it as constants and wraps them in
// types in NucleusInterface. Everything that only Swift needs (boot record, notes) lives there.
#ifndef MARTLET_NUCLEUS_LAYOUT_H
#define MARTLET_NUCLEUS_LAYOUT_H

// Version of everything below and of NucleusInterface; an image of another version is refused.
#define NUCLEUS_INTERFACE_VERSION 1

// ---- Virtual address space of the library OS (PML4 slots 128-159) ----
#define LIBRARY_BASE              0x400000000000  // kernel image: text, constants, data
#define DIRECT_MAP_BASE           0x408000000000  // all RAM, by physical address
#define CPU_AREA_BASE             0x410000000000  // one CPU area each CPU_AREA_STRIDE
#define DEVICE_WINDOW_BASE        0x418000000000  // page 0: the CPU's interrupt controller; page 1+n: virtio-mmio n
#define IO_APIC_WINDOW            0x418000100000  // page n: I/O APIC n
#define POWER_WINDOW              0x418000110000  // the page with the sleep control register
#define PROBE_WINDOW              0x418000120000  // pages that are looked at while devices are found
#define FIRMWARE_WINDOW           0x418000200000  // pages of firmware tables that are read
#define LIBRARY_STACK_BASE        0x420000000000  // library-OS stacks, guard pages between
#define THREAD_STACK_BASE         0x421000000000  // those of threads beside each CPU's first
#define LIBRARY_END               0x500000000000

// ---- Device vectors: what handlers are registered for, whatever the interrupt controller calls them
#define FIRST_DEVICE_VECTOR       0x40
#define DEVICE_VECTORS            32
#define TIMER_VECTOR              0x5f   // the highest of them

// ---- The page of numbers before the vDSO ----
#define VDSO_SEQUENCE             0x00  // u32: odd while the others change
#define VDSO_BASE                 0x08  // u64: counter at the clocks' start
#define VDSO_MULTIPLIER           0x10  // u64: nanoseconds a tick, times 2^32
#define VDSO_PROCESSORS           0x20  // u32: not 0: getcpu is a call, as there are several CPUs
#define VDSO_REALTIME             0x18  // u64: nanoseconds since 1970 at the clocks' start

// ---- System calls ----
#define SYSTEM_CALL_COUNT         464  // entries of the table; higher numbers are ENOSYS

#endif
