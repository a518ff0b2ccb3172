/* SPDX-License-Identifier: MIT */
/*
 * Names stand for addresses of 198.18.0.0/15: as a local route on lo (AnyIP)
 * the whole prefix belongs to this namespace, so a listener on 0.0.0.0:443,
 * made inside and accepted outside, gets a connection to any of them, and
 * getsockname(2) tells which. Every other address is unreachable at once, and
 * DNS on 198.18.0.1 is answered from outside with the right source.
 */
#include "netns.h"

#include <linux/rtnetlink.h>

static void local_route(const char *text, unsigned char bits)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr dst_head;
		struct in_addr dst;
		struct rtattr oif_head;
		uint32_t oif;
	} r = {
		.head = {.nlmsg_len = sizeof(r),
			 .nlmsg_type = RTM_NEWROUTE,
			 .nlmsg_flags =
				 NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
		.route = {.rtm_family = AF_INET,
			  .rtm_dst_len = bits,
			  .rtm_table = RT_TABLE_LOCAL,
			  .rtm_protocol = RTPROT_BOOT,
			  .rtm_scope = RT_SCOPE_HOST,
			  .rtm_type = RTN_LOCAL},
		.dst_head = {RTA_LENGTH(sizeof(r.dst)), RTA_DST},
		.dst = address(text, 0).sin_addr,
		.oif_head = {RTA_LENGTH(sizeof(r.oif)), RTA_OIF},
		.oif = 1,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[256];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	must(fd, "rtnetlink");
	must(send(fd, &r, sizeof(r), 0), "send");
	must(recv(fd, &answer, sizeof(answer), 0), "recv");
	errno = -answer.error.error;
	claim(answer.error.error == 0,
	      "a whole prefix can be made local in a new namespace");
	(void)close(fd);
}

/* A connection to an address, and what the other side read off it. */
static void claim_told(const char *text, uint16_t port)
{
	int fd = socket_new(SOCK_STREAM);
	char told[64] = "", sentence[128];
	ssize_t n = -1;

	if (connect_to(fd, text, port) == 0)
		n = read(fd, told, sizeof(told) - 1);
	(void)snprintf(sentence, sizeof(sentence),
		       "a connection to %s:%u is accepted outside, which knows "
		       "the address",
		       text, port);
	claim(n > 0 && strcmp(told, text) == 0, sentence);
	(void)close(fd);
}

static void claim_unreachable(int type, const char *text)
{
	int fd = socket_new(type | SOCK_NONBLOCK);
	char sentence[64];

	(void)snprintf(sentence, sizeof(sentence), "%s by %s: ENETUNREACH",
		       text, type == SOCK_STREAM ? "TCP" : "UDP");
	claim_errno(connect_to(fd, text, 443), ENETUNREACH, sentence);
	(void)close(fd);
}

static void claim_unreachable_6(const char *text)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6,
				    .sin6_port = htons(443)};
	int fd =
		socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		claim(errno == EAFNOSUPPORT, "no IPv6 on this machine");
		return;
	}
	if (inet_pton(AF_INET6, text, &sin6.sin6_addr) != 1)
		errx(2, "%s", text);
	claim(connect(fd, (const struct sockaddr *)&sin6, sizeof(sin6)) < 0 &&
		      (errno == ENETUNREACH || errno == EADDRNOTAVAIL),
	      "an IPv6 address: refused at once");
	(void)close(fd);
}

static void claim_dns(void)
{
	int fd = socket_new(SOCK_DGRAM);
	char buf[8];

	/* connected: only what comes from there is received */
	must(connect_to(fd, "198.18.0.1", 53), "connect");
	must(send(fd, "query", 5, 0), "send");
	claim(recv(fd, buf, sizeof(buf), 0) == 6 &&
		      memcmp(buf, "answer", 6) == 0,
	      "UDP to 198.18.0.1:53 is answered from outside, from there");
	(void)close(fd);
}

static void inside(void *arg)
{
	const int *via = arg;
	int dns = socket_new(SOCK_DGRAM), fd;

	limit_time();
	loopback_up();
	local_route("198.18.0.0", 15);
	fd_give(*via, listener_new("0.0.0.0", 443));
	must(bind_to(dns, "198.18.0.1", 53), "bind");
	fd_give(*via, dns);
	drop_capabilities();

	claim_told("198.18.1.0", 443);
	claim_told("198.18.77.255", 443);
	claim_told("198.19.255.254", 443);
	claim_told("127.0.0.1", 443); /* too: the gateway must look */
	claim_dns();
	fd = socket_new(SOCK_STREAM);
	claim_errno(connect_to(fd, "198.18.1.0", 444), ECONNREFUSED,
		    "a port without a listener: ECONNREFUSED");
	claim_unreachable(SOCK_STREAM, "192.0.2.1");
	claim_unreachable(SOCK_DGRAM, "192.0.2.1");
	claim_unreachable(SOCK_STREAM, "198.17.255.255");
	claim_unreachable(SOCK_STREAM, "198.20.0.0");
	claim_unreachable_6("2001:db8::1");
	claim_errno(bind_to(socket_new(SOCK_STREAM), "198.18.5.5", 80), EACCES,
		    "the payload can't listen below 1024 on such an address");
}

static void outside(int via)
{
	int listener, dns;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char buf[8];

	limit_time();
	listener = fd_receive(via);
	dns = fd_receive(via);
	for (int i = 0; i < 4; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct sockaddr_in self;
		socklen_t self_len = sizeof(self);
		char text[INET_ADDRSTRLEN];

		must(fd, "accept");
		must(getsockname(fd, (struct sockaddr *)&self, &self_len),
		     "getsockname");
		if (self.sin_port != htons(443) ||
		    !inet_ntop(AF_INET, &self.sin_addr, text, sizeof(text)))
			errx(2, "an address that is none");
		must(write(fd, text, strlen(text)), "write");
		(void)close(fd);
	}
	if (recvfrom(dns, buf, sizeof(buf), 0, (struct sockaddr *)&peer,
		     &len) != 5)
		errx(2, "no query came");
	must(sendto(dns, "answer", 6, 0, (const struct sockaddr *)&peer, len),
	     "sendto");
}

int main(void)
{
	return run_both(inside, outside);
}
