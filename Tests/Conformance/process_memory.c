/* Covers: process_vm_readv process_vm_writev */
/* process_vm_readv(2): memory of other processes, in parts; also /proc/PID/mem. */
#include "processes.h"

static pid_t child;
static gate door, back;
static char text[100] = "of the parent", own[100000];
static long copy(int writes, struct iovec *local, long locals, struct iovec *remote, long remotes, long flags) {
    return syscall(writes ? SYS_process_vm_writev : SYS_process_vm_readv, child, local, locals, remote, remotes, flags);
}

int main(void) {
    char *map = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *big = malloc(100000);
    door = make_gate();
    back = make_gate();
    memset(map, 'm', 4 * 4096);
    CHILD(child) {
        strcpy(text, "of the child");
        munmap(map + 4096, 4096);
        mprotect(map + 2 * 4096, 4096, PROT_READ);
        mprotect(map + 3 * 4096, 4096, PROT_NONE);
        for (int i = 0; i < 100000; i++) big[i] = i * 3;
        let(back);
        pass(door);
        say("in the child: %s, %c%c", text, map[0], map[2 * 4096]);
        say("%d %d", big[50000], big[99999]);
        for (;;) pause();
    }
    pass(back);
    struct iovec local = {own, 100}, remote = {text, 100};
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    say("%s, here %s", own, text);
    /* Parts of different sizes on the two sides. */
    struct iovec locals[3] = {{own, 3}, {own + 10, 4}, {own + 20, 50}}, remotes[3] = {{text + 3, 4}, {text, 2}, {text + 7, 5}};
    memset(own, 0, 100);
    SHOW(copy(0, locals, 3, remotes, 3, 0));
    say("%s|%s|%s", own, own + 10, own + 20);
    local = (struct iovec){own, 100000}, remote = (struct iovec){big, 100000};
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    int wrong = 0;
    for (int i = 0; i < 100000; i++) wrong += own[i] != (char)(i * 3);
    say("wrong %d", wrong);
    /* Up to what is not there. */
    local.iov_len = 10000;
    remote = (struct iovec){map + 4000, 300};
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    remote = (struct iovec){map + 4096, 10};
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    remote = (struct iovec){map + 3 * 4096, 10};
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    struct iovec two[2] = {{text, 10}, {map + 4096, 10}};
    SHOW(copy(0, &local, 1, two, 2, 0));
    local.iov_len = 5;
    SHOW(copy(0, &local, 1, two, 2, 0));
    local.iov_len = 0;
    SHOW(copy(0, &local, 1, two, 2, 0));
    local = (struct iovec){BAD_POINTER, 10};
    SHOW(copy(0, &local, 1, two, 1, 0));
    /* Writing: rights count, copies on write are made. */
    local = (struct iovec){"written here", 13}, remote = (struct iovec){text, 13};
    SHOW(copy(1, &local, 1, &remote, 1, 0));
    say("here %s", text);
    local = (struct iovec){"W", 1}, remote = (struct iovec){map, 1};
    SHOW(copy(1, &local, 1, &remote, 1, 0));
    say("here %c", map[0]);
    remote.iov_base = map + 2 * 4096;
    SHOW(copy(1, &local, 1, &remote, 1, 0));
    memset(own, 5, 100000);
    local = (struct iovec){own, 100000}, remote = (struct iovec){big, 100000};
    SHOW(copy(1, &local, 1, &remote, 1, 0));
    /* Errors. */
    SHOW(copy(0, &local, 1, &remote, 1, 1));
    SHOW(copy(0, &local, 1025, &remote, 1, 0));
    SHOW(copy(0, &local, 1, &remote, 1025, 0));
    SHOW(copy(0, &local, 0, &remote, 1, 0));
    SHOW(copy(0, &local, 1, &remote, 0, 0));
    SHOW(copy(0, BAD_POINTER, 1, &remote, 1, 0));
    SHOW(copy(0, &local, 1, BAD_POINTER, 1, 0));
    local.iov_len = -1;
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    local.iov_len = 10;
    remote.iov_len = -1;
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    remote.iov_len = 10;
    /* /proc/PID/mem takes less notice of rights. */
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", child);
    int file = open(path, O_RDWR);
    HOLDS(file > 2);
    memset(own, 0, 100);
    SHOW(pread(file, own, 13, (off_t)text));
    say("%s", own);
    SHOW(pwrite(file, "R", 1, (off_t)map + 2 * 4096));
    SHOW(pread(file, own, 10, (off_t)map + 4096));
    let(door);
    pid_t other = child;
    until_state(other, 'S');
    pid_t user;
    CHILD(user) {
        setresuid(9, 9, 9);
        SHOW(copy(0, &local, 1, &remote, 1, 0));
        SHOW(open(path, O_RDONLY));
    }
    reap("another user", user);
    kill(other, SIGKILL);
    waitid(P_PID, other, NULL, WEXITED | WNOWAIT);
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    SHOW(pread(file, own, 13, (off_t)text));
    reap("child", other);
    SHOW(copy(0, &local, 1, &remote, 1, 0));
    child = getpid();
    SHOW(copy(0, &local, 1, &(struct iovec){text, 10}, 1, 0));
    return 0;
}
