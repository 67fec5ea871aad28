/* Covers: ioctl */
#include "conformance.h"
#include <sys/ioctl.h>
#include <termios.h>

int main(void) {
    enter_scratch();
    struct termios terminal;
    struct winsize size;
    make_file("file", "0123456789", 10);
    int file = open("file", O_RDWR);
    int available = -1;
    SHOW(syscall(SYS_ioctl, file, TCGETS, &terminal));
    SHOW(syscall(SYS_ioctl, file, TIOCGWINSZ, &size));
    SHOW(syscall(SYS_ioctl, 99, TCGETS, &terminal));
    SHOW(lseek(file, 4, SEEK_SET));
    SHOW(syscall(SYS_ioctl, file, FIONREAD, &available));
    say("available %d", available);
    int ends[2];
    pipe(ends);
    write(ends[1], "abc", 3);
    SHOW(syscall(SYS_ioctl, ends[0], FIONREAD, &available));
    say("available %d", available);
    SHOW(syscall(SYS_ioctl, ends[0], FIONREAD, BAD_POINTER));
    SHOW(syscall(SYS_ioctl, ends[0], TCGETS, &terminal));
    SHOW(syscall(SYS_ioctl, file, FIOCLEX));
    SHOW(fcntl(file, F_GETFD));
    SHOW(syscall(SYS_ioctl, file, FIONCLEX));
    SHOW(fcntl(file, F_GETFD));
    int on = 1;
    SHOW(syscall(SYS_ioctl, ends[0], FIONBIO, &on));
    say("flags %lx", open_flags(fcntl(ends[0], F_GETFL)));
    on = 0;
    SHOW(syscall(SYS_ioctl, ends[0], FIONBIO, &on));
    say("flags %lx", open_flags(fcntl(ends[0], F_GETFL)));
    SHOW(syscall(SYS_ioctl, ends[0], FIONBIO, BAD_POINTER));
    int null = open("/dev/null", O_RDWR);
    SHOW(syscall(SYS_ioctl, null, TCGETS, &terminal));
    int folder = open(".", O_RDONLY);
    SHOW(syscall(SYS_ioctl, folder, TCGETS, &terminal));
    SHOW(syscall(SYS_ioctl, file, 0x12345678, 0));
    int path = open("file", O_PATH);
    SHOW(syscall(SYS_ioctl, path, FIONREAD, &available));
    SHOW(isatty(file));
    return 0;
}
