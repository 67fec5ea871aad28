/* Covers: */
/* The character devices that every program expects: null, zero, full, random, urandom. */
#include "conformance.h"
#include <dirent.h>

int main(void) {
    char a[32], b[32];
    const char *names[] = {"null", "zero", "full", "random", "urandom"};
    for (int i = 0; i < 5; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", names[i]);
        struct stat status;
        int result = stat(path, &status);
        say("%s: %d mode %o device %x", path, result, status.st_mode, (unsigned)status.st_rdev);
        int file = open(path, O_RDWR);
        memset(a, 1, 32);
        say("read %ld write %ld", (long)read(file, a, 32), (long)write(file, "abcd", 4));
        close(file);
    }
    int random = open("/dev/urandom", O_RDONLY);
    read(random, a, 32);
    read(random, b, 32);
    HOLDS(memcmp(a, b, 32) != 0);
    int zero = open("/dev/zero", O_RDWR);
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    HOLDS(map != MAP_FAILED);
    if (map != MAP_FAILED) {
        map[4096] = 7;
        say("%d %d", map[0], map[4096]);
    }
    SHOW(pread(zero, a, 4, 1000));
    SHOW(open("/dev/absent", O_RDONLY));
    SHOW(readlink("/dev/stdin", a, 32));
    SHOW(readlink("/dev/fd", a, 32));
    for (int i = 0; i < 3; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/fd/%d", i);
        say("%s %s", path, access(path, F_OK) ? errno_name(errno) : "exists");
    }
    return 0;
}
