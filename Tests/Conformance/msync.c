/* Covers: msync */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "contents", 8);
    int file = open("file", O_RDWR);
    char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    s[0] = 'C';
    SHOW(msync(s, 4096, MS_SYNC));
    char byte;
    pread(file, &byte, 1, 0);
    say("%c", byte);
    SHOW(msync(s, 4096, MS_ASYNC));
    SHOW(msync(s, 4096, MS_SYNC | MS_INVALIDATE));
    SHOW(msync(s, 4096, MS_SYNC | MS_ASYNC));
    SHOW(msync(s, 4096, 0));
    SHOW(msync(s, 4096, 64));
    SHOW(msync(s + 1, 4096, MS_SYNC));
    SHOW(msync(s, 0, MS_SYNC));
    munmap(s + 4096, 4096);
    SHOW(msync(s, 8192, MS_SYNC));
    char *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(msync(a, 4096, MS_SYNC));
    SHOW(msync((void *)(1UL << 62), 4096, MS_SYNC));
    return 0;
}
