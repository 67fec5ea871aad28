/* The smallest useful program: a line, its arguments, exit 0. */
#include <stdio.h>

int main(int count, char **arguments) {
    printf("hello");
    for (int i = 1; i < count; i++) printf(" %s", arguments[i]);
    printf("\n");
    return 0;
}
