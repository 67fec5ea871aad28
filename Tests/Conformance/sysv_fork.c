/* Covers: fork */
/* System V objects and processes: attachments that children inherit and lose, SEM_UNDO at a process's
 * end, waits of one process that another ends. */
#include "conformance.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>

union argument {
    int val;
    unsigned short *array;
};

static unsigned long attached(int id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) ? 99 : ds.shm_nattch;
}
static int operate(int id, int number, int change, int flags) {
    struct sembuf operation = {number, change, flags};
    return semop(id, &operation, 1);
}
static int finish(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void memory(void) {
    say("shared memory");
    int id = shmget(IPC_PRIVATE, 8192, 0600);
    char *bytes = shmat(id, NULL, 0);
    say("one: %lu", attached(id));
    pid_t child = fork();
    if (child == 0) {
        char *again = shmat(id, NULL, 0);
        strcpy(again + 5000, "from the child");
        say("three: %lu", attached(id));
        shmdt(bytes);
        say("two: %lu", attached(id));
        _exit(0);
    }
    say("child: %d", finish(child));
    say("one: %lu, \"%s\"", attached(id), bytes + 5000);
    struct shmid_ds ds;
    shmctl(id, IPC_STAT, &ds);
    say("last by the child: %d", ds.shm_lpid == child);
    /* A segment that was removed lives as long as a process has it. */
    child = fork();
    if (child == 0) {
        usleep(50000);
        say("still there: \"%s\"", bytes + 5000);
        _exit(0);
    }
    SHOW(shmctl(id, IPC_RMID, NULL));
    SHOW(shmdt(bytes));
    SHOW(shmctl(id, IPC_STAT, &ds));
    say("nattch %lu mode %o", (unsigned long)ds.shm_nattch, (unsigned)ds.shm_perm.mode);
    say("child: %d", finish(child));
    SHOW(shmctl(id, IPC_STAT, &ds));
    /* A child's end by a signal counts too, and execve(2). */
    id = shmget(IPC_PRIVATE, 4096, 0600);
    bytes = shmat(id, NULL, 0);
    child = fork();
    if (child == 0) raise(SIGKILL);
    say("child: %d", finish(child));
    say("one: %lu", attached(id));
    SHOW(shmdt(bytes));
    SHOW(shmctl(id, IPC_RMID, NULL));
}

static void semaphores(void) {
    say("semaphores");
    int id = semget(IPC_PRIVATE, 2, 0600);
    semctl(id, 0, SETALL, (union argument){.array = (unsigned short[]){5, 0}});
    pid_t child = fork();
    if (child == 0) {
        operate(id, 0, -3, SEM_UNDO);
        operate(id, 1, 2, SEM_UNDO);
        operate(id, 0, 1, 0);
        say("child: %d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
        _exit(0);
    }
    say("child: %d", finish(child));
    say("undone: %d %d, by the child %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL),
        semctl(id, 0, GETPID) == child);
    /* A child has no adjustments of its parent's. */
    SHOW(operate(id, 0, -1, SEM_UNDO));
    child = fork();
    if (child == 0) _exit(0);
    finish(child);
    say("as it was: %d", semctl(id, 0, GETVAL));
    /* What an adjustment brings ends a wait; below zero there is none. */
    semctl(id, 0, SETALL, (union argument){.array = (unsigned short[]){1, 0}});
    int ready[2];
    pipe(ready);
    child = fork();
    if (child == 0) {
        operate(id, 0, -1, SEM_UNDO);
        write(ready[1], "x", 1);
        while (semctl(id, 0, GETNCNT) == 0) usleep(1000);
        _exit(0);
    }
    read(ready[0], &(char){0}, 1);
    SHOW(operate(id, 0, -1, 0));
    say("child: %d", finish(child));
    child = fork();
    if (child == 0) {
        operate(id, 0, 3, SEM_UNDO);
        operate(id, 0, -2, 0);
        _exit(0);
    }
    finish(child);
    say("not below zero: %d", semctl(id, 0, GETVAL));
    /* SETVAL and SETALL clear adjustments. */
    child = fork();
    if (child == 0) {
        operate(id, 0, 3, SEM_UNDO);
        operate(id, 1, 3, SEM_UNDO);
        semctl(id, 0, SETVAL, (union argument){.val = 4});
        _exit(0);
    }
    finish(child);
    say("cleared: %d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
    /* Two processes take turns. */
    semctl(id, 0, SETALL, (union argument){.array = (unsigned short[]){0, 0}});
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            operate(id, 0, -1, 0);
            operate(id, 1, 1, 0);
        }
        _exit(0);
    }
    for (int i = 0; i < 1000; i++) {
        operate(id, 0, 1, 0);
        operate(id, 1, -1, 0);
    }
    say("child: %d", finish(child));
    say("turns: %d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
    /* Removed while another waits. */
    child = fork();
    if (child == 0) {
        long result = operate(id, 0, -1, 0);
        _exit(result == -1 && errno == EIDRM ? 7 : 1);
    }
    while (semctl(id, 0, GETNCNT) == 0) usleep(1000);
    SHOW(semctl(id, 0, IPC_RMID));
    say("child: %d", finish(child));
}

static void messages(void) {
    say("messages");
    struct { long type; char text[64]; } message = {1, ""};
    int id = msgget(IPC_PRIVATE, 0600);
    pid_t child = fork();
    if (child == 0) {
        long count = msgrcv(id, &message, sizeof message.text, 0, 0);
        message.type = 2;
        msgsnd(id, &message, count, 0);
        _exit(count);
    }
    strcpy(message.text, "there and back");
    SHOW(msgsnd(id, &message, 14, 0));
    strcpy(message.text, "");
    SHOW(msgrcv(id, &message, sizeof message.text, 2, 0));
    say("%s, child: %d", message.text, finish(child));
    struct msqid_ds ds;
    msgctl(id, IPC_STAT, &ds);
    say("sent by the child: %d, received by us: %d", ds.msg_lspid == child, ds.msg_lrpid == getpid());
    SHOW(msgctl(id, IPC_RMID, NULL));
}

int main(void) {
    memory();
    semaphores();
    messages();
    return 0;
}
