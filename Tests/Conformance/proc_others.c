/* Covers: */
/* /proc/[pid] of other processes: relations, memory, files, rights, what has ended and what is gone. */
#include "processes.h"
#include <dirent.h>
#include <pthread.h>

static char text[1 << 16];
static long load(const char *path) {
    int file = open(path, O_RDONLY);
    text[0] = 0;
    if (file < 0) return -errno;
    long length = 0, part;
    while ((part = read(file, text + length, sizeof text - 1 - length)) > 0) length += part;
    if (part < 0) length = -errno;
    text[length > 0 ? length : 0] = 0;
    close(file);
    return length;
}
static const char *of(pid_t process, const char *name) {
    static char paths[4][64];
    static int next;
    char *path = paths[next++ & 3];
    snprintf(path, 64, "/proc/%d/%s", process, name);
    return path;
}
static long load_of(pid_t process, const char *name) { return load(of(process, name)); }
static const char *outcome(long result) { return result < 0 ? errno_name(-result) : result ? "something" : "nothing"; }
/* A field of /proc/PID/stat by its number in proc(5). */
static long field(pid_t process, int number) {
    load_of(process, "stat");
    char *at = strrchr(text, ')');
    for (int i = 2; at && i < number; i++) at = strchr(at + 1, ' ');
    return at ? strtol(at + 1, NULL, 10) : -99;
}
static const char *status_line(pid_t process, const char *label) {
    static char value[128];
    load_of(process, "status");
    const char *start = strstr(text, label);
    while (start && start > text && start[-1] != '\n') start = strstr(start + 1, label);
    snprintf(value, sizeof value, "%.*s", start ? (int)strcspn(start, "\n") : 6, start ? start : "absent");
    return value;
}
static const char *link_of(pid_t process, const char *name) {
    static char target[PATH_MAX];
    long length = readlink(of(process, name), target, sizeof target - 1);
    if (length < 0) return errno_name(errno);
    target[length] = 0;
    return target;
}
static long count_names(const char *path) {
    DIR *directory = opendir(path);
    long count = 0;
    if (!directory) return -errno;
    errno = 0;
    while (readdir(directory)) count++;
    if (errno) count = -errno;
    closedir(directory);
    return count;
}
static int is_listed(pid_t process) {
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    int found = 0, previous = 0, wrong = 0;
    while ((entry = readdir(directory))) {
        int number = atoi(entry->d_name);
        if (number <= 0) continue;
        wrong += number <= previous || entry->d_type != DT_DIR;
        previous = number;
        found += number == process;
        struct stat status;
        if (number == process && !fstatat(dirfd(directory), entry->d_name, &status, 0)) wrong += status.st_ino != entry->d_ino;
    }
    closedir(directory);
    return wrong ? -1 : found;
}

static volatile long secret = 0x1122334455667788;
static const char constant[] = "read-only";
static char stays[4096] __attribute__((aligned(4096)));

