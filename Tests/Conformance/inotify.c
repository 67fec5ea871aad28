/* Covers: inotify_init inotify_init1 inotify_add_watch inotify_rm_watch */
/* Events of files and directories: inotify(7). */
#include "conformance.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <utime.h>

static const struct { uint32_t bit; const char *name; } names[] = {
    {IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"}, {IN_CLOSE_WRITE, "CLOSE_WRITE"},
    {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"}, {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},
    {IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
    {IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"}};
static int file;
static uint32_t cookie;

/* Reads what came and says it; cookies only as to whether they are the one before. */
static void events(const char *label) {
    char buffer[4096] __attribute__((aligned(8)));
    int bytes = -1;
    ioctl(file, FIONREAD, &bytes);
    long count = read(file, buffer, sizeof buffer);
    if (count < 0) {
        say("%s: %s, %d", label, errno_name(errno), bytes);
        return;
    }
    say("%s: %ld bytes of %d", label, count, bytes);
    for (long place = 0; place < count;) {
        struct inotify_event *event = (void *)(buffer + place);
        char text[256] = "";
        for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
            if (event->mask & names[i].bit) strcat(strcat(text, " "), names[i].name);
        say("  %d%s, length %d \"%s\"%s", event->wd, text, event->len, event->len ? event->name : "",
            !event->cookie ? "" : event->cookie == cookie ? ", the same cookie" : ", a new cookie");
        cookie = event->cookie;
        place += sizeof *event + event->len;
    }
}

static void errors(void) {
    char byte[8];
    SHOW(inotify_init1(1));
    int old = SHOW(inotify_init());
    SHOW(fcntl(old, F_GETFD));
    close(old);
    file = SHOW(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    SHOW(fcntl(file, F_GETFD));
    say("F_GETFL %lo", open_flags(fcntl(file, F_GETFL)));
    char link[64], name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    say_bytes("link", link, readlink(name, link, sizeof link));
    struct stat status;
    fstat(file, &status);
    say("mode %o", status.st_mode);
    SHOW(read(file, byte, 8));
    SHOW(read(file, byte, 0));
    SHOW(write(file, byte, 8));
    SHOW(lseek(file, 0, SEEK_CUR));
    make_file("file", "x", 1);
    SHOW(inotify_add_watch(file, "file", 0));
    SHOW(inotify_add_watch(file, "file", 0x10000));
    SHOW(inotify_add_watch(file, "file", IN_ONLYDIR));
    SHOW(inotify_add_watch(file, "file", IN_ONLYDIR | IN_OPEN));
    SHOW(inotify_add_watch(file, "missing", IN_OPEN));
    SHOW(inotify_add_watch(file, "", IN_OPEN));
    SHOW(inotify_add_watch(file, BAD_POINTER, IN_OPEN));
    SHOW(inotify_add_watch(99, "file", IN_OPEN));
    SHOW(inotify_add_watch(99, "file", 0));
    SHOW(inotify_add_watch(0, "file", IN_OPEN));
    SHOW(inotify_add_watch(file, "file", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
    SHOW(inotify_rm_watch(file, 1));
    SHOW(inotify_rm_watch(99, 1));
    SHOW(inotify_rm_watch(0, 1));
    SHOW(inotify_add_watch(file, "file", IN_UNMOUNT));
    SHOW(inotify_add_watch(file, "file", IN_OPEN | IN_MASK_CREATE));
    SHOW(inotify_add_watch(file, "file", IN_OPEN));
    SHOW(inotify_add_watch(file, "./file", IN_CLOSE | IN_MASK_ADD));
    close(open("file", O_RDONLY));
    struct pollfd entry = {file, POLLIN | POLLOUT, 0};
    poll(&entry, 1, 0);
    say("poll %x", entry.revents);
    SHOW(read(file, byte, 8));
    events("open and close");
    SHOW(inotify_add_watch(file, "file", IN_CLOSE));
    close(open("file", O_RDONLY));
    events("close alone");
    chmod("file", 0);
    seteuid(1000);
    SHOW(inotify_add_watch(file, "file", IN_CLOSE));
    seteuid(0);
    SHOW(inotify_rm_watch(file, 1));
    events("removed");
    SHOW(inotify_rm_watch(file, 1));
    SHOW(inotify_add_watch(file, "file", IN_ALL_EVENTS));
    chmod("file", 0644);
    close(file);
    unlink("file");
}

static void contents(void) {
    char bytes[64] = "";
    file = inotify_init1(IN_NONBLOCK);
    mkdir("folder", 0755);
    make_file("folder/file", "some contents", 13);
    SHOW(inotify_add_watch(file, "folder", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(file, "folder/file", IN_ALL_EVENTS));
    int one = open("folder/file", O_RDWR);
    events("open");
    read(one, bytes, 4);
    read(one, bytes, 4);
    events("two reads");
    read(one, bytes, 0);
    lseek(one, 0, SEEK_END);
    read(one, bytes, 4);
    events("reads of nothing");
    write(one, "x", 1);
    events("write");
    write(one, "x", 0);
    pread(one, bytes, 1, 0), pwrite(one, bytes, 1, 0);
    struct iovec part = {bytes, 4};
    preadv(one, &part, 1, 0), pwritev(one, &part, 1, 0);
    events("at places");
    ftruncate(one, 3);
    events("ftruncate");
    ftruncate(one, 3);
    truncate("folder/file", 5);
    events("truncates");
    posix_fallocate(one, 0, 100);
    events("fallocate");
    fchmod(one, 0600), chmod("folder/file", 0644);
    events("chmods");
    chown("folder/file", 1, 1);
    events("chown");
    utime("folder/file", NULL);
    events("utime");
    struct timespec times[2] = {{1, 0}, {0, UTIME_OMIT}};
    utimensat(AT_FDCWD, "folder/file", times, 0);
    events("the time of access");
    setxattr("folder/file", "user.name", "value", 5, 0);
    removexattr("folder/file", "user.name");
    events("attributes");
    times[0].tv_nsec = UTIME_OMIT, times[1].tv_nsec = 0;
    futimens(one, times);
    events("the time of modification");
    times[1].tv_nsec = UTIME_OMIT;
    futimens(one, times);
    events("no time");
    int copy = dup(one);
    close(one);
    events("a copy is open");
    close(copy);
    events("close");
    close(open("folder/file", O_WRONLY | O_TRUNC));
    events("truncated as it was opened");
    close(open("folder/file", O_PATH));
    close(open("folder/file", O_RDONLY | O_CREAT));
    events("open with O_CREAT");
    stat("folder/file", &(struct stat){0});
    access("folder/file", R_OK);
    open("folder/file", O_DIRECTORY);
    seteuid(1000);
    open("folder/file", O_WRONLY);
    seteuid(0);
    events("none");
    one = open("folder", O_RDONLY | O_DIRECTORY);
    syscall(SYS_getdents64, one, bytes, 64);
    close(one);
    events("the folder itself");
    SHOW(inotify_rm_watch(file, 1));
    SHOW(inotify_rm_watch(file, 2));
    events("removed");
    close(open("folder/file", O_RDONLY));
    events("nothing");
    unlink("folder/file"), rmdir("folder");
    close(file);
}

static void tree(void) {
    file = inotify_init1(IN_NONBLOCK);
    mkdir("a", 0755), mkdir("b", 0755);
    SHOW(inotify_add_watch(file, "a", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(file, "b", IN_ALL_EVENTS));
    int one = open("a/file", O_CREAT | O_WRONLY, 0644);
    events("created");
    close(one);
    mkdir("a/folder", 0755);
    events("mkdir");
    symlink("file", "a/link");
    events("symlink");
    link("a/file", "b/hard");
    events("link");
    mknod("a/fifo", S_IFIFO | 0644, 0);
    events("mknod");
    SHOW(inotify_add_watch(file, "a/file", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(file, "a/folder", IN_ALL_EVENTS));
    rename("a/file", "a/renamed");
    events("rename");
    rename("a/renamed", "b/moved");
    events("move");
    rename("a/folder", "b/folder");
    events("move of a folder");
    make_file("a/other", "", 0);
    events("made");
    SHOW(inotify_add_watch(file, "a/other", IN_ALL_EVENTS));
    rename("b/moved", "a/other");
    events("replaced");
    rename("a/other", "a/other");
    events("the same");
    syscall(SYS_renameat2, AT_FDCWD, "a/other", AT_FDCWD, "b/folder", 2);
    events("exchanged");
    syscall(SYS_renameat2, AT_FDCWD, "a/other", AT_FDCWD, "b/folder", 2);
    events("exchanged back");
    link("a/other", "a/second");
    events("second name");
    unlink("a/second");
    events("and removed");
    unlink("b/hard");
    events("hard link removed");
    one = open("a/other", O_RDONLY);
    events("opened");
    unlink("a/other");
    events("last name removed");
    char byte;
    fchmod(one, 0600);
    read(one, &byte, 1);
    close(one);
    events("closed");
    rmdir("b/folder");
    events("rmdir");
    unlink("a/link"), unlink("a/fifo");
    events("unlinks");
    rmdir("a"), rmdir("b");
    events("both gone");
    SHOW(inotify_rm_watch(file, 1));
    close(file);
}

static void manners(void) {
    file = inotify_init1(IN_NONBLOCK);
    mkdir("folder", 0755);
    make_file("folder/file", "x", 1);
    symlink("folder", "link");
    int one = SHOW(inotify_add_watch(file, "folder/file", IN_OPEN | IN_ONESHOT));
    close(open("folder/file", O_RDONLY));
    close(open("folder/file", O_RDONLY));
    events("once");
    SHOW(inotify_rm_watch(file, one));
    SHOW(inotify_add_watch(file, "link", IN_ALL_EVENTS));
    SHOW(inotify_add_watch(file, "link", IN_ALL_EVENTS | IN_DONT_FOLLOW));
    SHOW(inotify_add_watch(file, "link", IN_ALL_EVENTS | IN_ONLYDIR));
    SHOW(inotify_add_watch(file, "link", IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW));
    unlink("link");
    events("the link itself");
    SHOW(inotify_add_watch(file, "folder", IN_OPEN | IN_CLOSE | IN_EXCL_UNLINK));
    int opened = open("folder/file", O_RDONLY);
    unlink("folder/file");
    events("opened");
    close(opened);
    events("after unlink");
    SHOW(inotify_add_watch(file, "folder", IN_OPEN | IN_CLOSE));
    make_file("folder/file", "x", 1);
    opened = open("folder/file", O_RDONLY);
    unlink("folder/file");
    close(opened);
    events("without IN_EXCL_UNLINK");
    /* Equal events in a row are one. */
    make_file("folder/file", "x", 1);
    events("made");
    SHOW(inotify_add_watch(file, "folder", IN_ALL_EVENTS));
    for (int i = 0; i < 5; i++) chmod("folder/file", 0600);
    chmod("folder", 0755);
    chmod("folder/file", 0600);
    events("equal ones");
    /* A buffer for part of it. */
    struct inotify_event event[2];
    close(open("folder/file", O_RDONLY));
    chmod("folder", 0755);
    SHOW(read(file, event, 31));
    SHOW(read(file, event, 32));
    SHOW(read(file, BAD_POINTER, 64));
    events("the rest");
    chmod("folder", 0755);
    struct iovec parts[2] = {{event, 10}, {event + 1, 10}};
    SHOW(readv(file, parts, 2));
    events("left");
    /* Names of every length. */
    for (int length = 14; length < 34; length += 3) {
        char name[64] = "folder/", label[32];
        memset(name + 7, 'n', length);
        mkdir(name, 0755);
        snprintf(label, sizeof label, "length %d", length);
        events(label);
        rmdir(name);
        events("rmdir");
    }
    close(file);

    /* More than there is room for. */
    file = inotify_init1(IN_NONBLOCK);
    inotify_add_watch(file, "folder", IN_OPEN | IN_CLOSE);
    for (int i = 0; i < 9000; i++) close(open("folder/file", O_RDONLY));
    int bytes = 0;
    ioctl(file, FIONREAD, &bytes);
    say("FIONREAD %d", bytes);
    static char buffer[1 << 20] __attribute__((aligned(8)));
    long count = read(file, buffer, sizeof buffer);
    struct inotify_event *last = (void *)(buffer + count - sizeof *last);
    say("%ld bytes, the last %d %x", count, last->wd, last->mask);
    close(open("folder/file", O_RDONLY));
    events("after");
    close(file);
    unlink("folder/file"), rmdir("folder");
}

static void *act(void *argument) {
    struct timespec time = {0, 30000000};
    for (int i = 0; i < 3; i++) {
        nanosleep(&time, NULL);
        make_file("file", "x", 1);
        nanosleep(&time, NULL);
        unlink("file");
    }
    return NULL;
}
static void waiting(void) {
    pthread_t thread;
    file = inotify_init();
    int set = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u64 = 3}};
    epoll_ctl(set, EPOLL_CTL_ADD, file, &event);
    inotify_add_watch(file, ".", IN_CREATE | IN_DELETE);
    SHOW(epoll_wait(set, &event, 1, 0));
    pthread_create(&thread, NULL, act, NULL);
    for (int i = 0; i < 3; i++) {
        SHOW(epoll_wait(set, &event, 1, 5000));
        events("watched");
        events("waited for");
    }
    pthread_join(thread, NULL);
    SHOW(epoll_wait(set, &event, 1, 0));
    close(set), close(file);
}

int main(void) {
    enter_scratch();
    errors();
    contents();
    tree();
    manners();
    waiting();
    return 0;
}
