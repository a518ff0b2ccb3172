/* SPDX-License-Identifier: MIT */
/*
 * struct policy: what an empty profile means, and its text form. The dump is
 * made by the key table, holds every key that isn't an empty list, and names
 * no other profile: loading it gives the same policy whatever is installed.
 * Part of it may come from a project's file, and it is shown on terminals: what
 * a terminal could obey or not show at all is written as \uXXXX.
 */
#include "sbox/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key_types.h"
#include "sbox/cleanup.h"
#include "sbox/escape.h"
#include "sbox/log.h"
#include "sbox/utf8.h"

#define DEFAULT_PIDS 4096

const char *const net_mode_names[NET__COUNT] = {
	[NET_NONE] = "none",
	[NET_FILTERED] = "filtered",
	[NET_HOST] = "host",
};

const char *const tty_mode_names[TTY__COUNT] = {
	[TTY_AUTO] = "auto",
	[TTY_RELAY] = "relay",
	[TTY_NONE] = "none",
};

const char *const git_config_mode_names[GIT_CONFIG__COUNT] = {
	[GIT_CONFIG_RO] = "ro",
	[GIT_CONFIG_RW] = "rw",
};

void policy_init(struct policy *p)
{
	*p = (struct policy){
		.home = xstrdup("tmp"),
		.net = NET_UNSAID,
		.net_limits.connections = EGRESS_LIMIT_NONE,
		.net_limits.bytes = EGRESS_LIMIT_NONE,
		.net_limits.idle_ms = EGRESS_IDLE_DEFAULT_MS,
		.net_limits.connect_ms = EGRESS_CONNECT_DEFAULT_MS,
		.net_loopback = true,
		.limits.memory = POLICY_UNLIMITED,
		.limits.cpu = POLICY_UNLIMITED,
		.limits.pids = DEFAULT_PIDS,
		.limits.files = POLICY_UNLIMITED,
		.limits.file_size = POLICY_UNLIMITED,
		.limits.cpu_time = POLICY_UNLIMITED,
		.limits.time = POLICY_UNLIMITED,
		.limits.tmp = POLICY_UNLIMITED, /* a share of the RAM */
		.git_config = GIT_CONFIG_RO,
		.tty = TTY_AUTO,
		.tty_filter = true,
	};
}

static void paths_free(struct policy_paths *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].src);
		free(l->v[i].dest);
		free(l->v[i].origin);
	}
	free(l->v);
}

void env_forget(struct strlist *l, const char *name, size_t len)
{
	for (size_t i = 0; i < l->n; i++) {
		const char *e = l->v[i];

		if (strncmp(e, name, len) == 0 &&
		    (e[len] == '\0' || e[len] == '=')) {
			strlist_remove(l, i);
			return;
		}
	}
}

void policy_seccomp_free(struct policy_seccomp *s)
{
	cJSON_Delete(s->object);
	free(s->origin);
}

void policy_free(struct policy *p)
{
	free(p->description);
	free(p->profile);
	free(p->home);
	paths_free(&p->read);
	paths_free(&p->write);
	paths_free(&p->tmpfs);
	strlist_free(&p->hide);
	strlist_free(&p->protect);
	strlist_free(&p->net_allow);
	strlist_free(&p->net_deny);
	strlist_free(&p->net_ports);
	strlist_free(&p->net_publish);
	free(p->net_via);
	cJSON_Delete(p->net_services);
	strlist_free(&p->secret_files);
	strlist_free(&p->secret_env);
	paths_free(&p->net_sockets);
	strlist_free(&p->env_pass);
	strlist_free(&p->env_set);
	strlist_free(&p->env_unset);
	policy_seccomp_free(&p->seccomp);
	policy_seccomp_free(&p->seccomp_stack);
	*p = (struct policy){0};
}

/* With \uXXXX (a surrogate pair beyond U+FFFF) for what a terminal must not
 * see. */
static char *safe_json(const char *text)
{
	size_t len = strlen(text), size, n;
	char *safe = NULL;
	FILE *f = xmust(open_memstream(&safe, &size));

	for (; len > 0; text += n, len -= n) {
		uint32_t c = 0xfffd; /* no UTF-8: a path of the command line */

		n = utf8_decode(text, len, &c);
		if (n && (strchr("\n\t\\", *text) ||
			  escape_bytes(NULL, 0, text, n) == n))
			(void)fwrite(text, 1, n, f);
		else if (c > 0xffff)
			(void)fprintf(f, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10),
				      0xdc00 + (c & 0x3ff));
		else
			(void)fprintf(f, "\\u%04x", c);
		n = n ? n : 1;
	}
	(void)fputc('\n', f);
	if (fclose(f) != 0)
		fatalx("out of memory");
	return safe;
}

/* "a.b.c" is c in the object b in the object a. */
static void dump_key(cJSON *object, const char *name, cJSON *value)
{
	const char *dot;

	for (; (dot = strchr(name, '.')); name = dot + 1) {
		cleanup_free char *group = xstrndup(name, (size_t)(dot - name));
		cJSON *inner = cJSON_GetObjectItemCaseSensitive(object, group);

		if (!inner)
			inner = xmust(cJSON_AddObjectToObject(object, group));
		object = inner;
	}
	cJSON_AddItemToObject(object, name, value);
}

/* The keys whose names begin with group, without it. */
static cJSON *dump(const struct policy *p, const char *group)
{
	cJSON *object = xmust(cJSON_CreateObject());
	size_t len = strlen(group);

	for (size_t i = 0; i < nkeys; i++) {
		cJSON *value = NULL;

		if (strncmp(keys[i].name, group, len) == 0)
			value = key_dump(&keys[i], p);
		if (value)
			dump_key(object, keys[i].name + len, value);
	}
	return object;
}

char *policy_dump(const struct policy *p)
{
	cJSON *root = dump(p, "");
	cleanup_free char *text = xmust(cJSON_Print(root));

	cJSON_Delete(root);
	return safe_json(text);
}

cJSON *policy_net_json(const struct policy *p)
{
	static const char *const launchers[] = {"mode", "loopback", "sockets"};
	cJSON *net = dump(p, "net.");

	for (size_t i = 0; i < ARRAY_SIZE(launchers); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(net, launchers[i]);
	return net;
}
