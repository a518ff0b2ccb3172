/* SPDX-License-Identifier: MIT */
/*
 * The net keys on their way into the policy: every entry is checked by the
 * grammar that the gateway reads it with (egress.h), and kept as it was
 * written. The last word about the network wins: "none" and "host" forget what
 * was allowed so far, so that an option can switch off what a profile has; what
 * is allowed after that contradicts it (policy_net_mode). What is denied and
 * the way out are never forgotten: a project's file may say "none", and must
 * not take Tor away from what the user allows behind it.
 */
#include <string.h>

#include "key_types.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/host.h"
#include "sbox/json.h"

int key_set_net_rule(const struct key_item *it)
{
	bool deny = it->key == key_find("net.deny");
	struct egress_rule r;

	if (egress_rule_parse(it->text, deny ? EGRESS_DENY : EGRESS_ALLOW, &r,
			      it->d))
		return -1;
	egress_rule_free(&r);
	return key_name_add(it, it->text);
}

int key_set_net_port(const struct key_item *it)
{
	bool publish = it->key == key_find("net.publish");
	struct egress_port port;

	if (egress_port_parse(it->text, publish, &port, it->d))
		return -1;
	return key_name_add(it, it->text);
}

int key_set_net_via(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	struct egress e = {.via = EGRESS_DIRECT};

	if (egress_via_parse(it->text, &e, it->d))
		return -1;
	egress_free(&e);
	xreplace(&p->net_via, xstrdup(it->text));
	return 0;
}

/* In place of the one with its port, or at the end. */
static void put_service(cJSON *list, cJSON *service)
{
	const cJSON *port = json_get(service, "port");
	cJSON *e;

	cJSON_ArrayForEach(e, list)
		if (cJSON_Compare(json_get(e, "port"), port, true))
			break;
	if (e)
		(void)cJSON_ReplaceItemViaPointer(list, e, service);
	else
		cJSON_AddItemToArray(list, service);
}

static void add_text(struct strlist *l, const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(json_get(object, name));

	if (text)
		strlist_add(l, text);
}

/* A service may be replaced, or forgotten: what it would have read outside is
 * a secret all the same. */
static void keep_secrets(struct policy *p, const cJSON *services)
{
	const cJSON *service, *header;

	cJSON_ArrayForEach(service, services) {
		cJSON_ArrayForEach(header, json_get(service, "headers")) {
			add_text(&p->secret_files, header, "file");
			add_text(&p->secret_env, header, "env");
		}
	}
}

int key_set_net_services(const struct key_item *it)
{
	const struct key_sink *s = it->sink;
	cJSON **to = &s->policy->net_services;
	cJSON *copy = egress_services_copy(it->node, s->host->home, it->d);

	if (!copy)
		return -1;
	keep_secrets(s->policy, copy);
	if (!*to)
		*to = cJSON_CreateArray();
	while (cJSON_GetArraySize(copy) > 0)
		put_service(*to, cJSON_DetachItemFromArray(copy, 0));
	cJSON_Delete(copy);
	return 0;
}

void key_net_mode_changed(struct policy *p)
{
	if (p->net == NET_FILTERED)
		return;
	strlist_free(&p->net_allow);
	strlist_free(&p->net_ports);
	strlist_free(&p->net_publish);
	cJSON_Delete(p->net_services);
	p->net_services = NULL;
}

int policy_net_mode(const struct policy *p, enum net_mode *out, struct diag *d)
{
	const struct {
		const char *key;
		bool used;
		bool allows; /* implies a network */
	} rows[] = {
		{"allow", p->net_allow.n > 0, true},
		{"ports", p->net_ports.n > 0, true},
		{"publish", p->net_publish.n > 0, true},
		{"services", cJSON_GetArraySize(p->net_services) > 0, true},
		{"deny", p->net_deny.n > 0, false},
		{"via", p->net_via && strcmp(p->net_via, "direct") != 0, false},
	};
	enum net_mode mode = p->net == NET_UNSAID ? NET_NONE : p->net;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].used)
			continue;
		if (p->net == NET_UNSAID && rows[i].allows)
			mode = NET_FILTERED;
		if (p->net != NET_HOST &&
		    !(p->net == NET_NONE && rows[i].allows))
			continue;
		diag_set(d, "net.mode: \"%s\" contradicts net.%s",
			 net_mode_names[p->net], rows[i].key);
		return diag_hint(d,
				 "leave out one of them: what net.%s says "
				 "holds with \"filtered\"",
				 rows[i].key);
	}
	*out = mode;
	return 0;
}
