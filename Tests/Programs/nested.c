/* Ends from a function within a function, by the bare system call: frames to find in a crash screen.
 * Built with frame pointers. */
#include <sys/syscall.h>

static void *volatile frame;

__attribute__((noipa)) static void innermost(long status) {
    frame = __builtin_frame_address(0); /* which makes a leaf have one */
#if defined(__aarch64__)
    register long number __asm__("x8") = SYS_exit_group, code __asm__("x0") = status;
    __asm__ volatile("svc #0" : : "r"(number), "r"(code) : "memory");
#else
    __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(status) : "rcx", "r11", "memory");
#endif
}
__attribute__((noipa)) static long middle(long status) {
    innermost(status);
    return status + 1;
}
int main(void) { return (int)middle(3) + 1; }
