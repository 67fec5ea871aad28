/* Covers: uname */
#include "conformance.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname name;
    SHOW(syscall(SYS_uname, &name));
    say("%s", name.sysname);
    HOLDS(!strcmp(name.machine, MACHINE));
    HOLDS(name.release[0] >= '3' && strchr(name.release, '.') != NULL);
    HOLDS(strlen(name.nodename) > 0 && strlen(name.version) > 0);
    SHOW(syscall(SYS_uname, BAD_POINTER));
    return 0;
}
