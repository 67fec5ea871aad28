/* Covers: link linkat */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat one, two;
    make_file("file", "x", 1);
    SHOW(syscall(SYS_link, "file", "second"));
    stat("file", &one);
    stat("second", &two);
    HOLDS(one.st_ino == two.st_ino);
    say("links %ld", (long)one.st_nlink);
    SHOW(syscall(SYS_link, "file", "second"));
    SHOW(syscall(SYS_link, "absent", "third"));
    SHOW(syscall(SYS_link, "file", "absent/third"));
    SHOW(syscall(SYS_link, "file", "file/third"));
    SHOW(mkdir("folder", 0755));
    SHOW(syscall(SYS_link, "folder", "third"));
    SHOW(syscall(SYS_link, "file", "folder"));
    SHOW(syscall(SYS_link, "file", "third/"));
    SHOW(syscall(SYS_link, "file", ""));
    SHOW(syscall(SYS_link, "", "third"));
    SHOW(syscall(SYS_link, BAD_POINTER, "third"));
    SHOW(syscall(SYS_link, "file", BAD_POINTER));
    SHOW(symlink("file", "symbolic"));
    SHOW(syscall(SYS_link, "symbolic", "third"));
    SHOW(lstat("third", &two));
    HOLDS(S_ISLNK(two.st_mode));
    say("links %ld", (long)two.st_nlink);
    SHOW(syscall(SYS_linkat, AT_FDCWD, "symbolic", AT_FDCWD, "fourth", AT_SYMLINK_FOLLOW));
    SHOW(lstat("fourth", &two));
    HOLDS(two.st_ino == one.st_ino);
    say("links %ld", (long)two.st_nlink);
    int folder = open("folder", O_RDONLY);
    SHOW(syscall(SYS_linkat, AT_FDCWD, "file", folder, "inside", 0));
    SHOW(access("folder/inside", F_OK));
    SHOW(syscall(SYS_linkat, 99, "file", folder, "more", 0));
    SHOW(syscall(SYS_linkat, AT_FDCWD, "file", 99, "more", 0));
    SHOW(syscall(SYS_linkat, AT_FDCWD, "file", folder, "more", 0x40000000));
    return 0;
}
