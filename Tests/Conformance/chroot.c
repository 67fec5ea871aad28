/* Covers: chroot */
#include "conformance.h"

int main(void) {
    enter_scratch();
    mkdir("cell", 0755);
    make_file("cell/inside", "", 0);
    make_file("file", "", 0);
    SHOW(chroot("absent"));
    SHOW(chroot("file"));
    SHOW(chroot(BAD_POINTER));
    SHOW(chroot("cell"));
    SHOW(access("/inside", F_OK));
    SHOW(access("/tmp", F_OK));
    SHOW(access("file", F_OK)); /* the working directory is still outside */
    char buffer[256];
    SHOW(chdir("/"));
    SHOW(syscall(SYS_getcwd, buffer, 256L));
    SHOW(access("../../inside", F_OK));
    return 0;
}
