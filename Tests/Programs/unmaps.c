/* Changes mappings of 2000 touched pages, again and again: `unmaps WHAT ROUNDS`. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES 2000L
#define SIZE (PAGES * 4096)
/* Memory of small pages, each touched, so that a change has as many entries. */
static char *fresh(void) {
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) exit(2);
    for (long i = 0; i < PAGES; i++) memory[i * 4096] = 1;
    return memory;
}
int main(int count, char **arguments) {
    const char *what = arguments[1];
    long rounds = count > 2 ? atol(arguments[2]) : 0, sum = 0;
    char *kept = fresh();
    for (long round = 0; round < rounds; round++) {
        if (!strcmp(what, "touch")) {
            /* In a mapping of its own, which stays. */
            char *more = mmap(NULL, 64 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            for (int i = 0; i < 16; i++) more[i * 4096] = 1;
        } else if (!strcmp(what, "unmap")) {
            munmap(kept, SIZE);
            kept = fresh();
        } else if (!strcmp(what, "protect")) {
            mprotect(kept, SIZE, PROT_READ);
            sum += kept[4096];
            mprotect(kept, SIZE, PROT_READ | PROT_WRITE);
            kept[4096] = 2;
        } else if (!strcmp(what, "discard")) {
            madvise(kept, SIZE, MADV_DONTNEED);
            for (long i = 0; i < PAGES; i++) sum += kept[i * 4096]++;
        } else if (!strcmp(what, "move")) {
            kept = mremap(kept, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
                          mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        } else if (!strcmp(what, "large")) {
            char *large = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            for (long i = 0; i < 8 << 20; i += 4096) large[i] = 1;
            munmap(large, 8 << 20);
        }
    }
    return sum < 0;
}
