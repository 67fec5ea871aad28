/* Covers: access faccessat faccessat2 */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    SHOW(syscall(SYS_access, "file", F_OK));
    SHOW(syscall(SYS_access, "file", R_OK | W_OK));
    SHOW(syscall(SYS_access, "file", X_OK)); /* root needs one execute bit */
    SHOW(chmod("file", 0000));
    SHOW(syscall(SYS_access, "file", R_OK | W_OK));
    SHOW(chmod("file", 0010));
    SHOW(syscall(SYS_access, "file", X_OK));
    SHOW(syscall(SYS_access, "file", 8));
    SHOW(syscall(SYS_access, "absent", F_OK));
    SHOW(syscall(SYS_access, "file/x", F_OK));
    SHOW(syscall(SYS_access, "", F_OK));
    SHOW(syscall(SYS_access, BAD_POINTER, F_OK));
    SHOW(mkdir("folder", 0000));
    SHOW(syscall(SYS_access, "folder", R_OK | W_OK | X_OK));
    SHOW(symlink("absent", "dangling"));
    SHOW(syscall(SYS_access, "dangling", F_OK));
    int folder = open("folder", O_RDONLY);
    SHOW(syscall(SYS_faccessat, folder, "../file", X_OK));
    SHOW(syscall(SYS_faccessat, 99, "file", F_OK));
    SHOW(syscall(SYS_faccessat, AT_FDCWD, "dangling", F_OK));
    SHOW(syscall(439, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(syscall(439, folder, "", R_OK, AT_EMPTY_PATH));
    SHOW(syscall(439, AT_FDCWD, "file", R_OK, AT_EACCESS));
    SHOW(syscall(439, AT_FDCWD, "file", R_OK, 0x40000000));
    SHOW(syscall(439, AT_FDCWD, "file", 16, 0));
    return 0;
}
