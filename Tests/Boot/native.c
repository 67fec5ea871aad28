/* Runs a program natively as `martlet run` would run it, so that both sides can be compared.
 *
 *   native run [--env K=V]… [--workdir DIR] [--file HOST[:GUEST]]… [--memory SIZE] [--cpus N]
 *       [--rootfs DIR] [--emulator FILE] PROGRAM [ARGUMENT…]
 *
 * The program gets a root of its own: an empty tmpfs with the devices, /proc, /sys, /etc, /tmp and /run
 * that the unikernel has too, itself and the files asked for; an environment of PATH, HOME and the
 * --env entries; descriptors 0, 1 and 2. With --rootfs the root is what DIR has, and changes of it are gone
 * at the end; the program is then process 1 of a namespace of its own, so that programs that are made to
 * be the first (init) are. An emulator (QEMU's for user programs, static) runs the program
 * of another CPU. It needs CAP_SYS_ADMIN (mounts in a private namespace). Death by a
 * signal is reported as martlet reports it: status 128+n. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64] = "/tmp/native.XXXXXX";
static pid_t child;

static void fail(const char *what) {
    fprintf(stderr, "native: %s: %s\n", what, strerror(errno));
    _exit(71);
}

static void forward(int number) { if (child > 0) kill(child, number); }

static const char *inside(const char *path) {
    static char buffer[8192];
    snprintf(buffer, sizeof buffer, "%s/%s", root, path);
    return buffer;
}

/* Where a path leads inside: from the working directory, without dots. */
static void guest_path(char *guest, size_t size, const char *workdir, const char *path) {
    char copy[8192];
    snprintf(copy, sizeof copy, "%s/%s", path[0] == '/' ? "" : workdir, path);
    size_t length = 0;
    guest[0] = 0;
    for (char *part = strtok(copy, "/"); part; part = strtok(NULL, "/")) {
        if (!strcmp(part, ".")) continue;
        if (!strcmp(part, "..")) {
            while (length && guest[--length] != '/') {}
            guest[length] = 0;
            continue;
        }
        length += snprintf(guest + length, size - length, "/%s", part);
    }
}

static void make_parents(const char *path) {
    char copy[8192];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *p = copy + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        mkdir(copy, 0755);
        *p = '/';
    }
}

static void copy(const char *from, const char *to) {
    struct stat status;
    if (stat(from, &status)) fail(from);
    make_parents(to);
    if (S_ISDIR(status.st_mode)) {
        char command[16384];
        snprintf(command, sizeof command, "mkdir -p '%s' && cp -a '%s/.' '%s'", to, from, to);
        if (system(command)) fail("cp");
        return;
    }
    int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY | O_TRUNC, status.st_mode & 0777);
    if (in < 0 || out < 0) fail(from);
    char buffer[65536];
    for (ssize_t count; (count = read(in, buffer, sizeof buffer)) > 0;)
        if (write(out, buffer, count) != count) fail(to);
    fchmod(out, status.st_mode & 0777);
    close(in);
    close(out);
}

/* Writes a file that is not there. */
static void text(const char *path, const char *contents) {
    if (access(inside(path), F_OK) == 0) return;
    FILE *file = fopen(inside(path), "w");
    if (!file) fail(path);
    fputs(contents, file);
    fclose(file);
}

/* Makes `root` a folder below itself that shows what another has, and takes changes. */
static void show_folder(const char *folder) {
    char below[96], options[8192];
    static const char *const names[] = {"changes", "work", "root"};
    for (int i = 0; i < 3; i++) {
        snprintf(below, sizeof below, "%.64s/%s", root, names[i]);
        if (mkdir(below, 0755)) fail(below);
    }
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/changes,workdir=%s/work", folder, root, root);
    if (mount("overlay", below, "overlay", 0, options)) fail("overlay");
    strcat(root, "/root");
}

static void device(const char *path, unsigned major, unsigned minor) {
    if (mknod(inside(path), S_IFCHR | 0666, makedev(major, minor))) fail(path);
}

