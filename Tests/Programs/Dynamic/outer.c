/* A library with a constructor and thread-local data, which needs another one. */
#include <stdio.h>

int inner(int value);
__thread int calls = 7;
static int started;

__attribute__((constructor)) static void start(void) { started = 1; }
int outer(int value) {
    calls++;
    return inner(value) + started;
}
