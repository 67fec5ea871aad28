// What a process gives up: system calls, privileges, the host's files.
#ifndef MARTLET_CLINUX_RIGHTS_H
#define MARTLET_CLINUX_RIGHTS_H

#include <linux/filter.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Whether the address sanitizer watches this program.
int clinux_is_sanitized(void);

/// Puts a filter on the calling thread; -1 on error.
int clinux_install_filter(struct sock_filter *_Nullable program, uint16_t count);

/// Namespaces for users (1) and mounts (2) of the process's own, and a root without files (4); the
/// sum of what the host allowed. All capabilities are gone then.
int clinux_enter_namespaces(void);

int clinux_give_up_new_privileges(void);

/// getppid(2), which nothing of the VMM needs.
void clinux_make_forbidden_call(void);

#pragma clang assume_nonnull end
#endif
