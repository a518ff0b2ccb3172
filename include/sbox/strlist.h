/* SPDX-License-Identifier: MIT */
/* A growing, NULL-terminated list of owned strings. Zero-initialise it. */
#ifndef SBOX_STRLIST_H
#define SBOX_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **v; /* n strings, then NULL; NULL itself while n == 0 */
	size_t n;
};

/* Append a copy / the given allocation / a formatted string. */
void strlist_add(struct strlist *l, const char *s);
void strlist_add_owned(struct strlist *l, char *s);
#define strlist_addf(l, ...) strlist_add_owned((l), xasprintf(__VA_ARGS__))
/* Append copies of all of src. */
void strlist_append(struct strlist *l, const struct strlist *src);
bool strlist_has(const struct strlist *l, const char *s);
/* Remove entry i. */
void strlist_remove(struct strlist *l, size_t i);
/* By strcmp(3). */
void strlist_sort(struct strlist *l);
void strlist_free(struct strlist *l);
#define cleanup_strlist __attribute__((cleanup(strlist_free)))

/* True if word is one of the words, separated by single spaces, of a line. */
bool words_have(const char *words, const char *word);

/* malloc, strdup, asprintf that never return NULL: out of memory is fatal
 * (exit 125), the one way in which code of src/policy may end the program. */
void *xcalloc(size_t n, size_t size);
/* What others allocate: p, which is not NULL any more. */
void *xmust(void *p);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* Free *p and put by, which is owned, in its place. */
void xreplace(char **p, char *by);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
