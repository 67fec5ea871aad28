// What CPUX86_64 calls in assembly or as one instruction; nothing here needs privilege.
#ifndef MARTLET_CPU_X86_64_ASSEMBLY_H
#define MARTLET_CPU_X86_64_ASSEMBLY_H
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Copies between the library OS and a program; returns the bytes not copied (0: all). A fault on
/// either side ends the copy through the fault table.
size_t cpu_program_copy(void *destination, const void *source, size_t byte_count);
/// Zeroes program memory; returns the bytes left.
size_t cpu_program_zero(void *destination, size_t byte_count);
/// Copies until a NUL, which is copied too, or `limit` bytes; returns the bytes copied, or SIZE_MAX
/// after a fault.
size_t cpu_program_copy_string(void *destination, const void *source, size_t limit);

/// Gate calls by `int $4` and by `syscall`; which one works is found at boot (NucleusLayout.h).
uint64_t cpu_gate_interrupt(uint64_t index, uint64_t first, uint64_t second);
uint64_t cpu_gate_system_call(uint64_t index, uint64_t first, uint64_t second);
/// Jumps to ENTRY_RETURN of a CPU's area.
_Noreturn void cpu_enter_program(uint64_t entry);

static inline void cpu_write_fs_base(uint64_t value) {
  __asm__ volatile("wrfsbase %0" : : "r"(value));
}
static inline uint64_t cpu_read_fs_base(void) {
  uint64_t value;
  __asm__ volatile("rdfsbase %0" : "=r"(value));
  return value;
}
static inline void cpu_write_gs_base(uint64_t value) {
  __asm__ volatile("wrgsbase %0" : : "r"(value));
}
static inline uint64_t cpu_read_gs_base(void) {
  uint64_t value;
  __asm__ volatile("rdgsbase %0" : "=r"(value));
  return value;
}
/// Atomic on this CPU against its own interrupts, which only ever set bits.
static inline uint32_t cpu_exchange(uint32_t *word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
static inline uint32_t cpu_load(const uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void cpu_store(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/// Writes bytes to a port with one string instruction (one exit for many bytes).
static inline void cpu_out_bytes(uint16_t port, const void *bytes, size_t count) {
  __asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}
typedef struct {
  uint32_t eax, ebx, ecx, edx;
} cpu_identification;
static inline cpu_identification cpu_identify(uint32_t leaf, uint32_t subleaf) {
  cpu_identification r;
  __asm__ volatile("cpuid"
                   : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "a"(leaf), "c"(subleaf));
  return r;
}

static inline uint64_t cpu_read_tsc(void) { return __builtin_ia32_rdtsc(); }
static inline void cpu_pause(void) { __asm__ volatile("pause"); }

#pragma clang assume_nonnull end
#endif
