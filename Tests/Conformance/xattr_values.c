/* Covers: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr */
#include "conformance.h"
#include <sys/xattr.h>

static char buffer[70000];
static void list(const char *path) {
    memset(buffer, 0, sizeof buffer);
    long length = llistxattr(path, buffer, sizeof buffer);
    say_bytes(path, buffer, length);
}
static void get(const char *path, const char *name) {
    memset(buffer, 0, sizeof buffer);
    long length = lgetxattr(path, name, buffer, sizeof buffer);
    if (length < 0) say("%s %s: %s", path, name, errno_name(errno));
    else say_bytes(name, buffer, length);
}

int main(void) {
    enter_scratch();
    make_file("file", "", 0);
    mkdir("folder", 0755);
    symlink("file", "link");
    mkfifo("pipe", 0644);
    int file = open("file", O_RDWR);
    list("file");
    SHOW(setxattr("file", "user.one", "first", 5, 0));
    SHOW(fsetxattr(file, "user.two", "second\0value", 12, 0));
    SHOW(setxattr("link", "trusted.three", "", 0, 0));
    SHOW(setxattr("file", "security.four", "4", 1, 0));
    SHOW(setxattr("file", "user.empty", NULL, 0, 0));
    list("file");
    get("file", "user.one");
    get("file", "user.two");
    get("file", "trusted.three");
    get("file", "security.four");
    get("file", "user.empty");
    get("file", "user.absent");
    get("link", "user.one");
    SHOW(getxattr("link", "user.one", buffer, 100));
    SHOW(getxattr("file", "user.one", buffer, 0));
    SHOW(getxattr("file", "user.one", buffer, 4));
    SHOW(getxattr("file", "user.one", BAD_POINTER, 100));
    SHOW(fgetxattr(file, "user.two", buffer, 12));
    SHOW(listxattr("file", buffer, 0));
    SHOW(listxattr("file", buffer, 5));
    SHOW(flistxattr(file, BAD_POINTER, 1000));
    SHOW(setxattr("file", "user.one", "again", 5, XATTR_CREATE));
    SHOW(setxattr("file", "user.one", "replaced", 8, XATTR_REPLACE));
    SHOW(setxattr("file", "user.five", "x", 1, XATTR_REPLACE));
    SHOW(setxattr("file", "user.five", "x", 1, XATTR_CREATE));
    SHOW(setxattr("file", "user.six", "x", 1, XATTR_CREATE | XATTR_REPLACE));
    get("file", "user.one");
    list("file");
    SHOW(setxattr("file", "user.", "x", 1, 0));
    SHOW(setxattr("file", "user", "x", 1, 0));
    SHOW(setxattr("file", "other.name", "x", 1, 0));
    SHOW(setxattr("file", "user.x", BAD_POINTER, 1, 0));
    SHOW(getxattr("file", "user.", buffer, 10));
    memset(buffer, 'n', 300);
    memcpy(buffer, "user.", 5);
    buffer[255] = 0;
    static char value[70000];
    SHOW(setxattr("file", buffer, "x", 1, 0));
    SHOW(removexattr("file", buffer));
    buffer[255] = 'n', buffer[256] = 0;
    SHOW(setxattr("file", buffer, "x", 1, 0));
    memset(value, 'v', sizeof value);
    SHOW(setxattr("file", "user.large", value, 4000, 0));
    SHOW(getxattr("file", "user.large", buffer, sizeof buffer));
    SHOW(setxattr("file", "user.large", value, 65537, 0));
    SHOW(removexattr("file", "user.two"));
    SHOW(removexattr("file", "user.two"));
    SHOW(fremovexattr(file, "user.large"));
    SHOW(lremovexattr("link", "user.one"));
    list("file");
    /* Which files. */
    SHOW(setxattr("folder", "user.x", "y", 1, 0));
    SHOW(lsetxattr("link", "user.x", "y", 1, 0));
    SHOW(lsetxattr("link", "trusted.x", "y", 1, 0));
    SHOW(setxattr("pipe", "user.x", "y", 1, 0));
    SHOW(getxattr("pipe", "user.x", buffer, 10));
    SHOW(lgetxattr("link", "user.x", buffer, 10));
    list("folder");
    list("link");
    int ends[2];
    pipe(ends);
    SHOW(fsetxattr(ends[0], "user.x", "y", 1, 0));
    SHOW(fgetxattr(ends[0], "user.x", buffer, 10));
    int path = open("file", O_PATH);
    SHOW(fgetxattr(path, "user.five", buffer, 10));
    /* A list beyond 64 KiB: only its size can be had. */
    int many = open("many", O_RDWR | O_CREAT, 0644);
    memset(buffer, 'n', 300);
    memcpy(buffer, "security.", 9);
    for (int i = 0; i < 258; i++) {
        snprintf(buffer + 9, 4, "%03d", i);
        buffer[12] = 'n', buffer[254] = 0;
        fsetxattr(many, buffer, "x", 1, 0);
        if (i < 256) continue;
        SHOW(flistxattr(many, NULL, 0));
        SHOW(flistxattr(many, value, 65535));
        SHOW(flistxattr(many, value, 65536));
        SHOW(flistxattr(many, value, sizeof value));
        SHOW(listxattr("many", BAD_POINTER, 65536));
    }
    SHOW(unlink("many"));
    /* The time of change moves; a copy has none; a name keeps them. */
    struct stat before, after;
    stat("file", &before);
    usleep(20000);
    setxattr("file", "user.seven", "7", 1, 0);
    stat("file", &after);
    HOLDS(after.st_ctim.tv_sec > before.st_ctim.tv_sec || after.st_ctim.tv_nsec > before.st_ctim.tv_nsec);
    HOLDS(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    rename("file", "renamed");
    get("renamed", "user.seven");
    /* Other users. */
    mkdir("sticky", 01777);
    chmod("sticky", 01777);
    chmod("renamed", 0600);
    chmod(".", 0777);
    setuid(65534);
    SHOW(setxattr("renamed", "user.x", "y", 1, 0));
    SHOW(getxattr("renamed", "user.seven", buffer, 10));
    SHOW(setxattr("sticky", "user.x", "y", 1, 0));
    SHOW(setxattr("renamed", "trusted.x", "y", 1, 0));
    SHOW(getxattr("renamed", "trusted.three", buffer, 10));
    SHOW(setxattr("renamed", "security.x", "y", 1, 0));
    SHOW(getxattr("renamed", "security.four", buffer, 10));
    list("renamed");
    return 0;
}
