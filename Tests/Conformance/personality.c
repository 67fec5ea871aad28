/* Covers: personality */
#include "conformance.h"

int main(void) {
    SHOW(syscall(SYS_personality, 0xffffffffUL));
    SHOW(syscall(SYS_personality, 0UL));
    return 0;
}
