/* Covers: readv writev preadv pwritev preadv2 pwritev2 */
#include "conformance.h"

int main(void) {
    enter_scratch();
    int file = SHOW(open("file", O_CREAT | O_RDWR, 0644));
    struct iovec three[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
    SHOW(syscall(SYS_writev, file, three, 3));
    SHOW(syscall(SYS_writev, file, three, 0));
    SHOW(syscall(SYS_writev, file, NULL, 0));
    SHOW(syscall(SYS_writev, file, three, -1));
    SHOW(syscall(SYS_writev, file, three, 1025));
    SHOW(syscall(SYS_writev, file, BAD_POINTER, 1));
    SHOW(syscall(SYS_writev, -1, three, 3));
    SHOW(syscall(SYS_writev, -1, BAD_POINTER, 3));
    struct iovec huge[2] = {{"a", 1}, {"b", SIZE_MAX / 2 + 1}};
    SHOW(syscall(SYS_writev, file, huge, 2));
    struct iovec faulty[2] = {{"12", 2}, {BAD_POINTER, 2}};
    SHOW(syscall(SYS_writev, file, faulty, 2));
    SHOW(lseek(file, 0, SEEK_CUR));
    faulty[0].iov_base = BAD_POINTER;
    SHOW(syscall(SYS_writev, file, faulty, 2));

    char one[4] = "----", two[16] = "---------------";
    struct iovec parts[2] = {{one, 4}, {two, 15}};
    SHOW(lseek(file, 0, SEEK_SET));
    SHOW(syscall(SYS_readv, file, parts, 2));
    say_bytes("one", one, 4);
    say_bytes("two", two, 8);
    SHOW(syscall(SYS_readv, file, parts, 2));
    SHOW(syscall(SYS_readv, file, parts, -1));
    SHOW(syscall(SYS_readv, file, BAD_POINTER, 1));
    SHOW(syscall(SYS_readv, 99, parts, 2));

    SHOW(syscall(SYS_preadv, file, parts, 2, 2L, 0L));
    say_bytes("one", one, 4);
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(syscall(SYS_preadv, file, parts, 2, -1L, -1L));
    SHOW(syscall(SYS_pwritev, file, three, 3, 20L, 0L));
    SHOW(syscall(SYS_pwritev, file, three, 3, -5L, -1L));
    SHOW(syscall(SYS_pwritev, 99, three, 3, 0L, 0L));
    struct stat status;
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    SHOW(syscall(SYS_preadv2, file, parts, 2, 0L, 0L, 0));
    SHOW(syscall(SYS_preadv2, file, parts, 1, -1L, -1L, 0));
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(syscall(SYS_preadv2, file, parts, 2, 0L, 0L, 0x40000000));
    SHOW(syscall(SYS_pwritev2, file, three, 3, 40L, 0L, 0));
    SHOW(syscall(SYS_pwritev2, file, three, 3, 0L, 0L, 0x10 /* RWF_APPEND */));
    fstat(file, &status);
    say("size %ld", (long)status.st_size);
    SHOW(syscall(SYS_pwritev2, file, three, 3, 0L, 0L, 0x40000000));

    int ends[2];
    SHOW(pipe(ends));
    SHOW(syscall(SYS_writev, ends[1], three, 3));
    SHOW(syscall(SYS_readv, ends[0], parts, 2));
    SHOW(syscall(SYS_preadv, ends[0], parts, 2, 0L, 0L));
    SHOW(syscall(SYS_pwritev, ends[1], three, 1, 0L, 0L));
    return 0;
}
