/* Covers: truncate ftruncate */
#include "conformance.h"

static long size(const char *path) {
    struct stat status;
    return stat(path, &status) ? -1 : (long)status.st_size;
}

int main(void) {
    enter_scratch();
    char buffer[32];
    make_file("file", "0123456789", 10);
    SHOW(syscall(SYS_truncate, "file", 4L));
    say("size %ld", size("file"));
    SHOW(syscall(SYS_truncate, "file", 8L));
    int file = open("file", O_RDWR);
    SHOW(read(file, buffer, 32));
    say_bytes("contents", buffer, 8); /* what was cut off comes back as zeroes */
    SHOW(syscall(SYS_ftruncate, file, 100000L));
    SHOW(lseek(file, 0, SEEK_CUR));
    say("size %ld", size("file"));
    SHOW(pread(file, buffer, 4, 99998));
    say_bytes("end", buffer, 2);
    SHOW(syscall(SYS_ftruncate, file, 2L));
    SHOW(write(file, "x", 1));
    say("size %ld", size("file"));
    SHOW(pread(file, buffer, 32, 0));
    say_bytes("contents", buffer, 9);
    SHOW(syscall(SYS_ftruncate, file, -1L));
    SHOW(syscall(SYS_truncate, "file", -1L));
    SHOW(syscall(SYS_truncate, "absent", 1L));
    SHOW(syscall(SYS_truncate, "file/x", 1L));
    SHOW(syscall(SYS_truncate, ".", 1L));
    SHOW(syscall(SYS_truncate, BAD_POINTER, 1L));
    SHOW(syscall(SYS_truncate, "/dev/null", 1L));
    int readable = open("file", O_RDONLY);
    SHOW(syscall(SYS_ftruncate, readable, 1L));
    SHOW(syscall(SYS_ftruncate, 99, 1L));
    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_ftruncate, ends[1], 1L));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_ftruncate, folder, 1L));
    /* Shrunk inside a page: a mapping sees zeroes behind the end. */
    SHOW(syscall(SYS_ftruncate, file, 3000L));
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    memset(map, 'm', 3000);
    SHOW(syscall(SYS_ftruncate, file, 1000L));
    say("%c %d %d", map[999], map[1000], map[2999]);
    SHOW(syscall(SYS_ftruncate, file, 3000L));
    say("%c %d %d", map[999], map[1000], map[2999]);
    return 0;
}
