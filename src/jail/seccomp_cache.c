/* SPDX-License-Identifier: MIT */
/*
 * The cache of compiled filters: $cache_dir/filters/KEY.
 *
 * KEY is the hash of everything the program depends on: the JSON object, the
 * architecture, libseccomp (it knows the names), our compiler's version, and
 * the running kernel if a rule asks for it. So nothing is ever out of date,
 * and on a hit neither the rules are looked at nor libseccomp.
 *
 * A file is used only if nothing about it is unexpected: a regular file of
 * ours, 0600, one link, in a directory of ours that nobody else can write,
 * with the right hash of this key and all of the program.
 * Otherwise it is as if it weren't there: compile, replace it. A cache that
 * can't be written costs time and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sha2.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/fd.h"
#include "sbox/host.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/policy.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"
#include "sbox/strlist.h"

/* Change with the compiler: what it makes of the same object differs. */
#define FILTER_FORMAT "sbox-filter-3"

/* A file is the program, then this much: the hash of key and program. */
#define SUM_LEN	  SHA256_DIGEST_LENGTH
#define ENTRY_MAX (BPF_MAXINSNS * sizeof(struct sock_filter) + SUM_LEN)

static void hash_string(SHA2_CTX *h, const char *s)
{
	SHA256Update(h, (const uint8_t *)s, strlen(s) + 1);
}

/*
 * The object as bytes that no different object has: type, key and value of
 * each node, children between their parent and an end mark. Comments change
 * nothing and are left out. Much cheaper than printing it. Returns whether a
 * rule asks for the kernel's version.
 */
static bool hash_nodes(SHA2_CTX *h, const cJSON *node)
{
	static const uint8_t end = 0xff; /* no type */
	bool kernel = false;

	for (; node; node = node->next) {
		const char *key = node->string ? node->string : "";
		/* cJSON's types are bits up to 0x40, its flags begin at 0x100
		 */
		uint8_t type = (uint8_t)node->type;

		if (strcmp(key, "comment") == 0 && cJSON_IsString(node))
			continue;
		kernel |= strcmp(key, "minKernel") == 0;
		SHA256Update(h, &type, sizeof(type));
		hash_string(h, key);
		if (cJSON_IsNumber(node))
			SHA256Update(h, (const uint8_t *)&node->valuedouble,
				     sizeof(node->valuedouble));
		else if (cJSON_IsString(node))
			hash_string(h, node->valuestring);
		else if (node->child)
			kernel |= hash_nodes(h, node->child);
	}
	SHA256Update(h, &end, sizeof(end));
	return kernel;
}

void seccomp_filter_key(const struct policy_seccomp *s, const struct host *host,
			char hex[65])
{
	const struct scmp_version *lib = seccomp_version();
	uint32_t depends[] = {seccomp_native_arch()->audit, lib->major,
			      lib->minor, lib->micro, 0};
	SHA2_CTX h;

	SHA256Init(&h);
	hash_string(&h, FILTER_FORMAT);
	if (hash_nodes(&h, s->object->child))
		depends[4] = host->kernel;
	SHA256Update(&h, (const uint8_t *)depends, sizeof(depends));
	(void)SHA256End(&h, hex);
}

static void sum(const char *key, const void *program, size_t size,
		uint8_t out[SUM_LEN])
{
	SHA2_CTX h;

	SHA256Init(&h);
	hash_string(&h, key);
	SHA256Update(&h, program, size);
	SHA256Final(out, &h);
}

/* A directory of ours that only we can write; its mode is repaired once. */
static int dir_open(const char *path)
{
	cleanup_fd int fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid())
		return -1;
	if ((st.st_mode & 07777) == 0700)
		return steal_fd(&fd);
	/* What lies in it may be anybody's work: this time it isn't read. */
	(void)fchmod(fd, 0700);
	return -1;
}

/* The program of a file, and behind it the sum; NULL if the file isn't as it
 * must be. */
static char *entry_read(const char *dir, const char *key, size_t *size)
{
	cleanup_fd int dirfd = dir_open(dir);
	cleanup_fd int fd = -1;
	cleanup_free char *buf = NULL;
	uint8_t own[SUM_LEN];
	struct stat st;
	size_t len;

	if (dirfd < 0)
		return NULL;
	/* Non-blocking: it might be a FIFO. */
	fd = openat(dirfd, key, FILE_READ_FLAGS | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 07777) != 0600 ||
	    st.st_nlink != 1)
		return NULL;
	buf = fd_read_all(fd, ENTRY_MAX, &len);
	if (!buf || len <= SUM_LEN ||
	    (len - SUM_LEN) % sizeof(struct sock_filter))
		return NULL;
	*size = len - SUM_LEN;
	sum(key, buf, *size, own);
	return memcmp(buf + *size, own, SUM_LEN) == 0 ? steal_ptr(&buf) : NULL;
}

/* Best effort: without it the next start is slower. */
static void entry_write(const char *dir, const char *key,
			const struct seccomp_filter *f)
{
	const size_t size = f->len * sizeof(f->insns[0]);
	cleanup_free char *path = path_join(dir, key);
	cleanup_fd int dirfd = -1;
	uint8_t entry[ENTRY_MAX];
	/* ulimit -f: an error like others */
	void (*limit)(int) = signal(SIGXFSZ, SIG_IGN);

	memcpy(entry, f->insns, size);
	sum(key, entry, size, entry + size);
	if (dir_make(dir, 0700) == 0)
		dirfd = dir_open(dir);
	if (dirfd < 0 || file_replace(path, entry, size + SUM_LEN, 0600))
		log_info("seccomp: %s: the filter is not kept: %s", path,
			 strerror(errno));
	(void)signal(SIGXFSZ, limit); /* can't fail */
}

static int compile(const struct policy_seccomp *s, const struct host *host,
		   struct seccomp_filter *out, struct diag *d)
{
	struct seccomp_profile p;
	int rc;

	if (seccomp_profile_parse(s->origin, s->object, host->kernel, NULL, &p,
				  d))
		return -1;
	for (size_t i = 0; i < p.notes.n; i++)
		log_info("%s: %s", s->origin, p.notes.v[i]);
	rc = seccomp_filter_compile(&p, out, d);
	if (rc)
		diag_prefix(d, "%s", s->origin);
	seccomp_profile_free(&p);
	return rc;
}

int seccomp_filter_get(const struct policy_seccomp *s, const struct host *host,
		       struct seccomp_filter *out, struct diag *d)
{
	cleanup_free char *dir = NULL;
	size_t size;
	char key[SHA256_DIGEST_STRING_LENGTH];

	if (!s->object) {
		*out = (struct seccomp_filter){0};
		return 0;
	}
	dir = path_join(host->cache_dir, "filters");
	seccomp_filter_key(s, host, key);
	out->insns = (void *)entry_read(dir, key, &size);
	if (out->insns) {
		out->len = (unsigned short)(size / sizeof(out->insns[0]));
		return 0;
	}
	if (compile(s, host, out, d))
		return -1;
	entry_write(dir, key, out);
	return 0;
}
