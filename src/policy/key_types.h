/* SPDX-License-Identifier: MIT */
/* What every type of key can do: one row per enum key_type (key_types.c). */
#ifndef POLICY_KEY_TYPES_H
#define POLICY_KEY_TYPES_H

#include "keys.h"

/* One value on its way into the policy, as text. */
struct key_item {
	const struct key_sink *sink;
	const struct key *key;
	const char *text;  /* a map's member: "NAME=VALUE"; NULL: no scalar */
	const char *label; /* "fs.read[0]"; NULL on the command line */
	cJSON *node;	   /* NULL on the command line */
	struct diag *d;	   /* "TEXT: reason" */
};

struct key_type_ops {
	const char *expected; /* for messages: "expected ..." */
	/* Types of cJSON: of the value, and of each of its members (0: it is
	 * set as a whole). A number is a whole one, not negative. */
	int accepts, members;
	int (*set)(const struct key_item *it);
};

extern const struct key_type_ops key_types[KEY_TYPE__COUNT];

/* Append to the key's list of names, once. 0, or -1 and it->d. */
int key_name_add(const struct key_item *it, const char *name);

/* key_net.c: the setters of the net keys, and a mode's effect on them. */
int key_set_net_rule(const struct key_item *it);
int key_set_net_port(const struct key_item *it);
int key_set_net_via(const struct key_item *it);
int key_set_net_services(const struct key_item *it);
void key_net_mode_changed(struct policy *p);

/* A new JSON value for policy_dump, or NULL when there is nothing. */
cJSON *key_dump(const struct key *k, const struct policy *p);

#define KEY_LIST_MAX 4096 /* entries of one list, all profiles together */

#endif
