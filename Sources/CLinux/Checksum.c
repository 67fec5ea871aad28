#include "CLinuxFiles.h"

// The polynomial 0x1edc6f41, bits reversed.
#define CASTAGNOLI 0x82f63b78u

static uint32_t bit_by_bit(uint32_t crc, const uint8_t *bytes, size_t byte_count) {
    for (size_t index = 0; index < byte_count; index++) {
        crc ^= bytes[index];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (CASTAGNOLI & -(crc & 1));
    }
    return crc;
}

#if defined(__x86_64__)
// SSE4.2 has an instruction for this very polynomial: 8 bytes in 3 cycles.
__attribute__((target("sse4.2")))
static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t byte_count) {
    uint64_t wide = crc;
    while (byte_count >= 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8, byte_count -= 8;
    }
    crc = (uint32_t)wide;
    while (byte_count-- > 0) crc = __builtin_ia32_crc32qi(crc, *bytes++);
    return crc;
}
#endif

uint32_t clinux_crc32c(uint32_t before, const void *_Nullable bytes, size_t byte_count) {
    if (byte_count == 0) return before;
    uint32_t crc = ~before;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~by_instruction(crc, bytes, byte_count);
#endif
    return ~bit_by_bit(crc, bytes, byte_count);
}
