/* Covers: pidfd_open pidfd_send_signal pidfd_getfd */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#define OPEN(process, flags) SHOW(syscall(SYS_pidfd_open, process, flags))
#define SEND(file, number, information, flags) \
    SHOW(syscall(SYS_pidfd_send_signal, file, number, information, flags))
#define GET(file, descriptor, flags) SHOW(syscall(SYS_pidfd_getfd, file, descriptor, flags))

static volatile sig_atomic_t count, code, value;
static void note(int number, siginfo_t *information, void *context) {
    (void)context;
    count++;
    code = information->si_code;
    value = information->si_value.sival_int;
    if (number != information->si_signo) count += 100;
}
static volatile int thread_identifier, is_over;
static void *wait_for_end(void *nothing) {
    (void)nothing;
    thread_identifier = (int)syscall(SYS_gettid);
    while (!is_over) usleep(1000);
    return NULL;
}

int main(void) {
    enter_scratch();
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    HOLDS(self >= 0);
    SHOW(fcntl(self, F_GETFD));
    say("flags %x", fcntl(self, F_GETFL) & ~O_LARGEFILE);
    int patient = (int)syscall(SYS_pidfd_open, getpid(), O_NONBLOCK);
    say("flags %x", fcntl(patient, F_GETFL) & ~O_LARGEFILE);
    OPEN(0, 0);
    OPEN(-1, 0);
    OPEN(0x3ffffff, 0);
    OPEN(getpid(), O_CLOEXEC);
    OPEN(getpid(), 1);
    struct pollfd one = {self, POLLIN | POLLOUT, 0};
    SHOW(poll(&one, 1, 0));
    char buffer[16];
    SHOW(read(self, buffer, 16));
    SHOW(write(self, buffer, 16));

    SEND(self, 0, NULL, 0);
    SEND(self, SIGUSR1, NULL, 0);
    say("count %d code %d", count, code);
    siginfo_t information = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    information.si_value.sival_int = 77;
    SEND(self, SIGUSR1, &information, 0);
    say("count %d code %d value %d", count, code, value);
    SEND(self, SIGUSR2, &information, 0);
    information.si_code = SI_USER;
    SEND(self, SIGUSR1, &information, 0);
    say("count %d code %d", count, code);
    SEND(self, SIGUSR1, BAD_POINTER, 0);
    SEND(self, 65, NULL, 0);
    SEND(self, -1, NULL, 0);
    SEND(self, SIGUSR1, NULL, 2);
    say("count %d code %d", count, code);
    SEND(self, SIGUSR1, NULL, 3);
    SEND(self, SIGUSR1, NULL, 8);
    SEND(99, SIGUSR1, NULL, 0);
    SEND(1, SIGUSR1, NULL, 0);
    int folder = open("/proc/self", O_RDONLY | O_DIRECTORY);
    SEND(folder, SIGUSR1, NULL, 0);
    say("count %d", count);

    make_file("file", "0123456789", 10);
    int file = open("file", O_RDONLY);
    SHOW(lseek(file, 4, SEEK_SET));
    int again = (int)syscall(SYS_pidfd_getfd, self, file, 0);
    HOLDS(again > file);
    SHOW(lseek(again, 0, SEEK_CUR));
    SHOW(fcntl(again, F_GETFD));
    GET(self, 99, 0);
    GET(self, file, 1);
    GET(99, file, 0);
    GET(file, file, 0);

    SHOW(syscall(SYS_waitid, 3, self, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 3, -1, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 3, 99, NULL, WEXITED, NULL));
    SHOW(syscall(SYS_waitid, 3, file, NULL, WEXITED, NULL));
    char link[32], target[64] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", self);
    SHOW(readlink(link, target, sizeof target - 1));
    say("%s", target);

    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_end, NULL);
    while (!thread_identifier) usleep(1000);
    OPEN(thread_identifier, 0);
    int of_thread = (int)syscall(SYS_pidfd_open, thread_identifier, O_EXCL);
    HOLDS(of_thread >= 0);
    say("flags %x", fcntl(of_thread, F_GETFL) & ~O_LARGEFILE);
    SEND(of_thread, SIGUSR1, NULL, 0);
    SEND(of_thread, 0, NULL, 1);
    one.fd = of_thread;
    SHOW(poll(&one, 1, 0));
    is_over = 1;
    pthread_join(thread, NULL);
    one.events = POLLIN;
    SHOW(poll(&one, 1, 10000));
    say("events %x", one.revents);
    SEND(of_thread, SIGUSR1, NULL, 0);
    GET(of_thread, file, 0);
    return 0;
}
