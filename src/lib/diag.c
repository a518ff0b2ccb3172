/* SPDX-License-Identifier: MIT */
/*
 * Errors of pure code as data: formatted once, where they are found, printed
 * once, by whoever decides to. The first error is the cause and wins; what
 * follows from it is dropped. errno is left as it was, so that a function can
 * both fill a diag and return with errno. A message that did not fit ends in
 * "..." instead of looking complete.
 */
#include "sbox/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char cut[] = "...";

static void format(char *out, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void format(char *out, size_t size, const char *fmt, va_list ap)
{
	int saved = errno;
	int n = vsnprintf(out, size, fmt, ap);

	if (n < 0)
		(void)snprintf(out, size, "%s", fmt); /* better than nothing */
	else if ((size_t)n >= size)
		memcpy(out + size - sizeof(cut), cut, sizeof(cut));
	errno = saved;
}

/* Append s to text; the end of the whole becomes "..." if that is too long. */
static void append(char *text, size_t size, const char *s)
{
	size_t len = strnlen(text, size - 1);
	size_t add = strlen(s);

	if (add < size - len) {
		memcpy(text + len, s, add + 1);
		return;
	}
	memcpy(text + len, s, size - len);
	memcpy(text + size - sizeof(cut), cut, sizeof(cut));
}

bool diag_is_set(const struct diag *d)
{
	return d && d->text[0];
}

int diag_set(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (!d || d->text[0])
		return -1;
	va_start(ap, fmt);
	format(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	return -1;
}

int diag_set_errno(struct diag *d, int err, const char *fmt, ...)
{
	const char *why = strerrordesc_np(err);
	char number[32];
	va_list ap;

	if (!d || d->text[0])
		return -1;
	va_start(ap, fmt);
	format(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	if (!why) {
		(void)snprintf(number, sizeof(number), "error %d", err);
		why = number;
	}
	append(d->text, sizeof(d->text), ": ");
	append(d->text, sizeof(d->text), why);
	return -1;
}

int diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (!d || d->hint[0])
		return -1;
	va_start(ap, fmt);
	format(d->hint, sizeof(d->hint), fmt, ap);
	va_end(ap);
	return -1;
}

int diag_prefix(struct diag *d, const char *fmt, ...)
{
	char old[DIAG_TEXT_MAX];
	va_list ap;

	if (!diag_is_set(d))
		return -1;
	memcpy(old, d->text, sizeof(old));
	va_start(ap, fmt);
	format(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	append(d->text, sizeof(d->text), ": ");
	append(d->text, sizeof(d->text), old);
	return -1;
}
