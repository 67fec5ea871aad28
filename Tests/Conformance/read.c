/* Covers: read */
#include "conformance.h"

int main(void) {
    enter_scratch();
    char buffer[64];
    memset(buffer, '-', sizeof buffer);
    make_file("file", "0123456789", 10);
    int file = SHOW(open("file", O_RDONLY));
    SHOW(syscall(SYS_read, file, buffer, 4));
    say_bytes("first", buffer, 6);
    SHOW(syscall(SYS_read, file, buffer, 100));
    say_bytes("rest", buffer, 8);
    SHOW(syscall(SYS_read, file, buffer, 1));
    SHOW(syscall(SYS_read, file, buffer, 0));
    SHOW(lseek(file, 0, SEEK_SET));
    SHOW(syscall(SYS_read, file, BAD_POINTER, 4));
    SHOW(syscall(SYS_read, file, BAD_POINTER, 0));
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(syscall(SYS_read, file, (void *)-4096L, 4));
    SHOW(syscall(SYS_read, -1, buffer, 4));
    SHOW(syscall(SYS_read, 1000000, buffer, 4));
    SHOW(close(file));
    SHOW(syscall(SYS_read, file, buffer, 4));
    file = open("file", O_WRONLY);
    SHOW(syscall(SYS_read, file, buffer, 4));
    close(file);
    file = open(".", O_RDONLY);
    SHOW(syscall(SYS_read, file, buffer, 4));
    close(file);

    /* A buffer that ends at an unmapped page: what fits is read. */
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    file = open("file", O_RDONLY);
    SHOW(syscall(SYS_read, file, pages + 4093, 10));
    say_bytes("before the hole", pages + 4093, 3);
    SHOW(syscall(SYS_read, file, pages + 4096, 3));
    close(file);

    /* Across pages, holes are zeroes. */
    file = open("sparse", O_CREAT | O_RDWR, 0644);
    SHOW(lseek(file, 10000, SEEK_SET));
    SHOW(write(file, "end", 3));
    SHOW(lseek(file, 9996, SEEK_SET));
    SHOW(syscall(SYS_read, file, buffer, 20));
    say_bytes("around the hole", buffer, 7);
    static char all[20000];
    SHOW(lseek(file, 0, SEEK_SET));
    memset(all, 1, sizeof all);
    SHOW(syscall(SYS_read, file, all, sizeof all));
    int zeroes = 0;
    for (int i = 0; i < 10000; i++) zeroes += all[i] == 0;
    say("%d zeroes, then %c", zeroes, all[10000]);

    /* A read-only destination. */
    char *fixed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    lseek(file, 0, SEEK_SET);
    SHOW(syscall(SYS_read, file, fixed, 10));
    int zero = open("/dev/zero", O_RDONLY);
    memset(buffer, 1, sizeof buffer);
    SHOW(syscall(SYS_read, zero, buffer, 8));
    say_bytes("/dev/zero", buffer, 9);
    SHOW(syscall(SYS_read, zero, BAD_POINTER, 8));
    int null = open("/dev/null", O_RDONLY);
    SHOW(syscall(SYS_read, null, buffer, 8));
    return 0;
}
