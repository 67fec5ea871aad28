/* Sends each byte of standard input to standard output, its complement to standard error. */
#include <unistd.h>

int main(void) {
    static unsigned char in[30000], other[30000];
    ssize_t count;
    while ((count = read(0, in, sizeof in)) > 0) {
        for (ssize_t i = 0; i < count; i++) other[i] = (unsigned char)~in[i];
        for (ssize_t done = 0; done < count;) {
            ssize_t part = write(1, in + done, count - done);
            if (part < 0) return 1;
            done += part;
        }
        for (ssize_t done = 0; done < count;) {
            ssize_t part = write(2, other + done, count - done);
            if (part < 0) return 1;
            done += part;
        }
    }
    return count < 0;
}
