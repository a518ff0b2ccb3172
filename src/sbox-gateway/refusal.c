/* SPDX-License-Identifier: MIT */
/*
 * A flat array: it is small, bounded, and walked only for what was refused. The
 * hash only saves comparing strings; choosing names that collide wins nothing.
 */
#include "sbox-gateway/refusal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/egress_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/escape.h"
#include "sbox/fd.h"
#include "sbox/strlist.h"

/* What the user could do about it; %s is the name. */
enum cure { CURE_NONE, CURE_ALLOW, CURE_TCP, CURE_ADDRESS };

static const struct reason {
	const char *text;
	enum cure cure;
} reasons[] = {
	/* clang-format off */
	[REFUSAL_UNLISTED]    = { "not allowed",				CURE_ALLOW },
	[REFUSAL_DENIED]      = { "denied by a rule",				CURE_NONE },
	[REFUSAL_PROTOCOL]    = { "not TLS (port 443) or HTTP (port 80)",	CURE_TCP },
	[REFUSAL_NAME]	      = { "the TLS hello or a Host names another one",	CURE_NONE },
	[REFUSAL_PRIVATE]     = { "its address is denied, private, special or of this host's own network", CURE_ADDRESS },
	[REFUSAL_FORGED]      = { "the address stands for no name",		CURE_NONE },
	[REFUSAL_ADDRESSES]   = { "too many different names",			CURE_NONE },
	[REFUSAL_CONNECTIONS] = { "net.limits.connections are open",		CURE_NONE },
	[REFUSAL_FILES]	      = { "the hard limit on open files allows no more connections", CURE_NONE },
	[REFUSAL_BYTES]	      = { "net.limits.bytes is used up",		CURE_NONE },
	[REFUSAL_LOOKUPS]     = { "too many look-ups at once",			CURE_NONE },
	[REFUSAL_RESOLVER]    = { "the resolver has died: names are not looked up any more", CURE_NONE },
	[REFUSAL_NEWNAMES]    = { "too many new names of one pattern in a short time", CURE_NONE },
	[REFUSAL_NONE]	      = { "",						CURE_NONE },
	/* clang-format on */
};
static_assert(ARRAY_SIZE(reasons) == REFUSAL__COUNT, "a row for each refusal");

struct entry {
	uint32_t hash;
	unsigned count;
	char *name, *detail;
	uint16_t port;
	enum refusal why;
};

struct refusals {
	struct entry *v; /* grows up to REFUSALS_MAX */
	size_t n, room;
	unsigned more;
};

struct refusals *refusals_new(void)
{
	return xcalloc(1, sizeof(struct refusals));
}

void refusals_free(struct refusals *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].name);
		free(r->v[i].detail);
	}
	free(r->v);
	free(r);
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static struct entry *find(struct refusals *r, const struct entry *key)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->v[i];

		if (e->hash == key->hash && e->port == key->port &&
		    e->why == key->why && strcmp(e->name, key->name) == 0 &&
		    strcmp(e->detail, key->detail) == 0)
			return e;
	}
	return NULL;
}

unsigned refusals_count(struct refusals *r, const char *name, uint16_t port,
			enum refusal why, const char *detail)
{
	cleanup_free char *own_name = xstrdup(name);
	cleanup_free char *own_detail = xstrdup(detail ? detail : "");
	struct entry key = {.hash = hash_of(name),
			    .name = own_name,
			    .detail = own_detail,
			    .port = port,
			    .why = why};
	struct entry *e = find(r, &key);

	if (e)
		return e->count == UINT32_MAX ? e->count : ++e->count;
	if (r->n == REFUSALS_MAX)
		return r->more == UINT32_MAX ? r->more : ++r->more;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 8;
		r->v = xreallocarray(r->v, r->room, sizeof(*r->v));
	}
	key.count = 1;
	r->v[r->n++] = key;
	own_name = own_detail = NULL;
	return 1;
}

bool refusal_is_logged(unsigned count)
{
	while (count >= 10 && count % 10 == 0)
		count /= 10;
	return count == 1;
}

const char *refusal_text(enum refusal why)
{
	return reasons[why].text;
}

/* The rule that would allow it, if there can be one; else what leads there. */
static char *allow_text(const struct entry *e)
{
	cleanup_free char *rule =
		e->port == 0	       ? xstrdup(e->name)
		: strchr(e->name, ':') ? xasprintf("[%s]:%u", e->name, e->port)
				       : xasprintf("%s:%u", e->name, e->port);
	struct diag d = {.hint = ""};
	struct egress_rule r;

	if (egress_rule_parse(rule, EGRESS_ALLOW, &r, &d))
		return xasprintf("%s%s", *d.hint ? "; " : "", d.hint);
	egress_rule_free(&r);
	if (e->port == 0)
		return xasprintf("; to allow it: --allow %s (ports 443 and 80; "
				 "else %s:PORT)",
				 rule, rule);
	return xasprintf("; to allow it: --allow %s%s", rule,
			 egress_name_is_local(e->name, false) ? " --via tor"
							      : "");
}

/* "; to allow it: ..." */
static char *cure_text(const struct entry *e)
{
	switch (reasons[e->why].cure) {
	case CURE_ALLOW:
		return allow_text(e);
	case CURE_TCP:
		return xasprintf("; to allow it: --allow tcp:%s:%u", e->name,
				 e->port);
	case CURE_ADDRESS:
		return xasprintf("; to allow it: --allow ADDRESS:%u", e->port);
	case CURE_NONE:
		break;
	}
	return xstrdup("");
}

static void print(const struct entry *e, int fd)
{
	cleanup_free char *cure = cure_text(e);
	cleanup_free char *times = e->count == 1
					   ? xstrdup("")
					   : xasprintf(" (%u times)", e->count);
	cleanup_free char *port =
		e->port ? xasprintf(" port %u", e->port) : xstrdup("");
	cleanup_free char *text = xasprintf(
		"%s: %s%s: %s%s%s%s",
		e->why == REFUSAL_NONE ? "failed" : "refused", e->name, port,
		reasons[e->why].text, e->detail, times, cure);
	cleanup_free char *safe = escape_dup(text);
	cleanup_free char *line = xasprintf("%s\n", safe);

	(void)fd_write_all(fd, line, strlen(line)); /* nobody left to tell */
}

static int by_count(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

void refusals_print(const struct refusals *r, int fd)
{
	size_t shown = r->n < REFUSALS_IN_SUMMARY ? r->n : REFUSALS_IN_SUMMARY;
	uint64_t rest = r->more;
	cleanup_free char *line = NULL;

	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_count);
	for (size_t i = 0; i < shown; i++)
		print(&r->v[i], fd);
	for (size_t i = shown; i < r->n; i++)
		rest += r->v[i].count;
	if (!rest)
		return;
	line = xasprintf("refused: %llu more, in the log\n",
			 (unsigned long long)rest);
	(void)fd_write_all(fd, line, strlen(line));
}
