/* Covers: set_tid_address set_robust_list get_robust_list */
#include "conformance.h"

int main(void) {
    static int word;
    HOLDS(syscall(SYS_set_tid_address, &word) == getpid());
    HOLDS(syscall(SYS_set_tid_address, NULL) == getpid());
    static void *list[3];
    list[0] = list;
    void *head = NULL;
    size_t size = 0;
    SHOW(syscall(SYS_set_robust_list, list, 24L));
    SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
    HOLDS(head == list && size == 24);
    SHOW(syscall(SYS_set_robust_list, list, 20L));
    SHOW(syscall(SYS_get_robust_list, 0x3fffffff, &head, &size));
    SHOW(syscall(SYS_get_robust_list, 0, BAD_POINTER, &size));
    return 0;
}
