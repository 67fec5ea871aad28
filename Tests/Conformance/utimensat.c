/* Covers: utimensat utime utimes futimesat */
#include "conformance.h"
#include <sys/time.h>
#include <utime.h>

static void print(const char *path) {
    struct stat s;
    lstat(path, &s);
    say("%s: atime %ld.%09ld mtime %ld.%09ld", path, (long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
        (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    struct timespec t[2] = {{1000, 123456789}, {2000, 987654321}};
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    print("file");
    t[0].tv_nsec = UTIME_OMIT;
    t[1].tv_sec = 3000;
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    print("file");
    t[1].tv_nsec = UTIME_OMIT;
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    print("file");
    t[1].tv_nsec = UTIME_NOW;
    int64_t before = now(CLOCK_REALTIME);
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    struct stat s;
    stat("file", &s);
    say("atime %ld", (long)s.st_atim.tv_sec);
    HOLDS(s.st_mtim.tv_sec * 1000000000LL + s.st_mtim.tv_nsec > before - 20000000);
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", NULL, 0));
    stat("file", &s);
    HOLDS(s.st_atim.tv_sec == s.st_mtim.tv_sec && s.st_atim.tv_nsec == s.st_mtim.tv_nsec);
    t[0].tv_nsec = 1000000000;
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    t[0] = (struct timespec){-5, 1};
    t[1] = (struct timespec){5, 2};
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0));
    print("file");
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "absent", t, 0));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", BAD_POINTER, 0));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, BAD_POINTER, t, 0));
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "file", t, 0x40000000));
    SHOW(syscall(SYS_utimensat, 99, "file", t, 0));
    int file = open("file", O_RDONLY);
    t[0] = (struct timespec){70, 7};
    SHOW(syscall(SYS_utimensat, file, NULL, t, 0));
    print("file");
    SHOW(syscall(SYS_utimensat, 99, NULL, t, 0));
    symlink("file", "link");
    SHOW(syscall(SYS_utimensat, AT_FDCWD, "link", t, AT_SYMLINK_NOFOLLOW));
    print("link");
    struct utimbuf seconds = {11, 22};
    SHOW(syscall(SYS_utime, "file", &seconds));
    print("file");
    SHOW(syscall(SYS_utime, "absent", &seconds));
    struct timeval micro[2] = {{33, 44}, {55, 66}};
    SHOW(syscall(SYS_utimes, "file", micro));
    print("file");
    micro[0].tv_usec = 1000000;
    SHOW(syscall(SYS_utimes, "file", micro));
    micro[0].tv_usec = 1;
    SHOW(syscall(SYS_futimesat, AT_FDCWD, "file", micro));
    print("file");
    SHOW(syscall(SYS_futimesat, 99, "file", micro));
    return 0;
}
