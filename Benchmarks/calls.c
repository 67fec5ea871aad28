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

#include "batches.h"

enum { batches = 60 };


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
    print_samples(stderr, samples, batches);
    return 0;
}
