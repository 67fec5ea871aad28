/* Makes and joins 5000 threads: what one had is there again for the next. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void *nothing(void *argument) { return argument; }

int main(void) {
    for (int i = 0; i < 5000; i++) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, nothing, NULL);
        if (error) {
            printf("thread %d: %s\n", i, strerror(error));
            return 1;
        }
        pthread_join(thread, NULL);
    }
    puts("5000 threads");
    return 0;
}
