/* Covers: msgget msgsnd msgrcv msgctl */
#include "conformance.h"

#include <sys/ipc.h>
#include <sys/msg.h>

#include "sleepers.h"

#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#define KEY 0x4d415254

struct message {
    long type;
    char text[9000];
};

static void show_status(const char *label, int id) {
    struct msqid_ds ds;
    memset(&ds, 0xff, sizeof ds);
    if (msgctl(id, IPC_STAT, &ds)) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    struct ipc_perm *perm = &ds.msg_perm;
    say("%s: key %x uid %u gid %u cuid %u cgid %u mode %o qnum %lu qbytes %lu", label, perm->__key,
        perm->uid, perm->gid, perm->cuid, perm->cgid, (unsigned)perm->mode, (unsigned long)ds.msg_qnum,
        (unsigned long)ds.msg_qbytes);
    say("  bytes %lu, sent by us %d, received by us %d, sent %d, received %d, changed %d",
        *(unsigned long *)((char *)&ds + 72), ds.msg_lspid == getpid(), ds.msg_lrpid == getpid(),
        ds.msg_stime != 0, ds.msg_rtime != 0, ds.msg_ctime != 0);
}

static int send(int id, long type, const char *text, int flags) {
    struct message message = {type, ""};
    strcpy(message.text, text);
    return msgsnd(id, &message, strlen(text), flags);
}
static void receive(int id, long type, long size, int flags) {
    struct message message;
    memset(&message, 'x', sizeof message);
    errno = 0;
    long count = msgrcv(id, &message, size, type, flags);
    if (count < 0) say("receive type %ld size %ld flags %o: %s", type, size, flags, errno_name(errno));
    else {
        say("receive type %ld size %ld flags %o: type %ld", type, size, flags, message.type);
        say_bytes("  text", message.text, count < 40 ? count : 40);
    }
}

