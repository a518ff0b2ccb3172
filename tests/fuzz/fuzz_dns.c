/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a query. An answer is read again by a small reader: it is one
 * to this query, whole and without a byte behind; it has at most one record,
 * the address that the policy gave, and only for a name that it was asked for,
 * whose labels are those of the question.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sbox-gateway/dns.h"
#include "sbox/hostpat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

struct asked {
	unsigned times;
	char name[HOSTNAME_MAX + 1];
	enum dns_known said;
};

static enum dns_known look_up(void *ctx, const char *name, uint32_t *address)
{
	struct asked *a = ctx;
	char again[HOSTNAME_MAX + 1];

	require(a->times++ == 0);
	require(hostname_normalise(name, strlen(name), again, NULL) == 0);
	require(strcmp(name, again) == 0);
	memcpy(a->name, name, strlen(name) + 1);
	a->said = name[0] < 'i'	  ? DNS_NAME_ADDRESS
		  : name[0] < 'r' ? DNS_NAME_REFUSED
				  : DNS_NAME_FULL;
	if (a->said == DNS_NAME_ADDRESS)
		*address = 0xc6120102;
	return a->said;
}

/* The question's labels are those of the name. Returns its bytes. */
static size_t check_question(const uint8_t *p, const char *name)
{
	size_t n = 0;

	while (p[n]) {
		size_t label = p[n];

		require(label <= 63);
		if (name) {
			require(strcspn(name, ".") == label);
			require(strncasecmp((const char *)p + n + 1, name,
					    label) == 0);
			name += label;
			name += *name == '.';
		}
		n += 1 + label;
	}
	require(!name || *name == '\0');
	require(n < 255);
	return n + 1 + 4;
}

static void check_address(const uint8_t *p, const struct asked *a)
{
	static const char head[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4";
	bool is_local = memcmp(p + 12, "\x7f\0\0\1", 4) == 0;

	require(memcmp(p, head, 12) == 0);
	require(is_local || memcmp(p + 12, "\xc6\x12\1\2", 4) == 0);
	require(is_local == (a->times == 0));
	require(is_local || a->said == DNS_NAME_ADDRESS);
}

static void check_answer(const uint8_t *in, size_t size, const uint8_t *out,
			 size_t n, const struct asked *a)
{
	unsigned rcode = out[3] & 15;
	size_t at = 12, question;

	require(n >= 12 && n <= DNS_MESSAGE_MAX);
	require(size >= 12 && !(in[2] & 0x80));
	require(memcmp(in, out, 2) == 0);
	require((out[2] & 0x86) == 0x80 && (out[3] & 0xe0) == 0x80);
	require(out[4] == 0 && out[5] <= 1 && out[6] == 0 && out[7] <= 1);
	require(out[8] == 0 && out[9] == 0 && out[10] == 0 && out[11] <= 1);
	require(a->times == 0 || out[5] == 1);
	if (out[5]) {
		question = check_question(out + 12, a->times ? a->name : NULL);
		require(12 + question <= size);
		require(memcmp(in + 12, out + 12, question) == 0);
		at += question;
	}
	if (out[7]) {
		require(rcode == 0);
		check_address(out + at, a);
		at += 16;
	}
	if (out[11]) {
		require(memcmp(out + at, "\0\0\x29", 3) == 0);
		at += 11;
	}
	require(at == n);
	if (a->times && a->said == DNS_NAME_REFUSED)
		require(rcode == 3);
	if (a->times && a->said == DNS_NAME_FULL)
		require(rcode == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[DNS_MESSAGE_MAX];
	struct asked a = {.times = 0};
	size_t n = dns_answer(data, size, look_up, &a, out);

	if (n)
		check_answer(data, size, out, n, &a);
	else
		require(a.times == 0);
	/* an answer is never answered: no loop between two of us */
	if (n) {
		struct asked none = {.times = 0};
		uint8_t again[DNS_MESSAGE_MAX];

		require(dns_answer(out, n, look_up, &none, again) == 0);
	}
	return 0;
}
