/* Covers: execve */
/* execve(2): arguments, environment, auxiliary vector, which files can be executed, errors. */
#include "processes.h"
#include <elf.h>
#include <sys/auxv.h>

static pid_t child;
static char *none[] = {NULL};

/* What the new program sees. */
static int tell(int count, char **arguments, char **environment) {
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    say("  %d arguments, execfn %s, name %s", count, (char *)getauxval(AT_EXECFN), name);
    for (int i = 0; i < count && i < 8; i++) say_bytes("  argument", arguments[i], strlen(arguments[i]));
    for (int i = 0; environment[i] && i < 5; i++) say_bytes("  environment", environment[i], strlen(environment[i]));
    HOLDS(arguments[count] == NULL);
    return 0;
}
static int auxiliary(void) {
    say("page %ld, secure %ld, uid %ld %ld, gid %ld %ld", getauxval(AT_PAGESZ), getauxval(AT_SECURE), getauxval(AT_UID),
        getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID));
    HOLDS(getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 0 && getauxval(AT_ENTRY) != 0);
    HOLDS(getauxval(AT_RANDOM) != 0 && getauxval(AT_CLKTCK) == 100);
    HOLDS(strcmp((char *)getauxval(AT_PLATFORM), MACHINE) == 0);
    return 0;
}
/* Executes in a child; says why not. */
static void execute(const char *what, const char *path, char **arguments, char **environment) {
    CHILD(child) {
        syscall(SYS_execve, path, arguments, environment);
        say("%s: %s", what, errno_name(errno));
        _exit(100);
    }
    int status = status_of(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 100) say("%s: %s", what, ending(status));
}

static void arguments(void) {
    char *few[] = {"a name", "tell", "", "tab\there", "grüße", NULL}, *some[] = {"A=1", "", "no equals", "A=2", "=x", NULL};
    execute("arguments", "./self", few, some);
    execute("no environment", "./self", few, none);
    execute("NULL environment", "./self", few, NULL);
    execute("no arguments", "./self", none, (char *[]){"EMPTY=1", NULL});
    execute("NULL arguments", "./self", NULL, (char *[]){"EMPTY=1", NULL});
    symlink("self", "link with a very long name");
    execute("by a link", "./link with a very long name", few, none);
    execute("through ..", "inner/.././self", few, none);
    execute("auxiliary vector", "./self", (char *[]){"self", "auxiliary", NULL}, none);
    execute("/proc/self/exe", "/proc/self/exe", (char *[]){"self", "auxiliary", NULL}, none);
    execute("exit", "./self", (char *[]){"self", "exit", "42", NULL}, none);
    execute("abort", "./self", (char *[]){"self", "abort", NULL}, none);
    /* Many: 3000 arguments, 2000 variables. */
    static char *many[3002], *variables[2002];
    many[0] = "self", many[1] = "sum";
    for (int i = 2; i < 3000; i++) many[i] = "0123456789";
    for (int i = 0; i < 2000; i++) variables[i] = "NAME=value";
    execute("many", "./self", many, variables);
}
static void sizes(void) {
    static char long_one[131072 + 1], other[100000];
    memset(long_one, 'x', sizeof long_one - 1);
    memset(other, 'y', sizeof other - 1);
    char *one[] = {"self", "length", long_one, NULL};
    execute("131072 bytes", "./self", one, none);
    long_one[131071] = 0;
    execute("131071 bytes", "./self", one, none);
    execute("in the environment", "./self", (char *[]){"self", "length", "x", NULL}, (char *[]){long_one, NULL});
    /* A quarter of the stack's limit, and at least 128 KiB. */
    char *three[] = {"self", "length", other, other, other, NULL};
    execute("300000 bytes", "./self", three, none);
    CHILD(child) {
        setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, RLIM_INFINITY});
        execve("./self", three, none);
        say("of 1 MiB of stack: %s", errno_name(errno));
        setrlimit(RLIMIT_STACK, &(struct rlimit){2 << 20, RLIM_INFINITY});
        execve("./self", three, none);
    }
    reap("of 2 MiB of stack", child);
    static char *pointers[200002];
    for (int i = 0; i < 200000; i++) pointers[i] = "";
    pointers[0] = "self", pointers[1] = "length", pointers[2] = "two";
    execute("200000 pointers", "./self", pointers, none);
    for (int i = 0; i < 200000; i++) pointers[i] = "0123456789012345678901234567890123456789";
    execute("more than 6 MiB", "./self", pointers, none);
}
static void copy_part(const char *name, long offset, long length, int where, int byte) {
    static char bytes[4096];
    int file = open("self", O_RDONLY);
    long count = pread(file, bytes, length, offset);
    close(file);
    if (where >= 0) bytes[where] = byte;
    make_file(name, bytes, count);
    chmod(name, 0755);
}
static void errors(void) {
    static char long_name[PATH_MAX + 2];
    memset(long_name, 'n', sizeof long_name - 1);
    char *few[] = {"self", "exit", "3", NULL};
    make_file("plain", "not a program\n", 14);
    execute("no right", "./plain", few, none);
    chmod("plain", 0755);
    execute("text", "./plain", few, none);
    make_file("empty", "", 0);
    chmod("empty", 0755);
    execute("empty", "./empty", few, none);
    execute("absent", "./absent", few, none);
    execute("no name", "", few, none);
    execute("folder", "inner", few, none);
    execute("below a file", "./plain/self", few, none);
    execute("slash behind", "./self/", few, none);
    execute("long name", long_name, few, none);
    long_name[256] = 0;
    execute("long part", long_name, few, none);
    symlink("circle", "circle");
    execute("circle", "./circle", few, none);
    symlink("absent", "dangling");
    execute("dangling", "./dangling", few, none);
    mkfifo("fifo", 0777);
    execute("FIFO", "./fifo", few, none);
    execute("device", "/dev/null", few, none);
    execute("bad name", BAD_POINTER, few, none);
    execute("bad arguments", "./self", BAD_POINTER, none);
    execute("bad environment", "./self", few, BAD_POINTER);
    execute("bad argument", "./self", (char *[]){"self", BAD_POINTER, NULL}, none);
    execute("bad variable", "./self", few, (char *[]){"A=1", BAD_POINTER, NULL});
    copy_part("cut", 0, 32, -1, 0);
    execute("half a header", "./cut", few, none);
    copy_part("cut", 0, 64, -1, 0);
    execute("header alone", "./cut", few, none);
    copy_part("other", 0, 4096, offsetof(Elf64_Ehdr, e_machine), 200);
    execute("another machine", "./other", few, none);
    copy_part("other", 0, 4096, offsetof(Elf64_Ehdr, e_type), ET_REL);
    execute("an object file", "./other", few, none);
    copy_part("other", 0, 4096, offsetof(Elf64_Ehdr, e_phentsize), 55);
    execute("other program headers", "./other", few, none);
    copy_part("other", 0, 4096, 0, 'x');
    execute("other first byte", "./other", few, none);
    /* Open for writing. */
    copy_self("busy", 0755);
    int file = open("busy", O_WRONLY);
    execute("open for writing", "./busy", few, none);
    close(file);
    execute("closed", "./busy", few, none);
    gate ready = make_gate(), end = make_gate();
    CHILD(child) {
        dup2(ready.ends[1], 60);
        dup2(end.ends[0], 61);
        execl("./busy", "busy", "wait", NULL);
    }
    pass(ready);
    SHOW(open("busy", O_WRONLY));
    SHOW(open("busy", O_RDWR | O_TRUNC));
    SHOW(truncate("busy", 10));
    HOLDS(open("busy", O_RDONLY) > 2);
    SHOW(unlink("busy"));
    pid_t busy = child;
    copy_self("busy", 0755); /* another file of the name */
    execute("the other file", "./busy", few, none);
    let(end);
    reap("wait", busy);
    /* Rights of who is not root. */
    pid_t outer;
    copy_self("of others", 0654);
    chmod(".", 0755);
    CHILD(outer) {
        setresgid(1000, 1000, 1000);
        setresuid(1000, 1000, 1000);
        execute("read alone", "./of others", few, none);
        execute("others' own", "./self", few, none);
        execute("in a closed folder", "closed/self", few, none);
    }
    reap("no root", outer);
    copy_self("only execute", 0711);
    CHILD(outer) {
        setresuid(1000, 1000, 1000);
        SHOW(open("only execute", O_RDONLY));
        execute("not readable", "./only execute", (char *[]){"only", "dumpable", NULL}, none);
    }
    reap("no root", outer);
    copy_self("no right", 0666);
    execute("root without any right", "./no right", few, none);
    chmod("no right", 0601);
    execute("root with others' right", "./no right", few, none);
    /* A failure leaves all as it was. */
    file = open("plain", O_RDONLY | O_CLOEXEC);
    SHOW(execve("./plain", few, none));
    SHOW(fcntl(file, F_GETFD));
}

