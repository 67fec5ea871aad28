/* Covers: open read readlink getdents64 */
/* /proc/PID of other processes: what it says while they run, sleep, are stopped, are zombies and gone. */
#include "processes.h"
#include <dirent.h>
#include <pthread.h>

static pid_t child;
static gate door, back;
static char text[16384];

static const char *path_of(pid_t process, const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    return path;
}
/* The bytes of a file of /proc/PID; their number or an error's negative. */
static long file_of(pid_t process, const char *name) {
    int file = open(path_of(process, name), O_RDONLY);
    if (file < 0) return -errno;
    long length = 0, count;
    while ((count = read(file, text + length, sizeof text - 1 - length)) > 0) length += count;
    if (count < 0) length = -errno;
    close(file);
    text[length > 0 ? length : 0] = 0;
    return length;
}
static void say_file(pid_t process, const char *name) {
    long length = file_of(process, name);
    if (length < 0) say("%s: %s", name, errno_name(-length));
    else say_bytes(name, text, length);
}
/* Field n of /proc/PID/stat, counted from 1 as proc(5) does; from 3 on. */
static long field(pid_t process, int number) {
    if (file_of(process, "stat") <= 0) return -99;
    char *at = strrchr(text, ')') + 2;
    for (int i = 3; i < number; i++) at = strchr(at, ' ') + 1;
    return number == 3 ? *at : strtol(at, NULL, 10);
}
/* A line of /proc/PID/status, with blanks for tabs. */
static const char *line_of(pid_t process, const char *name) {
    static char line[128];
    snprintf(line, sizeof line, "no %s", name);
    if (file_of(process, "status") <= 0) return line;
    char key[32];
    snprintf(key, sizeof key, "\n%s:\t", name);
    char *at = strncmp(text, key + 1, strlen(key + 1)) == 0 ? text - 1 : strstr(text, key);
    if (!at) return line;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
    for (char *c = line; *c; c++) if (*c == '\t') *c = ' ';
    return line;
}
static void say_link(pid_t process, const char *name) {
    char target[PATH_MAX] = "";
    if (readlink(path_of(process, name), target, sizeof target - 1) < 0) say("%s: %s", name, errno_name(errno));
    else say("%s: %s", name, strncmp(target, "/tmp/", 5) == 0 ? strrchr(target, '/') : target);
}
static int listed(pid_t process) {
    int found = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(folder));) found += atoi(entry->d_name) == process;
    closedir(folder);
    return found;
}
static int count_of(pid_t process, const char *name) {
    int count = 0;
    DIR *folder = opendir(path_of(process, name));
    if (!folder) return -errno;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
static void *wait_at_door(void *unused) {
    let(back);
    pass(door);
    return NULL;
}
static void note(int number, siginfo_t *information, void *context) {}

/* In the new program. */
static int stay(void) {
    gate said = {{-1, 60}}, end = {{61, -1}};
    let(said);
    pass(end);
    return 0;
}

static void attributes(void) {
    mkdir("folder", 0700);
    CHILD(child) {
        setsid();
        pid_t made;
        CHILD(made) {
            sigset_t set;
            setpgid(0, 0);
            handle(SIGUSR1, note, 0);
            signal(SIGUSR2, SIG_IGN);
            sigemptyset(&set);
            sigaddset(&set, SIGHUP);
            sigaddset(&set, SIGINT);
            sigprocmask(SIG_BLOCK, &set, NULL);
            kill(getpid(), SIGHUP);
            syscall(SYS_tkill, gettid(), SIGINT);
            setpriority(PRIO_PROCESS, 0, 4);
            prctl(PR_SET_NAME, "odd) (name");
            umask(027);
            chdir("folder");
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            setresgid(5, 6, 7);
            setresuid(0, 3, 4);
            prctl(PR_SET_DUMPABLE, 1);
            pthread_t thread;
            pthread_create(&thread, NULL, wait_at_door, NULL);
            pthread_join(thread, NULL);
        }
        pass(back);
        until_state(made, 'S');
        HOLDS(field(made, 4) == getpid() && field(made, 5) == made && field(made, 6) == getpid());
        say("state %c, terminal %ld, its group %ld, nice %ld, threads %ld", (int)field(made, 3), field(made, 7), field(made, 8),
            field(made, 19), field(made, 20));
        HOLDS(field(made, 38) == SIGCHLD); /* exit signal */
        HOLDS(field(made, 22) >= field(getpid(), 22)); /* started */
        HOLDS(field(made, 23) > 0);
        static const char *const names[] = {"Name", "Umask", "State", "TracerPid", "Uid", "Gid", "Threads", "SigPnd", "ShdPnd",
            "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs"};
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            const char *line = line_of(made, names[i]);
            if (strncmp(names[i], "SigCgt", 6) == 0) /* libraries have handlers of their own from 32 on */
                say("SigCgt: %llx", strtoull(line + 7, NULL, 16) & 0x7fffffff);
            else say("%s", line);
        }
        HOLDS(atoi(line_of(made, "Pid") + 4) == made);
        HOLDS(atoi(line_of(made, "Tgid") + 5) == made);
        HOLDS(atoi(line_of(made, "PPid") + 5) == getpid());
        HOLDS(atoi(line_of(made, "NSpid") + 6) > 0);
        say_file(made, "comm");
        say_link(made, "cwd");
        say_link(made, "root");
        say("tasks %d", count_of(made, "task"));
        HOLDS(listed(made) && listed(getpid()));
        struct stat status;
        stat(path_of(made, "stat"), &status);
        say("owner %d %d, mode %o", status.st_uid, status.st_gid, status.st_mode);
        stat(path_of(made, "."), &status);
        say("owner %d %d, mode %o", status.st_uid, status.st_gid, status.st_mode);
        let(door);
        reap("made", made);
        SHOW(stat(path_of(made, "."), &status));
        HOLDS(!listed(made));
    }
    reap("child", child);
}
static void programs(void) {
    copy_self("self", 0755);
    dup2(back.ends[1], 60);
    dup2(door.ends[0], 61);
    CHILD(child) {
        dup2(open("self", O_RDONLY), 62);
        int ends[2];
        pipe(ends);
        dup2(ends[0], 63);
        close(ends[0]), close(ends[1]);
        execve("./self", (char *[]){"zeroth", "stay", "", "third one", NULL}, (char *[]){"A=1", "B=two words", NULL});
    }
    pass(back);
    say_file(child, "cmdline");
    say_file(child, "environ");
    say_file(child, "comm");
    say_link(child, "exe");
    say_link(child, "fd/62");
    char target[64] = "";
    readlink(path_of(child, "fd/63"), target, sizeof target - 1);
    say("fd/63: %.6s", target);
    say_link(child, "fd/64");
    struct stat status;
    SHOW(lstat(path_of(child, "fd/62"), &status));
    say("mode %o", status.st_mode);
    /* Open what another has open. */
    int file = open(path_of(child, "fd/62"), O_RDONLY);
    char bytes[5] = "";
    read(file, bytes, 4);
    say_bytes("opened", bytes, 4);
    close(file);
    HOLDS(file_of(child, "fdinfo/62") > 0 && strstr(text, "pos:\t0\n") == text);
    HOLDS(file_of(child, "maps") > 0 && strstr(text, "/self\n") && strstr(text, "[stack]"));
    HOLDS(file_of(child, "statm") > 0 && atoi(text) > 10);
    HOLDS(file_of(child, "limits") > 0 && strncmp(text, "Limit", 5) == 0);
    HOLDS(file_of(child, "auxv") > 100);
    HOLDS(file_of(child, "task") == -EISDIR);
    char task[64];
    snprintf(task, sizeof task, "task/%d/comm", child);
    HOLDS(file_of(child, task) == 5 && strcmp(text, "self\n") == 0);
    /* Names are given within a process only. */
    file = open(path_of(child, "comm"), O_WRONLY);
    SHOW(write(file, "other", 5));
    close(file);
    /* Another user sees part of it. */
    pid_t user;
    CHILD(user) {
        setresuid(9, 9, 9);
        HOLDS(file_of(child, "stat") > 0);
        HOLDS(file_of(child, "status") > 0);
        say_file(child, "cmdline");
        say_file(child, "environ");
        say_link(child, "exe");
        say_link(child, "cwd");
        say("fd %s", errno_name(-count_of(child, "fd")));
        SHOW(open(path_of(child, "fd/62"), O_RDONLY));
        SHOW(open(path_of(child, "mem"), O_RDONLY));
        long length = file_of(child, "maps");
        say("maps: %s", length < 0 ? errno_name(-length) : "read");
    }
    reap("another user", user);
    unlink("self");
    say_link(child, "exe");
    let(door);
    reap("child", child);
    copy_self("self", 0755);
}
static void states(void) {
    volatile int *goes = shared(4096);
    CHILD(child) {
        while (!*goes) {}
        pass(door);
        _exit(3);
    }
    until_state(child, 'R');
    say("%s", line_of(child, "State"));
    *goes = 1;
    until_state(child, 'S');
    say("%s", line_of(child, "State"));
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    say("%s", line_of(child, "State"));
    kill(child, SIGCONT);
    waitpid(child, NULL, WCONTINUED);
    int kept = open(path_of(child, "stat"), O_RDONLY), folder = open(path_of(child, ""), O_RDONLY | O_DIRECTORY);
    let(door);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    say("%s", line_of(child, "State"));
    say("%s", line_of(child, "Threads"));
    say("%s", line_of(child, "VmRSS"));
    HOLDS(listed(child));
    say("state %c, memory %ld %ld, exit code as root sees it %ld", (int)field(child, 3), field(child, 23), field(child, 24), field(child, 52));
    say_file(child, "cmdline");
    say_file(child, "environ");
    say_file(child, "maps");
    say_file(child, "statm");
    say_link(child, "exe");
    say_link(child, "cwd");
    say("fd %d", count_of(child, "fd"));
    say("task %d", count_of(child, "task"));
    reap("child", child);
    char byte;
    SHOW(pread(kept, &byte, 1, 0));
    SHOW(openat(folder, "stat", O_RDONLY));
    SHOW(open(path_of(child, "stat"), O_RDONLY));
    HOLDS(!listed(child));
    close(kept), close(folder);
}
/* /proc/self is who looks; threads are not listed but found. */
static int ended_as;
static void *look(void *unused) {
    char target[64] = "", expected[64];
    readlink("/proc/self", target, sizeof target - 1);
    HOLDS(atoi(target) == getpid());
    memset(target, 0, sizeof target);
    readlink("/proc/thread-self", target, sizeof target - 1);
    snprintf(expected, sizeof expected, "%d/task/%ld", getpid(), (long)syscall(SYS_gettid));
    HOLDS(strcmp(target, expected) == 0);
    ended_as = syscall(SYS_gettid);
    HOLDS(!listed(ended_as));
    HOLDS(file_of(ended_as, "comm") > 0); /* reachable by its number */
    HOLDS(atoi(line_of(ended_as, "Tgid") + 5) == getpid());
    return NULL;
}
static void selves(void) {
    char target[64] = "";
    readlink("/proc/self", target, sizeof target - 1);
    HOLDS(atoi(target) == getpid());
    CHILD(child) {
        readlink("/proc/self", target, sizeof target - 1);
        HOLDS(atoi(target) == getpid());
        pthread_t thread;
        pthread_create(&thread, NULL, look, NULL);
        pthread_join(thread, NULL);
    }
    reap("child", child);
    /* A child's comm and cmdline are copies until it executes. */
    prctl(PR_SET_NAME, "before");
    CHILD(child) {
        prctl(PR_SET_NAME, "in the child");
        let(back);
        pass(door);
    }
    pass(back);
    say_file(child, "comm");
    say_file(getpid(), "comm");
    long length = file_of(child, "cmdline");
    char own[1024];
    memcpy(own, text, length < 1024 ? length : 1024);
    HOLDS(file_of(getpid(), "cmdline") == length && memcmp(own, text, length < 1024 ? length : 1024) == 0);
    let(door);
    reap("child", child);
    /* A number of no process. */
    SHOW(open("/proc/1073741823/stat", O_RDONLY));
    SHOW(open("/proc/01/stat", O_RDONLY));
    SHOW(open("/proc/0/stat", O_RDONLY));
    SHOW(mkdir("/proc/folder", 0700));
    SHOW(unlink(path_of(getpid(), "stat")));
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "stay") == 0) return stay();
    enter_scratch();
    door = make_gate();
    back = make_gate();
    attributes();
    programs();
    states();
    selves();
    return 0;
}
