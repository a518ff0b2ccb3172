/* SPDX-License-Identifier: MIT */
/*
 * The profile keys as data: one row per key. The table drives parsing,
 * merging, what an untrusted project file may say, --set and the options that
 * set a key, policy_dump() and the JSON Schema.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "sbox/policy.h"

struct diag;
struct host;
struct json_doc;

enum key_type {		     /* what is written, and how it is merged */
		KEY_NOTE,    /* string; not kept ($schema) */
		KEY_TEXT,    /* string; replaces */
		KEY_EXTENDS, /* names; read by the loader, before the other keys
			      */
		KEY_HOME,    /* "tmp" or a name; replaces */
		KEY_PATHS,   /* PATH or SRC:DEST; appends */
		KEY_PATHS_TRY, /* the same, may be missing */
		KEY_PLACES,    /* absolute paths without ":DEST"; appends */
		KEY_MASKS,     /* absolute, or relative to the cwd; appends */
		KEY_ENUM,      /* one of words[]; replaces */
		KEY_BOOL,      /* replaces */
		KEY_ENV_PASS,  /* names, may end in '*'; appends */
		KEY_ENV_SET,   /* map of name and value; later value replaces */
		KEY_ENV_UNSET, /* names; appends */
		KEY_SIZE,      /* bytes or unlimited; replaces; likewise: */
		KEY_COUNT,
		KEY_PERCENT,
		KEY_DURATION,
		KEY_NET_RULES,	  /* egress.h's texts; appends */
		KEY_NET_PORTS,	  /* likewise, or numbers */
		KEY_NET_VIA,	  /* likewise; replaces */
		KEY_NET_SERVICES, /* objects; one of the same port replaces */
		KEY_SECCOMP, /* OCI linux.seccomp, or null for none; replaces */
		KEY_TYPE__COUNT
};

enum key_tighten { /* what a project file that isn't trusted may say */
		   TIGHTEN_NEVER,
		   TIGHTEN_ANY,	 /* it has no effect, only takes away, or stands
				    beside the profile's (seccomp) */
		   TIGHTEN_MIN,	 /* the smaller of the two values holds */
		   TIGHTEN_WORD, /* only words[0] */
		   TIGHTEN__COUNT
};

struct key {
	const char *name; /* dotted */
	enum key_type type;
	enum key_tighten tighten;
	size_t offset; /* of the field of struct policy it lands in */
	const char *const *words; /* KEY_ENUM: names by value; TIGHTEN_WORD */
	size_t nwords;
	const char *help; /* one line, for the schema */
};

extern const struct key keys[];
extern const size_t nkeys;

/* Where settings come from and go to. */
struct key_sink {
	struct policy *policy;
	const struct host *host;    /* home; cwd for relative paths */
	const struct json_doc *doc; /* an option: its name, without a root */
	bool tighten;		    /* an untrusted project file */
	bool null_seccomp_ok;	    /* "seccomp": null is accepted */
	bool is_base;		    /* the profile of that name */
	struct diag *d;
};

const struct key *key_find(const char *name);

/* Apply a whole profile object (prefix ""), that of a group ("limits"), or the
 * value of one key or group to sink->policy; a seccomp object is emptied by it.
 * 0, or -1 and sink->d. */
int keys_apply(const struct key_sink *sink, const char *prefix, cJSON *object);
int keys_apply_named(const struct key_sink *sink, const char *name,
		     cJSON *value);
/* Apply text as the command line's option gives it: paths may be relative to
 * host->cwd; sink->doc is not used. 0, or -1 and sink->d. */
int keys_apply_text(const struct key_sink *sink, const struct key *key,
		    char *option, const char *text);

/* Letters, digits and ._+- without a leading dot: names a profile or home. */
bool profile_name_is_valid(const char *name);

/* The field of p that a row names. */
static inline void *key_field(const struct key *k, struct policy *p)
{
	return (char *)p + k->offset;
}
static inline const void *key_field_const(const struct key *k,
					  const struct policy *p)
{
	return (const char *)p + k->offset;
}

#endif
