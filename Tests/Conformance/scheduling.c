/* Covers: sched_yield sched_getaffinity sched_setaffinity sched_getscheduler sched_setscheduler sched_getparam sched_setparam sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority setpriority getcpu */
#include "conformance.h"
#include <sched.h>
#include <sys/resource.h>

int main(void) {
    setpriority(PRIO_PROCESS, 0, 0); /* whoever runs the tests may be nice */
    unsigned long mask[16] = {0};
    SHOW(syscall(SYS_sched_yield));
    HOLDS(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) >= 8);
    HOLDS(mask[0] & 1);
    SHOW(syscall(SYS_sched_getaffinity, 0, 3L, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0x3fffffff, sizeof mask, mask));
    SHOW(syscall(SYS_sched_getaffinity, 0, sizeof mask, BAD_POINTER));
    mask[0] = 1;
    SHOW(syscall(SYS_sched_setaffinity, 0, 8L, mask));
    mask[0] = 0;
    SHOW(syscall(SYS_sched_setaffinity, 0, 8L, mask));
    SHOW(syscall(SYS_sched_setaffinity, 0x3fffffff, 8L, mask));
    SHOW(syscall(SYS_sched_getscheduler, 0));
    SHOW(syscall(SYS_sched_getscheduler, -1));
    SHOW(syscall(SYS_sched_getscheduler, 0x3fffffff));
    int parameter = 77;
    SHOW(syscall(SYS_sched_getparam, 0, &parameter));
    say("%d", parameter);
    SHOW(syscall(SYS_sched_getparam, 0, NULL));
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter));
    parameter = 5;
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter));
    SHOW(syscall(SYS_sched_setscheduler, 0, 99, &parameter));
    SHOW(syscall(SYS_sched_get_priority_max, SCHED_FIFO));
    SHOW(syscall(SYS_sched_get_priority_min, SCHED_FIFO));
    SHOW(syscall(SYS_sched_get_priority_max, SCHED_OTHER));
    SHOW(syscall(SYS_sched_get_priority_max, 99));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0)); /* 20 - nice */
    SHOW(syscall(SYS_getpriority, 9, 0));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0x3fffffff));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 7));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 100));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    SHOW(syscall(SYS_setpriority, 9, 0, 0));
    unsigned cpu = 1000, node = 1000;
    SHOW(syscall(SYS_getcpu, &cpu, &node, NULL));
    HOLDS(cpu < 1000 && node < 1000);
    SHOW(syscall(SYS_getcpu, NULL, NULL, NULL));
    SHOW(syscall(SYS_getcpu, BAD_POINTER, NULL, NULL));
    return 0;
}
