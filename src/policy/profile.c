/* SPDX-License-Identifier: MIT */
/*
 * Which profiles make the policy, and in which order:
 *
 *	built-in default
 *	the chosen profile, on top of what it extends (depth first, every
 *	    file once, so that a diamond is harmless)
 *	./.sbox.json of the working directory
 *	the command line
 *
 * Search: $config_dir, /etc/sbox, the shipped ones. A profile that extends its
 * own name means the next one of that name in this order, so a user's
 * claude.json can be the shipped one and a few keys.
 *
 * Every file is opened once, without blocking on a FIFO, and everything that
 * is checked (type, owner, mode) is checked on that descriptor. The project's
 * file was perhaps written by what ran inside last time: it must be a regular
 * file of the user's or root's, no symbolic link, and only tightens unless the
 * user said --trust-project.
 *
 * The seccomp object fails closed: when no profile has one, base's is used;
 * only an explicit null of the user's own profiles runs without a filter. With
 * userns, base's object would refuse what was asked for, so nested's is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keys.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/fd.h"
#include "sbox/host.h"
#include "sbox/invocation.h"
#include "sbox/json.h"
#include "sbox/path.h"
#include "sbox/policy.h"
#include "settings.h"

#define PROJECT_FILE ".sbox.json"
#define EXTENDS_MAX  8

enum place { /* where profiles are, in the order of the search */
	     PLACE_CONFIG,
	     PLACE_SYSTEM,
	     PLACE_SHIPPED,
	     PLACE_NONE, /* a file that was named */
	     PLACE_PROJECT,
};

struct loader {
	const struct host *host;
	struct policy *policy;
	struct strlist done; /* files that were applied */
	struct diag *d;
};

/* A profile being read, and the one that extends it. */
struct level {
	const char *name;
	const char *path;
	enum place place;
	bool tighten;
	const struct level *up;
};

static int load_named(struct loader *l, const char *name, enum place first,
		      const struct level *up);

/* Could somebody else have written this file? */
static int check_owner(const struct host *h, const char *path, enum place place,
		       int fd, struct diag *d)
{
	struct stat st;

	if (place != PLACE_CONFIG && place != PLACE_PROJECT)
		return 0;
	if (fstat(fd, &st) < 0)
		return diag_set_errno(d, errno, "%s", path);
	if (st.st_uid != h->uid && st.st_uid != 0) {
		diag_set(d, "%s: belongs to user %u, not to you", path,
			 (unsigned)st.st_uid);
		return diag_hint(d, "read it; then copy it and put the copy "
				    "in its place");
	}
	if (place == PLACE_CONFIG && (st.st_mode & (S_IWGRP | S_IWOTH))) {
		diag_set(d, "%s: others can write it", path);
		return diag_hint(d, "chmod go-w '%s'", path);
	}
	return 0;
}

/* 0 and *doc; 1 if there is no such file; -1 and d. */
static int doc_open(const struct host *h, const char *path, enum place place,
		    struct json_doc *doc, struct diag *d)
{
	int nofollow = place == PLACE_PROJECT ? O_NOFOLLOW : 0;
	cleanup_fd int fd = open(path, FILE_READ_FLAGS | nofollow);
	cleanup_free char *text = NULL;
	size_t len;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0 && errno == ELOOP && nofollow)
		return diag_set(d, "%s: a symbolic link", path);
	if (fd >= 0 && check_owner(h, path, place, fd, d))
		return -1;
	text = file_read_open(fd, path, JSON_SIZE_MAX, &len, d);
	return text ? json_parse(path, text, len, doc, d) : -1;
}

static int search_hint(const struct loader *l)
{
	return diag_hint(l->d, "profiles are searched in %s, %s and %s",
			 l->host->config_dir, POLICY_SYSTEM_DIR,
			 l->host->data_dir);
}