int main(int count, char **arguments) {
    const char *workdir = "/", *folder = NULL;
    char *defaults[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"};
    char *environment[256], *files[256];
    int variables = 0, copies = 0, at = 1, emulator = -1;
    if (at < count && !strcmp(arguments[at], "run")) at++;
    for (; at < count && arguments[at][0] == '-'; at++) {
        const char *option = arguments[at];
        if (!strcmp(option, "--env") && at + 1 < count) environment[variables++] = arguments[++at];
        else if (!strcmp(option, "--workdir") && at + 1 < count) workdir = arguments[++at];
        else if (!strcmp(option, "--file") && at + 1 < count) files[copies++] = arguments[++at];
        else if ((!strcmp(option, "--memory") || !strcmp(option, "--cpus")) && at + 1 < count) at++;
        else if (!strcmp(option, "--rootfs") && at + 1 < count) {
            if (!(folder = realpath(arguments[++at], NULL))) fail(arguments[at]);
        }
        else if (!strcmp(option, "--emulator") && at + 1 < count) {
            /* The last of the descriptors, which are few. */
            int file = open(arguments[++at], O_RDONLY);
            if (file < 0 || (emulator = fcntl(file, F_DUPFD_CLOEXEC, 1000)) < 0) fail(arguments[at]);
            close(file);
        }
        else { fprintf(stderr, "native: unknown option %s\n", option); return 64; }
    }
    if (at >= count) return 64;
    struct stat program;
    if (!folder) {
        if (stat(arguments[at], &program)) fail(arguments[at]);
        if (!S_ISREG(program.st_mode)) return 1;
    }
    char *all[260];
    int total = 0;
    for (int i = 0; i < 2; i++) {
        int given = 0;
        for (int j = 0; j < variables; j++)
            given += !strncmp(environment[j], defaults[i], strchr(defaults[i], '=') - defaults[i] + 1);
        if (!given) all[total++] = defaults[i];
    }
    if (isatty(0) || isatty(1) || isatty(2)) {
        int given = 0;
        for (int j = 0; j < variables; j++) given += !strncmp(environment[j], "TERM=", 5);
        if (!given && getenv("TERM")) environment[variables++] = getenv("TERM") - 5;
    }
    for (int i = 0; i < variables; i++) all[total++] = environment[i];
    all[total] = NULL;
    if (!mkdtemp(root)) fail(root);

    /* Signals that come before the child exists wait for it. */
    sigset_t forwarded;
    sigemptyset(&forwarded);
    sigaddset(&forwarded, SIGINT);
    sigaddset(&forwarded, SIGTERM);
    sigprocmask(SIG_BLOCK, &forwarded, NULL);
    struct sigaction action = {.sa_handler = forward};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (folder && unshare(CLONE_NEWPID)) fail("unshare");
    child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0); /* Ctrl-C reaches it through the parent alone, and so once */
        for (int i = 0; i < 3; i++)
            if (isatty(i)) {
                signal(SIGTTOU, SIG_IGN);
                tcsetpgrp(i, getpid()); /* or through the terminal */
                break;
            }
        umask(0);
        if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)) fail("unshare");
        if (sethostname("martlet", 7)) fail("sethostname");
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("private mounts");
        if (mount("tmpfs", root, "tmpfs", 0, "mode=755")) fail("tmpfs");
        if (folder) show_folder(folder);
        static const char *const folders[] = {"dev", "etc", "proc", "root", "run", "sys"};
        for (int i = 0; i < 6; i++) mkdir(inside(folders[i]), 0755);
        mkdir(inside("tmp"), 01777);
        if (mount("proc", inside("proc"), "proc", 0, NULL)) fail("proc");
        if (mount("sysfs", inside("sys"), "sysfs", MS_RDONLY, NULL)) fail("sys");
        // `inside` has one buffer.
        char settings[4096];
        snprintf(settings, sizeof settings, "%s", inside("proc/sys"));
        if (mount(settings, settings, NULL, MS_BIND, NULL)) fail("settings");
        if (mount(NULL, settings, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) fail("settings");
        device("dev/null", 1, 3);
        device("dev/zero", 1, 5);
        device("dev/full", 1, 7);
        device("dev/random", 1, 8);
        device("dev/urandom", 1, 9);
        device("dev/tty", 5, 0);
        mkdir(inside("dev/shm"), 01777);
        if (mount("tmpfs", inside("dev/shm"), "tmpfs", 0, "mode=1777")) fail("shm");
        mkdir(inside("dev/mqueue"), 01777);
        if (mount("mqueue", inside("dev/mqueue"), "mqueue", 0, NULL)) fail("mqueue");
        mkdir(inside("dev/pts"), 0755);
        if (mount("devpts", inside("dev/pts"), "devpts", 0, "newinstance,ptmxmode=666,mode=620")) fail("devpts");
        symlink("pts/ptmx", inside("dev/ptmx"));
        symlink("/proc/self/fd", inside("dev/fd"));
        symlink("/proc/self/fd/0", inside("dev/stdin"));
        symlink("/proc/self/fd/1", inside("dev/stdout"));
        symlink("/proc/self/fd/2", inside("dev/stderr"));
        text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        text("etc/group", "root:x:0:\n");
        text("etc/hosts", "127.0.0.1 localhost\n");
        text("etc/hostname", "martlet\n");
        text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
        char name[4096], guest[8192];
        guest_path(guest, sizeof guest, workdir, arguments[at]);
        if (!folder) copy(arguments[at], inside(guest + 1));
        for (int i = 0; i < copies; i++) {
            char *colon = strchr(files[i], ':');
            char host[4096];
            snprintf(host, sizeof host, "%s", files[i]);
            if (colon) host[colon - files[i]] = 0;
            guest_path(name, sizeof name, workdir, colon ? colon + 1 : host);
            copy(host, inside(name));
        }
        guest_path(name, sizeof name, "/", workdir);
        strcat(name, "/");
        make_parents(inside(name));
        if (chroot(root) || chdir(name)) fail(workdir);
        umask(022);
        setpriority(PRIO_PROCESS, 0, 0);
        struct rlimit core = {0, 0};
        setrlimit(RLIMIT_CORE, &core);
        /* By the call: the C library keeps two for itself. */
        for (int number = 1; number < NSIG; number++) {
            long standard[4] = {0};
            syscall(SYS_rt_sigaction, number, standard, NULL, 8);
        }
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        for (int descriptor = 3; descriptor < 256; descriptor++) close(descriptor);
        if (emulator >= 0) {
            char *words[count - at + 5];
            int used = 0;
            words[used++] = "qemu";
            words[used++] = "-0";
            words[used++] = arguments[at];
            words[used++] = guest;
            for (int i = at + 1; i < count; i++) words[used++] = arguments[i];
            words[used] = NULL;
            fexecve(emulator, words, all);
        } else {
            execve(guest, arguments + at, all);
        }
        fail(guest);
    }
    sigprocmask(SIG_UNBLOCK, &forwarded, NULL);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) fail("waitpid");
    rmdir(root);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "martlet: the program was killed by signal %d (SIG%s)\n", WTERMSIG(status),
                sigabbrev_np(WTERMSIG(status)));
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}
