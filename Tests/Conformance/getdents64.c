/* Covers: getdents64 getdents */
#include "conformance.h"

struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

/* Lists a directory through a buffer of `size` bytes, sorted, as "name type". */
static void list(int folder, size_t size) {
    static char buffer[4096], lines[300][300];
    char *sorted[300];
    int count = 0, calls = 0, badly_formed = 0;
    for (;;) {
        long length = syscall(SYS_getdents64, folder, buffer, size);
        if (length < 0) { say("getdents64: %s", errno_name(errno)); return; }
        if (length == 0) break;
        calls++;
        for (long at = 0; at < length;) {
            struct entry *e = (struct entry *)(buffer + at);
            if (e->length % 8 || e->length < 20 + strlen(e->name) || e->inode == 0) badly_formed++;
            snprintf(lines[count], 300, "%s %d", e->name, e->type);
            sorted[count] = lines[count];
            count++;
            at += e->length;
        }
    }
    qsort(sorted, count, sizeof *sorted, compare);
    say("%d entries in %s, %d badly formed", count, calls > 1 ? "several calls" : "one call", badly_formed);
    for (int i = 0; i < count && i < 20; i++) say("  %s", sorted[i]);
}

int main(void) {
    enter_scratch();
    char buffer[1024];
    make_file("file", "", 0);
    mkdir("folder", 0755);
    symlink("file", "link");
    int here = open(".", O_RDONLY | O_DIRECTORY);
    list(here, 4096);
    SHOW(syscall(SYS_getdents64, here, buffer, 1024));
    SHOW(lseek(here, 0, SEEK_SET));
    list(here, 64);
    SHOW(lseek(here, 0, SEEK_SET));
    SHOW(syscall(SYS_getdents64, here, buffer, 10));
    SHOW(syscall(SYS_getdents64, here, BAD_POINTER, 1024));
    int file = open("file", O_RDONLY);
    SHOW(syscall(SYS_getdents64, file, buffer, 1024));
    SHOW(syscall(SYS_getdents64, 99, buffer, 1024));

    int empty = open("folder", O_RDONLY);
    list(empty, 4096);
    /* An open directory that was removed has no entries. */
    rmdir("folder");
    lseek(empty, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents64, empty, buffer, 1024));

    /* Removing while reading skips nothing that stays. */
    mkdir("many", 0755);
    chdir("many");
    for (int i = 0; i < 200; i++) {
        snprintf(buffer, sizeof buffer, "entry-%03d", i);
        make_file(buffer, "", 0);
    }
    int many = open(".", O_RDONLY);
    int seen = 0;
    for (;;) {
        long length = syscall(SYS_getdents64, many, buffer, sizeof buffer);
        if (length <= 0) break;
        for (long at = 0; at < length;) {
            struct entry *e = (struct entry *)(buffer + at);
            if (e->name[0] != '.') {
                seen++;
                unlink(e->name);
            }
            at += e->length;
        }
    }
    say("saw and removed %d", seen);
    lseek(many, 0, SEEK_SET);
    list(many, 4096);
    SHOW(rmdir("../many"));

    /* The old form: the type is the record's last byte. */
    SHOW(chdir(".."));
    lseek(here, 0, SEEK_SET);
    long length = syscall(SYS_getdents, here, buffer, sizeof buffer);
    int names = 0, types = 0;
    for (long at = 0; at < length;) {
        unsigned short size = *(unsigned short *)(buffer + at + 16);
        names++;
        types |= 1 << buffer[at + size - 1];
        at += size;
    }
    say("getdents: %d names, types %x", names, types);
    SHOW(syscall(SYS_getdents, file, buffer, 1024));
    return 0;
}
