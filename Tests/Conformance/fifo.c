/* Covers: */
/* Named pipes: fifo(7). */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    char buffer[16];
    SHOW(mknod("fifo", S_IFIFO | 0666, 0));
    stat("fifo", &status);
    say("fifo %o", status.st_mode);
    SHOW(mknod("fifo", S_IFIFO | 0644, 0));
    int fifo = SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW(write(fifo + 1, "through", 7));
    SHOW(read(fifo, buffer, 16));
    SHOW(close(fifo));
    SHOW(close(fifo + 1));
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    return 0;
}