static void sleeping_child(void) {
    gate begin = make_gate(), end = make_gate();
    pid_t child;
    char here[PATH_MAX];
    getcwd(here, sizeof here);
    int kept = open("kept", O_CREAT | O_RDWR, 0644);
    CHILD(child) {
        prctl(PR_SET_NAME, "the (other) one");
        mkdir("below", 0755);
        chdir("below");
        secret = 42;
        lseek(kept, 7, SEEK_SET);
        let(begin);
        pass(end);
        say("child: secret %lx, constant %s", secret, constant);
    }
    pass(begin);
    until_state(child, 'S');
    HOLDS(is_listed(child) == 1);
    HOLDS(is_listed(getpid()) == 1);
    HOLDS(field(child, 4) == getpid());
    HOLDS(field(child, 5) == getpgrp());
    HOLDS(field(child, 6) == getsid(0));
    say("threads %ld, exit signal %ld, exit code %ld, nice %ld", field(child, 20), field(child, 38), field(child, 52), field(child, 19));
    HOLDS(field(child, 22) >= field(getpid(), 22));
    HOLDS(field(child, 23) > 0);
    HOLDS(field(child, 48) == field(getpid(), 48));
    say("%s", status_line(child, "Name:"));
    say("%s", status_line(child, "State:"));
    HOLDS(atoi(status_line(child, "PPid:") + 6) == getpid());
    HOLDS(atoi(status_line(child, "Tgid:") + 6) == child);
    say("%s", status_line(child, "Threads:"));
    HOLDS(load_of(child, "statm") > 0 && atol(text) > 0);
    load_of(child, "comm");
    say("comm %s", text);
    int comm = open(of(child, "comm"), O_WRONLY);
    SHOW(write(comm, "mine", 4));
    close(comm);
    char own[8192];
    for (int i = 0; i < 3; i++) {
        static const char *names[] = {"cmdline", "environ", "auxv"};
        long length = load_of(getpid(), names[i]);
        memcpy(own, text, length > 0 ? length : 0);
        say("%s: %s", names[i], load_of(child, names[i]) == length && !memcmp(own, text, length) ? "as its maker's" : "DIFFERS");
    }
    strcpy(own, link_of(getpid(), "exe"));
    HOLDS(!strcmp(own, link_of(child, "exe")));
    HOLDS(!strcmp(link_of(child, "root"), "/"));
    strcat(here, "/below");
    HOLDS(!strcmp(link_of(child, "cwd"), here));
    HOLDS(load_of(child, "maps") > 0 && strstr(text, "[stack]"));
    HOLDS(load_of(child, "smaps_rollup") > 0 && strstr(text, "[rollup]"));
    char name[32];
    snprintf(name, sizeof name, "fd/%d", kept);
    HOLDS(strstr(link_of(child, name), "/kept") != NULL);
    struct stat status, again;
    lstat(of(child, name), &status);
    say("link of a descriptor: mode %o, %ld bytes", status.st_mode, (long)status.st_size);
    snprintf(name, sizeof name, "fd/%d", end.ends[0]);
    lstat(of(child, name), &status);
    say("link of a pipe's end: mode %o", status.st_mode);
    snprintf(name, sizeof name, "fdinfo/%d", kept);
    load_of(child, name);
    say("%.*s", (int)strcspn(text, "\n"), text);
    HOLDS(count_names(of(child, "fd")) == count_names("/proc/self/fd") - 1);
    stat(of(child, "environ"), &status);
    stat(of(child, "environ"), &again);
    HOLDS(status.st_ino == again.st_ino);
    say("tasks %ld", count_names(of(child, "task")));
    /* The sum of what it may have is told of it alone. */
    int adjustment = open(of(child, "oom_score_adj"), O_WRONLY);
    SHOW(write(adjustment, "321", 3));
    close(adjustment);
    load_of(child, "oom_score_adj");
    say("adjustment %s", text);
    load("/proc/self/oom_score_adj");
    say("own %s", text);
    SHOW(chmod(of(child, "status"), 0600));
    SHOW(chmod(of(child, ""), 0700));

    /* Its memory. */
    int memory = open(of(child, "mem"), O_RDWR);
    long value = 0;
    SHOW(pread(memory, &value, sizeof value, (off_t)&secret));
    say("secret %lx, own %lx", value, secret);
    value = 0x77;
    SHOW(pwrite(memory, &value, sizeof value, (off_t)&secret));
    SHOW(pwrite(memory, "Read-0nly", 9, (off_t)constant));
    SHOW(pread(memory, &value, 1, 0));
    SHOW(pread(memory, &value, 1, 4096));
    HOLDS(lseek(memory, (off_t)constant, SEEK_SET) == (off_t)constant);
    char bytes[16] = "";
    SHOW(read(memory, bytes, 9));
    say("constant %s, own %s", bytes, constant);
    SHOW(lseek(memory, 0, SEEK_END));
    mprotect(stays, 4096, PROT_NONE);
    int itself = open("/proc/self/mem", O_RDWR);
    SHOW(pwrite(itself, "hidden", 6, (off_t)stays));
    SHOW(pread(itself, bytes, 6, (off_t)stays));
    mprotect(stays, 4096, PROT_READ);
    say("behind it: %.6s", stays);
    char *mapped = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(mapped + 4096, 4096);
    static char page[8192];
    SHOW(pread(itself, page, 8192, (off_t)mapped));
    SHOW(pread(itself, page, 8192, (off_t)mapped + 4000));
    char *volatile nowhere = BAD_POINTER;
    SHOW(pread(itself, nowhere, 8, (off_t)&secret));
    close(itself);
    let(end);
    reap("child", child);
    SHOW(pread(memory, &value, 8, (off_t)&secret));
    SHOW(pwrite(memory, &value, 8, (off_t)&secret));
    close(memory);
}

