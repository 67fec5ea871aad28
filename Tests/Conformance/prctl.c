/* Covers: prctl */
#include "conformance.h"
#include <sys/prctl.h>

int main(void) {
    char name[17] = "";
    SHOW(prctl(PR_SET_NAME, "a name longer than sixteen", 0, 0, 0));
    SHOW(prctl(PR_GET_NAME, name, 0, 0, 0));
    say_bytes("name", name, 16);
    SHOW(prctl(PR_SET_NAME, BAD_POINTER, 0, 0, 0));
    SHOW(prctl(PR_GET_NAME, BAD_POINTER, 0, 0, 0));
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_DUMPABLE, 7, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    int number = -1;
    SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0));
    SHOW(prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0));
    say("%d", number);
    SHOW(prctl(PR_SET_PDEATHSIG, 99, 0, 0, 0));
    SHOW(prctl(99999, 0, 0, 0, 0));
    return 0;
}
