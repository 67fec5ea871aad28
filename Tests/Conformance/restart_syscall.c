/* Covers: restart_syscall */
#include "conformance.h"

int main(void) {
    SHOW(syscall(SYS_restart_syscall)); /* nothing was interrupted */
    return 0;
}
