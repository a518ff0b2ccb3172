/* SPDX-License-Identifier: MIT */
/*
 * The "net" object as a whole, one row per key. The same text is read twice:
 * by the launcher, which plans with it, and by the gateway, which gets it in a
 * sealed memfd; so both mean the same. An empty object allows nothing. A key
 * that the table doesn't know is an error, as in profiles.
 */
#include <stdlib.h>
#include <string.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/num.h"

#define RULES_MAX 4096
#define PORTS_MAX 256

/* A port or a limit as text: a string, or a number. NULL and d. */
static char *number_text(const cJSON *node, struct diag *d)
{
	uint64_t v;

	if (cJSON_IsString(node))
		return xstrdup(node->valuestring);
	if (cJSON_IsNumber(node) && json_u64(node, &v) == 0)
		return xasprintf("%llu", (unsigned long long)v);
	diag_set(d, "expected a string or a port's number");
	return NULL;
}

/* how: enum egress_list */
static int parse_rule(const cJSON *node, const struct member *m, struct diag *d)
{
	struct egress_rules *l = m->out;
	struct egress_rule r;

	if (l->n == RULES_MAX)
		return diag_set(d, "more than %d rules", RULES_MAX);
	if (egress_rule_parse(node->valuestring, (enum egress_list)m->how, &r,
			      d))
		return -1;
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = r;
	return 0;
}

/* how: published */
static int parse_port(const cJSON *node, const struct member *m, struct diag *d)
{
	struct egress_ports *l = m->out;
	cleanup_free char *text = number_text(node, d);
	struct egress_port p;

	if (!text || egress_port_parse(text, m->how != 0, &p, d))
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].in == p.in && l->v[i].out == p.out)
			return 0;
		if (m->how && p.out && l->v[i].out == p.out)
			return diag_set(d,
					"%s: the host's port is published "
					"twice",
					text);
	}
	if (l->n == PORTS_MAX)
		return diag_set(d, "more than %d ports", PORTS_MAX);
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = p;
	return 0;
}

static int parse_via(const cJSON *node, const struct member *m, struct diag *d)
{
	return egress_via_parse(node->valuestring, m->out, d);
}

static int parse_limit(const cJSON *node, const struct member *m,
		       struct diag *d)
{
	uint64_t v = EGRESS_LIMIT_NONE;
	cleanup_free char *text = NULL;
	int rc = 0;

	if (!cJSON_IsNull(node)) {
		text = number_text(node, d);
		if (!text)
			return -1;
		rc = num_parse(text, (enum num_kind)m->how, &v, d);
	}
	if (rc == 0 && v == 0)
		return diag_set(d, "zero (no limit is null)");
	if (rc == 0)
		*(uint64_t *)m->out = v;
	return rc;
}

static int parse_limits(const cJSON *node, const struct member *m,
			struct diag *d)
{
	struct egress_limits *l = m->out;
	const struct member rows[] = {
		{"connections", NULL, ANY, parse_limit, &l->connections,
		 NUM_COUNT},
		{"bytes", NULL, ANY, parse_limit, &l->bytes, NUM_SIZE},
		{"idle", NULL, ANY, parse_limit, &l->idle_ms, NUM_DURATION},
		{"connect", NULL, ANY, parse_limit, &l->connect_ms,
		 NUM_DURATION},
	};

	return egress_object_parse(node, rows, ARRAY_SIZE(rows), d);
}

/* key: where it was said. 0, or -1 and d: no way goes there. */
static int check_way(const struct egress *e, const char *key, const char *name,
		     const char *shown, struct diag *d)
{
	if (e->tor || !egress_name_is_local(name, false))
		return 0;
	diag_set(d, "%s: %.*s: only Tor knows such names", key, EGRESS_SHOWN,
		 shown);
	return diag_hint(d, "add --via tor");
}

static const struct egress_rule *first_rule(const struct egress_rules *l,
					    bool is_prefix)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].is_prefix == is_prefix)
			return &l->v[i];
	return NULL;
}

/* What depends on two keys. */
static int check_whole(const struct egress *e, struct diag *d)
{
	const struct egress_rule *deny = first_rule(&e->deny, true);

	if (e->via == EGRESS_SOCKS && deny &&
	    (first_rule(&e->allow, false) || e->nservices)) {
		diag_set(d,
			 "deny: %.*s: an allowed name, or a service's, "
			 "could lead there: with net.via its address "
			 "isn't seen",
			 EGRESS_SHOWN, deny->text);
		return diag_hint(d, "deny names instead, or allow addresses "
				    "only");
	}
	for (size_t i = 0; i < e->allow.n; i++)
		if (!e->allow.v[i].is_prefix &&
		    check_way(e, "allow", e->allow.v[i].pat.name,
			      e->allow.v[i].text, d))
			return -1;
	for (size_t i = 0; i < e->nservices; i++)
		if (check_way(e, "services", e->services[i].host,
			      e->services[i].host, d))
			return -1;
	return 0;
}

int egress_parse(const cJSON *net, struct egress *out, struct diag *d)
{
	static const char texts[] = "a list of strings";
	static const char ports[] = "a list of ports";
	struct egress e = {
		.via = EGRESS_DIRECT,
		.limits = {EGRESS_LIMIT_NONE, EGRESS_LIMIT_NONE,
			   EGRESS_IDLE_DEFAULT_MS, EGRESS_CONNECT_DEFAULT_MS},
	};
	const struct member rows[] = {
		{"allow", texts, STRING, parse_rule, &e.allow, EGRESS_ALLOW},
		{"deny", texts, STRING, parse_rule, &e.deny, EGRESS_DENY},
		{"ports", ports, ANY, parse_port, &e.ports, false},
		{"publish", ports, ANY, parse_port, &e.publish, true},
		{"via", NULL, STRING, parse_via, &e, 0},
		{EGRESS_SERVICES, &e, 0},
		{"limits", NULL, ANY, parse_limits, &e.limits, 0},
	};

	if (egress_object_parse(net, rows, ARRAY_SIZE(rows), d) ||
	    check_whole(&e, d)) {
		egress_free(&e);
		return -1;
	}
	*out = e;
	return 0;
}

static void rules_free(struct egress_rules *l)
{
	for (size_t i = 0; i < l->n; i++)
		egress_rule_free(&l->v[i]);
	free(l->v);
}

void egress_free(struct egress *e)
{
	rules_free(&e->allow);
	rules_free(&e->deny);
	free(e->ports.v);
	free(e->publish.v);
	free(e->socks_host);
	egress_services_free(e);
	*e = (struct egress){.via = EGRESS_DIRECT};
}
