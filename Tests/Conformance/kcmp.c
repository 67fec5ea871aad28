/* Covers: kcmp */
/* kcmp(2): whether two processes share a resource. */
#include "processes.h"

/* linux/kcmp.h, which musl has not. */
enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM };

static pid_t child, self;
static gate door;
static char stack[65536] __attribute__((aligned(16)));
static long compare(pid_t one, pid_t other, int type, unsigned long first, unsigned long second) {
    return syscall(SYS_kcmp, one, other, type, first, second);
}
static const char *relation(long value) {
    return value == 0 ? "equal" : value == 1 || value == 2 ? "ordered" : value == 3 ? "different" : errno_name(errno);
}
static void all(const char *what, pid_t other) {
    static const char *const names[] = {"file", "memory", "descriptors", "place", "handlers", "I/O context", "semaphores' undo"};
    for (int type = 1; type <= 6; type++) {
        if (type == KCMP_IO) continue; /* made at the first I/O to a disk */
        long value = compare(self, other, type, 0, 0), reverse = compare(other, self, type, 0, 0);
        say("%s, %s: %s%s", what, names[type], relation(value), value + reverse == 0 || value + reverse == 3 ? "" : " WRONG");
    }
}
static int wait_at_door(void *unused) {
    pass(door);
    return 0;
}
static void cloned(const char *what, int flags) {
    child = clone(wait_at_door, stack + sizeof stack, flags | SIGCHLD, NULL);
    all(what, child);
    let(door);
    reap(what, child);
}

int main(void) {
    enter_scratch();
    self = getpid();
    door = make_gate();
    int file = open("file", O_RDWR | O_CREAT, 0600), same = dup(file), other = open("file", O_RDWR);
    say("%s", relation(compare(self, self, KCMP_FILE, file, file)));
    say("%s", relation(compare(self, self, KCMP_FILE, file, same)));
    say("%s", relation(compare(self, self, KCMP_FILE, file, other)));
    HOLDS(compare(self, self, KCMP_FILE, file, other) + compare(self, self, KCMP_FILE, other, file) == 3);
    CHILD(child) pass(door);
    say("child: %s", relation(compare(self, child, KCMP_FILE, file, file)));
    say("child: %s", relation(compare(self, child, KCMP_FILE, file, same)));
    say("child: %s", relation(compare(self, child, KCMP_FILE, file, other)));
    let(door);
    reap("child", child);
    say("none: %s", relation(compare(self, self, KCMP_FILE, file, 99)));
    say("none: %s", relation(compare(self, self, KCMP_FILE, 99, file)));
    say("type: %s", relation(compare(self, self, 99, 0, 0)));
    say("no process: %s", relation(compare(self, 0x3fffffff, KCMP_VM, 0, 0)));
    say("no process: %s", relation(compare(-1, self, KCMP_VM, 0, 0)));
    all("itself", self);
    cloned("forked", 0);
    cloned("CLONE_VM", CLONE_VM);
    cloned("CLONE_FILES", CLONE_FILES);
    cloned("CLONE_FS", CLONE_FS);
    cloned("CLONE_SIGHAND", CLONE_SIGHAND | CLONE_VM);
    /* Who may look. */
    pid_t foreign;
    CHILD(foreign) {
        setresuid(7, 7, 7);
        let(door);
        for (;;) pause();
    }
    pass(door);
    CHILD(child) {
        setresuid(8, 8, 8);
        say("another user's: %s", relation(compare(getpid(), foreign, KCMP_VM, 0, 0)));
        say("own: %s", relation(compare(getpid(), getpid(), KCMP_VM, 0, 0)));
    }
    reap("child", child);
    kill(foreign, SIGKILL);
    reap("foreign", foreign);
    return 0;
}