extern char **environ;
int main(int count, char **arguments_) {
    if (count == 1 && getenv("EMPTY")) return tell(count, arguments_, environ);
    if (count > 1) {
        char *mode = arguments_[1];
        if (!strcmp(mode, "tell")) return tell(count, arguments_, environ);
        if (!strcmp(mode, "auxiliary")) return auxiliary();
        if (!strcmp(mode, "exit")) return atoi(arguments_[2]);
        if (!strcmp(mode, "abort")) abort();
        if (!strcmp(mode, "length")) {
            long length = 0, variables = 0;
            for (int i = 2; i < count; i++) length += strlen(arguments_[i]);
            for (int i = 0; environ[i]; i++) variables += strlen(environ[i]);
            say("  %d arguments, %ld and %ld bytes", count, length, variables);
            return 0;
        }
        if (!strcmp(mode, "sum")) {
            int wrong = 0, variables = 0;
            for (int i = 2; i < count; i++) wrong += strcmp(arguments_[i], "0123456789") != 0;
            for (; environ[variables]; variables++) wrong += strcmp(environ[variables], "NAME=value") != 0;
            say("  %d arguments, %d variables, %d wrong", count, variables, wrong);
            return 0;
        }
        if (!strcmp(mode, "wait")) {
            let((gate){{60, 60}});
            pass((gate){{61, 61}});
            return 8;
        }
        if (!strcmp(mode, "dumpable")) {
            HOLDS(prctl(PR_GET_DUMPABLE) != 1); /* fs.suid_dumpable */
            return 0;
        }
        return 99;
    }
    enter_scratch();
    copy_self("self", 0755);
    mkdir("inner", 0755);
    mkdir("closed", 0700);
    copy_self("closed/self", 0755);
    arguments();
    sizes();
    errors();
    return 0;
}
