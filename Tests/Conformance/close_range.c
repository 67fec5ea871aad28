/* Covers: close_range */
#include "conformance.h"

int main(void) {
    for (int i = 0; i < 6; i++) SHOW(open("/dev/null", O_RDONLY));
    SHOW(syscall(436, 4U, 5U, 0));
    for (int i = 3; i < 9; i++) SHOW(fcntl(i, F_GETFD));
    SHOW(syscall(436, 6U, 7U, 4 /* CLOEXEC */));
    for (int i = 3; i < 9; i++) SHOW(fcntl(i, F_GETFD));
    SHOW(syscall(436, 8U, 7U, 0));
    SHOW(syscall(436, 3U, 7U, 64));
    SHOW(syscall(436, 3U, ~0U, 0));
    for (int i = 3; i < 9; i++) SHOW(fcntl(i, F_GETFD));
    SHOW(syscall(436, 3U, ~0U, 2 /* UNSHARE */));
    return 0;
}
