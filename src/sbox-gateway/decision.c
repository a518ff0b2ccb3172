/* SPDX-License-Identifier: MIT */
/*
 * Several gateways append to one file (O_APPEND: whole lines, one write(2)
 * each) and any of them may rotate it. Whoever finds it too long takes the
 * directory's lock, looks whether the name still means the file it has, and
 * only then renames; the others find their file too long at their next look
 * and open the name again. Nothing but the directory's descriptor is needed.
 */
#include "sbox-gateway/decision.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sbox/escape.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

#define LOOK_EVERY (64u << 10) /* bytes of ours between looks at the size */
#define TEXT_MAX   300	       /* of one string, quoted */

struct decisions {
	int dir, fd;
	const char *file; /* its name below dir */
	size_t written;	  /* since the last look */
	size_t total;
	uint64_t lost; /* lines that could not be written */
	bool is_torn;  /* the last one was written in part */
	char *sandbox;
};

static int open_file(int dir, const char *name)
{
	return openat(dir, name,
		      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
			      O_NOCTTY | O_CLOEXEC,
		      0600);
}

/* A regular file of ours, or nothing is written to it. */
static bool is_ours(int fd, struct stat *st)
{
	if (fstat(fd, st) < 0)
		return false;
	if (S_ISREG(st->st_mode) && st->st_uid == geteuid())
		return true;
	errno = EPERM;
	return false;
}

struct decisions *decisions_open(const char *dir, const char *sandbox)
{
	struct decisions *log = xcalloc(1, sizeof(*log));
	struct stat st;

	log->fd = -1;
	log->file = DECISIONS_FILE;
	log->sandbox = xstrdup(sandbox);
	log->dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (log->dir >= 0)
		log->fd = open_file(log->dir, log->file);
	if (log->fd >= 0 && is_ours(log->fd, &st))
		return log;
	decisions_free(log);
	return NULL;
}

void decisions_free(struct decisions *log)
{
	int e = errno;

	if (!log)
		return;
	if (log->lost)
		log_err("log: %s: %" PRIu64 " lines were lost", log->file,
			log->lost);
	if (log->dir >= 0)
		(void)close(log->dir);
	if (log->fd >= 0)
		(void)close(log->fd);
	free(log->sandbox);
	free(log);
	errno = e;
}

int decisions_dir(const struct decisions *log)
{
	return log->dir;
}

static void rename_old(int dir, const char *name)
{
	char from[32], to[32];

	for (int i = DECISIONS_KEEP; i > 0; i--) {
		(void)snprintf(to, sizeof(to), "%s.%d", name, i);
		(void)snprintf(from, sizeof(from), i > 1 ? "%s.%d" : "%s", name,
			       i - 1);
		(void)renameat(dir, from, dir, to); /* ENOENT: not yet */
	}
}

static void go_on_in(struct decisions *log, const char *name)
{
	int fd = open_file(log->dir, name);
	struct stat st;

	if (fd >= 0 && is_ours(fd, &st)) {
		(void)close(log->fd);
		log->fd = fd;
		log->file = name;
		log->is_torn = false;
	} else if (fd >= 0) {
		(void)close(fd); /* what was planted there stays unused */
	}
}

/* Is it time for another file? */
static void look(struct decisions *log)
{
	struct stat mine, named;

	log->total += log->written;
	log->written = 0;
	if (log->total >= DECISIONS_SHARE &&
	    strcmp(log->file, DECISIONS_FILE) == 0)
		go_on_in(log, DECISIONS_MORE);
	if (fstat(log->fd, &mine) < 0 || mine.st_size < DECISIONS_SIZE_MAX ||
	    flock(log->dir, LOCK_EX | LOCK_NB) < 0)
		return; /* locked: another one is just doing it */
	if (fstatat(log->dir, log->file, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    named.st_ino == mine.st_ino && named.st_dev == mine.st_dev)
		rename_old(log->dir, log->file);
	go_on_in(log, log->file);
	(void)flock(log->dir, LOCK_UN);
}

/* Bytes that a JSON string may hold as they are, for the rest a dot: names are
 * normalised, rules checked, so nothing but quotes is ever replaced. */
static void quote(char out[TEXT_MAX], const char *s)
{
	char *p;

	(void)escape_bytes(out, TEXT_MAX, s, strlen(s)); /* cut is fine */
	for (p = out; *p; p++)
		if (*p == '"' || *p == '\\')
			*p = '.';
}

static void put_text(FILE *f, const char *key, const char *s)
{
	char text[TEXT_MAX];

	if (!s)
		return;
	quote(text, s);
	(void)fprintf(f, ",\"%s\":\"%s\"", key, text);
}

size_t decision_format(const struct decision *d, const char *sandbox,
		       uint64_t ms, char out[DECISION_LINE_MAX])
{
	time_t s = (time_t)(ms / 1000);
	FILE *f = fmemopen(out, DECISION_LINE_MAX, "w");
	struct tm tm = {0};
	char stamp[32] = "";
	long len;

	if (!f)
		return 0;
	if (gmtime_r(&s, &tm))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)fprintf(f, "{\"time\":\"%s.%03uZ\"", stamp,
		      (unsigned)(ms % 1000));
	put_text(f, "sandbox", sandbox);
	put_text(f, "name", d->name);
	(void)fprintf(f, ",\"port\":%u", d->port);
	put_text(f, "verdict", d->verdict);
	put_text(f, "rule", d->rule);
	put_text(f, "reason", d->reason);
	if (d->count)
		(void)fprintf(f, ",\"count\":%u", d->count);
	(void)fprintf(f,
		      ",\"bytes\":%" PRIu64 ",\"sent\":%" PRIu64
		      ",\"duration\":%" PRIu64 ".%03u}\n",
		      d->sent + d->received, d->sent, d->duration_ms / 1000,
		      (unsigned)(d->duration_ms % 1000));
	len = ftell(f);
	(void)fclose(f); /* 5 texts of 300 bytes always fit */
	return len > 0 ? (size_t)len : 0;
}

void decisions_write(struct decisions *log, const struct decision *d)
{
	char buf[1 + DECISION_LINE_MAX] = "\n";
	struct timespec now;
	const char *line;
	size_t len;
	ssize_t n;

	if (!log)
		return;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		now = (struct timespec){0};
	len = decision_format(d, log->sandbox,
			      (uint64_t)now.tv_sec * 1000 +
				      (uint64_t)now.tv_nsec / 1000000,
			      buf + 1);
	line = log->is_torn ? buf : buf + 1;
	len += log->is_torn;
	n = write(log->fd, line, len);
	if ((n < 0 || (size_t)n != len) && log->lost++ == 0)
		log_err("log: %s: %s", log->file,
			n < 0 ? strerrordesc_np(errno) : "short write");
	if (n > 0)
		log->is_torn = (size_t)n != len;
	log->written += len;
	if (log->written >= LOOK_EVERY)
		look(log);
}
