/* Covers: chmod fchmod fchmodat */
#include "conformance.h"

static unsigned mode(const char *path) {
    struct stat status;
    return lstat(path, &status) ? 0 : status.st_mode;
}

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    SHOW(syscall(SYS_chmod, "file", 0751));
    say("mode %o", mode("file"));
    SHOW(syscall(SYS_chmod, "file", 07777));
    say("mode %o", mode("file"));
    SHOW(syscall(SYS_chmod, "file", 0177777));
    say("mode %o", mode("file"));
    SHOW(syscall(SYS_chmod, "absent", 0600));
    SHOW(syscall(SYS_chmod, "file/x", 0600));
    SHOW(syscall(SYS_chmod, "", 0600));
    SHOW(syscall(SYS_chmod, BAD_POINTER, 0600));
    SHOW(symlink("file", "link"));
    SHOW(syscall(SYS_chmod, "link", 0640));
    say("mode %o, link %o", mode("file"), mode("link"));
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_fchmod, file, 0604));
    say("mode %o", mode("file"));
    SHOW(syscall(SYS_fchmod, 99, 0604));
    int path = open("file", O_PATH);
    SHOW(syscall(SYS_fchmod, path, 0604));
    SHOW(mkdir("folder", 0700));
    int folder = open("folder", O_RDONLY);
    make_file("folder/inside", "", 0);
    SHOW(syscall(SYS_fchmodat, folder, "inside", 0400));
    say("mode %o", mode("folder/inside"));
    SHOW(syscall(SYS_fchmodat, 99, "inside", 0400));
    SHOW(syscall(SYS_fchmodat, AT_FDCWD, "folder", 01755));
    say("mode %o", mode("folder"));
    return 0;
}
