/* SPDX-License-Identifier: MIT */
/*
 * A program on a pseudo-terminal, driven by a script on stdin:
 *
 *	ptydrive [ROWSxCOLS] COMMAND ARG... <script
 *
 *	send TEXT	type it
 *	expect TEXT	wait for it in the output behind the last match
 *	absent TEXT	it isn't in all of the output so far
 *	quiet TEXT	it doesn't come in the output within half a second
 *	size ROWS COLS	resize
 *	signal NAME	to the command (KILL, TERM, STOP ...)
 *	modes raw|cooked  wait until the terminal is so
 *	restored	wait until its modes are exactly those of the start
 *	stopped		wait until the command is stopped
 *	hangup		close the terminal
 *	sleep MS
 *	run COMMAND	a shell command outside succeeds within the time limit
 *	exit N		the command ends with status N (128+n: signal n)
 *
 * TEXT knows \e \r \n \\ \xHH \^ and ^X. Everything waits for at most
 * $PTYDRIVE_SECONDS (20). The first step that fails is printed with what the
 * terminal got, and is the end: status 1.
 */
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct drive {
	int master; /* -1: closed */
	pid_t pid;
	bool exited;
	int status;
	struct termios start;
	char *out;
	size_t len, seen;
	double limit;
};

static double now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		abort();
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Take what there is, waiting for at most ms. */
static void take(struct drive *d, int ms)
{
	struct pollfd p = {.fd = d->master, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return;
	d->out = realloc(d->out, d->len + 65536);
	if (!d->out)
		abort();
	n = read(d->master, d->out + d->len, 65536);
	if (n > 0)
		d->len += (size_t)n;
}

static void look(struct drive *d)
{
	if (!d->exited && waitpid(d->pid, &d->status, WNOHANG) == d->pid)
		d->exited = true;
}

static size_t unescape(char *text)
{
	char *in = text, *out = text;

	while (*in) {
		char c = *in++;

		if (c == '^' && *in) {
			c = (char)(toupper(*in++) ^ 0x40);
		} else if (c == '\\' && *in) {
			c = *in++;
			if (c == 'e')
				c = '\033';
			else if (c == 'r')
				c = '\r';
			else if (c == 'n')
				c = '\n';
			else if (c == 'x') {
				char hex[3] = {in[0], in[1], 0};

				c = (char)strtol(hex, NULL, 16);
				in += 2;
			}
		}
		*out++ = c;
	}
	*out = 0;
	return (size_t)(out - text);
}

static bool step_send(struct drive *d, char *arg)
{
	size_t n = unescape(arg);

	return d->master >= 0 && write(d->master, arg, n) == (ssize_t)n;
}

static const char *find(const struct drive *d, size_t from, const char *text,
			size_t n)
{
	return d->len > from ? memmem(d->out + from, d->len - from, text, n)
			     : NULL;
}

static bool wait_text(struct drive *d, char *arg, double seconds)
{
	double end = now() + seconds;
	size_t n = unescape(arg);

	for (;;) {
		const char *p = find(d, d->seen, arg, n);

		if (p) {
			d->seen = (size_t)(p - d->out) + n;
			return true;
		}
		if (d->master < 0 || now() > end)
			return false;
		take(d, 50);
	}
}

static bool step_expect(struct drive *d, char *arg)
{
	return wait_text(d, arg, d->limit);
}

static bool step_quiet(struct drive *d, char *arg)
{
	return !wait_text(d, arg, 0.5);
}

static bool step_absent(struct drive *d, char *arg)
{
	size_t n = unescape(arg);

	take(d, 0);
	return !find(d, 0, arg, n);
}

static bool step_size(struct drive *d, char *arg)
{
	struct winsize w = {0};

	return sscanf(arg, "%hu %hu", &w.ws_row, &w.ws_col) == 2 &&
	       ioctl(d->master, TIOCSWINSZ, &w) == 0;
}

static const struct {
	const char *name;
	int sig;
} signals[] = {
	{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT},
	{"KILL", SIGKILL}, {"TERM", SIGTERM}, {"USR1", SIGUSR1},
	{"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"CONT", SIGCONT},
	{"SEGV", SIGSEGV},
};

static bool step_signal(struct drive *d, char *arg)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(arg, signals[i].name))
			return kill(d->pid, signals[i].sig) == 0;
	return false;
}

static bool is_raw(struct drive *d)
{
	struct termios m;

	return tcgetattr(d->master, &m) == 0 &&
	       !(m.c_lflag & (ICANON | ECHO | ISIG));
}

static bool is_cooked(struct drive *d)
{
	struct termios m;

	return tcgetattr(d->master, &m) == 0 && (m.c_lflag & ICANON) &&
	       (m.c_lflag & ECHO) && (m.c_lflag & ISIG);
}

static bool is_restored(struct drive *d)
{
	struct termios m;

	return tcgetattr(d->master, &m) == 0 && m.c_iflag == d->start.c_iflag &&
	       m.c_oflag == d->start.c_oflag && m.c_cflag == d->start.c_cflag &&
	       m.c_lflag == d->start.c_lflag &&
	       memcmp(m.c_cc, d->start.c_cc, sizeof(m.c_cc)) == 0;
}

