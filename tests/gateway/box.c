/* SPDX-License-Identifier: MIT */
/*
 * box GATEWAY POLICY LOGDIR COMMAND...: a sandbox's network and nothing else of
 * it. The command runs in user and network namespaces of its own, with the
 * listeners and routes that pid 1 makes, and the gateway outside, started as
 * sbox starts it. POLICY is a "net" object. In the command's environment:
 * BOX_GATEWAY (its process id) and SBOX_PUBLISH_IN for each published port.
 * What the gateway reports is printed at the end, after "report: ". Exits with
 * the command's status, or 120 if the gateway didn't start.
 */
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "jail/net.h"
#include "kernel/kernel.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/fd.h"
#include "sbox/json.h"
#include "sbox/plan.h"
#include "sbox/strlist.h"
#include "sbox/wire.h"

struct box {
	const char *gateway, *policy, *log;
	char **command;
	struct plan plan;
	int sock; /* pid 1's end */
	pid_t gateway_pid;
};

static void plan_net(struct box *b)
{
	struct json_doc doc;
	struct egress e;
	struct diag d = {0};

	if (json_parse("policy", b->policy, strlen(b->policy), &doc, &d) < 0 ||
	    egress_parse(doc.root, &e, &d) < 0 ||
	    egress_listeners(&e, &b->plan.listeners, &d) < 0)
		errx(119, "%s", d.text);
	b->plan.routes = egress_routes(&e, &b->plan.nroutes);
}

static int sealed_policy(const struct box *b)
{
	char *text = xasprintf("{\"net\":%s,\"sandbox\":\"test\","
			       "\"log\":\"%s\"}",
			       b->policy, b->log);
	int fd = memfd_create("policy", MFD_ALLOW_SEALING);

	must(fd, "memfd");
	must(fd_write_all(fd, text, strlen(text)), "policy");
	must(lseek(fd, 0, SEEK_SET), "policy");
	if (!getenv("BOX_UNSEALED"))
		must(fcntl(fd, F_ADD_SEALS,
			   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
				   F_SEAL_WRITE),
		     "seals");
	return fd;
}

static void start_gateway(struct box *b, int control, int report)
{
	int policy = sealed_policy(b);
	char *argv[] = {xstrdup("sbox-gateway"), NULL}, *envp[] = {NULL};

	b->gateway_pid = fork();
	must(b->gateway_pid, "fork");
	if (b->gateway_pid > 0) {
		(void)close(policy);
		return;
	}
	/* out of each other's way first */
	policy = fcntl(policy, F_DUPFD, 20);
	control = fcntl(control, F_DUPFD, 20);
	report = fcntl(report, F_DUPFD, 20);
	must(dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 0), "dup2");
	must(dup2(0, 1), "dup2");
	must(dup2(policy, 3), "dup2");
	must(dup2(control, 4), "dup2");
	must(dup2(report, 5), "dup2");
	execve(b->gateway, argv, envp);
	err(118, "%s", b->gateway);
}

static void answer(int sock)
{
	struct wire_msg msg;
	int fd;

	if (wire_recv(sock, &msg, NULL) <= 0 || msg.type != WIRE_SOCKET)
		_exit(117);
	fd = socket(msg.value, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)wire_send(sock, WIRE_SOCKET, fd < 0 ? -errno : 0, fd);
	(void)close(fd);
}

/* Inside: as pid 1 does it. */
static void inside(void *arg)
{
	struct box *b = arg;
	struct pollfd p[2] = {{.fd = b->sock, .events = POLLIN},
			      {.events = POLLIN}};
	sigset_t chld;
	pid_t pid;
	int status;

	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
	net_up(&b->plan);
	net_listen(&b->plan, b->sock);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	must(sigprocmask(SIG_BLOCK, &chld, NULL), "signals");
	p[1].fd = signalfd(-1, &chld, SFD_CLOEXEC);
	must(p[1].fd, "signalfd");
	pid = fork();
	must(pid, "fork");
	if (pid == 0) {
		must(sigprocmask(SIG_UNBLOCK, &chld, NULL), "signals");
		execvp(b->command[0], b->command);
		err(127, "%s", b->command[0]);
	}
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents && waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (p[0].revents & POLLIN)
			answer(b->sock);
		else if (p[0].revents)
			p[0].fd = -1; /* a killed gateway ends no payload */
	}
	(void)close(b->sock);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Until "ready", as sbox does with published ports. */
static void wait_ready(int report)
{
	char line[512];
	unsigned in, out;
	size_t len;

	for (;;) {
		for (len = 0; len < sizeof(line) - 1; len++)
			if (read(report, line + len, 1) != 1 ||
			    line[len] == '\n')
				break;
		line[len] = '\0';
		if (strcmp(line, "ready") == 0)
			return;
		if (sscanf(line, "publish %u %u", &in, &out) != 2) {
			(void)printf("report: %s\n", line);
			exit(120);
		}
		(void)setenv(xasprintf("SBOX_PUBLISH_%u", in),
			     xasprintf("%u", out), 1);
	}
}

int main(int argc, char **argv)
{
	struct box b = {0};
	int control[2], report[2], status;
	char *text, *line;
	size_t len;

	if (argc < 5)
		errx(119, "usage: box GATEWAY POLICY LOGDIR COMMAND...");
	b.gateway = argv[1];
	b.policy = argv[2];
	b.log = argv[3];
	b.command = argv + 4;
	plan_net(&b);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control),
	     "socketpair");
	must(pipe2(report, O_CLOEXEC), "pipe");
	start_gateway(&b, control[1], report[1]);
	(void)close(control[1]);
	(void)close(report[1]);
	wait_ready(report[0]);
	(void)setenv("BOX_GATEWAY", xasprintf("%d", b.gateway_pid), 1);
	b.sock = control[0];
	status = run_inside(CLONE_NEWUSER | CLONE_NEWNET, inside, &b);
	(void)close(control[0]);
	text = fd_read_all(report[0], 1 << 20, &len);
	while (text && (line = strsep(&text, "\n")))
		if (*line)
			(void)printf("report: %s\n", line);
	(void)fflush(stdout);
	(void)reap(b.gateway_pid);
	return status;
}