static int chain_error(const struct loader *l, const struct json_doc *doc,
		       const cJSON *node, const char *what, const char *name,
		       const struct level *at)
{
	cleanup_free char *chain = xstrdup(name);

	for (; at; at = at->up)
		xreplace(&chain, xasprintf("%s -> %s", at->name, chain));
	return json_error(doc, node, "extends", l->d, "%s: %s", what, chain);
}

static int load_one_parent(struct loader *l, const struct json_doc *doc,
			   const cJSON *node, const struct level *at)
{
	const char *name = cJSON_GetStringValue(node);
	enum place first = PLACE_CONFIG;
	unsigned depth = 1;
	int rc;

	if (!name || !profile_name_is_valid(name))
		return json_error(doc, node, "extends", l->d,
				  "expected the name of a profile");
	if (strcmp(name, at->name) == 0 && at->place < PLACE_NONE)
		first = at->place + 1;
	for (const struct level *up = at->up; up; up = up->up, depth++)
		if (first == PLACE_CONFIG && strcmp(up->name, name) == 0)
			return chain_error(l, doc, node, "a circle", name, at);
	if (depth >= EXTENDS_MAX)
		return chain_error(l, doc, node, "more than 8 levels", name,
				   at);
	rc = load_named(l, name, first, at);
	if (rc <= 0)
		return rc;
	if (first > PLACE_CONFIG)
		return chain_error(l, doc, node, "a circle", name, at);
	json_error(doc, node, "extends", l->d, "%s: no such profile", name);
	return search_hint(l);
}

static int load_parents(struct loader *l, const struct json_doc *doc,
			const struct level *at)
{
	const cJSON *list = json_get(doc->root, "extends"), *node;

	if (at->tighten || !cJSON_IsArray(list))
		return 0; /* keys_apply refuses it */
	cJSON_ArrayForEach(node, list)
		if (load_one_parent(l, doc, node, at))
			return -1;
	return 0;
}

/* 0, 1 if there is no such file, or -1. */
static int load_file(struct loader *l, const struct level *at)
{
	struct json_doc doc = {0};
	struct key_sink sink = {
		.policy = l->policy,
		.host = l->host,
		.doc = &doc,
		.tighten = at->tighten,
		.null_seccomp_ok = at->place != PLACE_PROJECT,
		.is_base = strcmp(at->name, "base") == 0,
		.d = l->d,
	};
	int rc;

	if (strlist_has(&l->done, at->path))
		return 0;
	rc = doc_open(l->host, at->path, at->place, &doc, l->d);
	if (rc == 0)
		rc = load_parents(l, &doc, at);
	if (rc == 0)
		rc = keys_apply(&sink, "", doc.root);
	if (rc == 0)
		strlist_add(&l->done, at->path);
	json_free(&doc);
	return rc;
}

static int load_named(struct loader *l, const char *name, enum place first,
		      const struct level *up)
{
	const char *const dirs[] = {
		[PLACE_CONFIG] = l->host->config_dir,
		[PLACE_SYSTEM] = POLICY_SYSTEM_DIR,
		[PLACE_SHIPPED] = l->host->data_dir,
	};

	for (enum place p = first; p <= PLACE_SHIPPED; p++) {
		cleanup_free char *path =
			xasprintf("%s/%s.json", dirs[p], name);
		struct level at = {
			.name = name,
			.path = path,
			.place = p,
			.up = up,
		};
		int rc = load_file(l, &at);

		if (rc <= 0)
			return rc;
	}
	return 1;
}

static int no_profile(const struct loader *l, const char *name)
{
	diag_set(l->d, "profile: %s: no such profile", name);
	if (path_ends(name, ".json"))
		return diag_hint(l->d,
				 "leave out \".json\"; a file is given "
				 "with a slash: ./%s",
				 name);
	return search_hint(l);
}

/* A profile that must exist. */
static int load_required(struct loader *l, const char *name)
{
	int rc = load_named(l, name, PLACE_CONFIG, NULL);

	return rc == 1 ? no_profile(l, name) : rc;
}

