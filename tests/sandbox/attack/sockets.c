/* SPDX-License-Identifier: MIT */
/*
 * Every socket family, each also with high bits that the kernel cuts off:
 * prints the families that could be had.
 */
#include "attack.h"

#include <sys/socket.h>
#include <sys/syscall.h>

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};

static void try_family(const char *how, long family, long protocol)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		long fd = syscall(SYS_socket, family, types[i], protocol);

		if (fd < 0)
			continue;
		printf("%s family %ld type %d protocol %ld\n", how,
		       family & 0xffffffff, types[i], protocol);
		close((int)fd);
	}
}

int main(void)
{
	for (int family = 0; family < 64; family++) {
		try_family("plain", family, 0);
		try_family("high", family | (1L << 32), 0);
		try_family("high", family | (1L << 63), 0);
	}
	/* netlink by protocol: route is 0, audit 9, kobject uevent 15 ... */
	for (int protocol = 1; protocol < 32; protocol++) {
		try_family("plain", AF_NETLINK, protocol);
		try_family("high", AF_NETLINK, protocol | (1L << 32));
	}
	/* MPTCP and SCTP slip past rules that only know TCP */
	try_family("mptcp", AF_INET, 262);
	try_family("sctp", AF_INET, 132);
	return 0;
}
