/* Covers: setsid fork */
/* daemon(3), which differs between C libraries in who leads the session. */
#include "processes.h"
#include <sys/ioctl.h>

static pid_t child;

static void run(int stay, int keep) {
    gate told = make_gate(), go = make_gate();
    int standard = fcntl(1, F_DUPFD_CLOEXEC, 100);
    CHILD(child) {
        pid_t session = getsid(0), self = getpid();
        make_file("kept", "", 0);
        if (daemon(stay, keep)) say("daemon: %s", errno_name(errno));
        pass(go);
        struct stat status, null;
        char path[PATH_MAX];
        int count = 0, old = fcntl(1, F_DUPFD_CLOEXEC, 100);
        for (int i = 0; i < 3; i++) count += fstat(i, &status) == 0 && stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev;
        dup2(standard, 1);
        say("stay %d, keep %d", stay, keep);
        HOLDS(getpid() != self && getppid() != self);
        HOLDS(getsid(0) != session && getpgrp() == getsid(0));
        say("in %s", getcwd(path, sizeof path) && strcmp(path, "/") == 0 ? "/" : "the same folder");
        say("%s", keep ? "descriptors kept" : count == 3 ? "three are /dev/null" : "WRONG");
        SHOW(open("/dev/tty", O_RDWR));
        dup2(old, 1);
        self = getpid();
        write(told.ends[1], &self, sizeof self);
        for (;;) pause();
    }
    reap("parent", child);
    let(go);
    /* The daemon is this process's child now, and so were those in between. */
    pid_t self;
    read(told.ends[0], &self, sizeof self);
    SHOW(waitpid(self, NULL, WNOHANG));
    kill(self, SIGTERM);
    reap("daemon", self);
    while (waitpid(-1, NULL, 0) > 0) {}
}
int main(void) {
    enter_scratch();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    run(0, 0);
    run(1, 1);
    return 0;
}
