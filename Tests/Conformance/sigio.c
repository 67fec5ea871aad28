/* Covers: fcntl ioctl */
#include "conformance.h"
#include <sys/ioctl.h>

static volatile int count, code, number, file_of, band;
static void handler(int signal, siginfo_t *information, void *context) {
    count++;
    number = signal;
    code = information->si_code;
    file_of = information->si_fd;
    band = information->si_band;
}

int main(void) {
    enter_scratch();
    int ends[2];
    pipe2(ends, O_NONBLOCK);
    char byte = 'x';
    handle(SIGIO, handler, 0);
    handle(SIGRTMIN + 3, handler, 0);
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_GETSIG));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    HOLDS(fcntl(ends[0], F_GETOWN) == getpid());
    SHOW(fcntl(ends[0], F_SETOWN, 1 << 22));
    SHOW(fcntl(ends[0], F_SETOWN, INT_MIN));
    SHOW(fcntl(ends[0], F_SETSIG, 65));
    SHOW(fcntl(ends[0], F_SETSIG, -1));
    write(ends[1], &byte, 1);
    say("count %d", count);
    SHOW(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
    say("F_GETFL %lo", open_flags(fcntl(ends[0], F_GETFL)));
    write(ends[1], &byte, 1);
    say("count %d %s code %d", count, number == SIGIO ? "SIGIO" : "other", code);
    SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN + 3));
    HOLDS(fcntl(ends[0], F_GETSIG) == SIGRTMIN + 3);
    write(ends[1], &byte, 1);
    say("count %d own %d code %d descriptor %d band %x", count, number == SIGRTMIN + 3, code, file_of == ends[0], band);
    SHOW(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    write(ends[1], &byte, 1);
    say("count %d", count);
    /* By ioctl; a group; nobody. */
    int on = 1, off = 0;
    SHOW(ioctl(ends[0], FIOASYNC, &on));
    SHOW(fcntl(ends[0], F_SETOWN, -getpgrp()));
    HOLDS(fcntl(ends[0], F_GETOWN) == -getpgrp());
    SHOW(fcntl(ends[0], F_SETSIG, 0));
    write(ends[1], &byte, 1);
    say("count %d", count);
    SHOW(fcntl(ends[0], F_SETOWN, 0));
    write(ends[1], &byte, 1);
    say("count %d", count);
    SHOW(ioctl(ends[0], FIOASYNC, &off));
    SHOW(ioctl(ends[0], FIOASYNC, BAD_POINTER));
    struct f_owner_ex owner = {F_OWNER_TID, getpid()};
    SHOW(fcntl(ends[1], F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){77, 77};
    SHOW(fcntl(ends[1], F_GETOWN_EX, &owner));
    HOLDS(owner.type == F_OWNER_TID && owner.pid == getpid());
    owner.type = 9;
    SHOW(fcntl(ends[1], F_SETOWN_EX, &owner));
    SHOW(fcntl(ends[1], F_SETOWN_EX, BAD_POINTER));
    SHOW(fcntl(ends[1], F_GETOWN_EX, BAD_POINTER));
    /* A file that never sends any. */
    int file = open("file", O_CREAT | O_RDWR, 0600);
    SHOW(ioctl(file, FIOASYNC, &on));
    SHOW(ioctl(file, FIOASYNC, &off));
    SHOW(fcntl(file, F_SETFL, O_ASYNC));
    say("F_GETFL %lo", open_flags(fcntl(file, F_GETFL)));
    SHOW(fcntl(file, F_GETLEASE));
    SHOW(fcntl(file, F_NOTIFY, 1));
    SHOW(fcntl(open("file", O_PATH), 9999));
    return 0;
}
