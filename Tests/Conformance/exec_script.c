/* Covers: execve execveat */
/* execve(2) of interpreter scripts: "#!" and what follows. */
#include "processes.h"
#include <sys/auxv.h>

static pid_t child;

static int tell(int count, char **arguments) {
    char name[17] = "not asked for"; /* by descriptors it depends on the kernel's version */
    if (!getenv("BY_DESCRIPTOR")) prctl(PR_GET_NAME, name);
    say("  execfn %s, name %s, euid %d", (char *)getauxval(AT_EXECFN), name, geteuid());
    for (int i = 0; i < count; i++) say_bytes("  argument", arguments[i], strlen(arguments[i]));
    char target[PATH_MAX] = "";
    readlink("/proc/self/exe", target, sizeof target - 1);
    say("  executes %s", strrchr(target, '/') ? strrchr(target, '/') : target);
    return 3;
}
static void script_of(const char *path, const char *text, long length) {
    unlink(path);
    make_file(path, text, length);
    chmod(path, 0755);
}
static void run(const char *what, const char *path) {
    CHILD(child) {
        execl(path, "zeroth", "first", "second one", NULL);
        say("%s: %s", what, errno_name(errno));
        _exit(100);
    }
    int status = status_of(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 100) say("%s: %s", what, ending(status));
}
static void try(const char *what, const char *text) {
    script_of("script", text, strlen(text));
    run(what, "./script");
}

static void forms(void) {
    try("plain", "#!./tell\nrest\n");
    try("blanks", "#! \t ./tell \t \n");
    try("one argument", "#!./tell -x\n");
    try("one argument with blanks within", "#!./tell  -x  two words\tand tab  \n");
    try("no newline", "#!./tell -x");
    try("carriage return", "#!./tell\r\n");
    try("argument with carriage return", "#!./tell -x\r\n");
    try("nothing behind", "#!\n");
    try("blanks alone", "#!   \n");
    try("nothing at all", "#!");
    try("one character", "#");
    try("a comment", "# !./tell\n");
    script_of("script", "#!./tell\0 -x\n", 13);
    run("NUL within", "./script");
    script_of("script", "#!./tell a\0b\n", 13);
    run("NUL in the argument", "./script");
    try("absent", "#!./absent\n");
    try("relative to the working directory", "#!inner/tell\n");
    try("folder", "#!./inner\n");
    try("below a file", "#!./tell/x\n");
    make_file("no right", "", 0);
    symlink("no right", "noright");
    try("no right", "#!./noright\n");
    make_file("text", "text", 4);
    chmod("text", 0755);
    try("no program", "#!./text\n");
    symlink("circle", "circle");
    try("circle", "#!./circle\n");
}
/* The kernel reads 256 bytes. */
static void lengths(void) {
    static char text[600];
    for (int length = 252; length <= 260; length++) {
        memset(text, 0, sizeof text);
        strcpy(text, "#!./tell ");
        memset(text + 9, 'x', length - 9);
        strcat(text, "\n");
        char what[40];
        snprintf(what, sizeof what, "argument up to %d", length);
        try(what, text);
    }
    /* An interpreter's name may not be cut. */
    for (int length = 250; length <= 258; length++) {
        memset(text, 0, sizeof text);
        strcpy(text, "#!");
        while ((int)strlen(text) < length - 6) strcat(text, "./");
        strcat(text, strlen(text) % 2 == length % 2 ? "./tell" : "/tell");
        strcat(text, "\n");
        char what[40];
        snprintf(what, sizeof what, "name up to %d", (int)strlen(text) - 1);
        try(what, text);
    }
    memset(text, ' ', 300);
    memcpy(text, "#!", 2);
    strcpy(text + 300, "./tell\n");
    try("blanks alone in what is read", text);
    memset(text, 0, sizeof text);
    strcpy(text, "#!./tell");
    memset(text + 8, ' ', 400);
    strcat(text, "far\n");
    try("argument too far", text);
}
static void nested(void) {
    script_of("level0", "#!./tell zero\n", 14);
    for (int i = 1; i <= 6; i++) {
        char path[16], text[40];
        snprintf(path, sizeof path, "level%d", i);
        snprintf(text, sizeof text, "#!./level%d of %d\n", i - 1, i);
        script_of(path, text, strlen(text));
    }
    for (int i = 0; i <= 6; i++) {
        char path[16];
        snprintf(path, sizeof path, "./level%d", i);
        run(path, path);
    }
    script_of("itself", "#!./itself\n", 11);
    run("itself", "./itself");
    symlink("level0", "link");
    run("by a link", "./link");
}
static void rights(void) {
    script_of("script", "#!./tell\n", 9);
    chmod("script", 0644);
    run("no right", "./script");
    chmod("script", 0111);
    run("not readable", "./script");
    chown("script", 1234, 1234);
    chmod("script", 06755);
    run("set-user-ID", "./script");
    /* But the interpreter's bits count. */
    copy_self("tell of others", 0755);
    symlink("tell of others", "others");
    chown("tell of others", 1234, 1234);
    chmod("tell of others", 06755);
    try("interpreter with set-user-ID", "#!./others\n");
    int file = open("script", O_WRONLY);
    run("open for writing", "./script");
    close(file);
}
static void by_descriptor(void) {
    script_of("script", "#!./tell\n", 9);
    int file = open("script", O_RDONLY), closed = open("script", O_RDONLY | O_CLOEXEC), folder = open(".", O_RDONLY | O_DIRECTORY);
    char *arguments[] = {"zeroth", "first", NULL}, *variables[] = {"BY_DESCRIPTOR=1", NULL};
    dup2(file, 60);
    dup2(folder, 61);
    CHILD(child) syscall(SYS_execveat, 60, "", arguments, variables, AT_EMPTY_PATH);
    reap("by a descriptor", child);
    CHILD(child) syscall(SYS_execveat, 61, "script", arguments, variables, 0);
    reap("in a folder", child);
    CHILD(child) SHOW(syscall(SYS_execveat, closed, "", arguments, variables, AT_EMPTY_PATH));
    reap("close on exec", child);
    CHILD(child) {
        fcntl(61, F_SETFD, FD_CLOEXEC);
        SHOW(syscall(SYS_execveat, 61, "script", arguments, variables, 0));
    }
    reap("in a folder that is closed on exec", child);
}

int main(int count, char **arguments) {
    if (count > 1 || strcmp(strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') : "", "/tell") == 0)
        return tell(count, arguments);
    enter_scratch();
    copy_self("tell", 0755);
    mkdir("inner", 0755);
    copy_self("inner/tell", 0755);
    forms();
    lengths();
    nested();
    rights();
    by_descriptor();
    return 0;
}
