/* Covers: rseq */
#include "conformance.h"

int main(void) {
    SHOW(syscall(SYS_rseq, BAD_POINTER, 31, 0, 0)); /* an impossible size */
    SHOW(syscall(SYS_rseq, BAD_POINTER, 32, 64, 0));
    return 0;
}
