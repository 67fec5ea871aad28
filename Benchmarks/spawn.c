/* Times the start of a command: spawn RUNS COMMAND [ARGUMENT…].
 *
 * Just before exec this reads the time-stamp counter; the command is (or boots) first.c, which prints
 * the counter of its first instruction. Three lines: `first`, `exit` (microseconds: minimum, median,
 * 90th percentile) and `memory` (peak resident KiB by wait4, the command's waited-for children
 * included: the largest of them). Where the counter of a machine is not the host's, the first
 * output's arrival stands for the first instruction, and the line is `output` instead of `first`. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "batches.h"

extern char **environ;

static void print(const char *label, double *samples, int count) {
    printf("%s ", label);
    print_samples(stdout, samples, count);
}
/* Counts a microsecond. */
static double frequency(void) {
    struct timespec a, b, pause = {0, 100000000};
    clock_gettime(CLOCK_MONOTONIC_RAW, &a);
    unsigned long start = __rdtsc();
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC_RAW, &b);
    return (__rdtsc() - start) / ((b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3);
}

int main(int count, char **arguments) {
    if (count < 3) return 64;
    int runs = atoi(arguments[1]), same_counter = 1;
    double *first = calloc(runs, sizeof *first), *output = calloc(runs, sizeof *output);
    double *end = calloc(runs, sizeof *end), *memory = calloc(runs, sizeof *memory), rate = frequency();
    if (runs < 1) return 64;
    for (int run = -2; run < runs; run++) { /* two warm up */
        int ends[2], status;
        char text[64] = "";
        if (pipe2(ends, O_CLOEXEC)) return 1;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        pid_t child;
        unsigned long start = __rdtsc();
        if (posix_spawn(&child, arguments[2], &actions, NULL, arguments + 2, environ)) return 1;
        close(ends[1]);
        ssize_t length = read(ends[0], text, sizeof text - 1);
        unsigned long arrival = __rdtsc();
        while (length > 0 && read(ends[0], text + 40, 20) > 0) {}
        struct rusage usage;
        if (wait4(child, &status, 0, &usage) != child) return 1;
        unsigned long stop = __rdtsc();
        close(ends[0]);
        posix_spawn_file_actions_destroy(&actions);
        if (length <= 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
            fprintf(stderr, "spawn: %s ended with status %x and %zd bytes\n", arguments[2], status, length);
            return 1;
        }
        if (run < 0) continue;
        unsigned long counter = strtoul(text, NULL, 10);
        if (counter < start || counter > stop) same_counter = 0;
        first[run] = (counter - start) / rate;
        output[run] = (arrival - start) / rate;
        end[run] = (stop - start) / rate;
        memory[run] = usage.ru_maxrss;
    }
    if (same_counter) print("first", first, runs);
    else print("output", output, runs);
    print("exit", end, runs);
    print("memory", memory, runs);
    return 0;
}
