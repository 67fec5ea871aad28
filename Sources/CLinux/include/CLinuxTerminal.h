// Terminals of the host, and the process that watches over a machine on one.
#ifndef MARTLET_CLINUX_TERMINAL_H
#define MARTLET_CLINUX_TERMINAL_H

#include <stdint.h>

#pragma clang assume_nonnull begin

/// The kernel's struct termios, 36 bytes (TCGETS), of a terminal; -1 where it is none.
int clinux_terminal_modes(int fd, uint8_t *modes);
int clinux_is_terminal(int fd);
int clinux_set_terminal_modes(int fd, const uint8_t *modes);
/// struct winsize as one integer; 0 where it is none.
uint64_t clinux_window_size(int fd);
/// Bytes that a read would find (FIONREAD); -1 on error.
int clinux_bytes_readable(int fd);
/// Whether the process is in the terminal's foreground.
int clinux_is_foreground(int fd);

/// Stops the process, which is `process`, by a signal that the calling thread may block; returns when
/// it was continued, or at once where the signal does not stop it.
void clinux_stop_self(int process, int signal);

/// Two connected sockets; the second one survives an exec. -1 on error.
int clinux_guardian_sockets(int sockets[_Nonnull 2]);

/// How a watched process ended: its status; or 128 + the signal that killed it, which `signal` says.
struct clinux_ending {
    int status;
    int signal;
};

/// Starts a program and stays until it ends: hands signals on, stops when it stops, and puts the
/// terminal `fd` back to `modes` where the program took it over and could not. -1 in `status` where
/// the program can't be started (errno).
struct clinux_ending clinux_watch(const char *path, char *const _Nullable *_Nonnull arguments, int fd,
                                  const uint8_t *modes, const int sockets[_Nonnull 2]);

#pragma clang assume_nonnull end
#endif
