/* SPDX-License-Identifier: MIT */
/*
 * A socket belongs to the network namespace it was made in, whoever holds it:
 * so pid 1 makes the listeners inside and the gateway accepts from outside.
 * There is no interface but lo and no route but local ones.
 *
 * A local route on lo for a whole prefix (AnyIP, ip-route(8) "local") makes
 * every address of it this machine's: a listener on 0.0.0.0:443 gets every
 * connection to 198.18.x.y:443, and getsockname(2) of the accepted one says
 * which address was meant. It gets 127.0.0.1:443 as well: the gateway looks.
 * All other addresses answer ENETUNREACH at once (tests/kernel/anyip.c).
 *
 * No option is set on the listeners and they listen before the payload exists:
 * with SO_REUSEPORT another process of the uid could steal them, with
 * SO_REUSEADDR until listen(2) is called. Below 1024 it can't bind at all.
 */
#include "jail/net.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/egress.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/wire.h"

#define LO_INDEX     1 /* the first interface of every network namespace */
#define BACKLOG	     4096
#define MAPPED_BITS  96 /* an IPv4 prefix is kept as ::ffff:a.b.c.d/96+n */
#define MAPPED_BYTES 12

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo",
			    .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		fatal("setup: loopback interface");
}

struct request {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ifaddrmsg address;
	} body;
	char attrs[RTA_SPACE(sizeof(struct in6_addr)) +
		   RTA_SPACE(sizeof(uint32_t))];
};

static void request_add(struct request *r, unsigned short type,
			const void *data, size_t len)
{
	struct rtattr *a =
		(struct rtattr *)(void *)((char *)r + r->head.nlmsg_len);

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

/* rtnetlink(7): 0, or -1 with errno, as the acknowledgement says. */
static int request_do(int fd, struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char request[sizeof(*r)];
	} answer;
	ssize_t n;

	r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -1;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		return -1;
	if ((size_t)n < NLMSG_LENGTH(sizeof(answer.error)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR) {
		errno = EBADMSG;
		return -1;
	}
	errno = -answer.error.error;
	return errno ? -1 : 0;
}

static void route_add(int fd, const struct ip_prefix *p)
{
	const uint32_t lo = LO_INDEX;
	bool v4 = IN6_IS_ADDR_V4MAPPED(&p->addr);
	struct request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.body.route)),
			 .nlmsg_type = RTM_NEWROUTE},
		.body.route =
			{.rtm_family = v4 ? AF_INET : AF_INET6,
			 .rtm_dst_len =
				 (unsigned char)(v4 ? p->bits - MAPPED_BITS
						    : p->bits),
			 .rtm_table = RT_TABLE_LOCAL,
			 .rtm_protocol = RTPROT_BOOT,
			 .rtm_scope = RT_SCOPE_HOST,
			 .rtm_type = RTN_LOCAL},
	};

	if (v4)
		request_add(&r, RTA_DST, p->addr.s6_addr + MAPPED_BYTES,
			    sizeof(struct in_addr));
	else
		request_add(&r, RTA_DST, &p->addr, sizeof(p->addr));
	request_add(&r, RTA_OIF, &lo, sizeof(lo));
	/* EEXIST: 127.0.0.0/8 and ::1 are there already */
	if (request_do(fd, &r) < 0 && errno != EEXIST)
		fatal("setup: local route");
}

/* The name server's address, on lo: with 127.0.0.1 alone getaddrinfo(3) takes
 * this for a host without IPv4 (AI_ADDRCONFIG) and asks for no A record. */
static void address_add(int fd)
{
	const uint32_t address = htonl(EGRESS_DNS_ADDRESS);
	struct request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.body.address)),
			 .nlmsg_type = RTM_NEWADDR},
		.body.address = {.ifa_family = AF_INET,
				 .ifa_prefixlen = 32,
				 .ifa_scope = RT_SCOPE_UNIVERSE,
				 .ifa_index = LO_INDEX},
	};

	request_add(&r, IFA_LOCAL, &address, sizeof(address));
	if (request_do(fd, &r) < 0)
		fatal("setup: address");
}

void net_unpace(int proc)
{
	static const char reno[] = "reno"; /* every kernel has it */
	cleanup_fd int fd = openat(proc, "sys/net/ipv4/tcp_congestion_control",
				   O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, reno, strlen(reno)) < 0)
		log_info("network: reno: %s", strerror(errno));
}

