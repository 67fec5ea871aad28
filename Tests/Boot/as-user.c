/* Runs a command as nobody with or without access to /dev/kvm: as-user yes|no COMMAND [ARGUMENT…].
 *
 * In a mount namespace of its own, /dev/kvm becomes a fresh node of the same device whose mode is
 * 0666 or 0600: the machine's own node is not touched. */
#define _GNU_SOURCE
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    _exit(125);
}

int main(int count, char **arguments) {
    if (count < 3) return 64;
    struct stat status;
    if (unshare(CLONE_NEWNS)) fail("unshare");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("private mounts");
    if (stat("/dev/kvm", &status)) fail("/dev/kvm");
    umask(0);
    if (mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755")) fail("tmpfs");
    mode_t mode = S_IFCHR | (strcmp(arguments[1], "yes") ? 0600 : 0666);
    if (mknod("/mnt/kvm", mode, status.st_rdev)) fail("mknod");
    if (mount("/mnt/kvm", "/dev/kvm", NULL, MS_BIND, NULL)) fail("bind");
    umask(022);
    if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
        fail("setresuid");
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    execv(arguments[2], arguments + 2);
    fail(arguments[2]);
}
