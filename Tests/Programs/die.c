/* die exit N · die signal N · die fault: ends as told. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "";
    int number = count > 2 ? atoi(arguments[2]) : 0;
    puts("before");
    fflush(stdout);
    if (!strcmp(how, "exit")) _exit(number);
    if (!strcmp(how, "signal")) kill(getpid(), number);
    if (!strcmp(how, "abort")) abort();
    if (!strcmp(how, "fault")) *(volatile int *)16 = 1;
    puts("still here");
    return 99;
}
