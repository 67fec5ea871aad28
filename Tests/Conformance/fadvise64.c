/* Covers: fadvise64 readahead */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "x", 1);
    int file = open("file", O_RDWR), ends[2];
    pipe(ends);
    for (int advice = 0; advice < 6; advice++) SHOW(syscall(SYS_fadvise64, file, 0L, 0L, advice));
    SHOW(syscall(SYS_fadvise64, file, 0L, 0L, 6));
    SHOW(syscall(SYS_fadvise64, file, 0L, -1L, 0));
    SHOW(syscall(SYS_fadvise64, 99, 0L, 0L, 0));
    SHOW(syscall(SYS_fadvise64, ends[0], 0L, 0L, 0));
    SHOW(syscall(SYS_readahead, 99, 0L, 10L));
    SHOW(syscall(SYS_readahead, ends[0], 0L, 10L));
    return 0;
}
