/* Covers: mknod mknodat open */
#include "conformance.h"
#include <sys/sysmacros.h>

int main(void) {
    enter_scratch();
    char bytes[4] = "xxx";
    struct stat status;
    SHOW(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    SHOW(mknod("zero", S_IFCHR | 0600, makedev(1, 5)));
    SHOW(mknod("full", S_IFCHR | 0622, makedev(1, 7)));
    SHOW(mknod("nothing", S_IFCHR | 0666, makedev(250, 77)));
    SHOW(mknod("block", S_IFBLK | 0660, makedev(251, 3)));
    static const char *const names[] = {"null", "zero", "full", "nothing", "block"};
    for (int i = 0; i < 5; i++) {
        lstat(names[i], &status);
        say("%s: %o %u %u", names[i], status.st_mode, major(status.st_rdev), minor(status.st_rdev));
    }
    int null = SHOW(open("null", O_RDWR));
    SHOW(read(null, bytes, 3));
    SHOW(write(null, bytes, 3));
    close(null);
    int zero = SHOW(open("zero", O_RDWR));
    SHOW(read(zero, bytes, 3));
    say_bytes("bytes", bytes, 3);
    close(zero);
    int full = SHOW(open("full", O_WRONLY));
    SHOW(write(full, bytes, 3));
    close(full);
    SHOW(open("nothing", O_RDWR));
    SHOW(open("block", O_RDONLY));
    SUCCEEDS(open("nothing", O_PATH));
    SHOW(link("null", "other"));
    SHOW(rename("nothing", "renamed"));
    SHOW(unlink("renamed"));
    SHOW(chmod("block", 0600));
    SHOW(truncate("null", 0));
    SHOW(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
    setuid(65534);
    chdir("/tmp");
    SHOW(mknod("denied", S_IFCHR | 0666, makedev(1, 3)));
    SHOW(mknod("denied", S_IFBLK | 0666, makedev(1, 3)));
    return 0;
}
