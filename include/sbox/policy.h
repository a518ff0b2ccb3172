/* SPDX-License-Identifier: MIT */
/*
 * What is asked for, before anything is known of the host: the union of the
 * built-in default, the profiles and the command line, one field per profile
 * key (policy_keys.h holds the table). Pure data; paths are normalised, "~" is
 * expanded, but nothing has been looked up on the file system.
 */
#ifndef SBOX_POLICY_H
#define SBOX_POLICY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "sbox/egress.h"
#include "sbox/strlist.h"

struct diag;

enum net_mode {
	NET_NONE,
	NET_FILTERED, /* by a gateway */
	NET_HOST,
	NET__COUNT,
	NET_UNSAID = NET__COUNT, /* of a policy: filtered when something is
				    allowed, none otherwise */
};
enum tty_mode { TTY_AUTO, TTY_RELAY, TTY_NONE, TTY__COUNT };
enum git_config_mode { GIT_CONFIG_RO, GIT_CONFIG_RW, GIT_CONFIG__COUNT };

/* The words of the enums above, indexed by them. */
extern const char *const net_mode_names[NET__COUNT];
extern const char *const tty_mode_names[TTY__COUNT];
extern const char *const git_config_mode_names[GIT_CONFIG__COUNT];

/* One path to show. src and dest are absolute and normalised; dest == src
 * unless SRC:DEST was given. */
struct policy_path {
	char *src;
	char *dest;
	bool try;     /* a missing src is not an error (--ro-try, fs.readTry) */
	char *origin; /* for messages: "--ro", "FILE:LINE: fs.read[0]" */
};

struct policy_paths {
	struct policy_path *v;
	size_t n;
};

/* A seccomp object (OCI linux.seccomp) and where it came from. */
struct policy_seccomp {
	cJSON *object; /* owned; NULL = none */
	char *origin;  /* "FILE:LINE: seccomp" or the profile's name */
	bool said;     /* the key was there, even if it was null */
	bool of_base;  /* in the profile base */
};

#define POLICY_UNLIMITED UINT64_MAX

/* The machine's profiles. */
#define POLICY_SYSTEM_DIR "/etc/sbox"

struct policy_limits {	    /* POLICY_UNLIMITED = not limited */
	uint64_t memory;    /* bytes, cgroup v2 memory.max */
	uint64_t cpu;	    /* percent of one CPU, cgroup v2 cpu.max */
	uint64_t pids;	    /* processes and threads, RLIMIT_NPROC or cgroup */
	uint64_t files;	    /* RLIMIT_NOFILE */
	uint64_t file_size; /* bytes, RLIMIT_FSIZE */
	uint64_t cpu_time;  /* ms, rounded up to whole s for RLIMIT_CPU */
	uint64_t time;	    /* ms of wall time; --timeout */
	uint64_t tmp;	    /* bytes of every tmpfs together */
	bool pids_explicit; /* the user asked for pids: an unenforceable limit
			       is an error instead of a line with --verbose */
};

struct policy_devices {
	bool gpu, audio, wayland, x11;
};

struct policy {
	char *description; /* may be NULL */
	char *profile; /* name of the profile that was picked; for display */
	char *home;    /* "tmp" or the name of a kept home; may hold %p */
	struct policy_paths read, write;
	struct policy_paths tmpfs; /* src == dest */
	/* hide, protect: absolute, or relative to the cwd */
	struct strlist hide, protect;
	size_t nhide_unasked; /* of hide: from profiles, not the command line */
	enum net_mode net;
	/* what egress_parse takes, checked entry by entry */
	struct strlist net_allow, net_deny, net_ports, net_publish;
	char *net_via;	     /* NULL: direct */
	cJSON *net_services; /* an array, or NULL */
	/* of all services that were ever named, replaced and forgotten ones
	 * too: never seen inside */
	struct strlist secret_files, secret_env;
	struct egress_limits net_limits;
	struct policy_paths net_sockets;
	bool net_loopback; /* false: lo stays down, Landlock refuses TCP */
	struct strlist env_pass; /* names, may end in '*' */
	struct strlist env_set;	 /* NAME=VALUE, each name once */
	struct strlist env_unset;
	struct policy_devices devices;
	struct policy_limits limits;
	struct policy_seccomp seccomp; /* the filter */
	struct policy_seccomp
		seccomp_stack; /* an untrusted project's: on top */
	bool userns;	       /* the payload may make user namespaces */
	enum git_config_mode git_config;
	enum tty_mode tty;
	bool tty_filter; /* drop sequences that reach into the host */
};

/* Fill with the built-in default (what an empty profile means). */
void policy_init(struct policy *p);
void policy_free(struct policy *p);
void policy_seccomp_free(struct policy_seccomp *s);

/*
 * The mode that all of it amounts to: 0 and *out, or -1 and d when a mode that
 * was said and the rest contradict each other.
 */
int policy_net_mode(const struct policy *p, enum net_mode *out, struct diag *d);

/* The "net" object that egress_parse takes and the gateway is given. The
 * caller's (cJSON_Delete). */
cJSON *policy_net_json(const struct policy *p);

/* Remove the entry NAME or NAME=VALUE; len is the name's length. */
void env_forget(struct strlist *l, const char *name, size_t len);

/* The profile that would give this policy again: JSON text, malloc'd, ending
 * in a newline. dump -> parse -> dump is a fixed point. */
char *policy_dump(const struct policy *p);

#endif
