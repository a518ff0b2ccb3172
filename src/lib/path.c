/* SPDX-License-Identifier: MIT */
/*
 * Paths as text, compared by component and never by prefix. ".." is refused
 * and not folded: "a/../b" is "b" only while a is no symbolic link, and only
 * the kernel may decide that. Control characters are refused because a path
 * with a newline forges lines in whatever prints or parses it later.
 */
#include "sbox/path.h"

#include <limits.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/strlist.h"

#define SHOWN 200 /* bytes of a bad path in a message: leave room for why */

/* Why a component cannot be taken, or NULL. */
static const char *component_fault(const char *s, size_t len)
{
	if (len == 2 && memcmp(s, "..", 2) == 0)
		return "\"..\" is not allowed in a path";
	if (len > NAME_MAX)
		return "a name in the path is longer than 255 bytes";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return "control character in a path";
	return NULL;
}

int path_normalise(const char *in, char **out, struct diag *d)
{
	cleanup_free char *buf = NULL;
	size_t len = strlen(in), used = 0;

	if (len == 0)
		return diag_set(d, "\"\": empty path");
	buf = xcalloc(len + 2, 1);
	if (in[0] == '/')
		buf[used++] = '/';
	for (const char *p = in; *p;) {
		size_t n = strcspn(p, "/");
		const char *fault = component_fault(p, n);

		if (fault)
			return diag_set(d, "%.*s: %s", SHOWN, in, fault);
		if (n > 0 && !(n == 1 && *p == '.')) {
			if (used > 0 && buf[used - 1] != '/')
				buf[used++] = '/';
			memcpy(buf + used, p, n);
			used += n;
		}
		p += n;
		p += strspn(p, "/");
	}
	if (used >= PATH_MAX)
		return diag_set(d, "%.*s...: path of %zu bytes is too long",
				SHOWN, in, used);
	if (used == 0)
		buf[used++] = '.';
	buf[used] = '\0';
	*out = steal_ptr(&buf);
	return 0;
}

bool path_under(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return path[0] == '/';
	return strncmp(dir, path, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

bool path_ends(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len > n && strcmp(path + len - n, end) == 0;
}

char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || n == 0)
		return xstrdup(name);
	if (name[0] == '\0')
		return xstrdup(dir);
	return xasprintf("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

char *path_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

int path_expand_home(const char *in, const char *home, char **out,
		     struct diag *d)
{
	if (in[0] != '~') {
		*out = xstrdup(in);
		return 0;
	}
	if (in[1] != '\0' && in[1] != '/') {
		diag_set(d, "%.*s: ~ of another user is not supported", SHOWN,
			 in);
		return diag_hint(d, "write the absolute path, or ./~NAME for "
				    "a file of that name");
	}
	if (!home || home[0] != '/')
		return diag_set(d, "%.*s: no home directory is known", SHOWN,
				in);
	in++;
	in += strspn(in, "/"); /* "~//x" is beneath the home, too */
	*out = path_join(home, in);
	return 0;
}
