/* SPDX-License-Identifier: MIT */
/*
 * A query is taken apart once, front to back, each byte checked against its
 * end: header, exactly one question without compression, at most one OPT
 * record, nothing behind it. Anything else is FORMERR. The answer echoes the
 * question byte for byte (some resolvers mix the case of its letters and want
 * them back) and is shorter than 512 bytes, so it is never truncated.
 *
 * What stub resolvers need: RA set in all answers (without RA, AA or a record,
 * glibc and Go take an empty answer for a lame server's and ask elsewhere); an
 * OPT in the answer to one with OPT; NXDOMAIN rather than REFUSED or SERVFAIL,
 * which they ask again; no SOA in negative answers, so that nobody keeps them
 * (RFC 2308 5): a name's parent, although NXDOMAIN, has names beneath.
 */
#include "sbox-gateway/dns.h"

#include <stdbool.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/hostpat.h"

#define HEADER_SIZE   12
#define NAME_MAX_1035 255 /* bytes with length bytes and the root */
#define LABEL_MAX     63
#define OPT_SIZE      11
#define UDP_SIZE      1232 /* said in EDNS; what we take is larger */

enum { CLASS_IN = 1 };
enum rr_type {
	TYPE_A = 1,
	TYPE_OPT = 41,
	TYPE_TKEY = 249, /* from here to ANY: no data but requests */
	TYPE_ANY = 255,
};
/* The sixth octet-pair's low four bits; BADVERS has eight more in the OPT. */
enum rcode {
	RCODE_OK = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_BADVERS = 16,
};
/* Bytes 2 and 3 of the header. */
enum {
	FLAG_QR = 0x80,
	FLAG_OPCODE = 0x78,
	FLAG_TC = 0x02,
	FLAG_RD = 0x01,
	FLAG_RA = 0x80,
	FLAG_CD = 0x10,
};
#define EDNS_DO 0x80 /* of the third byte of OPT's TTL (RFC 3225) */

