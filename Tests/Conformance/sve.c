/* Covers: prctl */
/* Only arm64: SVE's registers across a signal and in its frame, their length, and who has them. */
#include "conformance.h"
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <ucontext.h>

enum { SET_LENGTH = 50, GET_LENGTH = 51, INHERIT = 1 << 17, ON_EXEC = 1 << 18 };
enum { PLAIN_RECORD = 0x46508001, SVE_RECORD = 0x53564501 };

/* Free of SVE but for these, which only run where there is SVE. Registers lie in memory as in a frame:
 * Z0 to Z31, P0 to P15, FFR. The trap is no call, across which nothing keeps SVE's registers. */
__asm__(
    ".arch_extension sve\n"
    ".text\n"
    "sve_length: rdvl x0, #1\n ret\n"
    "sve_trap:\n"
    "stp d8, d9, [sp, #-64]!\n stp d10, d11, [sp, #16]\n stp d12, d13, [sp, #32]\n stp d14, d15, [sp, #48]\n"
    "rdvl x2, #1\n add x3, x0, x2, lsl #5\n add x4, x1, x2, lsl #5\n"
    "ldr p0, [x3, #16, mul vl]\n wrffr p0.b\n"
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "ldr z\\n, [x0, #\\n, mul vl]\n ldr p\\n, [x3, #\\n, mul vl]\n"
    ".endr\n"
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "ldr z\\n, [x0, #\\n, mul vl]\n"
    ".endr\n"
    "brk #0\n"
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "str z\\n, [x1, #\\n, mul vl]\n str p\\n, [x4, #\\n, mul vl]\n"
    ".endr\n"
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "str z\\n, [x1, #\\n, mul vl]\n"
    ".endr\n"
    "rdffr p0.b\n str p0, [x4, #16, mul vl]\n"
    "ldp d10, d11, [sp, #16]\n ldp d12, d13, [sp, #32]\n ldp d14, d15, [sp, #48]\n ldp d8, d9, [sp], #64\n"
    "ret\n"
    "sve_clobber:\n"
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "mov z\\n\\().b, #0x5a\n ptrue p\\n\\().b\n"
    ".endr\n"
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "mov z\\n\\().b, #0x5a\n"
    ".endr\n"
    "setffr\n ret\n");
long sve_length(void) __asm__("sve_length");
void sve_trap(const void *in, void *out) __asm__("sve_trap");
void sve_clobber(void) __asm__("sve_clobber");

struct record {
    uint32_t magic, size;
    uint16_t length, flags, reserved[2];
    unsigned char registers[];
};
struct plain {
    uint32_t magic, size, status, control;
    unsigned char registers[512];
};
static unsigned char in[8736], out[8736];
static int has_sve;
static size_t registers_size(size_t length) { return 32 * length + 17 * (length / 8); }

/* What the handler does to the frame. */
static enum { LOOK, CHANGE, EMPTY, NO_RECORD, OTHER_LENGTH, SHORT, TWICE, STREAMING, FOREIGN } action;
static int sizes_right, length_seen, flags_seen, registers_right, alias_right, records;
static sigjmp_buf refused;

static void handler(int number, siginfo_t *information, void *context) {
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    unsigned char *end = (unsigned char *)machine->__reserved;
    struct record *sve = NULL;
    struct plain *plain = NULL;
    records = 0;
    for (; ((struct record *)end)->magic; end += ((struct record *)end)->size) {
        struct record *record = (void *)end;
        if (record->magic == SVE_RECORD) sve = record, records++;
        if (record->magic == PLAIN_RECORD) plain = (void *)end;
    }
    machine->pc += 4;
    if (sve && plain) {
        size_t length = sve->length, size = registers_size(length);
        sizes_right = sve->size == ((16 + size + 15) & ~15UL);
        length_seen = length;
        flags_seen = sve->flags;
        registers_right = !memcmp(sve->registers, in, size);
        alias_right = 1;
        for (int i = 0; i < 32; i++)
            alias_right &= !memcmp(plain->registers + 16 * i, sve->registers + length * i, 16);
        switch (action) {
        case CHANGE:
            sve->registers[length * 1 + 20] ^= 0xff;
            sve->registers[length * 2 + 3] ^= 0xff; /* hidden by the other record */
            plain->registers[16 * 3 + 3] ^= 0xff;
            sve->registers[length * 32 + 5] ^= 0xff;
            break;
        case EMPTY:
            sve->size = 16;
            memset(sve->registers, 0, 8);
            break;
        case NO_RECORD: memset(sve, 0, 8); break;
        case OTHER_LENGTH: sve->length += 16; break;
        case SHORT:
            memset((char *)sve + sve->size - 16, 0, 8);
            sve->size -= 16;
            break;
        case TWICE:
            memset(end, 0, 32);
            ((struct record *)end)->magic = SVE_RECORD;
            ((struct record *)end)->size = 16;
            ((struct record *)end)->length = length;
            break;
        case STREAMING: sve->flags |= 1; break;
        default: break;
        }
    }
    if (action == FOREIGN) {
        memset(end, 0, 32);
        ((struct record *)end)->magic = SVE_RECORD;
        ((struct record *)end)->size = 16;
        ((struct record *)end)->length = 64;
    }
    if (has_sve) sve_clobber();
}
static void on_refused(int number, siginfo_t *information, void *context) { siglongjmp(refused, number); }

