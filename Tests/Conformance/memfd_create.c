/* Covers: memfd_create */
#include "conformance.h"

int main(void) {
    char buffer[300];
    struct stat status;
    int file = SHOW(syscall(SYS_memfd_create, "shared", 1 /* CLOEXEC */));
    SHOW(fcntl(file, F_GETFD));
    say("flags %lo", open_flags(fcntl(file, F_GETFL)));
    SHOW(write(file, "contents", 8));
    SHOW(pread(file, buffer, 100, 0));
    SHOW(fstat(file, &status));
    say("mode %o size %ld links %ld", status.st_mode, (long)status.st_size, (long)status.st_nlink);
    SHOW(ftruncate(file, 8192));
    char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    HOLDS(map != MAP_FAILED);
    map[5000] = 'm';
    SHOW(pread(file, buffer, 1, 5000));
    say("%c", buffer[0]);
    long length = readlink("/proc/self/fd/3", buffer, sizeof buffer);
    say_bytes("name", buffer, length);
    SHOW(syscall(SYS_memfd_create, "flags", 0x1000));
    SHOW(syscall(SYS_memfd_create, BAD_POINTER, 0));
    memset(buffer, 'n', sizeof buffer);
    buffer[250] = 0;
    SHOW(syscall(SYS_memfd_create, buffer, 0));
    buffer[249] = 0;
    SHOW(syscall(SYS_memfd_create, buffer, 0));
    SHOW(syscall(SYS_memfd_create, "", 0));
    return 0;
}
