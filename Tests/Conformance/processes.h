/* What the programs about processes share. The first program of a machine is its process 1, to which
 * orphans go; natively it is an ordinary process: what differs there is shown by children of it alone.
 * Nothing waits for time: a gate is a pipe, and who is to be asleep is asked for it (`until_state`). */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "conformance.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* CHILD(pid) { … }: a child runs the block and ends with status 0; the parent goes on. Both sides
 * write `pid`, which must not be memory that they share. */
#define CHILD(pid) if (((pid) = fork()) == 0) for (;; _exit(0))

/* How a child ended, stopped or went on, in words. */
static inline const char *ending(int status) {
    static char text[64];
    if (WIFEXITED(status)) snprintf(text, sizeof text, "exited with %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "killed by %s%s", signal_name(WTERMSIG(status)), WCOREDUMP(status) ? " (core)" : "");
    else if (WIFSTOPPED(status))
        snprintf(text, sizeof text, "stopped by %s%s", signal_name(WSTOPSIG(status)), status >> 16 ? " (event)" : "");
    else if (WIFCONTINUED(status)) snprintf(text, sizeof text, "continued");
    else snprintf(text, sizeof text, "status %x", status);
    return text;
}
/* Waits for a child and says how it ended. */
static inline void reap(const char *what, pid_t child) {
    int status = 0;
    pid_t ended;
    do ended = waitpid(child, &status, __WALL);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) say("%s: %s", what, errno_name(errno));
    else say("%s: %s", what, ending(status));
}
/* Waits for a child without a word. */
static inline int status_of(pid_t child) {
    int status = -1;
    while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {}
    return status;
}

/* A gate that opens once for each call of `let`. */
typedef struct { int ends[2]; } gate;
static inline gate make_gate(void) {
    gate made;
    if (pipe2(made.ends, O_CLOEXEC)) say("gate: %s", errno_name(errno));
    return made;
}
static inline void let(gate gate) {
    while (write(gate.ends[1], "", 1) < 0 && errno == EINTR) {}
}
static inline void pass(gate gate) {
    char byte;
    while (read(gate.ends[0], &byte, 1) < 0 && errno == EINTR) {}
}

/* Memory that children share. */
static inline void *shared(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) say("shared: %s", errno_name(errno));
    return at;
}

/* The state letter in /proc/PID/stat; 0 where there is no such process. */
static inline int state_of(pid_t process) {
    char path[64], text[512], *end;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    long length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    return (end = strrchr(text, ')')) ? end[2] : 0;
}
/* Waits until a process is in a state: 'S' asleep, 'T' stopped, 'Z' ended. */
static inline void until_state(pid_t process, int state) {
    for (int i = 0; i < 20000; i++) {
        int now = state_of(process);
        if (now == state || now == 0) return;
        sched_yield();
        if (i > 100) usleep(100);
    }
    say("process never came to state %c: WRONG", state);
}

/* Copies this program to `name` below the working directory, so that it can be executed there. */
static inline void copy_self(const char *name, mode_t mode) {
    char buffer[65536];
    int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int out = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0700);
    for (long count; (count = read(in, buffer, sizeof buffer)) > 0;)
        if (write(out, buffer, count) != count) say("copy %s: %s", name, errno_name(errno));
    fchmod(out, mode);
    close(in);
    close(out);
}

#endif
