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

__attribute__((format(printf, 3, 0))) static void
format(char *out, size_t size, const char *fmt, va_list ap)
{
	static const char cut[] = "...";
	int saved = errno;
	int n = vsnprintf(out, size, fmt, ap);

	if (n < 0)
		(void)snprintf(out, size, "%s", fmt); /* better than nothing */
	else if ((size_t)n >= size)
		memcpy(out + size - sizeof(cut), cut, sizeof(cut));
	errno = saved;
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
	char text[DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (err == EMFILE && !diag_is_set(d)) /* the same cure for all */
		diag_hint(d, "ulimit -n 8192 lets more files be open");
	return why ? diag_set(d, "%s: %s", text, why)
		   : diag_set(d, "%s: error %d", text, err);
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
	char old[DIAG_TEXT_MAX], prefix[DIAG_TEXT_MAX];
	va_list ap;

	if (!diag_is_set(d))
		return -1;
	va_start(ap, fmt);
	format(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(old, d->text, sizeof(old));
	d->text[0] = '\0';
	return diag_set(d, "%s: %s", prefix, old);
}
