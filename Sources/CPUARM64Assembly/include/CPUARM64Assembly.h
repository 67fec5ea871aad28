// What CPUARM64 calls in assembly or as one instruction; nothing here needs privilege.
//
// A host of another architecture compiles CPUARM64 for the tests of what it computes; the
// instructions themselves are then traps (Absent.c).
#ifndef MARTLET_CPU_ARM64_ASSEMBLY_H
#define MARTLET_CPU_ARM64_ASSEMBLY_H
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Cleans the data lines of a range to where instructions are fetched from, or to memory; drops its instruction
/// lines. The line size is a power of two; a line that is not mapped ends it.
void arm64_clean_data(uint64_t start, uint64_t end, uint64_t line);
void arm64_clean_memory(uint64_t start, uint64_t end, uint64_t line);
void arm64_drop_code(uint64_t start, uint64_t end, uint64_t line);

/// A gate call (NucleusLayoutARM64.h).
uint64_t arm64_gate(uint64_t index, uint64_t first, uint64_t second);
/// A firmware call by the gate: function and three arguments.
uint64_t arm64_firmware_call(uint64_t index, const uint64_t *values);
/// Branches into a data page; 1 if it ran, 0 if the fetch was refused and answered as CPU says.
uint64_t arm64_call_data(void);
uint64_t arm64_data_probe_address(void);
/// What hardening refuses; 1 where it ran, 0 where the fault was answered.
uint64_t arm64_probe_branch(void);
uint64_t arm64_probe_return(void);
/// Goes on at `entry`, the library OS's way back to the program.
_Noreturn void arm64_enter_program(uint64_t entry);

/// Addresses that the nucleus is told: entries of the library OS, and its two sites.
extern const uint8_t arm64_entry_synchronous[], arm64_entry_interrupt[], arm64_entry_error[];
extern const uint8_t arm64_entry_return[], arm64_entry_call[], arm64_gate_site[], arm64_resume_site[];
extern const uint8_t arm64_entry_secondary[], boot_secondary[];
typedef enum {
  ARM64_ENTRY_SYNCHRONOUS,
  ARM64_ENTRY_INTERRUPT,
  ARM64_ENTRY_ERROR,
  ARM64_ENTRY_RETURN,
  ARM64_ENTRY_CALL,
  ARM64_SITE_GATE,
  ARM64_SITE_RESUME,
  ARM64_ENTRY_SECONDARY,
  ARM64_BOOT_SECONDARY,
} arm64_place;
static inline const void *arm64_entry(arm64_place place) {
  switch (place) {
    case ARM64_ENTRY_SYNCHRONOUS: return arm64_entry_synchronous;
    case ARM64_ENTRY_INTERRUPT: return arm64_entry_interrupt;
    case ARM64_ENTRY_ERROR: return arm64_entry_error;
    case ARM64_ENTRY_RETURN: return arm64_entry_return;
    case ARM64_ENTRY_CALL: return arm64_entry_call;
    case ARM64_SITE_GATE: return arm64_gate_site;
    case ARM64_SITE_RESUME: return arm64_resume_site;
    case ARM64_ENTRY_SECONDARY: return arm64_entry_secondary;
    case ARM64_BOOT_SECONDARY: return boot_secondary;
  }
  __builtin_unreachable();
}
static inline const void *arm64_entry_page(void) { return arm64_entry_synchronous; }

#if defined(__aarch64__)
#define CPU_READ(name, register)                                                     \
  static inline uint64_t name(void) {                                                \
    uint64_t value;                                                                  \
    __asm__ volatile("mrs %0, " register : "=r"(value) : : "memory");                \
    return value;                                                                    \
  }
#define CPU_WRITE(name, register)                                                    \
  static inline void name(uint64_t value) {                                          \
    __asm__ volatile("msr " register ", %0\n\tisb" : : "r"(value) : "memory");       \
  }
#define CPU_DO(name, instructions)                                                   \
  static inline void name(void) { __asm__ volatile(instructions : : : "memory"); }
#else
#define CPU_READ(name, register) uint64_t name(void);
#define CPU_WRITE(name, register) void name(uint64_t value);
#define CPU_DO(name, instructions) void name(void);
#endif

CPU_READ(arm64_read_thread_pointer, "tpidr_el0")
CPU_WRITE(arm64_write_thread_pointer, "tpidr_el0")
/// This CPU's area, in the library OS's view.
CPU_READ(arm64_read_area, "tpidrro_el0")
/// The virtual counter, not ahead of what came before.
#if defined(__aarch64__)
static inline uint64_t arm64_read_counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}
#else
uint64_t arm64_read_counter(void);
#endif
CPU_READ(arm64_read_counter_frequency, "cntfrq_el0")
/// The virtual timer: compare value, and its control (1 on, 2 masked, 4 due).
CPU_WRITE(arm64_write_timer_compare, "cntv_cval_el0")
CPU_WRITE(arm64_write_timer_control, "cntv_ctl_el0")
/// Line sizes of the caches (CTR_EL0).
CPU_READ(arm64_read_cache_type, "ctr_el0")
/// Waits for an interrupt, masked or not.
CPU_DO(arm64_wait, "dsb sy\n\twfi")
CPU_DO(arm64_pause, "yield")
/// Stores to page tables are seen by the walks that follow.
CPU_DO(arm64_order_tables, "dsb ishst\n\tisb")
/// Stores are seen by a CPU that an interrupt is sent to; loads wait for what acknowledged one.
CPU_DO(arm64_order_interrupt, "dsb ishst")
CPU_DO(arm64_order_loads, "dmb ishld")
/// What was dropped of fetched code is fetched anew by what follows.
CPU_DO(arm64_order_fetch, "dsb ish\n\tisb")

#if defined(__aarch64__)
/// Leaves 64 bits of the CPU's random numbers (RNDRRS); returns 0 where it has none now.
/// Precondition: FEAT_RNG.
static inline int arm64_random_seed(uint64_t *value) {
  uint32_t done;
  __asm__ volatile("mrs %0, S3_3_C2_C4_1\n\tcset %w1, ne" : "=r"(*value), "=r"(done) : : "cc");
  return (int)done;
}
#else
int arm64_random_seed(uint64_t *value);
#endif

/// Moves the program's vector registers V0 to V31, FPSR and FPCR (as struct fpsimd_context holds them
/// behind its header) to or from program memory. Returns 0, or 1 after a fault.
int arm64_extended_save(void *area);
int arm64_extended_restore(const void *area);
/// Zeroes them.
void arm64_extended_reset(void);

// The same of SVE. Precondition: the CPU has it.
/// Bytes that a Z register has.
uint64_t arm64_scalable_length(void);
/// Saves Z0 to Z31, P0 to P15 and FFR, each as long as it is, one behind the other. Returns 0, or 1
/// after a fault.
int arm64_scalable_save(void *area);
/// Loads them, but the low 16 bytes of each Z register, FPSR and FPCR from `plain`, as
/// arm64_extended_restore does. Returns 0, or 1 after a fault.
int arm64_scalable_restore(const void *plain, const void *area);
/// Zeroes P0 to P15, FFR, and what lies above the low 16 bytes of the Z registers.
void arm64_scalable_forget(void);

static inline uint64_t arm64_load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void arm64_store(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#pragma clang assume_nonnull end
#endif
