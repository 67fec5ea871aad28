// What CPUX86_64 calls in assembly or as one instruction; nothing here needs privilege.
#ifndef MARTLET_CPU_X86_64_ASSEMBLY_H
#define MARTLET_CPU_X86_64_ASSEMBLY_H
#include <stddef.h>
#include <stdint.h>
#include "CPUAssembly.h"

#pragma clang assume_nonnull begin

/// Gate calls by `int $4` and by `syscall`; which one works is found at boot (NucleusLayout.h).
uint64_t cpu_gate_interrupt(uint64_t index, uint64_t first, uint64_t second);
uint64_t cpu_gate_system_call(uint64_t index, uint64_t first, uint64_t second);
/// Jumps into a data page; 1 if it ran, 0 if the fetch was refused and answered as CPU says.
uint64_t cpu_call_data(void);
uint64_t cpu_data_probe_address(void);
/// Makes code that was just written through another mapping be fetched anew: iret is a serializing
/// instruction that needs no ring 0 (SDM volume 3, sections 9.1.3 and 9.3).
void cpu_serialize(void);
/// Where the library OS begins on a further CPU.
uint64_t cpu_processor_entry(void);
uint64_t cpu_processor_trampoline(void);
/// Jumps to ENTRY_RETURN of a CPU's area.
_Noreturn void cpu_enter_program(uint64_t entry);

CPU_INLINE void cpu_write_fs_base(uint64_t value) {
  __asm__ volatile("wrfsbase %0" : : "r"(value));
}
CPU_INLINE uint64_t cpu_read_fs_base(void) {
  uint64_t value;
  __asm__ volatile("rdfsbase %0" : "=r"(value));
  return value;
}
CPU_INLINE void cpu_write_gs_base(uint64_t value) {
  __asm__ volatile("wrgsbase %0" : : "r"(value));
}
CPU_INLINE uint64_t cpu_read_gs_base(void) {
  uint64_t value;
  __asm__ volatile("rdgsbase %0" : "=r"(value));
  return value;
}
/// Atomic on this CPU against its own interrupts, which only ever set bits.
CPU_INLINE uint32_t cpu_exchange(uint32_t *word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
CPU_INLINE uint32_t cpu_load(const uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
CPU_INLINE void cpu_store(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/// Writes bytes to a port with one string instruction (one exit for many bytes).
CPU_INLINE void cpu_out_bytes(uint16_t port, const void *bytes, size_t count) {
  __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}
/// One access to a port that the TSS's bitmap permits.
CPU_INLINE void cpu_out_8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
CPU_INLINE void cpu_out_32(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
CPU_INLINE uint8_t cpu_in_8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}
typedef struct {
  uint32_t eax, ebx, ecx, edx;
} cpu_identification;
CPU_INLINE cpu_identification cpu_identify(uint32_t leaf, uint32_t subleaf) {
  cpu_identification r;
  __asm__ volatile("cpuid"
                   : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "a"(leaf), "c"(subleaf));
  return r;
}

CPU_INLINE uint64_t cpu_read_tsc(void) { return __builtin_ia32_rdtsc(); }
CPU_INLINE void cpu_pause(void) { __asm__ volatile("pause"); }

/// Leaves 64 bits of the generator behind RDRAND; returns 0 where it has none now.
CPU_INLINE int cpu_random(uint64_t *value) {
    uint8_t done;
    __asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(done) : : "cc");
    return done;
}
/// The same of its entropy source, RDSEED.
CPU_INLINE int cpu_random_seed(uint64_t *value) {
    uint8_t done;
    __asm__ volatile("rdseed %0; setc %1" : "=r"(*value), "=qm"(done) : : "cc");
    return done;
}
/// Moves the program's extended state (XSAVE area, 64-byte aligned) to or from program memory; `mask`
/// chooses components. Returns 0, or 1 after a fault.
int cpu_extended_save(void *area, uint64_t mask);
/// The same, but what is in its initial state or in the area already is not written (XSAVEOPT).
int cpu_extended_save_changed(void *area, uint64_t mask);
int cpu_extended_restore(const void *area, uint64_t mask);
/// The same where the CPU has FXSAVE only; the mask is ignored.
int cpu_legacy_save(void *area, uint64_t mask);
int cpu_legacy_restore(const void *area, uint64_t mask);
void cpu_extended_reset(uint64_t mask);
void cpu_legacy_reset(void);
/// MXCSR in bits 32-63, the x87 status word in 16-31, its control word in 0-15.
uint64_t cpu_float_status(void);
/// XCR0: the components that the operating system enabled. Precondition: CPUID.1:ECX.OSXSAVE.
CPU_INLINE uint64_t cpu_extended_control(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

#pragma clang assume_nonnull end
#endif
