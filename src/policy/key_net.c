/* SPDX-License-Identifier: MIT */
/*
 * The net keys on their way into the policy: every entry is checked by the
 * grammar that the gateway reads it with (egress.h), and kept as it was
 * written. The last word about the network wins: "none" and "host" forget what
 * was allowed so far, so that an option can switch off what a profile has; what
 * is allowed after that contradicts it (policy_net_mode).
 */
#include <stdlib.h>
#include <string.h>

#include "key_types.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/host.h"
#include "sbox/json.h"
#include "sbox/path.h"

int key_set_net_rule(const struct key_item *it)
{
	const struct policy *p = it->sink->policy;
	bool deny = key_field_const(it->key, p) == &p->net_deny;
	struct egress_rule r;
	int rc;

	if (egress_rule_parse(it->text, &r, it->d))
		return -1;
	rc = egress_rule_check(&r, deny ? EGRESS_DENY : EGRESS_ALLOW, it->d);
	egress_rule_free(&r);
	return rc ? -1 : key_name_add(it, it->text);
}

int key_set_net_port(const struct key_item *it)
{
	const struct policy *p = it->sink->policy;
	bool publish = key_field_const(it->key, p) == &p->net_publish;
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
	free(p->net_via);
	p->net_via = xstrdup(it->text);
	return 0;
}

/* "~/x" of a service's member becomes an absolute path. */
static int expand_member(cJSON *object, const char *name,
			 const struct host *host, struct diag *d)
{
	cJSON *node = cJSON_GetObjectItemCaseSensitive(object, name);
	const char *text = cJSON_GetStringValue(node);
	cleanup_free char *path = NULL;

	if (!text || *text != '~')
		return 0; /* the service's own check says what else is wrong */
	if (path_expand_home(text, host->home, &path, d))
		return diag_prefix(d, "%s", name);
	(void)cJSON_ReplaceItemInObjectCaseSensitive(object, name,
						     cJSON_CreateString(path));
	return 0;
}

static int expand_paths(cJSON *list, const struct host *host, struct diag *d)
{
	cJSON *service, *header;

	cJSON_ArrayForEach(service, list)
	{
		cJSON *headers =
			cJSON_GetObjectItemCaseSensitive(service, "headers");

		if (expand_member(service, "ca", host, d))
			return -1;
		cJSON_ArrayForEach(header, headers)
		{
			if (expand_member(header, "file", host, d))
				return -1;
		}
	}
	return 0;
}

/* In place of the one with its port, or at the end. */
static void put_service(cJSON *list, cJSON *service)
{
	const cJSON *port = json_get(service, "port"), *e;
	int i = 0;

	cJSON_ArrayForEach(e, list)
	{
		if (cJSON_Compare(json_get(e, "port"), port, true))
			break;
		i++;
	}
	if (e)
		(void)cJSON_ReplaceItemInArray(list, i, service);
	else
		cJSON_AddItemToArray(list, service);
}

int key_set_net_services(const struct key_sink *s, const cJSON *list,
			 struct diag *d)
{
	cJSON **to = &s->policy->net_services;
	cJSON *copy = cJSON_Duplicate(list, true);
	int rc = expand_paths(copy, s->host, d);

	if (rc == 0)
		rc = egress_services_check(copy, d);
	if (rc == 0 && !*to)
		*to = cJSON_CreateArray();
	while (rc == 0 && cJSON_GetArraySize(copy) > 0)
		put_service(*to, cJSON_DetachItemFromArray(copy, 0));
	cJSON_Delete(copy);
	return rc;
}

void key_net_mode_changed(struct policy *p)
{
	if (p->net == NET_FILTERED)
		return;
	strlist_free(&p->net_allow);
	strlist_free(&p->net_deny);
	strlist_free(&p->net_ports);
	strlist_free(&p->net_publish);
	cJSON_Delete(p->net_services);
	p->net_services = NULL;
	free(p->net_via);
	p->net_via = NULL;
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
		(void)diag_set(d, "net.mode: \"%s\" contradicts net.%s",
			       net_mode_names[p->net], rows[i].key);
		return diag_hint(d,
				 "leave out one of them: what net.%s says "
				 "holds with \"filtered\"",
				 rows[i].key);
	}
	*out = mode;
	return 0;
}
