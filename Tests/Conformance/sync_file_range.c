/* Covers: sync_file_range */
#include "conformance.h"

int main(void) {
    enter_scratch();
    make_file("file", "x", 1);
    int file = open("file", O_RDWR), ends[2];
    pipe(ends);
    SHOW(syscall(SYS_sync_file_range, 99, 0L, 0L, 0));
    SHOW(syscall(SYS_sync_file_range, file, -1L, 0L, 0));
    SHOW(syscall(SYS_sync_file_range, file, 0L, 0L, 99));
    SHOW(syscall(SYS_sync_file_range, ends[1], 0L, 0L, 2));
    SHOW(syscall(SYS_sync_file_range, file, 0L, 0L, 2));
    return 0;
}
