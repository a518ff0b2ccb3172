/* SPDX-License-Identifier: MIT */
/*
 * The network part of the plan. Filtered: the gateway's policy as the text that
 * it will read, and what follows from the same text for pid 1 (listeners,
 * routes). The gateway's executable is looked for beside our own, installed or
 * as built, and nowhere else; what is missing is an error here, before anything
 * runs. Its environment holds what services ask for and nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/json.h"
#include "sbox/path.h"

/* What programs like pass(1) and secret-tool(1) need to find their store; PATH
 * is added without what is writable inside (plan_env.c). */
static const char *const command_env[] = {
	"DBUS_SESSION_BUS_ADDRESS",
	"GNUPGHOME",
	"HOME",
	"LOGNAME",
	"PASSWORD_STORE_DIR",
	"USER",
	"XDG_RUNTIME_DIR",
};

static char *find_program(const struct host *host, const char *name)
{
	cleanup_free char *dir = path_dirname(host->self);
	cleanup_free char *prefix = path_dirname(dir);
	char *places[] = {xasprintf("%s/libexec/sbox/%s", prefix, name),
			  path_join(dir, name)};
	char *found = NULL;
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!found &&
		    host->fs.lstat(host->fs.ctx, places[i], &st) == 0 &&
		    S_ISREG(st.st_mode))
			found = places[i];
		else
			free(places[i]);
	}
	return found;
}

static void pass_env(struct plan *p, const struct host *host, const char *name)
{
	const char *value = host_getenv(host, name);
	cleanup_free char *entry = NULL;

	if (!value)
		return;
	entry = xasprintf("%s=%s", name, value);
	if (!strlist_has(&p->gateway_env, entry))
		strlist_add(&p->gateway_env, entry);
}

static int pass_secret(struct plan *p, const struct host *host,
		       const struct egress_secret *s, struct diag *d)
{
	for (size_t i = 0; s->command && i < ARRAY_SIZE(command_env); i++)
		pass_env(p, host, command_env[i]);
	if (!s->env)
		return 0;
	if (!host_getenv(host, s->env)) {
		diag_set(d, "services: the variable %s isn't set", s->env);
		return diag_hint(d, "set it in the shell that starts sbox");
	}
	pass_env(p, host, s->env);
	return 0;
}

static int services_build(struct plan *p, const struct host *host,
			  const struct egress *e, struct diag *d)
{
	p->net_services = e->nservices > 0;
	if (p->net_services && !p->service) {
		diag_set(d,
			 "services: there is no sbox-service beside "
			 "%s",
			 host->self);
		return diag_hint(d, "install sbox whole (make install)");
	}
	for (size_t i = 0; i < e->nservices; i++)
		for (size_t k = 0; k < e->services[i].nheaders; k++)
			if (pass_secret(p, host,
					&e->services[i].headers[k].secret, d))
				return -1;
	return 0;
}

static int filtered_build(struct plan *p, const struct host *host,
			  const struct egress *e, struct diag *d)
{
	if (!p->net_loopback) {
		diag_set(d, "net.loopback: false leaves no filtered "
			    "network");
		return diag_hint(d, "leave it out, or say --net none");
	}
	if (!p->gateway) {
		diag_set(d, "network: there is no sbox-gateway beside %s",
			 host->self);
		return diag_hint(d, "install sbox whole (make install); --net "
				    "none runs without it");
	}
	if (egress_listeners(e, &p->listeners, d) ||
	    services_build(p, host, e, d))
		return diag_prefix(d, "net");
	p->routes = egress_routes(e, &p->nroutes);
	p->net_waits = e->publish.n > 0 || e->via == EGRESS_SOCKS;
	if (egress_allows_every_name(e))
		plan_warn(p, "--allow '*': every name outside is in reach, so "
			     "what is seen inside can be sent anywhere");
	return 0;
}

static int filtered_parse(struct plan *p, const struct policy *policy,
			  const struct host *host, struct diag *d)
{
	/* a directory of its own: the gateway may write and rename in it */
	cleanup_free char *log = path_join(host->state_dir, "log");
	cJSON *handed = cJSON_CreateObject();
	cJSON *net = policy_net_json(policy);
	struct egress e;
	int rc = egress_parse(net, &e, d);

	cJSON_AddItemToObject(handed, "net", net);
	cJSON_AddStringToObject(handed, "log", log);
	if (rc) {
		diag_prefix(d, "net");
	} else {
		p->net_policy = xmust(cJSON_PrintUnformatted(handed));
		strlist_add(&p->make_dirs, log);
		rc = filtered_build(p, host, &e, d);
		egress_free(&e);
	}
	cJSON_Delete(handed);
	return rc;
}

int network_build(struct plan *p, const struct policy *policy,
		  const struct host *host, struct diag *d)
{
	p->net_loopback = policy->net_loopback;
	p->gateway = find_program(host, "sbox-gateway");
	p->service = find_program(host, "sbox-service");
	if (policy_net_mode(policy, &p->net, d))
		return -1;
	if (p->net == NET_HOST)
		plan_warn(p,
			  "--net host: the sandbox shares the host's network: "
			  "every local service and the whole net is in reach");
	return p->net == NET_FILTERED ? filtered_parse(p, policy, host, d) : 0;
}

/* Whoever writes to a service's list of authorities may speak for its origin.
 */
static int services_check(const struct view *v)
{
	const cJSON *service;

	cJSON_ArrayForEach(service, v->policy->net_services) {
		const char *ca = cJSON_GetStringValue(json_get(service, "ca"));
		cleanup_free char *canon = NULL;
		struct stat st;

		if (!ca)
			continue;
		if (view_resolve(v, ca, &canon, &st, v->d) < 0)
			return diag_prefix(v->d, "net.services: ca");
		if (!view_is_untrusted(v, canon))
			continue;
		diag_set(v->d, "net.services: ca: %s: writable inside", ca);
		return diag_hint(v->d, "keep a copy where the sandbox doesn't "
				       "write");
	}
	return 0;
}

/* What services read outside, or would have, by its name and by what a link
 * names; the network's mode doesn't matter. */
int services_hide(struct view *v)
{
	const struct strlist *files = &v->policy->secret_files;
	size_t n = v->plan->nmounts;

	if (services_check(v))
		return -1;
	for (size_t i = 0; i < files->n; i++) {
		cleanup_free char *canon = NULL;
		struct stat st;

		if (guard_hide_source(v, files->v[i], n, "net.services") < 0)
			return -1;
		if (view_follow(v, files->v[i], &canon, &st) < 0 ||
		    strcmp(canon, files->v[i]) == 0)
			continue; /* missing: the gateway will say so */
		if (guard_hide_source(v, canon, n, "net.services") < 0)
			return -1;
	}
	return 0;
}

void services_forget_env(struct view *v)
{
	const struct strlist *names = &v->policy->secret_env;

	for (size_t i = 0; i < names->n; i++) {
		if (strlist_has(&v->policy->env_pass, names->v[i]))
			plan_warn(v->plan,
				  "env: %s is a secret of net.services, "
				  "which stays outside",
				  names->v[i]);
		env_forget(&v->plan->env, names->v[i], strlen(names->v[i]));
	}
}
