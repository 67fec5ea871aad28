// A kernel that breaks one rule of the VMM, the one that its command line names. Each must end the
// machine with one line and status 70; the line's words stand beside the attack in tests/kernel.sh.
#include "NucleusLayoutX86_64.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define CONSOLE 1
// virtio 1.2, section 4.2.2
enum {
    DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SELECT = 0x24, QUEUE_SELECT = 0x30, QUEUE_SIZE = 0x38,
    QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50, STATUS = 0x70, DESCRIPTORS = 0x80, AVAILABLE = 0x90,
    USED = 0xa0
};
enum { NEXT = 1, WRITABLE = 2, INDIRECT = 4 };

static u8 rings[16][4096] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));

static void say(const char *text) {
    u32 count = 0;
    while (text[count]) count++;
    __asm__ volatile("rep outsb" : "+S"(text), "+c"(count) : "d"(VMM_EARLY_CONSOLE_PORT) : "memory");
}
static _Noreturn void gate(u32 index) {
    __asm__ volatile("int %1" : : "a"(index), "i"(GATE_VECTOR) : "memory");
    for (;;) {}
}
// The boot record's kernelBase; the image is one piece.
static u64 kernel_base;
static u64 physical(const void *address) { return (u64)address - LIBRARY_BASE + kernel_base; }

static volatile u8 *window(void) { return (u8 *)(DEVICE_WINDOW_BASE + 0x1000 * CONSOLE); }
static void store(u32 offset, u32 value) { *(volatile u32 *)(window() + offset) = value; }
static void store_address(u32 offset, u64 value) {
    store(offset, (u32)value);
    store(offset + 4, (u32)(value >> 32));
}
static void negotiate(u64 device_features) {
    store(STATUS, 0);  // the VMM started the device in the driver's place
    store(STATUS, 1);
    store(STATUS, 3);
    store(DRIVER_FEATURES_SELECT, 0);
    store(DRIVER_FEATURES, (u32)device_features);
    store(DRIVER_FEATURES_SELECT, 1);
    store(DRIVER_FEATURES, 1);
    store(STATUS, 0xb);
}
static void queue(u32 number, u32 size, u64 descriptors, u64 available, u64 used) {
    store(QUEUE_SELECT, number);
    store(QUEUE_SIZE, size);
    store_address(DESCRIPTORS, descriptors);
    store_address(AVAILABLE, available);
    store_address(USED, used);
    store(QUEUE_READY, 1);
}
static void good_queue(u32 number) {
    u64 base = physical(rings[number]);
    queue(number, 16, base, base + 256, base + 512);
}
static void descriptor(u32 number, u32 index, u64 address, u32 count, u16 flags, u16 next) {
    volatile u8 *at = rings[number] + 16 * index;
    *(volatile u64 *)at = address;
    *(volatile u32 *)(at + 8) = count;
    *(volatile u16 *)(at + 12) = flags;
    *(volatile u16 *)(at + 14) = next;
}
static void publish(u32 number, u16 head, u16 index) {
    volatile u16 *available = (u16 *)(rings[number] + 256);
    available[2 + ((index - 1) & 15)] = head;
    __asm__ volatile("" : : : "memory");
    available[1] = index;
    store(QUEUE_NOTIFY, number);
}
static void start(void) {
    negotiate(2);  // F_MULTIPORT
    for (u32 number = 0; number < 10; number++) good_queue(number);
    store(STATUS, 0xf);
}
// Bytes on the control channel (port 3 goes out by queue 9) or in messages (queue 3).
static void send(u32 number, const void *bytes, u32 count) {
    descriptor(number, 0, physical(bytes), count, 0, 0);
    publish(number, 0, 1);
}

enum { OUTPUT = 5, MESSAGES = 3, CONTROL = 9 };

static void attack(u32 number) {
    u64 base = physical(rings[0]), here = physical(page);
    u32 *words = (u32 *)page;
    switch (number) {
    // Registers.
    case 1: negotiate(2); queue(0, 3, base, base + 256, base + 512); break;
    case 2: negotiate(2); queue(0, 1 << 16, base, base + 256, base + 512); break;
    case 3: negotiate(2); queue(0, 16, 0x7ffffff00000, base + 256, base + 512); break;
    case 4: negotiate(2); queue(0, 16, base + 8, base + 256, base + 512); break;
    case 5: negotiate(2); queue(0, 16, base, base + 256, ~0xful); break;
    case 6: store(STATUS, 0); store(STATUS, 7); break;
    case 7: negotiate(2); good_queue(0); store(QUEUE_SELECT, 99); store(QUEUE_READY, 1); break;
    case 8: *(volatile u64 *)(window() + STATUS) = 0; break;
    case 9: *(volatile u8 *)(window() + STATUS) = 1; break;
    // Rings.
    case 20: start(); descriptor(OUTPUT, 0, here, 1, NEXT, 0); publish(OUTPUT, 0, 1); break;
    case 21: start(); publish(OUTPUT, 999, 1); break;
    case 22: start(); descriptor(OUTPUT, 0, 1ul << 46, 1, 0, 0); publish(OUTPUT, 0, 1); break;
    case 23: start(); descriptor(OUTPUT, 0, here, ~0u, 0, 0); publish(OUTPUT, 0, 1); break;
    case 24: start(); descriptor(OUTPUT, 0, ~0ul, 2, 0, 0); publish(OUTPUT, 0, 1); break;
    case 25: start(); publish(OUTPUT, 0, 30000); break;
    case 26:
        start();
        descriptor(OUTPUT, 0, here, 1, WRITABLE | NEXT, 1);
        descriptor(OUTPUT, 1, here, 1, 0, 0);
        publish(OUTPUT, 0, 1);
        break;
    case 27: start(); descriptor(OUTPUT, 0, here, 16, INDIRECT, 0); publish(OUTPUT, 0, 1); break;
    case 28:
        start();
        for (u32 index = 0; index < 16; index++) descriptor(OUTPUT, index, 0, 2 << 20, index < 15, index + 1);
        publish(OUTPUT, 0, 1);
        break;
    // Messages and records.
    case 40: start(); words[0] = 99; words[1] = 6 | 1 << 16; send(MESSAGES, page, 8); break;
    case 41: start(); send(MESSAGES, page, 2); break;
    case 42: start(); words[0] = 1; words[1] = ~0u; send(CONTROL, page, 8); break;
    case 43: start(); words[0] = 77; send(CONTROL, page, 8); break;
    case 44: start(); words[0] = 1; send(CONTROL, page, 8); break;
    case 45: start(); words[0] = 9; words[1] = 16; send(CONTROL, page, 24); break;
    // The CPU.
    case 60: gate(1);
    case 61: gate(2);
    case 62: gate(0);
    // Not an attack: says so, and never ends.
    case 80: start(); say("ready\n"); for (;;) {}
    // More words than anyone reads.
    case 81: for (u32 line = 0; line < 2500; line++) say("hostile: the same words again and again\n"); gate(0);
    }
    // Stores may be handed to the VMM late, with the next access that leaves the guest: this one.
    store(STATUS, 0xb);
    // The VMM ends the machine in its own time.
    for (;;) {}
}

__attribute__((section(".text.entry"), used)) void kernel_entry(const u8 *record) {
    u64 line = *(const u64 *)(record + 0x40), count = *(const u64 *)(record + 0x48);
    kernel_base = *(const u64 *)(record + 0x30);
    const u8 *digits = (const u8 *)(DIRECT_MAP_BASE + line);
    u32 number = 0;
    for (u64 index = 0; index < count; index++) number = number * 10 + (digits[index] - '0');
    attack(number);
}
