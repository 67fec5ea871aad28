/* Covers: mmap madvise mlock */
/* /proc/self/smaps, smaps_rollup, status, statm and pagemap tell what is present, by kind. */
#include "conformance.h"

#define PAGE 4096L
#define MIB (1L << 20)
static char text[1 << 20];
static void load(const char *path) {
    int file = open(path, O_RDONLY);
    long length = 0, part;
    while ((part = read(file, text + length, sizeof text - 1 - length)) > 0) length += part;
    text[length] = 0;
    close(file);
}
/* A field in kB of the mapping that holds an address; -1 where there is none. */
static long field(const char *at, const char *name) {
    load("/proc/self/smaps");
    int inside = 0;
    for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) inside = start <= (unsigned long)at && (unsigned long)at < end;
        else if (inside && !strncmp(line, name, strlen(name)) && line[strlen(name)] == ':') return atol(line + strlen(name) + 1);
    }
    return -1;
}
static void flags(const char *label, const char *at) {
    load("/proc/self/smaps");
    int inside = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) inside = start <= (unsigned long)at && (unsigned long)at < end;
        else if (inside && !strncmp(line, "VmFlags:", 8)) {
            /* Marks of a kernel that tracks soft-dirty pages, and advice about reading. */
            char *tail = line + 8, kept[128] = "";
            for (char *word = tail; *word;) {
                while (*word == ' ') word++;
                if (*word && strncmp(word, "sd", 2)) { strncat(kept, " ", 2); strncat(kept, word, 2); }
                word += *word ? 2 : 0;
            }
            say("%s:%s", label, kept);
            return;
        }
    }
    say("%s: ABSENT", label);
}
static long number(const char *path, const char *name) {
    load(path);
    char *line = strstr(text, name);
    return line ? atol(line + strlen(name)) : -1;
}
static void numbers(const char *label, const char *at) {
    static const char *names[] = {"Size", "Rss", "Pss", "Shared_Clean", "Shared_Dirty", "Private_Clean",
                                  "Private_Dirty", "Referenced", "Anonymous", "AnonHugePages", "Swap", "Locked"};
    char line[512];
    int length = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        length += sprintf(line + length, " %s %ld", names[i], field(at, names[i]));
    say("%s:%s", label, line);
}
static uint64_t entry(const char *at) {
    uint64_t value = 0;
    int file = open("/proc/self/pagemap", O_RDONLY);
    if (pread(file, &value, 8, (off_t)((unsigned long)at / PAGE * 8)) != 8) say("pagemap: %s", errno_name(errno));
    close(file);
    return value;
}

