/* SPDX-License-Identifier: MIT */
/*
 * The address table: an array by address, and a balanced tree by name
 * (tsearch(3)), because whoever chooses the names beneath a wildcard could
 * choose them to collide in a hash. Nothing is ever taken out, so a name that
 * was handed out stays where it is.
 */
#include "sbox-gateway/names.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/strlist.h"

struct named {
	uint32_t address;
	char *name; /* owned, but for a key that is only looked for */
};

struct names {
	void *tree;	/* of struct named, by name */
	const char **v; /* n names, by address */
	size_t n, room;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void named_free(void *p)
{
	struct named *e = p;

	free(e->name);
	free(e);
}

struct names *names_new(void)
{
	return xcalloc(1, sizeof(struct names));
}

void names_free(struct names *n)
{
	if (!n)
		return;
	tdestroy(n->tree, named_free);
	free(n->v);
	free(n);
}

static struct named *named_new(struct names *n, const char *name)
{
	struct named *e = xcalloc(1, sizeof(*e));

	e->address = NAMES_FIRST + (uint32_t)n->n;
	e->name = xstrdup(name);
	if (n->n == n->room) {
		n->room = n->room ? 2 * n->room : 16;
		n->v = xreallocarray(n->v, n->room, sizeof(*n->v));
	}
	n->v[n->n++] = e->name;
	return e;
}

uint32_t names_address(struct names *n, const char *name)
{
	union {
		const char *in;
		char *name;
	} borrowed = {.in = name};
	const struct named key = {.name = borrowed.name};
	struct named *const *found = tfind(&key, &n->tree, by_name);
	struct named *e;

	if (found)
		return (*found)->address;
	if (n->n == NAMES_MAX)
		return 0;
	e = named_new(n, name);
	if (tsearch(e, &n->tree, by_name))
		return e->address;
	n->n--; /* no memory for the tree's node */
	named_free(e);
	return 0;
}

const char *names_name(const struct names *n, uint32_t address)
{
	if (address < NAMES_FIRST || address - NAMES_FIRST >= n->n)
		return NULL;
	return n->v[address - NAMES_FIRST];
}
