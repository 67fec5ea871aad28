/* Covers: epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 */
#include "conformance.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static volatile int signals;
static void count(int number, siginfo_t *information, void *context) { signals++; }

static int control(int set, int operation, int file, uint32_t events, uint64_t data) {
    struct epoll_event event = {events, {.u64 = data}};
    return syscall(SYS_epoll_ctl, set, operation, file, &event);
}
static void drain(const char *when, int set, int maximum) {
    struct epoll_event events[8];
    memset(events, 0x55, sizeof events);
    long found = syscall(SYS_epoll_wait, set, events, maximum, 0);
    char line[512];
    int length = snprintf(line, sizeof line, "%s: %ld", when, found);
    for (long i = 0; i < found; i++)
        length += snprintf(line + length, sizeof line - length, " [%x %llx]", events[i].events,
                           (unsigned long long)events[i].data.u64);
    say("%s", line);
}

static void errors(void) {
    SHOW(syscall(SYS_epoll_create, 0));
    SHOW(syscall(SYS_epoll_create, -1));
    SHOW(syscall(SYS_epoll_create1, 1));
    int set = SHOW(syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
    SHOW(fcntl(set, F_GETFD));
    say("F_GETFL %lo", open_flags(fcntl(set, F_GETFL)));
    int old = SHOW(syscall(SYS_epoll_create, 1));
    SHOW(fcntl(old, F_GETFD));
    close(old);
    int ends[2];
    pipe(ends);
    struct epoll_event event = {EPOLLIN, {.u64 = 1}};
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_ADD, ends[0], NULL));
    SHOW(syscall(SYS_epoll_ctl, 99, EPOLL_CTL_ADD, ends[0], BAD_POINTER));
    SHOW(syscall(SYS_epoll_ctl, 99, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_ADD, 99, &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_ADD, set, &event));
    SHOW(syscall(SYS_epoll_ctl, ends[0], EPOLL_CTL_ADD, ends[1], &event));
    SHOW(syscall(SYS_epoll_ctl, set, 99, ends[0], &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_MOD, ends[0], &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_DEL, ends[0], NULL));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(syscall(SYS_epoll_ctl, set, EPOLL_CTL_DEL, ends[0], BAD_POINTER));
    SHOW(syscall(SYS_epoll_wait, set, &event, 0, 0));
    SHOW(syscall(SYS_epoll_wait, set, &event, -1, 0));
    SHOW(syscall(SYS_epoll_wait, set, &event, 0x7fffffff, 0));
    SHOW(syscall(SYS_epoll_wait, 99, &event, 1, 0));
    SHOW(syscall(SYS_epoll_wait, ends[0], &event, 1, 0));
    SHOW(syscall(SYS_epoll_wait, set, (void *)-4096L, 1, 0));
    make_file("file", "x", 1);
    int file = open("file", O_RDONLY), folder = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    int path = open("file", O_PATH), zero = open("/dev/zero", O_RDWR);
    SHOW(control(set, EPOLL_CTL_ADD, file, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_ADD, folder, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_ADD, null, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_ADD, zero, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_ADD, path, EPOLLIN, 0));
    SHOW(control(set, EPOLL_CTL_DEL, file, 0, 0));
    SHOW(read(set, &event, 8));
    SHOW(write(set, &event, 8));
    SHOW(lseek(set, 0, SEEK_CUR));
    struct stat status;
    SHOW(fstat(set, &status));
    say("mode %o", status.st_mode);
    char link[64], name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", set);
    long length = readlink(name, link, sizeof link);
    say_bytes("link", link, length);
    close(file), close(folder), close(null), close(path), close(zero);
    close(ends[0]), close(ends[1]), close(set);
}

static void triggers(void) {
    int set = epoll_create1(0), ends[2];
    char bytes[8];
    pipe2(ends, O_NONBLOCK);
    control(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x1122334455667788);
    drain("level, empty", set, 8);
    write(ends[1], "ab", 2);
    drain("level, data", set, 8);
    drain("level, still data", set, 8);
    read(ends[0], bytes, 2);
    drain("level, read", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2));
    write(ends[1], "a", 1);
    drain("edge, data", set, 8);
    drain("edge, same data", set, 8);
    write(ends[1], "b", 1);
    drain("edge, more data", set, 8);
    read(ends[0], bytes, 1);
    drain("edge, read some", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 3));
    drain("edge, modified", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 4));
    drain("oneshot", set, 8);
    write(ends[1], "c", 1);
    drain("oneshot, spent", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 5));
    drain("oneshot, armed again", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], 0, 6));
    drain("no events", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLRDNORM | EPOLLWAKEUP, 7));
    drain("synonym", set, 8);
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 7));
    SHOW(control(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLEXCLUSIVE | EPOLLONESHOT, 8));
    SHOW(control(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLEXCLUSIVE, 8));
    SHOW(control(set, EPOLL_CTL_MOD, ends[1], EPOLLOUT, 8));
    drain("both ends", set, 8);
    drain("one at a time", set, 1);
    drain("one at a time", set, 1);
    drain("one at a time", set, 1);
    SHOW(control(set, EPOLL_CTL_DEL, ends[1], 0, 0));
    read(ends[0], bytes, 8);
    /* No events wanted: the end of the other side is always told. */
    SHOW(control(set, EPOLL_CTL_MOD, ends[0], 0, 9));
    close(ends[1]);
    drain("writer gone", set, 8);
    /* A copy keeps the file open, and so the registration. */
    int copy = dup(ends[0]);
    close(ends[0]);
    drain("copy open", set, 8);
    SHOW(control(set, EPOLL_CTL_DEL, ends[0], 0, 0));
    close(copy);
    drain("all closed", set, 8);
    pipe(ends);
    control(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT, 10);
    copy = dup(ends[1]);
    SHOW(control(set, EPOLL_CTL_ADD, copy, EPOLLOUT | EPOLLET, 11));
    drain("the same file twice", set, 8);
    close(ends[0]);
    drain("reader gone", set, 8);
    close(set);
    close(ends[1]), close(copy);
    SHOW(open("/dev/null", O_RDONLY));
    close(3);
}

