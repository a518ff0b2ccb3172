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

/* A list's entry as text: a string, or a port's number. NULL and d. */
static char *entry_text(const cJSON *node, bool number_ok, struct diag *d)
{
	uint64_t v;

	if (cJSON_IsString(node))
		return xstrdup(node->valuestring);
	if (number_ok && cJSON_IsNumber(node) && json_u64(node, &v) == 0)
		return xasprintf("%llu", (unsigned long long)v);
	(void)diag_set(d, "expected a string%s",
		       number_ok ? " or a port's number" : "");
	return NULL;
}

static int add_rule(struct egress_rules *l, enum egress_list list,
		    const cJSON *node, struct diag *d)
{
	cleanup_free char *text = entry_text(node, false, d);
	struct egress_rule r;

	if (!text || egress_rule_parse(text, &r, d))
		return -1;
	if (egress_rule_check(&r, list, d)) {
		egress_rule_free(&r);
		return -1;
	}
	if (l->n == RULES_MAX) {
		egress_rule_free(&r);
		return diag_set(d, "more than %d rules", RULES_MAX);
	}
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = r;
	return 0;
}

static int add_port(struct egress_ports *l, bool publish, const cJSON *node,
		    struct diag *d)
{
	cleanup_free char *text = entry_text(node, true, d);
	struct egress_port p;

	if (!text || egress_port_parse(text, publish, &p, d))
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].in == p.in && l->v[i].out == p.out)
			return 0;
		if (publish && p.out && l->v[i].out == p.out)
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

static int parse_rules(const cJSON *list, struct egress_rules *l,
		       enum egress_list which, struct diag *d)
{
	const cJSON *e;
	size_t i = 0;

	if (!cJSON_IsArray(list))
		return diag_set(d, "expected a list of strings");
	cJSON_ArrayForEach(e, list)
	{
		if (add_rule(l, which, e, d))
			return diag_prefix(d, "[%zu]", i);
		i++;
	}
	return 0;
}

static int parse_ports(const cJSON *list, struct egress_ports *l, bool publish,
		       struct diag *d)
{
	const cJSON *e;
	size_t i = 0;

	if (!cJSON_IsArray(list))
		return diag_set(d, "expected a list of ports");
	cJSON_ArrayForEach(e, list)
	{
		if (add_port(l, publish, e, d))
			return diag_prefix(d, "[%zu]", i);
		i++;
	}
	return 0;
}

static int parse_allow(const cJSON *node, struct egress *e, struct diag *d)
{
	return parse_rules(node, &e->allow, EGRESS_ALLOW, d);
}

static int parse_deny(const cJSON *node, struct egress *e, struct diag *d)
{
	return parse_rules(node, &e->deny, EGRESS_DENY, d);
}

static int parse_in(const cJSON *node, struct egress *e, struct diag *d)
{
	return parse_ports(node, &e->ports, false, d);
}

static int parse_publish(const cJSON *node, struct egress *e, struct diag *d)
{
	return parse_ports(node, &e->publish, true, d);
}

static int parse_via(const cJSON *node, struct egress *e, struct diag *d)
{
	const char *text = cJSON_GetStringValue(node);

	if (!text)
		return diag_set(d, "expected a string");
	return egress_via_parse(text, e, d);
}

static int parse_count(const char *text, uint64_t *out, struct diag *d)
{
	return num_parse_u64(text, 1, UINT32_MAX, out, d);
}

static int parse_size(const char *text, uint64_t *out, struct diag *d)
{
	if (num_parse_size(text, out, d))
		return -1;
	return *out ? 0 : diag_set(d, "zero (no limit is null)");
}

static int parse_limit(const cJSON *node,
		       int (*parse)(const char *text, uint64_t *out,
				    struct diag *d),
		       uint64_t *out, struct diag *d)
{
	cleanup_free char *text = NULL;

	if (cJSON_IsNull(node)) {
		*out = EGRESS_LIMIT_NONE;
		return 0;
	}
	text = entry_text(node, true, d);
	return text ? parse(text, out, d) : -1;
}

static int parse_limits(const cJSON *object, struct egress *e, struct diag *d)
{
	const struct {
		const char *key;
		int (*parse)(const char *text, uint64_t *out, struct diag *d);
		uint64_t *out;
	} rows[] = {
		{"connections", parse_count, &e->limits.connections},
		{"bytes", parse_size, &e->limits.bytes},
		{"idle", num_parse_duration, &e->limits.idle_ms},
		{"connect", num_parse_duration, &e->limits.connect_ms},
	};
	const cJSON *node;

	if (!cJSON_IsObject(object))
		return diag_set(d, "expected an object");
	cJSON_ArrayForEach(node, object)
	{
		size_t i = 0;

		while (i < ARRAY_SIZE(rows) &&
		       strcmp(rows[i].key, node->string) != 0)
			i++;
		if (i == ARRAY_SIZE(rows))
			(void)diag_set(d, "unknown key");
		if (i == ARRAY_SIZE(rows) ||
		    parse_limit(node, rows[i].parse, rows[i].out, d))
			return diag_prefix(d, "%.*s", EGRESS_SHOWN,
					   node->string);
	}
	return 0;
}

/* What depends on two keys. */
static int check_whole(const struct egress *e, struct diag *d)
{
	for (size_t i = 0; i < e->allow.n && !e->tor; i++) {
		const struct egress_rule *r = &e->allow.v[i];

		if (r->is_prefix || !egress_name_is_local(r->pat.name, false))
			continue;
		(void)diag_set(d, "allow: %.*s: only Tor knows such names",
			       EGRESS_SHOWN, r->text);
		return diag_hint(d, "add --via tor");
	}
	return 0;
}

static int parse_all(const cJSON *net, struct egress *e, struct diag *d)
{
	static const struct {
		const char *key;
		int (*parse)(const cJSON *node, struct egress *e,
			     struct diag *d);
	} rows[] = {
		{"allow", parse_allow},	  {"deny", parse_deny},
		{"ports", parse_in},	  {"publish", parse_publish},
		{"via", parse_via},	  {"services", egress_services_parse},
		{"limits", parse_limits},
	};
	const cJSON *node;

	if (!cJSON_IsObject(net))
		return diag_set(d, "net: expected an object");
	cJSON_ArrayForEach(node, net)
	{
		size_t i = 0;

		while (i < ARRAY_SIZE(rows) &&
		       strcmp(rows[i].key, node->string) != 0)
			i++;
		if (i == ARRAY_SIZE(rows))
			(void)diag_set(d, "unknown key");
		if (i == ARRAY_SIZE(rows) || rows[i].parse(node, e, d))
			return diag_prefix(d, "%.*s", EGRESS_SHOWN,
					   node->string);
	}
	return check_whole(e, d);
}

int egress_parse(const cJSON *net, struct egress *out, struct diag *d)
{
	struct egress e = {
		.via = EGRESS_DIRECT,
		.limits = {EGRESS_LIMIT_NONE, EGRESS_LIMIT_NONE,
			   EGRESS_IDLE_DEFAULT_MS, EGRESS_CONNECT_DEFAULT_MS},
	};

	if (parse_all(net, &e, d)) {
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
