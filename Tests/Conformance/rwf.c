/* Covers: preadv2 pwritev2 */
#include "conformance.h"

#define HIPRI 1
#define DSYNC 2
#define SYNC 4
#define NOWAIT 8
#define APPEND 0x10
#define NOAPPEND 0x20
#define ATOMIC 0x40
#define DONTCACHE 0x80
static long get(int file, struct iovec *vector, long offset, int flags) {
    return syscall(SYS_preadv2, file, vector, 1L, offset, 0L, flags);
}
static long put(int file, struct iovec *vector, long offset, int flags) {
    return syscall(SYS_pwritev2, file, vector, 1L, offset, 0L, flags);
}

int main(void) {
    enter_scratch();
    make_file("file", "0123456789", 10);
    int file = open("file", O_RDWR), ends[2], blocking[2];
    pipe2(ends, O_NONBLOCK);
    pipe(blocking);
    char bytes[64] = "";
    struct iovec vector = {bytes, 4};
    SHOW(get(file, &vector, 0, HIPRI));
    SHOW(get(file, &vector, 0, SYNC | DSYNC));
    SHOW(get(file, &vector, 0, NOWAIT));
    SHOW(get(file, &vector, 0, NOAPPEND));
    SHOW(get(file, &vector, 0, APPEND));
    SHOW(get(file, &vector, 0, ATOMIC));
    SHOW(get(file, &vector, 0, DONTCACHE));
    SHOW(get(file, &vector, 0, 0x4000));
    SHOW(get(file, &vector, -1, HIPRI));
    SHOW(get(file, &vector, -2, 0));
    SHOW(lseek(file, 0, SEEK_CUR));
    vector.iov_len = 2;
    SHOW(put(file, &vector, 0, HIPRI | SYNC));
    SHOW(put(file, &vector, 0, DSYNC));
    SHOW(put(file, &vector, 0, NOWAIT));
    SHOW(put(file, &vector, 0, APPEND));
    SHOW(lseek(file, 0, SEEK_END));
    SHOW(put(file, &vector, 0, NOAPPEND));
    SHOW(put(file, &vector, 0, APPEND | NOAPPEND));
    SHOW(put(file, &vector, 0, ATOMIC));
    SHOW(put(file, &vector, 0, DONTCACHE));
    int appending = open("file", O_RDWR | O_APPEND);
    SHOW(put(appending, &vector, 0, NOAPPEND));
    SHOW(put(appending, &vector, 0, 0));
    SHOW(lseek(appending, 0, SEEK_END));
    /* A pipe that would wait does not. */
    SHOW(get(blocking[0], &vector, -1, NOWAIT));
    SHOW(put(blocking[1], &vector, -1, NOWAIT));
    SHOW(get(blocking[0], &vector, -1, NOWAIT));
    SHOW(get(blocking[0], &vector, 0, 0));
    SHOW(get(ends[0], &vector, -1, 0));
    SHOW(put(blocking[1], &vector, -1, APPEND));
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    SHOW(get(null, &vector, -1, NOWAIT));
    SHOW(put(zero, &vector, -1, NOWAIT));
    SHOW(put(null, &vector, -1, 0x4000));
    return 0;
}
