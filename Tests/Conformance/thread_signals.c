/* Covers: rt_tgsigqueueinfo */
/* Signals among threads: which thread takes which, waits for signals, queues in order, timers that tell a
   thread, and what a handled signal does to each call that blocks. */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static int gettid_(void) { return syscall(SYS_gettid); }
static sem_t ready;
static volatile int handled, handler_tid;
static void note(int number, siginfo_t *information, void *context) {
    handler_tid = gettid_();
    handled++;
}
static sigset_t set_of(int number, int other) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    if (other) sigaddset(&set, other);
    return set;
}

/* ---- calls that block ---- */
static int ends[2], full[2], epoll, counter, waited_word;
static sem_t never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char bytes[65536];
static const struct timespec some = {0, 250000000};
static struct timespec late(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec++;
    return time;
}
static long at_read(void) { return read(ends[0], bytes, 1); }
static long at_readv(void) {
    struct iovec vector = {bytes, 1};
    return readv(ends[0], &vector, 1);
}
static long at_write(void) { return write(full[1], bytes, 1); }
static long at_poll(void) {
    struct pollfd file = {ends[0], POLLIN, 0};
    return poll(&file, 1, 250);
}
static long at_ppoll(void) {
    struct pollfd file = {ends[0], POLLIN, 0};
    return ppoll(&file, 1, &some, NULL);
}
static long at_select(void) {
    struct timeval time = {0, 250000};
    return select(0, NULL, NULL, NULL, &time);
}
static long at_pselect(void) { return pselect(0, NULL, NULL, NULL, &some, NULL); }
static long at_epoll_wait(void) {
    struct epoll_event event;
    return epoll_wait(epoll, &event, 1, 250);
}
static long at_eventfd(void) { return read(counter, bytes, 8); }
static long at_nanosleep(void) { return nanosleep(&some, NULL); }
static long at_clock_nanosleep(void) {
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL);
    return errno ? -1 : 0;
}
static long at_sigtimedwait(void) {
    sigset_t set = set_of(SIGUSR2, 0);
    return syscall(SYS_rt_sigtimedwait, &set, NULL, &some, 8L); /* musl makes it again itself */
}
static long at_sem_timedwait(void) {
    struct timespec time = late();
    return sem_timedwait(&never, &time);
}
static long at_futex(void) { return syscall(SYS_futex, &waited_word, 0 /* WAIT */, 0, NULL); }
static long at_futex_timed(void) { return syscall(SYS_futex, &waited_word, 0, 0, &some); }
static long at_mutex(void) {
    int error = pthread_mutex_lock(&mutex);
    if (!error) pthread_mutex_unlock(&mutex);
    errno = error;
    return error ? -1 : 0;
}
static long at_open(void) {
    int file = open("fifo", O_RDONLY);
    if (file >= 0) close(file);
    return file < 0 ? file : 0;
}

struct caller {
    long (*call)(void);
    volatile int tid, done;
    long result;
    int error;
};
static void *make_call(void *argument) {
    struct caller *caller = argument;
    caller->tid = gettid_();
    sem_post(&ready);
    errno = 0;
    caller->result = caller->call();
    caller->error = errno;
    caller->done = 1;
    return NULL;
}
static int is_sleeping(int tid) {
    char path[64], text[256] = "", *end;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int file = open(path, O_RDONLY);
    read(file, text, sizeof text - 1);
    close(file);
    return (end = strrchr(text, ')')) && end[2] == 'S';
}
/* Lets what was restarted go on. */
static void release(void) {
    static char page[65536];
    write(ends[1], "ab", 2);
    uint64_t one = 1;
    write(counter, &one, 8);
    read(full[0], page, sizeof page);
    waited_word = 1;
    syscall(SYS_futex, &waited_word, 1 /* WAKE */, 10);
    int file = open("fifo", O_RDWR | O_NONBLOCK);
    usleep(2000);
    close(file);
}
static void reset(void) {
    static char page[65536];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (read(ends[0], page, sizeof page) > 0) {}
    fcntl(ends[0], F_SETFL, 0);
    fcntl(counter, F_SETFL, O_NONBLOCK);
    read(counter, page, 8);
    fcntl(counter, F_SETFL, 0);
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], page, 4096) > 0) {}
    while (write(full[1], page, 1) > 0) {}
    fcntl(full[1], F_SETFL, 0);
    waited_word = 0;
}
static void interrupt(const char *name, long (*call)(void), int flags) {
    struct caller caller = {.call = call};
    pthread_t thread;
    reset();
    handle(SIGUSR1, note, flags);
    handled = 0;
    if (call == at_mutex) pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, make_call, &caller);
    sem_wait(&ready);
    while (!is_sleeping(caller.tid) && !caller.done) usleep(500);
    pthread_kill(thread, SIGUSR1);
    while (!handled) usleep(200);
    usleep(3000);
    int restarted = !caller.done;
    int right = handler_tid == caller.tid;
    release();
    if (call == at_mutex) pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    say("%s%s: %s, %ld %s%s", name, flags ? " with SA_RESTART" : "", restarted ? "goes on" : "ends", caller.result,
        caller.result < 0 ? errno_name(caller.error) : "", right ? "" : ", another thread's");
}

