/* SPDX-License-Identifier: MIT */
/*
 * devices.gpu, audio, wayland and x11: what of the host a graphical or sound
 * program needs, shown only when a profile asks. X11 is not a boundary: a
 * client can read every other client's keys, and the plan warns of it.
 */
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "resolve.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

struct device_row {
	size_t field;	  /* offset of the bool in struct policy_devices */
	const char *base; /* "", or the variable that the path is relative to */
	const char *path;
	bool write;
	bool dev;
};

#define DEV(f) offsetof(struct policy_devices, f)

/* clang-format off */
static const struct device_row rows[] = {
	{ DEV(gpu),	"",		   "/dev/dri",		 true,  true },
	{ DEV(gpu),	"",		   "/dev/kfd",		 true,  true },
	{ DEV(gpu),	"",		   "/dev/nvidia0",	 true,  true },
	{ DEV(gpu),	"",		   "/dev/nvidia1",	 true,  true },
	{ DEV(gpu),	"",		   "/dev/nvidiactl",	 true,  true },
	{ DEV(gpu),	"",		   "/dev/nvidia-uvm",	 true,  true },
	{ DEV(gpu),	"",		   "/sys/dev/char",	 false, false },
	{ DEV(gpu),	"",		   "/sys/devices",	 false, false },
	{ DEV(gpu),	"",		   "/sys/class/drm",	 false, false },
	{ DEV(audio),	"",		   "/dev/snd",		 true,  true },
	{ DEV(audio),	"XDG_RUNTIME_DIR", "pulse/native",	 false, false },
	{ DEV(audio),	"XDG_RUNTIME_DIR", "pipewire-0",	 false, false },
	{ DEV(wayland),	"XDG_RUNTIME_DIR", "$WAYLAND_DISPLAY",	 false, false },
	{ DEV(x11),	"",		   "/tmp/.X11-unix",	 false, false },
	{ DEV(x11),	"",		   "$XAUTHORITY",	 false, false },
};
/* clang-format on */

/* The host's path of a row, or NULL when a variable that it needs is unset. */
static char *row_path(const struct view *v, const struct device_row *r)
{
	const char *path = r->path, *base = r->base;

	if (path[0] == '$')
		path = host_getenv(v->host, path + 1);
	if (base[0])
		base = v->host->runtime_dir;
	if (!path || !path[0] || !base)
		return NULL;
	return path_join(base, path);
}

/* Sockets of the runtime directory move to the one inside. */
static char *row_dest(const struct view *v, const char *path)
{
	const char *rt = v->host->runtime_dir;

	if (!rt || !path_under(rt, path))
		return xstrdup(path);
	return xasprintf("/run/user/%lu%s", (unsigned long)v->host->uid,
			 path + strlen(rt));
}

static bool row_is_on(const struct policy_devices *p,
		      const struct device_row *r)
{
	return *(const bool *)(const void *)((const char *)p + r->field);
}

static int device_check(const struct view *v, const char *name, bool on,
			size_t field, size_t shown[], struct diag *d)
{
	(void)v;
	if (!on || shown[field])
		return 0;
	diag_set(d, "devices.%s: nothing of the kind was found here", name);
	return diag_hint(d, "leave devices.%s out of the profile", name);
}

int device_build(struct view *v, struct diag *d)
{
	const struct policy_devices *p = &v->policy->devices;
	size_t shown[sizeof(*p)] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *path = NULL;
		cleanup_free char *canon = NULL;
		cleanup_free char *dest = NULL;
		struct diag missing = {.text = ""};
		struct host_stat st;

		if (!row_is_on(p, &rows[i]))
			continue;
		path = row_path(v, &rows[i]);
		if (!path || path[0] != '/' ||
		    resolve_path(v->host, &v->untrusted, path, &canon, &st,
				 &missing) < 0)
			continue;
		dest = row_dest(v, path);
		view_show(v, canon, dest, &st, rows[i].write,
			  rows[i].dev ? PLAN_DEV | PLAN_NOEXEC : 0, "device");
		if (strncmp(path, "/sys/", 5) != 0)
			shown[rows[i].field]++;
	}
	if (p->x11)
		strlist_add(&v->plan->warnings,
			    "devices.x11: an X client can read and type into "
			    "every other window");
	if (device_check(v, "gpu", p->gpu, DEV(gpu), shown, d) < 0 ||
	    device_check(v, "audio", p->audio, DEV(audio), shown, d) < 0 ||
	    device_check(v, "wayland", p->wayland, DEV(wayland), shown, d) <
		    0 ||
	    device_check(v, "x11", p->x11, DEV(x11), shown, d) < 0)
		return -1;
	return 0;
}
