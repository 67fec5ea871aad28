/* What the timed programs share: the clock, and the line of minimum, median and 90th percentile. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Nanoseconds on CLOCK_MONOTONIC. */
static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}
static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static inline void print_samples(FILE *stream, double *samples, int count) {
    qsort(samples, count, sizeof *samples, compare);
    fprintf(stream, "%.1f %.1f %.1f\n", samples[0], samples[count / 2], samples[count * 9 / 10]);
}
