/* Covers: */
/* Kinds of locks of the C library and what their misuse says: mutexes, conditions, barriers, read-write
   locks, semaphores, once, keys; attributes of threads: stacks, detaching, names. */
#include "conformance.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#define CODE(call) code(#call, call)
static void code(const char *text, int error) { say("%s: %s", text, error ? errno_name(error) : "ok"); }

static void *run(void *(*function)(void *), void *argument) {
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, NULL, function, argument)) return (void *)-1L;
    pthread_join(thread, &result);
    return result;
}
static struct timespec after(clockid_t clock, long milliseconds) {
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += milliseconds * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* ---- mutexes ---- */
static void *try_lock(void *mutex) { return (void *)(long)pthread_mutex_trylock(mutex); }
static void *lock_soon(void *mutex) {
    struct timespec soon = after(CLOCK_REALTIME, 20);
    return (void *)(long)pthread_mutex_timedlock(mutex, &soon);
}
static void *unlock(void *mutex) { return (void *)(long)pthread_mutex_unlock(mutex); }
static void *lock_and_end(void *mutex) {
    pthread_mutex_lock(mutex);
    return NULL;
}
static void *lock_and_unlock(void *mutex) {
    long error = pthread_mutex_lock(mutex);
    if (!error) pthread_mutex_unlock(mutex);
    return (void *)error;
}
static long shared_count;
struct contest {
    pthread_mutex_t *mutex;
    int rounds;
};
static void *contend(void *argument) {
    struct contest *contest = argument;
    for (int i = 0; i < contest->rounds; i++) {
        pthread_mutex_lock(contest->mutex);
        long value = shared_count;
        if (i % 64 == 0) sched_yield();
        shared_count = value + 1;
        pthread_mutex_unlock(contest->mutex);
    }
    return NULL;
}
static void mutexes(int kind, int protocol, int robustness) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&attributes);
    say("mutex of kind %d, protocol %d, robust %d", kind, protocol, robustness);
    CODE(pthread_mutexattr_settype(&attributes, kind));
    CODE(pthread_mutexattr_setprotocol(&attributes, protocol));
    CODE(pthread_mutexattr_setrobust(&attributes, robustness));
    CODE(pthread_mutex_init(&mutex, &attributes));
    CODE(pthread_mutex_lock(&mutex));
    if (kind != PTHREAD_MUTEX_NORMAL) CODE(pthread_mutex_lock(&mutex));
    code("other trylock", (long)run(try_lock, &mutex));
    code("other timedlock", (long)run(lock_soon, &mutex));
    if (kind != PTHREAD_MUTEX_NORMAL) code("other unlock", (long)run(unlock, &mutex));
    if (kind == PTHREAD_MUTEX_RECURSIVE) CODE(pthread_mutex_unlock(&mutex));
    code("other trylock", (long)run(try_lock, &mutex));
    CODE(pthread_mutex_unlock(&mutex));
    if (kind != PTHREAD_MUTEX_NORMAL) CODE(pthread_mutex_unlock(&mutex));
    code("other lock", (long)run(lock_and_unlock, &mutex));
    pthread_t threads[4];
    struct contest contest = {&mutex, 2000};
    shared_count = 0;
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, contend, &contest);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    say("count %ld", shared_count);
    if (robustness == PTHREAD_MUTEX_ROBUST) {
        run(lock_and_end, &mutex);
        CODE(pthread_mutex_lock(&mutex));
        CODE(pthread_mutex_consistent(&mutex));
        CODE(pthread_mutex_unlock(&mutex));
        code("other lock", (long)run(lock_and_unlock, &mutex));
        run(lock_and_end, &mutex);
        CODE(pthread_mutex_trylock(&mutex));
        CODE(pthread_mutex_unlock(&mutex)); /* without making it consistent */
        CODE(pthread_mutex_lock(&mutex));
    }
    CODE(pthread_mutex_destroy(&mutex));
}
/* An owner dies while others wait: one of them gets the lock. */
static pthread_mutex_t inherited;
static sem_t holds;
static void *hold_and_end(void *unused) {
    pthread_mutex_lock(&inherited);
    sem_post(&holds);
    usleep(30000);
    return NULL;
}
static void *inherit(void *unused) {
    int error = pthread_mutex_lock(&inherited);
    if (error == EOWNERDEAD) pthread_mutex_consistent(&inherited);
    pthread_mutex_unlock(&inherited);
    return (void *)(long)(error == EOWNERDEAD ? 1 : error ? 100 : 0);
}
static void inheritance(int protocol) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&inherited, &attributes);
    sem_init(&holds, 0, 0);
    pthread_t owner, others[4];
    pthread_create(&owner, NULL, hold_and_end, NULL);
    sem_wait(&holds);
    for (int i = 0; i < 4; i++) pthread_create(&others[i], NULL, inherit, NULL);
    long dead = 0;
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(others[i], &result);
        dead += (long)result;
    }
    pthread_join(owner, NULL);
    say("waiters told of the owner's end: %ld", dead);
}

