// Files as the tool needs them: in memory, copied without a buffer, listed, checksummed.
#ifndef MARTLET_CLINUX_FILES_H
#define MARTLET_CLINUX_FILES_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma clang assume_nonnull begin

/// A file in memory that an exec keeps open (memfd_create(2)); by number, as C libraries declare it
/// for GNU sources only.
static inline int clinux_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 0);
}
/// Opens for reading without waiting for the other end of a pipe.
static inline int clinux_open_plain(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}
/// Creates or empties a file for writing.
static inline int clinux_create_new(const char *path, mode_t mode) {
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
}
/// Appends bytes of one file to another; how many, fewer only at the end; -1 on error.
static inline int64_t clinux_copy(int from, int64_t offset, int to, int64_t byte_count) {
    int64_t done = 0;
    off_t position = offset;
    while (done < byte_count) {
        ssize_t result = sendfile(to, from, &position, (size_t)(byte_count - done));
        if (result < 0 && errno == EINTR) continue;
        if (result < 0) return -1;
        if (result == 0) break;
        done += result;
    }
    return done;
}
/// A directory entry's name.
static inline const char *clinux_entry_name(const struct dirent *entry) { return entry->d_name; }
/// Moves a descriptor past exec or lets exec close it.
static inline int clinux_keep_open(int fd) { return fcntl(fd, F_SETFD, 0); }

/// CRC-32C (RFC 3720, appendix B.4) of more bytes; start with 0.
uint32_t clinux_crc32c(uint32_t before, const void *_Nullable bytes, size_t byte_count);

#pragma clang assume_nonnull end
#endif
