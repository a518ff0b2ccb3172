/* SPDX-License-Identifier: MIT */
/*
 * Every socket family, each also with high bits that the kernel cuts off:
 * prints the families that could be had, and the types of IP sockets that the
 * kernel was asked for.
 */
#include "attack.h"

#include <errno.h>
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

/* With protocol 0 a type alone chooses one: 5 is SCTP's, 6 DCCP's. Whether the
 * kernel has it or not, asking makes it load the module. */
static void try_type(long family, long type)
{
	long fd = syscall(SYS_socket, family, type, 0);

	if (fd >= 0)
		close((int)fd);
	if (fd >= 0 || errno == ESOCKTNOSUPPORT || errno == EPERM)
		printf("reached family %ld type %ld\n", family, type & 15);
}

int main(void)
{
	for (long type = 0; type < 16; type++) {
		const long high[] = {0, 1L << 32, SOCK_CLOEXEC, SOCK_NONBLOCK};

		for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++) {
			try_type(AF_INET, type | high[i]);
			try_type(AF_INET6, type | high[i]);
		}
	}
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
