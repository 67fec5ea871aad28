/* Covers: memfd_create fcntl */
#include "conformance.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
static int make(unsigned flags) { return syscall(SYS_memfd_create, "name", flags); }
static long map(int file, int protection, int flags) {
    void *place = mmap(NULL, 4096, protection, flags, file, 0);
    if (place == MAP_FAILED) return -1;
    munmap(place, 4096);
    return 0;
}

int main(void) {
    enter_scratch();
    char bytes[8192] = "";
    make_file("file", "x", 1);
    int ordinary = open("file", O_RDWR);
    SHOW(fcntl(ordinary, F_ADD_SEALS, F_SEAL_GROW));
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_GET_SEALS));
    SHOW(fcntl(open("/dev/null", O_RDONLY), F_GET_SEALS));
    int file = make(0);
    SHOW(fcntl(file, F_GET_SEALS));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    close(file);

    file = make(MFD_ALLOW_SEALING);
    SHOW(fcntl(file, F_GET_SEALS));
    SHOW(ftruncate(file, 8192));
    SHOW(fcntl(file, F_ADD_SEALS, 0x1000));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(fcntl(file, F_GET_SEALS));
    SHOW(ftruncate(file, 4096));
    SHOW(ftruncate(file, 8192));
    SHOW(ftruncate(file, 12288));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(ftruncate(file, 16384));
    SHOW(pwrite(file, bytes, 100, 12288 - 50));
    SHOW(pwrite(file, bytes, 100, 12288));
    SHOW(fallocate(file, 0, 0, 20000));
    SHOW(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 20000));
    SHOW(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *read_only = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(shared, 4096);
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(read_only, 4096);
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    private[0] = 'x';
    SHOW(write(file, bytes, 1));
    SHOW(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    SHOW(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
    SHOW(map(file, PROT_READ, MAP_SHARED));
    SHOW(map(file, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    read_only = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    SHOW(mprotect(read_only, 4096, PROT_READ | PROT_WRITE));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    SHOW(fcntl(file, F_GET_SEALS));
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int reading = open(path, O_RDONLY);
    SHOW(fcntl(reading, F_GET_SEALS));
    SHOW(fcntl(reading, F_ADD_SEALS, F_SEAL_GROW));
    close(file);

    file = make(MFD_ALLOW_SEALING | MFD_CLOEXEC);
    ftruncate(file, 4096);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    shared[0] = 'y';
    SHOW(write(file, bytes, 1));
    SHOW(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
    SHOW(map(file, PROT_READ, MAP_SHARED));
    SHOW(pread(file, bytes, 1, 0));
    say("%c", bytes[0]);
    struct stat status;
    fstat(file, &status);
    say("mode %o", status.st_mode);
    close(file);

    file = make(8 /* MFD_NOEXEC_SEAL */);
    fstat(file, &status);
    say("mode %o", status.st_mode);
    SHOW(fcntl(file, F_GET_SEALS));
    SHOW(fchmod(file, 0777));
    SHOW(fchmod(file, 0600));
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    close(file);
    SHOW(make(8 | 16));
    file = make(MFD_ALLOW_SEALING | 16);
    SHOW(fcntl(file, F_ADD_SEALS, F_SEAL_EXEC));
    SHOW(fcntl(file, F_GET_SEALS));
    SHOW(fchmod(file, 0666));
    SHOW(make(0x100));
    return 0;
}
