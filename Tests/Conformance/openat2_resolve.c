/* Covers: */
/* How openat2(2) confines a path: RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT. */
#include "conformance.h"

static long openat2(int folder, const char *path, uint64_t resolve) {
    struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, resolve};
    return syscall(437, folder, path, &how, sizeof how);
}

int main(void) {
    enter_scratch();
    mkdir("folder", 0755);
    make_file("folder/file", "contents", 8);
    make_file("outside", "", 0);
    symlink("file", "folder/link");
    symlink("/etc", "folder/absolute");
    symlink("../outside", "folder/up");
    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    SHOW(openat2(folder, "link", 4));
    SHOW(openat2(folder, "link", 8));
    SHOW(openat2(folder, "up", 8));
    SHOW(openat2(folder, "../outside", 8));
    SHOW(openat2(folder, "/etc", 8));
    SHOW(openat2(folder, "absolute", 8));
    SHOW(openat2(folder, "/file", 16));
    SHOW(openat2(folder, "../file", 16));
    SHOW(openat2(folder, "absolute", 16));
    return 0;
}