/* ---- conditions ---- */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int arrived, tickets, served;
static void *take_ticket(void *unused) {
    pthread_mutex_lock(&guard);
    arrived++;
    while (!tickets) pthread_cond_wait(&condition, &guard);
    tickets--;
    served++;
    pthread_mutex_unlock(&guard);
    return NULL;
}
static void conditions(void) {
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, take_ticket, NULL);
    for (;;) {
        pthread_mutex_lock(&guard);
        int all = arrived == 8;
        pthread_mutex_unlock(&guard);
        if (all) break;
        sched_yield();
    }
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&guard);
        tickets++;
        pthread_cond_signal(&condition);
        pthread_mutex_unlock(&guard);
    }
    while (__atomic_load_n(&served, __ATOMIC_ACQUIRE) < 3) usleep(1000);
    usleep(5000);
    say("served %d", served);
    pthread_mutex_lock(&guard);
    tickets += 5;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&guard);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    say("served %d", served);
    pthread_mutex_lock(&guard);
    struct timespec soon = after(CLOCK_REALTIME, 20);
    CODE(pthread_cond_timedwait(&condition, &guard, &soon));
    soon.tv_nsec = 1000000000;
    CODE(pthread_cond_timedwait(&condition, &guard, &soon));
    pthread_condattr_t attributes;
    pthread_cond_t steady;
    pthread_condattr_init(&attributes);
    CODE(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    CODE(pthread_cond_init(&steady, &attributes));
    int64_t start = now(CLOCK_MONOTONIC);
    soon = after(CLOCK_MONOTONIC, 20);
    CODE(pthread_cond_timedwait(&steady, &guard, &soon));
    HOLDS(now(CLOCK_MONOTONIC) - start >= 20000000);
    pthread_mutex_unlock(&guard);
    CODE(pthread_cond_destroy(&steady));
}

/* ---- barriers, read-write locks, semaphores, once ---- */
static pthread_barrier_t barrier;
static int phases[4], serial;
static void *pass(void *argument) {
    long own = (long)argument;
    for (int phase = 0; phase < 100; phase++) {
        phases[own] = phase;
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED);
        for (int i = 0; i < 4; i++)
            if (phases[i] != phase) return (void *)1L;
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static long left, right, torn;
static void *read_table(void *unused) {
    for (int i = 0; i < 1000; i++) {
        pthread_rwlock_rdlock(&table);
        if (left != right) __atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
        pthread_rwlock_unlock(&table);
    }
    return NULL;
}
static void *write_table(void *unused) {
    for (int i = 0; i < 1000; i++) {
        pthread_rwlock_wrlock(&table);
        left++;
        if (i % 50 == 0) sched_yield();
        right++;
        pthread_rwlock_unlock(&table);
    }
    return NULL;
}
static void *try_write(void *unused) { return (void *)(long)pthread_rwlock_trywrlock(&table); }
static void *write_soon(void *unused) {
    struct timespec soon = after(CLOCK_REALTIME, 20);
    return (void *)(long)pthread_rwlock_timedwrlock(&table, &soon);
}
static void *try_read(void *unused) {
    long error = pthread_rwlock_tryrdlock(&table);
    if (!error) pthread_rwlock_unlock(&table);
    return (void *)error;
}
static sem_t slots, items;
static int ring[8], head, tail;
static long consumed;
static void *produce(void *argument) {
    for (int i = 1; i <= 2000; i++) {
        sem_wait(&slots);
        ring[head++ % 8] = i;
        sem_post(&items);
    }
    return NULL;
}
static void *consume(void *argument) {
    for (int i = 1; i <= 2000; i++) {
        sem_wait(&items);
        consumed += ring[tail++ % 8];
        sem_post(&slots);
    }
    return NULL;
}
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;
static void initialise(void) {
    usleep(10000);
    initialised++;
}
static void *need(void *unused) {
    pthread_once(&once, initialise);
    return (void *)(long)initialised;
}
static void others(void) {
    pthread_t threads[6];
    void *result;
    long wrong = 0;
    CODE(pthread_barrier_init(&barrier, NULL, 4));
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, pass, (void *)i);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], &result), wrong += (long)result;
    CODE(pthread_barrier_destroy(&barrier));
    say("barrier: %ld early, serial %d of 200", wrong, serial / 1 >= 100 && serial <= 200);
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, i < 2 ? write_table : read_table, NULL);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    say("table %ld %ld torn %ld", left, right, torn);
    CODE(pthread_rwlock_rdlock(&table));
    code("other trywrlock", (long)run(try_write, NULL));
    code("other timedwrlock", (long)run(write_soon, NULL));
    code("other tryrdlock", (long)run(try_read, NULL));
    CODE(pthread_rwlock_unlock(&table));
    CODE(pthread_rwlock_wrlock(&table));
    code("other tryrdlock", (long)run(try_read, NULL));
    CODE(pthread_rwlock_unlock(&table));
    sem_init(&slots, 0, 8);
    sem_init(&items, 0, 0);
    pthread_create(&threads[0], NULL, produce, NULL);
    pthread_create(&threads[1], NULL, consume, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    int value;
    sem_getvalue(&slots, &value);
    say("consumed %ld, slots %d", consumed, value);
    SHOW(sem_trywait(&items));
    struct timespec soon = after(CLOCK_REALTIME, 10);
    SHOW(sem_timedwait(&items, &soon));
    for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, need, NULL);
    wrong = 0;
    for (int i = 0; i < 6; i++) pthread_join(threads[i], &result), wrong += (long)result != 1;
    say("once: %d, seen otherwise %ld", initialised, wrong);
}

