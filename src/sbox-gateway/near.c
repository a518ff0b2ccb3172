/* SPDX-License-Identifier: MIT */
/*
 * The addresses of the interfaces say most of it; the routes say the rest: a
 * whole network can be the host's own (ip-route(8), type local), and one can be
 * on a link without an address of ours in it. What goes into a tunnel is on no
 * network of the host's: there such a route is the way to the world.
 */
#include "sbox-gateway/near.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/egress.h"

#define PREFIX_MIN 8 /* bits; a wider network says nothing */

bool near_address(const struct sockaddr *sa, struct in6_addr *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa && sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		*out = (struct in6_addr){.s6_addr = {[10] = 0xff, 0xff}};
		memcpy(&out->s6_addr[12], &v4.sin_addr, 4);
		return true;
	}
	if (!sa || sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof(v6));
	*out = v6.sin6_addr;
	return v6.sin6_scope_id == 0;
}

/* The network of an interface's address, or of its peer's. */
static bool is_beside(const struct in6_addr *a, const struct sockaddr *address,
		      const struct sockaddr *netmask)
{
	struct in6_addr ip, mask;
	bool v4, same = true;

	if (!near_address(address, &ip))
		return false;
	v4 = IN6_IS_ADDR_V4MAPPED(&ip);
	if (!near_address(netmask, &mask) || mask.s6_addr[v4 ? 12 : 0] == 0)
		memset(&mask, 0xff, sizeof(mask));
	if (v4)
		memset(&mask, 0xff, 12);
	for (size_t i = 0; i < sizeof(mask); i++)
		same &= ((a->s6_addr[i] ^ ip.s6_addr[i]) & mask.s6_addr[i]) ==
			0;
	return same;
}

/* Asks the kernel for the entry of the routing tables that a matches
 * (rtnetlink(7); RTM_F_FIB_MATCH: Linux 4.13). Returns bytes of buf. */
static ssize_t ask_route(const struct in6_addr *a, void *buf, size_t size)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(a);
	size_t len = v4 ? 4 : 16;
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr dst;
		unsigned char address[16];
	} q = {
		.head = {.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(q.route)) +
						 RTA_LENGTH(len)),
			 .nlmsg_type = RTM_GETROUTE,
			 .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = v4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (unsigned char)(8 * len),
			  .rtm_flags = RTM_F_FIB_MATCH},
		.dst = {.rta_len = (unsigned short)RTA_LENGTH(len),
			.rta_type = RTA_DST},
	};
	cleanup_fd int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	memcpy(q.address, &a->s6_addr[16 - len], len);
	if (fd < 0 || send(fd, &q, q.head.nlmsg_len, 0) < 0)
		return -1;
	return recv(fd, buf, size, 0);
}

static bool is_tunnel(const struct ifaddrs *own, unsigned index)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(index, name))
		return true; /* gone: nothing is reached by it */
	for (; own; own = own->ifa_next)
		if (strcmp(own->ifa_name, name) == 0)
			return (own->ifa_flags &
				(IFF_POINTOPOINT | IFF_NOARP)) != 0;
	return false;
}

static bool is_routed_near(const struct in6_addr *a, const struct ifaddrs *own)
{
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} buf;
	ssize_t n = ask_route(a, &buf, sizeof(buf));
	struct rtmsg *r = NLMSG_DATA(&buf.head);
	struct rtattr *at = RTM_RTA(r);
	unsigned index = 0;
	long left;

	if (n < 0 || !NLMSG_OK(&buf.head, (size_t)n) ||
	    buf.head.nlmsg_type != RTM_NEWROUTE ||
	    buf.head.nlmsg_len < NLMSG_LENGTH(sizeof(*r)))
		return false;		/* no route, say */
	if (r->rtm_type != RTN_UNICAST) /* what is behind is unreachable */
		return r->rtm_type <= RTN_MULTICAST;
	if (r->rtm_dst_len < PREFIX_MIN)
		return false;
	for (left = (long)RTM_PAYLOAD(&buf.head); RTA_OK(at, left);
	     at = RTA_NEXT(at, left)) {
		if (at->rta_type == RTA_GATEWAY || at->rta_type == RTA_VIA ||
		    at->rta_type == RTA_MULTIPATH)
			return false;
		if (at->rta_type == RTA_OIF)
			memcpy(&index, RTA_DATA(at), sizeof(index));
	}
	return !is_tunnel(own, index);
}

bool near_is(const struct in6_addr *a, const struct ifaddrs *own)
{
	struct in6_addr v4;

	/* a translator's other side may be here */
	if (egress_embedded(a, &v4) && near_is(&v4, own))
		return true;
	for (const struct ifaddrs *i = own; i; i = i->ifa_next)
		if (is_beside(a, i->ifa_addr, i->ifa_netmask) ||
		    /* where there is no peer: of the broadcast address */
		    is_beside(a, i->ifa_dstaddr, i->ifa_netmask))
			return true;
	return is_routed_near(a, own);
}
