/* SPDX-License-Identifier: MIT */
/*
 * A network policy from hostile JSON, judged without its parser: a policy that
 * allows nothing lets nothing through; a deny rule of every name or address
 * stops everything; and no address beside 2000::/3 is ever reached by a name
 * unless a prefix was named.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static const char *const names[] = {
	"a.org", "www.example.org", "localhost", "x.local", "a.onion",
	"host",	 "b.internal",
};
static const char *const addresses[] = {
	"::ffff:10.0.0.1",
	"::ffff:127.0.0.1",
	"::1",
	"fd00::1",
	"2002:7f00:1::1",
	"64:ff9b::a00:1",
	"::ffff:169.254.169.254",
	"2001:db8::1",
	"ff02::1",
	"::127.0.0.1",
};
static const uint16_t ports[] = {22, 53, 80, 443, 8080};

static bool has_prefix(const struct egress *e)
{
	for (size_t i = 0; i < e->allow.n; i++)
		if (e->allow.v[i].is_prefix)
			return true;
	return false;
}

static void check_rules(const struct egress_rules *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct egress_rule *r = &l->v[i];

		require(r->nports > 0 && r->text != NULL);
		require(!r->is_prefix || r->prefix.bits <= 128);
		for (size_t k = 0; k < r->nports; k++)
			require(r->ports[k].first > 0 &&
				r->ports[k].first <= r->ports[k].last);
	}
}

static void check_names(const struct egress *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool any = egress_name(e, names[i]).verdict == EGRESS_ALLOWED;

		require(!any || e->allow.n > 0);
		for (size_t k = 0; k < ARRAY_SIZE(ports); k++) {
			struct egress_decision c =
				egress_connect(e, names[i], ports[k]);

			require(any || c.verdict != EGRESS_ALLOWED);
			require((c.verdict == EGRESS_UNLISTED) == !c.rule);
		}
	}
	require(egress_name(e, "localhost").verdict != EGRESS_ALLOWED);
}

static void check_addresses(const struct egress *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct in6_addr a;

		require(inet_pton(AF_INET6, addresses[i], &a) == 1);
		for (size_t k = 0; k < ARRAY_SIZE(ports); k++) {
			bool ok = egress_resolved_ok(e, &a, ports[k], false);
			bool literal =
				egress_address(e, &a, ports[k]).verdict ==
				EGRESS_ALLOWED;

			require(has_prefix(e) || (!ok && !literal));
			require(!literal || ok);
			require(egress_resolved_ok(e, &a, ports[k], true) ==
				literal);
		}
	}
}

static void check_inside(const struct egress *e)
{
	struct listeners l;
	struct diag d = {.text = ""};
	size_t n;

	free(egress_routes(e, &n));
	require(n >= 1 && n <= e->allow.n + 1);
	if (egress_listeners(e, &l, &d)) {
		require(diag_is_set(&d));
		return;
	}
	require(l.n >= 2 && l.n <= EGRESS_LISTENERS_MAX);
	free(l.v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	struct json_doc doc;
	struct diag d = {.text = ""};
	struct egress e;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (json_parse("fuzz", text, size, &doc, &d))
		return 0;
	if (egress_parse(doc.root, &e, &d)) {
		require(diag_is_set(&d));
	} else {
		check_rules(&e.allow);
		check_rules(&e.deny);
		check_names(&e);
		check_addresses(&e);
		check_inside(&e);
		egress_free(&e);
	}
	json_free(&doc);
	return 0;
}
