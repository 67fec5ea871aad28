/* Covers: close */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "x", 1);
    SHOW(open("file", O_RDONLY));
    SHOW(syscall(SYS_close, 3));
    SHOW(syscall(SYS_close, 3));
    SHOW(syscall(SYS_close, -1));
    SHOW(syscall(SYS_close, 1 << 30));
    SHOW(open("file", O_RDONLY));
    SHOW(open("file", O_RDONLY));
    SHOW(open("file", O_RDONLY));
    SHOW(syscall(SYS_close, 4));
    SHOW(open("file", O_RDONLY)); /* the lowest free number */
    /* A file without a name lives until its last descriptor is closed. */
    SHOW(unlink("file"));
    char byte;
    SHOW(read(4, &byte, 1));
    SHOW(syscall(SYS_close, 0));
    SHOW(open("/dev/null", O_RDONLY));
    return 0;
}
