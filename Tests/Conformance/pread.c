/* Covers: pread64 pwrite64 */
#include "conformance.h"

int main(void) {
    enter_scratch();
    char buffer[32];
    int file = SHOW(open("file", O_CREAT | O_RDWR, 0644));
    SHOW(syscall(SYS_pwrite64, file, "hello", 5, 3L));
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(syscall(SYS_pread64, file, buffer, 32, 0L));
    say_bytes("all", buffer, 8);
    SHOW(syscall(SYS_pread64, file, buffer, 2, 4L));
    say_bytes("middle", buffer, 2);
    SHOW(syscall(SYS_pread64, file, buffer, 2, 8L));
    SHOW(syscall(SYS_pread64, file, buffer, 2, 1000000L));
    SHOW(syscall(SYS_pread64, file, buffer, 2, -1L));
    SHOW(syscall(SYS_pwrite64, file, buffer, 2, -1L));
    SHOW(syscall(SYS_pread64, file, BAD_POINTER, 2, 0L));
    SHOW(syscall(SYS_pwrite64, file, BAD_POINTER, 2, 0L));
    SHOW(syscall(SYS_pread64, -1, buffer, 2, 0L));
    SHOW(syscall(SYS_pwrite64, -1, buffer, 2, 0L));
    SHOW(syscall(SYS_pread64, -1, buffer, 2, -1L));
    close(file);
    file = open("file", O_RDONLY);
    SHOW(syscall(SYS_pwrite64, file, "a", 1, 0L));
    close(file);
    file = open("file", O_WRONLY);
    SHOW(syscall(SYS_pread64, file, buffer, 1, 0L));
    close(file);
    file = open("file", O_RDWR | O_APPEND);
    SHOW(syscall(SYS_pwrite64, file, "tail", 4, 0L)); /* Linux appends: pwrite(2), BUGS */
    SHOW(syscall(SYS_pread64, file, buffer, 32, 0L));
    say_bytes("all", buffer, 12);
    close(file);
    int ends[2];
    SHOW(pipe(ends));
    SHOW(syscall(SYS_pread64, ends[0], buffer, 1, 0L));
    SHOW(syscall(SYS_pwrite64, ends[1], buffer, 1, 0L));
    file = open(".", O_RDONLY);
    SHOW(syscall(SYS_pread64, file, buffer, 1, 0L));
    return 0;
}
