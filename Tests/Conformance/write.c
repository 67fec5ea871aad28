/* Covers: write */
#include "conformance.h"
#include <sys/resource.h>

int main(void) {
    enter_scratch();
    char buffer[64];
    int file = SHOW(open("file", O_CREAT | O_RDWR, 0644));
    SHOW(syscall(SYS_write, file, "abcdef", 6));
    SHOW(syscall(SYS_write, file, "", 0));
    SHOW(lseek(file, 2, SEEK_SET));
    SHOW(syscall(SYS_write, file, "XY", 2));
    SHOW(lseek(file, 0, SEEK_SET));
    SHOW(read(file, buffer, sizeof buffer));
    say_bytes("contents", buffer, 6);
    SHOW(syscall(SYS_write, file, BAD_POINTER, 4));
    SHOW(syscall(SYS_write, file, BAD_POINTER, 0));
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(syscall(SYS_write, -1, "a", 1));
    SHOW(syscall(SYS_write, 500, "a", 1));
    close(file);
    SHOW(syscall(SYS_write, file, "a", 1));
    file = open("file", O_RDONLY);
    SHOW(syscall(SYS_write, file, "a", 1));
    close(file);

    /* A source that ends at an unmapped page: what can be read is written. */
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(pages, 'p', 8192);
    munmap(pages + 4096, 4096);
    file = open("part", O_CREAT | O_RDWR, 0644);
    SHOW(syscall(SYS_write, file, pages + 4092, 10));
    struct stat status;
    fstat(file, &status);
    say("size %ld", (long)status.st_size);

    /* Past the end: the gap is zeroes. */
    SHOW(ftruncate(file, 0));
    SHOW(lseek(file, 5, SEEK_SET));
    SHOW(syscall(SYS_write, file, "z", 1));
    SHOW(pread(file, buffer, sizeof buffer, 0));
    say_bytes("gap", buffer, 6);

    /* A size over pages. */
    static char large[100000];
    for (unsigned i = 0; i < sizeof large; i++) large[i] = (char)(i * 7 + i / 256);
    SHOW(lseek(file, 3, SEEK_SET));
    SHOW(syscall(SYS_write, file, large, sizeof large));
    static char back[100000];
    SHOW(pread(file, back, sizeof back, 3));
    HOLDS(memcmp(large, back, sizeof large) == 0);

    /* Limits: RLIMIT_FSIZE and the largest offset. */
    struct rlimit limit = {10, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    file = open("limited", O_CREAT | O_RDWR, 0644);
    setrlimit(RLIMIT_FSIZE, &limit); /* standard output may be a file too: nothing is said now */
    long first = syscall(SYS_write, file, "0123456789abcdef", 16);
    long second = syscall(SYS_write, file, "more", 4);
    int number = errno;
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    say("limited to 10: %ld, then %ld %s", first, second, errno_name(number));
    SHOW(lseek(file, LLONG_MAX, SEEK_SET));
    SHOW(syscall(SYS_write, file, "more", 4));

    int null = open("/dev/null", O_WRONLY);
    SHOW(syscall(SYS_write, null, large, sizeof large));
    SHOW(syscall(SYS_write, null, BAD_POINTER, 10));
    int full = open("/dev/full", O_WRONLY);
    SHOW(syscall(SYS_write, full, "a", 1));
    SHOW(syscall(SYS_write, 2, "to standard error\n", 18));
    return 0;
}
