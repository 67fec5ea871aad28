/* Covers: mkdir mkdirat rmdir */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    SHOW(syscall(SYS_mkdir, "one", 0777));
    stat("one", &status);
    say("mode %o links %ld", status.st_mode, (long)status.st_nlink);
    SHOW(syscall(SYS_mkdir, "one", 0777));
    SHOW(syscall(SYS_mkdir, "one/two/", 0700));
    stat("one", &status);
    say("links %ld", (long)status.st_nlink);
    SHOW(syscall(SYS_mkdir, "absent/two", 0700));
    make_file("file", "", 0);
    SHOW(syscall(SYS_mkdir, "file", 0700));
    SHOW(syscall(SYS_mkdir, "file/two", 0700));
    SHOW(syscall(SYS_mkdir, "", 0700));
    SHOW(syscall(SYS_mkdir, "/", 0700));
    SHOW(syscall(SYS_mkdir, ".", 0700));
    SHOW(syscall(SYS_mkdir, "one/..", 0700));
    SHOW(syscall(SYS_mkdir, BAD_POINTER, 0700));
    char name[300];
    memset(name, 'd', sizeof name);
    name[256] = 0;
    SHOW(syscall(SYS_mkdir, name, 0700));
    SHOW(symlink("elsewhere", "dangling"));
    SHOW(syscall(SYS_mkdir, "dangling", 0700));
    SHOW(symlink("one", "link"));
    SHOW(syscall(SYS_mkdir, "link/three", 01777));
    stat("one/three", &status);
    say("mode %o", status.st_mode);
    int folder = open("one", O_RDONLY);
    SHOW(syscall(SYS_mkdirat, folder, "four", 0700));
    SHOW(syscall(SYS_mkdirat, 99, "four", 0700));
    SHOW(syscall(SYS_mkdirat, AT_FDCWD, "one/four", 0700));

    SHOW(syscall(SYS_rmdir, "one"));
    SHOW(syscall(SYS_rmdir, "one/two"));
    SHOW(syscall(SYS_rmdir, "one/three/"));
    SHOW(syscall(SYS_rmdir, "one/four/."));
    SHOW(syscall(SYS_rmdir, "one/four/.."));
    SHOW(syscall(SYS_rmdir, "."));
    SHOW(syscall(SYS_rmdir, "/"));
    SHOW(syscall(SYS_rmdir, "link"));
    SHOW(syscall(SYS_rmdir, "link/"));
    SHOW(syscall(SYS_rmdir, "file"));
    SHOW(syscall(SYS_rmdir, "absent"));
    SHOW(syscall(SYS_rmdir, ""));
    SHOW(syscall(SYS_rmdir, BAD_POINTER));
    SHOW(syscall(SYS_rmdir, "one/four"));
    SHOW(syscall(SYS_rmdir, "one"));
    SHOW(fstat(folder, &status));
    say("removed: links %ld", (long)status.st_nlink);
    SHOW(openat(folder, "inside", O_CREAT | O_RDWR, 0600));
    SHOW(mkdirat(folder, "inside", 0600));
    SHOW(mkdir("gone", 0700));
    SHOW(chdir("gone"));
    SHOW(rmdir("../gone"));
    SHOW(open("new", O_CREAT | O_RDWR, 0600));
    SHOW(open("..", O_RDONLY) >= 0);
    return 0;
}
