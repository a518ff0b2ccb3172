/* SPDX-License-Identifier: MIT */
/* Paths that were given, resolved once (theory: resolve.c). */
#ifndef POLICY_RESOLVE_H
#define POLICY_RESOLVE_H

#include <stdbool.h>

#include "sbox/host.h"
#include "sbox/strlist.h"

struct diag;

/* True if path is one of roots (NULL: none) or lies beneath it. */
bool path_under_any(const struct strlist *roots, const char *path);

/*
 * Resolve an absolute path to its canonical form through host->fs. A symlink
 * whose own directory lies in one of the untrusted roots is refused. Returns 0
 * with *canon (caller frees) and *st of what it names; -1 with d (may be NULL)
 * and errno (ENOENT when it does not exist, ELOOP for a refused or circular
 * link).
 */
int resolve_path(const struct host *h, const struct strlist *untrusted,
		 const char *path, char **canon, struct host_stat *st,
		 struct diag *d);

#endif
