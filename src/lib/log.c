/* SPDX-License-Identifier: MIT */
/*
 * Messages for the user, on stderr only. A line is formatted into a buffer on
 * the stack, escaped as a whole into a second one (so that no caller can
 * forget to) and written with one write(2) of at most PIPE_BUF bytes: lines
 * of several processes do not mix. No stdio stream, no allocation, no locale
 * (strerrordesc_np(3), not strerror(3)), and fatal() ends with _exit(2): all
 * of it works between vfork and exec. errno is left as it was.
 */
#include "sbox/log.h"

#include <bsd/string.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sbox/diag.h"
#include "sbox/escape.h"
#include "sbox/fd.h"

#define LINE_MAX_BYTES PIPE_BUF

static const char *log_name = "sbox";
static enum log_level log_level = LOG_LEVEL_NORMAL;

void log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_level = level;
}

/* "NAME: TAGtext\n"; text that does not fit is cut and ends in "...". Best
 * effort: there is nowhere to complain about a failing stderr. */
static void put_line(const char *tag, const char *text)
{
	static const char cut[] = "...\n";
	char line[LINE_MAX_BYTES];
	size_t room, len, head;

	/* both are literals, and short */
	(void)snprintf(line, sizeof(line) / 2, "%s: %s", log_name, tag);
	head = strlen(line);
	room = sizeof(line) - head - sizeof(cut) + 1;
	len = escape_bytes(line + head, room, text, strlen(text));
	text = len < room ? "\n" : cut;
	(void)strlcat(line, text, sizeof(line)); /* fits */
	(void)fd_write_all(STDERR_FILENO, line, strlen(line));
}

/* err: an errno to explain, 0 for none, as in "text: reason". */
__attribute__((format(printf, 3, 0))) static void
vput_line(const char *tag, int err, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES];
	char why[64] = "";
	const char *desc = strerrordesc_np(err);
	int saved = errno;
	size_t len;

	if (err && desc)
		(void)snprintf(why, sizeof(why), ": %s", desc);
	else if (err)
		(void)snprintf(why, sizeof(why), ": error %d", err);
	if (vsnprintf(text, sizeof(text) - sizeof(why), fmt, ap) < 0)
		text[0] = '\0';
	len = strlen(text);
	memcpy(text + len, why, sizeof(why)); /* room was left for it */
	put_line(tag, text);
	errno = saved;
}

void log_die(const char *hint, bool with_errno, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput_line("", with_errno ? errno : 0, fmt, ap);
	va_end(ap);
	if (hint)
		put_line("hint: ", hint);
	_exit(SBOX_EXIT_FAILURE);
}

void log_line(enum log_level least, const char *tag, const char *fmt, ...)
{
	va_list ap;

	if (log_level < least)
		return;
	va_start(ap, fmt);
	vput_line(tag, 0, fmt, ap);
	va_end(ap);
}

void log_diag(const struct diag *d)
{
	int saved = errno;

	if (!diag_is_set(d))
		return;
	put_line("", d->text);
	if (d->hint[0])
		put_line("hint: ", d->hint);
	errno = saved;
}
