/* Covers: symlink symlinkat readlink readlinkat */
#include "conformance.h"

int main(void) {
    enter_scratch();
    char buffer[5000];
    struct stat status;
    SHOW(syscall(SYS_symlink, "target/path", "link"));
    SHOW(syscall(SYS_readlink, "link", buffer, 100));
    say_bytes("target", buffer, 11);
    SHOW(syscall(SYS_readlink, "link", buffer, 4));
    SHOW(syscall(SYS_readlink, "link", buffer, 0));
    SHOW(syscall(SYS_readlink, "link", buffer, -1));
    SHOW(syscall(SYS_readlink, "link", BAD_POINTER, 4));
    SHOW(syscall(SYS_readlink, BAD_POINTER, buffer, 4));
    lstat("link", &status);
    say("mode %o size %ld", status.st_mode, (long)status.st_size);
    SHOW(syscall(SYS_symlink, "other", "link"));
    SHOW(syscall(SYS_symlink, "", "empty"));
    SHOW(syscall(SYS_symlink, "other", ""));
    SHOW(syscall(SYS_symlink, BAD_POINTER, "new"));
    SHOW(syscall(SYS_symlink, "other", BAD_POINTER));
    SHOW(syscall(SYS_symlink, "other", "absent/new"));
    SHOW(syscall(SYS_symlink, "other", "new/"));
    memset(buffer, 'x', sizeof buffer);
    buffer[4095] = 0;
    SHOW(syscall(SYS_symlink, buffer, "long"));
    buffer[4095] = 'x';
    buffer[4096] = 0;
    SHOW(syscall(SYS_symlink, buffer, "longer"));
    make_file("file", "contents", 8);
    SHOW(syscall(SYS_readlink, "file", buffer, 100));
    SHOW(syscall(SYS_readlink, "absent", buffer, 100));
    SHOW(syscall(SYS_readlink, ".", buffer, 100));
    SHOW(syscall(SYS_readlink, "link/", buffer, 100));

    int here = open(".", O_RDONLY);
    SHOW(mkdir("folder", 0755));
    int folder = open("folder", O_RDONLY);
    SHOW(syscall(SYS_symlinkat, "../file", folder, "up"));
    SHOW(syscall(SYS_readlinkat, folder, "up", buffer, 100));
    SHOW(stat("folder/up", &status));
    say("size through the link %ld", (long)status.st_size);
    SHOW(syscall(SYS_symlinkat, "x", 99, "up"));
    SHOW(syscall(SYS_readlinkat, 99, "up", buffer, 100));
    int link = open("link", O_PATH | O_NOFOLLOW);
    SHOW(syscall(SYS_readlinkat, link, "", buffer, 100));
    SHOW(syscall(SYS_readlinkat, here, "", buffer, 100));

    /* Chains: 40 are followed, 41 are not (path_resolution(7)). */
    char name[16], target[16];
    symlink("file", "n0");
    for (int i = 1; i < 45; i++) {
        snprintf(target, sizeof target, "n%d", i - 1);
        snprintf(name, sizeof name, "n%d", i);
        symlink(target, name);
    }
    SHOW(stat("n39", &status));
    SHOW(stat("n40", &status));
    /* A link in the middle, an absolute one, one that ends in a slash. */
    symlink("folder", "middle");
    SHOW(stat("middle/up", &status));
    symlink("/tmp", "absolute");
    SHOW(stat("absolute/.", &status));
    symlink("folder/", "slashed");
    SHOW(stat("slashed", &status));
    symlink("file/", "wrong");
    SHOW(stat("wrong", &status));
    SHOW(stat("middle/..", &status));
    HOLDS(S_ISDIR(status.st_mode));
    return 0;
}
