/* SPDX-License-Identifier: MIT */
/*
 * devices.gpu, audio, wayland and x11: what of the host a graphical or sound
 * program needs, shown only when a profile asks. X11 is not a boundary: a
 * client can read every other client's keys, and the plan warns of it.
 */
#include <stddef.h>
#include <string.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

struct device_row {
	const char *kind;
	size_t field;	  /* offset of the kind in struct policy_devices */
	const char *base; /* "", or the variable that the path is relative to */
	const char *path;
	bool node; /* a device to be written to */
};

#define DEV(f) #f, offsetof(struct policy_devices, f)

/* clang-format off */
/* One kind behind the other. */
static const struct device_row rows[] = {
	{ DEV(gpu),	"",		   "/dev/dri",		 true },
	{ DEV(gpu),	"",		   "/dev/kfd",		 true },
	{ DEV(gpu),	"",		   "/dev/nvidia0",	 true },
	{ DEV(gpu),	"",		   "/dev/nvidia1",	 true },
	{ DEV(gpu),	"",		   "/dev/nvidiactl",	 true },
	{ DEV(gpu),	"",		   "/dev/nvidia-uvm",	 true },
	{ DEV(gpu),	"",		   "/sys/dev/char",	 false },
	{ DEV(gpu),	"",		   "/sys/devices",	 false },
	{ DEV(gpu),	"",		   "/sys/class/drm",	 false },
	{ DEV(audio),	"",		   "/dev/snd",		 true },
	{ DEV(audio),	"XDG_RUNTIME_DIR", "pulse/native",	 false },
	{ DEV(audio),	"XDG_RUNTIME_DIR", "pipewire-0",	 false },
	{ DEV(wayland),	"XDG_RUNTIME_DIR", "$WAYLAND_DISPLAY",	 false },
	{ DEV(x11),	"",		   "/tmp/.X11-unix",	 false },
	{ DEV(x11),	"",		   "$XAUTHORITY",	 false },
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
	return xasprintf("/run/user/%u%s", v->host->uid, path + strlen(rt));
}

static bool device_show(struct view *v, const struct device_row *r)
{
	unsigned flags = r->node ? PLAN_DEV | PLAN_NOEXEC : PLAN_RO;
	cleanup_free char *path = row_path(v, r);
	cleanup_free char *canon = NULL, *dest = NULL;
	struct stat st;

	if (!path || path[0] != '/' ||
	    view_resolve(v, path, &canon, &st, NULL) < 0)
		return false;
	dest = row_dest(v, path);
	view_show(v, canon, dest, &st, flags, "device");
	return strncmp(path, "/sys/", 5) != 0; /* says nothing of a device */
}

int device_build(struct view *v)
{
	const struct policy_devices *p = &v->policy->devices;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct device_row *r = &rows[i];
		bool last = i + 1 == ARRAY_SIZE(rows) || r[1].field != r->field;

		if (!*(const bool *)((const char *)p + r->field))
			continue;
		found |= device_show(v, r);
		if (last && !found) {
			diag_set(v->d,
				 "devices.%s: nothing of the kind was found "
				 "here",
				 r->kind);
			return diag_hint(v->d,
					 "leave devices.%s out of the profile",
					 r->kind);
		}
		found &= !last;
	}
	if (p->x11)
		plan_warn(v->plan,
			  "devices.x11: an X client can read and type into "
			  "every other window");
	return 0;
}
