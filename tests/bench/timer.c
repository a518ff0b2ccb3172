/* SPDX-License-Identifier: MIT */
/*
 * Times commands against each other: round by round, one after the other, so
 * that what else the machine does hits all of them; a result is the median of
 * the rounds, a ratio the median of the rounds' ratios to the first command.
 *
 *	timer start ROUNDS % NAME [N<FILE] COMMAND... % NAME ...
 *	timer parallel ROUNDS WIDTH LAUNCHES % NAME ...
 *
 * start: microseconds from fork to the end. parallel: launches a second with
 * WIDTH at a time. N<FILE opens FILE anew as descriptor N for every launch
 * (bwrap reads its filter to the end of the file). One line a command:
 * NAME MEDIAN RATIO.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX   5000

struct command {
	const char *name;
	int fd; /* -1: none */
	const char *file;
	char **argv;
	double value[ROUNDS_MAX];
};

static struct command commands[COMMANDS_MAX];
static size_t ncommands;

static double now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		err(1, "clock_gettime");
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static pid_t launch(const struct command *c)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	if (c->fd >= 0) {
		int fd = open(c->file, O_RDONLY);

		if (fd < 0 || dup2(fd, c->fd) < 0)
			err(1, "%s", c->file);
		if (fd != c->fd)
			(void)close(fd); /* a spare one */
	}
	execvp(c->argv[0], c->argv);
	err(1, "%s", c->argv[0]);
}

static void reap(void)
{
	int status;

	while (wait(&status) < 0)
		if (errno != EINTR)
			err(1, "wait");
	if (status != 0)
		errx(1, "a command failed with status %#x", (unsigned)status);
}

static double time_start(const struct command *c)
{
	double t = now();

	(void)launch(c);
	reap();
	return now() - t;
}

static double time_parallel(const struct command *c, unsigned width, unsigned n)
{
	double t = now();
	unsigned started = 0;

	while (started < width && started < n) {
		(void)launch(c);
		started++;
	}
	for (unsigned ended = 0; ended < n; ended++) {
		reap();
		if (started < n) {
			(void)launch(c);
			started++;
		}
	}
	return n / ((now() - t) / 1e6);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void parse_commands(char **arg)
{
	while (*arg) {
		struct command *c = &commands[ncommands++];
		char *less;

		if (ncommands > COMMANDS_MAX || strcmp(*arg, "%") != 0)
			errx(1, "expected %%, not %s", *arg);
		*arg++ = NULL; /* ends the argv of the command before */
		c->name = *arg++;
		c->fd = -1;
		less = *arg ? strchr(*arg, '<') : NULL;
		if (less) {
			c->fd = (int)strtol(*arg, NULL, 10);
			c->file = less + 1;
			arg++;
		}
		c->argv = arg;
		if (!*arg)
			errx(1, "%s: no command", c->name);
		while (*arg && strcmp(*arg, "%") != 0)
			arg++;
	}
}

static void report(unsigned rounds)
{
	static double ratio[ROUNDS_MAX], copy[ROUNDS_MAX];

	for (size_t i = 0; i < ncommands; i++) {
		for (unsigned r = 0; r < rounds; r++) {
			copy[r] = commands[i].value[r];
			ratio[r] = copy[r] / commands[0].value[r];
		}
		printf("%s %.1f %.3f\n", commands[i].name, median(copy, rounds),
		       median(ratio, rounds));
	}
}

int main(int argc, char **argv)
{
	bool parallel = argc > 1 && strcmp(argv[1], "parallel") == 0;
	unsigned rounds, width = 0, launches = 0;
	int null = open("/dev/null", O_RDWR);

	if (argc < (parallel ? 7 : 5))
		errx(1, "usage: timer start|parallel ... (see the source)");
	rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (rounds == 0 || rounds > ROUNDS_MAX)
		errx(1, "%s: 1 to %d rounds", argv[2], ROUNDS_MAX);
	if (parallel) {
		width = (unsigned)strtoul(argv[3], NULL, 10);
		launches = (unsigned)strtoul(argv[4], NULL, 10);
	}
	parse_commands(argv + (parallel ? 5 : 3));
	if (null < 0 || dup2(null, 0) < 0)
		err(1, "/dev/null");
	for (size_t i = 0; i < ncommands; i++)
		for (unsigned r = 0; r < 5; r++) /* warm caches */
			(void)time_start(&commands[i]);
	for (unsigned r = 0; r < rounds; r++)
		for (size_t i = 0; i < ncommands; i++)
			commands[i].value[r] =
				parallel ? time_parallel(&commands[i], width,
							 launches)
					 : time_start(&commands[i]);
	report(rounds);
	return 0;
}
