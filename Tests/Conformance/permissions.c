/* Covers: */
/* What a user who is not root may do: the checks of path_resolution(7), chmod(2), chown(2), kill(2). */
#include "conformance.h"

int main(void) {
    enter_scratch();
    chmod(".", 0755);
    make_file("mine", "", 0);
    make_file("yours", "", 0);
    make_file("group", "", 0);
    mkdir("closed", 0700);
    make_file("closed/inside", "", 0);
    mkdir("open", 0777);
    mkdir("sticky", 01777);
    make_file("sticky/roots", "", 0);
    chmod("open", 0777);
    chmod("sticky", 01777);
    chown("yours", 1000, 1000);
    chown("group", 0, 1000);
    chmod("group", 0060);
    chmod("mine", 0600);
    SHOW(setgid(1000));
    SHOW(setuid(1000));
    SHOW(open("mine", O_RDONLY));
    SHOW(access("mine", R_OK));
    SHOW(access("mine", F_OK));
    SHOW(open("group", O_RDWR));
    SHOW(open("yours", O_RDWR));
    SHOW(open("closed/inside", O_RDONLY));
    SHOW(chdir("closed"));
    SHOW(open("new", O_CREAT | O_RDWR, 0600));
    SHOW(mkdir("new", 0700));
    SHOW(unlink("yours"));
    SHOW(rename("yours", "open/yours"));
    SHOW(open("open/new", O_CREAT | O_RDWR, 0600));
    struct stat status;
    stat("open/new", &status);
    say("owner %u %u", status.st_uid, status.st_gid);
    SHOW(unlink("sticky/roots"));
    SHOW(chmod("mine", 0777));
    SHOW(chmod("yours", 0640));
    SHOW(chown("yours", 0, -1));
    SHOW(chown("yours", -1, 1000));
    SHOW(chown("yours", -1, 0));
    SHOW(truncate("mine", 0));
    SHOW(utimensat(AT_FDCWD, "mine", NULL, 0));
    SHOW(mknod("open/device", S_IFCHR | 0600, 0x103));
    SHOW(chroot("open"));
    SHOW(kill(getpid(), 0));
    chmod("yours", 0000);
    SHOW(open("yours", O_RDONLY));
    return 0;
}
