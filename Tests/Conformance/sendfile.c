/* Covers: sendfile */
#include "conformance.h"
#include <sys/sendfile.h>

int main(void) {
    enter_scratch();
    char buffer[32];
    make_file("in", "0123456789", 10);
    int in = open("in", O_RDONLY), out = open("out", O_CREAT | O_RDWR, 0644);
    SHOW(syscall(SYS_sendfile, out, in, NULL, 4L));
    SHOW(lseek(in, 0, SEEK_CUR));
    off_t offset = 6;
    SHOW(syscall(SYS_sendfile, out, in, &offset, 100L));
    say("offset %ld", (long)offset);
    SHOW(lseek(in, 0, SEEK_CUR));
    SHOW(syscall(SYS_sendfile, out, in, &offset, 100L));
    SHOW(pread(out, buffer, 32, 0));
    say_bytes("out", buffer, 8);
    SHOW(syscall(SYS_sendfile, out, in, NULL, 0L));
    offset = -1;
    SHOW(syscall(SYS_sendfile, out, in, &offset, 1L));
    SHOW(syscall(SYS_sendfile, out, in, BAD_POINTER, 1L));
    SHOW(syscall(SYS_sendfile, 99, in, NULL, 1L));
    SHOW(syscall(SYS_sendfile, out, 99, NULL, 1L));
    SHOW(syscall(SYS_sendfile, in, in, NULL, 1L));
    int only = open("out", O_WRONLY);
    SHOW(syscall(SYS_sendfile, out, only, NULL, 1L));
    int append = open("out", O_WRONLY | O_APPEND);
    SHOW(syscall(SYS_sendfile, append, in, NULL, 1L));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_sendfile, out, folder, NULL, 1L));
    int ends[2];
    pipe(ends);
    offset = 2;
    SHOW(syscall(SYS_sendfile, ends[1], in, &offset, 5L));
    SHOW(read(ends[0], buffer, 32));
    say_bytes("through the pipe", buffer, 5);
    SHOW(syscall(SYS_sendfile, 1, in, &offset, 0L));
    static char large[300000];
    for (unsigned i = 0; i < sizeof large; i++) large[i] = (char)(i * 31 >> 3);
    make_file("large", large, sizeof large);
    int big = open("large", O_RDONLY), copy = open("copy", O_CREAT | O_RDWR, 0644);
    long total = 0, part;
    while ((part = sendfile(copy, big, NULL, 1 << 20)) > 0) total += part;
    say("copied %ld", total);
    static char back[300000];
    pread(copy, back, sizeof back, 0);
    HOLDS(memcmp(large, back, sizeof large) == 0);
    return 0;
}
