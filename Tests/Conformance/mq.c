/* Covers: mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr */
#include "conformance.h"

#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#include "sleepers.h"

/* The calls themselves: names come without their slash, and no error is the C library's. */
static int mq_open_call(const char *name, int flags, mode_t mode, struct mq_attr *attributes) {
    return syscall(SYS_mq_open, name, flags, mode, attributes);
}
static int mq_unlink_call(const char *name) { return syscall(SYS_mq_unlink, name); }
static int send_timed(int queue, const char *text, unsigned priority, const void *time) {
    return syscall(SYS_mq_timedsend, queue, text, strlen(text), priority, time);
}
static long receive_timed(int queue, char *text, long size, unsigned *priority, const void *time) {
    return syscall(SYS_mq_timedreceive, queue, text, size, priority, time);
}
static int notify(int queue, const struct sigevent *event) { return syscall(SYS_mq_notify, queue, event); }
static int attributes(int queue, const struct mq_attr *new, struct mq_attr *old) {
    return syscall(SYS_mq_getsetattr, queue, new, old);
}
static struct mq_attr limits(long count, long size) {
    struct mq_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.mq_maxmsg = count;
    attr.mq_msgsize = size;
    return attr;
}

static void show_attributes(const char *label, int queue) {
    struct mq_attr attr;
    memset(&attr, 0xff, sizeof attr);
    if (attributes(queue, NULL, &attr)) say("%s: %s", label, errno_name(errno));
    else say("%s: flags %lo, %ld messages of %ld bytes, %ld there", label, attr.mq_flags, attr.mq_maxmsg,
             attr.mq_msgsize, attr.mq_curmsgs);
}
static void receive(int queue) {
    char text[8192];
    unsigned priority = 99999;
    errno = 0;
    long count = receive_timed(queue, text, sizeof text, &priority, NULL);
    if (count < 0) say("receive: %s", errno_name(errno));
    else say("receive: priority %u \"%.*s\"", priority, (int)count, text);
}
static void show_state(int queue) {
    char text[128];
    lseek(queue, 0, SEEK_SET);
    long count = read(queue, text, sizeof text);
    char *process = count > 0 ? strstr(text, "NOTIFY_PID:") : NULL;
    if (!process) say("state: %s", errno_name(errno));
    else {
        int number = atoi(process + 11);
        say("state: %.*s, told process %s, %ld bytes", (int)(process - text), text,
            number == getpid() ? "we" : number ? "another" : "none", count - (number ? snprintf(NULL, 0, "%d", number) > 6 : 0));
    }
}