/* ---- who takes what ---- */
static void *take(void *argument) {
    sigset_t set = set_of(SIGUSR2, SIGRTMIN + 2);
    siginfo_t information;
    sem_post(&ready);
    long got = 0;
    for (;;) {
        int number = sigwaitinfo(&set, &information);
        if (number == SIGUSR2) return (void *)got;
        got += number == SIGRTMIN + 2; /* EINTR where another thread was faster */
    }
}
static volatile int leave;
static void *stay(void *argument) {
    *(volatile int *)argument = gettid_();
    sem_post(&ready);
    while (!leave) usleep(500);
    return NULL;
}
static volatile long spins;
static void *compute(void *argument) {
    *(volatile int *)argument = gettid_();
    sem_post(&ready);
    while (!leave) spins++;
    return NULL;
}
static void targets(void) {
    pthread_t threads[4];
    static volatile int tids[4];
    /* All sigwait for the same: each signal is taken once. */
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, take, NULL), sem_wait(&ready);
    for (int i = 0; i < 300; i++) {
        union sigval value = {.sival_int = i};
        while (sigqueue(getpid(), SIGRTMIN + 2, value)) sched_yield();
    }
    usleep(20000);
    long sum = 0;
    void *got;
    for (int i = 0; i < 3; i++) pthread_kill(threads[i], SIGUSR2);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], &got), sum += (long)got;
    say("taken %ld", sum);
    /* The process's signal goes to the one that does not block it, computing or asleep. */
    for (int kind = 0; kind < 2; kind++) {
        leave = 0, handled = 0;
        handle(SIGUSR1, note, SA_RESTART);
        sigset_t set = set_of(SIGUSR1, 0);
        pthread_create(&threads[0], NULL, kind ? compute : stay, (void *)&tids[0]);
        sem_wait(&ready);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        pthread_create(&threads[1], NULL, stay, (void *)&tids[1]);
        sem_wait(&ready);
        int right = 0;
        for (int i = 1; i <= 20; i++) {
            kill(getpid(), SIGUSR1);
            while (handled < i) sched_yield();
            right += handler_tid == tids[0];
        }
        say("process's signals to the open thread: %d", right);
        right = 0;
        for (int i = 21; i <= 40; i++) {
            pthread_kill(threads[0], SIGUSR1);
            while (handled < i) sched_yield();
            right += handler_tid == tids[0];
        }
        say("thread's signals: %d", right);
        leave = 1;
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        /* Nobody is left: it waits until this thread takes it. */
        kill(getpid(), SIGUSR1);
        sigset_t waiting;
        sigpending(&waiting);
        HOLDS(sigismember(&waiting, SIGUSR1));
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        HOLDS(handled == 41 && handler_tid == gettid_());
    }
}

/* ---- queues ---- */
static int order[64], ordered;
static void in_order(int number, siginfo_t *information, void *context) {
    order[ordered++] = (number - SIGRTMIN) * 100 + information->si_value.sival_int;
}
static void queues(void) {
    sigset_t all;
    sigemptyset(&all);
    for (int i = 0; i < 4; i++) {
        handle(SIGRTMIN + 3 + i, in_order, 0);
        sigaddset(&all, SIGRTMIN + 3 + i);
    }
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 3; i++)
        for (int number = 3; number >= 0; number--) {
            siginfo_t information;
            memset(&information, 0, sizeof information);
            information.si_code = SI_QUEUE;
            information.si_value.sival_int = i;
            if (syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid_(), SIGRTMIN + 3 + number, &information)) say("%s", errno_name(errno));
            information.si_value.sival_int = 50 + i;
            if (syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 3 + number, &information)) say("%s", errno_name(errno));
        }
    /* All are delivered before the program goes on, each handler interrupting the one before: in reverse. */
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    char text[512];
    int length = 0;
    for (int i = 0; i < ordered; i++) length += sprintf(text + length, " %d", order[i]);
    say("order%s", text);
    siginfo_t information;
    memset(&information, 0, sizeof information);
    information.si_code = SI_USER;
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid_() + 1000, SIGUSR1, &information));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &information));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid_(), 65, &information));
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid_(), SIGUSR1, BAD_POINTER));
    handled = 0;
    SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid_(), SIGUSR1, &information));
    say("handled %d", handled);
}