void net_up(const struct plan *p)
{
	cleanup_fd int fd = -1;

	loopback_up();
	if (!p->nroutes)
		return;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		fatal("setup: rtnetlink");
	address_add(fd);
	for (size_t i = 0; i < p->nroutes; i++)
		route_add(fd, &p->routes[i]);
}

/* Where each kind of listener is bound: family, type and IPv4 address. */
static const struct {
	int family, type;
	in_addr_t address; /* host order; of IPv6: any, or loopback if set */
} kinds[] = {
	[LISTENER_DNS_UDP] = {AF_INET, SOCK_DGRAM, EGRESS_DNS_ADDRESS},
	[LISTENER_DNS_TCP] = {AF_INET, SOCK_STREAM, EGRESS_DNS_ADDRESS},
	[LISTENER_NAMES] = {AF_INET, SOCK_STREAM, INADDR_ANY},
	[LISTENER_NAMES_6] = {AF_INET6, SOCK_STREAM, INADDR_ANY},
	[LISTENER_PORT] = {AF_INET, SOCK_STREAM, INADDR_LOOPBACK},
	[LISTENER_PORT_6] = {AF_INET6, SOCK_STREAM, INADDR_LOOPBACK},
	[LISTENER_SERVICE] = {AF_INET, SOCK_STREAM, INADDR_LOOPBACK},
};
static_assert(ARRAY_SIZE(kinds) == LISTENER__COUNT, "a row for each kind");

static int bind_to(int fd, int family, in_addr_t address, uint16_t port)
{
	const struct sockaddr_in sin = {.sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(address)};
	const struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr =
			address == INADDR_ANY ? in6addr_any : in6addr_loopback};
	const int only = 1;

	if (family == AF_INET)
		return bind(fd, (const struct sockaddr *)&sin, sizeof(sin));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) < 0)
		return -1;
	return bind(fd, (const struct sockaddr *)&sin6, sizeof(sin6));
}

/* The listener's socket; -1 for an IPv6 one on a host without IPv6. */
static int listener_open(const struct listener *l)
{
	int family = kinds[l->kind].family, type = kinds[l->kind].type;
	cleanup_fd int fd = socket(family, type | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0 && family == AF_INET6 && errno == EAFNOSUPPORT)
		return -1;
	if (fd < 0)
		fatal("setup: listener: socket");
	r = bind_to(fd, family, kinds[l->kind].address, l->port);
	if (r < 0 && family == AF_INET6 && errno == EADDRNOTAVAIL)
		return -1; /* net.ipv6.conf.*.disable_ipv6 */
	if (r < 0 || (type == SOCK_STREAM && listen(fd, BACKLOG) < 0))
		fatal("setup: listener on port %u", l->port);
	return steal_fd(&fd);
}

void net_listen(const struct plan *p, int gateway)
{
	int sent = 0;

	for (size_t i = 0; i < p->listeners.n; i++) {
		cleanup_fd int fd = listener_open(&p->listeners.v[i]);

		if (fd < 0)
			continue;
		/* A gateway that is gone leaves the sandbox without network. */
		if (wire_send(gateway, WIRE_LISTENER, (int)i, fd) < 0 &&
		    errno != EPIPE)
			fatal("setup: hand over a listener");
		sent++;
	}
	if (wire_send(gateway, WIRE_LISTENING, sent, -1) < 0 && errno != EPIPE)
		fatal("setup: hand over the listeners");
}

/* A counter of /proc/net/snmp: two lines a protocol, names and then values. */
static unsigned long counter(const char *text, const char *protocol,
			     const char *name)
{
	const char *names = strstr(text, protocol), *values;
	size_t len = strlen(name);

	values = names ? strstr(names + 1, protocol) : NULL;
	while (values) {
		names = strchr(names, ' ');
		values = strchr(values, ' ');
		if (!names++ || !values++)
			break;
		if (strncmp(names, name, len) == 0 &&
		    (names[len] == ' ' || names[len] == '\n'))
			return strtoul(values, NULL, 10);
	}
	return 0;
}

bool net_was_refused(const struct plan *p)
{
	char text[4096];
	cleanup_fd int fd = open("/proc/net/snmp", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false; /* only a hint is lost */
	text[n] = '\0';
	return (!p->net_publishes && counter(text, "Tcp:", "AttemptFails")) ||
	       counter(text, "Ip:", "OutNoRoutes") ||
	       counter(text, "Udp:", "NoPorts");
}