static void opening(void) {
    say("mq_open");
    struct mq_attr attr;
    struct stat status;
    SHOW(mq_open_call("a", O_RDWR, 0600, NULL));
    SHOW(mq_open_call("", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call(".", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call("..", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call("/a", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call("a/b", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call(BAD_POINTER, O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_open_call("a", O_RDWR, 0600, BAD_POINTER));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(mq_open_call(name, O_RDWR | O_CREAT, 0600, NULL));
    name[255] = 0;
    int longest = SHOW(mq_open_call(name, O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_unlink_call(name));
    close(longest);
    attr = limits(0, 10);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    attr = limits(10, 0);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    attr = limits(-1, 10);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    attr = limits(65537, 10);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    attr = limits(10, (16 << 20) + 1);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    attr = limits(3, 100);
    attr.mq_flags = O_NONBLOCK;
    attr.mq_curmsgs = 7;
    umask(027);
    int queue = SHOW(mq_open_call("a", O_RDWR | O_CREAT | O_EXCL, 0666, &attr));
    show_attributes("new", queue);
    SHOW(fcntl(queue, F_GETFD));
    SHOW(fcntl(queue, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    SHOW(fstat(queue, &status));
    say("a file: mode %o size %ld links %ld", status.st_mode, (long)status.st_size, (long)status.st_nlink);
    SHOW(mq_open_call("a", O_RDWR | O_CREAT | O_EXCL, 0666, &attr));
    SHOW(mq_open_call("a", O_RDWR | O_WRONLY, 0666, &attr));
    attr = limits(5, 50);
    int other = SHOW(mq_open_call("a", O_WRONLY | O_CREAT | O_NONBLOCK, 0600, &attr));
    show_attributes("opened again", other);
    close(other);
    other = SHOW(mq_open_call("b", O_RDONLY | O_CREAT, 0, NULL));
    show_attributes("standard", other);
    SHOW(send_timed(other, "x", 0, NULL));
    close(other);
    SHOW(mq_unlink_call("b"));
    SHOW(mq_unlink_call("b"));
    SHOW(mq_unlink_call(""));
    SHOW(mq_unlink_call("/b"));
    SHOW(mq_unlink_call(BAD_POINTER));
    /* The name goes, the queue stays while it is open. */
    SHOW(send_timed(queue, "kept", 1, NULL));
    SHOW(mq_unlink_call("a"));
    SHOW(mq_open_call("a", O_RDWR, 0600, NULL));
    receive(queue);
    fstat(queue, &status);
    say("links %ld", (long)status.st_nlink);
    close(queue);
    /* Through the C library. */
    queue = SHOW(mq_open("/c", O_RDWR | O_CREAT, 0600, NULL));
    SHOW(mq_send(queue, "word", 4, 3));
    unsigned priority;
    SHOW(mq_receive(queue, name, 8192, &priority));
    SHOW(mq_close(queue));
    SHOW(mq_unlink("/c"));
}

static void passing(void) {
    say("messages");
    char text[101];
    struct mq_attr attr = limits(3, 100);
    struct timespec past = {1, 0}, bad = {1, 1000000000}, negative = {-1, 0};
    int queue = mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr);
    int reader = mq_open_call("a", O_RDONLY | O_NONBLOCK, 0, NULL);
    int writer = mq_open_call("a", O_WRONLY | O_NONBLOCK, 0, NULL);
    int file = open("/dev/null", O_RDWR);
    SHOW(send_timed(-1, "x", 0, NULL));
    SHOW(send_timed(file, "x", 0, NULL));
    SHOW(send_timed(reader, "x", 0, NULL));
    SHOW(send_timed(queue, "x", 32768, NULL));
    SHOW(send_timed(-1, "x", 32768, NULL));
    SHOW(send_timed(-1, "x", 32768, &bad));
    SHOW(send_timed(-1, "x", 32768, BAD_POINTER));
    SHOW(syscall(SYS_mq_timedsend, queue, BAD_POINTER, 101, 0, NULL));
    SHOW(syscall(SYS_mq_timedsend, queue, BAD_POINTER, 100, 0, NULL));
    SHOW(receive_timed(-1, text, 100, NULL, NULL));
    SHOW(receive_timed(file, text, 100, NULL, NULL));
    SHOW(receive_timed(writer, text, 100, NULL, NULL));
    SHOW(receive_timed(reader, text, 99, NULL, NULL));
    SHOW(receive_timed(reader, text, 100, NULL, NULL));
    SHOW(receive_timed(queue, text, 100, NULL, &past));
    SHOW(receive_timed(queue, text, 100, NULL, &bad));
    SHOW(receive_timed(queue, text, 100, NULL, &negative));
    SHOW(send_timed(queue, "low", 0, &past));
    SHOW(send_timed(queue, "high", 32767, NULL));
    SHOW(send_timed(queue, "middle", 5, &past));
    SHOW(send_timed(queue, "too many", 5, &past));
    SHOW(send_timed(writer, "too many", 5, NULL));
    show_attributes("full", queue);
    show_state(queue);
    receive(queue);
    SHOW(send_timed(queue, "middle too", 5, NULL));
    receive(queue);
    receive(queue);
    receive(queue);
    receive(reader);
    SHOW(send_timed(queue, "", 7, NULL));
    receive(queue);
    SHOW(send_timed(queue, "lost", 7, NULL));
    SHOW(receive_timed(queue, BAD_POINTER, 100, NULL, NULL));
    receive(reader);
    SHOW(write(queue, "x", 1));
    SHOW(lseek(queue, 6, SEEK_SET));
    SHOW(read(queue, text, 3));
    say("lseek: \"%.3s\"", text);

    say("mq_getsetattr");
    struct mq_attr old;
    attr = limits(1, 1);
    attr.mq_flags = O_NONBLOCK;
    SHOW(attributes(queue, &attr, &old));
    say("before: %lo %ld %ld %ld", old.mq_flags, old.mq_maxmsg, old.mq_msgsize, old.mq_curmsgs);
    show_attributes("after", queue);
    SHOW(fcntl(queue, F_GETFL) & O_NONBLOCK);
    receive(queue);
    attr.mq_flags = O_NONBLOCK | O_APPEND;
    SHOW(attributes(queue, &attr, NULL));
    SHOW(attributes(file, &attr, NULL));
    SHOW(attributes(file, NULL, NULL));
    SHOW(attributes(queue, BAD_POINTER, NULL));
    SHOW(attributes(queue, NULL, BAD_POINTER));
    SHOW(attributes(queue, NULL, NULL));
    attr.mq_flags = 0;
    SHOW(attributes(queue, &attr, NULL));
    SHOW(fcntl(queue, F_GETFL) & O_NONBLOCK);

    say("poll");
    struct pollfd polled = {queue, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0};
    SHOW(poll(&polled, 1, 0));
    say("empty: %x", polled.revents);
    SHOW(send_timed(queue, "1", 0, NULL));
    poll(&polled, 1, 0);
    say("one: %x", polled.revents);
    SHOW(send_timed(queue, "2", 0, NULL));
    SHOW(send_timed(queue, "3", 0, NULL));
    poll(&polled, 1, 0);
    say("full: %x", polled.revents);
    int epoll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLET, {.u32 = 7}}, got;
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, queue, &event));
    SHOW(epoll_wait(epoll, &got, 1, 0));
    say("events %x of %u", got.events, got.data.u32);
    SHOW(epoll_wait(epoll, &got, 1, 0));
    receive(queue);
    SHOW(epoll_wait(epoll, &got, 1, 0));
    say("events %x", got.events);
    close(epoll);
    close(file);
    close(reader);
    close(writer);
    close(queue);
    SHOW(mq_unlink_call("a"));
}

static volatile int handled;
static siginfo_t told;
static void handler(int number, siginfo_t *information, void *context) {
    (void)context;
    handled = number;
    told = *information;
}
static void show_told(const char *label) {
    if (!handled) say("%s: told nothing", label);
    else say("%s: %s code %d value %d by us %d of us %d", label, signal_name(handled), told.si_code,
             told.si_value.sival_int, told.si_pid == getpid(), told.si_uid == getuid());
    handled = 0;
}

static void notifying(void) {
    say("mq_notify");
    struct mq_attr attr = limits(3, 100);
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR2;
    event.sigev_value.sival_int = 42;
    handle(SIGUSR2, handler, 0);
    int queue = mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr);
    SHOW(notify(-1, &event));
    SHOW(notify(1, &event));
    SHOW(notify(queue, BAD_POINTER));
    SHOW(notify(queue, NULL));
    SHOW(notify(queue, &event));
    SHOW(notify(queue, &event));
    show_state(queue);
    SHOW(send_timed(queue, "1", 0, NULL));
    show_told("the first");
    SHOW(send_timed(queue, "2", 0, NULL));
    show_told("another");
    show_state(queue);
    SHOW(notify(queue, &event));
    SHOW(send_timed(queue, "3", 0, NULL));
    show_told("not empty before");
    receive(queue);
    receive(queue);
    receive(queue);
    SHOW(send_timed(queue, "4", 0, NULL));
    show_told("empty before");
    receive(queue);
    /* Taken back, by the call and by closing any descriptor of it. */
    SHOW(notify(queue, &event));
    SHOW(notify(queue, NULL));
    SHOW(send_timed(queue, "5", 0, NULL));
    show_told("taken back");
    receive(queue);
    SHOW(notify(queue, &event));
    int other = dup(queue);
    close(other);
    SHOW(send_timed(queue, "6", 0, NULL));
    show_told("closed");
    receive(queue);
    event.sigev_notify = SIGEV_NONE;
    SHOW(notify(queue, &event));
    show_state(queue);
    SHOW(send_timed(queue, "7", 0, NULL));
    show_state(queue);
    receive(queue);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = 65;
    SHOW(notify(queue, &event));
    event.sigev_signo = 0;
    SHOW(notify(queue, &event));
    SHOW(send_timed(queue, "8", 0, NULL));
    show_told("signal 0");
    receive(queue);
    event.sigev_notify = 7;
    SHOW(notify(queue, &event));
    char cookie[32];
    int pipes[2];
    pipe(pipes);
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_value.sival_ptr = BAD_POINTER;
    SHOW(notify(queue, &event));
    event.sigev_value.sival_ptr = cookie;
    event.sigev_signo = -1;
    SHOW(notify(queue, &event));
    event.sigev_signo = pipes[0];
    SHOW(notify(queue, &event));
    close(queue);
    SHOW(mq_unlink_call("a"));
}

/* Waits. */
static long wait_for(struct sleeper *sleeper) {
    char text[100];
    unsigned priority;
    long count = receive_timed(sleeper->id, text, 100, &priority, sleeper->extra);
    sleeper->got = count < 0 ? 0 : (long)priority;
    return count;
}
static long wait_to_send(struct sleeper *sleeper) {
    return send_timed(sleeper->id, "from a thread", sleeper->number, sleeper->extra);
}
static long wait_in_poll(struct sleeper *sleeper) {
    struct pollfd polled = {sleeper->id, sleeper->number, 0};
    long count = poll(&polled, 1, -1);
    sleeper->got = polled.revents;
    return count;
}

static void waiting(void) {
    say("waits");
    struct mq_attr attr = limits(2, 100);
    struct timespec soon, later;
    int queue = mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr);
    clock_gettime(CLOCK_REALTIME, &later);
    soon = later;
    later.tv_sec += 10;
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000) { soon.tv_sec++; soon.tv_nsec -= 1000000000; }
    SHOW(receive_timed(queue, (char[100]){0}, 100, NULL, &soon));
    struct sleeper a = {"first", wait_for, queue}, b = {"second", wait_for, queue, 0, &later},
        c = {"poll", wait_in_poll, queue, POLLIN};
    begin_sleeper(&a);
    begin_sleeper(&b);
    begin_sleeper(&c);
    SHOW(send_timed(queue, "one", 1, NULL));
    end_sleeper(&a);
    SHOW(send_timed(queue, "two", 2, NULL));
    end_sleeper(&b);
    SHOW(send_timed(queue, "three", 3, NULL));
    end_sleeper(&c);
    receive(queue);
    /* Room goes to who waits longest, and its message by its priority. */
    SHOW(send_timed(queue, "1", 5, NULL));
    SHOW(send_timed(queue, "2", 5, NULL));
    a = (struct sleeper){"sends at 9", wait_to_send, queue, 9};
    b = (struct sleeper){"sends at 7", wait_to_send, queue, 7};
    begin_sleeper(&a);
    begin_sleeper(&b);
    receive(queue);
    end_sleeper(&a);
    receive(queue);
    end_sleeper(&b);
    receive(queue);
    c = (struct sleeper){"poll for room", wait_in_poll, queue, POLLOUT};
    SHOW(send_timed(queue, "3", 5, NULL));
    begin_sleeper(&c);
    receive(queue);
    end_sleeper(&c);
    receive(queue);
    /* A signal: again with SA_RESTART, else EINTR. */
    handle(SIGUSR1, handler, 0);
    a = (struct sleeper){"interrupted", wait_for, queue};
    begin_sleeper(&a);
    pthread_kill(a.handle, SIGUSR1);
    end_sleeper(&a);
    handle(SIGUSR1, handler, SA_RESTART);
    a = (struct sleeper){"again", wait_for, queue};
    begin_sleeper(&a);
    handled = 0;
    pthread_kill(a.handle, SIGUSR1);
    while (!handled) usleep(1000);
    usleep(5000);
    SHOW(send_timed(queue, "late", 8, NULL));
    end_sleeper(&a);
    /* Who waits is served first: nothing is told. */
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_signo = SIGUSR2;
    SHOW(notify(queue, &event));
    a = (struct sleeper){"served", wait_for, queue};
    begin_sleeper(&a);
    handled = 0;
    SHOW(send_timed(queue, "for who waits", 8, NULL));
    end_sleeper(&a);
    show_told("not told");
    SHOW(send_timed(queue, "for who is told", 8, NULL));
    show_told("told");
    receive(queue);
    close(queue);
    SHOW(mq_unlink_call("a"));
}

static void as_files(void) {
    say("/dev/mqueue");
    struct stat status;
    struct statfs system;
    char text[128];
    SHOW(stat("/dev/mqueue", &status));
    say("mode %o size %ld links %ld", status.st_mode, (long)status.st_size, (long)status.st_nlink);
    SHOW(statfs("/dev/mqueue", &system));
    say("type %lx name %ld", (long)system.f_type, (long)system.f_namelen);
    int queue = mq_open_call("a", O_RDWR | O_CREAT, 0640, NULL);
    SHOW(stat("/dev/mqueue/a", &status));
    say("mode %o size %ld", status.st_mode, (long)status.st_size);
    stat("/dev/mqueue", &status);
    say("directory: size %ld", (long)status.st_size);
    SHOW(send_timed(queue, "12345", 0, NULL));
    int file = open("/dev/mqueue/a", O_RDWR);
    long count = read(file, text, sizeof text);
    say("%ld bytes, %.16s", count, text);
    receive(file);
    close(file);
    snprintf(text, sizeof text, "/proc/self/fd/%d", queue);
    char path[64] = "";
    readlink(text, path, sizeof path - 1);
    say("path: %s", path);
    SHOW(mkdir("/dev/mqueue/d", 0700));
    SHOW(symlink("a", "/dev/mqueue/l"));
    SHOW(link("/dev/mqueue/a", "/dev/mqueue/l"));
    SHOW(rename("/dev/mqueue/a", "/dev/mqueue/l"));
    SHOW(mknod("/dev/mqueue/n", S_IFREG | 0600, 0));
    SHOW(mq_unlink_call("n"));
    SHOW(mknod("/dev/mqueue/n", S_IFIFO | 0600, 0));
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_SHARED, queue, 0) == MAP_FAILED);
    int made = SHOW(open("/dev/mqueue/made", O_CREAT | O_RDWR, 0600));
    show_attributes("made", made);
    SHOW(unlink("/dev/mqueue/made"));
    SHOW(mq_unlink_call("made"));
    close(made);
    SHOW(chmod("/dev/mqueue/a", 0600));
    close(queue);
    SHOW(unlink("/dev/mqueue/a"));
    SHOW(mq_open_call("a", O_RDWR, 0, NULL));
    static const char *const settings[] = {"msg_default", "msg_max", "msgsize_default", "msgsize_max", "queues_max"};
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "/proc/sys/fs/mqueue/%s", settings[i]);
        file = open(path, O_RDONLY);
        say_bytes(path, text, read(file, text, sizeof text));
        close(file);
    }
}

