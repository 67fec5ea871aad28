/* Covers: sched_setattr */
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
    struct attributes attributes = {0};
    syscall(SYS_sched_getattr, 0, &attributes, 48, 0);
    say("policy %u flags %llu nice %d priority %u", attributes.policy,
        (unsigned long long)attributes.flags, attributes.nice, attributes.priority);
}

int main(void) {
    setpriority(PRIO_PROCESS, 0, 0); /* whoever runs the tests may be nice */
    struct attributes attributes = {.size = 48, .policy = SCHED_BATCH, .nice = 7};
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    print();
    attributes.policy = SCHED_OTHER;
    attributes.nice = 5;
    attributes.flags = 1;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    print();
    attributes.flags = 8 | 1; /* the policy stays */
    attributes.policy = SCHED_FIFO;
    attributes.nice = 3;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    print();
    attributes.flags = 0;
    attributes.policy = SCHED_RR;
    attributes.priority = 4;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    print();
    attributes.priority = 100;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.priority = 0;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.policy = 99;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.policy = SCHED_OTHER;
    attributes.flags = 1u << 20;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.flags = 0;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 1));
    SHOW(syscall(SYS_sched_setattr, -1, &attributes, 0));
    SHOW(syscall(SYS_sched_setattr, 1 << 22, &attributes, 0));
    SHOW(syscall(SYS_sched_setattr, 0, NULL, 0));
    SHOW(syscall(SYS_sched_setattr, 0, BAD_POINTER, 0));
    attributes.size = 20;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    say("size %u", attributes.size);
    attributes.size = 5000;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.size = 80;
    attributes.beyond[1] = 1;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.beyond[1] = 0;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    attributes.size = 0;
    SHOW(syscall(SYS_sched_setattr, 0, &attributes, 0));
    print();
    return 0;
}
