/* Covers: sched_getattr sched_rr_get_interval */
#include "conformance.h"
#include <sched.h>
#include <sys/resource.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
    uint64_t beyond[3];
};
static void print(void) {
    struct attributes attributes;
    memset(&attributes, 0x55, sizeof attributes);
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 48, 0));
    say("size %u policy %u flags %llu nice %d priority %u beyond %x", attributes.size, attributes.policy,
        (unsigned long long)attributes.flags, attributes.nice, attributes.priority, attributes.least);
}

int main(void) {
    setpriority(PRIO_PROCESS, 0, 0); /* whoever runs the tests may be nice */
    struct attributes attributes;
    memset(&attributes, 0x55, sizeof attributes);
    struct timespec time = {77, 77};
    print();
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 56, 0));
    say("size %u", attributes.size);
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 80, 0));
    say("size %u beyond %llx", attributes.size, (unsigned long long)attributes.beyond[2]);
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 47, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 4097, 0));
    SHOW(syscall(SYS_sched_getattr, 0, NULL, 48, 0));
    SHOW(syscall(SYS_sched_getattr, 0, BAD_POINTER, 48, 0));
    SHOW(syscall(SYS_sched_getattr, 0, &attributes, 48, 1));
    SHOW(syscall(SYS_sched_getattr, -1, &attributes, 48, 0));
    SHOW(syscall(SYS_sched_getattr, 1 << 22, &attributes, 48, 0));
    setpriority(PRIO_PROCESS, 0, 5);
    print();
    SHOW(syscall(SYS_sched_rr_get_interval, 0, &time));
    HOLDS(time.tv_sec == 0);
    SHOW(syscall(SYS_sched_rr_get_interval, -1, &time));
    SHOW(syscall(SYS_sched_rr_get_interval, 1 << 22, &time));
    SHOW(syscall(SYS_sched_rr_get_interval, 0, BAD_POINTER));
    struct sched_param parameter = {3};
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_RR | SCHED_RESET_ON_FORK, &parameter));
    print();
    SHOW(syscall(SYS_sched_rr_get_interval, 0, &time));
    say("%ld %ld", time.tv_sec, time.tv_nsec);
    SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter));
    SHOW(syscall(SYS_sched_rr_get_interval, getpid(), &time));
    say("%ld %ld", time.tv_sec, time.tv_nsec);
    return 0;
}
