/* Covers: eventfd eventfd2 */
#include "conformance.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static void ready(const char *when, int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT | POLLPRI, 0};
    int result = poll(&entry, 1, 0);
    say("%s: poll %d %x", when, result, entry.revents);
}

int main(void) {
    uint64_t value = 7;
    SHOW(syscall(SYS_eventfd2, 0, 0x40000000));
    SHOW(syscall(SYS_eventfd2, 0, 2));
    int file = SHOW(syscall(SYS_eventfd2, 3, EFD_NONBLOCK | EFD_CLOEXEC));
    SHOW(fcntl(file, F_GETFD));
    say("F_GETFL %lo", open_flags(fcntl(file, F_GETFL)));
    ready("three", file);
    SHOW(read(file, &value, 7));
    SHOW(read(file, &value, 8));
    say("value %llu", (unsigned long long)value);
    ready("zero", file);
    SHOW(read(file, &value, 8));
    SHOW(write(file, &value, 7));
    value = UINT64_MAX;
    SHOW(write(file, &value, 8));
    value = UINT64_MAX - 1;
    SHOW(write(file, &value, 8));
    ready("full", file);
    value = 1;
    SHOW(write(file, &value, 8));
    value = 0;
    SHOW(write(file, &value, 8));
    SHOW(read(file, BAD_POINTER, 8));
    ready("after a read to nowhere", file);
    SHOW(write(file, BAD_POINTER, 8));
    char large[64] = "";
    value = 5;
    SHOW(write(file, &value, 8));
    SHOW(read(file, large, 64));
    memcpy(&value, large, 8);
    say("value %llu", (unsigned long long)value);
    SHOW(read(file, NULL, 0));
    SHOW(write(file, NULL, 0));
    /* Two buffers. */
    value = 9;
    write(file, &value, 8);
    uint32_t low = 0, high = 0;
    struct iovec parts[2] = {{&low, 4}, {&high, 4}};
    SHOW(readv(file, parts, 2));
    say("value %u %u", low, high);

    int semaphore = SHOW(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
    for (int i = 0; i < 3; i++) {
        value = 77;
        SHOW(read(semaphore, &value, 8));
        say("value %llu", (unsigned long long)value);
    }
    int old = SHOW(syscall(SYS_eventfd, 1));
    say("F_GETFL %lo", open_flags(fcntl(old, F_GETFL)));
    SHOW(read(old, &value, 8));
    /* Waiting ends with a signal: EINTR, or again with SA_RESTART. */
    handle(SIGALRM, count, 0);
    alarm(1);
    SHOW(read(old, &value, 8));
    say("signals %d", signals);
    value = UINT64_MAX - 1;
    SHOW(write(old, &value, 8));
    alarm(1);
    SHOW(write(old, &value, 8));
    say("signals %d", signals);

    /* What kind of file it is. */
    struct stat status;
    SHOW(fstat(file, &status));
    say("mode %o links %ld size %ld", status.st_mode, (long)status.st_nlink, (long)status.st_size);
    SHOW(lseek(file, 0, SEEK_CUR));
    SHOW(lseek(file, 5, SEEK_SET));
    SHOW(pread(file, &value, 8, 0));
    SHOW(pwrite(file, &value, 8, 0));
    SHOW(ftruncate(file, 0));
    SHOW(fsync(file));
    int number = -1;
    SHOW(ioctl(file, FIONREAD, &number));
    SHOW(fchmod(file, 0644));
    SHOW(fchdir(file));
    say("mmap: %s", mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED ? errno_name(errno) : "mapped");
    char link[64], path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    long length = readlink(path, link, sizeof link);
    say_bytes("link", link, length > 0 ? length : 0);
    SHOW(open(path, O_RDWR));
    struct stat other;
    SHOW(fstat(semaphore, &other));
    HOLDS(other.st_dev == status.st_dev);
    SHOW(close(file));
    SHOW(read(file, &value, 8));
    return 0;
}
