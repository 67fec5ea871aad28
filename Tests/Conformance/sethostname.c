/* Covers: sethostname setdomainname */
#include "conformance.h"
#include <sys/utsname.h>

int main(void) {
    struct utsname name;
    char buffer[128];
    SHOW(syscall(SYS_sethostname, "another", 7L));
    uname(&name);
    say("%s", name.nodename);
    SHOW(syscall(SYS_sethostname, "shorter than it", 4L));
    uname(&name);
    say("%s", name.nodename);
    SHOW(syscall(SYS_setdomainname, "example.org", 11L));
    uname(&name);
    say("%s", name.domainname);
    memset(buffer, 'h', sizeof buffer);
    SHOW(syscall(SYS_sethostname, buffer, 64L));
    SHOW(syscall(SYS_sethostname, buffer, 65L));
    SHOW(syscall(SYS_setdomainname, buffer, 65L));
    SHOW(syscall(SYS_sethostname, buffer, -1L));
    SHOW(syscall(SYS_sethostname, BAD_POINTER, 4L));
    SHOW(syscall(SYS_setdomainname, BAD_POINTER, 4L));
    SHOW(syscall(SYS_sethostname, "", 0L));
    uname(&name);
    say("%ld", (long)strlen(name.nodename));
    setuid(1000);
    SHOW(syscall(SYS_sethostname, "mine", 4L));
    SHOW(syscall(SYS_setdomainname, "mine", 4L));
    return 0;
}
