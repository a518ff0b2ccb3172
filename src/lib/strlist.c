/* SPDX-License-Identifier: MIT */
/*
 * Lists of owned strings in the form that execve(2) takes, and allocation that
 * cannot fail: a launcher without memory can only say so and leave (125).
 */
#include "sbox/strlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/log.h"

void *xmust(void *p)
{
	if (!p)
		fatalx("out of memory");
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	return xmust(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	/* glibc frees p when asked for nothing: never ask that */
	return xmust(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return xmust(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return xmust(strndup(s, n));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		p = NULL; /* it is undefined then */
	va_end(ap);
	return xmust(p);
}

void xreplace(char **p, char *by)
{
	free(*p);
	*p = by;
}

void strlist_add_owned(struct strlist *l, char *s)
{
	l->v = xreallocarray(l->v, l->n + 2, sizeof(*l->v));
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strlist_add(struct strlist *l, const char *s)
{
	strlist_add_owned(l, xstrdup(s));
}

void strlist_append(struct strlist *l, const struct strlist *src)
{
	size_t n = src->n; /* src may be l itself */

	for (size_t i = 0; i < n; i++)
		strlist_add(l, src->v[i]);
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

void strlist_remove(struct strlist *l, size_t i)
{
	free(l->v[i]);
	memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(*l->v));
	if (--l->n == 0)
		strlist_free(l);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare);
}

void strlist_free(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist){0};
}

bool words_have(const char *words, const char *word)
{
	size_t len = strlen(word);

	if (len == 0 || strpbrk(word, " \n"))
		return false;
	for (const char *p = words; (p = strstr(p, word)); p++)
		if ((p == words || p[-1] == ' ') && strchr(" \n", p[len]))
			return true;
	return false;
}
