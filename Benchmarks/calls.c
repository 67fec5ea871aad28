/* Times system calls from inside a program: calls getppid|read|write.
 *
 * Prints on standard error the minimum, median and 90th percentile of batches, in nanoseconds a
 * call. `write` sends 64 KiB a call to standard output, which the caller chooses. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { batches = 60 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}
static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    static char block[65536];
    double samples[batches];
    int each = !strcmp(what, "write") ? 40 : 5000, zero = open("/dev/zero", O_RDONLY);
    memset(block, 'x', sizeof block);
    for (int batch = -5; batch < batches; batch++) {
        double start = now();
        if (!strcmp(what, "getppid"))
            for (int i = 0; i < each; i++) getppid();
        else if (!strcmp(what, "read"))
            for (int i = 0; i < each; i++) {
                if (read(zero, block, 1) != 1) return 1;
            }
        else if (!strcmp(what, "write"))
            for (int i = 0; i < each; i++) {
                for (size_t done = 0; done < sizeof block;) {
                    ssize_t part = write(1, block + done, sizeof block - done);
                    if (part <= 0) return 1;
                    done += part;
                }
            }
        else return 64;
        if (batch >= 0) samples[batch] = (now() - start) / each;
    }
    qsort(samples, batches, sizeof *samples, compare);
    fprintf(stderr, "%.1f %.1f %.1f\n", samples[0], samples[batches / 2], samples[batches * 9 / 10]);
    return 0;
}
