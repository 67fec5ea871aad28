// A child process with descriptors of its own, and pairs of sockets to it.
#ifndef MARTLET_CLINUX_CHILD_H
#define MARTLET_CLINUX_CHILD_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Starts a program whose descriptors from 3 on are copies of `descriptors`; 0 is /dev/null, 1 and 2
/// are `output`. It leads a process group of its own, has default signals, and dies with the thread
/// that started it. Returns a descriptor of the process (pidfd_open(2)), or -1; `identity` is its
/// number. `path` and `arguments` end in NUL and NULL.
int clinux_start_child(const char *path, char *_Nullable const *_Nonnull arguments,
                       const int *descriptors, size_t count, int output, int32_t *identity);
/// Waits for a child's end and returns its status as wait(2) has it, or -1.
int clinux_reap(int32_t identity);
/// Kills a child.
void clinux_kill(int32_t identity);
/// A connected pair of stream sockets, close-on-exec, neither blocking; `send_bytes` bounds what may
/// lie in it from the first to the second (0: the host's own bound). Returns 0, or -1.
int clinux_socket_pair(int descriptors[_Nonnull 2], int send_bytes);
/// A pipe whose reading end does not block, close-on-exec.
int clinux_pipe(int descriptors[_Nonnull 2]);
/// Whether a path may be executed by this process.
int clinux_is_executable(const char *path);

#pragma clang assume_nonnull end
#endif
