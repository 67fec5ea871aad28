/* Covers: sigaltstack */
#include "conformance.h"
#include <setjmp.h>

static char alternate[64 * 1024] __attribute__((aligned(16)));
static sigjmp_buf back;
static volatile int inside, flags_inside, alignment, change;

static void where(int number, siginfo_t *information, void *context) {
    char local;
    stack_t stack;
    inside = &local >= alternate && &local < alternate + sizeof alternate;
    alignment = (long)__builtin_frame_address(0) % 16;
    sigaltstack(NULL, &stack);
    flags_inside = stack.ss_flags;
    stack_t other = {.ss_sp = alternate, .ss_size = sizeof alternate};
    errno = 0;
    change = sigaltstack(&other, NULL) ? errno : 0;
    if (number == SIGSEGV) siglongjmp(back, 1);
}
static volatile int depth;
__attribute__((noinline)) static int overflow(int n) {
    volatile char fill[4096];
    fill[0] = (char)n;
    fill[4095] = fill[0];
    depth = n;
    return n > 1 << 20 ? fill[0] : overflow(n + 1) + fill[4095];
}

int main(void) {
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
    SHOW(sigaltstack(NULL, &old));
    say("flags %d size %ld", old.ss_flags, (long)old.ss_size);
    SHOW(sigaltstack(&stack, &old));
    SHOW(sigaltstack(NULL, &old));
    HOLDS(old.ss_sp == alternate && old.ss_size == sizeof alternate && old.ss_flags == 0);
    SHOW(syscall(SYS_sigaltstack, BAD_POINTER, NULL));
    SHOW(syscall(SYS_sigaltstack, NULL, BAD_POINTER));
    stack.ss_size = 100;
    SHOW(syscall(SYS_sigaltstack, &stack, NULL));
    /* The kernel's MINSIGSTKSZ, which C libraries do not all show. */
#if defined(__aarch64__)
    enum { smallest = 5120 };
#else
    enum { smallest = 2048 };
#endif
    stack.ss_size = smallest - 1;
    SHOW(syscall(SYS_sigaltstack, &stack, NULL));
    stack.ss_size = smallest;
    SHOW(syscall(SYS_sigaltstack, &stack, NULL));
    stack.ss_size = sizeof alternate;
    stack.ss_flags = 77;
    SHOW(syscall(SYS_sigaltstack, &stack, NULL));

    handle(SIGUSR1, where, 0);
    raise(SIGUSR1);
    say("without SA_ONSTACK: inside %d flags %d", inside, flags_inside);
    handle(SIGUSR1, where, SA_ONSTACK);
    stack.ss_flags = 0;
    sigaltstack(&stack, NULL);
    raise(SIGUSR1);
    say("with: inside %d flags %d, change there %s", inside, flags_inside, errno_name(change));

    /* The use it was made for: a stack overflow. */
    handle(SIGSEGV, where, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0) overflow(0);
    say("overflow caught, inside %d, deep %d", inside, depth > 100);
    if (sigsetjmp(back, 1) == 0) overflow(0);
    say("and again, inside %d", inside);

    stack.ss_flags = SS_DISABLE;
    SHOW(sigaltstack(&stack, NULL));
    raise(SIGUSR1);
    say("disabled: inside %d", inside);
    SHOW(sigaltstack(NULL, &old));
    say("flags %d", old.ss_flags);
    /* SS_AUTODISARM */
    stack.ss_flags = 1 << 31;
    SHOW(sigaltstack(&stack, NULL));
    raise(SIGUSR1);
    say("autodisarm: inside %d flags %x", inside, flags_inside);
    /* Without an alternate stack an overflow kills. */
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    say("last line before death by SIGSEGV");
    overflow(0);
    return 0;
}