static void getting(void) {
    say("msgget");
    SHOW(msgget(KEY, 0600));
    int id = SHOW(msgget(KEY, IPC_CREAT | 0640));
    SHOW(msgget(KEY, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(msgget(KEY, IPC_CREAT | 0600));
    SHOW(msgget(KEY, 0));
    int other = SHOW(msgget(IPC_PRIVATE, 0600));
    show_status("new", id);
    SHOW(msgctl(id, IPC_RMID, NULL));
    show_status("removed", id);
    SHOW(msgctl(id, IPC_RMID, NULL));
    SHOW(msgctl(other, IPC_RMID, NULL));
}

static void passing(void) {
    say("msgsnd and msgrcv");
    struct message message = {1, ""};
    int id = msgget(KEY, IPC_CREAT | 0600);
    SHOW(msgsnd(-1, &message, 1, 0));
    SHOW(msgsnd(id + 1, &message, 1, 0));
    SHOW(msgsnd(id, &message, -1, 0));
    SHOW(msgsnd(id, &message, 8193, 0));
    message.type = 0;
    SHOW(msgsnd(id, &message, 1, 0));
    message.type = -1;
    SHOW(msgsnd(id, &message, 1, 0));
    SHOW(msgsnd(id, BAD_POINTER, 1, 0));
    SHOW(msgsnd(id, BAD_POINTER, -1, 0));
    SHOW(msgrcv(-1, &message, 1, 0, 0));
    SHOW(msgrcv(id + 1, &message, 1, 0, 0));
    SHOW(msgrcv(id, &message, -1, 0, 0));
    receive(id, 0, 10, IPC_NOWAIT);
    SHOW(send(id, 5, "five", 0));
    SHOW(send(id, 3, "three", 0));
    SHOW(send(id, 4, "four", 0));
    SHOW(send(id, 3, "three again", 0));
    SHOW(send(id, 1, "", 0));
    SHOW(send(id, LONG_MAX, "most", 0));
    show_status("six", id);
    /* Copies leave the queue alone. */
    receive(id, 0, 100, MSG_COPY | IPC_NOWAIT);
    receive(id, 3, 100, MSG_COPY | IPC_NOWAIT);
    receive(id, 5, 100, MSG_COPY | IPC_NOWAIT);
    receive(id, 6, 100, MSG_COPY | IPC_NOWAIT);
    receive(id, -1, 100, MSG_COPY | IPC_NOWAIT);
    receive(id, 3, 4, MSG_COPY | IPC_NOWAIT);
    receive(id, 3, 4, MSG_COPY | IPC_NOWAIT | MSG_NOERROR);
    receive(id, 3, 100, MSG_COPY);
    receive(id, 3, 100, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT);
    /* By type. */
    receive(id, 4, 100, 0);
    receive(id, 4, 100, IPC_NOWAIT);
    receive(id, -2, 100, 0);
    receive(id, -2, 100, IPC_NOWAIT);
    receive(id, -4, 100, 0);
    receive(id, 5, 100, MSG_EXCEPT);
    receive(id, LONG_MIN, 100, 0);
    receive(id, 0, 3, 0);
    receive(id, 0, 3, MSG_NOERROR);
    receive(id, 0, 0, IPC_NOWAIT);
    show_status("empty", id);
    SHOW(send(id, 1, "kept", 0));
    SHOW(msgrcv(id, BAD_POINTER, 100, 0, 0));
    receive(id, 0, 100, IPC_NOWAIT);
    /* As many as fit: by bytes, and by number. */
    memset(message.text, 'm', sizeof message.text);
    message.type = 1;
    SHOW(msgsnd(id, &message, 8192, 0));
    SHOW(msgsnd(id, &message, 8191, 0));
    SHOW(msgsnd(id, &message, 2, IPC_NOWAIT));
    SHOW(msgsnd(id, &message, 1, IPC_NOWAIT));
    SHOW(msgsnd(id, &message, 1, IPC_NOWAIT));
    SHOW(msgsnd(id, &message, 0, IPC_NOWAIT));
    show_status("full", id);
    SHOW(msgrcv(id, &message, 8192, 0, 0));
    HOLDS(message.text[0] == 'm' && message.text[8191] == 'm');
    int sent = 0;
    while (!msgsnd(id, &message, 0, IPC_NOWAIT)) sent++;
    say("empty messages: %d, then %s", sent, errno_name(errno));
    SHOW(msgctl(id, IPC_RMID, NULL));
}

static void controlling(void) {
    say("msgctl");
    struct msqid_ds ds;
    int id = msgget(KEY, IPC_CREAT | 0600);
    SHOW(msgctl(-1, IPC_STAT, &ds));
    SHOW(msgctl(id, -1, &ds));
    SHOW(msgctl(id, 99, &ds));
    SHOW(msgctl(id + 1, IPC_STAT, &ds));
    SHOW(msgctl(id, IPC_STAT, BAD_POINTER));
    SHOW(msgctl(id, IPC_SET, BAD_POINTER));
    SHOW(msgctl(id, IPC_STAT, &ds));
    ds.msg_perm.uid = 1000;
    ds.msg_perm.gid = 1001;
    ds.msg_perm.mode = 07654;
    ds.msg_qbytes = 100;
    SHOW(msgctl(id, IPC_SET, &ds));
    show_status("set", id);
    ds.msg_qbytes = 16384;
    SHOW(msgctl(id, IPC_SET, &ds));
    show_status("as large as can be", id);
    ds.msg_perm.uid = -1;
    SHOW(msgctl(id, IPC_SET, &ds));
    SHOW(send(id, 1, "word", 0));
    struct msginfo info;
    memset(&info, 0xff, sizeof info);
    int index = SHOW(msgctl(0, IPC_INFO, (void *)&info));
    say("msginfo: %d %d %d %d %d %d %d %d", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni,
        info.msgssz, info.msgtql, info.msgseg);
    SHOW(msgctl(0, MSG_INFO, (void *)&info));
    say("MSG_INFO: %d %d %d", info.msgpool, info.msgmap, info.msgtql);
    SHOW(msgctl(0, MSG_INFO, BAD_POINTER));
    HOLDS(msgctl(index, MSG_STAT, &ds) == id);
    HOLDS(msgctl(index, MSG_STAT_ANY, &ds) == id);
    SHOW(msgctl(index + 1, MSG_STAT, &ds));
    char text[1024];
    int file = open("/proc/sysvipc/msg", O_RDONLY), lines = 0;
    text[read(file, text, sizeof text - 1)] = 0;
    close(file);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (lines++ == 0) say("%s", line);
        else say("%.51s (%d)", line, (int)strlen(line));
    }
    static const char *const settings[] = {"msgmax", "msgmnb", "msgmni"};
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/sys/kernel/%s", settings[i]);
        file = open(path, O_RDONLY);
        say_bytes(path, text, read(file, text, sizeof text));
        close(file);
    }
    SHOW(msgctl(id, IPC_RMID, NULL));
}

/* Waits. */
static long wait_for(struct sleeper *sleeper) {
    struct message message;
    long count = msgrcv(sleeper->id, &message, (long)sleeper->extra, sleeper->number, 0);
    sleeper->got = count < 0 ? 0 : message.type;
    return count;
}
static long wait_for_other(struct sleeper *sleeper) {
    struct message message;
    long count = msgrcv(sleeper->id, &message, (long)sleeper->extra, sleeper->number, MSG_EXCEPT | MSG_NOERROR);
    sleeper->got = count < 0 ? 0 : message.type;
    return count;
}
static long wait_to_send(struct sleeper *sleeper) {
    struct message message = {7, ""};
    return msgsnd(sleeper->id, &message, sleeper->number, 0);
}
static void handler(int number, siginfo_t *information, void *context) {
    (void)number; (void)information; (void)context;
}

