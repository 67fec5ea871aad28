/* Covers: select pselect6 */
#include "conformance.h"
#include <sys/select.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

int main(void) {
    int ends[2];
    pipe(ends);
    fd_set in, out;
    struct timeval timeout = {0, 20000};
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    SHOW(syscall(SYS_select, ends[1] + 1, &in, &out, NULL, &timeout));
    say("in %d out %d", FD_ISSET(ends[0], &in) != 0, FD_ISSET(ends[1], &out) != 0);
    write(ends[1], "x", 1);
    FD_SET(ends[0], &in);
    SHOW(syscall(SYS_select, ends[1] + 1, &in, &out, NULL, NULL));
    char byte;
    read(ends[0], &byte, 1);
    FD_SET(ends[0], &in);
    timeout = (struct timeval){0, 20000};
    SHOW(syscall(SYS_select, ends[0] + 1, &in, NULL, NULL, &timeout));
    say("left %ld.%06ld, in %d", (long)timeout.tv_sec, (long)timeout.tv_usec, FD_ISSET(ends[0], &in) != 0);
    timeout = (struct timeval){5, 0};
    FD_SET(ends[1], &out);
    SHOW(syscall(SYS_select, ends[1] + 1, NULL, &out, NULL, &timeout));
    HOLDS(timeout.tv_sec == 4 || (timeout.tv_sec == 5 && timeout.tv_usec == 0));
    FD_SET(60, &in);
    SHOW(syscall(SYS_select, 61, &in, NULL, NULL, NULL));
    SHOW(syscall(SYS_select, -1, NULL, NULL, NULL, &timeout));
    SHOW(syscall(SYS_select, 4, BAD_POINTER, NULL, NULL, &timeout));
    timeout = (struct timeval){-1, 0};
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, &timeout));
    timeout = (struct timeval){0, 1000};
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, &timeout));
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, BAD_POINTER));

    handle(SIGALRM, count, SA_RESTART);
    alarm(1);
    timeout = (struct timeval){5, 0};
    SHOW(syscall(SYS_select, 0, NULL, NULL, NULL, &timeout));
    say("signals %d", signals);
    HOLDS(timeout.tv_sec == 3 || timeout.tv_sec == 4);

    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_BLOCK, &all, NULL);
    raise(SIGALRM);
    struct { const void *mask; size_t size; } argument = {&none, 8};
    struct timespec wait = {5, 0};
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wait, &argument));
    say("signals %d", signals);
    argument.size = 3;
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wait, &argument));
    wait = (struct timespec){0, 10000000};
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wait, NULL));
    wait = (struct timespec){0, 2000000000};
    SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &wait, NULL));
    return 0;
}
