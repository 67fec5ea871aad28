/* Covers: statfs fstatfs */
#include "conformance.h"
#include <sys/vfs.h>

int main(void) {
    enter_scratch();
    struct statfs a, b;
    SHOW(syscall(SYS_statfs, ".", &a));
    HOLDS(a.f_bsize == 4096);
    HOLDS(a.f_namelen == 255);
    HOLDS(a.f_blocks > 0 && a.f_bfree <= a.f_blocks && a.f_bavail <= a.f_bfree);
    make_file("file", "x", 1);
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_fstatfs, file, &b));
    HOLDS(a.f_type == b.f_type && a.f_blocks == b.f_blocks);
    SHOW(syscall(SYS_statfs, "/proc", &b));
    HOLDS(b.f_type == 0x9fa0);
    SHOW(syscall(SYS_statfs, "absent", &a));
    SHOW(syscall(SYS_statfs, "file/x", &a));
    SHOW(syscall(SYS_statfs, BAD_POINTER, &a));
    SHOW(syscall(SYS_statfs, ".", BAD_POINTER));
    SHOW(syscall(SYS_fstatfs, 99, &a));
    SHOW(syscall(SYS_fstatfs, file, BAD_POINTER));
    return 0;
}
