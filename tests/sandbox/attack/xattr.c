/* SPDX-License-Identifier: MIT */
/*
 * xattr FILE: give a file attributes that the host's kernel acts upon: file
 * capabilities of both kinds, integrity, what overlayfs believes. (SELinux'
 * label is for its policy, or for the file's owner where there is none.)
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	static const struct vfs_cap_data v2 = {VFS_CAP_REVISION_2 |
						       VFS_CAP_FLAGS_EFFECTIVE,
					       {{~0u, ~0u}, {~0u, ~0u}}};
	static const struct vfs_ns_cap_data v3 = {
		VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE,
		{{~0u, ~0u}, {~0u, ~0u}},
		0};
	const char *f = argv[1];
	int fd;

	if (argc != 2)
		return 2;
	fd = open(f, O_RDWR | O_CREAT, 0755);
	report("capability",
	       setxattr(f, "security.capability", &v2, sizeof(v2), 0));
	report("capability-ns",
	       setxattr(f, "security.capability", &v3, sizeof(v3), 0));
	report("capability-fd",
	       fsetxattr(fd, "security.capability", &v2, sizeof(v2), 0));
	report("capability-link",
	       lsetxattr(f, "security.capability", &v2, sizeof(v2), 0));
	/* setxattrat(2), Linux 6.13 */
	report("capability-at",
	       syscall(463, AT_FDCWD, f, 0, "security.capability", &v2, 0L));
	report("ima", setxattr(f, "security.ima", "x", 1, 0));
	report("apparmor", setxattr(f, "security.apparmor", "x", 1, 0));
	report("overlay", setxattr(f, "trusted.overlay.opaque", "y", 1, 0));
	return 0;
}
