/* Covers: lseek */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "0123456789", 10);
    int file = SHOW(open("file", O_RDWR));
    SHOW(syscall(SYS_lseek, file, 4L, SEEK_SET));
    SHOW(syscall(SYS_lseek, file, 3L, SEEK_CUR));
    SHOW(syscall(SYS_lseek, file, -2L, SEEK_END));
    SHOW(syscall(SYS_lseek, file, -20L, SEEK_CUR));
    SHOW(syscall(SYS_lseek, file, 0L, SEEK_CUR));
    SHOW(syscall(SYS_lseek, file, -11L, SEEK_END));
    SHOW(syscall(SYS_lseek, file, 1000L, SEEK_END));
    SHOW(syscall(SYS_lseek, file, -1L, SEEK_SET));
    SHOW(syscall(SYS_lseek, file, 0L, 9));
    SHOW(syscall(SYS_lseek, file, 0L, -1));
    SHOW(syscall(SYS_lseek, file, LLONG_MAX, SEEK_CUR));
    SHOW(syscall(SYS_lseek, -1, 0L, SEEK_SET));
    SHOW(syscall(SYS_lseek, 40, 0L, 99));
    SHOW(syscall(SYS_lseek, file, 0L, SEEK_DATA));
    SHOW(syscall(SYS_lseek, file, 0L, SEEK_HOLE));
    SHOW(syscall(SYS_lseek, file, 10L, SEEK_DATA));
    SHOW(syscall(SYS_lseek, file, 10L, SEEK_HOLE));
    SHOW(syscall(SYS_lseek, file, 11L, SEEK_HOLE));
    SHOW(syscall(SYS_lseek, file, -1L, SEEK_DATA));

    int copy = dup(file);
    SHOW(syscall(SYS_lseek, file, 6L, SEEK_SET));
    SHOW(syscall(SYS_lseek, copy, 0L, SEEK_CUR));
    int other = open("file", O_RDONLY);
    SHOW(syscall(SYS_lseek, other, 0L, SEEK_CUR));

    int sparse = open("sparse", O_CREAT | O_RDWR, 0644);
    pwrite(sparse, "a", 1, 0);
    pwrite(sparse, "b", 1, 40960);
    SHOW(syscall(SYS_lseek, sparse, 0L, SEEK_HOLE));
    SHOW(syscall(SYS_lseek, sparse, 4096L, SEEK_DATA));
    SHOW(syscall(SYS_lseek, sparse, 40960L, SEEK_HOLE));

    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_lseek, ends[0], 0L, SEEK_CUR));
    SHOW(syscall(SYS_lseek, ends[0], 0L, 9));
    int null = open("/dev/null", O_RDWR);
    SHOW(syscall(SYS_lseek, null, 100L, SEEK_SET));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_lseek, folder, 0L, SEEK_SET));
    return 0;
}
