/* Covers: getcwd chdir fchdir */
#include "conformance.h"

int main(void) {
    char buffer[5000], scratch[64];
    SHOW(syscall(SYS_chdir, "/"));
    SHOW(syscall(SYS_getcwd, buffer, sizeof buffer));
    say("%s", buffer);
    enter_scratch();
    long length = syscall(SYS_getcwd, scratch, sizeof scratch);
    HOLDS(length == (long)strlen(scratch) + 1 && !strncmp(scratch, "/tmp/", 5));
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    make_file("file", "", 0);
    SHOW(syscall(SYS_chdir, "a/b"));
    syscall(SYS_getcwd, buffer, sizeof buffer);
    say("below scratch: %s", buffer + strlen(scratch));
    SHOW(syscall(SYS_getcwd, buffer, 4));
    SHOW(syscall(SYS_getcwd, buffer, 0));
    SHOW(syscall(SYS_getcwd, BAD_POINTER, 100));
    SHOW(syscall(SYS_chdir, ".."));
    SHOW(syscall(SYS_chdir, "../file"));
    SHOW(syscall(SYS_chdir, "absent"));
    SHOW(syscall(SYS_chdir, ""));
    SHOW(syscall(SYS_chdir, BAD_POINTER));
    symlink("b", "link");
    SHOW(syscall(SYS_chdir, "link"));
    syscall(SYS_getcwd, buffer, sizeof buffer);
    say("through a link: %s", buffer + strlen(scratch));
    int up = open("..", O_RDONLY), file = open("../../file", O_RDONLY);
    SHOW(syscall(SYS_fchdir, up));
    syscall(SYS_getcwd, buffer, sizeof buffer);
    say("by descriptor: %s", buffer + strlen(scratch));
    SHOW(syscall(SYS_fchdir, file));
    SHOW(syscall(SYS_fchdir, 99));
    SHOW(chdir("b"));
    SHOW(rename("../b", "../c"));
    syscall(SYS_getcwd, buffer, sizeof buffer);
    say("renamed: %s", buffer + strlen(scratch));
    SHOW(rmdir("../c"));
    SHOW(syscall(SYS_getcwd, buffer, sizeof buffer));
    SHOW(syscall(SYS_chdir, "."));
    SHOW(syscall(SYS_chdir, ".."));
    SHOW(syscall(SYS_chdir, "/"));
    SHOW(syscall(SYS_chdir, "../.."));
    SHOW(syscall(SYS_getcwd, buffer, sizeof buffer));
    return 0;
}
