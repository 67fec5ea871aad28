/* Copies a file by stdio and by mmap, compares, and prints size and checksum. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count != 3) { fprintf(stderr, "usage: copy FROM TO\n"); return 64; }
    FILE *in = fopen(arguments[1], "rb");
    if (!in) { perror(arguments[1]); return 1; }
    FILE *out = fopen(arguments[2], "wb");
    if (!out) { perror(arguments[2]); return 1; }
    static char buffer[70000];
    size_t length, total = 0;
    while ((length = fread(buffer, 1, sizeof buffer, in)) > 0) {
        if (fwrite(buffer, 1, length, out) != length) { perror("fwrite"); return 1; }
        total += length;
    }
    fclose(in);
    if (fclose(out)) { perror("fclose"); return 1; }
    int a = open(arguments[1], O_RDONLY), b = open(arguments[2], O_RDONLY);
    struct stat status;
    fstat(b, &status);
    if ((size_t)status.st_size != total) { puts("size differs"); return 1; }
    unsigned checksum = 0;
    if (total) {
        unsigned char *left = mmap(NULL, total, PROT_READ, MAP_PRIVATE, a, 0);
        unsigned char *right = mmap(NULL, total, PROT_READ, MAP_SHARED, b, 0);
        if (left == MAP_FAILED || right == MAP_FAILED) { perror("mmap"); return 1; }
        if (memcmp(left, right, total)) { puts("contents differ"); return 1; }
        for (size_t i = 0; i < total; i++) checksum = checksum * 31 + right[i];
    }
    printf("%zu bytes, checksum %08x\n", total, checksum);
    return 0;
}
