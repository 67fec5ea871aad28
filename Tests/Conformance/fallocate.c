/* Covers: fallocate */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    int file = open("file", O_CREAT | O_RDWR, 0644);
    SHOW(syscall(SYS_fallocate, file, 0, 0L, 10000L));
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    HOLDS(status.st_blocks >= 10000 / 512);
    SHOW(syscall(SYS_fallocate, file, 1 /* KEEP_SIZE */, 10000L, 10000L));
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    SHOW(syscall(SYS_fallocate, file, 2, 0L, 1L));
    SHOW(syscall(SYS_fallocate, file, 0, -1L, 1L));
    SHOW(syscall(SYS_fallocate, file, 0, 0L, 0L));
    SHOW(syscall(SYS_fallocate, file, 0, 0L, -1L));
    SHOW(syscall(SYS_fallocate, file, 0, LLONG_MAX, 1L));
    SHOW(syscall(SYS_fallocate, file, 0x4000, 0L, 1L));
    SHOW(syscall(SYS_fallocate, 99, 0, 0L, 1L));
    int readable = open("file", O_RDONLY);
    SHOW(syscall(SYS_fallocate, readable, 0, 0L, 1L));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_fallocate, folder, 0, 0L, 1L));
    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_fallocate, ends[1], 0, 0L, 1L));
    int null = open("/dev/null", O_RDWR);
    SHOW(syscall(SYS_fallocate, null, 0, 0L, 1L));
    return 0;
}
