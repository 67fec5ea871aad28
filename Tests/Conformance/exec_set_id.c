/* Covers: execve */
/* execve(2) of programs with set-user-ID and set-group-ID: credentials(7), capabilities(7). */
#include "processes.h"
#include <grp.h>
#include <sys/auxv.h>

static pid_t child;

static void capabilities(void) {
    struct { uint32_t version; int pid; } header = {0x20080522, 0};
    struct { uint32_t effective, permitted, inheritable; } sets[2] = {{0}};
    syscall(SYS_capget, &header, sets);
    say("  capabilities: effective %s, permitted %s, inheritable %s", sets[0].effective ? "some" : "none",
        sets[0].permitted ? "some" : "none", sets[0].inheritable ? "some" : "none");
}
static int tell(void) {
    unsigned real, effective, saved;
    getresuid(&real, &effective, &saved);
    say("  users %u %u %u, file system's %ld", real, effective, saved, syscall(SYS_setfsuid, -1));
    getresgid(&real, &effective, &saved);
    say("  groups %u %u %u, file system's %ld", real, effective, saved, syscall(SYS_setfsgid, -1));
    say("  auxiliary vector: %ld %ld %ld %ld, secure %ld", getauxval(AT_UID), getauxval(AT_EUID), getauxval(AT_GID),
        getauxval(AT_EGID), getauxval(AT_SECURE));
    int value = -1;
    prctl(PR_GET_PDEATHSIG, &value);
    say("  death signal %d, dumpable %s", value, prctl(PR_GET_DUMPABLE) == 1 ? "yes" : "no");
    capabilities();
    return 3;
}
static void run(const char *what, uid_t user, gid_t group, mode_t mode, uid_t as_user, gid_t as_group) {
    chown("program", user, group);
    chmod("program", mode);
    CHILD(child) {
        setgroups(0, NULL);
        setresgid(as_group, as_group, as_group);
        setresuid(as_user, as_user, as_user);
        prctl(PR_SET_PDEATHSIG, SIGUSR1);
        execl("./program", "program", "tell", NULL);
        say("%s", errno_name(errno));
    }
    reap(what, child);
}
static void as(const char *what, uid_t real, uid_t effective, uid_t saved) {
    CHILD(child) {
        setresuid(real, effective, saved);
        execl("./program", "program", "tell", NULL);
        say("%s", errno_name(errno));
    }
    reap(what, child);
}

int main(int count, char **arguments) {
    if (count > 1) return tell();
    enter_scratch();
    chmod(".", 0755);
    copy_self("program", 0755);
    run("no bits, as root", 100, 200, 0755, 0, 0);
    run("no bits, as a user", 100, 200, 0755, 1000, 1000);
    run("user's, as a user", 100, 200, 04755, 1000, 1000);
    run("group's, as a user", 100, 200, 02755, 1000, 1000);
    run("both, as a user", 100, 200, 06755, 1000, 1000);
    run("group's without its right to execute", 100, 200, 02745, 1000, 1000);
    run("user's, not for others", 100, 200, 04750, 1000, 1000);
    run("user's, as of the file's group", 100, 200, 04750, 1000, 200);
    run("root's, as a user", 0, 0, 04755, 1000, 1000);
    run("root's group, as a user", 0, 0, 02755, 1000, 1000);
    run("user's, as root", 100, 200, 04755, 0, 0);
    run("group's, as root", 100, 200, 02755, 0, 0);
    run("user's, as that user", 100, 200, 04755, 100, 1000);
    /* The saved ids become the effective ones. */
    chown("program", 0, 0);
    chmod("program", 0755);
    as("1 2 3", 1, 2, 3);
    as("0 2 3", 0, 2, 3);
    as("1 0 3", 1, 0, 3);
    as("1 2 0", 1, 2, 0);
    /* Not with no_new_privs. */
    chown("program", 100, 200);
    chmod("program", 06755);
    CHILD(child) {
        setresgid(1000, 1000, 1000);
        setresuid(1000, 1000, 1000);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        execl("./program", "program", "tell", NULL);
    }
    reap("no new privileges", child);
    /* Capabilities kept over setuid(2) are lost, unless they are ambient. */
    chown("program", 0, 0);
    chmod("program", 0755);
    for (int ambient = 0; ambient < 2; ambient++) {
        CHILD(child) {
            struct { uint32_t version; int pid; } header = {0x20080522, 0};
            struct { uint32_t effective, permitted, inheritable; } sets[2] = {{1, 1, 1}};
            prctl(PR_SET_KEEPCAPS, 1);
            setresuid(1000, 1000, 1000);
            SHOW(syscall(SYS_capset, &header, sets));
            if (ambient) SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
            execl("./program", "program", "tell", NULL);
        }
        reap(ambient ? "ambient capability" : "inheritable capability", child);
    }
    /* The bits go when the file changes hands or contents. */
    struct stat status;
    chmod("program", 06755);
    chown("program", 5, 6);
    stat("program", &status);
    say("after chown %o", status.st_mode & 07777);
    chmod("program", 06755);
    CHILD(child) {
        int file = open("program", O_WRONLY);
        setresuid(1000, 1000, 1000);
        SHOW(pwrite(file, "\177", 1, 0));
    }
    reap("written by a user", child);
    stat("program", &status);
    say("after write %o", status.st_mode & 07777);
    return 0;
}
