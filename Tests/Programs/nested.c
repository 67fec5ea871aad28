/* Ends from a function within a function, by the bare system call: frames to find in a crash screen.
 * Built with frame pointers. */
#include <sys/syscall.h>

static void *volatile frame;

__attribute__((noipa)) static void innermost(long status) {
    frame = __builtin_frame_address(0); /* which makes a leaf have one */
    __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(status) : "rcx", "r11", "memory");
}
__attribute__((noipa)) static long middle(long status) {
    innermost(status);
    return status + 1;
}
int main(void) { return (int)middle(3) + 1; }