/* ---- keys and thread-local storage ---- */
static pthread_key_t keys[3];
static int destructions[3];
static void destroy_first(void *value) {
    destructions[0]++;
    /* Sets it again: called again, up to PTHREAD_DESTRUCTOR_ITERATIONS times. */
    if ((long)value < 3) pthread_setspecific(keys[0], (void *)((long)value + 1));
}
static void destroy_second(void *value) { destructions[1] += pthread_getspecific(keys[1]) == NULL; }
static _Thread_local int local = 7;
static _Thread_local char large[100000];
static void *use_keys(void *unused) {
    pthread_setspecific(keys[0], (void *)1L);
    pthread_setspecific(keys[1], (void *)1L);
    long right = local == 7 && large[99999] == 0 && pthread_getspecific(keys[2]) == NULL;
    local = 8, large[99999] = 1;
    return (void *)right;
}
static void storage(void) {
    CODE(pthread_key_create(&keys[0], destroy_first));
    CODE(pthread_key_create(&keys[1], destroy_second));
    CODE(pthread_key_create(&keys[2], NULL));
    local = 9;
    long right = 0;
    for (int i = 0; i < 20; i++) right += (long)run(use_keys, NULL);
    say("fresh %ld, destructions %d %d, own %d", right, destructions[0], destructions[1], local);
    CODE(pthread_key_delete(keys[1]));
}

/* ---- attributes ---- */
static void *deep(void *argument) {
    volatile char room[200000];
    for (int i = 0; i < (int)sizeof room; i += 1000) room[i] = 1;
    return argument;
}
static void *wait_for(void *semaphore) {
    sem_wait(semaphore);
    return NULL;
}
static sem_t done;
static void *detached(void *unused) {
    sem_post(&done);
    return NULL;
}
static int ends_of_stack;
static void attributes(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    CODE(pthread_attr_setstacksize(&attributes, 1000));
    CODE(pthread_attr_setstacksize(&attributes, 614400));
    void *result;
    pthread_create(&thread, &attributes, deep, &ends_of_stack);
    pthread_join(thread, &result);
    HOLDS(result == &ends_of_stack);
    static char own[614400] __attribute__((aligned(4096)));
    CODE(pthread_attr_setstack(&attributes, own, sizeof own));
    pthread_create(&thread, &attributes, deep, own);
    pthread_join(thread, &result);
    HOLDS(result == own);
    int used = 0;
    for (unsigned i = 0; i < sizeof own; i++) used += own[i] != 0;
    HOLDS(used > 150);
    pthread_attr_destroy(&attributes);
    sem_init(&done, 0, 0);
    pthread_attr_init(&attributes);
    CODE(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, &attributes, detached, NULL);
        sem_wait(&done);
    }
    sem_t wait;
    sem_init(&wait, 0, 0);
    pthread_create(&thread, NULL, wait_for, &wait);
    CODE(pthread_tryjoin_np(thread, &result));
    struct timespec soon = after(CLOCK_REALTIME, 10);
    CODE(pthread_timedjoin_np(thread, &result, &soon));
    sem_post(&wait);
    CODE(pthread_join(thread, &result));
    char name[16];
    CODE(pthread_setname_np(pthread_self(), "sixteen letters!"));
    CODE(pthread_setname_np(pthread_self(), "main thread"));
    CODE(pthread_getname_np(pthread_self(), name, sizeof name));
    say("name %s", name);
}

/* Many threads at once, and one after the other. */
static void *nothing(void *argument) { return argument; }
static void many(void) {
    static pthread_t threads[100];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 262144);
    sem_t start;
    sem_init(&start, 0, 0);
    int made = 0;
    for (int i = 0; i < 100; i++) made += pthread_create(&threads[i], &small, wait_for, &start) == 0;
    for (int i = 0; i < made; i++) sem_post(&start);
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
    long right = 0;
    for (long i = 0; i < 200; i++) right += run(nothing, (void *)i) == (void *)i;
    say("at once %d, in turn %ld", made, right);
}

int main(void) {
    for (int kind = 0; kind < 3; kind++) {
        static const int kinds[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK};
        mutexes(kinds[kind], PTHREAD_PRIO_NONE, PTHREAD_MUTEX_STALLED);
        mutexes(kinds[kind], PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST);
        mutexes(kinds[kind], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
        mutexes(kinds[kind], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST);
    }
    inheritance(PTHREAD_PRIO_NONE);
    inheritance(PTHREAD_PRIO_INHERIT);
    conditions();
    others();
    storage();
    attributes();
    many();
    return 0;
}
