/* Covers: copy_file_range */
#include "conformance.h"

int main(void) {
    enter_scratch();
    char buffer[32];
    make_file("in", "0123456789", 10);
    int in = open("in", O_RDONLY), out = open("out", O_CREAT | O_RDWR, 0644);
    SHOW(syscall(SYS_copy_file_range, in, NULL, out, NULL, 4L, 0));
    int64_t from = 6, to = 20;
    SHOW(syscall(SYS_copy_file_range, in, &from, out, &to, 100L, 0));
    say("from %ld to %ld", (long)from, (long)to);
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(lseek(out, 0, SEEK_CUR));
    SHOW(syscall(SYS_copy_file_range, in, &from, out, &to, 100L, 0));
    SHOW(pread(out, buffer, 32, 0));
    say_bytes("out", buffer, 24);
    SHOW(syscall(SYS_copy_file_range, in, NULL, out, NULL, 0L, 0));
    SHOW(syscall(SYS_copy_file_range, in, NULL, out, NULL, 1L, 1));
    SHOW(syscall(SYS_copy_file_range, 99, NULL, out, NULL, 1L, 0));
    SHOW(syscall(SYS_copy_file_range, in, NULL, 99, NULL, 1L, 0));
    SHOW(syscall(SYS_copy_file_range, in, NULL, in, NULL, 1L, 0));
    from = 0;
    to = 2;
    SHOW(syscall(SYS_copy_file_range, out, &from, out, &to, 4L, 0)); /* overlapping */
    SHOW(syscall(SYS_copy_file_range, in, BAD_POINTER, out, NULL, 1L, 0));
    int append = open("out", O_WRONLY | O_APPEND);
    SHOW(syscall(SYS_copy_file_range, in, NULL, append, NULL, 1L, 0));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_copy_file_range, folder, NULL, out, NULL, 1L, 0));
    int ends[2];
    pipe(ends);
    SHOW(syscall(SYS_copy_file_range, in, NULL, ends[1], NULL, 1L, 0));
    return 0;
}