static void fill(void) {
    size_t length = sve_length();
    for (size_t i = 0; i < sizeof in; i++) in[i] = i * 7 + i / 251 + 3;
    /* FFR holds ones below zeros. */
    memset(in + length * 34, 0, length / 8);
    memset(in + length * 34, 0xff, length / 16);
    memset(out, 0xee, sizeof out);
}
/* How many registers differ in a part: of Z the low 16 bytes and the rest, P, FFR. */
static void compare(const char *what) {
    size_t length = sve_length(), shorter = length / 8;
    int low = 0, high = 0, predicates = 0;
    for (size_t i = 0; i < 32; i++) {
        low += !!memcmp(in + length * i, out + length * i, 16);
        high += !!memcmp(in + length * i + 16, out + length * i + 16, length - 16);
    }
    for (size_t i = 0; i < 16; i++)
        predicates += !!memcmp(in + length * 32 + shorter * i, out + length * 32 + shorter * i, shorter);
    say("%s: low %d, high %d, P %d, FFR %d", what, low, high, predicates,
        !!memcmp(in + length * 34, out + length * 34, shorter));
}
static void trap(const char *what) {
    fill();
    int number = sigsetjmp(refused, 1);
    if (number) {
        say("%s: %s", what, number == SIGSEGV ? "SIGSEGV" : "another signal");
        return;
    }
    sve_trap(in, out);
    if (action == EMPTY || action == NO_RECORD) {
        /* As if it had been zero in the frame. */
        size_t length = sve_length();
        for (size_t i = 0; i < 32; i++) memset(in + length * i + 16, 0, length - 16);
        memset(in + length * 32, 0, 17 * (length / 8));
    }
    compare(what);
}
static void frame(const char *what) {
    action = LOOK;
    trap(what);
    say("record %d: size right %d, length %d, flags %d, registers right %d, as the other record's %d", records,
        sizes_right, length_seen, flags_seen, registers_right, alias_right);
}
static void set(const char *what, unsigned long argument) {
    long result = prctl(SET_LENGTH, argument, 0, 0, 0);
    if (result < 0) say("set %s: %s", what, errno == EINVAL ? "EINVAL" : "another error");
    else say("set %s: %ld%s", what, result & 0xffff, result & INHERIT ? " inherited" : "");
}

int main(void) {
    unsigned long features, zfr;
    __asm__("mrs %0, id_aa64pfr0_el1\nmrs %1, s3_0_c0_c4_4" : "=r"(features), "=r"(zfr));
    has_sve = getauxval(AT_HWCAP) >> 22 & 1;
    unsigned long more = getauxval(AT_HWCAP2);
    say("SVE %d, register says %d", has_sve, (int)(features >> 32 & 15));
    say("SVE2 as its register says %d", (more >> 1 & 1) == ((zfr & 15) != 0));
    handle(SIGTRAP, handler, SA_SIGINFO);
    handle(SIGSEGV, on_refused, 0);
    handle(SIGILL, on_refused, 0);
    if (!has_sve) {
        say("other capabilities %lx", more & 0x200001e7eUL);
        set("64", 64);
        say("get: %s", prctl(GET_LENGTH, 0, 0, 0, 0) == -1 && errno == EINVAL ? "EINVAL" : "something");
        int number = sigsetjmp(refused, 1);
        if (!number) sve_clobber();
        say("instruction: %s", number == SIGILL ? "SIGILL" : "something else");
        __asm__ volatile("brk #0" : : : "memory");
        say("records %d", records);
        action = FOREIGN;
        number = sigsetjmp(refused, 1);
        if (!number) __asm__ volatile("brk #0" : : : "memory");
        say("a record in the frame: %s", number == SIGSEGV ? "SIGSEGV" : "nothing");
        return 0;
    }
    say("length %ld, get %d", sve_length(), prctl(GET_LENGTH, 0, 0, 0, 0));
    frame("after a signal");
    action = CHANGE;
    trap("changed in the frame");
    action = EMPTY;
    trap("without registers");
    action = NO_RECORD;
    trap("without the record");
    action = OTHER_LENGTH;
    trap("another length");
    action = SHORT;
    trap("too short");
    action = TWICE;
    trap("twice");
    action = STREAMING;
    trap("streaming");

    set("0", 0);
    set("8", 8);
    set("24", 24);
    set("8208", 8208);
    set("an unknown flag", 64 | 1UL << 19);
    set("16 on exec", 16 | ON_EXEC);
    say("get %d", prctl(GET_LENGTH, 0, 0, 0, 0));
    set("64 inherited", 64 | INHERIT);
    say("inherited %d", prctl(GET_LENGTH, 0, 0, 0, 0) == (64 | INHERIT));
    set("32", 32);
    say("length %ld, get %d", sve_length(), prctl(GET_LENGTH, 0, 0, 0, 0));
    frame("with 32 bytes");
    set("16", 16);
    frame("with 16 bytes");
    say("a long one is at least 64: %d", prctl(SET_LENGTH, 8192, 0, 0, 0) >= 64);
    set("64", 64);
    frame("with 64 bytes");
    return 0;
}
