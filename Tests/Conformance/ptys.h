/* What programs about terminals share: a pseudo-terminal, and a handler that counts. */
#include "processes.h"

/* The slave's, of the master that was opened last. */
static char name[64];
static volatile int handled, last;
static inline void note(int number, siginfo_t *information, void *context) {
    handled++;
    last = number;
}
static inline int open_master(void) {
    int file = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    grantpt(file);
    unlockpt(file);
    snprintf(name, sizeof name, "%s", ptsname(file));
    return file;
}
