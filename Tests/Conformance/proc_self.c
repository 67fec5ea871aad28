/* Covers: */
/* /proc/self as far as programs ask: exe, cmdline, fd, maps, stat and status in shape. */
#include "conformance.h"
#include <ctype.h>

static char text[65536];
static long load(const char *path) {
    int file = open(path, O_RDONLY);
    if (file < 0) { say("%s: %s", path, errno_name(errno)); text[0] = 0; return -1; }
    long length = 0, part;
    while ((part = read(file, text + length, sizeof text - 1 - length)) > 0) length += part;
    text[length] = 0;
    close(file);
    return length;
}

int main(int count, char **arguments) {
    char buffer[256];
    enter_scratch();
    long length = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
    HOLDS(length > 1 && buffer[0] == '/');
    struct stat status;
    SHOW(stat("/proc/self/exe", &status));
    HOLDS(S_ISREG(status.st_mode) && (status.st_mode & 0111));
    int program = SHOW(open("/proc/self/exe", O_RDONLY));
    read(program, buffer, 4);
    say_bytes("magic", buffer, 4);
    close(program);

    length = load("/proc/self/cmdline");
    long expected = 0;
    for (int i = 0; i < count; i++) expected += strlen(arguments[i]) + 1;
    HOLDS(length == expected);
    HOLDS(!strcmp(text, arguments[0]));

    make_file("file", "abc", 3);
    int file = open("file", O_RDWR);
    snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", file);
    char target[256] = "", here[256];
    getcwd(here, sizeof here);
    strcat(here, "/file");
    readlink(buffer, target, sizeof target);
    HOLDS(!strcmp(target, here));
    int again = open(buffer, O_RDONLY);
    SHOW(read(again, target, 10));
    SHOW(readlink("/proc/self/fd/99", target, sizeof target));
    unlink("file");
    memset(target, 0, sizeof target);
    readlink(buffer, target, sizeof target);
    say("after unlink: %s", strrchr(target, '/') + 1);
    int ends[2];
    pipe(ends);
    snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", ends[0]);
    memset(target, 0, sizeof target);
    readlink(buffer, target, sizeof target);
    HOLDS(!strncmp(target, "pipe:[", 6));

    /* maps: every line well formed, ascending, with the stack and the program in it. */
    load("/proc/self/maps");
    int lines = 0, bad = 0, stacks = 0, holds_local = 0, holds_code = 0;
    unsigned long previous = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        char permissions[8];
        lines++;
        if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) != 3 || start >= end || start < previous) bad++;
        previous = end;
        if (strstr(line, "[stack]")) stacks++;
        if (start <= (unsigned long)buffer && (unsigned long)buffer < end && !strcmp(permissions, "rw-p")) holds_local++;
        if (start <= (unsigned long)main && (unsigned long)main < end && !strcmp(permissions, "r-xp")) holds_code++;
    }
    say("maps: %d bad, %d stack, local %d, code %d", bad, stacks, holds_local, holds_code);
    HOLDS(lines >= 4);

    load("/proc/self/stat");
    int number;
    char name[64];
    HOLDS(sscanf(text, "%d (%63[^)])", &number, name) == 2 && number == getpid());
    load("/proc/self/status");
    HOLDS(strstr(text, "Name:") != NULL);
    HOLDS(strstr(text, "VmRSS:") != NULL);
    HOLDS(strstr(text, "Uid:\t0\t0\t0\t0") != NULL);
    length = readlink("/proc/self/cwd", target, sizeof target);
    getcwd(here, sizeof here);
    HOLDS(length == (long)strlen(here) && !memcmp(target, here, length));
    length = readlink("/proc/self", target, sizeof target - 1);
    target[length > 0 ? length : 0] = 0;
    HOLDS(atoi(target) == getpid());
    SHOW(open("/proc/self/absent", O_RDONLY));
    SHOW(open("/proc/self/maps", O_WRONLY | O_TRUNC));
    load("/proc/meminfo");
    HOLDS(strstr(text, "MemTotal:") != NULL);
    return 0;
}
