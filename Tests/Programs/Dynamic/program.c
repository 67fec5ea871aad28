/* Calls a library of its own, and loads another one that is named. */
#include <dlfcn.h>
#include <stdio.h>

int outer(int value);
extern __thread int calls;

int main(int count, char **arguments) {
    printf("outer: %d, calls %d\n", outer(20), calls);
    if (count < 2) return 64;
    void *plugin = dlopen(arguments[1], RTLD_NOW);
    if (!plugin) {
        puts("no plugin");
        return 1;
    }
    int (*answer)(void) = (int (*)(void))dlsym(plugin, "answer");
    printf("plugin: %d\n", answer());
    return dlclose(plugin);
}
