/* An ordinary Linux program: nothing in it knows of Martlet. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct utsname name;
    if (uname(&name) != 0) {
        perror("uname");
        return 1;
    }
    printf("Hello from %s %s, process %d", name.sysname, name.release, (int)getpid());
    for (int index = 1; index < argc; index++) printf(" %s", argv[index]);
    printf("\n");
    return 0;
}
