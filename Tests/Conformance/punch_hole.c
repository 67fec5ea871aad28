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
    /* The same by a mapping. */
    make_file("mapped", "0123456789", 10);
    int mapped = open("mapped", O_RDWR);
    ftruncate(mapped, 3 * 4096);
    char *shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, mapped, 0);
    char *nothing = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared[4096] = 'b', shared[8192] = 'c';
    SHOW(madvise(shared, 8192, MADV_REMOVE));
    say("%d %d %d", shared[0], shared[4096], shared[8192]);
    SHOW(pread(mapped, private, 1, 8192));
    SHOW(madvise(private, 4096, MADV_REMOVE));
    SHOW(madvise(nothing, 4096, MADV_REMOVE));
    int readable = open("mapped", O_RDONLY);
    char *read_only = mmap(NULL, 4096, PROT_READ, MAP_SHARED, readable, 0);
    SHOW(madvise(read_only, 4096, MADV_REMOVE));
    SHOW(madvise(shared + 1, 4096, MADV_REMOVE));
    fstat(mapped, &status);
    say("size %ld", (long)status.st_size);
    return 0;
}
