/* Covers: shmget shmat shmdt shmctl */
#include "conformance.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif
#ifndef SHM_NORESERVE
#define SHM_NORESERVE 010000
#endif
#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif
#define KEY 0x4d415254

static long attach(const char *text, int id, const void *at, int flags) {
    errno = 0;
    void *address = shmat(id, at, flags);
    if (address == (void *)-1) {
        say("%s: %s", text, errno_name(errno));
        return 0;
    }
    say("%s: ok", text);
    return (long)address;
}

static void show_status(const char *label, int id) {
    struct shmid_ds ds;
    memset(&ds, 0xff, sizeof ds);
    if (shmctl(id, IPC_STAT, &ds)) {
        say("%s: %s", label, errno_name(errno));
        return;
    }
    struct ipc_perm *perm = &ds.shm_perm;
    say("%s: key %x uid %u gid %u cuid %u cgid %u mode %o size %lu nattch %lu", label, perm->__key,
        perm->uid, perm->gid, perm->cuid, perm->cgid, (unsigned)perm->mode, (unsigned long)ds.shm_segsz,
        (unsigned long)ds.shm_nattch);
    say("  created by us %d, last by us %d, attached %d, detached %d, changed %d",
        ds.shm_cpid == getpid(), ds.shm_lpid == getpid(), ds.shm_atime != 0, ds.shm_dtime != 0,
        ds.shm_ctime != 0);
}

static unsigned long attached(int id) {
    struct shmid_ds ds;
    return shmctl(id, IPC_STAT, &ds) ? 99 : ds.shm_nattch;
}

/* A file without the columns that differ from run to run: process numbers, times. */
static void show_file(const char *path) {
    char text[4096];
    int file = open(path, O_RDONLY);
    if (file < 0) {
        say("%s: %s", path, errno_name(errno));
        return;
    }
    long count = read(file, text, sizeof text - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *word = line, kept[256] = "";
        for (int column = 0; column < 16 && *word; column++) {
            while (*word == ' ') word++;
            int length = strcspn(word, " ");
            if (column == 4 || column == 5 || (column >= 11 && column <= 13)) snprintf(kept + strlen(kept), 9, " -");
            else snprintf(kept + strlen(kept), sizeof kept - strlen(kept), " %.*s", length, word);
            word += length;
        }
        say("%s:%s (%d)", path, kept, (int)strlen(line) >= 140);
    }
}

static void show_setting(const char *path) {
    char text[128];
    int file = open(path, O_RDONLY);
    long count = file < 0 ? -1 : read(file, text, sizeof text);
    if (count < 0) say("%s: %s", path, errno_name(errno));
    else say_bytes(path, text, count);
    close(file);
}

