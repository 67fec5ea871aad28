/* Covers: mincore */
#include "conformance.h"

int main(void) {
    unsigned char vector[4] = {9, 9, 9, 9};
    /* Far apart: a kernel may make the neighbours of a touched page present too. */
    char *far = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    far[512 << 10] = 1;
    SHOW(mincore(far, 4096, vector));
    SHOW(mincore(far + (512 << 10), 4096, vector + 1));
    SHOW(mincore(far + (1 << 20) - 4096, 4096, vector + 2));
    say("%d %d %d %d", vector[0] & 1, vector[1] & 1, vector[2] & 1, vector[3]);
    char *a = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(a, 1, 4 * 4096);
    SHOW(mincore(a, 3 * 4096, vector));
    say("touched %d, beyond %d", vector[1] & 1, vector[3]); /* its neighbours may have come with it */
    SHOW(mincore(a, 4097, vector));
    SHOW(mincore(a, 0, vector));
    SHOW(mincore(a + 1, 4096, vector));
    SHOW(mincore(a, 4096, BAD_POINTER));
    munmap(a + 8192, 4096);
    SHOW(mincore(a, 4 * 4096, vector));
    SHOW(mincore((void *)(1UL << 62), 4096, vector));
    SHOW(mincore(a, SIZE_MAX, vector));
    return 0;
}
