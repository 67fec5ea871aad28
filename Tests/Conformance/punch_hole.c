/* Covers: */
/* Holes made by fallocate(2) and found by lseek(2). */
#include "conformance.h"

int main(void) {
    enter_scratch();
    char buffer[16];
    int file = open("file", O_CREAT | O_RDWR, 0644);
    ftruncate(file, 32768);
    memset(buffer, 'f', 16);
    pwrite(file, buffer, 16, 4090);
    SHOW(syscall(SYS_fallocate, file, 3 /* PUNCH_HOLE | KEEP_SIZE */, 4096L, 4L));
    pread(file, buffer, 16, 4090);
    say_bytes("punched", buffer, 16);
    SHOW(lseek(file, 0, SEEK_HOLE));
    SHOW(lseek(file, 0, SEEK_DATA));
    SHOW(lseek(file, 4096, SEEK_HOLE));
    SHOW(syscall(SYS_fallocate, file, 3, 0L, 8192L));
    SHOW(lseek(file, 0, SEEK_DATA));
    struct stat status;
    fstat(file, &status);
    say("size %ld blocks %ld", (long)status.st_size, (long)status.st_blocks);
    return 0;
}
