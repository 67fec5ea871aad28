/* Covers: ptrace */
/* ptrace(2): stops at system calls, events of fork, exec and exit, single steps. */
#include "processes.h"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/user.h>

/* linux/ptrace.h, as far as it is used: PTRACE_GET_SYSCALL_INFO. */
enum { GET_SYSCALL_INFO = 0x420e, OP_NONE = 0, OP_ENTRY, OP_EXIT };
struct call_information {
    uint8_t op, padding[3];
    uint32_t architecture;
    uint64_t instruction_pointer, stack_pointer;
    union {
        struct { uint64_t number, arguments[6]; } entry;
        struct { int64_t value; uint8_t is_error; } exit;
    };
};
static pid_t child;
static int status;

static long result_of(const struct user_regs_struct *registers) {
#if defined(__aarch64__)
    return registers->regs[0];
#else
    return registers->rax;
#endif
}
static void set_result(struct user_regs_struct *registers, long value) {
#if defined(__aarch64__)
    registers->regs[0] = value;
#else
    registers->rax = value;
#endif
}
static unsigned long place_of(const struct user_regs_struct *registers) {
#if defined(__aarch64__)
    return registers->pc;
#else
    return registers->rip;
#endif
}
static void get(struct user_regs_struct *registers) {
    struct iovec vector = {registers, sizeof *registers};
    if (ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &vector)) say("registers: %s", errno_name(errno));
}
static void set(struct user_regs_struct *registers) {
    struct iovec vector = {registers, sizeof *registers};
    if (ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &vector)) say("registers: %s", errno_name(errno));
}
static const char *name_of_event(int event) {
    static const char *const names[] = {"none", "FORK", "VFORK", "CLONE", "EXEC", "VFORK_DONE", "EXIT", "SECCOMP"};
    return event >= 0 && event < 8 ? names[event] : event == 128 ? "STOP" : "another";
}
static void say_stop(const char *what) {
    if (WIFSTOPPED(status))
        say("%s: stop by %d%s, event %s", what, WSTOPSIG(status) & 0x7f, WSTOPSIG(status) & 0x80 ? " at a call" : "", name_of_event(status >> 16));
    else say("%s: %s", what, ending(status));
}
static void stop_of(const char *what, pid_t process) {
    if (waitpid(process, &status, __WALL) != process) say("%s: %s", what, errno_name(errno));
    else say_stop(what);
}
/* Starts a traced child that has stopped, with options set. */
static int start(long options) {
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        kill(getpid(), SIGSTOP);
        return 0;
    }
    waitpid(child, &status, __WALL);
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options)) say("options: %s", errno_name(errno));
    return 1;
}
static void go(int request) {
    if (ptrace(request, child, NULL, NULL)) say("go: %s", errno_name(errno));
}