static int load_given(struct loader *l, const char *given)
{
	cleanup_free char *file = NULL, *path = NULL;
	struct level at = {.name = given, .place = PLACE_NONE};
	int rc;

	l->policy->profile = xstrdup(given);
	if (strchr(given, '/')) {
		if (path_expand_home(given, l->host->home, &file, l->d) < 0)
			return diag_prefix(l->d, "--profile");
		path = path_join(l->host->cwd, file);
		at.path = path;
		rc = load_file(l, &at);
		return rc == 1 ? diag_set_errno(l->d, ENOENT, "%s", path) : rc;
	}
	if (!profile_name_is_valid(given)) {
		diag_set(l->d, "--profile: %s: not a profile's name", given);
		return diag_hint(l->d, "a file is given with a slash: ./%s",
				 given);
	}
	return load_required(l, given);
}

/* The name of the command, "" if it says nothing: a program of the project's
 * own may call itself what it likes. */
static const char *command_name(const struct host *h,
				const struct invocation *inv)
{
	const char *command = inv->command[0];
	cleanup_free char *real = NULL; /* NULL: there is nothing to run */

	if (inv->shell_text || !command)
		return "";
	if (!strchr(command, '/'))
		return basename(command);
	/* links and ".." may lead into the project, too */
	real = realpath(command, NULL);
	if (command[0] != '/' || path_under(h->cwd, command) ||
	    (real && path_under(h->cwd, real)))
		return "";
	return basename(command);
}

/* The profile of the command's name, else the user's default, else base. */
static int load_chosen(struct loader *l, const struct invocation *inv)
{
	const char *names[] = {command_name(l->host, inv), "default", "base"};

	if (inv->profile)
		return load_given(l, inv->profile);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int rc;

		if (!profile_name_is_valid(names[i]))
			continue;
		xreplace(&l->policy->profile, xstrdup(names[i]));
		rc = load_named(l, names[i], PLACE_CONFIG, NULL);
		if (rc <= 0)
			return rc;
	}
	return no_profile(l, "base");
}

static int load_project(struct loader *l, bool trusted)
{
	cleanup_free char *path = path_join(l->host->cwd, PROJECT_FILE);
	struct level at = {
		.name = PROJECT_FILE,
		.path = path,
		.place = PLACE_PROJECT,
		.tighten = !trusted,
	};

	return load_file(l, &at) < 0 ? -1 : 0;
}

/* Replace the policy's seccomp object by that of a profile. */
static int take_seccomp_of(struct loader *l, const char *name)
{
	struct policy other;
	struct loader from = {.host = l->host, .policy = &other, .d = l->d};
	struct policy_seccomp *mine = &l->policy->seccomp, old = *mine;
	int rc;

	policy_init(&other);
	rc = load_required(&from, name);
	if (rc == 0 && !other.seccomp.object)
		rc = diag_set(l->d, "profile: %s: has no seccomp object", name);
	if (rc == 0) {
		*mine = other.seccomp;
		other.seccomp = old; /* which goes with it */
	}
	strlist_free(&from.done);
	policy_free(&other);
	return rc;
}

static int load_all(struct loader *l, const struct invocation *inv)
{
	const struct policy_seccomp *s = &l->policy->seccomp;
	bool userns;

	if (load_chosen(l, inv) || load_project(l, inv->trust_project))
		return -1;
	l->policy->nhide_unasked = l->policy->hide.n;
	if (settings_apply(inv, l->host, l->policy, l->d))
		return -1;
	userns = l->policy->userns;
	if (s->said && !(userns && s->of_base))
		return 0;
	return take_seccomp_of(l, userns ? "nested" : "base");
}

int policy_load(const struct invocation *inv, const struct host *host,
		struct policy *out, struct diag *d)
{
	struct policy policy;
	struct loader l = {.host = host, .policy = &policy, .d = d};
	int rc;

	policy_init(&policy);
	rc = load_all(&l, inv);
	strlist_free(&l.done);
	if (rc)
		policy_free(&policy);
	else
		*out = policy;
	return rc;
}
