/* Covers: statx */
#include "conformance.h"

/* struct statx as statx(2) has it; musl's headers of Debian 12 lack it under some macros. */
struct record {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, spare;
    uint64_t ino, size, blocks, attributes_mask;
    struct { int64_t seconds; uint32_t nanoseconds; int32_t reserved; } times[4];
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t more[14];
};
_Static_assert(sizeof(struct record) == 256, "statx(2)");

int main(void) {
    enter_scratch();
    struct record x, y;
    struct stat status;
    make_file("file", "hello", 5);
    memset(&x, 0xff, sizeof x);
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x7ff /* STATX_BASIC_STATS */, &x));
    say("basic fields present: %s", (x.mask & 0x7ff) == 0x7ff ? "yes" : "NO");
    say("mode %o links %u uid %u gid %u size %ld blocks %ld blksize %u", x.mode, x.nlink, x.uid,
        x.gid, (long)x.size, (long)x.blocks, x.blksize);
    stat("file", &status);
    HOLDS(status.st_ino == x.ino);
    HOLDS(status.st_mtim.tv_sec == x.times[3].seconds && status.st_mtim.tv_nsec == x.times[3].nanoseconds);
    HOLDS(status.st_dev == ((x.dev_major & 0xfff) << 8 | (x.dev_minor & 0xff)));
    say("rdev %u:%u spare %u", x.rdev_major, x.rdev_minor, x.spare);
    symlink("file", "link");
    SHOW(syscall(SYS_statx, AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, 0x7ff, &y));
    HOLDS(S_ISLNK(y.mode));
    SHOW(syscall(SYS_statx, AT_FDCWD, "link", 0, 0x7ff, &y));
    HOLDS(y.ino == x.ino);
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_statx, file, "", AT_EMPTY_PATH, 0x7ff, &y));
    HOLDS(y.ino == x.ino);
    SHOW(syscall(SYS_statx, AT_FDCWD, "/dev/null", 0, 0x7ff, &y));
    say("/dev/null %o %u:%u", y.mode, y.rdev_major, y.rdev_minor);
    SHOW(syscall(SYS_statx, file, "", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "absent", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file/x", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, 99, "file", 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x7ff, BAD_POINTER));
    SHOW(syscall(SYS_statx, AT_FDCWD, BAD_POINTER, 0, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x80000000, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0x40000000, 0x7ff, &y));
    SHOW(syscall(SYS_statx, AT_FDCWD, "file", 0x6000 /* both sync flags */, 0x7ff, &y));
    return 0;
}
