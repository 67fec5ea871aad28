/* Covers: fork */
/* POSIX message queues and processes: who is told of messages, and queues that children inherit. */
#include "conformance.h"

#include <mqueue.h>
#include <sys/wait.h>

static volatile int handled;
static siginfo_t told;
static void handler(int number, siginfo_t *information, void *context) {
    (void)context;
    handled = number;
    told = *information;
}
static int finish(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int main(void) {
    struct mq_attr attr = {.mq_maxmsg = 3, .mq_msgsize = 100};
    char text[100];
    unsigned priority;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR2;
    event.sigev_value.sival_int = 5;
    handle(SIGUSR2, handler, 0);
    mqd_t queue = mq_open("/fork", O_RDWR | O_CREAT, 0600, &attr);
    /* A child sends; the parent waits. */
    pid_t child = fork();
    if (child == 0) _exit(mq_send(queue, "hello", 5, 3) ? 1 : 0);
    SHOW(mq_receive(queue, text, sizeof text, &priority));
    say("%.5s at %u, child: %d", text, priority, finish(child));
    /* The signal is of the sender; only one process at a time asks. */
    SHOW(mq_notify(queue, &event));
    child = fork();
    if (child == 0) {
        SHOW(mq_notify(queue, &event));
        SHOW(mq_notify(queue, NULL));
        mq_send(queue, "tell", 4, 0);
        _exit(0);
    }
    say("child: %d", finish(child));
    say("told %d: code %d value %d by the child %d", handled == SIGUSR2, told.si_code, told.si_value.sival_int,
        told.si_pid == child);
    handled = 0;
    SHOW(mq_receive(queue, text, sizeof text, NULL));
    /* A child's close changes nothing of the parent's notification; its end gives its own up. */
    SHOW(mq_notify(queue, &event));
    child = fork();
    if (child == 0) {
        mq_close(queue);
        _exit(0);
    }
    finish(child);
    SHOW(mq_notify(queue, &event));
    SHOW(mq_notify(queue, NULL));
    child = fork();
    if (child == 0) _exit(mq_notify(queue, &event) ? 1 : 0);
    say("child: %d", finish(child));
    SHOW(mq_notify(queue, &event));
    SHOW(mq_notify(queue, NULL));
    /* A queue lives as long as a process has it open. */
    SHOW(mq_unlink("/fork"));
    child = fork();
    if (child == 0) _exit(mq_send(queue, "last", 4, 1) ? 1 : 0);
    say("child: %d", finish(child));
    SHOW(mq_receive(queue, text, sizeof text, NULL));
    SHOW(mq_close(queue));
    return 0;
}