static void calls(void) {
    struct user_regs_struct registers;
    struct call_information information;
    if (start(PTRACE_O_TRACESYSGOOD) == 0) {
        pid_t self = syscall(SYS_gettid);
        syscall(SYS_getppid);
        if (syscall(SYS_close, 999L) != -1 || errno != EBADF) _exit(1);
        if (syscall(SYS_dup3, 1L, 2L, 77L) != -1 || errno != 55) _exit(2); /* made up by the tracer */
        if (syscall(SYS_getpid) != 4242) _exit(3);
        syscall(SYS_kill, self, SIGURG);
        _exit(9);
    }
    memset(&information, 0x55, sizeof information);
    /* At a stop by a signal there is no call. */
    HOLDS(ptrace(GET_SYSCALL_INFO, child, (void *)sizeof information, &information) > 0);
    say("op %d", information.op);
    HOLDS(information.stack_pointer != 0 && information.instruction_pointer != 0);
    go(PTRACE_SYSCALL);
    int number = 0;
    for (int i = 0; i < 40; i++) {
        if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) break;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            say_stop("between");
            go(PTRACE_SYSCALL);
            continue;
        }
        ptrace(GET_SYSCALL_INFO, child, (void *)sizeof information, &information);
        const char *name = NULL;
        if (information.op == OP_ENTRY) number = information.entry.number;
        switch (number) {
        case SYS_getppid: name = "getppid"; break;
        case SYS_close: name = "close"; break;
        case SYS_dup3: name = "dup3"; break;
        case SYS_getpid: name = "getpid"; break;
        case SYS_kill: name = "kill"; break;
        case SYS_exit_group: name = "exit_group"; break;
        }
        if (!name) { /* the libraries' own */
            go(PTRACE_SYSCALL);
            continue;
        }
        if (information.op == OP_ENTRY) {
            if (number == SYS_kill) say("enters %s, %lld", name, (long long)information.entry.arguments[1]);
            else if (number == SYS_getpid || number == SYS_getppid) say("enters %s", name);
            else say("enters %s, %lld", name, (long long)information.entry.arguments[0]);
        } else {
            if (number == SYS_dup3) {
                get(&registers);
                set_result(&registers, -55);
                set(&registers);
            }
            if (number == SYS_getpid) {
                get(&registers);
                say("the pid: %d", result_of(&registers) == child);
                set_result(&registers, 4242);
                set(&registers);
            }
            if (number == SYS_getppid || number == SYS_getpid) say("leaves %s, error %d", name, information.exit.is_error);
            else say("leaves %s, %lld, error %d", name, (long long)information.exit.value, information.exit.is_error);
        }
        go(PTRACE_SYSCALL);
    }
    say_stop("end");
}

