/* The vDSO as C libraries, Go and debuggers look into it, and that its clocks are those of the calls. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *base;
static const Elf64_Sym *symbols;
static const char *strings;
static const Elf64_Word *hash;
static const Elf64_Half *versions;
static const Elf64_Verdef *definitions;

static unsigned long elf_hash(const char *name) {
    unsigned long value = 0, high;
    while (*name) {
        value = (value << 4) + (unsigned char)*name++;
        if ((high = value & 0xf0000000)) value ^= high >> 24;
        value &= ~high;
    }
    return value;
}
static const char *version_name(unsigned index) {
    const Elf64_Verdef *definition = definitions;
    for (;;) {
        if (definition->vd_ndx == (index & 0x7fff)) {
            const Elf64_Verdaux *name = (const void *)((const char *)definition + definition->vd_aux);
            const char *text = strings + name->vda_name;
            return definition->vd_hash == elf_hash(text) ? text : "(wrong hash)";
        }
        if (!definition->vd_next) return "(none)";
        definition = (const void *)((const char *)definition + definition->vd_next);
    }
}
/* As a dynamic linker finds it: by the bucket of its hash. */
static void *find(const char *name) {
    for (Elf64_Word index = hash[2 + elf_hash(name) % hash[0]]; index; index = hash[2 + hash[0] + index])
        if (!strcmp(strings + symbols[index].st_name, name)) {
            printf("%s: %s, type %d, %s\n", name, version_name(versions[index]),
                   ELF64_ST_TYPE(symbols[index].st_info),
                   ELF64_ST_BIND(symbols[index].st_info) == STB_GLOBAL ? "global" : "weak");
            return (void *)(base + symbols[index].st_value);
        }
    printf("%s: not there\n", name);
    return NULL;
}
static long long nanoseconds(struct timespec time) { return time.tv_sec * 1000000000ll + time.tv_nsec; }

int main(void) {
    base = (const char *)getauxval(AT_SYSINFO_EHDR);
    printf("object %d\n", base != NULL && !memcmp(base, ELFMAG, SELFMAG));
    if (!base) return 1;
    const Elf64_Ehdr *header = (const void *)base;
    const Elf64_Phdr *segment = (const void *)(base + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    long bias = 0;
    int unwinding = 0;
    for (int index = 0; index < header->e_phnum; index++, segment++) {
        if (segment->p_type == PT_LOAD) bias = (long)(segment->p_offset - segment->p_vaddr);
        if (segment->p_type == PT_DYNAMIC) dynamic = (const void *)(base + segment->p_offset);
        if (segment->p_type == PT_GNU_EH_FRAME) {
            const unsigned char *table = (const void *)(base + segment->p_offset);
            unwinding = table[0] == 1 && *(const int *)(table + 8) >= 1;
        }
    }
    printf("bias %ld, unwinding table %d\n", bias, unwinding);
    for (; dynamic && dynamic->d_tag; dynamic++) {
        const void *at = base + dynamic->d_un.d_val;
        switch (dynamic->d_tag) {
        case DT_HASH: hash = at; break;
        case DT_STRTAB: strings = at; break;
        case DT_SYMTAB: symbols = at; break;
        case DT_VERSYM: versions = at; break;
        case DT_VERDEF: definitions = at; break;
        }
    }
#if defined(__aarch64__)
    /* arm64's has these names, and neither time nor getcpu. */
    int (*get)(clockid_t, struct timespec *) = find("__kernel_clock_gettime");
    int (*resolution)(clockid_t, struct timespec *) = find("__kernel_clock_getres");
    int (*day)(struct timeval *, struct timezone *) = find("__kernel_gettimeofday");
    find("clock_gettime");
#else
    int (*get)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    int (*resolution)(clockid_t, struct timespec *) = find("__vdso_clock_getres");
    int (*day)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    time_t (*seconds)(time_t *) = find("__vdso_time");
    int (*cpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    find("clock_gettime");
#endif
    find("nothing");

    for (clockid_t clock = -1; clock < 13; clock++) {
        if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) continue; /* need an RTC */
        struct timespec before, now, after, step = {-1, -1}, other = {-1, -1};
        long status = syscall(SYS_clock_gettime, clock, &before) ? -errno : 0;
        long result = get(clock, &now);
        syscall(SYS_clock_gettime, clock, &after);
        /* Coarse clocks stand still for a tick. */
        int isCoarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
        printf("clock %d: %s, %s", clock, result == status ? "same result" : "another result",
               status ? "none" : nanoseconds(before) <= nanoseconds(now) + isCoarse * 10000000
                   && nanoseconds(now) <= nanoseconds(after) + isCoarse * 10000000 ? "in order" : "out of order");
        status = syscall(SYS_clock_getres, clock, &other) ? -errno : 0;
        printf(", resolution %s\n", resolution(clock, &step) == status
               && !memcmp(&step, &other, sizeof step) ? "same" : "another");
    }
    long long last = 0, back = 0;
    for (int round = 0; round < 100000; round++) {
        struct timespec now;
        get(CLOCK_MONOTONIC, &now);
        back += nanoseconds(now) < last || now.tv_nsec < 0 || now.tv_nsec > 999999999;
        last = nanoseconds(now);
    }
    printf("went back %lld times\n", back);
    struct timeval time, kernel;
    struct timezone zone = {7, 7};
    printf("day %d", day(&time, &zone));
    syscall(SYS_gettimeofday, &kernel, NULL);
    long difference = (kernel.tv_sec - time.tv_sec) * 1000000 + kernel.tv_usec - time.tv_usec;
    printf(", %s, zone %d %d, %d %d\n", difference >= 0 && difference < 1000000 ? "in order" : "out of order",
           zone.tz_minuteswest, zone.tz_dsttime, day(NULL, NULL), time.tv_usec >= 0 && time.tv_usec < 1000000);
#if !defined(__aarch64__)
    time_t kept = 0;
    time_t now = seconds(&kept);
    long later = syscall(SYS_time, NULL);
    printf("time %s, kept %d\n", later - now >= 0 && later - now <= 1 ? "in order" : "out of order", kept == now);
    unsigned number = 77, node = 77;
    int result = cpu(&number, &node, NULL);
    printf("cpu %d, %d, node %u\n", result, number < 4096, node);
#endif
    return 0;
}
