/* Covers: mknod mknodat */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    SHOW(syscall(SYS_mknod, "plain", 0644, 0));
    stat("plain", &status);
    say("plain %o", status.st_mode);
    SHOW(syscall(SYS_mknod, "regular", S_IFREG | 0600, 0));
    stat("regular", &status);
    say("regular %o", status.st_mode);
    SHOW(syscall(SYS_mknod, "folder", S_IFDIR | 0755, 0));
    SHOW(syscall(SYS_mknod, "link", S_IFLNK | 0755, 0));
    SHOW(syscall(SYS_mknod, "wrong", 0170000 | 0644, 0));
    SHOW(syscall(SYS_mknod, "absent/x", S_IFREG | 0644, 0));
    SHOW(syscall(SYS_mknod, "new/", S_IFREG | 0644, 0));
    SHOW(syscall(SYS_mknod, "", S_IFREG | 0644, 0));
    SHOW(syscall(SYS_mknod, BAD_POINTER, S_IFREG | 0644, 0));
    mkdir("sub", 0755);
    int folder = open("sub", O_RDONLY);
    SHOW(syscall(SYS_mknodat, folder, "inside", S_IFREG | 0644, 0));
    SHOW(access("sub/inside", F_OK));
    SHOW(syscall(SYS_mknodat, 99, "inside", S_IFREG | 0644, 0));
    return 0;
}
