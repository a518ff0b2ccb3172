/* SPDX-License-Identifier: MIT */
/*
 * DNS as the sandbox sees it: one question in, one answer out, nothing kept
 * (RFC 1035, 6891 EDNS, 2308, 8482 ANY; case of the question is echoed). Pure
 * bytes; the listener feeds it from UDP and TCP alike.
 */
#ifndef GATEWAY_DNS_H
#define GATEWAY_DNS_H

#include <stddef.h>
#include <stdint.h>

#define DNS_MESSAGE_MAX 512  /* of ours: a question and one answer */
#define DNS_QUERY_MAX	4096 /* longer ones are not answered */
#define DNS_TTL		60   /* seconds; the table never forgets */

enum dns_known {		   /* of a name, as the policy sees it */
		 DNS_NAME_ADDRESS, /* has one */
		 DNS_NAME_REFUSED, /* NXDOMAIN */
		 DNS_NAME_FULL,	   /* SERVFAIL: no address left */
};

/* name: normalised (hostpat.h). Sets *address (host order) with ADDRESS. */
typedef enum dns_known dns_lookup(void *ctx, const char *name,
				  uint32_t *address);

/*
 * Answer the query of len bytes into out. Returns the answer's length, which
 * fits whatever the asker can take (512 bytes without EDNS), or 0 when none is
 * to be sent (no query, or no whole header).
 *
 * A and ANY of an allowed name get its address, every other type NODATA. What
 * isn't allowed, or no host name at all, is NXDOMAIN. "localhost" and what is
 * beneath it (RFC 6761) is 127.0.0.1. Names that stand for addresses or for
 * the resolver itself (in-addr.arpa, ip6.arpa, resolver.arpa) are NXDOMAIN:
 * programs ask for them on their own, lookup isn't called. The root, zone
 * transfers and classes other than IN are REFUSED.
 */
size_t dns_answer(const uint8_t *query, size_t len, dns_lookup *lookup,
		  void *ctx, uint8_t out[DNS_MESSAGE_MAX]);

#endif
