// KVM's interface for Swift: linux/kvm.h, its requests as functions (Swift can't import the _IO
// macros or the variadic ioctl), and the fields of `struct kvm_run` that lie in unions.
// Every function returns what ioctl(2) returns: -1 with errno set when it fails.
#ifndef MARTLET_CKVM_H
#define MARTLET_CKVM_H

#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#pragma clang assume_nonnull begin

/// Requests by number, which Swift can't import from their macros.
enum {
    CKVM_REQUEST_RUN = KVM_RUN,
    CKVM_REQUEST_GET_REGISTERS = KVM_GET_REGS,
    CKVM_REQUEST_GET_SPECIAL_REGISTERS = KVM_GET_SREGS,
};

static inline int ckvm_get_api_version(int kvm) { return ioctl(kvm, KVM_GET_API_VERSION, 0); }
static inline int ckvm_create_vm(int kvm) { return ioctl(kvm, KVM_CREATE_VM, 0); }
static inline int ckvm_check_extension(int fd, unsigned long extension) {
    return ioctl(fd, KVM_CHECK_EXTENSION, extension);
}
static inline int ckvm_get_vcpu_mmap_size(int kvm) { return ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0); }
static inline int ckvm_get_supported_cpuid(int kvm, struct kvm_cpuid2 *table) {
    return ioctl(kvm, KVM_GET_SUPPORTED_CPUID, table);
}

// ---- Virtual machine ----
static inline int ckvm_enable_split_irqchip(int vm) {
    struct kvm_enable_cap capability = {.cap = KVM_CAP_SPLIT_IRQCHIP};
    return ioctl(vm, KVM_ENABLE_CAP, &capability);
}
static inline int ckvm_set_memory(
    int vm, uint32_t slot, uint32_t flags, uint64_t guest_address, uint64_t byte_count,
    void *host) {
    struct kvm_userspace_memory_region region = {
        .slot = slot, .flags = flags, .guest_phys_addr = guest_address, .memory_size = byte_count,
        .userspace_addr = (uintptr_t)host};
    return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}
static inline int ckvm_create_vcpu(int vm, unsigned long index) {
    return ioctl(vm, KVM_CREATE_VCPU, index);
}
static inline int ckvm_irqfd(int vm, int event, uint32_t route) {
    struct kvm_irqfd request = {.fd = (uint32_t)event, .gsi = route};
    return ioctl(vm, KVM_IRQFD, &request);
}
/// A write of any length at `address` adds one to the event counter instead of leaving the guest.
static inline int ckvm_ioeventfd(int vm, int event, uint64_t address) {
    struct kvm_ioeventfd request = {.addr = address, .len = 0, .fd = event};
    return ioctl(vm, KVM_IOEVENTFD, &request);
}
/// Stores in this range are kept in the ring of `ckvm_next_deferred` instead of leaving the guest.
static inline int ckvm_defer_stores(int vm, uint64_t address, uint32_t byte_count) {
    struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = byte_count};
    return ioctl(vm, KVM_REGISTER_COALESCED_MMIO, &zone);
}
/// Routes interrupt n to the message (address, data[n]).
static inline int ckvm_set_msi_routes(
    int vm, uint32_t address, const uint32_t *data, unsigned count) {
    // A header, then `nr` entries: laid out by hand, as C knows no array after a flexible one.
    uint64_t storage[(sizeof(struct kvm_irq_routing) + 32 * sizeof(struct kvm_irq_routing_entry)) / 8];
    struct kvm_irq_routing *table = (struct kvm_irq_routing *)storage;
    if (count > 32) { errno = EINVAL; return -1; }
    memset(storage, 0, sizeof storage);
    table->nr = count;
    for (unsigned n = 0; n < count; n++) {
        table->entries[n].gsi = n;
        table->entries[n].type = KVM_IRQ_ROUTING_MSI;
        table->entries[n].u.msi.address_lo = address;
        table->entries[n].u.msi.data = data[n];
    }
    return ioctl(vm, KVM_SET_GSI_ROUTING, table);
}

