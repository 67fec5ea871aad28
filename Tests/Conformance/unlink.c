/* Covers: unlink unlinkat */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    make_file("file", "data", 4);
    int file = open("file", O_RDWR);
    SHOW(link("file", "second"));
    SHOW(syscall(SYS_unlink, "file"));
    fstat(file, &status);
    say("links %ld", (long)status.st_nlink);
    SHOW(syscall(SYS_unlink, "file"));
    SHOW(syscall(SYS_unlink, "second"));
    fstat(file, &status);
    say("links %ld", (long)status.st_nlink);
    char buffer[8];
    SHOW(read(file, buffer, 8));
    SHOW(write(file, "more", 4));
    SHOW(mkdir("folder", 0700));
    SHOW(syscall(SYS_unlink, "folder"));
    SHOW(syscall(SYS_unlink, "folder/"));
    SHOW(syscall(SYS_unlink, "/"));
    SHOW(syscall(SYS_unlink, "."));
    SHOW(syscall(SYS_unlink, ""));
    SHOW(syscall(SYS_unlink, "absent"));
    SHOW(syscall(SYS_unlink, BAD_POINTER));
    make_file("folder/inside", "", 0);
    SHOW(syscall(SYS_unlink, "folder/inside/x"));
    SHOW(syscall(SYS_unlink, "folder/inside/"));
    symlink("folder/inside", "link");
    SHOW(syscall(SYS_unlink, "link"));
    SHOW(access("folder/inside", F_OK));
    symlink("folder", "link");
    SHOW(syscall(SYS_unlink, "link/"));
    int folder = open("folder", O_RDONLY);
    SHOW(syscall(SYS_unlinkat, folder, "inside", AT_REMOVEDIR));
    SHOW(syscall(SYS_unlinkat, folder, "inside", 0));
    SHOW(syscall(SYS_unlinkat, folder, "inside", 0));
    SHOW(syscall(SYS_unlinkat, AT_FDCWD, "folder", 0));
    SHOW(syscall(SYS_unlinkat, AT_FDCWD, "folder", 1));
    SHOW(syscall(SYS_unlinkat, AT_FDCWD, "folder", AT_REMOVEDIR));
    SHOW(syscall(SYS_unlinkat, 99, "folder", AT_REMOVEDIR));
    SHOW(syscall(SYS_unlinkat, file, "folder", 0));
    return 0;
}
