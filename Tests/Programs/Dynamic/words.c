#include <stdio.h>

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) printf("%d: %s\n", i, i == 2 ? "the script" : arguments[i]);
    return 0;
}
