/* Covers: chown fchown lchown fchownat */
#include "conformance.h"

static void print(const char *path) {
    struct stat status;
    lstat(path, &status);
    say("%s: uid %u gid %u mode %o", path, status.st_uid, status.st_gid, status.st_mode);
}

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    print("file");
    SHOW(syscall(SYS_chown, "file", 1000, 2000));
    print("file");
    SHOW(syscall(SYS_chown, "file", -1, 3000));
    print("file");
    SHOW(syscall(SYS_chown, "file", 4000, -1));
    print("file");
    SHOW(syscall(SYS_chown, "file", -1, -1));
    SHOW(chmod("file", 06755));
    SHOW(syscall(SYS_chown, "file", 1, 1)); /* an executable loses set-ids */
    print("file");
    SHOW(chmod("file", 06644));
    SHOW(syscall(SYS_chown, "file", 2, 2)); /* set-gid without group execute stays */
    print("file");
    SHOW(syscall(SYS_chown, "absent", 1, 1));
    SHOW(syscall(SYS_chown, "file/x", 1, 1));
    SHOW(syscall(SYS_chown, BAD_POINTER, 1, 1));
    SHOW(symlink("file", "link"));
    SHOW(syscall(SYS_chown, "link", 5, 6));
    SHOW(syscall(SYS_lchown, "link", 7, 8));
    print("file");
    print("link");
    SHOW(syscall(SYS_lchown, "absent", 7, 8));
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_fchown, file, 9, 10));
    print("file");
    SHOW(syscall(SYS_fchown, 99, 9, 10));
    SHOW(syscall(SYS_fchownat, AT_FDCWD, "link", 11, 12, AT_SYMLINK_NOFOLLOW));
    print("link");
    SHOW(syscall(SYS_fchownat, file, "", 13, 14, AT_EMPTY_PATH));
    print("file");
    SHOW(syscall(SYS_fchownat, AT_FDCWD, "file", 13, 14, 0x40000000));
    SHOW(syscall(SYS_fchownat, 99, "file", 13, 14, 0));
    return 0;
}