static void getting(void) {
    say("shmget");
    SHOW(shmget(KEY, 4096, 0600));
    SHOW(shmget(KEY, 0, IPC_CREAT | 0600));
    SHOW(shmget(IPC_PRIVATE, 0, 0600));
    SHOW(shmget(KEY, -1UL, IPC_CREAT | 0600));
    SHOW(shmget(KEY, LONG_MAX, IPC_CREAT | 0600));
    SHOW(shmget(KEY, 1UL << 50, IPC_CREAT | 0600));
    SHOW(shmget(KEY, 4096, IPC_CREAT | SHM_HUGETLB | 0600));
    SHOW(shmget(KEY, 4096, IPC_CREAT | SHM_HUGETLB | 13 << 26 | 0600));
    int id = SHOW(shmget(KEY, 10000, IPC_CREAT | 0640));
    SHOW(shmget(KEY, 10000, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(shmget(KEY, 10000, IPC_CREAT | 0600));
    SHOW(shmget(KEY, 5000, 0));
    SHOW(shmget(KEY, 0, 0));
    SHOW(shmget(KEY, 10001, 0));
    SHOW(shmget(KEY, 10000, IPC_EXCL));
    int large = SHOW(shmget(IPC_PRIVATE, 1UL << 40, SHM_NORESERVE | 0600));
    SHOW(shmctl(large, IPC_RMID, NULL));
    show_status("new", id);
    SHOW(shmctl(id, IPC_RMID, NULL));
    show_status("removed", id);
    SHOW(shmget(KEY, 0, 0));
    /* Identifiers come in turn, and go on where others went. */
    int ids[70];
    for (int i = 0; i < 70; i++) {
        ids[i] = shmget(IPC_PRIVATE, 1, 0600);
        if (i < 3 || i > 58) say("identifier %d: %d", i, ids[i]);
        shmctl(ids[i], IPC_RMID, NULL);
    }
    SHOW(shmctl(ids[69], IPC_RMID, NULL));
    SHOW(shmctl(ids[0], IPC_RMID, NULL));
}

static void attaching(void) {
    say("shmat");
    int id = shmget(KEY, 10000, IPC_CREAT | 0600);
    char *first = (char *)attach("first", id, NULL, 0);
    HOLDS(((long)first & 4095) == 0);
    show_status("attached", id);
    strcpy(first + 9990, "word");
    char *second = (char *)attach("read only", id, NULL, SHM_RDONLY);
    HOLDS(first != second);
    HOLDS(!strcmp(second + 9990, "word"));
    HOLDS(first[12287] == 0);
    show_status("twice", id);
    SHOW(mprotect(second, 4096, PROT_READ | PROT_WRITE));
    SHOW(mprotect(second, 4096, PROT_READ | PROT_EXEC));
    say("a cut mapping: %lu", attached(id));
    SHOW(shmdt(second));
    say("its parts go together: %lu", attached(id));
    SHOW(shmdt(second));
    SHOW(shmdt(first + 4096));
    SHOW(shmdt(first + 1));
    SHOW(shmdt(NULL));
    SHOW(munmap(first + 4096, 4096));
    say("a hole: %lu", attached(id));
    SHOW(shmdt(first));
    show_status("detached", id);

    /* Where the program says. */
    char *room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    attach("over what is there", id, room, 0);
    attach("unaligned", id, room + 100, 0);
    attach("rounded over what is there", id, room + 100, SHM_RND);
    munmap(room + 65536, 65536);
    HOLDS(attach("in a hole", id, room + 65536, 0) == (long)room + 65536);
    SHOW(shmdt(room + 65536));
    HOLDS(attach("rounded", id, room + 65536 + 17, SHM_RND) == (long)room + 65536);
    SHOW(shmdt(room + 65536));
    attach("remap of nothing", id, NULL, SHM_REMAP);
    attach("remap rounded to nothing", id, (void *)100, SHM_RND | SHM_REMAP);
    room[8192] = 'x';
    HOLDS(attach("remap", id, room + 8192, SHM_REMAP) == (long)room + 8192);
    HOLDS(room[8192] == 0);
    HOLDS(!strcmp(room + 8192 + 9990, "word"));
    say("remapped: %lu", attached(id));
    SHOW(shmdt(room + 8192));
    unsigned char *code = (unsigned char *)attach("executable", id, NULL, SHM_EXEC);
    say("executable: %lu", attached(id));
    SHOW(shmdt(code));
    attach("no identifier", -1, NULL, 0);
    attach("another identifier", id + 1, NULL, 0);
    attach("another number", id + 32768, NULL, 0);

    /* mremap: a second mapping, a move. */
    first = (char *)attach("first", id, NULL, 0);
    second = mremap(first, 0, 12288, MREMAP_MAYMOVE);
    HOLDS(second != MAP_FAILED && second != first && !strcmp(second + 9990, "word"));
    say("doubled: %lu", attached(id));
    char *third = mremap(second, 12288, 12288, MREMAP_MAYMOVE | MREMAP_FIXED, room);
    HOLDS(third == room && !strcmp(room + 9990, "word"));
    say("moved: %lu", attached(id));
    SHOW(shmdt(room));
    SHOW(shmdt(first));
    say("none: %lu", attached(id));

    /* Two side by side stay two. */
    munmap(room, 1 << 20);
    attach("below", id, room, 0);
    attach("above", id, room + 12288, 0);
    say("side by side: %lu", attached(id));
    SHOW(shmdt(room));
    say("one left: %lu", attached(id));
    SHOW(shmdt(room + 12288));

    /* Removed while it is mapped: no key any more, and found by its number until it goes. */
    first = (char *)attach("last", id, NULL, 0);
    SHOW(shmctl(id, IPC_RMID, NULL));
    show_status("doomed", id);
    SHOW(shmget(KEY, 0, 0));
    second = (char *)attach("doomed", id, NULL, 0);
    HOLDS(!strcmp(second + 9990, "word"));
    SHOW(shmdt(first));
    show_status("doomed", id);
    SHOW(munmap(second, 12288));
    show_status("gone", id);
}

static void controlling(void) {
    say("shmctl");
    struct shmid_ds ds;
    int id = shmget(KEY, 5000, IPC_CREAT | 0600);
    SHOW(shmctl(-1, IPC_STAT, &ds));
    SHOW(shmctl(id, -1, &ds));
    SHOW(shmctl(id, 99, &ds));
    SHOW(shmctl(id + 1, IPC_STAT, &ds));
    SHOW(shmctl(id, IPC_STAT, BAD_POINTER));
    SHOW(shmctl(id, IPC_SET, BAD_POINTER));
    SHOW(shmctl(id, IPC_STAT, &ds));
    ds.shm_perm.uid = 1000;
    ds.shm_perm.gid = 1001;
    ds.shm_perm.mode = 07654;
    SHOW(shmctl(id, IPC_SET, &ds));
    show_status("set", id);
    ds.shm_perm.uid = -1;
    SHOW(shmctl(id, IPC_SET, &ds));
    SHOW(shmctl(id, SHM_LOCK, NULL));
    show_status("locked", id);
    SHOW(shmctl(id, SHM_LOCK, NULL));
    SHOW(shmctl(id, SHM_UNLOCK, NULL));
    SHOW(shmctl(id, SHM_UNLOCK, NULL));
    show_status("unlocked", id);
    char *bytes = (char *)attach("to fill", id, NULL, 0);
    bytes[0] = bytes[4096] = 1;
    struct shminfo info;
    struct { int used; unsigned long total, resident, swapped, attempts, successes; } usage;
    memset(&info, 0xff, sizeof info);
    memset(&usage, 0xff, sizeof usage);
    int index = SHOW(shmctl(0, IPC_INFO, (void *)&info));
    say("shminfo: %lu %lu %lu %lu %lu", info.shmmax, info.shmmin, info.shmmni, info.shmseg, info.shmall);
    SHOW(shmctl(0, SHM_INFO, (void *)&usage));
    say("shm_info: %d %lu %lu %lu", usage.used, usage.total, usage.resident, usage.swapped);
    SHOW(shmctl(0, IPC_INFO, BAD_POINTER));
    SHOW(shmctl(0, SHM_INFO, BAD_POINTER));
    HOLDS(shmctl(index, SHM_STAT, &ds) == id);
    HOLDS(shmctl(index, SHM_STAT_ANY, &ds) == id);
    say("by index: size %lu", (unsigned long)ds.shm_segsz);
    SHOW(shmctl(index + 1, SHM_STAT, &ds));
    show_file("/proc/sysvipc/shm");
    show_setting("/proc/sys/kernel/shmmax");
    show_setting("/proc/sys/kernel/shmall");
    show_setting("/proc/sys/kernel/shmmni");
    show_setting("/proc/sys/kernel/shm_rmid_forced");

    /* The line in /proc/self/maps: name, offset and the segment's number. */
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    SHOW(munmap(bytes, 4096));
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "SYSV")) {
            unsigned long start, end, offset, number;
            char rights[8], name[64];
            sscanf(line, "%lx-%lx %7s %lx %*s %lu %63[^\n]", &start, &end, rights, &offset, &number, name);
            say("maps: %lu bytes %s offset %lx number %d \"%s\"", end - start, rights, offset, number == (unsigned)id, name);
        }
    fclose(maps);
    SHOW(shmdt(bytes));
    SHOW(shmctl(id, IPC_RMID, NULL));
}

