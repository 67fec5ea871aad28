/* Prints where the kernel put things, a line each: what address space layout randomisation changes. */
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
    char local;
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("stack %p\nmmap %p\nbrk %p\ncode %p\nvdso %#lx\n", (void *)&local, mapped, sbrk(0), (void *)main,
           getauxval(AT_SYSINFO_EHDR));
    return 0;
}
