/* Covers: vfork clone execve */
/* posix_spawn(3): attributes and file actions, as C libraries make them of vfork and execve. */
#include "processes.h"
#include <spawn.h>

static pid_t child;
static void note(int number, siginfo_t *information, void *context) {}

static int tell(void) {
    sigset_t set;
    struct sigaction action;
    char text[32] = "";
    sigprocmask(SIG_BLOCK, NULL, &set);
    say("  blocked %d %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    sigaction(SIGINT, NULL, &action);
    say("  SIGINT %s", action.sa_handler == SIG_IGN ? "ignored" : "default");
    sigaction(SIGTERM, NULL, &action);
    say("  SIGTERM %s", action.sa_handler == SIG_IGN ? "ignored" : "default");
    say("  own group %d, own session %d, users %d %d", getpgrp() == getpid(), getsid(0) == getpid(), getuid(), geteuid());
    say("  policy %d, variable %s", (int)syscall(SYS_sched_getscheduler, 0), getenv("VARIABLE") ? getenv("VARIABLE") : "none");
    long count = read(50, text, sizeof text - 1);
    say("  descriptor 50: %s", count < 0 ? errno_name(errno) : text);
    say("  descriptor 51: %d", fcntl(51, F_GETFD));
    say("  folder: %s", access("self", F_OK) == 0 ? "as it was" : "another");
    return 8;
}
static char *arguments[] = {"self", "tell", NULL}, *variables[] = {"VARIABLE=value", NULL};
static void spawn(const char *what, const char *path, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes) {
    child = -1;
    int error = posix_spawn(&child, path, actions, attributes, arguments, variables);
    if (error) say("%s: %s", what, errno_name(error));
    else reap(what, child);
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "tell")) return tell();
    if (count > 1) return 2;
    sigset_t set;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    enter_scratch();
    chmod(".", 0755);
    copy_self("self", 0755);
    mkdir("folder", 0755);
    copy_self("folder/self2", 0755);
    make_file("text", "of the file", 11);
    handle(SIGINT, note, 0);
    signal(SIGTERM, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    spawn("plain", "./self", NULL, NULL);
    spawn("absent", "./absent", NULL, NULL);
    spawn("folder", "folder", NULL, NULL);
    spawn("no program", "text", NULL, NULL);
    SHOW(waitpid(-1, NULL, WNOHANG)); /* nothing is left of those that failed */

    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &set);
    spawn("group, mask, default", "./self", NULL, &attributes);
    posix_spawnattr_setpgroup(&attributes, 0x3fffffff);
    spawn("no such group", "./self", NULL, &attributes);
#ifdef POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    spawn("session", "./self", NULL, &attributes);
#endif
    posix_spawnattr_destroy(&attributes);

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 50, "text", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 50, 51);
    spawn("open and dup2", "./self", &actions, NULL);
    posix_spawn_file_actions_addclose(&actions, 50);
    spawn("close", "./self", &actions, NULL);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 50, "absent", O_RDONLY, 0);
    spawn("absent file", "./self", &actions, NULL);
    posix_spawn_file_actions_destroy(&actions);
    /* The same number: no longer closed on exec. */
    int file = open("text", O_RDONLY);
    dup3(file, 50, O_CLOEXEC);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 50, 50);
    spawn("the same descriptor", "./self", &actions, NULL);
    close(50);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, "folder");
    spawn("another folder", "./self2", &actions, NULL);
    posix_spawn_file_actions_destroy(&actions);

    CHILD(child) {
        setresgid(70, 71, 72);
        setresuid(70, 71, 72);
        posix_spawnattr_init(&attributes);
        spawn("effective user", "./self", NULL, &attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_RESETIDS);
        spawn("real user", "./self", NULL, &attributes);
        _exit(0);
    }
    reap("users", child);
    setenv("PATH", "/absent:folder:.", 1);
    int error = posix_spawnp(&child, "self2", NULL, NULL, arguments, variables);
    reap("by PATH", child);
    say("%d", error);
    SHOW(posix_spawnp(&child, "self3", NULL, NULL, arguments, variables) == ENOENT);
    /* Many. */
    int sum = 0;
    for (int i = 0; i < 50; i++)
        if (posix_spawn(&child, "./self", NULL, NULL, (char *[]){"self", "quiet", NULL}, variables) == 0)
            sum += WEXITSTATUS(status_of(child));
    say("sum %d", sum);
    return 0;
}