static void waiting(void) {
    say("waits");
    struct message message = {7, ""};
    int id = msgget(KEY, IPC_CREAT | 0600);
    struct sleeper a = {"any", wait_for, id, 0, (void *)100}, b = {"type 2", wait_for, id, 2, (void *)100},
        c = {"not type 2", wait_for_other, id, 2, (void *)2}, d = {"up to 3", wait_for, id, -3, (void *)100};
    begin_sleeper(&b);
    begin_sleeper(&c);
    begin_sleeper(&d);
    begin_sleeper(&a);
    SHOW(send(id, 2, "two", 0));
    end_sleeper(&b);
    SHOW(send(id, 9, "nine", 0));
    end_sleeper(&c);
    SHOW(send(id, 3, "three", 0));
    end_sleeper(&d);
    SHOW(send(id, 9, "any", 0));
    end_sleeper(&a);
    show_status("all taken", id);
    /* One whose buffer is too small is told so, and the next gets the message. */
    a = (struct sleeper){"too small", wait_for, id, 0, (void *)2};
    b = (struct sleeper){"large", wait_for, id, 0, (void *)100};
    begin_sleeper(&a);
    begin_sleeper(&b);
    SHOW(send(id, 1, "three", 0));
    end_sleeper(&a);
    end_sleeper(&b);
    /* The oldest first. */
    for (int i = 0; i < 2; i++) {
        a = (struct sleeper){"first", wait_for, id, 0, (void *)100};
        b = (struct sleeper){"second", wait_for, id, 0, (void *)100};
        begin_sleeper(&a);
        begin_sleeper(&b);
        SHOW(send(id, 11, "1", 0));
        end_sleeper(&a);
        SHOW(send(id, 12, "2", 0));
        end_sleeper(&b);
    }
    /* Room. */
    SHOW(msgsnd(id, &message, 8000, 0));
    SHOW(msgsnd(id, &message, 8000, 0));
    a = (struct sleeper){"sends 8000", wait_to_send, id, 8000};
    b = (struct sleeper){"sends 1000", wait_to_send, id, 1000};
    begin_sleeper(&a);
    SHOW(msgrcv(id, &message, 8000, 0, 0));
    end_sleeper(&a);
    begin_sleeper(&b);
    SHOW(msgrcv(id, &message, 8000, 0, 0));
    end_sleeper(&b);
    show_status("sent", id);
    SHOW(msgrcv(id, &message, 8000, 0, 0));
    SHOW(msgrcv(id, &message, 8000, 0, 0));
    /* A larger queue has room. */
    struct msqid_ds ds;
    msgctl(id, IPC_STAT, &ds);
    ds.msg_qbytes = 10;
    SHOW(msgctl(id, IPC_SET, &ds));
    a = (struct sleeper){"sends 11", wait_to_send, id, 11};
    begin_sleeper(&a);
    ds.msg_qbytes = 11;
    SHOW(msgctl(id, IPC_SET, &ds));
    end_sleeper(&a);
    /* Signals: not made again where a handler ran. */
    handle(SIGUSR1, handler, SA_RESTART);
    a = (struct sleeper){"interrupted sending", wait_to_send, id, 11};
    b = (struct sleeper){"interrupted receiving", wait_for, id, 8, (void *)100};
    begin_sleeper(&a);
    begin_sleeper(&b);
    pthread_kill(a.handle, SIGUSR1);
    end_sleeper(&a);
    pthread_kill(b.handle, SIGUSR1);
    end_sleeper(&b);
    /* Who waits when the queue goes. */
    a = (struct sleeper){"sending to what goes", wait_to_send, id, 11};
    b = (struct sleeper){"receiving from what goes", wait_for, id, 8, (void *)100};
    begin_sleeper(&a);
    begin_sleeper(&b);
    SHOW(msgctl(id, IPC_RMID, NULL));
    end_sleeper(&a);
    end_sleeper(&b);
}

static void permissions(void) {
    say("permissions");
    struct msqid_ds ds;
    int closed = msgget(KEY, IPC_CREAT | 0600);
    int readable = msgget(KEY + 1, IPC_CREAT | 0604);
    int writable = msgget(KEY + 2, IPC_CREAT | 0602);
    int given = msgget(KEY + 3, IPC_CREAT | 0600);
    msgctl(given, IPC_STAT, &ds);
    ds.msg_perm.uid = 1000;
    SHOW(msgctl(given, IPC_SET, &ds));
    setresgid(1000, 1000, 1000);
    SHOW(setresuid(1000, 1000, 1000));
    SHOW(msgget(KEY, 0));
    SHOW(msgget(KEY, 0600));
    SHOW(send(closed, 1, "x", 0));
    SHOW(send(readable, 1, "x", 0));
    SHOW(send(writable, 1, "x", 0));
    receive(closed, 0, 10, IPC_NOWAIT);
    receive(readable, 0, 10, IPC_NOWAIT);
    receive(writable, 0, 10, IPC_NOWAIT);
    SHOW(msgctl(writable, IPC_STAT, &ds));
    HOLDS(msgctl(writable & 32767, MSG_STAT_ANY, &ds) == writable);
    SHOW(msgctl(writable, IPC_SET, &ds));
    SHOW(msgctl(writable, IPC_RMID, NULL));
    SHOW(msgctl(given, IPC_STAT, &ds));
    ds.msg_qbytes = 16385;
    SHOW(msgctl(given, IPC_SET, &ds));
    ds.msg_qbytes = 16384;
    SHOW(msgctl(given, IPC_SET, &ds));
    SHOW(msgctl(given, IPC_RMID, NULL));
}

int main(void) {
    getting();
    passing();
    controlling();
    waiting();
    permissions();
    return 0;
}
