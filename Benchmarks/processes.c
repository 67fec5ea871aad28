/* Times what processes cost, and prints the minimum, median and 90th percentile of a batch: nanoseconds an
 * operation. Usage: processes WHAT (fork, fork-large, copy, vfork-exec, fork-exec, switch, pipeline). */
#define _GNU_SOURCE
#include "batches.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { largePages = 4096, copiedPages = 256, batches = 40 };
static char *self;
static char *large;

static void reap(int child, int expected) {
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != expected) {
        fprintf(stderr, "processes: a child ended with %x\n", status);
        exit(1);
    }
}
static void do_fork(void) {
    int child = fork();
    if (child == 0) _exit(3);
    reap(child, 3 << 8);
}
/* Forks with pages that the child writes: each is a fault and a copy. */
static void do_copy(void) {
    int child = fork();
    if (child == 0) {
        for (int page = 0; page < copiedPages; page++) large[page * 4096] = 1;
        _exit(3);
    }
    reap(child, 3 << 8);
}
static void do_vfork_exec(void) {
    int child = vfork();
    if (child == 0) {
        execl(self, self, "end", NULL);
        _exit(9);
    }
    reap(child, 0);
}
static void do_fork_exec(void) {
    int child = fork();
    if (child == 0) {
        execl(self, self, "end", NULL);
        _exit(9);
    }
    reap(child, 0);
}
static int there[2], back[2];
static void do_switch(void) {
    char byte = 0;
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
}
static void do_pipeline(void) {
    if (system("echo pipeline | cat | tr a-z A-Z >/dev/null") != 0) exit(1);
}

int main(int count, char **words) {
    if (count < 2) return 64;
    const char *what = words[1];
    self = words[0];
    if (strcmp(what, "end") == 0) return 0;
    void (*operation)(void) = do_fork;
    int size = 20;
    if (strcmp(what, "fork-large") == 0 || strcmp(what, "copy") == 0) {
        large = mmap(NULL, largePages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(large, largePages * 4096, MADV_NOHUGEPAGE);
        memset(large, 1, largePages * 4096);
        size = 4;
        if (strcmp(what, "copy") == 0) operation = do_copy;
    } else if (strcmp(what, "vfork-exec") == 0) {
        operation = do_vfork_exec;
    } else if (strcmp(what, "fork-exec") == 0) {
        operation = do_fork_exec;
    } else if (strcmp(what, "switch") == 0) {
        operation = do_switch;
        size = 200;
        if (pipe(there) || pipe(back)) return 1;
        if (fork() == 0) {
            char byte;
            close(there[1]);
            while (read(there[0], &byte, 1) == 1) write(back[1], &byte, 1);
            _exit(0);
        }
        close(there[0]);
    } else if (strcmp(what, "pipeline") == 0) {
        operation = do_pipeline;
        size = 4;
    } else if (strcmp(what, "fork") != 0) {
        return 64;
    }
    double samples[batches];
    for (int warm = 0; warm < size; warm++) operation();
    for (int batch = 0; batch < batches; batch++) {
        double start = now();
        for (int index = 0; index < size; index++) operation();
        samples[batch] = (now() - start) / size;
    }
    print_samples(stderr, samples, batches);
    return 0;
}
