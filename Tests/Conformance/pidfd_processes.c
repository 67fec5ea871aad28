/* Covers: pidfd_open pidfd_send_signal pidfd_getfd waitid */
/* Processes by descriptors: pidfd_open(2), poll(2), waitid(2), pidfd_send_signal(2), pidfd_getfd(2). */
#include "processes.h"
#include <poll.h>
#include <sys/epoll.h>

static pid_t child;
static gate door, back;
static siginfo_t told;
static int open_process(pid_t process, unsigned flags) { return syscall(SYS_pidfd_open, process, flags); }
static int send_by(int file, int number) { return syscall(SYS_pidfd_send_signal, file, number, NULL, 0); }
static const char *events_of(int file) {
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    static char text[20];
    int count = poll(&entry, 1, 0);
    snprintf(text, sizeof text, "%d, %x", count, entry.revents);
    return text;
}

static void ends(void) {
    CHILD(child) {
        pass(door);
        _exit(7);
    }
    int file = open_process(child, 0), other = open_process(child, 0);
    HOLDS(file > 2 && other > file);
    SHOW(fcntl(file, F_GETFD));
    say("runs: %s", events_of(file));
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 5}, got;
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event));
    SHOW(epoll_wait(epoll, &got, 1, 0));
    SHOW(send_by(file, 0));
    let(door);
    SHOW(epoll_wait(epoll, &got, 1, -1));
    say("events %x", got.events & (EPOLLIN | EPOLLHUP));
    struct pollfd entry = {other, POLLIN, 0};
    SHOW(poll(&entry, 1, -1));
    SHOW(send_by(file, 0)); /* a zombie is there */
    memset(&told, 0, sizeof told);
    SHOW(waitid(P_PIDFD, file, &told, WEXITED | WNOWAIT));
    say("status %d, the child %d", told.si_status, told.si_pid == child);
    SHOW(waitid(P_PIDFD, other, &told, WEXITED));
    SHOW(waitid(P_PIDFD, other, &told, WEXITED));
    SHOW(send_by(file, 0));
    SHOW(send_by(file, SIGTERM));
    SHOW(open_process(child, 0));
    entry.events = POLLIN;
    poll(&entry, 1, 0);
    say("gone: %s", entry.revents & POLLIN ? "readable" : "not readable");
    char byte;
    SHOW(read(file, &byte, 1));
    close(file), close(other), close(epoll);
}
static void signals(void) {
    CHILD(child) for (;;) pause();
    int file = open_process(child, 0);
    SHOW(send_by(file, SIGSTOP));
    SHOW(waitid(P_PIDFD, file, &told, WSTOPPED));
    say("%s", signal_name(told.si_status));
    say("stopped: %s", events_of(file));
    SHOW(send_by(file, SIGCONT));
    SHOW(waitid(P_PIDFD, file, &told, WCONTINUED));
    SHOW(waitid(P_PIDFD, file, &told, WEXITED | WNOHANG));
    siginfo_t information = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
    SHOW(syscall(SYS_pidfd_send_signal, file, SIGUSR1, &information, 0));
    information.si_code = SI_USER;
    SHOW(syscall(SYS_pidfd_send_signal, file, SIGTERM, &information, 0)); /* pretends to be another */
    SHOW(send_by(file, 65));
    /* To its group, which is of these two. */
    CHILD(child) for (;;) pause();
    pid_t first = child;
    CHILD(child) {
        setpgid(0, 0);
        pid_t one;
        CHILD(one) for (;;) pause();
        int own = open_process(one, 0);
        signal(SIGUSR2, SIG_IGN);
        const int thread_group = 2, process_group = 4; /* PIDFD_SIGNAL_… */
        SHOW(syscall(SYS_pidfd_send_signal, own, SIGUSR2, NULL, process_group)); /* leads none */
        SHOW(syscall(SYS_pidfd_send_signal, own, 0, NULL, thread_group));
        int leader = open_process(getpid(), 0);
        SHOW(syscall(SYS_pidfd_send_signal, leader, SIGUSR2, NULL, process_group));
        reap("of the group", one);
    }
    reap("group", child);
    kill(first, SIGKILL);
    reap("not of the group", first);
    pid_t user;
    CHILD(user) {
        setresuid(9, 9, 9);
        SHOW(send_by(file, 0));
        SHOW(send_by(file, SIGTERM));
        SHOW(syscall(SYS_pidfd_getfd, file, 1, 0));
    }
    reap("another user", user);
    SHOW(send_by(file, SIGKILL));
    SHOW(waitid(P_PIDFD, file, &told, WEXITED));
    say("%s", signal_name(told.si_status));
    close(file);
}
static void files(void) {
    enter_scratch();
    make_file("file", "0123456789", 10);
    CHILD(child) {
        int file = open("file", O_RDONLY);
        dup2(file, 55);
        lseek(55, 4, SEEK_SET);
        let(back);
        pass(door);
        SHOW(lseek(55, 0, SEEK_CUR));
        close(55);
        let(back);
        pass(door);
    }
    pass(back);
    int file = open_process(child, 0), got = syscall(SYS_pidfd_getfd, file, 55, 0);
    char bytes[8] = "";
    HOLDS(got > 2);
    SHOW(fcntl(got, F_GETFD));
    SHOW(read(got, bytes, 3));
    say("%s", bytes);
    SHOW(syscall(SYS_pidfd_getfd, file, 56, 0));
    SHOW(syscall(SYS_pidfd_getfd, file, -1, 0));
    SHOW(syscall(SYS_pidfd_getfd, file, 55, 1));
    SHOW(syscall(SYS_pidfd_getfd, got, 55, 0));
    SHOW(syscall(SYS_pidfd_getfd, 999, 55, 0));
    let(door);
    pass(back);
    SHOW(syscall(SYS_pidfd_getfd, file, 55, 0));
    let(door);
    waitid(P_PID, child, NULL, WEXITED | WNOWAIT);
    SHOW(syscall(SYS_pidfd_getfd, file, 1, 0) == -1); /* ESRCH, or EBADF before Linux 6.9 */
    reap("child", child);
    SHOW(syscall(SYS_pidfd_getfd, file, 1, 0));
    SHOW(lseek(got, 0, SEEK_CUR));
    close(file), close(got);
}
/* /proc/PID as a directory is none; a pidfd passes to children; /proc/self/fdinfo names the process. */
static void others(void) {
    char path[64], text[1024];
    CHILD(child) pass(door);
    int file = open_process(child, 0);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    int information = open(path, O_RDONLY);
    long count = read(information, text, sizeof text - 1);
    text[count > 0 ? count : 0] = 0;
    char *line = strstr(text, "\nPid:");
    HOLDS(line && atoi(line + 5) == child);
    pid_t sibling;
    CHILD(sibling) {
        SHOW(send_by(file, 0));
        SHOW(waitid(P_PIDFD, file, &told, WEXITED)); /* not its child */
    }
    reap("sibling", sibling);
    let(door);
    reap("child", child);
    lseek(information, 0, SEEK_SET);
    count = read(information, text, sizeof text - 1);
    text[count > 0 ? count : 0] = 0;
    line = strstr(text, "\nPid:");
    say("Pid: %d", line ? atoi(line + 5) : 0);
    close(file), close(information);
}

int main(void) {
    door = make_gate();
    back = make_gate();
    ends();
    signals();
    files();
    others();
    return 0;
}
