/* Covers: sched_setscheduler setitimer */
/* sched(7): real-time threads leave the others a part of each second, so that a signal that stops one is handled. */
#include "conformance.h"
#include <pthread.h>
#include <sched.h>

static volatile int stop;
static volatile long others, spun;
static void note(int number) { stop = 1; }
static void *spin(void *nothing) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    struct sched_param parameter = {.sched_priority = 10};
    /* glibc's and musl's own functions differ; the number 0 is the thread. */
    if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter)) say("SCHED_FIFO: %s", errno_name(errno));
    while (!stop) spun++;
    return NULL;
}
int main(void) {
    pthread_t thread;
    signal(SIGALRM, note);
    pthread_create(&thread, NULL, spin, NULL);
    alarm(1);
    while (!stop) others++;
    pthread_join(thread, NULL);
    say("stopped, the others ran: %d", others > 0);
    return 0;
}
