/* Covers: sysinfo */
#include "conformance.h"
#include <sys/sysinfo.h>

int main(void) {
    struct sysinfo information;
    SHOW(syscall(SYS_sysinfo, &information));
    HOLDS(information.uptime >= 0);
    HOLDS(information.mem_unit > 0 && information.totalram > 0);
    HOLDS(information.freeram <= information.totalram);
    HOLDS(information.procs >= 1);
    SHOW(syscall(SYS_sysinfo, BAD_POINTER));
    return 0;
}
