/* Covers: clone clone3 exit gettid */
/* Threads made without a C library's help: what each flag does, and what is refused. */
#include "conformance.h"
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
static char stack[4][65536] __attribute__((aligned(16)));
static atomic_int parent_saw, child_clears, told;
static int own;

static void wait_while(atomic_int *word, int value) {
    while (atomic_load(word) == value) syscall(SYS_futex, word, 0 /* WAIT */, value, NULL, NULL, 0);
}
static int body(void *argument) {
    told = (int)(long)argument;
    own = (int)syscall(SYS_gettid);
    return 0;
}

int main(void) {
    int process = (int)syscall(SYS_gettid);
    HOLDS(process == getpid());
    child_clears = -1;
    int made = clone(body, stack[0] + sizeof stack[0],
        THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, (void *)7L,
        &parent_saw, NULL, &child_clears);
    HOLDS(made > process);
    HOLDS(parent_saw == made);
    while (child_clears != 0) wait_while(&child_clears, child_clears);
    HOLDS(own == made);
    say("told %d", told);

    /* Combinations that exclude each other. */
    SHOW(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0));
    SHOW(syscall(SYS_clone, THREAD | CLONE_NEWPID, 0, 0, 0, 0));

    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
        uint64_t set_tid, set_tid_size, cgroup, more;
    } arguments = {.flags = THREAD, .stack = (uint64_t)stack[1], .stack_size = sizeof stack[1]};
    SHOW(syscall(SYS_clone3, &arguments, 63));
    SHOW(syscall(SYS_clone3, &arguments, 5000));
    SHOW(syscall(SYS_clone3, BAD_POINTER, 64));
    arguments.exit_signal = SIGCHLD;
    SHOW(syscall(SYS_clone3, &arguments, 88));
    arguments.exit_signal = 65;
    SHOW(syscall(SYS_clone3, &arguments, 88));
    arguments.exit_signal = 0;
    arguments.stack_size = 0;
    SHOW(syscall(SYS_clone3, &arguments, 88));
    arguments.stack_size = sizeof stack[1];
    arguments.more = 1;
    SHOW(syscall(SYS_clone3, &arguments, 96));
    arguments.more = 0;
    arguments.flags = THREAD | 0xff;
    SHOW(syscall(SYS_clone3, &arguments, 88));
    arguments.flags = THREAD | CLONE_DETACHED;
    SHOW(syscall(SYS_clone3, &arguments, 88));
    return 0;
}