/* What is open on a process while it sleeps, has ended, and is gone. */
static const char *const kept_names[] = {"stat", "status", "statm", "comm", "cmdline", "environ", "auxv", "maps", "smaps", "smaps_rollup",
    "limits", "io", "oom_score", "oom_score_adj", "sched", "schedstat", "wchan", "cgroup", "pagemap"};
enum { kept_count = sizeof kept_names / sizeof *kept_names };
static void read_again(const char *when, const int *files) {
    for (int i = 0; i < kept_count; i++) {
        long length = pread(files[i], text, 4096, 0);
        /* Linux keeps a copy of that one. */
        if (!strcmp(kept_names[i], "auxv")) continue;
        say("%s, open %s: %s", when, kept_names[i], outcome(length < 0 ? -errno : length));
    }
}
static void ended_child(void) {
    gate end = make_gate();
    pid_t child;
    int files[kept_count];
    siginfo_t information;
    struct stat status;
    CHILD(child) {
        pass(end);
        _exit(3);
    }
    until_state(child, 'S');
    for (int i = 0; i < kept_count; i++) files[i] = open(of(child, kept_names[i]), O_RDONLY);
    int folder = open(of(child, ""), O_RDONLY | O_DIRECTORY), descriptors = open(of(child, "fd"), O_RDONLY | O_DIRECTORY),
        tasks = open(of(child, "task"), O_RDONLY | O_DIRECTORY), comm = open(of(child, "comm"), O_WRONLY);
    let(end);
    waitid(P_PID, child, &information, WEXITED | WNOWAIT);
    HOLDS(is_listed(child) == 1);
    say("state %c, exit code %ld, threads %ld, size %ld, resident %ld, code %ld, stack %ld, break %ld", state_of(child), field(child, 52),
        field(child, 20), field(child, 23), field(child, 24), field(child, 26), field(child, 28), field(child, 47));
    HOLDS(field(child, 4) == getpid());
    say("%s", status_line(child, "State:"));
    say("%s", status_line(child, "FDSize:"));
    say("%s", status_line(child, "Umask:"));
    say("%s", status_line(child, "VmSize:"));
    say("%s", status_line(child, "VmRSS:"));
    say("%s", status_line(child, "Threads:"));
    load_of(child, "statm");
    say("statm %s", text);
    for (int i = 0; i < kept_count; i++) {
        if (strcmp(kept_names[i], "pagemap")) say("ended, %s: %s", kept_names[i], outcome(load_of(child, kept_names[i])));
    }
    read_again("ended", files);
    say("exe %s, cwd %s, root %s", link_of(child, "exe"), link_of(child, "cwd"), link_of(child, "root"));
    say("fd %ld, fdinfo %ld, task %ld", count_names(of(child, "fd")), count_names(of(child, "fdinfo")), count_names(of(child, "task")));
    SHOW(stat(of(child, "environ"), &status));
    say("owner %d", status.st_uid);
    reap("child", child);
    HOLDS(is_listed(child) == 0);
    read_again("gone", files);
    SHOW(open(of(child, "stat"), O_RDONLY));
    SHOW(open(of(child, ""), O_RDONLY));
    SHOW(openat(folder, "stat", O_RDONLY));
    SHOW(openat(tasks, "1", O_RDONLY));
    SHOW(faccessat(descriptors, "0", F_OK, 0));
    SHOW(syscall(SYS_getdents64, folder, text, sizeof text));
    SHOW(syscall(SYS_getdents64, tasks, text, sizeof text));
    SHOW(syscall(SYS_getdents64, descriptors, text, sizeof text));
    SHOW(write(comm, "x", 1));
    SHOW(fstat(folder, &status));
    say("mode %o, owner %d", status.st_mode, status.st_uid);
    for (int i = 0; i < kept_count; i++) close(files[i]);
    close(folder);
    close(tasks);
    close(descriptors);
    close(comm);
}

