/* Covers: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr */
#include "conformance.h"

/* Only what does not depend on the file system's support: names that never exist, bad arguments. */
int main(void) {
    enter_scratch();
    char buffer[256];
    make_file("file", "", 0);
    int file = open("file", O_RDWR);
    SHOW(syscall(SYS_getxattr, "absent", "user.x", buffer, 256L));
    SHOW(syscall(SYS_lgetxattr, "absent", "user.x", buffer, 256L));
    SHOW(syscall(SYS_fgetxattr, 99, "user.x", buffer, 256L));
    SHOW(syscall(SYS_setxattr, "absent", "user.x", "v", 1L, 0));
    SHOW(syscall(SYS_lsetxattr, "absent", "user.x", "v", 1L, 0));
    SHOW(syscall(SYS_fsetxattr, 99, "user.x", "v", 1L, 0));
    SHOW(syscall(SYS_listxattr, "absent", buffer, 256L));
    SHOW(syscall(SYS_llistxattr, "absent", buffer, 256L));
    SHOW(syscall(SYS_flistxattr, 99, buffer, 256L));
    SHOW(syscall(SYS_removexattr, "absent", "user.x"));
    SHOW(syscall(SYS_lremovexattr, "absent", "user.x"));
    SHOW(syscall(SYS_fremovexattr, 99, "user.x"));
    SHOW(syscall(SYS_setxattr, "file", "user.x", "v", 1L, 77));
    SHOW(syscall(SYS_setxattr, "file", BAD_POINTER, "v", 1L, 0));
    SHOW(syscall(SYS_setxattr, "file", "", "v", 1L, 0));
    SHOW(syscall(SYS_setxattr, "file", "nonamespace", "v", 1L, 0));
    SHOW(syscall(SYS_setxattr, "file", "user.x", "v", 70000L, 0));
    SHOW(syscall(SYS_getxattr, "file", "nonamespace", buffer, 256L));
    SHOW(syscall(SYS_listxattr, "file", buffer, 256L));
    SHOW(syscall(SYS_flistxattr, file, buffer, 0L));
    return 0;
}