struct query {
	const uint8_t *buf;
	size_t len, pos; /* pos: of what hasn't been read */
	size_t question; /* bytes of the question, 0: none that could be read */
	char name[HOSTNAME_MAX + 1]; /* "": no host name */
	bool is_root;
	uint16_t type, class;
	bool has_opt, wants_dnssec;
	uint8_t version; /* of EDNS */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static size_t put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

static bool has(const struct query *q, size_t n)
{
	return q->len - q->pos >= n;
}

/*
 * The question's name. A label may hold any byte; one with a dot or a NUL in
 * it isn't the name that its text would be, so there is no text then.
 */
static int read_name(struct query *q)
{
	char text[NAME_MAX_1035 + 1];
	size_t n = 0;
	bool is_text = true;

	for (;;) {
		size_t label;

		if (!has(q, 1))
			return -1;
		label = q->buf[q->pos++];
		if (label == 0)
			break;
		/* the root's byte must fit, too; 64 and more: a pointer, or
		 * a type that nobody has (RFC 6891 5) */
		if (label > LABEL_MAX || !has(q, label) ||
		    n + 1 + label + 1 > NAME_MAX_1035)
			return -1;
		memcpy(text + n, q->buf + q->pos, label);
		if (memchr(text + n, '.', label))
			is_text = false;
		text[n + label] = '.';
		n += label + 1;
		q->pos += label;
	}
	q->is_root = n == 0;
	if (!is_text || hostname_normalise(text, n, q->name, NULL))
		q->name[0] = '\0';
	return 0;
}

static int read_question(struct query *q)
{
	size_t start = q->pos;

	if (read_name(q) || !has(q, 4))
		return -1;
	q->type = get16(q->buf + q->pos);
	q->class = get16(q->buf + q->pos + 2);
	q->pos += 4;
	q->question = q->pos - start;
	return 0;
}

/* The additional section: nothing, or one OPT (RFC 6891 6.1.1). */
static int read_opt(struct query *q)
{
	const uint8_t *p = q->buf + q->pos;
	size_t data;

	if (!has(q, OPT_SIZE) || p[0] != 0 || get16(p + 1) != TYPE_OPT)
		return -1;
	q->has_opt = true;
	q->version = p[6];
	q->wants_dnssec = p[7] & EDNS_DO;
	data = get16(p + 9);
	q->pos += OPT_SIZE;
	if (!has(q, data))
		return -1;
	q->pos += data; /* no option of the asker changes the answer */
	return 0;
}

static int read_query(struct query *q)
{
	unsigned additional = get16(q->buf + 10);

	q->pos = HEADER_SIZE;
	if (get16(q->buf + 4) != 1 || get16(q->buf + 6) || get16(q->buf + 8) ||
	    additional > 1 || q->buf[2] & FLAG_TC)
		return -1;
	if (read_question(q) || (additional && read_opt(q)))
		return -1;
	return q->pos == q->len && q->type != 0 && q->type != TYPE_OPT ? 0 : -1;
}

static bool is_asked_by_itself(const char *name)
{
	static const struct hostpat zones[] = {
		{HOSTPAT_WITHIN, "in-addr.arpa"},
		{HOSTPAT_WITHIN, "ip6.arpa"},
		{HOSTPAT_WITHIN, "resolver.arpa"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(zones); i++)
		if (hostpat_match(&zones[i], name))
			return true;
	return false;
}

/* What a well-formed question's answer is. */
static enum rcode decide(const struct query *q, dns_lookup *lookup, void *ctx,
			 uint32_t *address)
{
	static const struct hostpat localhost = {HOSTPAT_WITHIN, "localhost"};

	if (q->has_opt && q->version > 0)
		return RCODE_BADVERS;
	if (q->class != CLASS_IN || q->is_root ||
	    (q->type >= TYPE_TKEY && q->type < TYPE_ANY))
		return RCODE_REFUSED;
	if (!q->name[0] || is_asked_by_itself(q->name))
		return RCODE_NXDOMAIN;
	if (hostpat_match(&localhost, q->name)) {
		*address = 0x7f000001;
		return RCODE_OK;
	}
	switch (lookup(ctx, q->name, address)) {
	case DNS_NAME_ADDRESS:
		return RCODE_OK;
	case DNS_NAME_REFUSED:
		return RCODE_NXDOMAIN;
	case DNS_NAME_FULL:
		break;
	}
	return RCODE_SERVFAIL;
}

static size_t put_address(uint8_t *out, uint32_t address)
{
	size_t n = 0;

	n += put16(out + n, 0xc000 | HEADER_SIZE); /* the question's name */
	n += put16(out + n, TYPE_A);
	n += put16(out + n, CLASS_IN);
	n += put16(out + n, 0);
	n += put16(out + n, DNS_TTL);
	n += put16(out + n, 4);
	n += put16(out + n, address >> 16);
	n += put16(out + n, address & 0xffff);
	return n;
}

static size_t put_opt(uint8_t *out, enum rcode rcode, bool wants_dnssec)
{
	memset(out, 0, OPT_SIZE);
	(void)put16(out + 1, TYPE_OPT);
	(void)put16(out + 3, UDP_SIZE);
	out[5] = (uint8_t)(rcode >> 4);
	out[7] = wants_dnssec ? EDNS_DO : 0;
	return OPT_SIZE;
}

static size_t write_answer(const struct query *q, enum rcode rcode,
			   const uint32_t *address, uint8_t *out)
{
	size_t n = HEADER_SIZE;

	_Static_assert(HEADER_SIZE + NAME_MAX_1035 + 4 + 16 + OPT_SIZE <=
			       DNS_MESSAGE_MAX,
		       "never truncated");
	memset(out, 0, HEADER_SIZE);
	memcpy(out, q->buf, 2);
	out[2] = FLAG_QR | (q->buf[2] & (FLAG_OPCODE | FLAG_RD));
	out[3] = (uint8_t)(FLAG_RA | (q->buf[3] & FLAG_CD) | (rcode & 15));
	if (q->question) {
		out[5] = 1;
		memcpy(out + n, q->buf + HEADER_SIZE, q->question);
		n += q->question;
	}
	if (address) {
		out[7] = 1;
		n += put_address(out + n, *address);
	}
	if (q->has_opt) {
		out[11] = 1;
		n += put_opt(out + n, rcode, q->wants_dnssec);
	}
	return n;
}

size_t dns_answer(const uint8_t *query, size_t len, dns_lookup *lookup,
		  void *ctx, uint8_t out[DNS_MESSAGE_MAX])
{
	struct query q = {.buf = query, .len = len};
	bool has_address;
	uint32_t address;
	enum rcode rcode;

	if (len < HEADER_SIZE || len > DNS_QUERY_MAX || query[2] & FLAG_QR)
		return 0;
	if (query[2] & FLAG_OPCODE)
		return write_answer(&q, RCODE_NOTIMP, NULL, out);
	if (read_query(&q))
		return write_answer(&q, RCODE_FORMERR, NULL, out);
	rcode = decide(&q, lookup, ctx, &address);
	has_address =
		rcode == RCODE_OK && (q.type == TYPE_A || q.type == TYPE_ANY);
	return write_answer(&q, rcode, has_address ? &address : NULL, out);
}