// ---- Virtual CPU ----
static inline int ckvm_run(int vcpu) { return ioctl(vcpu, KVM_RUN, 0); }
static inline int ckvm_get_statistics(int vcpu) { return ioctl(vcpu, KVM_GET_STATS_FD, 0); }
static inline int ckvm_get_regs(int vcpu, struct kvm_regs *r) { return ioctl(vcpu, KVM_GET_REGS, r); }
static inline int ckvm_set_regs(int vcpu, const struct kvm_regs *r) {
    return ioctl(vcpu, KVM_SET_REGS, r);
}
static inline int ckvm_get_sregs(int vcpu, struct kvm_sregs *r) {
    return ioctl(vcpu, KVM_GET_SREGS, r);
}
static inline int ckvm_set_sregs(int vcpu, const struct kvm_sregs *r) {
    return ioctl(vcpu, KVM_SET_SREGS, r);
}
static inline int ckvm_set_cpuid(int vcpu, const struct kvm_cpuid2 *table) {
    return ioctl(vcpu, KVM_SET_CPUID2, table);
}
static inline int ckvm_set_xcr0(int vcpu, uint64_t value) {
    struct kvm_xcrs registers = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = value}}};
    return ioctl(vcpu, KVM_SET_XCRS, &registers);
}
/// Lets a CPU run that waits for another one's INIT and start-up messages, as all but CPU 0 do.
static inline int ckvm_make_runnable(int vcpu) {
    struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};
    return ioctl(vcpu, KVM_SET_MP_STATE, &state);
}
static inline int ckvm_get_tsc_khz(int vcpu) { return ioctl(vcpu, KVM_GET_TSC_KHZ, 0); }
/// Sets one model-specific register; 0 where KVM does not know it, 1 where it was set.
/// Reads one MSR into `value`; 1 where KVM knows it.
static inline int ckvm_get_msr(int vcpu, uint32_t index, uint64_t *value) {
    uint64_t storage[(sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)) / 8] = {0};
    struct kvm_msrs *list = (struct kvm_msrs *)storage;
    list->nmsrs = 1;
    list->entries[0].index = index;
    int count = ioctl(vcpu, KVM_GET_MSRS, list);
    *value = list->entries[0].data;
    return count;
}
static inline int ckvm_set_msr(int vcpu, uint32_t index, uint64_t value) {
    uint64_t storage[(sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)) / 8] = {0};
    struct kvm_msrs *list = (struct kvm_msrs *)storage;
    list->nmsrs = 1;
    list->entries[0].index = index;
    list->entries[0].data = value;
    return ioctl(vcpu, KVM_SET_MSRS, list);
}
static inline int ckvm_get_lapic(int vcpu, struct kvm_lapic_state *state) {
    return ioctl(vcpu, KVM_GET_LAPIC, state);
}
static inline int ckvm_set_lapic(int vcpu, const struct kvm_lapic_state *state) {
    return ioctl(vcpu, KVM_SET_LAPIC, state);
}
static inline uint32_t ckvm_lapic_load(const struct kvm_lapic_state *state, unsigned offset) {
    uint32_t value;
    memcpy(&value, state->regs + offset, sizeof value);
    return value;
}
static inline void ckvm_lapic_store(struct kvm_lapic_state *state, unsigned offset, uint32_t value) {
    memcpy(state->regs + offset, &value, sizeof value);
}

// ---- CPUID tables: a `struct kvm_cpuid2` with room for CKVM_CPUID_CAPACITY entries ----
#define CKVM_CPUID_CAPACITY 256
#define CKVM_CPUID_BYTES 10248 // 8 + 40 a entry
_Static_assert(sizeof(struct kvm_cpuid2) == 8 && sizeof(struct kvm_cpuid_entry2) == 40, "CPUID");
static inline struct kvm_cpuid_entry2 *ckvm_cpuid_entries(struct kvm_cpuid2 *table) {
    return table->entries;
}

// ---- `struct kvm_run` ----
static inline uint32_t ckvm_exit_reason(const struct kvm_run *run) { return run->exit_reason; }
struct ckvm_port_access {
    int is_write;
    uint16_t port;
    uint8_t size;
    uint32_t count;
    uint64_t data_offset;
};
static inline struct ckvm_port_access ckvm_exit_port(const struct kvm_run *run) {
    struct ckvm_port_access access = {
        run->io.direction == KVM_EXIT_IO_OUT, run->io.port, run->io.size, run->io.count,
        run->io.data_offset};
    return access;
}
struct ckvm_mmio_access {
    int is_write;
    uint64_t address;
    uint32_t byte_count;
    uint64_t value;
};
static inline struct ckvm_mmio_access ckvm_exit_mmio(const struct kvm_run *run) {
    struct ckvm_mmio_access access = {
        run->mmio.is_write, run->mmio.phys_addr, run->mmio.len, 0};
    memcpy(&access.value, run->mmio.data, sizeof access.value);
    return access;
}
static inline void ckvm_answer_mmio(struct kvm_run *run, uint64_t value) {
    memcpy(run->mmio.data, &value, sizeof value);
}
static inline uint32_t ckvm_internal_suberror(const struct kvm_run *run) {
    return run->internal.suberror;
}
static inline uint64_t ckvm_entry_failure(const struct kvm_run *run) {
    return run->fail_entry.hardware_entry_failure_reason;
}
static inline uint32_t ckvm_system_event(const struct kvm_run *run) {
    return run->system_event.type;
}

// ---- Deferred stores: a ring in the page of the CPU's mapping that `ckvm_deferred_page` names ----
static inline int ckvm_deferred_page(int kvm) {
    return ckvm_check_extension(kvm, KVM_CAP_COALESCED_MMIO);
}
/// Takes the oldest store; 0 where there is none. The kernel fills the ring only while the CPU runs.
static inline int ckvm_next_deferred(void *page, struct ckvm_mmio_access *access) {
    struct kvm_coalesced_mmio_ring *ring = (struct kvm_coalesced_mmio_ring *)page;
    const uint32_t capacity =
        (4096 - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio);
    uint32_t first = ring->first;
    if (first >= capacity || first == __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE)) return 0;
    const struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[first];
    access->is_write = 1;
    access->address = entry->phys_addr;
    access->byte_count = entry->len;
    access->value = 0;
    memcpy(&access->value, entry->data, entry->len < 8 ? entry->len : 8);
    __atomic_store_n(&ring->first, (first + 1) % capacity, __ATOMIC_RELEASE);
    return 1;
}

#pragma clang assume_nonnull end
#endif
