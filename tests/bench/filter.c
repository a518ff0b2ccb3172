/* SPDX-License-Identifier: MIT */
/*
 * Writes the compiled filter of a profile as raw BPF, so that bwrap and the
 * floor run under the same one as sbox: filter PROFILE.json OUT
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"
#include "unit/json_load.h"

int main(int argc, char **argv)
{
	struct diag d = {0};
	struct json_doc doc = {0};
	struct seccomp_profile profile = {0};
	struct seccomp_filter filter = {0};
	struct utsname uts;
	unsigned major, minor;
	size_t size;
	int fd;

	if (argc != 3)
		errx(1, "usage: filter PROFILE.json OUT");
	/* scanf is good enough for the kernel's own version */
	if (uname(&uts) < 0 ||
	    sscanf(uts.release, "%u.%u", &major, &minor) != 2)
		errx(1, "no kernel version");
	if (json_load(argv[1], &doc, &d) < 0 ||
	    seccomp_profile_parse(argv[1], json_get(doc.root, "seccomp"),
				  major << 16 | minor, NULL, &profile,
				  &d) < 0 ||
	    seccomp_filter_compile(&profile, &filter, &d) < 0)
		errx(1, "%s", d.text);
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size = filter.len * sizeof(filter.insns[0]);
	if (fd < 0 || write(fd, filter.insns, size) != (ssize_t)size ||
	    close(fd) < 0)
		err(1, "%s", argv[2]);
	printf("%u instructions\n", filter.len);
	seccomp_filter_free(&filter);
	seccomp_profile_free(&profile);
	json_free(&doc);
	return 0;
}
