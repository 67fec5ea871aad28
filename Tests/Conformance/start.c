/* Covers: */
/* The state a program starts with: System V psABI 3.4, AMD64 supplement; AAPCS64; getauxval(3). */
#include "conformance.h"
#include <elf.h>

#if defined(__aarch64__)
static volatile unsigned long entry_stack __attribute__((used)), entry_x0 __attribute__((used)),
    entry_others __attribute__((used)), entry_fpcr __attribute__((used)), entry_fpsr __attribute__((used));
#else
static volatile unsigned long entry_stack __attribute__((used)), entry_flags __attribute__((used)), entry_rdx __attribute__((used));
static volatile unsigned short entry_x87 __attribute__((used));
static volatile unsigned entry_mxcsr __attribute__((used));
#endif
extern char **environ;

/* The program starts here (-e conformance_start): record the state, then go on as usual. */
extern void _start(void);
#if defined(__aarch64__)
#define KEEP(register, variable) "adrp x30, " variable "\nstr " register ", [x30, :lo12:" variable "]\n"
__asm__(".globl conformance_start\n"
        "conformance_start:\n"
        KEEP("x0", "entry_x0")
        "orr x1, x1, x2\norr x3, x3, x4\norr x5, x5, x6\norr x7, x7, x8\norr x1, x1, x3\n"
        "orr x5, x5, x7\norr x1, x1, x5\norr x1, x1, x19\norr x1, x1, x28\norr x1, x1, x29\n"
        KEEP("x1", "entry_others")
        "mov x1, sp\n" KEEP("x1", "entry_stack")
        "mrs x1, fpcr\n" KEEP("x1", "entry_fpcr")
        "mrs x1, fpsr\n" KEEP("x1", "entry_fpsr")
        "mov x29, #0\nmov x30, #0\n"
        "b _start\n");
#else
__asm__(".globl conformance_start\n"
        "conformance_start:\n"
        "mov %rsp, entry_stack(%rip)\n"
        "mov %rdx, entry_rdx(%rip)\n"
        "pushfq; popq entry_flags(%rip)\n"
        "fnstcw entry_x87(%rip)\n"
        "stmxcsr entry_mxcsr(%rip)\n"
        "jmp _start\n");
#endif

static _Thread_local int initialised = 41;
static _Thread_local int zeroed;

int main(int count, char **arguments) {
    say("stack alignment %lu", entry_stack % 16);
#if defined(__aarch64__)
    int usual = entry_x0 == 0 && entry_others == 0 && entry_fpcr == 0 && entry_fpsr == 0;
    if (!usual) say("x0 %lu, others %lu, fpcr %lx, fpsr %lx", entry_x0, entry_others, entry_fpcr, entry_fpsr);
#else
    int usual = (entry_flags >> 10 & 1) == 0 && entry_x87 == 0x37f && entry_mxcsr == 0x1f80 && entry_rdx == 0;
    if (!usual) say("DF %lu, x87 %x, mxcsr %x, rdx %lu", entry_flags >> 10 & 1, entry_x87, entry_mxcsr, entry_rdx);
#endif
    HOLDS(usual);
    unsigned long *words = (unsigned long *)entry_stack;
    HOLDS(words[0] == (unsigned long)count);
    HOLDS((char **)(words + 1) == arguments);
    HOLDS(arguments[count] == NULL);
    for (int i = 1; i < count; i++) say_bytes("argument", arguments[i], strlen(arguments[i]));
    int variables = 0;
    for (char **e = environ; *e; e++, variables++)
        if (!strncmp(*e, "CONFORMANCE", 11)) say_bytes("variable", *e, strlen(*e));
    Elf64_auxv_t *auxiliary = (Elf64_auxv_t *)(arguments + count + 1 + variables + 1);
    unsigned long value[64] = {0};
    char present[64] = {0};
    for (; auxiliary->a_type != AT_NULL; auxiliary++)
        if (auxiliary->a_type < 64) {
            value[auxiliary->a_type] = auxiliary->a_un.a_val;
            present[auxiliary->a_type] = 1;
        }
    static const struct { const char *name; int type; } wanted[] = {
        {"AT_PHDR", 3}, {"AT_PHENT", 4}, {"AT_PHNUM", 5}, {"AT_PAGESZ", 6}, {"AT_BASE", 7},
        {"AT_FLAGS", 8}, {"AT_ENTRY", 9}, {"AT_UID", 11}, {"AT_EUID", 12}, {"AT_GID", 13},
        {"AT_EGID", 14}, {"AT_PLATFORM", 15}, {"AT_HWCAP", 16}, {"AT_CLKTCK", 17},
        {"AT_SECURE", 23}, {"AT_RANDOM", 25}, {"AT_HWCAP2", 26}, {"AT_EXECFN", 31}};
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++)
        say("%s: %s", wanted[i].name, present[wanted[i].type] ? "present" : "ABSENT");
    say("page %lu ticks %lu phent %lu secure %lu flags %lu uid %lu base %lu", value[6], value[17],
        value[4], value[23], value[8], value[11], value[7]);
    HOLDS(!strcmp((char *)value[15], MACHINE));
    HOLDS(!strcmp((char *)value[31] + strlen((char *)value[31]) - 5, "start") || strlen((char *)value[31]) > 0);
    Elf64_Phdr *headers = (Elf64_Phdr *)value[3];
    int loads = 0;
    for (unsigned i = 0; i < value[5]; i++) loads += headers[i].p_type == PT_LOAD;
    HOLDS(loads >= 1);
    extern void conformance_start(void);
    HOLDS(value[9] == (unsigned long)conformance_start);
    unsigned char *random = (unsigned char *)value[25];
    int different = 0;
    for (int i = 1; i < 16; i++) different += random[i] != random[0];
    HOLDS(different > 0);
    /* Strings and the vector lie on the stack, above the entry's stack pointer. */
    HOLDS(value[31] > entry_stack && (unsigned long)arguments[0] > entry_stack);
#if defined(__aarch64__)
    /* HWCAP_FP, HWCAP_ASIMD: every CPU that runs Linux programs has them. */
    int capable = (value[16] & 3) == 3;
#else
    unsigned a, b, c, d;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1));
    int capable = value[16] == d; /* AT_HWCAP is CPUID.1:EDX */
#endif
    HOLDS(capable);
    initialised++;
    zeroed++;
    say("thread-local %d %d", initialised, zeroed);
    return 0;
}
