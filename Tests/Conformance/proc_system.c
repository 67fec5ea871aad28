/* Covers: */
/* What /proc and /sys tell of the machine: the names of fields in their order, how each line is laid out, and
 * what has to agree with what calls say. Values depend on the machine. */
#include "conformance.h"
#include <ctype.h>
#include <sched.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static char text[262144];
static long load(const char *path) {
    int file = open(path, O_RDONLY);
    text[0] = 0;
    if (file < 0) { say("%s: %s", path, errno_name(errno)); return -1; }
    long length = 0, part;
    while ((part = read(file, text + length, sizeof text - 1 - length)) > 0) length += part;
    text[length] = 0;
    close(file);
    return length;
}

/* Whether lines with these beginnings, a bar apart, come in this order; names the first that does not. */
static void in_order(const char *path, const char *names) {
    load(path);
    char list[4096], *rest = list, *name;
    snprintf(list, sizeof list, "%s", names);
    const char *at = text;
    while ((name = strsep(&rest, "|"))) {
        size_t length = strlen(name);
        while (*at && strncmp(at, name, length)) { at = strchr(at, '\n'); at = at ? at + 1 : ""; }
        if (!*at) { say("%s: no %s in its place", path, name); return; }
    }
    say("%s: in order", path);
}
/* Whether a text is of a shape: 9 stands for a number, - for one that may be negative, ' ' for one blank, _ for any
 * number of blanks, w for a word h for hexadecimal digits, x for anything up to the line's end. */
static const char *shaped(const char *at, const char *shape) {
    for (; *shape; shape++) {
        const char *start = at;
        switch (*shape) {
        case '~': if (*at == '-') start = ++at; /* fall through */
        case '#': while (isdigit((unsigned char)*at)) at++; if (at == start) return NULL; break;
        case '^': while (isxdigit((unsigned char)*at)) at++; if (at == start) return NULL; break;
        case '$': while (*at && !isspace((unsigned char)*at)) at++; if (at == start) return NULL; break;
        case '*': while (*at && *at != '\n') at++; break;
        case '_': while (*at == ' ') at++; break;
        default: if (*at++ != *shape) return NULL;
        }
    }
    return at;
}
/* A whole file, and each line of a file that begins with a name. */
static void is_shaped(const char *path, const char *shape) {
    load(path);
    const char *end = shaped(text, shape);
    say("%s: %s", path, end && !*end ? "shaped" : "NO");
}
static void line_shaped(const char *path, const char *name, const char *shape) {
    load(path);
    int lines = 0, bad = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : "") {
        if (strncmp(at, name, strlen(name))) continue;
        lines++;
        if (!shaped(at + strlen(name), shape)) bad++;
    }
    say("%s %s: %s", path, name, lines && !bad ? "shaped" : "NO");
}
static void has_text(const char *path, const char *expected) {
    load(path);
    say("%s: %s", path, strcmp(text, expected) ? "NO" : "as expected");
}
static int lines_of(const char *path, const char *name) {
    load(path);
    int lines = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : "") lines += !strncmp(at, name, strlen(name));
    return lines;
}
static long number_of(const char *path, const char *name) {
    load(path);
    const char *at = text;
    while (*at && strncmp(at, name, strlen(name))) { at = strchr(at, '\n'); at = at ? at + 1 : ""; }
    return *at ? atol(at + strlen(name)) : -1;
}

static void caught_signal(int number) { (void)number; }

/* Settings that are one number. */
static const char *const numbers[] = {
    "kernel/pid_max", "kernel/threads-max", "kernel/overflowuid", "kernel/panic", "kernel/tainted", "kernel/core_uses_pid",
    "kernel/sched_rt_period_us", "kernel/sched_rt_runtime_us", "kernel/sched_rr_timeslice_ms", "vm/overcommit_memory",
    "vm/overcommit_ratio", "vm/max_map_count", "vm/mmap_min_addr", "vm/swappiness", "vm/min_free_kbytes", "fs/file-max",
    "fs/nr_open", "fs/protected_hardlinks", "fs/inotify/max_user_watches", "fs/inotify/max_user_instances",
    "fs/inotify/max_queued_events", "fs/epoll/max_user_watches", "net/core/somaxconn", "net/unix/max_dgram_qlen",
};

