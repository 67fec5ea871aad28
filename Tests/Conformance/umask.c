/* Covers: umask */
#include "conformance.h"

int main(void) {
    enter_scratch();
    struct stat status;
    SHOW(syscall(SYS_umask, 077));
    SHOW(syscall(SYS_umask, 0177777));
    SHOW(syscall(SYS_umask, 027));
    close(open("file", O_CREAT | O_RDWR, 0666));
    stat("file", &status);
    say("file %o", status.st_mode);
    mkdir("folder", 0777);
    stat("folder", &status);
    say("folder %o", status.st_mode);
    symlink("file", "link");
    lstat("link", &status);
    say("link %o", status.st_mode);
    chmod("file", 0666);
    stat("file", &status);
    say("chmod %o", status.st_mode);
    SHOW(syscall(SYS_umask, 022));
    return 0;
}
