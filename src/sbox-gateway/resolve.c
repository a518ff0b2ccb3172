/* SPDX-License-Identifier: MIT */
/*
 * A table of names, found by a hash and, at the bound, replacing the oldest
 * answer that nobody waits for. A query's id is its place in the table, which
 * is not used again before its answer came. When the resolver is gone,
 * everybody who waits is told, and nobody is served any more: there is no other
 * way to an address. The jail couldn't start a new one, and should not: whoever
 * brought it down by an answer would get as many tries as they like.
 */
#include "sbox-gateway/resolve.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/gateway.h"
#include "sbox-gateway/resolver.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

LIST_HEAD(waits, resolve_wait);

struct lookup {
	uint32_t hash;
	bool is_asked; /* the answer is to come */
	int error;
	uint64_t until; /* ms: an answer is good */
	struct waits waits;
	size_t n;
	struct resolver_address *addrs;
	char *name; /* NULL: unused */
};

struct resolve {
	int sock;
	struct event *ev;
	struct lookup table[RESOLVE_NAMES_MAX];
};

static void lookup_clear(struct lookup *l)
{
	free(l->name);
	free(l->addrs);
	*l = (struct lookup){.n = 0};
}

/* Tell all who wait. They may ask again at once: the list is taken over first.
 */
static void tell(struct lookup *l)
{
	struct waits waits = l->waits;
	struct resolve_wait *w;

	LIST_INIT(&l->waits);
	if (!LIST_EMPTY(&waits))
		LIST_FIRST(&waits)->entry.le_prev = &waits.lh_first;
	while ((w = LIST_FIRST(&waits))) {
		LIST_REMOVE(w, entry);
		w->is_waiting = 0;
		w->done(w->ctx, l->error, l->addrs, l->n);
	}
}

static void gone(struct resolve *r)
{
	log_err("the resolver is gone: names outside can't be found any more");
	(void)event_del(r->ev);
	(void)close(r->sock);
	r->sock = -1;
	for (size_t i = 0; i < RESOLVE_NAMES_MAX; i++) {
		r->table[i].is_asked = false;
		r->table[i].error = RESOLVE_DIED;
		r->table[i].n = 0;
		tell(&r->table[i]);
	}
}

static bool take(struct resolve *r, const struct resolver_answer *a, ssize_t n)
{
	struct lookup *l;

	if (n != sizeof(*a) || a->id >= RESOLVE_NAMES_MAX ||
	    a->n > RESOLVER_ADDRESSES_MAX || !r->table[a->id].is_asked)
		return false;
	l = &r->table[a->id];
	l->is_asked = false;
	l->error = a->n ? a->error : (a->error ? a->error : EAI_NONAME);
	l->n = l->error ? 0 : a->n;
	free(l->addrs);
	l->addrs = NULL;
	if (l->n) {
		l->addrs = xcalloc(l->n, sizeof(l->addrs[0]));
		memcpy(l->addrs, a->addrs, l->n * sizeof(l->addrs[0]));
	}
	l->until = gateway_now_ms() +
		   (l->error ? RESOLVE_FAILED_MS : RESOLVE_KEEP_MS);
	tell(l);
	return true;
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;
	struct resolver_answer a;
	ssize_t n;

	(void)what;
	n = recv(fd, &a, sizeof(a), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !take(r, &a, n))
		gone(r);
}

struct resolve *resolve_new(struct event_base *base, int sock)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->sock = sock;
	r->ev = event_new(base, sock, EV_READ | EV_PERSIST, on_answer, r);
	if (!r->ev || event_add(r->ev, NULL) < 0)
		fatalx("resolver: event");
	return r;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	event_free(r->ev);
	if (r->sock >= 0)
		(void)close(r->sock);
	for (size_t i = 0; i < RESOLVE_NAMES_MAX; i++)
		lookup_clear(&r->table[i]);
	free(r);
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static struct lookup *find(struct resolve *r, const char *name, uint32_t hash)
{
	for (size_t i = 0; i < RESOLVE_NAMES_MAX; i++) {
		struct lookup *l = &r->table[i];

		if (l->name && l->hash == hash && strcmp(l->name, name) == 0)
			return l;
	}
	return NULL;
}

/* An unused place, or the one whose answer is the oldest. */
static struct lookup *place(struct resolve *r)
{
	struct lookup *oldest = NULL;

	for (size_t i = 0; i < RESOLVE_NAMES_MAX; i++) {
		struct lookup *l = &r->table[i];

		if (!l->name)
			return l;
		if (!l->is_asked && (!oldest || l->until < oldest->until))
			oldest = l;
	}
	if (oldest)
		lookup_clear(oldest);
	return oldest;
}

/* False: it could not be sent. */
static bool send_query(struct resolve *r, struct lookup *l)
{
	struct resolver_query q = {.id = (uint32_t)(l - r->table)};
	size_t len = strlen(l->name);

	if (len >= sizeof(q.name))
		return false;
	memcpy(q.name, l->name, len);
	l->is_asked = send(r->sock, &q, sizeof(q),
			   MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(q);
	return l->is_asked;
}

static enum resolve_result wait_for(struct lookup *l, struct resolve_wait *w)
{
	LIST_INSERT_HEAD(&l->waits, w, entry);
	w->is_waiting = 1;
	return RESOLVE_ASKED;
}

enum resolve_result resolve_ask(struct resolve *r, const char *name,
				struct resolve_wait *w,
				const struct resolver_address **addrs,
				size_t *n)
{
	uint32_t hash = hash_of(name);
	struct lookup *l = find(r, name, hash);

	w->is_waiting = 0;
	if (r->sock < 0)
		return RESOLVE_GONE;
	if (l && l->is_asked)
		return wait_for(l, w);
	if (l && gateway_now_ms() < l->until) {
		if (l->error)
			return RESOLVE_FAILED;
		*addrs = l->addrs;
		*n = l->n;
		return RESOLVE_KNOWN;
	}
	if (!l) {
		l = place(r);
		if (!l)
			return RESOLVE_FULL;
		l->name = xstrdup(name);
		l->hash = hash;
		LIST_INIT(&l->waits);
	}
	if (!send_query(r, l))
		return RESOLVE_FULL;
	return wait_for(l, w);
}

void resolve_cancel(struct resolve_wait *w)
{
	if (!w->is_waiting)
		return;
	LIST_REMOVE(w, entry);
	w->is_waiting = 0;
}
