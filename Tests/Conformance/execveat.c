/* Covers: execveat */
/* execveat(2): programs by descriptors, relative to folders, flags and errors. */
#include "processes.h"
#include <sys/auxv.h>

static pid_t child;
static char *arguments[] = {"zeroth", "tell", NULL}, *none[] = {NULL};

static int tell(void) {
    char target[PATH_MAX] = "";
    const char *name = (char *)getauxval(AT_EXECFN);
    readlink("/proc/self/exe", target, sizeof target - 1);
    say("  execfn %s, executes %s", name[0] == '/' && name[1] == 't' ? "absolute" : name,
        strrchr(target, '/') ? strrchr(target, '/') : target);
    return 3;
}
static void run(const char *what, int folder, const char *path, int flags) {
    CHILD(child) {
        syscall(SYS_execveat, folder, path, arguments, none, flags);
        say("%s: %s", what, errno_name(errno));
        _exit(100);
    }
    int status = status_of(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 100) say("%s: %s", what, ending(status));
}

int main(int count, char **words) {
    if (count > 1) return tell();
    char path[PATH_MAX];
    enter_scratch();
    mkdir("folder", 0755);
    copy_self("folder/self", 0755);
    symlink("self", "folder/link");
    getcwd(path, 1000);
    strcat(path, "/folder/self");
    dup2(open("folder", O_RDONLY | O_DIRECTORY), 60);
    dup2(open("folder/self", O_RDONLY), 61);
    dup2(open("folder/self", O_PATH), 62);
    dup3(open("folder/self", O_RDONLY), 63, O_CLOEXEC);
    dup2(open("folder/link", O_PATH | O_NOFOLLOW), 64);
    dup2(open("folder", O_PATH), 65);
    for (int i = 3; i < 60; i++) close(i);
    run("working directory", AT_FDCWD, "folder/self", 0);
    run("folder", 60, "self", 0);
    run("folder by O_PATH", 65, "self", 0);
    run("absolute", 999, path, 0);
    run("descriptor", 61, "", AT_EMPTY_PATH);
    run("descriptor by O_PATH", 62, "", AT_EMPTY_PATH);
    run("descriptor that is closed on exec", 63, "", AT_EMPTY_PATH);
    run("link in a folder", 60, "link", 0);
    run("link, not followed", 60, "link", AT_SYMLINK_NOFOLLOW);
    run("file, links not followed", 60, "self", AT_SYMLINK_NOFOLLOW);
    run("link by O_PATH", 64, "", AT_EMPTY_PATH);
    run("empty path", 61, "", 0);
    run("path with AT_EMPTY_PATH", 60, "self", AT_EMPTY_PATH);
    run("empty path in the working directory", AT_FDCWD, "", AT_EMPTY_PATH);
    run("the folder itself", 60, "", AT_EMPTY_PATH);
    run("below a file", 61, "self", 0);
    run("no descriptor", 999, "self", 0);
    run("no descriptor, empty", 999, "", AT_EMPTY_PATH);
    run("other flags", 60, "self", 0x4);
    run("absent", 60, "absent", 0);
    run("bad path", 60, BAD_POINTER, 0);
    int ends[2];
    pipe(ends);
    run("pipe", ends[0], "", AT_EMPTY_PATH);
    run("by /proc", AT_FDCWD, "/proc/self/fd/61", 0);
    CHILD(child) fexecve(61, arguments, none);
    reap("fexecve", child);
    /* Files without a name. */
    static char buffer[1 << 20];
    int memory = memfd_create("in memory", MFD_CLOEXEC);
    for (long length; (length = read(61, buffer, sizeof buffer)) > 0;) write(memory, buffer, length);
    run("memory file open for writing", memory, "", AT_EMPTY_PATH);
    char text[40];
    snprintf(text, sizeof text, "/proc/self/fd/%d", memory);
    dup2(open(text, O_RDONLY), 70);
    close(memory);
    CHILD(child) {
        SHOW(syscall(SYS_execveat, 70, "", (char *[]){"zeroth", NULL}, BAD_POINTER, AT_EMPTY_PATH));
        syscall(SYS_execveat, 70, "", arguments, none, AT_EMPTY_PATH);
        say("%s", errno_name(errno));
    }
    reap("memory file", child);
    unlink("folder/self");
    run("unlinked", 61, "", AT_EMPTY_PATH);
    int file = open("folder/other", O_RDWR | O_CREAT, 0600);
    run("no right", file, "", AT_EMPTY_PATH);
    return 0;
}
