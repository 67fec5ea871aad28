/* Covers: */
/* /proc/self/task and /proc/thread-self: a directory for each thread, whose files tell of that thread. */
#include "conformance.h"
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static char text[8192];
static const char *load(const char *path) {
    int file = open(path, O_RDONLY);
    text[0] = 0;
    if (file < 0) { say("%s: %s", path, errno_name(errno)); return text; }
    long length = 0, part;
    while ((part = read(file, text + length, sizeof text - 1 - length)) > 0) length += part;
    text[length] = 0;
    close(file);
    return text;
}
static const char *of(int tid, const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, name);
    return path;
}
static const char *line(const char *label) {
    static char value[128];
    const char *start = strstr(text, label);
    while (start && start > text && start[-1] != '\n') start = strstr(start + 1, label);
    snprintf(value, sizeof value, "%.*s", start ? (int)strcspn(start, "\n") : 6, start ? start : "absent");
    return value;
}

static sem_t ready, leave;
static int ends[2];
struct worker {
    pthread_t thread;
    int tid;
};
static volatile int stop;
static void *work(void *argument) {
    struct worker *worker = argument;
    char link[64] = "", expected[64];
    worker->tid = syscall(SYS_gettid);
    pthread_setname_np(pthread_self(), "a worker (1)");
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    readlink("/proc/thread-self", link, sizeof link - 1);
    snprintf(expected, sizeof expected, "%d/task/%d", getpid(), worker->tid);
    HOLDS(!strcmp(link, expected));
    HOLDS(!strcmp(load("/proc/thread-self/comm"), "a worker (1)\n"));
    sem_post(&ready);
    char byte;
    read(ends[0], &byte, 1);
    sem_post(&ready);
    while (!stop) {}
    sem_post(&ready);
    sem_wait(&leave);
    return NULL;
}
static int count_tasks(void) {
    DIR *directory = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0, previous = 0, wrong = 0;
    while ((entry = readdir(directory))) {
        int tid = atoi(entry->d_name);
        if (!tid) continue;
        wrong += tid <= previous || entry->d_type != DT_DIR;
        previous = tid;
        count++;
    }
    closedir(directory);
    if (wrong) say("%d wrong", wrong);
    return count;
}
static char state(int tid) {
    char letter = '?';
    load(of(tid, "stat"));
    char *behind = strrchr(text, ')');
    if (behind) sscanf(behind, ") %c", &letter);
    return letter;
}

int main(void) {
    struct worker worker;
    struct stat status;
    pipe(ends);
    sem_init(&ready, 0, 0);
    sem_init(&leave, 0, 0);
    say("tasks %d", count_tasks());
    stat("/proc/self/task", &status);
    say("links %d, mode %o", (int)status.st_nlink, status.st_mode);
    pthread_create(&worker.thread, NULL, work, &worker);
    sem_wait(&ready);
    say("tasks %d", count_tasks());
    stat("/proc/self/task", &status);
    say("links %d", (int)status.st_nlink);
    HOLDS(worker.tid > getpid());
    while (state(worker.tid) != 'S') usleep(1000);
    HOLDS(state(getpid()) == 'R');
    load(of(worker.tid, "stat"));
    int number, group;
    char name[32];
    sscanf(text, "%d (%31[^\n]", &number, name);
    HOLDS(number == worker.tid);
    say("name %.12s", name);
    long fields[50];
    char *field = strrchr(text, ')') + 3;
    for (int i = 3; i < 50; i++) fields[i] = strtol(field, &field, 10);
    say("priority %ld, nice %ld, threads %ld, exit signal %ld, policy %ld", fields[17], fields[18], fields[19],
        fields[37], fields[40]);
    load(of(worker.tid, "status"));
    say("%s", line("Name:"));
    say("%s", line("State:"));
    say("%s", line("SigBlk:"));
    say("%s", line("Threads:"));
    HOLDS(sscanf(line("Pid:"), "Pid: %d", &number) == 1 && number == worker.tid);
    HOLDS(sscanf(line("Tgid:"), "Tgid: %d", &group) == 1 && group == getpid());
    HOLDS(sscanf(line("voluntary_ctxt"), "voluntary_ctxt_switches: %d", &number) == 1 && number > 0);
    load(of(getpid(), "status"));
    say("%s", line("SigBlk:"));
    /* Others name a thread by its comm. */
    SHOW(pthread_setname_np(worker.thread, "renamed"));
    say("%s", load(of(worker.tid, "comm")));
    int comm = open(of(worker.tid, "comm"), O_WRONLY);
    SHOW(write(comm, "much longer than fits", 21));
    close(comm);
    say("%s", load(of(worker.tid, "comm")));
    HOLDS(strcmp(load("/proc/self/comm"), "much longer tha\n"));
    /* What a thread shares with all is there too. */
    char path[64], target[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/fd/%d", worker.tid, ends[0]);
    readlink(path, target, sizeof target - 1);
    HOLDS(!strncmp(target, "pipe:[", 6));
    HOLDS(strstr(load(of(worker.tid, "maps")), "[stack]") != NULL);
    SHOW(open(of(worker.tid, "absent"), O_RDONLY));
    SHOW(open("/proc/self/task/99999999", O_RDONLY));
    SHOW(open("/proc/self/task/01", O_RDONLY));
    /* A thread's number is found in /proc, though it is not listed. */
    snprintf(path, sizeof path, "/proc/%d/comm", worker.tid);
    say("%s", load(path));
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", worker.tid, worker.tid);
    say("%s", load(path));
    write(ends[1], "x", 1);
    sem_wait(&ready);
    int running = 0;
    for (int i = 0; i < 100; i++) running += state(worker.tid) == 'R', sched_yield();
    HOLDS(running == 100);
    stop = 1;
    sem_wait(&ready);
    struct timespec used;
    clockid_t clock;
    pthread_getcpuclockid(worker.thread, &clock);
    SHOW(clock_gettime(clock, &used));
    int directory = open(of(worker.tid, "."), O_RDONLY | O_DIRECTORY);
    HOLDS(directory >= 0);
    sem_post(&leave);
    pthread_join(worker.thread, NULL);
    while (count_tasks() > 1) usleep(1000);
    say("tasks %d", count_tasks());
    SHOW(open(of(worker.tid, "stat"), O_RDONLY));
    return 0;
}
