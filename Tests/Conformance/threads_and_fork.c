/* Covers: fork */
/* fork(2) in a program of several threads: the child has the calling one alone. */
#include "processes.h"
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>

static pid_t child;
static gate door, back;
static __thread int own = 5;
static volatile int stop, made_total;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long pair[2];
static char order[64];

static int threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}
static void *wait_at_door(void *unused) {
    let(back);
    pass(door);
    return NULL;
}
static void *double_it(void *number) { return (void *)((long)number * 2); }
static void *fork_here(void *unused) {
    pid_t made;
    own = 77;
    CHILD(made) {
        say("threads %d, its variable %d", threads(), own);
        HOLDS(syscall(SYS_gettid) == getpid());
        void *result;
        pthread_t thread;
        pthread_create(&thread, NULL, double_it, (void *)21L);
        pthread_join(thread, &result);
        say("a thread of the child: %ld", (long)result);
        pthread_exit(NULL); /* the last thread: status 0 */
    }
    reap("made by a thread", made);
    return NULL;
}
static void alone(void) {
    pthread_t waiting, thread;
    pthread_create(&waiting, NULL, wait_at_door, NULL);
    pass(back);
    say("threads %d", threads());
    CHILD(child) {
        say("threads %d, its variable %d", threads(), own);
        own = 6;
    }
    reap("child", child);
    say("its variable %d", own);
    pthread_create(&thread, NULL, fork_here, NULL);
    pthread_join(thread, NULL);
    let(door);
    pthread_join(waiting, NULL);
}
/* Two values that a thread keeps equal under a lock are so in each child. */
static void *change(void *unused) {
    while (!stop) {
        pthread_mutex_lock(&mutex);
        pair[0]++;
        pair[1]++;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}
/* The memory is that of one moment: what the writer wrote first is never older than what it wrote next. */
static volatile long *first, *second;
static void *write_in_order(void *unused) {
    for (long i = 1; !stop; i++) {
        *first = i;
        __sync_synchronize();
        *second = i;
    }
    return NULL;
}
static void consistent(void) {
    pthread_t thread;
    int wrong = 0;
    stop = 0;
    pthread_create(&thread, NULL, change, NULL);
    for (int i = 0; i < 60; i++) {
        pthread_mutex_lock(&mutex);
        CHILD(child) _exit(pair[0] != pair[1]);
        pthread_mutex_unlock(&mutex);
        wrong += status_of(child) != 0;
    }
    stop = 1;
    pthread_join(thread, NULL);
    say("unequal %d", wrong);
    char *pages = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    first = (long *)(pages + 63 * 4096), second = (long *)pages;
    stop = 0;
    *first = *second = 0;
    pthread_create(&thread, NULL, write_in_order, NULL);
    for (int i = 0; i < 60; i++) {
        CHILD(child) {
            long two = *second, one = *first;
            for (int j = 0; j < 100; j++) if (*first != one || *second != two) _exit(2); /* nobody writes here */
            _exit(one < two);
        }
        wrong += status_of(child) != 0;
    }
    stop = 1;
    pthread_join(thread, NULL);
    say("out of order %d", wrong);
}
static void *fork_often(void *unused) {
    for (int i = 0; i < 25; i++) {
        pid_t made;
        char *at = malloc(1000 + i);
        CHILD(made) {
            char *again = malloc(5000);
            memset(again, 1, 5000);
            free(again);
            _exit(i);
        }
        free(at);
        if (WEXITSTATUS(status_of(made)) == i) __sync_fetch_and_add(&made_total, 1);
    }
    return NULL;
}
static void *allocate(void *unused) {
    while (!stop) free(malloc(100 + (stop & 7)));
    return NULL;
}
/* Many at once, while others have the allocator's lock. */
static void at_once(void) {
    pthread_t many[4], other[2];
    stop = 0;
    for (int i = 0; i < 2; i++) pthread_create(&other[i], NULL, allocate, NULL);
    for (int i = 0; i < 4; i++) pthread_create(&many[i], NULL, fork_often, NULL);
    for (int i = 0; i < 4; i++) pthread_join(many[i], NULL);
    stop = 1;
    for (int i = 0; i < 2; i++) pthread_join(other[i], NULL);
    say("made %d", made_total);
}
static void before_one(void) { strcat(order, "b1 "); }
static void before_two(void) { strcat(order, "b2 "); }
static void parent_one(void) { strcat(order, "p1 "); }
static void parent_two(void) { strcat(order, "p2 "); }
static void child_one(void) { strcat(order, "c1 "); }
static void child_two(void) { strcat(order, "c2 "); }
static void handlers(void) {
    pthread_atfork(before_one, parent_one, child_one);
    pthread_atfork(before_two, parent_two, child_two);
    CHILD(child) say("child: %s", order);
    status_of(child);
    say("parent: %s", order);
}
static void *end_process(void *unused) {
    _exit(13);
}
static void *execute(void *unused) {
    execl("/proc/self/exe", "self", "exit", NULL);
    return NULL;
}
static void *go_on(void *unused) {
    pid_t made;
    pass(door);
    CHILD(made) _exit(3);
    reap("after the first thread's end", made);
    _exit(14);
}
/* Ends of processes of several threads. */
static void ends(void) {
    pthread_t thread;
    CHILD(child) {
        pthread_create(&thread, NULL, end_process, NULL);
        for (;;) pause();
    }
    reap("by a thread", child);
    CHILD(child) {
        pthread_create(&thread, NULL, execute, NULL);
        for (;;) pause();
    }
    reap("executed by a thread", child);
    CHILD(child) {
        pthread_create(&thread, NULL, go_on, NULL);
        let(door);
        syscall(SYS_exit, 5); /* the first thread: no zombie while others run */
    }
    reap("the last thread's status", child);
    CHILD(child) {
        for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, wait_at_door, NULL);
        for (int i = 0; i < 3; i++) pass(back);
        kill(getpid(), SIGKILL);
    }
    reap("killed with its threads", child);
    CHILD(child) {
        for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, wait_at_door, NULL);
        for (int i = 0; i < 3; i++) pass(back);
        *(volatile int *)8 = 1;
    }
    reap("a fault with threads", child);
    /* A stop and going on are of all threads. */
    volatile int *counter = shared(4096);
    CHILD(child) {
        pthread_create(&thread, NULL, wait_at_door, NULL);
        for (;;) ++*counter;
    }
    pass(back);
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    int value = *counter;
    for (int i = 0; i < 100; i++) sched_yield();
    HOLDS(*counter == value);
    kill(child, SIGCONT);
    while (*counter == value) sched_yield();
    kill(child, SIGKILL);
    reap("went on", child);
}

int main(int count, char **arguments) {
    if (count > 1) return 12;
    door = make_gate();
    back = make_gate();
    alone();
    consistent();
    at_once();
    ends();
    handlers();
    return 0;
}