static bool is_stopped(struct drive *d)
{
	int status;

	return waitpid(d->pid, &status, WNOHANG | WUNTRACED) == d->pid &&
	       WIFSTOPPED(status);
}

static bool is_exited(struct drive *d)
{
	look(d);
	return d->exited;
}

static bool wait_until(struct drive *d, bool (*holds)(struct drive *))
{
	double end = now() + d->limit;

	while (!holds(d)) {
		if (now() > end)
			return false;
		if (d->master >= 0)
			take(d, 20);
		else
			(void)usleep(20000); /* a shorter sleep only polls */
	}
	return true;
}

static bool step_modes(struct drive *d, char *arg)
{
	return wait_until(d, strcmp(arg, "raw") ? is_cooked : is_raw);
}

static bool step_restored(struct drive *d, char *arg)
{
	(void)arg;
	return wait_until(d, is_restored);
}

static bool step_stopped(struct drive *d, char *arg)
{
	(void)arg;
	return wait_until(d, is_stopped);
}

static bool step_hangup(struct drive *d, char *arg)
{
	(void)arg;
	(void)close(d->master);
	d->master = -1;
	return true;
}

static bool step_sleep(struct drive *d, char *arg)
{
	double end = now() + atof(arg) / 1000;

	while (now() < end) {
		if (d->master >= 0)
			take(d, 10);
		else
			(void)usleep(10000);
	}
	return true;
}

static bool step_run(struct drive *d, char *arg)
{
	double end = now() + d->limit;

	while (system(arg)) {
		if (now() > end)
			return false;
		if (d->master >= 0)
			take(d, 50);
		else
			(void)usleep(50000);
	}
	return true;
}

static bool step_exit(struct drive *d, char *arg)
{
	int got;

	if (!wait_until(d, is_exited))
		return false;
	while (d->master >= 0) {
		size_t had = d->len;

		take(d, 100);
		if (d->len == had)
			break;
	}
	got = WIFEXITED(d->status) ? WEXITSTATUS(d->status)
				   : 128 + WTERMSIG(d->status);
	if (got != atoi(arg))
		printf("status %d\n", got);
	return got == atoi(arg);
}

static const struct {
	const char *name;
	bool (*run)(struct drive *d, char *arg);
} steps[] = {
	{"send", step_send},	   {"expect", step_expect},
	{"absent", step_absent},   {"quiet", step_quiet},
	{"size", step_size},	   {"signal", step_signal},
	{"modes", step_modes},	   {"restored", step_restored},
	{"stopped", step_stopped}, {"hangup", step_hangup},
	{"sleep", step_sleep},	   {"run", step_run},
	{"exit", step_exit},
};

static bool run_line(struct drive *d, char *line)
{
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(line, steps[i].name))
			return steps[i].run(d, arg);
	printf("no such step\n");
	return false;
}

static void show(const struct drive *d)
{
	printf("the terminal got, behind the last match at %zu:\n", d->seen);
	for (size_t i = 0; i < d->len; i++) {
		unsigned char c = (unsigned char)d->out[i];

		if (c == '\n')
			printf("\\n\n");
		else if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	printf("\n");
}

int main(int argc, char *argv[])
{
	struct winsize w = {.ws_row = 24, .ws_col = 80};
	const char *limit = getenv("PTYDRIVE_SECONDS");
	struct drive d = {.limit = limit ? atof(limit) : 20};
	char line[4096];
	int first = 1, number = 0, bad = 0, slave;

	if (argc > 1 && sscanf(argv[1], "%hux%hu", &w.ws_row, &w.ws_col) == 2)
		first = 2;
	if (first >= argc || openpty(&d.master, &slave, NULL, NULL, &w) < 0 ||
	    tcgetattr(slave, &d.start) < 0 ||
	    fcntl(d.master, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(slave, F_SETFD, FD_CLOEXEC) < 0)
		return 2;
	d.pid = fork();
	if (d.pid < 0)
		return 2;
	if (d.pid == 0) {
		if (setsid() > 0 && ioctl(slave, TIOCSCTTY, 0) == 0 &&
		    dup2(slave, 0) == 0 && dup2(slave, 1) == 1 &&
		    dup2(slave, 2) == 2)
			(void)execvp(argv[first], argv + first);
		_exit(127);
	}
	/* The other end stays open: its modes can be asked for at the end. */
	while (!bad && fgets(line, sizeof(line), stdin)) {
		char copy[4096], *p = line + strspn(line, " \t");

		number++;
		p[strcspn(p, "\n")] = 0;
		if (!*p || *p == '#')
			continue;
		memcpy(copy, line, sizeof(copy));
		if (!run_line(&d, p)) {
			printf("step %d failed: %s\n", number, copy);
			take(&d, 0);
			show(&d);
			bad = 1;
		}
	}
	look(&d);
	if (!d.exited)
		(void)kill(d.pid, SIGKILL); /* its terminal closes with us */
	return bad;
}
