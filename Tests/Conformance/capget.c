/* Covers: capget capset */
#include "conformance.h"

int main(void) {
    struct { unsigned version; int pid; } header = {0x20080522, 0};
    struct { unsigned effective, permitted, inheritable; } data[2];
    SHOW(syscall(SYS_capget, &header, data));
    HOLDS((data[0].effective & 1) == 1); /* CAP_CHOWN */
    header.version = 1;
    SHOW(syscall(SYS_capget, &header, data));
    say("version %x", header.version);
    header.pid = 0x3fffffff;
    SHOW(syscall(SYS_capget, &header, data));
    SHOW(syscall(SYS_capget, BAD_POINTER, data));
    header.pid = 0;
    header.version = 0x20080522;
    SHOW(syscall(SYS_capset, &header, data));
    SHOW(syscall(SYS_capset, BAD_POINTER, data));
    return 0;
}