int main(void) {
    enter_scratch();
    int rw = PROT_READ | PROT_WRITE, private = MAP_PRIVATE | MAP_ANONYMOUS;
    /* A room of its own for each, so that neighbours don't join. */
    char *room = mmap(NULL, 64 * MIB, PROT_NONE, private | MAP_NORESERVE, -1, 0);
    char *a = mmap(room + MIB, 32 * PAGE, rw, private | MAP_FIXED, -1, 0);
    numbers("untouched", a);
    memset(a, 1, 32 * PAGE);
    numbers("written", a);
    madvise(a, 16 * PAGE, MADV_DONTNEED);
    numbers("half given back", a);
    mprotect(a, 32 * PAGE, PROT_NONE);
    numbers("closed", a);
    munmap(a, 32 * PAGE);
    say("gone %ld", field(a, "Size"));

    static char bytes[16 * 4096];
    memset(bytes, 'f', sizeof bytes);
    make_file("file", bytes, sizeof bytes);
    int file = open("file", O_RDWR), readable = open("file", O_RDONLY);
    char *s = mmap(room + 2 * MIB, 16 * PAGE, rw, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0);
    long once = field(s, "Pss");
    numbers("shared file", s);
    char *t = mmap(room + 3 * MIB, 16 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_POPULATE, readable, 0);
    say("mapped twice: Rss %ld Pss %ld of %ld", field(s, "Rss"), field(s, "Pss"), once);
    say("the other: Rss %ld Pss %ld", field(t, "Rss"), field(t, "Pss"));
    munmap(t, 16 * PAGE);
    char *p = mmap(room + 4 * MIB, 16 * PAGE, rw, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, file, 0);
    memset(p, 'p', 4 * PAGE);
    say("private file: Rss %ld Anonymous %ld", field(p, "Rss"), field(p, "Anonymous"));
    char *m = mmap(room + 5 * MIB, 16 * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(m, 's', 8 * PAGE);
    say("shared memory: Size %ld Anonymous %ld", field(m, "Size"), field(m, "Anonymous"));
    HOLDS(field(m, "Rss") >= 32);
    char *l = mmap(room + 6 * MIB, 8 * PAGE, rw, private | MAP_FIXED, -1, 0);
    SHOW(mlock(l, 8 * PAGE));
    numbers("locked", l);

    /* Flags of mappings of each kind. */
    flags("anonymous", mmap(room + 8 * MIB, PAGE, rw, private | MAP_FIXED, -1, 0));
    flags("closed", room);
    flags("read-only", mmap(room + 9 * MIB, PAGE, PROT_READ, private | MAP_FIXED, -1, 0));
    flags("code", mmap(room + 10 * MIB, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0));
    flags("shared file", s);
    flags("shared file, not to be written", mmap(room + 11 * MIB, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, readable, 0));
    flags("growing", mmap(room + 12 * MIB, PAGE, rw, private | MAP_FIXED | MAP_GROWSDOWN, -1, 0));
    flags("unreserved", mmap(room + 14 * MIB, PAGE, rw, private | MAP_FIXED | MAP_NORESERVE, -1, 0));
    flags("locked", l);
    char *d = mmap(room + 16 * MIB, 8 * PAGE, rw, private | MAP_FIXED, -1, 0);
    madvise(d, PAGE, MADV_DONTFORK);
    madvise(d + PAGE, PAGE, 16);
    madvise(d + 2 * PAGE, PAGE, 18);
    madvise(d + 3 * PAGE, PAGE, 14);
    madvise(d + 4 * PAGE, PAGE, 15);
    flags("not for children", d);
    flags("not to be dumped", d + PAGE);
    flags("wiped for children", d + 2 * PAGE);
    flags("large pages", d + 3 * PAGE);
    flags("small pages", d + 4 * PAGE);

    /* Large memory: large pages are told as such, and the sums agree. */
    char *large = mmap(room + 20 * MIB, 16 * MIB, rw, private | MAP_FIXED, -1, 0);
    SHOW(madvise(large, 16 * MIB, 14));
    memset(large, 1, 16 * MIB);
    long huge = field(large, "AnonHugePages");
    say("Rss %ld Private_Dirty %ld", field(large, "Rss"), field(large, "Private_Dirty"));
    HOLDS(huge >= 0 && huge <= 16384 && huge % 2048 == 0);

    long resident = number("/proc/self/status", "VmRSS:"), peak = number("/proc/self/status", "VmHWM:");
    long anonymous = number("/proc/self/status", "RssAnon:"), of_files = number("/proc/self/status", "RssFile:");
    long shared = number("/proc/self/status", "RssShmem:"), size = number("/proc/self/status", "VmSize:");
    HOLDS(resident == anonymous + of_files + shared);
    HOLDS(peak >= resident && number("/proc/self/status", "VmPeak:") >= size);
    HOLDS(anonymous >= 16384 && anonymous < 20000);
    HOLDS(number("/proc/self/status", "VmStk:") >= 100 && number("/proc/self/status", "VmExe:") > 0);
    HOLDS(number("/proc/self/status", "VmLck:") == 32 && number("/proc/self/status", "VmPTE:") > 0);
    HOLDS(number("/proc/self/status", "VmData:") >= 16384);
    HOLDS(number("/proc/self/status", "VmSwap:") == 0);
    long rollup = number("/proc/self/smaps_rollup", "\nRss:");
    HOLDS(labs(rollup - resident) <= 256);
    HOLDS(number("/proc/self/smaps_rollup", "\nLocked:") == 32);
    HOLDS(labs(number("/proc/self/smaps_rollup", "\nAnonymous:") - anonymous) <= 256);
    load("/proc/self/statm");
    long total, present, common, code, none, data;
    HOLDS(sscanf(text, "%ld %ld %ld %ld %ld %ld", &total, &present, &common, &code, &none, &data) == 6);
    HOLDS(total == size / 4 && labs(present - resident / 4) <= 64 && labs(common - (of_files + shared) / 4) <= 64);
    HOLDS(code > 0 && none == 0 && data >= 4096);
    munmap(large, 16 * MIB);
    HOLDS(number("/proc/self/status", "VmRSS:") < resident - 16000);
    HOLDS(number("/proc/self/status", "VmHWM:") >= resident - 1024);
    /* The sum of all Rss is smaps_rollup's; sizes are VmSize's, less what is no mapping of the process. */
    load("/proc/self/smaps");
    long rss = 0, sizes = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strncmp(line, "Rss:", 4)) rss += atol(line + 4);
        if (!strncmp(line, "Size:", 5)) sizes += atol(line + 5);
    }
    HOLDS(labs(rss - number("/proc/self/smaps_rollup", "\nRss:")) <= 64);
    HOLDS(labs(sizes - number("/proc/self/status", "VmSize:")) <= 64);

    /* pagemap: present, of a file, nobody else's; holes and what is beyond are zero. */
    char *w = mmap(room + 40 * MIB, 4 * PAGE, rw, private | MAP_FIXED, -1, 0);
    say("untouched %d", entry(w) != 0);
    memset(w, 1, 4 * PAGE);
    say("written: present %d file %d alone %d", (int)(entry(w) >> 63), (int)(entry(w) >> 61 & 1), (int)(entry(w) >> 56 & 1));
    say("a file's: present %d file %d", (int)(entry(s) >> 63), (int)(entry(s) >> 61 & 1));
    say("a copy: present %d file %d", (int)(entry(p) >> 63), (int)(entry(p) >> 61 & 1));
    say("nothing %d", entry(room + 50 * MIB) != 0);
    HOLDS((entry(w) & ((1UL << 55) - 1)) != (entry(w + PAGE) & ((1UL << 55) - 1)));
    uint64_t many[8];
    int map = open("/proc/self/pagemap", O_RDONLY);
    SHOW(pread(map, many, 32, (off_t)((unsigned long)w / PAGE * 8)));
    SHOW(pread(map, many, 31, (off_t)((unsigned long)w / PAGE * 8)));
    SHOW(pread(map, many, 8, (off_t)((unsigned long)w / PAGE * 8 + 4)));
    SHOW(pread(map, many, 8, 1L << 50));
    return 0;
}