/* /proc/self leads each process to itself; what was opened by it stays. */
static void through_self(void) {
    int status = open("/proc/self/status", O_RDONLY), folder = open("/proc/self", O_RDONLY | O_DIRECTORY);
    pid_t maker = getpid(), child;
    CHILD(child) {
        char link[32] = "";
        readlink("/proc/self", link, sizeof link);
        HOLDS(atoi(link) == getpid());
        memset(link, 0, sizeof link);
        readlink("/proc/thread-self", link, sizeof link);
        char expected[32];
        snprintf(expected, sizeof expected, "%d/task/%d", getpid(), getpid());
        HOLDS(!strcmp(link, expected));
        text[pread(status, text, 4096, 0)] = 0;
        HOLDS(atoi(strstr(text, "\nPid:") + 5) == maker);
        int file = openat(folder, "status", O_RDONLY);
        text[pread(file, text, 4096, 0)] = 0;
        HOLDS(atoi(strstr(text, "\nPid:") + 5) == maker);
        HOLDS(atoi(status_line(getpid(), "PPid:") + 6) == maker);
    }
    reap("child", child);
    close(status);
    close(folder);
}

/* Another program in a process: old memory is none. */
static void through_exec(void) {
    gate run = make_gate(), ready = make_gate(), end = make_gate();
    pid_t child;
    CHILD(child) {
        pass(run);
        char first[16], second[16];
        snprintf(first, sizeof first, "%d", dup(ready.ends[1]));
        snprintf(second, sizeof second, "%d", dup(end.ends[0]));
        execl("/proc/self/exe", "renewed", "pause", first, second, NULL);
        say("execl: %s", errno_name(errno));
    }
    until_state(child, 'S');
    int maps = open(of(child, "maps"), O_RDONLY), environ_file = open(of(child, "environ"), O_RDONLY),
        cmdline = open(of(child, "cmdline"), O_RDONLY), memory = open(of(child, "mem"), O_RDONLY);
    HOLDS(pread(maps, text, 100, 0) == 100);
    let(run);
    pass(ready);
    until_state(child, 'S');
    SHOW(pread(maps, text, 100, 0));
    SHOW(pread(environ_file, text, 100, 0));
    SHOW(pread(memory, text, 8, (off_t)&secret));
    text[pread(cmdline, text, 13, 0)] = 0;
    say("runs %s", text);
    load_of(child, "comm");
    HOLDS(!strcmp(text, "exe\n") || strstr(text, "proc_others") || strstr(text, "conformance"));
    close(maps);
    close(environ_file);
    close(cmdline);
    close(memory);
    let(end);
    reap("child", child);
}

/* A first thread that ended before others. */
static gate thread_gate;
static void *stay(void *unused) {
    pass(thread_gate);
    _exit(5);
}
static void first_thread_ends(void) {
    thread_gate = make_gate();
    pid_t child;
    CHILD(child) {
        pthread_t thread;
        pthread_create(&thread, NULL, stay, NULL);
        syscall(SYS_exit, 9);
    }
    until_state(child, 'Z');
    say("state %c, threads %ld, size %ld", state_of(child), field(child, 20), field(child, 23));
    say("%s", status_line(child, "State:"));
    say("%s", status_line(child, "Threads:"));
    say("tasks %ld, cmdline %s, maps %s, exe %s", count_names(of(child, "task")), outcome(load_of(child, "cmdline")),
        outcome(load_of(child, "maps")), link_of(child, "exe"));
    let(thread_gate);
    reap("child", child);
}