static void order(void) {
    int set = epoll_create1(0), files[4];
    for (int i = 0; i < 4; i++) {
        files[i] = eventfd(0, EFD_NONBLOCK);
        control(set, EPOLL_CTL_ADD, files[i], EPOLLIN, i);
    }
    uint64_t one = 1;
    write(files[2], &one, 8);
    write(files[0], &one, 8);
    write(files[3], &one, 8);
    drain("in order of events", set, 2);
    drain("the rest first", set, 2);
    drain("all", set, 8);
    struct epoll_event *events = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect((char *)events + 4096, 4096, PROT_NONE);
    events = (void *)((char *)events + 4096 - sizeof(struct epoll_event));
    SHOW(syscall(SYS_epoll_wait, set, events, 3, 0));
    SHOW(syscall(SYS_epoll_wait, set, BAD_POINTER, 3, 0));
    drain("after faults", set, 8);
    /* An edge on a counter that is not read. */
    control(set, EPOLL_CTL_MOD, files[0], EPOLLIN | EPOLLET, 100);
    drain("edge", set, 8);
    write(files[0], &one, 8);
    drain("written again", set, 8);
    drain("and no more", set, 8);
    for (int i = 0; i < 4; i++) close(files[i]);
    drain("all closed", set, 8);
    close(set);
}

static void waiting(void) {
    int set = epoll_create1(0), file = eventfd(0, EFD_NONBLOCK);
    struct epoll_event event;
    control(set, EPOLL_CTL_ADD, file, EPOLLIN, 1);
    int64_t start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_epoll_wait, set, &event, 1, 50));
    int64_t spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 50000000 && spent < 2000000000);
    handle(SIGALRM, count, SA_RESTART);
    alarm(1);
    SHOW(syscall(SYS_epoll_wait, set, &event, 1, -1));
    say("signals %d", signals);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    raise(SIGALRM);
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 10, NULL, 8L));
    say("signals %d", signals);
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 1000, &none, 8L));
    say("signals %d", signals);
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 0, &none, 4L));
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 0, BAD_POINTER, 8L));
    raise(SIGALRM);
    SHOW(syscall(SYS_epoll_pwait, set, &event, 1, 0, &none, 8L));
    say("signals %d", signals);
    struct timespec time = {0, 20000000};
    start = now(CLOCK_MONOTONIC);
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &time, NULL, 8L));
    spent = now(CLOCK_MONOTONIC) - start;
    HOLDS(spent >= 20000000 && spent < 2000000000);
    HOLDS(time.tv_nsec == 20000000);
    time.tv_nsec = 1000000000;
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &time, NULL, 8L));
    time.tv_nsec = 0, time.tv_sec = -1;
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &time, NULL, 8L));
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, BAD_POINTER, NULL, 8L));
    eventfd_write(file, 1);
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, NULL, &none, 8L));
    say("signals %d", signals);
    close(set), close(file);
}

static void nesting(void) {
    int file = eventfd(0, EFD_NONBLOCK), sets[8];
    for (int i = 0; i < 8; i++) sets[i] = epoll_create1(0);
    SHOW(control(sets[0], EPOLL_CTL_ADD, file, EPOLLIN, 0));
    SHOW(control(sets[1], EPOLL_CTL_ADD, sets[0], EPOLLIN, 0xa));
    SHOW(control(sets[2], EPOLL_CTL_ADD, sets[1], EPOLLIN, 0xb));
    SHOW(control(sets[0], EPOLL_CTL_ADD, sets[2], EPOLLIN, 0));
    SHOW(control(sets[1], EPOLL_CTL_ADD, sets[2], EPOLLIN, 0));
    SHOW(control(sets[3], EPOLL_CTL_ADD, sets[2], EPOLLIN | EPOLLEXCLUSIVE, 0));
    drain("nothing", sets[2], 8);
    eventfd_write(file, 1);
    drain("outermost", sets[2], 8);
    drain("outermost again", sets[2], 8);
    drain("middle", sets[1], 8);
    drain("innermost", sets[0], 8);
    SHOW(control(sets[1], EPOLL_CTL_MOD, sets[0], EPOLLIN | EPOLLET, 0xc));
    drain("middle by edge", sets[1], 8);
    drain("middle by edge again", sets[1], 8);
    uint64_t value;
    read(file, &value, 8);
    drain("read", sets[2], 8);
    eventfd_write(file, 1);
    drain("written", sets[2], 8);
    for (int i = 3; i < 8; i++) {
        char text[32];
        snprintf(text, sizeof text, "depth %d", i);
        show(text, control(sets[i], EPOLL_CTL_ADD, sets[i - 1], EPOLLIN, i));
    }
    for (int i = 0; i < 8; i++) close(sets[i]);
    close(file);
}

int main(void) {
    enter_scratch();
    errors();
    triggers();
    order();
    waiting();
    nesting();
    return 0;
}
