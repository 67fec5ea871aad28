/* Covers: stat lstat fstat newfstatat */
#include "conformance.h"

static void print(const char *label, const struct stat *s) {
    say("%s: mode %o links %ld uid %u gid %u size %ld blocks %ld blksize %ld", label, s->st_mode,
        S_ISDIR(s->st_mode) ? -1L : (long)s->st_nlink, s->st_uid, s->st_gid,
        S_ISDIR(s->st_mode) ? -1L : (long)s->st_size,
        S_ISREG(s->st_mode) ? (long)s->st_blocks : -1L, (long)s->st_blksize);
}

int main(void) {
    enter_scratch();
    struct stat status, other;
    int64_t before = now(CLOCK_REALTIME);
    make_file("file", "hello", 5);
    SHOW(syscall(SYS_stat, "file", &status));
    print("file", &status);
    int64_t changed = status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
    /* The kernel stamps files with a coarse clock, at most one tick behind. */
    HOLDS(changed >= before - 20000000 && changed <= now(CLOCK_REALTIME) + 20000000);
    HOLDS(status.st_ino != 0);
    HOLDS(status.st_rdev == 0);
    SHOW(mkdir("folder", 0750));
    SHOW(syscall(SYS_stat, "folder", &other));
    print("folder", &other);
    HOLDS(status.st_dev == other.st_dev);
    HOLDS(status.st_ino != other.st_ino);
    SHOW(symlink("file", "link"));
    SHOW(syscall(SYS_stat, "link", &other));
    HOLDS(other.st_ino == status.st_ino);
    SHOW(syscall(SYS_lstat, "link", &other));
    print("link", &other);
    SHOW(syscall(SYS_lstat, "link/", &other));
    SHOW(syscall(SYS_lstat, "folder/", &other));
    SHOW(syscall(SYS_lstat, "folder/.", &other));
    SHOW(syscall(SYS_lstat, "file/.", &other));
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_fstat, file, &other));
    HOLDS(other.st_ino == status.st_ino);
    SHOW(syscall(SYS_fstat, 99, &other));
    SHOW(syscall(SYS_fstat, -1, &other));
    SHOW(syscall(SYS_fstat, file, BAD_POINTER));
    SHOW(syscall(SYS_stat, "file", BAD_POINTER));
    SHOW(syscall(SYS_stat, BAD_POINTER, &other));
    SHOW(syscall(SYS_stat, "absent", &other));
    SHOW(syscall(SYS_lstat, "absent", &other));
    SHOW(syscall(SYS_stat, "file/below", &other));
    SHOW(syscall(SYS_stat, "", &other));
    SHOW(symlink("absent", "dangling"));
    SHOW(syscall(SYS_stat, "dangling", &other));

    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    SHOW(syscall(SYS_newfstatat, folder, "../file", &other, 0));
    HOLDS(other.st_ino == status.st_ino);
    SHOW(syscall(SYS_newfstatat, AT_FDCWD, "link", &other, AT_SYMLINK_NOFOLLOW));
    HOLDS(S_ISLNK(other.st_mode));
    SHOW(syscall(SYS_newfstatat, file, "", &other, AT_EMPTY_PATH));
    HOLDS(other.st_ino == status.st_ino);
    SHOW(syscall(SYS_newfstatat, AT_FDCWD, "", &other, AT_EMPTY_PATH));
    HOLDS(S_ISDIR(other.st_mode));
    SHOW(syscall(SYS_newfstatat, file, "", &other, 0));
    SHOW(syscall(SYS_newfstatat, file, "x", &other, 0));
    SHOW(syscall(SYS_newfstatat, 99, "x", &other, 0));
    SHOW(syscall(SYS_newfstatat, 99, "", &other, AT_EMPTY_PATH));
    SHOW(syscall(SYS_newfstatat, AT_FDCWD, "file", &other, 0x40000000));

    /* Devices and descriptors. */
    SHOW(syscall(SYS_stat, "/dev/null", &other));
    say("/dev/null: mode %o rdev %x", other.st_mode, (unsigned)other.st_rdev);
    SHOW(syscall(SYS_stat, "/dev/zero", &other));
    say("/dev/zero: mode %o rdev %x", other.st_mode, (unsigned)other.st_rdev);
    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_fstat, ends[0], &other));
    say("pipe: mode %o links %ld size %ld", other.st_mode, (long)other.st_nlink, (long)other.st_size);

    /* Sizes and blocks of a sparse file; times move with their causes. */
    int sparse = open("sparse", O_CREAT | O_RDWR, 0640);
    pwrite(sparse, "x", 1, 1000000);
    fstat(sparse, &status);
    print("sparse", &status);
    struct timespec pause = {0, 30000000};
    nanosleep(&pause, NULL);
    fchmod(sparse, 0600);
    fstat(sparse, &other);
    HOLDS(other.st_ctim.tv_sec > status.st_ctim.tv_sec || other.st_ctim.tv_nsec > status.st_ctim.tv_nsec);
    HOLDS(other.st_mtim.tv_nsec == status.st_mtim.tv_nsec);
    stat("folder", &status);
    nanosleep(&pause, NULL);
    make_file("folder/new", "", 0);
    stat("folder", &other);
    HOLDS(other.st_mtim.tv_sec > status.st_mtim.tv_sec || other.st_mtim.tv_nsec > status.st_mtim.tv_nsec);
    return 0;
}