/* Who may look into whom. */
static void look_into(const char *who, pid_t process) {
    static const char *const files[] = {"environ", "auxv", "maps", "mem", "smaps", "smaps_rollup", "pagemap", "io", "personality", "limits",
        "stat", "status", "statm", "cmdline", "comm", "cgroup", "mounts", "mountstats", "sched", "wchan", "oom_score_adj", "task", "fd", "fdinfo"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        int file = open(of(process, files[i]), O_RDONLY);
        long result = file < 0 ? -1 : read(file, text, 8);
        if (result < 0 && errno == EISDIR) result = 0;
        if (result < 0 && errno == EIO) result = 0;
        say("%s: %s: %s%s", who, files[i], result < 0 ? errno_name(errno) : "may", result < 0 && file >= 0 ? " when it is read" : "");
        if (file >= 0) close(file);
    }
    static const char *const links[] = {"exe", "cwd", "root", "fd/0"};
    for (int i = 0; i < 4; i++) {
        say("%s: %s: %s", who, links[i], readlink(of(process, links[i]), text, 100) < 0 ? errno_name(errno) : "may");
    }
    SHOW(open(of(process, "comm"), O_WRONLY));
    SHOW(open(of(process, "oom_score_adj"), O_WRONLY));
    say("%s: code %s, stack %s, arguments %s", who, field(process, 26) > 1 ? "shown" : "hidden", field(process, 28) ? "shown" : "hidden",
        field(process, 48) ? "shown" : "hidden");
}
static void owners(const char *who, pid_t process) {
    static const char *const names[] = {"", "task", "fd", "fdinfo", "environ", "status", "exe"};
    for (int i = 0; i < 7; i++) {
        struct stat status;
        if (lstat(of(process, names[i]), &status)) say("%s: %s: %s", who, names[i], errno_name(errno));
        else say("%s: %s: %o %d:%d", who, names[i], status.st_mode, status.st_uid, status.st_gid);
    }
}
static void become(int user) {
    setresgid(user, user, user);
    setresuid(user, user, user);
}
static void rights(void) {
    gate ready = make_gate(), end = make_gate();
    pid_t root, hidden, plain, child;
    CHILD(root) pass(end);
    CHILD(hidden) {
        become(1000);
        let(ready);
        pass(end);
    }
    CHILD(plain) {
        become(1000);
        prctl(PR_SET_DUMPABLE, 1);
        let(ready);
        pass(end);
    }
    pass(ready);
    pass(ready);
    until_state(root, 'S');
    until_state(hidden, 'S');
    until_state(plain, 'S');
    owners("root's", root);
    owners("not dumpable", hidden);
    owners("user's", plain);
    CHILD(child) {
        become(1000);
        look_into("user into root's", root);
        look_into("user into not dumpable", hidden);
        look_into("user into user's", plain);
        HOLDS(count_names("/proc/self/fd") > 2);
        HOLDS(load("/proc/self/environ") == -EACCES);
    }
    reap("user", child);
    CHILD(child) {
        become(1001);
        look_into("stranger into user's", plain);
    }
    reap("stranger", child);
    look_into("root into not dumpable", hidden);
    for (int i = 0; i < 3; i++) let(end);
    status_of(root);
    status_of(hidden);
    status_of(plain);
}

static long counted(const char *label) {
    load("/proc/stat");
    char *at = strstr(text, label);
    return at ? atol(at + strlen(label)) : -1;
}

int main(int count, char **arguments) {
    if (count == 4) {
        write(atoi(arguments[2]), "", 1);
        char byte;
        read(atoi(arguments[3]), &byte, 1);
        return 0;
    }
    enter_scratch();
    chmod(".", 0755);
    long before = counted("\nprocesses ");
    sleeping_child();
    ended_child();
    through_self();
    through_exec();
    first_thread_ends();
    rights();
    HOLDS(counted("\nprocesses ") >= before + 10);
    HOLDS(counted("\nprocs_running ") >= 1);
    return 0;
}
