/* Prints the environment, sorted, the working directory and the arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

int main(int count, char **arguments) {
    char path[4096];
    int variables = 0;
    while (environ[variables]) variables++;
    qsort(environ, variables, sizeof *environ, compare);
    for (int i = 0; i < variables; i++) printf("[%s]\n", environ[i]);
    printf("in %s\n", getcwd(path, sizeof path) ? path : "nowhere");
    for (int i = 1; i < count; i++) printf("argument [%s]\n", arguments[i]);
    return 0;
}
