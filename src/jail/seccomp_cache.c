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
 * exactly as long as it says, for this key and machine, with the right hash.
 * Otherwise it is as if it weren't there: compile, replace it. A cache that
 * can't be written costs time and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
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
#include "sbox/sha256.h"
#include "sbox/strlist.h"

/* Change with the compiler: what it makes of the same object differs. */
#define FILTER_FORMAT "sbox-filter-1"

struct entry {
	char format[16];
	char key[SHA256_HEX_SIZE - 1];
	char sum[SHA256_HEX_SIZE - 1]; /* of the key and the program */
	uint32_t audit_arch;
	uint32_t len;
	struct sock_filter insns[BPF_MAXINSNS]; /* len of them */
};

#define ENTRY_HEAD offsetof(struct entry, insns)

struct bytes {
	char *p;
	size_t len, room;
};

static void bytes_add(struct bytes *b, const void *p, size_t len)
{
	if (b->room - b->len < len) {
		b->room = 2 * (b->room + len);
		b->p = xreallocarray(b->p, b->room, 1);
	}
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void bytes_add_string(struct bytes *b, const char *s)
{
	bytes_add(b, s, strlen(s) + 1);
}

/*
 * The object as bytes that no different object has: type, key and value of
 * each node, children between their parent and an end mark. Comments change
 * nothing and are left out. Much cheaper than printing it. Returns whether a
 * rule asks for the kernel's version.
 */
static bool flatten(struct bytes *b, const cJSON *node)
{
	bool kernel = false;

	for (; node; node = node->next) {
		const char *key = node->string ? node->string : "";
		/* cJSON's types are bits up to 0x40, its flags begin at 0x100
		 */
		uint8_t type =
			(uint8_t)(node->type | (node->string ? 0x80 : 0));

		if (strcmp(key, "comment") == 0 && cJSON_IsString(node))
			continue;
		kernel |= strcmp(key, "minKernel") == 0;
		bytes_add(b, &type, sizeof(type));
		if (node->string)
			bytes_add_string(b, key);
		if (cJSON_IsNumber(node))
			bytes_add(b, &node->valuedouble,
				  sizeof(node->valuedouble));
		else if (cJSON_IsString(node))
			bytes_add_string(b, node->valuestring);
		else if (node->child)
			kernel |= flatten(b, node->child);
	}
	bytes_add(b, &(uint32_t){UINT32_MAX}, sizeof(uint32_t));
	return kernel;
}

void seccomp_filter_key(const struct policy_seccomp *s, const struct host *host,
			char hex[65])
{
	const struct scmp_version *lib = seccomp_version();
	uint32_t depends[5] = {seccomp_native_arch()->audit};
	const void *bufs[] = {FILTER_FORMAT, depends, NULL};
	size_t lens[] = {sizeof(FILTER_FORMAT), sizeof(depends), 0};
	struct bytes b = {0};

	if (lib) {
		depends[1] = lib->major;
		depends[2] = lib->minor;
		depends[3] = lib->micro;
	}
	if (flatten(&b, s->object->child))
		depends[4] = host->kernel;
	bufs[2] = b.p;
	lens[2] = b.len;
	sha256_hex(bufs, lens, ARRAY_SIZE(bufs), hex);
	free(b.p);
}

static void entry_sum(const struct entry *e, char hex[SHA256_HEX_SIZE])
{
	const void *const bufs[] = {e->key, e->insns};
	const size_t lens[] = {sizeof(e->key), e->len * sizeof(e->insns[0])};

	sha256_hex(bufs, lens, ARRAY_SIZE(bufs), hex);
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

static bool file_is_ours(int fd, const char *key, struct entry *e)
{
	static const char format[sizeof(e->format)] = FILTER_FORMAT;
	struct stat st;
	char sum[SHA256_HEX_SIZE];
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 07777) != 0600 || st.st_nlink != 1 ||
	    st.st_size <= (off_t)ENTRY_HEAD || st.st_size > (off_t)sizeof(*e))
		return false;
	n = read(fd, e, sizeof(*e));
	if (n != st.st_size || e->len == 0 || e->len > BPF_MAXINSNS ||
	    (size_t)n != ENTRY_HEAD + e->len * sizeof(e->insns[0]))
		return false;
	if (memcmp(e->format, format, sizeof(e->format)) != 0 ||
	    memcmp(e->key, key, sizeof(e->key)) != 0 ||
	    e->audit_arch != seccomp_native_arch()->audit)
		return false;
	entry_sum(e, sum);
	return memcmp(e->sum, sum, sizeof(e->sum)) == 0;
}

static bool cache_read(const char *dir, const char *key,
		       struct seccomp_filter *out)
{
	cleanup_fd int dirfd = dir_open(dir);
	cleanup_fd int fd = -1;
	struct entry e;

	if (dirfd < 0)
		return false;
	/* Non-blocking: it might be a FIFO. */
	fd = openat(dirfd, key,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !file_is_ours(fd, key, &e))
		return false;
	out->insns = xcalloc(e.len, sizeof(*out->insns));
	memcpy(out->insns, e.insns, e.len * sizeof(*out->insns));
	out->len = (unsigned short)e.len;
	return true;
}

/* Best effort: without it the next start is slower. */
static void cache_write(const char *dir, const char *key,
			const struct seccomp_filter *f)
{
	struct entry e = {.format = FILTER_FORMAT,
			  .audit_arch = seccomp_native_arch()->audit,
			  .len = f->len};
	cleanup_free char *path = path_join(dir, key);
	cleanup_fd int dirfd = -1;
	char sum[SHA256_HEX_SIZE];

	memcpy(e.key, key, sizeof(e.key));
	memcpy(e.insns, f->insns, f->len * sizeof(e.insns[0]));
	entry_sum(&e, sum);
	memcpy(e.sum, sum, sizeof(e.sum));
	if (dir_make(dir, 0700) == 0)
		dirfd = dir_open(dir);
	if (dirfd < 0 ||
	    file_replace(path, &e, ENTRY_HEAD + f->len * sizeof(e.insns[0]),
			 0600))
		log_info("seccomp: %s: the filter is not kept: %s", path,
			 strerror(errno));
}

static int compile(const struct policy_seccomp *s, const struct host *host,
		   struct seccomp_filter *out, struct diag *d)
{
	struct seccomp_profile p;
	int rc;

	if (seccomp_profile_parse(NULL, s->origin, s->object, host->kernel,
				  NULL, &p, d))
		return -1;
	for (size_t i = 0; i < p.notes.n; i++)
		log_info("%s: %s", s->origin, p.notes.v[i]);
	rc = seccomp_filter_compile(&p, out, d);
	if (rc)
		(void)diag_prefix(d, "%s", s->origin);
	seccomp_profile_free(&p);
	return rc;
}

int seccomp_filter_get(const struct policy_seccomp *s, const struct host *host,
		       struct seccomp_filter *out, struct diag *d)
{
	cleanup_free char *dir = NULL;
	char key[SHA256_HEX_SIZE];

	if (!s->object) {
		*out = (struct seccomp_filter){0};
		return 0;
	}
	dir = path_join(host->cache_dir, "filters");
	seccomp_filter_key(s, host, key);
	if (cache_read(dir, key, out))
		return 0;
	if (compile(s, host, out, d))
		return -1;
	cache_write(dir, key, out);
	return 0;
}
