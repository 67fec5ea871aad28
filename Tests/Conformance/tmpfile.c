/* Covers: */
/* Files without a name: O_TMPFILE of open(2). */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    char path[64];
    int file = SHOW(syscall(SYS_open, ".", O_TMPFILE | O_RDWR, 0600));
    SHOW(write(file, "hidden", 6));
    SHOW(fstat(file, &status));
    say("mode %o links %ld size %ld", status.st_mode, (long)status.st_nlink, (long)status.st_size);
    SHOW(syscall(SYS_open, ".", O_TMPFILE | O_RDONLY, 0600));
    SHOW(syscall(SYS_open, "absent", O_TMPFILE | O_RDWR, 0600));
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    SHOW(stat("named", &status));
    say("links %ld size %ld", (long)status.st_nlink, (long)status.st_size);
    return 0;
}
