/* SPDX-License-Identifier: MIT */
/* Descriptors and whole files. */
#ifndef SBOX_FD_H
#define SBOX_FD_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct diag;

/*
 * Close every descriptor >= 3 that is not in keep (n numbers, any order), with
 * close_range(2) (Linux 5.9). Returns 0, or -1 with errno.
 */
int fd_close_all_but(const int *keep, size_t n);

/* openat2(2) (Linux 5.6) with O_CLOEXEC and some of RESOLVE_*. A descriptor, or
 * -1 with errno. */
int fd_open2(int dir, const char *path, int flags, uint64_t resolve);

/* Write everything, retrying on EINTR and short writes. 0 or -1 with errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* Read until the buffer is full or the file ends. Bytes, or -1 with errno. */
ssize_t fd_read_full(int fd, void *buf, size_t size);

/*
 * Read the rest of fd, at most max bytes. Returns a malloc'd buffer with a NUL
 * behind its *len bytes, or NULL with errno (EFBIG when there is more).
 */
char *fd_read_all(int fd, size_t max, size_t *len);

/*
 * Read a regular file of at most max bytes. A missing file is errno ENOENT; a
 * FIFO, device or directory is refused without blocking (opened O_NONBLOCK |
 * O_NOCTTY | O_CLOEXEC, then fstat). Returns like fd_read_all; on failure d
 * says "PATH: reason" and errno is set.
 */
char *file_read(const char *path, size_t max, size_t *len, struct diag *d);
/* The same of what path was opened as, with these flags; fd may be -1 (errno
 * says why). */
#define FILE_READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
char *file_read_open(int fd, const char *path, size_t max, size_t *len,
		     struct diag *d);

/*
 * Replace path's content: a temporary file in the same directory, mode, fsync
 * not needed (caches), rename(2). 0, or -1 with errno and nothing left behind.
 */
int file_replace(const char *path, const void *buf, size_t len,
		 unsigned int mode);

/* mkdir -p with mode for what is made. 0, or -1 with errno. */
int dir_make(const char *path, unsigned int mode);

#endif
