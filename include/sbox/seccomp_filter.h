/* SPDX-License-Identifier: MIT */
/*
 * A seccomp profile compiled to BPF, and the cache of compiled filters
 * ($cache_dir/filters/SHA256). The cache is content-addressed: the name is the
 * hash of everything the result depends on; a file that is wrong in any way
 * (type, owner, mode, links, length, hash, corrupt) is ignored and rewritten.
 */
#ifndef SBOX_SECCOMP_FILTER_H
#define SBOX_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdint.h>

struct diag;
struct host;
struct policy_seccomp;
struct seccomp_profile;

struct seccomp_filter {
	struct sock_filter *insns; /* owned */
	unsigned short len;	   /* instructions, <= BPF_MAXINSNS */
};

/* Compile: a balanced tree over ranges of call numbers; a foreign architecture
 * and x32 are killed. 0 and *out, or -1 and d (more than BPF_MAXINSNS). */
int seccomp_filter_compile(const struct seccomp_profile *p,
			   struct seccomp_filter *out, struct diag *d);
void seccomp_filter_free(struct seccomp_filter *f);

/*
 * The filter for a policy's seccomp object: from the cache, or compiled and
 * (best effort: a read-only cache only costs time) written to it. A NULL
 * object gives an empty filter (len 0). 0, or -1 and d.
 */
int seccomp_filter_get(const struct policy_seccomp *s, const struct host *host,
		       struct seccomp_filter *out, struct diag *d);

/* Hex SHA-256 (64 chars + NUL) of what the compiled filter depends on: the
 * name of its file in the cache. */
void seccomp_filter_key(const struct policy_seccomp *s, const struct host *host,
			char hex[65]);

#endif
