// What CPUX86_64 calls in assembly or as one instruction; nothing here needs privilege.
#ifndef MARTLET_CPU_X86_64_ASSEMBLY_H
#define MARTLET_CPU_X86_64_ASSEMBLY_H
#include <stddef.h>
#include <stdint.h>

// An instruction costs less than a call of it. By attribute, because code without builtins, as -ffreestanding
// makes it, is otherwise inlined nowhere in Swift.
#define CPU_INLINE static inline __attribute__((always_inline))

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
/// Jumps into a data page; 1 if it ran, 0 if the fetch was refused and answered as CPU says.
uint64_t cpu_call_data(void);
uint64_t cpu_data_probe_address(void);
/// Makes code that was just written through another mapping be fetched anew: iret is a serializing
/// instruction that needs no ring 0 (SDM volume 3, sections 9.1.3 and 9.3).
void cpu_serialize(void);
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

/// The vDSO's object and its end (VDSO.S).
extern const uint8_t cpu_vdso_start[], cpu_vdso_end[];
CPU_INLINE const void *cpu_vdso_first(void) { return cpu_vdso_start; }
CPU_INLINE size_t cpu_vdso_byte_count(void) { return (size_t)(cpu_vdso_end - cpu_vdso_start); }
/// Keeps stores before it from moving behind it; the CPU itself keeps their order.
CPU_INLINE void cpu_order_stores(void) { __asm__ volatile("" : : : "memory"); }

/// First byte and end of the fault table: pairs of instruction and continuation.
extern const uint64_t cpu_fault_table[2];

CPU_INLINE uint64_t cpu_read_tsc(void) { return __builtin_ia32_rdtsc(); }
CPU_INLINE void cpu_pause(void) { __asm__ volatile("pause"); }

// Device registers: exactly one access of the given width, never merged or moved.
CPU_INLINE uint8_t cpu_register_load_8(const volatile void *at) {
    uint8_t value;
    __asm__ volatile("movb %1, %0" : "=q"(value) : "m"(*(const volatile uint8_t *)at) : "memory");
    return value;
}
CPU_INLINE uint16_t cpu_register_load_16(const volatile void *at) {
    uint16_t value;
    __asm__ volatile("movw %1, %0" : "=r"(value) : "m"(*(const volatile uint16_t *)at) : "memory");
    return value;
}
CPU_INLINE uint32_t cpu_register_load_32(const volatile void *at) {
    uint32_t value;
    __asm__ volatile("movl %1, %0" : "=r"(value) : "m"(*(const volatile uint32_t *)at) : "memory");
    return value;
}
CPU_INLINE void cpu_register_store_8(volatile void *at, uint8_t value) {
    __asm__ volatile("movb %1, %0" : "=m"(*(volatile uint8_t *)at) : "q"(value) : "memory");
}
CPU_INLINE void cpu_register_store_32(volatile void *at, uint32_t value) {
    __asm__ volatile("movl %1, %0" : "=m"(*(volatile uint32_t *)at) : "r"(value) : "memory");
}

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
