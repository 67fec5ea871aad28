/* Many of the C library's calls, again and again: how many of them come by a jump is what counts. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 200;
    char buffer[256];
    long sum = 0;
    for (int round = 0; round < rounds; round++) {
        struct stat status;
        struct utsname name;
        struct rusage usage;
        struct timespec now, none = {0, 1};
        struct iovec parts[2] = {{buffer, 10}, {buffer + 10, 20}};
        sigset_t set;
        int ends[2];
        int file = open("/tmp/calls", O_RDWR | O_CREAT, 0600);
        sum += write(file, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
        sum += lseek(file, 0, SEEK_SET);
        sum += read(file, buffer, 10);
        sum += pread(file, buffer, 20, 3) + pwrite(file, buffer, 5, 40);
        sum += readv(file, parts, 2) + writev(file, parts, 2);
        sum += fstat(file, &status) + stat("/tmp", &status) + lstat("/etc/passwd", &status);
        sum += ftruncate(file, 100) + fsync(file) + fchmod(file, 0644);
        sum += fcntl(file, F_GETFL) + fcntl(file, F_SETFD, FD_CLOEXEC);
        int copy = dup(file);
        sum += close(copy) + close(file);
        sum += rename("/tmp/calls", "/tmp/other") + access("/tmp/other", R_OK) + unlink("/tmp/other");
        sum += mkdir("/tmp/folder", 0755) + chdir("/tmp/folder") + chdir("/") + rmdir("/tmp/folder");
        sum += symlink("/etc", "/tmp/link") + (readlink("/tmp/link", buffer, 100) > 0) + unlink("/tmp/link");
        sum += pipe(ends);
        struct pollfd waiting = {ends[1], POLLOUT, 0};
        sum += poll(&waiting, 1, 10) + close(ends[0]) + close(ends[1]);
        void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        sum += mprotect(memory, 4096, PROT_READ) + munmap(memory, 8192);
        sum += (getppid() >= 0) + (getuid() + geteuid() + getgid() + getegid() == 4 * getuid());
        sum += uname(&name) + getrusage(RUSAGE_SELF, &usage) + (getcwd(buffer, 200) != NULL);
        sum += clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) + nanosleep(&none, NULL);
        sigemptyset(&set);
        sum += sigprocmask(SIG_BLOCK, &set, NULL) + (signal(SIGUSR1, SIG_IGN) == SIG_ERR);
        sum += raise(SIGUSR1) + (getpgrp() > 0) + umask(022) + (getpriority(PRIO_PROCESS, 0) < 100);
    }
    printf("sum %ld\n", sum);
    return 0;
}
