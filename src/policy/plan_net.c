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

/* Beside our own, as it is installed or as it was built; or NULL. */
static char *find_program(const struct view *v, const char *name)
{
	cleanup_free char *dir = path_dirname(v->host->self);
	cleanup_free char *prefix = path_dirname(dir);
	cleanup_free char *path = xasprintf("%s/libexec/sbox/%s", prefix, name);

	if (view_type(v, path) != S_IFREG)
		xreplace(&path, path_join(dir, name));
	return view_type(v, path) == S_IFREG ? steal_ptr(&path) : NULL;
}

static void pass_env(struct view *v, const char *name)
{
	const char *value = host_getenv(v->host, name);

	if (value)
		env_put(&v->plan->gateway_env, xasprintf("%s=%s", name, value));
}

static int pass_secret(struct view *v, const struct egress_secret *s)
{
	for (size_t i = 0; s->command && i < ARRAY_SIZE(command_env); i++)
		pass_env(v, command_env[i]);
	if (!s->env)
		return 0;
	if (!host_getenv(v->host, s->env)) {
		diag_set(v->d, "services: the variable %s isn't set", s->env);
		return diag_hint(v->d, "set it in the shell that starts sbox");
	}
	pass_env(v, s->env);
	return 0;
}

static int services_build(struct view *v, const struct egress *e)
{
	v->plan->net_services = e->nservices > 0;
	if (e->nservices && !v->plan->service) {
		diag_set(v->d, "services: there is no sbox-service beside %s",
			 v->host->self);
		return diag_hint(v->d, "install sbox whole (make install)");
	}
	for (size_t i = 0; i < e->nservices; i++)
		for (size_t k = 0; k < e->services[i].nheaders; k++)
			if (pass_secret(v, &e->services[i].headers[k].secret))
				return -1;
	return 0;
}

static int filtered_build(struct view *v, const struct egress *e)
{
	struct plan *p = v->plan;

	if (!p->net_loopback) {
		diag_set(v->d, "net.loopback: false leaves no filtered "
			       "network");
		return diag_hint(v->d, "leave it out, or say --net none");
	}
	if (!p->gateway) {
		diag_set(v->d, "network: there is no sbox-gateway beside %s",
			 v->host->self);
		return diag_hint(v->d, "install sbox whole (make install); "
				       "--net none runs without it");
	}
	if (egress_listeners(e, &p->listeners, v->d) || services_build(v, e))
		return diag_prefix(v->d, "net");
	p->routes = egress_routes(e, &p->nroutes);
	p->net_publishes = e->publish.n > 0;
	p->net_waits = p->net_publishes || e->via == EGRESS_SOCKS;
	if (egress_allows_every_name(e))
		plan_warn(p, "--allow '*': every name outside is in reach, so "
			     "what is seen inside can be sent anywhere");
	return 0;
}

static int filtered_parse(struct view *v)
{
	/* a directory of its own: the gateway may write and rename in it */
	cleanup_free char *log = path_join(v->host->state_dir, "log");
	cJSON *handed = cJSON_CreateObject();
	cJSON *net = policy_net_json(v->policy);
	struct egress e;
	int rc = egress_parse(net, &e, v->d);

	cJSON_AddItemToObject(handed, "net", net);
	cJSON_AddStringToObject(handed, "log", log);
	v->plan->net_policy = xmust(cJSON_PrintUnformatted(handed));
	cJSON_Delete(handed);
	if (rc)
		return diag_prefix(v->d, "net");
	strlist_add(&v->plan->make_dirs, log);
	rc = filtered_build(v, &e);
	egress_free(&e);
	return rc;
}

int network_build(struct view *v)
{
	struct plan *p = v->plan;

	p->net_loopback = v->policy->net_loopback;
	p->gateway = find_program(v, "sbox-gateway");
	p->service = find_program(v, "sbox-service");
	if (policy_net_mode(v->policy, &p->net, v->d))
		return -1;
	if (p->net == NET_HOST)
		plan_warn(p,
			  "--net host: the sandbox shares the host's network: "
			  "every local service and the whole net is in reach");
	return p->net == NET_FILTERED ? filtered_parse(v) : 0;
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

	if (services_check(v))
		return -1;
	for (size_t i = 0; i < files->n; i++) {
		cleanup_free char *canon = NULL;
		struct stat st;

		if (guard_hide_source(v, files->v[i], "net.services") < 0)
			return -1;
		/* missing: the gateway will say so */
		if (view_follow(v, files->v[i], &canon, &st) == 0 &&
		    guard_hide_source(v, canon, "net.services") < 0)
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
