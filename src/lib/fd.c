/* SPDX-License-Identifier: MIT */
/*
 * Descriptors and whole files. Nothing here allocates without a bound, blocks
 * on a FIFO that somebody left where a file was expected, or leaves a file
 * half-written under its final name (rename(2) replaces it in one step).
 */
#include "sbox/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"
#include "sbox/strlist.h"

int fd_close_all_but(const int *keep, size_t n)
{
	const int64_t end = (int64_t)UINT_MAX + 1;
	int64_t next;

	for (int64_t from = STDERR_FILENO + 1; from < end; from = next + 1) {
		next = end; /* the least one that is kept, from here on */
		for (size_t i = 0; i < n; i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		if (next > from &&
		    close_range((unsigned)from, (unsigned)(next - 1), 0) < 0)
			return -1;
	}
	return 0;
}

int fd_open2(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (__u64)(flags | O_CLOEXEC),
			       .resolve = resolve};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(write(fd, p, len));

		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *buf, size_t size)
{
	char *p = buf;
	size_t used = 0;

	while (used < size) {
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, p + used, size - used));

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

/* One byte beyond max is asked for: the proof that there is too much, or room
 * for the NUL. */
char *fd_read_all(int fd, size_t max, size_t *len)
{
	cleanup_free char *buf = NULL;
	size_t used = 0, room = 8192;
	ssize_t n;

	do {
		room = MIN(2 * room, max + 1);
		buf = xreallocarray(buf, room, 1);
		n = fd_read_full(fd, buf + used, room - used);
		if (n < 0)
			return NULL;
		used += (size_t)n;
	} while (used == room && room <= max);
	if (used > max) {
		errno = EFBIG;
		return NULL;
	}
	buf[used] = '\0';
	*len = used;
	return steal_ptr(&buf);
}

char *file_read_open(int fd, const char *path, size_t max, size_t *len,
		     struct diag *d)
{
	struct stat st = {.st_mode = 0};
	char *buf = NULL;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		buf = fd_read_all(fd, max, len);
	else if (st.st_mode)
		errno = EINVAL;
	if (buf)
		return buf;
	if (errno == EFBIG)
		diag_set(d, "%.900s: larger than %zu bytes", path, max);
	else if (errno == EINVAL)
		diag_set(d, "%.900s: not a regular file", path);
	else
		diag_set_errno(d, errno, "%.900s", path);
	return NULL;
}

char *file_read(const char *path, size_t max, size_t *len, struct diag *d)
{
	cleanup_fd int fd = open(path, FILE_READ_FLAGS);

	return file_read_open(fd, path, max, len, d);
}

int file_replace(const char *path, const void *buf, size_t len,
		 unsigned int mode)
{
	cleanup_free char *tmp = xasprintf("%s.XXXXXX", path);
	/* 0600, O_EXCL: follows no symlink */
	cleanup_fd int fd = mkostemp(tmp, O_CLOEXEC);
	int saved;

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, buf, len) == 0 && fchmod(fd, mode) == 0 &&
	    rename(tmp, path) == 0)
		return 0;
	saved = errno;
	(void)unlink(tmp); /* the error that counts is the first one */
	errno = saved;
	return -1;
}

/* mkdir(2) where a directory that is already there is fine, whatever mkdir
 * says about it (EEXIST, but also EROFS or EACCES on some file systems). */
static int make_one(const char *path, mode_t mode)
{
	struct stat st;
	int err;

	if (mkdir(path, mode) == 0)
		return 0;
	err = errno;
	if (stat(path, &st) == 0)
		err = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	errno = err;
	return err ? -1 : 0;
}

int dir_make(const char *path, unsigned int mode)
{
	cleanup_free char *parent = NULL;

	if (make_one(path, mode) == 0)
		return 0;
	if (errno != ENOENT || !*path)
		return -1;
	parent = path_dirname(path);
	return dir_make(parent, mode) < 0 ? -1 : make_one(path, mode);
}
