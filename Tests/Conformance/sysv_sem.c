/* Covers: semget semop semtimedop semctl */
#include "conformance.h"

#include <sys/ipc.h>
#include <sys/sem.h>

#include "sleepers.h"

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#define KEY 0x4d415254

union argument {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static void show_status(const char *label, int id) {
    struct semid_ds ds;
    memset(&ds, 0xff, sizeof ds);
    if (semctl(id, 0, IPC_STAT, (union argument){.buf = &ds})) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    struct ipc_perm *perm = &ds.sem_perm;
    say("%s: key %x uid %u gid %u cuid %u cgid %u mode %o nsems %lu otime %d ctime %d", label, perm->__key,
        perm->uid, perm->gid, perm->cuid, perm->cgid, (unsigned)perm->mode, (unsigned long)ds.sem_nsems,
        ds.sem_otime != 0, ds.sem_ctime != 0);
}

static void show_values(const char *label, int id, int count) {
    unsigned short values[16];
    char text[256] = "";
    if (semctl(id, 0, GETALL, (union argument){.array = values})) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    for (int i = 0; i < count; i++) snprintf(text + strlen(text), 8, " %d", values[i]);
    say("%s:%s", label, text);
}

static int set_all(int id, const unsigned short *values) {
    return semctl(id, 0, SETALL, (union argument){.array = (unsigned short *)values});
}

/* One operation. */
static int operate(int id, int number, int change, int flags) {
    struct sembuf operation = {number, change, flags};
    return semop(id, &operation, 1);
}

static void getting(void) {
    say("semget");
    SHOW(semget(KEY, 1, 0600));
    SHOW(semget(KEY, 0, IPC_CREAT | 0600));
    SHOW(semget(IPC_PRIVATE, 0, 0600));
    SHOW(semget(KEY, -1, IPC_CREAT | 0600));
    SHOW(semget(KEY, 32001, IPC_CREAT | 0600));
    int id = SHOW(semget(KEY, 3, IPC_CREAT | 0640));
    SHOW(semget(KEY, 3, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(semget(KEY, 2, 0));
    SHOW(semget(KEY, 0, 0));
    SHOW(semget(KEY, 4, 0));
    show_status("new", id);
    show_values("new", id, 3);
    int large = SHOW(semget(IPC_PRIVATE, 32000, 0600));
    SHOW(semctl(large, 31999, GETVAL));
    SHOW(semctl(large, 32000, GETVAL));
    SHOW(semctl(large, 0, IPC_RMID));
    SHOW(semctl(id, 0, IPC_RMID));
    show_status("removed", id);
    SHOW(semctl(id, 0, IPC_RMID));
}

static void operating(void) {
    say("semop");
    int id = semget(KEY, 3, IPC_CREAT | 0600);
    struct sembuf many[501];
    memset(many, 0, sizeof many);
    SHOW(operate(id, 0, 5, 0));
    SHOW(operate(id, 0, -3, 0));
    SHOW(operate(id, 0, -3, IPC_NOWAIT));
    SHOW(operate(id, 0, 0, IPC_NOWAIT));
    SHOW(operate(id, 1, 0, 0));
    show_values("values", id, 3);
    SHOW(operate(id, 0, 32766, 0));
    SHOW(operate(id, 0, 32765, 0));
    SHOW(operate(id, 0, 1, 0));
    SHOW(operate(id, 0, -32767, 0));
    SHOW(operate(id, 0, -32768, IPC_NOWAIT));
    SHOW(operate(id, 3, 1, 0));
    SHOW(operate(id, 3, 1, IPC_NOWAIT));
    SHOW(operate(-1, 0, 1, 0));
    SHOW(operate(id + 1, 0, 1, 0));
    SHOW(operate(id + 32768, 0, 1, 0));
    SHOW(semop(id, many, 0));
    SHOW(semop(id, many, 500));
    SHOW(semop(id, many, 501));
    SHOW(semop(id, BAD_POINTER, 1));
    SHOW(semop(id, BAD_POINTER, 501));
    SHOW(semop(id, BAD_POINTER, 0));
    SHOW(semop(-1, BAD_POINTER, 1));
    SHOW(semctl(id, 0, GETPID) == getpid());
    SHOW(semctl(id, 1, GETPID) == getpid());
    SHOW(semctl(id, 2, GETPID));

    /* All or nothing. */
    set_all(id, (unsigned short[]){4, 0, 2});
    struct sembuf group[] = {{0, -2, 0}, {1, 3, 0}, {2, -3, IPC_NOWAIT}};
    SHOW(semop(id, group, 3));
    show_values("nothing", id, 3);
    group[2].sem_op = -2;
    SHOW(semop(id, group, 3));
    show_values("all", id, 3);
    /* One after the other: the second finds what the first left. */
    struct sembuf twice[] = {{0, -2, IPC_NOWAIT}, {0, 0, IPC_NOWAIT}, {0, 7, 0}, {0, -6, IPC_NOWAIT}};
    SHOW(semop(id, twice, 4));
    show_values("in order", id, 3);
    SHOW(semop(id, twice, 4));
    show_values("not possible", id, 3);
    struct sembuf beyond[] = {{0, 1, 0}, {1, 32767, 0}};
    SHOW(semop(id, beyond, 2));
    show_values("out of range", id, 3);
    /* SEM_UNDO keeps the sum in range. */
    set_all(id, (unsigned short[]){0, 0, 0});
    SHOW(operate(id, 0, 32767, SEM_UNDO));
    SHOW(operate(id, 0, -32767, 0));
    SHOW(operate(id, 0, 1, SEM_UNDO));
    SHOW(operate(id, 0, 1, SEM_UNDO));
    struct sembuf undone[] = {{0, -1, SEM_UNDO}, {1, -1, SEM_UNDO | IPC_NOWAIT}};
    SHOW(semop(id, undone, 2));
    SHOW(semctl(id, 0, SETVAL, (union argument){.val = 0}));
    SHOW(operate(id, 0, 32767, SEM_UNDO));
    show_values("undone", id, 3);

    say("semtimedop");
    struct sembuf take = {1, -1, 0};
    struct timespec bad = {0, 1000000000}, negative = {-1, 0}, none = {0, 0}, shortly = {0, 20000000}, before, after;
    SHOW(semtimedop(id, &take, 1, &bad));
    SHOW(semtimedop(id, &take, 1, &negative));
    SHOW(semtimedop(id, &take, 1, BAD_POINTER));
    SHOW(semtimedop(id, many, 501, BAD_POINTER));
    SHOW(semtimedop(id, many, 501, &bad));
    SHOW(semtimedop(id, BAD_POINTER, 1, &bad));
    SHOW(semtimedop(-1, &take, 1, &bad));
    SHOW(semtimedop(id + 1, &take, 1, &bad));
    SHOW(semtimedop(id, &take, 1, &none));
    clock_gettime(CLOCK_MONOTONIC, &before);
    SHOW(semtimedop(id, &take, 1, &shortly));
    clock_gettime(CLOCK_MONOTONIC, &after);
    HOLDS((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 20000000);
    SHOW(semctl(id, 1, GETNCNT));
    operate(id, 1, 1, 0);
    SHOW(semtimedop(id, &take, 1, &none));
    SHOW(semctl(id, 0, IPC_RMID));
}

static void controlling(void) {
    say("semctl");
    struct semid_ds ds;
    unsigned short values[3] = {1, 2, 32768};
    int id = semget(KEY, 3, IPC_CREAT | 0600);
    SHOW(semctl(-1, 0, GETVAL));
    SHOW(semctl(id + 1, 0, GETVAL));
    SHOW(semctl(id, -1, GETVAL));
    SHOW(semctl(id, 3, GETVAL));
    SHOW(semctl(id, 3, GETPID));
    SHOW(semctl(id, 3, GETNCNT));
    SHOW(semctl(id, 3, GETZCNT));
    SHOW(semctl(id, 0, 99));
    SHOW(semctl(id, 0, -1));
    SHOW(semctl(id, 0, SETVAL, (union argument){.val = -1}));
    SHOW(semctl(id, 0, SETVAL, (union argument){.val = 32768}));
    SHOW(semctl(id, 3, SETVAL, (union argument){.val = 1}));
    SHOW(semctl(id, 3, SETVAL, (union argument){.val = 40000}));
    SHOW(semctl(id, 2, SETVAL, (union argument){.val = 32767}));
    SHOW(semctl(id, 2, GETVAL));
    SHOW(semctl(id, 2, GETPID) == getpid());
    SHOW(set_all(id, values));
    show_values("as before", id, 3);
    values[2] = 7;
    SHOW(set_all(id, values));
    show_values("set", id, 3);
    SHOW(semctl(id, 77, SETALL, (union argument){.array = values}));
    SHOW(semctl(id, 0, SETALL, (union argument){.array = BAD_POINTER}));
    SHOW(semctl(id, 0, GETALL, (union argument){.array = BAD_POINTER}));
    SHOW(semctl(id, 0, IPC_STAT, (union argument){.buf = BAD_POINTER}));
    SHOW(semctl(id, 0, IPC_SET, (union argument){.buf = BAD_POINTER}));
    show_status("never operated on", id);
    SHOW(operate(id, 0, -1, 0));
    show_status("operated on", id);
    SHOW(semctl(id, 0, IPC_STAT, (union argument){.buf = &ds}));
    ds.sem_perm.uid = 1000;
    ds.sem_perm.gid = 1001;
    ds.sem_perm.mode = 07654;
    SHOW(semctl(id, 0, IPC_SET, (union argument){.buf = &ds}));
    show_status("set", id);
    ds.sem_perm.gid = -1;
    SHOW(semctl(id, 0, IPC_SET, (union argument){.buf = &ds}));
    struct seminfo info;
    memset(&info, 0xff, sizeof info);
    int index = SHOW(semctl(0, 0, IPC_INFO, (union argument){.info = &info}));
    say("seminfo: %d %d %d %d %d %d %d %d %d %d", info.semmap, info.semmni, info.semmns, info.semmnu,
        info.semmsl, info.semopm, info.semume, info.semusz, info.semvmx, info.semaem);
    SHOW(semctl(0, 0, SEM_INFO, (union argument){.info = &info}));
    say("SEM_INFO: %d %d", info.semusz, info.semaem);
    SHOW(semctl(0, 0, SEM_INFO, (union argument){.info = BAD_POINTER}));
    HOLDS(semctl(index, 0, SEM_STAT, (union argument){.buf = &ds}) == id);
    HOLDS(semctl(index, 0, SEM_STAT_ANY, (union argument){.buf = &ds}) == id);
    SHOW(semctl(index + 1, 0, SEM_STAT, (union argument){.buf = &ds}));
    char text[1024];
    int file = open("/proc/sysvipc/sem", O_RDONLY);
    text[read(file, text, sizeof text - 1)] = 0;
    close(file);
    int length = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (length++ == 0) say("%s", line);
        else say("%.61s (%d)", line, (int)strlen(line));
    }
    file = open("/proc/sys/kernel/sem", O_RDONLY);
    say_bytes("kernel.sem", text, read(file, text, sizeof text));
    close(file);
    SHOW(semctl(id, 0, IPC_RMID));
}

/* Waits. */
static long take(struct sleeper *sleeper) { return operate(sleeper->id, sleeper->number & 15, -(sleeper->number >> 4), 0); }
static long zero(struct sleeper *sleeper) { return operate(sleeper->id, sleeper->number, 0, 0); }
static long several(struct sleeper *sleeper) { return semop(sleeper->id, sleeper->extra, sleeper->number); }
static long timed(struct sleeper *sleeper) {
    struct sembuf operation = {0, -1, 0};
    struct timespec time = {10, 0};
    return semtimedop(sleeper->id, &operation, 1, &time);
}
#define TAKE(count, number) ((count) << 4 | (number))

static void show_waiting(int id) {
    say("waiting: for more %d %d, for zero %d %d", semctl(id, 0, GETNCNT), semctl(id, 1, GETNCNT),
        semctl(id, 0, GETZCNT), semctl(id, 1, GETZCNT));
}

static int handled;
static void handler(int number, siginfo_t *information, void *context) {
    (void)information; (void)context;
    handled = number;
}

static void waiting(void) {
    say("waits");
    int id = semget(KEY, 2, IPC_CREAT | 0600);
    /* The oldest that is possible goes first; one that asks for more does not hold the others up. */
    struct sleeper a = {"takes 3", take, id, TAKE(3, 0)}, b = {"takes 1", take, id, TAKE(1, 0)},
        c = {"takes 1 too", take, id, TAKE(1, 0)};
    begin_sleeper(&a);
    begin_sleeper(&b);
    begin_sleeper(&c);
    show_waiting(id);
    SHOW(operate(id, 0, 1, 0));
    end_sleeper(&b);
    show_waiting(id);
    SHOW(operate(id, 0, 3, 0));
    end_sleeper(&a);
    SHOW(semctl(id, 0, GETVAL));
    show_waiting(id);
    SHOW(semctl(id, 0, SETVAL, (union argument){.val = 5}));
    end_sleeper(&c);
    SHOW(semctl(id, 0, GETVAL));
    /* Waiting for zero. */
    a = (struct sleeper){"zero", zero, id, 0};
    b = (struct sleeper){"zero of the other", zero, id, 1};
    SHOW(operate(id, 1, 1, 0));
    begin_sleeper(&a);
    begin_sleeper(&b);
    show_waiting(id);
    SHOW(operate(id, 0, -3, 0));
    show_waiting(id);
    SHOW(operate(id, 0, -1, 0));
    end_sleeper(&a);
    SHOW(set_all(id, (unsigned short[]){0, 0}));
    end_sleeper(&b);
    /* Several operations: each waits at the first that is not possible. */
    struct sembuf both[] = {{0, -1, 0}, {1, -1, 0}}, gate[] = {{0, 0, 0}, {0, 1, 0}, {1, 2, 0}};
    a = (struct sleeper){"both", several, id, 2, both};
    begin_sleeper(&a);
    show_waiting(id);
    SHOW(operate(id, 0, 1, 0));
    show_waiting(id);
    show_values("between", id, 2);
    SHOW(operate(id, 0, -1, 0));
    show_waiting(id);
    /* A call that makes another possible, which makes a third. */
    SHOW(operate(id, 0, 1, 0));
    c = (struct sleeper){"zero, then more", several, id, 3, gate};
    begin_sleeper(&c);
    show_waiting(id);
    SHOW(operate(id, 1, 1, 0));
    end_sleeper(&a);
    end_sleeper(&c);
    show_values("in the end", id, 2);
    /* A signal ends a wait, whatever the handler's action says. */
    handle(SIGUSR1, handler, SA_RESTART);
    SHOW(set_all(id, (unsigned short[]){0, 0}));
    a = (struct sleeper){"interrupted", take, id, TAKE(1, 0)};
    b = (struct sleeper){"interrupted with a time", timed, id, 0};
    begin_sleeper(&a);
    begin_sleeper(&b);
    pthread_kill(a.handle, SIGUSR1);
    end_sleeper(&a);
    pthread_kill(b.handle, SIGUSR1);
    end_sleeper(&b);
    show_waiting(id);
    /* An undo that leaves its range while the call waits. */
    SHOW(operate(id, 0, 32767, SEM_UNDO));
    SHOW(operate(id, 0, -32767, 0));
    struct sembuf later[] = {{1, -1, 0}, {0, 32767, SEM_UNDO}};
    a = (struct sleeper){"out of range in the end", several, id, 2, later};
    begin_sleeper(&a);
    SHOW(operate(id, 1, 1, 0));
    end_sleeper(&a);
    show_values("as it was", id, 2);
    /* SEM_UNDO of a thread that ends stays until the process ends. */
    SHOW(set_all(id, (unsigned short[]){3, 0}));
    struct sembuf undone = {0, -2, SEM_UNDO};
    a = (struct sleeper){"undone later", several, id, 1, &undone};
    pthread_create(&a.handle, NULL, run_sleeper, &a);
    end_sleeper(&a);
    show_values("not yet", id, 2);
    /* Who waits when the set goes. */
    a = (struct sleeper){"more of what goes", take, id, TAKE(9, 0)};
    b = (struct sleeper){"zero of what goes", zero, id, 0};
    c = (struct sleeper){"both of what goes", several, id, 2, both};
    begin_sleeper(&a);
    begin_sleeper(&b);
    begin_sleeper(&c);
    SHOW(semctl(id, 0, IPC_RMID));
    end_sleeper(&a);
    end_sleeper(&b);
    end_sleeper(&c);
}

static void permissions(void) {
    say("permissions");
    struct semid_ds ds;
    int closed = semget(KEY, 1, IPC_CREAT | 0600);
    int readable = semget(KEY + 1, 1, IPC_CREAT | 0604);
    int writable = semget(KEY + 2, 1, IPC_CREAT | 0602);
    setresgid(1000, 1000, 1000);
    SHOW(setresuid(1000, 1000, 1000));
    SHOW(semget(KEY, 0, 0));
    SHOW(semget(KEY, 0, 0600));
    SHOW(semget(KEY + 1, 0, 0400));
    SHOW(operate(closed, 0, 1, 0));
    SHOW(operate(closed, 9, 1, 0));
    SHOW(operate(readable, 0, 1, 0));
    SHOW(operate(readable, 0, 0, 0));
    SHOW(operate(writable, 0, 1, 0));
    SHOW(operate(writable, 0, 0, 0));
    SHOW(semctl(readable, 0, GETVAL));
    SHOW(semctl(readable, 7, GETVAL));
    SHOW(semctl(writable, 0, GETVAL));
    SHOW(semctl(writable, 7, GETVAL));
    SHOW(semctl(readable, 0, SETVAL, (union argument){.val = 1}));
    SHOW(semctl(readable, 7, SETVAL, (union argument){.val = 1}));
    SHOW(semctl(writable, 0, SETVAL, (union argument){.val = 1}));
    SHOW(set_all(readable, (unsigned short[]){1}));
    SHOW(set_all(writable, (unsigned short[]){1}));
    SHOW(semctl(writable, 0, IPC_STAT, (union argument){.buf = &ds}));
    HOLDS(semctl(writable & 32767, 0, SEM_STAT_ANY, (union argument){.buf = &ds}) == writable);
    SHOW(semctl(writable, 0, IPC_SET, (union argument){.buf = &ds}));
    SHOW(semctl(writable, 0, IPC_RMID));
}

int main(void) {
    getting();
    operating();
    controlling();
    waiting();
    permissions();
    return 0;
}
