// The smallest kernel that the VMM runs: says a line by the early console port and powers off.
#include "NucleusLayoutX86_64.h"

__attribute__((section(".text.entry"), used)) void kernel_entry(void) {
    static const char text[] = "minimal kernel: hello\n";
    const char *at = text;
    unsigned long count = sizeof text - 1;
    __asm__ volatile("rep outsb" : "+S"(at), "+c"(count) : "d"(VMM_EARLY_CONSOLE_PORT) : "memory");
    __asm__ volatile("int %1" : : "a"(GATE_POWER_OFF), "i"(GATE_VECTOR) : "memory");
    for (;;) {}
}
