// The floor under Embedded Swift on bare metal: memory copies, allocation hooks, the last exits.
//
// Swift and clang call these by name. Nothing here calls a library function, and `no_builtin` keeps
// clang from turning a loop into a call of the very function it is in. No vector registers.
#if !defined(__linux__)
#include <stddef.h>
#include <stdint.h>

#define EXACT __attribute__((no_builtin))

// Overlapping loads and stores of fixed size; clang makes plain moves of them.
typedef struct __attribute__((packed, may_alias)) { uint64_t value; } word;
typedef struct __attribute__((packed, may_alias)) { uint32_t value; } half;
typedef struct __attribute__((packed, may_alias)) { uint16_t value; } quarter;

// Copies up to 16 bytes, loading all before the first store, so that overlap does not matter.
static inline EXACT void copy_short(uint8_t *to, const uint8_t *from, size_t count) {
  if (count >= 8) {
    uint64_t first = ((const word *)from)->value;
    uint64_t last = ((const word *)(from + count - 8))->value;
    ((word *)to)->value = first;
    ((word *)(to + count - 8))->value = last;
  } else if (count >= 4) {
    uint32_t first = ((const half *)from)->value;
    uint32_t last = ((const half *)(from + count - 4))->value;
    ((half *)to)->value = first;
    ((half *)(to + count - 4))->value = last;
  } else if (count >= 2) {
    uint16_t first = ((const quarter *)from)->value;
    uint16_t last = ((const quarter *)(from + count - 2))->value;
    ((quarter *)to)->value = first;
    ((quarter *)(to + count - 2))->value = last;
  } else if (count == 1) {
    *to = *from;
  }
}

// More than 8 bytes, by words: as fast as bytes on CPUs with fast strings, faster on those without,
// and an eighth of the work for an emulator. The last word may overlap the one before; it is loaded
// first, so that a target below its source may overlap that.
static void copy_words(void *to, const void *from, size_t count) {
  size_t words = (count - 1) / 8;
  uint64_t last = ((const word *)((const uint8_t *)from + count - 8))->value;
  uint8_t *end = (uint8_t *)to + count - 8;
#if defined(__x86_64__)
  __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
#else
  for (size_t index = 0; index < words; index++) ((word *)to)[index] = ((const word *)from)[index];
#endif
  ((word *)end)->value = last;
}

EXACT void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  if (count <= 16) {
    copy_short(to, from, count);
    return to;
  }
  copy_words(to, from, count);
  return to;
}

EXACT void *memmove(void *to, const void *from, size_t count) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (count <= 16) {
    copy_short(target, source, count);
    return to;
  }
  if ((uintptr_t)target - (uintptr_t)source >= count) {
    copy_words(to, from, count);
    return to;
  }
  while (count >= 8) {
    count -= 8;
    ((word *)(target + count))->value = ((const word *)(source + count))->value;
  }
  while (count > 0) {
    count -= 1;
    target[count] = source[count];
  }
  return to;
}

EXACT void *memset(void *to, int value, size_t count) {
  void *target = to;
  uint64_t pattern = (uint8_t)value * 0x0101010101010101;
  if (count >= 8) {
    size_t words = (count - 1) / 8;
    ((word *)((uint8_t *)to + count - 8))->value = pattern;
#if defined(__x86_64__)
    __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(pattern) : "memory");
#else
    for (size_t index = 0; index < words; index++) ((word *)target)[index].value = pattern;
#endif
    return to;
  }
#if defined(__x86_64__)
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(value) : "memory");
#else
  for (size_t index = 0; index < count; index++) ((uint8_t *)target)[index] = (uint8_t)value;
#endif
  return to;
}

EXACT int memcmp(const void *left, const void *right, size_t count) {
  const uint8_t *a = left, *b = right;
  while (count >= 8 && ((const word *)a)->value == ((const word *)b)->value) {
    a += 8;
    b += 8;
    count -= 8;
  }
  for (; count > 0; a++, b++, count--) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}
EXACT int bcmp(const void *left, const void *right, size_t count) {
  return memcmp(left, right, count);
}

EXACT size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

// ---- Allocation: Memory/Heap has the allocator ----
extern void *mart_alloc(size_t size, size_t alignment);
extern void mart_free(void *pointer);

// Objects made before the heap exists (a handful, at boot); never freed.
#define BOOT_BYTES 8192
static _Alignas(16) uint8_t boot_bytes[BOOT_BYTES];
static size_t boot_used;

static void *boot_allocate(size_t size, size_t alignment) {
  size_t start = (boot_used + alignment - 1) & ~(alignment - 1);
  if (start > BOOT_BYTES || size > BOOT_BYTES - start) return NULL;
  boot_used = start + size;
  return boot_bytes + start;
}
extern int mart_heap_is_ready(void);

int posix_memalign(void **result, size_t alignment, size_t size) {
  const int out_of_memory = 12;  // ENOMEM
  void *memory =
      mart_heap_is_ready() ? mart_alloc(size, alignment) : boot_allocate(size, alignment);
  if (!memory) return out_of_memory;
  *result = memory;
  return 0;
}
void *aligned_alloc(size_t alignment, size_t size) {
  void *memory = NULL;
  return posix_memalign(&memory, alignment, size) ? NULL : memory;
}
void free(void *pointer) {
  if (!pointer) return;
  if ((uintptr_t)pointer - (uintptr_t)boot_bytes < BOOT_BYTES) return;
  mart_free(pointer);
}

// ---- Output of `print`, for debugging before the log exists ----
// The kernel may define this to reach the early console.
__attribute__((weak)) void runtime_write_byte(uint8_t byte) { (void)byte; }
int putchar(int character) {
  runtime_write_byte((uint8_t)character);
  return character;
}

// ---- The last exits: an invalid instruction ends in the crash screen ----
_Noreturn void abort(void) { __builtin_trap(); }
uintptr_t __stack_chk_guard = 0x00000aff0d0a0000;
_Noreturn void __stack_chk_fail(void) { __builtin_trap(); }
// Reference counts. Whoever touches them has the library OS's lock, or touches an object that lives for
// ever, so they need not be atomic: the compiler's -assume-single-threaded calls these. The count is the
// object's second word, as the standard library's EmbeddedRuntime.swift has it: all ones but bit 63 say that
// the object lives for ever. The last release is the standard library's.
struct object {
  void *metadata;
  uint64_t count;
};
#define FOR_EVER (UINT64_MAX >> 1)
#define RUNTIME __attribute__((noinline))

void swift_release(struct object *object);
void swift_release_n(struct object *object, uint32_t count);

// Neither `nil` nor what the compiler marks as no object.
static inline int is_counted(const struct object *object) {
  return (int64_t)object > 0 && (object->count & FOR_EVER) != FOR_EVER;
}
RUNTIME struct object *swift_nonatomic_retain(struct object *object) {
  if (is_counted(object)) object->count++;
  return object;
}
RUNTIME struct object *swift_nonatomic_retain_n(struct object *object, uint32_t count) {
  if (is_counted(object)) object->count += count;
  return object;
}
RUNTIME void swift_nonatomic_release(struct object *object) {
  if (!is_counted(object)) return;
  if ((object->count & FOR_EVER) == 1) return swift_release(object);
  object->count--;
}
RUNTIME void swift_nonatomic_release_n(struct object *object, uint32_t count) {
  if (!is_counted(object)) return;
  if ((object->count & FOR_EVER) <= count) return swift_release_n(object, count);
  object->count -= count;
}
#endif
