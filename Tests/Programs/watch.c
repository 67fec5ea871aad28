/* Watches standard input, or with "fill" standard output, by sets of epoll(7): edge-triggered, by a
 * set in a set, by poll(2) and select(2) of a set. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static int watch(int file, unsigned events) {
    int set = epoll_create1(0);
    struct epoll_event event = {events, {.fd = file}};
    if (epoll_ctl(set, EPOLL_CTL_ADD, file, &event) != 0) perror("EPOLL_CTL_ADD");
    return set;
}
static int happened(int set, int milliseconds) {
    struct epoll_event event;
    return epoll_wait(set, &event, 1, milliseconds);
}
static void say(const char *line) { write(1, line, strlen(line)); }

static int fill(void) {
    static char block[65536];
    int edge = watch(1, EPOLLOUT | EPOLLET);
    int first = happened(edge, 0);
    dprintf(2, "edge %d %d\n", first, happened(edge, 0));
    fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
    for (;;) {
        if (write(1, block, sizeof block) > 0) continue;
        /* What is on its way may make some room for a while. */
        struct pollfd room = {1, POLLOUT, 0};
        if (errno != EAGAIN || poll(&room, 1, 500) == 0) break;
    }
    int inner = watch(1, EPOLLOUT), outer = watch(inner, EPOLLIN);
    while (happened(edge, 0) > 0) {}
    dprintf(2, "full: %s\n", errno == EAGAIN ? "EAGAIN" : strerror(errno));
    dprintf(2, "outer %d\n", happened(outer, 10000));
    dprintf(2, "edge %d\n", happened(edge, 1000));
    return 0;
}

int main(int count, char **words) {
    if (count > 1 && !strcmp(words[1], "fill")) return fill();
    char bytes[256], line[256];
    int edge = watch(0, EPOLLIN | EPOLLET), inner = watch(0, EPOLLIN), outer = watch(inner, EPOLLIN);
    int outer_edge = watch(inner, EPOLLIN | EPOLLET);
    snprintf(line, sizeof line, "before %d %d %d\n", happened(edge, 0), happened(inner, 0), happened(outer, 0));
    say(line);
    for (int round = 0; round < 4; round++) {
        say("waiting\n");
        int result = -1;
        struct pollfd polled = {inner, POLLIN, 0};
        fd_set selected;
        FD_ZERO(&selected);
        FD_SET(inner, &selected);
        switch (round) {
        case 0: result = poll(&polled, 1, 20000); break;
        case 1: result = happened(outer, 20000); break;
        case 2: result = select(inner + 1, &selected, NULL, NULL, &(struct timeval){20, 0}); break;
        case 3: result = happened(edge, 20000); break;
        }
        snprintf(line, sizeof line, "round %d: %d\n", round, result);
        say(line);
        if (round < 3) result = happened(edge, 0);
        static const char *const names[] = {"edge", "edge", "level", "level", "outer edge", "outer edge"};
        const int sets[] = {edge, edge, inner, inner, outer_edge, outer_edge};
        for (int i = 0; i < 6; i++) {
            snprintf(line, sizeof line, "%s %d\n", names[i], i == 0 ? result : happened(sets[i], 0));
            say(line);
        }
        long length = read(0, bytes, sizeof bytes);
        snprintf(line, sizeof line, "read %ld, then %d\n", length, happened(outer, 0));
        say(line);
    }
    say("waiting\n");
    int ended = happened(outer, 20000), told = happened(edge, 0), again = happened(edge, 0);
    snprintf(line, sizeof line, "end %d, edge %d %d, read %ld\n", ended, told, again, (long)read(0, bytes, sizeof bytes));
    say(line);
    return 0;
}
