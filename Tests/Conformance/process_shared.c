/* Covers: futex set_robust_list */
/* Locks between processes in shared memory: mutexes, conditions, barriers, semaphores, robust mutexes whose
 * owner's process died, and bare futexes in anonymous memory and in files. */
#include "processes.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct area {
    pthread_mutex_t mutex, robust, checked, inherited;
    pthread_cond_t condition;
    pthread_barrier_t barrier;
    pthread_rwlock_t both;
    sem_t semaphore, other;
    long counter, turn;
    atomic_int word, woken;
};
static struct area *area;
static pid_t child, children[4];
static long futex(atomic_int *word, int operation, int value, const struct timespec *time) {
    return syscall(SYS_futex, word, operation, value, time, NULL, 0);
}

static void prepare(void) {
    pthread_mutexattr_t attributes;
    pthread_condattr_t condition;
    pthread_barrierattr_t barrier;
    pthread_rwlockattr_t both;
    area = shared(sizeof *area);
    pthread_mutexattr_init(&attributes);
    SHOW(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED));
    SHOW(pthread_mutex_init(&area->mutex, &attributes));
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    SHOW(pthread_mutex_init(&area->checked, &attributes));
    SHOW(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
    SHOW(pthread_mutex_init(&area->robust, &attributes));
    SHOW(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
    SHOW(pthread_mutex_init(&area->inherited, &attributes));
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    SHOW(pthread_cond_init(&area->condition, &condition));
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    SHOW(pthread_barrier_init(&area->barrier, &barrier, 4));
    pthread_rwlockattr_init(&both);
    pthread_rwlockattr_setpshared(&both, PTHREAD_PROCESS_SHARED);
    SHOW(pthread_rwlock_init(&area->both, &both));
    SHOW(sem_init(&area->semaphore, 1, 0));
    SHOW(sem_init(&area->other, 1, 0));
}
static void counting(void) {
    for (int i = 0; i < 4; i++)
        CHILD(children[i])
            for (int j = 0; j < 5000; j++) {
                pthread_mutex_lock(&area->mutex);
                long value = area->counter;
                if (j % 1000 == 0) sched_yield();
                area->counter = value + 1;
                pthread_mutex_unlock(&area->mutex);
            }
    for (int i = 0; i < 4; i++) status_of(children[i]);
    say("counter %ld", area->counter);
    pthread_mutex_lock(&area->checked);
    CHILD(child) {
        SHOW(pthread_mutex_trylock(&area->checked));
        SHOW(pthread_mutex_unlock(&area->checked)); /* another's */
    }
    reap("not the owner", child);
    SHOW(pthread_mutex_lock(&area->checked));
    SHOW(pthread_mutex_unlock(&area->checked));
}
static void turns(void) {
    for (int i = 0; i < 3; i++)
        CHILD(children[i])
            for (int j = 0; j < 100; j++) {
                pthread_mutex_lock(&area->mutex);
                while (area->turn % 3 != i) pthread_cond_wait(&area->condition, &area->mutex);
                area->turn++;
                pthread_cond_broadcast(&area->condition);
                pthread_mutex_unlock(&area->mutex);
            }
    for (int i = 0; i < 3; i++) status_of(children[i]);
    say("turns %ld", area->turn);
    area->counter = 0;
    for (int i = 0; i < 4; i++)
        CHILD(children[i]) {
            int serial = 0, wrong = 0;
            for (int j = 0; j < 50; j++) {
                __sync_fetch_and_add(&area->counter, 1);
                serial += pthread_barrier_wait(&area->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
                wrong += area->counter < (j + 1) * 4;
                pthread_barrier_wait(&area->barrier);
            }
            __sync_fetch_and_add(&area->turn, serial);
            _exit(wrong != 0);
        }
    int failed = 0;
    for (int i = 0; i < 4; i++) failed += status_of(children[i]) != 0;
    say("barrier: %ld, wrong %d, serial %ld", area->counter, failed, area->turn - 300);
    CHILD(child)
        for (int i = 0; i < 200; i++) {
            sem_wait(&area->semaphore);
            sem_post(&area->other);
        }
    for (int i = 0; i < 200; i++) {
        sem_post(&area->semaphore);
        sem_wait(&area->other);
    }
    reap("semaphores", child);
    pthread_rwlock_rdlock(&area->both);
    CHILD(child) {
        SHOW(pthread_rwlock_tryrdlock(&area->both));
        pthread_rwlock_unlock(&area->both);
        SHOW(pthread_rwlock_trywrlock(&area->both));
    }
    reap("readers", child);
    pthread_rwlock_unlock(&area->both);
}
/* How the owner's process ends does not matter; one who waits is woken. */
static void robust(pthread_mutex_t *mutex, const char *name) {
    for (int how = 0; how < 4; how++) {
        pid_t waiter;
        gate locked = make_gate(), door = make_gate();
        CHILD(child) {
            pthread_mutex_lock(mutex);
            let(locked);
            pass(door);
            if (how == 0) _exit(1);
            if (how == 1) kill(getpid(), SIGKILL);
            if (how == 2) execl("./self", "self", "exit", NULL);
            syscall(SYS_exit, 0);
        }
        pass(locked);
        CHILD(waiter) {
            int result = pthread_mutex_lock(mutex);
            int made = result == EOWNERDEAD ? pthread_mutex_consistent(mutex) : -1;
            pthread_mutex_unlock(mutex);
            _exit(result == EOWNERDEAD && made == 0 ? 1 : 2);
        }
        until_state(waiter, 'S');
        say("%s %d: %s", name, how, errno_name(pthread_mutex_trylock(mutex)));
        let(door);
        reap("owner", child);
        reap("waiter", waiter);
        SHOW(pthread_mutex_lock(mutex));
        SHOW(pthread_mutex_unlock(mutex));
        close(locked.ends[0]), close(locked.ends[1]), close(door.ends[0]), close(door.ends[1]);
    }
    CHILD(child) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    reap("owner", child);
    say("%s", errno_name(pthread_mutex_lock(mutex)));
    SHOW(pthread_mutex_unlock(mutex)); /* not made consistent */
    say("%s", errno_name(pthread_mutex_lock(mutex)));
}
static void bare(void) {
    static atomic_int own;
    struct timespec long_time = {10, 0};
    /* Shared memory, at other addresses. */
    CHILD(child) {
        atomic_int *word = &area->word;
        void *moved = mremap(area, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        word = (atomic_int *)((char *)moved + ((char *)word - (char *)area));
        _exit(futex(word, 0, 0, &long_time) == 0 ? 0 : 1);
    }
    until_state(child, 'S');
    SHOW(futex(&area->word, 1, 10, NULL));
    reap("woken", child);
    /* A private wake reaches nobody in the other process. */
    CHILD(child) _exit(futex(&area->word, 0, 0, &long_time) == 0 ? 0 : 1);
    until_state(child, 'S');
    SHOW(futex(&area->word, 1 | 128, 10, NULL));
    SHOW(futex(&area->word, 1, 10, NULL));
    reap("woken", child);
    /* Private memory at the same address is another word, whatever the operation says. */
    own = 0;
    CHILD(child) _exit(futex(&own, 0, 0, &long_time) == 0 ? 0 : 1);
    until_state(child, 'S');
    SHOW(futex(&own, 1, 10, NULL));
    SHOW(futex(&own, 1 | 128, 10, NULL));
    kill(child, SIGKILL);
    reap("not woken", child);
    /* In a file, by mappings of one's own. */
    make_file("words", "\0\0\0\0\0\0\0\0", 8);
    truncate("words", 8192);
    int file = open("words", O_RDWR);
    atomic_int *here = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHILD(child) {
        int again = open("words", O_RDWR);
        atomic_int *there = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 4096);
        _exit(futex(there + 5, 0, 0, &long_time) == 0 ? 0 : 1);
    }
    until_state(child, 'S');
    SHOW(futex(here + 5, 1, 10, NULL));
    SHOW(futex(here + 1024 + 5, 1, 10, NULL));
    reap("woken in a file", child);
    /* A private mapping of the file is no such word. */
    CHILD(child) {
        atomic_int *there = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 4096);
        _exit(futex(there + 5, 0, 0, &long_time) == 0 ? 0 : 1);
    }
    until_state(child, 'S');
    SHOW(futex(here + 1024 + 5, 1, 10, NULL));
    kill(child, SIGKILL);
    reap("not woken", child);
    /* Requeued from one word to the other. */
    for (int i = 0; i < 3; i++) CHILD(children[i]) _exit(futex(&area->word, 0, 0, &long_time) == 0 ? 0 : 1);
    for (int i = 0; i < 3; i++) until_state(children[i], 'S');
    SHOW(syscall(SYS_futex, &area->word, 3 /* REQUEUE */, 1, 10L, &area->woken, 0));
    SHOW(futex(&area->word, 1, 10, NULL));
    SHOW(futex(&area->woken, 1, 10, NULL));
    for (int i = 0; i < 3; i++) reap("woken", children[i]);
}

int main(int count, char **arguments) {
    if (count > 1) return 1;
    enter_scratch();
    copy_self("self", 0755);
    prepare();
    counting();
    turns();
    robust(&area->robust, "robust");
    robust(&area->inherited, "robust with inheritance");
    bare();
    return 0;
}
