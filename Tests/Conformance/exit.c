/* Covers: exit exit_group */
#include "conformance.h"

int main(int count, char **arguments) {
    SHOW(count >= 0);
    if (count > 1) syscall(SYS_exit_group, atoi(arguments[1]));
    syscall(SYS_exit, 0x1207); /* the low byte counts */
    return 1;
}