static void permissions(void) {
    say("permissions");
    struct shmid_ds ds;
    int closed = shmget(KEY, 4096, IPC_CREAT | 0600);
    int open_to_all = shmget(KEY + 1, 4096, IPC_CREAT | 0666);
    int readable = shmget(KEY + 2, 4096, IPC_CREAT | 0604);
    int given = shmget(KEY + 3, 4096, IPC_CREAT | 0600);
    int of_group = shmget(KEY + 4, 4096, IPC_CREAT | 0060);
    shmctl(given, IPC_STAT, &ds);
    ds.shm_perm.uid = 1000;
    SHOW(shmctl(given, IPC_SET, &ds));
    ds.shm_perm.uid = 0;
    ds.shm_perm.gid = 2000;
    ds.shm_perm.mode = 0060;
    SHOW(shmctl(of_group, IPC_SET, &ds));
    gid_t groups[] = {2000};
    syscall(SYS_setgroups, 1, groups);
    SHOW(setresgid(1000, 1000, 1000));
    SHOW(setresuid(1000, 1000, 1000));
    SHOW(shmget(KEY, 0, 0));
    SHOW(shmget(KEY, 0, 0400));
    SHOW(shmget(KEY + 1, 0, 0666));
    SHOW(shmget(KEY + 2, 0, 0200));
    attach("closed", closed, NULL, SHM_RDONLY);
    shmdt((void *)attach("open", open_to_all, NULL, 0));
    attach("open, executable", open_to_all, NULL, SHM_EXEC);
    shmdt((void *)attach("readable", readable, NULL, SHM_RDONLY));
    attach("readable, to write", readable, NULL, 0);
    shmdt((void *)attach("given", given, NULL, 0));
    shmdt((void *)attach("of a group", of_group, NULL, 0));
    SHOW(shmctl(closed, IPC_STAT, &ds));
    SHOW(shmctl(closed & 32767, SHM_STAT, &ds));
    HOLDS(shmctl(closed & 32767, SHM_STAT_ANY, &ds) == closed);
    SHOW(shmctl(closed, IPC_RMID, NULL));
    SHOW(shmctl(open_to_all, IPC_SET, &ds));
    SHOW(shmctl(open_to_all, SHM_LOCK, NULL));
    SHOW(shmctl(open_to_all, SHM_UNLOCK, NULL));
    SHOW(shmctl(given, SHM_LOCK, NULL));
    SHOW(shmctl(given, SHM_UNLOCK, NULL));
    SHOW(shmctl(given, IPC_RMID, NULL));
    SHOW(shmget(IPC_PRIVATE, 4096, SHM_HUGETLB | 0600));
}

int main(void) {
    getting();
    attaching();
    controlling();
    permissions();
    return 0;
}