static void limiting(void) {
    say("limits");
    /* A real user of its own: natively other programs' queues count too. */
    uid_t own = 100000 + getpid();
    SHOW(setresuid(own, 0, 0));
    struct rlimit limit = {200 * 1000, 200 * 1000};
    struct mq_attr attr = limits(10, 8192);
    SHOW(setrlimit(RLIMIT_MSGQUEUE, &limit));
    int a = SHOW(mq_open_call("a", O_RDWR | O_CREAT, 0600, &attr));
    int b = SHOW(mq_open_call("b", O_RDWR | O_CREAT, 0600, &attr));
    SHOW(mq_open_call("c", O_RDWR | O_CREAT, 0600, &attr));
    close(b);
    SHOW(mq_open_call("c", O_RDWR | O_CREAT, 0600, &attr));
    SHOW(mq_unlink_call("b"));
    b = SHOW(mq_open_call("c", O_RDWR | O_CREAT, 0600, &attr));
    close(a);
    close(b);
    mq_unlink_call("a");
    mq_unlink_call("c");
    a = SHOW(mq_open_call("closed", O_RDWR | O_CREAT, 0600, &attr));
    umask(0);
    b = mq_open_call("readable", O_RDWR | O_CREAT, 0604, &attr);
    setresgid(1000, 1000, 1000);
    SHOW(setresuid(own, own, own));
    SHOW(mq_open_call("closed", O_RDONLY, 0, NULL));
    SHOW(mq_open_call("readable", O_RDWR, 0, NULL));
    SHOW(mq_open_call("readable", O_CREAT | O_WRONLY, 0, NULL));
    int c = SHOW(mq_open_call("readable", O_RDONLY, 0, NULL));
    SHOW(mq_unlink_call("readable"));
    attr = limits(11, 10);
    SHOW(mq_open_call("own", O_RDWR | O_CREAT, 0, &attr));
    attr = limits(10, 8193);
    SHOW(mq_open_call("own", O_RDWR | O_CREAT, 0, &attr));
    attr = limits(10, 8192);
    int d = SHOW(mq_open_call("own", O_RDWR | O_CREAT, 0, &attr));
    SHOW(send_timed(d, "x", 0, NULL));
    SHOW(mq_open_call("own", O_RDONLY, 0, NULL));
    SHOW(mq_unlink_call("own"));
    close(a); close(b); close(c); close(d);
}

int main(void) {
    opening();
    passing();
    notifying();
    waiting();
    as_files();
    limiting();
    return 0;
}
