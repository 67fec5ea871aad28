/* Covers: rename renameat renameat2 */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat before, after;
    make_file("a", "first", 5);
    make_file("b", "second!", 7);
    stat("a", &before);
    SHOW(syscall(SYS_rename, "a", "c"));
    stat("c", &after);
    HOLDS(before.st_ino == after.st_ino);
    SHOW(access("a", F_OK));
    SHOW(syscall(SYS_rename, "c", "b"));
    stat("b", &after);
    HOLDS(before.st_ino == after.st_ino);
    say("size %ld", (long)after.st_size);
    SHOW(syscall(SYS_rename, "absent", "b"));
    SHOW(syscall(SYS_rename, "b", "absent/b"));
    SHOW(syscall(SYS_rename, "b", "b"));
    SHOW(mkdir("folder", 0755));
    SHOW(mkdir("empty", 0755));
    SHOW(syscall(SYS_rename, "b", "folder"));
    SHOW(syscall(SYS_rename, "folder", "b"));
    SHOW(syscall(SYS_rename, "b", "folder/b"));
    SHOW(syscall(SYS_rename, "empty", "folder"));
    SHOW(syscall(SYS_rename, "folder", "empty"));
    SHOW(access("empty/b", F_OK));
    SHOW(syscall(SYS_rename, "empty", "empty/below"));
    SHOW(mkdir("empty/sub", 0755));
    SHOW(syscall(SYS_rename, "empty", "empty/sub/below"));
    SHOW(syscall(SYS_rename, "empty/sub", "empty"));
    SHOW(syscall(SYS_rename, ".", "other"));
    SHOW(syscall(SYS_rename, "empty/..", "other"));
    SHOW(syscall(SYS_rename, "empty", "."));
    SHOW(syscall(SYS_rename, "/", "other"));
    SHOW(syscall(SYS_rename, "", "other"));
    SHOW(syscall(SYS_rename, "empty/b", ""));
    SHOW(syscall(SYS_rename, BAD_POINTER, "other"));
    SHOW(syscall(SYS_rename, "empty/b", BAD_POINTER));
    SHOW(syscall(SYS_rename, "empty/b", "new/"));
    SHOW(syscall(SYS_rename, "empty/b/", "new"));
    SHOW(syscall(SYS_rename, "empty/sub", "sub/"));
    SHOW(symlink("sub", "link"));
    SHOW(syscall(SYS_rename, "link", "moved"));
    SHOW(lstat("moved", &after));
    HOLDS(S_ISLNK(after.st_mode));
    SHOW(syscall(SYS_rename, "empty/b", "moved"));
    SHOW(lstat("moved", &after));
    HOLDS(S_ISREG(after.st_mode));
    SHOW(link("moved", "twin"));
    SHOW(syscall(SYS_rename, "moved", "twin")); /* same file: nothing happens */
    SHOW(access("moved", F_OK));
    char name[300];
    memset(name, 'r', sizeof name);
    name[256] = 0;
    SHOW(syscall(SYS_rename, "moved", name));

    int folder = open("sub", O_RDONLY);
    SHOW(syscall(SYS_renameat, AT_FDCWD, "moved", folder, "inside"));
    SHOW(syscall(SYS_renameat, folder, "inside", AT_FDCWD, "moved"));
    SHOW(syscall(SYS_renameat, 99, "inside", AT_FDCWD, "moved"));
    int file = open("moved", O_RDONLY);
    SHOW(syscall(SYS_renameat, AT_FDCWD, "moved", file, "inside"));

    SHOW(syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "twin", 1 /* NOREPLACE */));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "fresh", 1));
    make_file("left", "l", 1);
    make_file("right", "rr", 2);
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "right", 2 /* EXCHANGE */));
    stat("left", &after);
    say("left is %ld long", (long)after.st_size);
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "sub", 2));
    stat("left", &after);
    HOLDS(S_ISDIR(after.st_mode));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "absent", 2));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "right", 3));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "left", AT_FDCWD, "right", 64));
    stat("left", &after);
    say("links of left %ld", (long)after.st_nlink);
    SHOW(mkdir("target", 0755));
    SHOW(rename("left", "target/left"));
    stat("target", &after);
    say("links of target %ld", (long)after.st_nlink);
    SHOW(access("target/left/../left/..", F_OK));
    return 0;
}
