/* Covers: openat2 */
#include "conformance.h"

struct how { uint64_t flags, mode, resolve; };
static long openat2(int folder, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct how how = {flags, mode, resolve};
    return syscall(437, folder, path, &how, sizeof how);
}

int main(void) {
    enter_scratch();
    mkdir("folder", 0755);
    make_file("folder/file", "contents", 8);
    struct stat status;
    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    SHOW(openat2(folder, "file", O_RDONLY, 0, 0));
    SHOW(openat2(folder, "new", O_CREAT | O_RDWR, 0640, 0));
    stat("folder/new", &status);
    say("mode %o", status.st_mode);
    SHOW(openat2(folder, "absent", O_RDONLY, 0, 0));
    SHOW(openat2(99, "file", O_RDONLY, 0, 0));
    SHOW(openat2(folder, BAD_POINTER, O_RDONLY, 0, 0));
    /* What openat(2) ignores is refused. */
    SHOW(openat2(folder, "file", O_RDONLY, 0640, 0));
    SHOW(openat2(folder, "file", O_RDONLY | 1UL << 40, 0, 0));
    SHOW(openat2(folder, "other", O_CREAT | O_RDWR, 0200000, 0));
    SHOW(openat2(folder, "file", O_RDONLY, 0, 1UL << 20));
    struct { struct how how; uint64_t more; } longer = {{O_RDONLY, 0, 0}, 0};
    SHOW(syscall(437, folder, "file", &longer, sizeof longer));
    longer.more = 1;
    SHOW(syscall(437, folder, "file", &longer, sizeof longer));
    SHOW(syscall(437, folder, "file", &longer, 8L));
    SHOW(syscall(437, folder, "file", BAD_POINTER, 24L));
    SHOW(openat2(folder, "file", O_RDONLY, 0, 8 | 16));
    return 0;
}