/* ---- timers ---- */
static sem_t expired;
static volatile int expirations;
static void expire(union sigval value) {
    if (value.sival_int == 5 && ++expirations == 3) sem_post(&expired);
}
static void *wait_for_timer(void *argument) {
    sigset_t set = set_of(SIGRTMIN + 8, 0);
    timer_t timer;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = 4; /* SIGEV_THREAD_ID */
    event.sigev_signo = SIGRTMIN + 8;
    event.sigev_value.sival_int = 11;
    event.sigev_notify_thread_id = gettid_();
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec time = {{0, 2000000}, {0, 2000000}};
    timer_settime(timer, 0, &time, NULL);
    int right = 0;
    for (int i = 0; i < 10; i++) {
        siginfo_t information;
        right += sigwaitinfo(&set, &information) == SIGRTMIN + 8 && information.si_code == SI_TIMER
            && information.si_value.sival_int == 11;
    }
    timer_delete(timer);
    say("told of %d expirations", right);
    return NULL;
}
static void timers(void) {
    sigset_t set = set_of(SIGRTMIN + 8, 0);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_timer, NULL);
    pthread_join(thread, NULL);
    timer_t timer;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = expire;
    event.sigev_value.sival_int = 5;
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec time = {{0, 5000000}, {0, 5000000}};
    SHOW(timer_settime(timer, 0, &time, NULL));
    while (sem_wait(&expired)) {}
    SHOW(timer_delete(timer));
}

/* ---- many at once ---- */
static volatile int storm_over;
static int taken[4];
static void count(int number, siginfo_t *information, void *context) {
    __atomic_fetch_add(&taken[number == SIGUSR1 ? 0 : 1], 1, __ATOMIC_RELAXED);
}
static void *suffer(void *argument) {
    double value = 1;
    long wrong = 0;
    while (!storm_over) {
        double before = value;
        value = value * 1.5 + 1;
        if (value > 1e6) value = 1;
        else wrong += value != before * 1.5 + 1;
        if ((long)value % 7 == 0) sched_yield();
    }
    return (void *)wrong;
}
static void storm(void) {
    pthread_t threads[3];
    void *wrong;
    long sum = 0;
    handle(SIGUSR1, count, SA_RESTART);
    handle(SIGRTMIN + 9, count, SA_RESTART);
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, suffer, NULL);
    int sent = 0;
    for (int i = 0; i < 3000; i++) {
        pthread_kill(threads[i % 3], SIGUSR1);
        while (pthread_kill(threads[i % 3], SIGRTMIN + 9)) sched_yield();
        sent++;
    }
    while (__atomic_load_n(&taken[1], __ATOMIC_RELAXED) < sent) usleep(1000);
    storm_over = 1;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], &wrong), sum += (long)wrong;
    say("real-time signals %d, wrong sums %ld", taken[1], sum);
    HOLDS(taken[0] > 0 && taken[0] <= sent);
}

int main(void) {
    enter_scratch();
    pipe(ends);
    pipe(full);
    counter = eventfd(0, 0);
    epoll = epoll_create1(0);
    mkfifo("fifo", 0600);
    sem_init(&never, 0, 0);
    sem_init(&ready, 0, 0);
    sem_init(&expired, 0, 0);
    sigset_t blocked = set_of(SIGUSR2, SIGRTMIN + 2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
#define AT(call) interrupt(#call, at_##call, flags)
        AT(read); AT(readv); AT(write); AT(poll); AT(ppoll); AT(select); AT(pselect); AT(epoll_wait); AT(eventfd);
        AT(nanosleep); AT(clock_nanosleep); AT(sigtimedwait); AT(sem_timedwait); AT(futex); AT(futex_timed);
        AT(mutex); AT(open);
    }
    targets();
    queues();
    timers();
    storm();
    return 0;
}
