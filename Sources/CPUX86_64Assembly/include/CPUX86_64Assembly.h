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

static inline uint64_t cpu_read_tsc(void) { return __builtin_ia32_rdtsc(); }
static inline void cpu_pause(void) { __asm__ volatile("pause"); }

#pragma clang assume_nonnull end
#endif
