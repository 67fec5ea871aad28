// What the assembly of each CPU module offers under one name, and device registers as one instruction
// each; nothing here needs privilege.
#ifndef MARTLET_CPU_ASSEMBLY_H
#define MARTLET_CPU_ASSEMBLY_H
#include <stddef.h>
#include <stdint.h>
#include "FaultTable.h"   // for assembly, as the next
#include "VDSOObject.h"

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

/// Stores `desired` into an aligned word of program memory where it is `expected`, as one access; returns
/// what it was, or bit 32 after a fault.
uint64_t cpu_program_exchange(uint32_t *word, uint32_t expected, uint32_t desired);

/// First byte and end of the fault table: pairs of instruction and continuation.
extern const uint64_t cpu_fault_table[2];

/// The vDSO's object and its end (VDSO.S).
extern const uint8_t cpu_vdso_start[], cpu_vdso_end[];
CPU_INLINE const void *cpu_vdso_first(void) { return cpu_vdso_start; }
CPU_INLINE size_t cpu_vdso_byte_count(void) { return (size_t)(cpu_vdso_end - cpu_vdso_start); }
/// Offset of the object's place that signal handlers return to; 0 where the architecture has none.
#if defined(__aarch64__)
uint64_t cpu_vdso_signal_return(void);
#else
CPU_INLINE uint64_t cpu_vdso_signal_return(void) { return 0; }
#endif
/// Leaves the running stack, whose pointer is stored, for one that was left here or was made.
void cpu_switch_stack(uint64_t *saved, uint64_t stack);
/// Makes a stack below `top`, a multiple of 16, that is left as if before the first instruction of
/// `entry`.
uint64_t cpu_thread_stack(uint64_t top, uint64_t entry);
/// The function's address.
CPU_INLINE uint64_t cpu_function_address(void (*function)(void)) { return (uint64_t)function; }

/// Keeps stores before it from being seen behind those that follow.
#if defined(__aarch64__)
CPU_INLINE void cpu_order_stores(void) { __asm__ volatile("dmb ishst" : : : "memory"); }
#else
CPU_INLINE void cpu_order_stores(void) { __asm__ volatile("" : : : "memory"); }
#endif

// Device registers: exactly one access of the given width, in order, never merged or moved.
#if defined(__aarch64__)
#define CPU_LOAD(name, type, instruction, x86)                                       \
  CPU_INLINE type name(const volatile void *at) {                                    \
    type value;                                                                      \
    __asm__ volatile(instruction " %w0, [%1]" : "=r"(value) : "r"(at) : "memory");   \
    return value;                                                                    \
  }
#define CPU_STORE(name, type, instruction, x86)                                      \
  CPU_INLINE void name(volatile void *at, type value) {                              \
    __asm__ volatile(instruction " %w0, [%1]" : : "r"(value), "r"(at) : "memory");   \
  }
#else
#define CPU_LOAD(name, type, arm64, instruction)                                     \
  CPU_INLINE type name(const volatile void *at) {                                    \
    type value;                                                                      \
    __asm__ volatile(instruction " %1, %0" : "=q"(value) : "m"(*(const volatile type *)at) : "memory"); \
    return value;                                                                    \
  }
#define CPU_STORE(name, type, arm64, instruction)                                    \
  CPU_INLINE void name(volatile void *at, type value) {                              \
    __asm__ volatile(instruction " %1, %0" : "=m"(*(volatile type *)at) : "q"(value) : "memory"); \
  }
#endif
CPU_LOAD(cpu_register_load_8, uint8_t, "ldrb", "movb")
CPU_LOAD(cpu_register_load_16, uint16_t, "ldrh", "movw")
CPU_LOAD(cpu_register_load_32, uint32_t, "ldr", "movl")
CPU_STORE(cpu_register_store_8, uint8_t, "strb", "movb")
CPU_STORE(cpu_register_store_32, uint32_t, "str", "movl")

#pragma clang assume_nonnull end
#endif