int main(void) {
    enter_scratch();
    int count = sysconf(_SC_NPROCESSORS_ONLN);

    in_order("/proc/meminfo", "MemTotal:|MemFree:|MemAvailable:|Buffers:|Cached:|SwapCached:|Active:|Inactive:|"
        "Active(anon):|Inactive(anon):|Active(file):|Inactive(file):|Unevictable:|Mlocked:|SwapTotal:|SwapFree:|"
        "Dirty:|Writeback:|AnonPages:|Mapped:|Shmem:|KReclaimable:|Slab:|SReclaimable:|SUnreclaim:|KernelStack:|"
        "PageTables:|Bounce:|WritebackTmp:|CommitLimit:|Committed_AS:|VmallocTotal:|VmallocUsed:|VmallocChunk:|"
        "Percpu:");
    line_shaped("/proc/meminfo", "MemTotal:       ", "_# kB\n");
    line_shaped("/proc/meminfo", "Active(anon):   ", "_# kB\n");
    struct sysinfo machine;
    sysinfo(&machine);
    HOLDS(number_of("/proc/meminfo", "MemTotal:") == (long)(machine.totalram * machine.mem_unit >> 10));
    HOLDS(number_of("/proc/meminfo", "MemFree:") <= number_of("/proc/meminfo", "MemTotal:"));

    line_shaped("/proc/stat", "cpu  ", "# # # # # # # # # #\n");
    line_shaped("/proc/stat", "cpu0 ", "# # # # # # # # # #\n");
    in_order("/proc/stat", "cpu|cpu0|intr|ctxt|btime|processes|procs_running|procs_blocked|softirq");
    line_shaped("/proc/stat", "softirq ", "# # # # # # # # # # #\n");
    long booted = number_of("/proc/stat", "btime ");
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    HOLDS(labs(now.tv_sec - up.tv_sec - booted) <= 2);
    HOLDS(lines_of("/proc/stat", "cpu") == count + 1);

    is_shaped("/proc/loadavg", "#.# #.# #.# #/# #\n");
    is_shaped("/proc/uptime", "#.# #.#\n");
    is_shaped("/proc/version", "Linux version $ (*\n");
    in_order("/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled|cpuset\t|cpu\t|cpuacct\t|memory\t|pids\t");
    line_shaped("/proc/cgroups", "memory\t", "#\t#\t#\n");
    in_order("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    in_order("/proc/partitions", "major minor  #blocks  name\n\n");
    in_order("/proc/filesystems", "nodev\tsysfs|nodev\ttmpfs|nodev\tproc|nodev\tcgroup2|nodev\tdevtmpfs");
    in_order("/proc/devices", "Character devices:|  1 mem|  5 /dev/tty|  5 /dev/console|Block devices:");
    in_order("/proc/vmstat", "nr_free_pages |pgpgin |pgpgout |pswpin |pswpout |pgfault |pgmajfault |oom_kill ");
    line_shaped("/proc/vmstat", "pswpin ", "#\n");

    /* cpuinfo: a block a CPU. */
#if defined(__x86_64__)
    in_order("/proc/cpuinfo", "processor\t: 0\n|vendor_id\t: |cpu family\t: |model\t\t: |model name\t: |stepping\t: |"
        "cpu MHz\t\t: |cache size\t: |physical id\t: |siblings\t: |core id\t\t: |cpu cores\t: |apicid\t\t: |"
        "initial apicid\t: |fpu\t\t: yes\n|fpu_exception\t: yes\n|cpuid level\t: |wp\t\t: yes\n|flags\t\t: fpu |"
        "bugs\t\t:|bogomips\t: |clflush size\t: |cache_alignment\t: |address sizes\t: |power management:|\n");
    line_shaped("/proc/cpuinfo", "cpu MHz\t\t: ", "#.#\n");
    line_shaped("/proc/cpuinfo", "cache size\t: ", "# KB\n");
    line_shaped("/proc/cpuinfo", "bogomips\t: ", "#.#\n");
    line_shaped("/proc/cpuinfo", "address sizes\t: ", "# bits physical, # bits virtual\n");
    HOLDS(number_of("/proc/cpuinfo", "siblings\t: ") >= number_of("/proc/cpuinfo", "cpu cores\t: "));
#else
    in_order("/proc/cpuinfo", "processor\t: 0\n|BogoMIPS\t: |Features\t: fp asimd |CPU implementer\t: 0x|"
        "CPU architecture: 8\n|CPU variant\t: 0x|CPU part\t: 0x|CPU revision\t: |\n");
#endif
    HOLDS(lines_of("/proc/cpuinfo", "processor\t: ") == count);

    /* The process's own. */
    in_order("/proc/self/status", "Name:\t|Umask:\t0|State:\tR (running)\n|Tgid:\t|Ngid:\t|Pid:\t|PPid:\t|TracerPid:\t0\n|"
        "Uid:\t|Gid:\t|FDSize:\t|Groups:\t|NStgid:\t|NSpid:\t|NSpgid:\t|NSsid:\t|VmPeak:\t|VmSize:\t|VmLck:\t|VmPin:\t|"
        "VmHWM:\t|VmRSS:\t|RssAnon:\t|RssFile:\t|RssShmem:\t|VmData:\t|VmStk:\t|VmExe:\t|VmLib:\t|VmPTE:\t|VmSwap:\t|"
        "HugetlbPages:\t|CoreDumping:\t|THP_enabled:\t|Threads:\t1\n|SigQ:\t|SigPnd:\t|ShdPnd:\t|SigBlk:\t|SigIgn:\t|"
        "SigCgt:\t|CapInh:\t|CapPrm:\t|CapEff:\t|CapBnd:\t|CapAmb:\t|NoNewPrivs:\t0\n|Seccomp:\t|Seccomp_filters:\t|"
        "Cpus_allowed:\t|Cpus_allowed_list:\t|Mems_allowed:\t|Mems_allowed_list:\t|voluntary_ctxt_switches:\t|"
        "nonvoluntary_ctxt_switches:\t");
    line_shaped("/proc/self/status", "SigQ:\t", "#/#\n");
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, caught_signal);
    load("/proc/self/stat");
    unsigned long ignored = 0, caught = 0;
    sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u %*u "
        "%*d %*u %*u %*u %*u %*u %*u %*u %*u %lu %lu", &ignored, &caught);
    HOLDS((ignored & 1UL << (SIGUSR1 - 1)) != 0);
    HOLDS((caught & 1UL << (SIGUSR2 - 1)) != 0);
    is_shaped("/proc/self/schedstat", "# # #\n");
    in_order("/proc/self/sched", "conformance-|----|se.sum_exec_runtime                          :|"
        "nr_switches                                  :|nr_voluntary_switches                        :|"
        "nr_involuntary_switches                      :|policy                                       :                    0\n|"
        "prio                                         :                  120\n");
    line_shaped("/proc/self/sched", "conformance-", "*");
    is_shaped("/proc/self/oom_score", "#\n");
    has_text("/proc/self/oom_score_adj", "0\n");
    int file = SHOW(open("/proc/self/oom_score_adj", O_RDWR));
    SHOW(write(file, "100\n", 4));
    has_text("/proc/self/oom_score_adj", "100\n");
    SHOW(write(file, "1001", 4));
    SHOW(write(file, "-1001", 5));
    SHOW(write(file, "ten", 3));
    SHOW(write(file, "0", 1));
    has_text("/proc/self/oom_score_adj", "0\n");
    close(file);
    has_text("/proc/self/personality", "00000000\n");
    has_text("/proc/self/uid_map", "         0          0 4294967295\n");
    has_text("/proc/self/gid_map", "         0          0 4294967295\n");
    has_text("/proc/self/setgroups", "allow\n");
    for (int i = 0; i < 3; i++) {
        static const char *const maps[] = {"/proc/self/uid_map", "/proc/self/gid_map", "/proc/self/projid_map"};
        file = open(maps[i], O_WRONLY);
        SHOW(write(file, "0 0 1\n", 6));
        close(file);
    }
    file = open("/proc/self/setgroups", O_WRONLY);
    SHOW(write(file, "deny\n", 5));
    close(file);
    file = SHOW(open("/proc/self/stat", O_WRONLY));
    SHOW(write(file, "0", 1));
    close(file);
    is_shaped("/proc/self/loginuid", "#");
    is_shaped("/proc/self/sessionid", "#");
    is_shaped("/proc/self/cpuset", "/*\n");
    line_shaped("/proc/self/cgroup", "0::", "/*\n");
    line_shaped("/proc/self/mountinfo", "", "# # #:# $ $ $ ");
    line_shaped("/proc/self/mounts", "", "$ $ $ $ # #\n");
    line_shaped("/proc/self/mountstats", "device ", "$ mounted on $ with fstype $*\n");
    in_order("/proc/mounts", "proc /proc proc rw|sysfs /sys sysfs r");

    make_file("file", "0123456789", 10);
    file = open("file", O_RDWR | O_APPEND | O_CLOEXEC);
    lseek(file, 7, SEEK_SET);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    in_order(path, "pos:\t7\n|flags:\t02|mnt_id:\t|ino:\t");
    struct stat status;
    fstat(file, &status);
    HOLDS(number_of(path, "ino:\t") == (long)status.st_ino);
    load(path);
    HOLDS(strtol(strstr(text, "flags:\t") + 7, NULL, 8) == (fcntl(file, F_GETFL) | O_CLOEXEC));
    SHOW(open("/proc/self/fdinfo/99", O_RDONLY));
    close(file);
    SHOW(open(path, O_RDONLY));

    /* What is moved is counted, behind the call that reads it. */
    in_order("/proc/self/io", "rchar: |wchar: |syscr: |syscw: |read_bytes: |write_bytes: |cancelled_write_bytes: ");
    file = open("file", O_RDWR);
    long before[4], after[4], length = load("/proc/self/io");
    const char *const counted = "rchar: %ld wchar: %ld syscr: %ld syscw: %ld";
    sscanf(text, counted, before, before + 1, before + 2, before + 3);
    char bytes[16] = "12345";
    struct iovec parts[2] = {{bytes, 2}, {bytes + 2, 3}};
    writev(file, parts, 2);
    pwrite(file, bytes, 4, 3);
    pread(file, bytes, 3, 0);
    load("/proc/self/io");
    sscanf(text, counted, after, after + 1, after + 2, after + 3);
    say("written %ld by %ld", after[1] - before[1], after[3] - before[3]);
    say("read %ld by %ld", after[0] - before[0] - length, after[2] - before[2]);
    close(file);

    /* Settings, and what calls say of the same. */
    struct utsname name;
    uname(&name);
    char line[128];
    snprintf(line, sizeof line, "%s\n", name.sysname);
    has_text("/proc/sys/kernel/ostype", line);
    snprintf(line, sizeof line, "%s\n", name.release);
    has_text("/proc/sys/kernel/osrelease", line);
    snprintf(line, sizeof line, "%s\n", name.nodename);
    has_text("/proc/sys/kernel/hostname", line);
    has_text("/proc/sys/kernel/cap_last_cap", "40\n");
    has_text("/proc/sys/kernel/ngroups_max", "65536\n");
    has_text("/proc/sys/kernel/randomize_va_space", "2\n");
    has_text("/proc/sys/fs/pipe-max-size", "1048576\n");
    is_shaped("/proc/sys/kernel/random/boot_id", "^-^-^-^-^\n");
    for (int i = 0; i < (int)(sizeof numbers / sizeof *numbers); i++) {
        snprintf(path, sizeof path, "/proc/sys/%s", numbers[i]);
        is_shaped(path, "~\n");
    }
    is_shaped("/proc/sys/fs/file-nr", "#\t#\t#\n");
    HOLDS(number_of("/proc/sys/kernel/sched_rr_timeslice_ms", "") > 0);
    SHOW(open("/proc/sys/kernel/absent", O_RDONLY));
    SHOW(stat("/proc/sys/kernel/pid_max", &status));
    say("mode %o, %ld bytes", status.st_mode, (long)status.st_size);
    SHOW(mkdir("/proc/sys/kernel/new", 0755));
    SHOW(open("/proc/sys/kernel/pid_max", O_WRONLY));
    SHOW(open("/proc/sys/kernel/pid_max", O_RDONLY | O_TRUNC));
    SHOW(access("/proc/sys/kernel/pid_max", W_OK));
    SHOW(access("/proc/sys/kernel/pid_max", R_OK));
    SHOW(truncate("/proc/sys/kernel/pid_max", 0));
    SHOW(chmod("/proc/sys/kernel/pid_max", 0600));
    SHOW(chown("/proc/sys/kernel/pid_max", 1, 1));

    /* CPUs. */
    snprintf(line, sizeof line, count > 1 ? "0-%d\n" : "0\n", count - 1);
    has_text("/sys/devices/system/cpu/online", line);
    is_shaped("/sys/devices/system/cpu/possible", "#*\n");
    is_shaped("/sys/devices/system/cpu/kernel_max", "#\n");
    has_text("/sys/devices/system/cpu/isolated", "\n");
    is_shaped("/sys/devices/system/cpu/cpu0/topology/core_id", "#\n");
    is_shaped("/sys/devices/system/cpu/cpu0/topology/physical_package_id", "#\n");
    is_shaped("/sys/devices/system/cpu/cpu0/topology/thread_siblings", "^\n");
    in_order("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0");
    in_order("/sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0");
    in_order("/sys/devices/system/cpu/cpu0/topology/package_cpus_list", "0");
