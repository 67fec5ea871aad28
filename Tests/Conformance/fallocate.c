/* Covers: fallocate */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    char buffer[16];
    int file = open("file", O_CREAT | O_RDWR, 0644);
    SHOW(syscall(SYS_fallocate, file, 0, 0L, 10000L));
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    HOLDS(status.st_blocks >= 10000 / 512);
    SHOW(syscall(SYS_fallocate, file, 1 /* KEEP_SIZE */, 10000L, 10000L));
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    memset(buffer, 'f', 16);
    pwrite(file, buffer, 16, 4090);
    SHOW(syscall(SYS_fallocate, file, 3 /* PUNCH_HOLE | KEEP_SIZE */, 4096L, 4L));
    pread(file, buffer, 16, 4090);
    say_bytes("punched", buffer, 16);
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
