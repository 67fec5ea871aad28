/* Takes memory until there is none: `hog map` by mappings that it touches, `hog file` by a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int file = count > 1 && !strcmp(arguments[1], "file");
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    int descriptor = file ? open("/tmp/hog", O_CREAT | O_RDWR, 0600) : -1;
    for (int taken = 0; taken < 4096; taken++) {
        if (file) {
            ssize_t written = write(descriptor, block, sizeof block);
            if (written == (ssize_t)sizeof block) continue;
            printf("write: %s\n", written < 0 ? strerror(errno) : "short");
            return 0;
        }
        char *memory = mmap(NULL, sizeof block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) { printf("mmap: %s\n", strerror(errno)); return 0; }
        memcpy(memory, block, sizeof block);
    }
    puts("never full");
    return 1;
}