#if defined(__x86_64__)
    has_text("/sys/devices/system/cpu/cpu0/cache/index0/level", "1\n");
    has_text("/sys/devices/system/cpu/cpu0/cache/index0/type", "Data\n");
    is_shaped("/sys/devices/system/cpu/cpu0/cache/index0/size", "#K\n");
    is_shaped("/sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_map", "^\n");
    has_text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
    in_order("/sys/kernel/mm/transparent_hugepage/enabled", "");
#endif
    SHOW(stat("/sys/devices/system/cpu/online", &status));
    say("mode %o, %ld bytes", status.st_mode, (long)status.st_size);
    SHOW(open("/sys/devices/system/cpu/online", O_WRONLY));
    SHOW(access("/sys/devices/system/cpu", W_OK));
    SHOW(utimensat(AT_FDCWD, "/sys/devices", NULL, 0));
    SHOW(mkdir("/sys/new", 0755));
    SHOW(open("/sys/new", O_CREAT | O_WRONLY, 0644));
    SHOW(unlink("/sys/devices/system/cpu/online"));
    SHOW(rename("/sys/devices", "/sys/other"));
    SHOW(symlink("a", "/sys/link"));
    SHOW(open("/sys/devices", O_TMPFILE | O_RDWR, 0600));
    SHOW(open("/sys/devices/system/cpu/cpu99", O_RDONLY));
    struct statfs system;
    SHOW(statfs("/sys/devices", &system));
    say("type %lx", (unsigned long)system.f_type);
    SHOW(rmdir("/sys/devices/system"));
    SHOW(rmdir("/sys"));
    SHOW(statfs("/proc/sys", &system));
    say("type %lx, flags %lx", (unsigned long)system.f_type, (unsigned long)system.f_flags & ST_RDONLY);
    return 0;
}