/* Which call a traced child makes is for the events of it. */
static unsigned long message(void) {
    unsigned long value = 0;
    if (ptrace(PTRACE_GETEVENTMSG, child, NULL, &value)) say("message: %s", errno_name(errno));
    return value;
}
/* As vfork(2), which musl has as fork(2) on some architectures. */
static char stack[16384] __attribute__((aligned(16)));
static int end_by_3(void *nothing) { _exit(3); }
static void forks(void) {
    static const char *const ways[] = {"fork", "vfork", "clone"};
    for (int way = 0; way < 3; way++) {
        if (start(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE) == 0) {
            pid_t made = way == 0 ? fork() : way == 1 ? clone(end_by_3, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) :
                (pid_t)syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
            if (made == 0) _exit(3);
            int ended = 0;
            waitpid(made, &ended, __WALL);
            _exit(WEXITSTATUS(ended) + 1);
        }
        go(PTRACE_CONT);
        stop_of(ways[way], child);
        pid_t made = message();
        HOLDS(made > 0 && made != child);
        stop_of("the new one", made); /* it begins with a stop, traced as its parent is */
        HOLDS(ptrace(PTRACE_CONT, made, NULL, NULL) == 0);
        go(PTRACE_CONT);
        if (way == 1) {
            /* The new one's end and the parent's going on come in either order. */
            stop_of("new one's end", made);
            stop_of("parent", child);
            HOLDS((pid_t)message() == made);
            go(PTRACE_CONT);
        } else stop_of("new one's end", made);
        /* SIGCHLD or SIGUSR1 */
        stop_of("parent", child);
        HOLDS(ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
        stop_of("parent's end", child);
    }
}
static void executions(void) {
    for (int option = 0; option < 2; option++) {
        if (start(option ? PTRACE_O_TRACEEXEC : 0) == 0) {
            execl("./absent", "absent", NULL);
            execl("/proc/self/exe", "self", "exit", NULL);
            _exit(1);
        }
        go(PTRACE_CONT);
        stop_of(option ? "PTRACE_O_TRACEEXEC" : "without options", child);
        if (option) HOLDS((pid_t)message() == child);
        struct user_regs_struct registers;
        get(&registers);
        HOLDS(place_of(&registers) != 0);
        go(PTRACE_CONT);
        stop_of("end", child);
    }
    /* A program with set-user-ID has no effect where a tracer without privilege looks on. */
    chmod(".", 0755);
    copy_self("set", 04755);
    chown("set", 4321, 4321);
    chmod("set", 04755);
    pid_t user;
    CHILD(user) {
        setresuid(9, 9, 9);
        if (start(PTRACE_O_TRACEEXEC) == 0) {
            execl("./set", "set", "user", NULL);
            _exit(1);
        }
        go(PTRACE_CONT);
        stop_of("set-user-ID", child);
        go(PTRACE_CONT);
        stop_of("end", child);
    }
    reap("user", user);
}
static void ends(void) {
    if (start(PTRACE_O_TRACEEXIT) == 0) _exit(5);
    go(PTRACE_CONT);
    stop_of("exit", child);
    say("message %lx", message());
    HOLDS(state_of(child) == 't');
    go(PTRACE_CONT);
    stop_of("end", child);
    if (start(PTRACE_O_TRACEEXIT) == 0) {
        kill(getpid(), SIGTERM);
        _exit(1);
    }
    go(PTRACE_CONT);
    stop_of("SIGTERM", child);
    HOLDS(ptrace(PTRACE_CONT, child, NULL, (void *)(long)SIGTERM) == 0);
    stop_of("exit", child);
    say("message %lx", message());
    go(PTRACE_CONT);
    stop_of("end", child);
}
static volatile int steps_done;
static void steps(void) {
    struct user_regs_struct registers;
    if (start(0) == 0) {
        for (volatile int i = 0; i < 10; i++) steps_done++;
        _exit(6);
    }
    unsigned long last = 0;
    int moved = 0, traps = 0;
    siginfo_t information;
    for (int i = 0; i < 30; i++) {
        go(PTRACE_SINGLESTEP);
        waitpid(child, &status, __WALL);
        traps += WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
        get(&registers);
        moved += place_of(&registers) != last;
        last = place_of(&registers);
    }
    say("steps: %d traps, %d places", traps, moved);
    SHOW(ptrace(PTRACE_GETSIGINFO, child, NULL, &information));
    say("code %d", information.si_code == TRAP_TRACE || information.si_code == TRAP_BRKPT);
    go(PTRACE_CONT);
    stop_of("end", child);
    /* A step over a call. */
    if (start(PTRACE_O_TRACESYSGOOD) == 0) {
        syscall(SYS_getppid);
        _exit(7);
    }
    go(PTRACE_SYSCALL);
    waitpid(child, &status, __WALL);
    HOLDS(WSTOPSIG(status) == (SIGTRAP | 0x80));
    go(PTRACE_SINGLESTEP);
    waitpid(child, &status, __WALL);
    say("step out of a call: %d", WSTOPSIG(status) & 0x7f);
    go(PTRACE_CONT);
    stop_of("end", child);
}
/* A debugger's breakpoint: an instruction of the program replaced. */
static int __attribute__((noinline)) at_breakpoint(int value) {
    __asm__ volatile("" : "+r"(value));
    return value * 3;
}
static void breakpoint(void) {
    int (*volatile function)(int) = at_breakpoint;
    if (start(0) == 0) _exit(function(5));
    long place = (long)at_breakpoint, text = ptrace(PTRACE_PEEKTEXT, child, (void *)place, NULL), other = text;
#if defined(__aarch64__)
    static const unsigned instruction = 0xd4200000; /* brk #0 */
    memcpy(&other, &instruction, 4);
    const int behind = 0;
#else
    memset(&other, 0xcc, 1);
    const int behind = 1;
#endif
    SHOW(ptrace(PTRACE_POKETEXT, child, (void *)place, (void *)other));
    go(PTRACE_CONT);
    stop_of("breakpoint", child);
    struct user_regs_struct registers;
    get(&registers);
    HOLDS(place_of(&registers) == (unsigned long)place + behind);
    SHOW(ptrace(PTRACE_POKETEXT, child, (void *)place, (void *)text));
#if defined(__aarch64__)
    registers.pc = place;
#else
    registers.rip = place;
#endif
    set(&registers);
    go(PTRACE_CONT);
    stop_of("end", child);
    say("here %d", function(4)); /* the tracer's own text is its own */
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "user") == 0) return geteuid();
    if (count > 1) return 8;
    enter_scratch();
    calls();
    forks();
    executions();
    ends();
    steps();
    breakpoint();
    return 0;
}
