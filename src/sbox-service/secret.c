/* SPDX-License-Identifier: MIT */
/*
 * A command is the shell's, as the user would type it, with nothing on its
 * standard input, without a terminal and in /: the directory that sbox was
 * started in may be hostile. It and what it started are killed when it takes
 * too long. Programs that gain privileges (sudo(8)) gain none.
 */
#include "sbox-service/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/fd.h"
#include "sbox/strlist.h"

#define OUTPUT_MAX (SECRET_MAX + 2) /* with the end of its line */

static int64_t now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* can't fail */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static _Noreturn void run_command(const char *command, int out)
{
	static char sh[] = "sh", c[] = "-c";
	cleanup_free char *text = xstrdup(command);
	char *argv[] = {sh, c, text, NULL};

	if (chdir("/") == 0 && setpgid(0, 0) == 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
	    signal(SIGXFSZ, SIG_DFL) != SIG_ERR && dup2(out, 1) == 1)
		(void)execv("/bin/sh", argv);
	_exit(127);
}

/* Read up to OUTPUT_MAX + 1 bytes until the end. NULL: it took too long. */
static char *read_output(int fd, int64_t end, size_t *len)
{
	cleanup_free char *buf = xcalloc(1, OUTPUT_MAX + 2);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = 1;

	*len = 0;
	while (n > 0 && *len <= OUTPUT_MAX) {
		int64_t left = end - now_ms();

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return NULL;
		n = read(fd, buf + *len, OUTPUT_MAX + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	return steal_ptr(&buf);
}

/* It can have closed its output and go on. */
static bool has_ended(pid_t pid, int64_t end)
{
	cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = end - now_ms();

	return poll(&p, 1, left > 0 ? (int)left : 0) > 0;
}

static char *from_command(const char *command, size_t *len, struct diag *d)
{
	const int64_t end = now_ms() + SECRET_COMMAND_MS;
	int ends[2], status = 0;
	cleanup_free char *text = NULL;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		diag_set_errno(d, errno, "command");
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		run_command(command, ends[1]);
	(void)close(ends[1]);
	if (pid > 0)
		text = read_output(ends[0], end, len);
	(void)close(ends[0]);
	if (pid < 0) {
		diag_set_errno(d, errno, "command");
		return NULL;
	}
	if (text && *len <= OUTPUT_MAX && !has_ended(pid, end)) {
		explicit_bzero(text, *len);
		free(steal_ptr(&text));
	}
	if (!text || *len > OUTPUT_MAX)
		(void)kill(-pid, SIGKILL); /* ESRCH: gone already */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!text)
		diag_set(d, "command: no end within %d s",
			 SECRET_COMMAND_MS / 1000);
	else if (*len > OUTPUT_MAX)
		diag_set(d, "command: more than %d bytes", SECRET_MAX);
	else if (status != 0)
		diag_set(d, "command: it failed (%s %d)",
			 WIFEXITED(status) ? "status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status)
					   : WTERMSIG(status));
	else
		return steal_ptr(&text);
	return NULL;
}

static char *from_file(const char *path, size_t *len, struct diag *d)
{
	return file_read(path, SECRET_MAX + 2, len, d);
}

static char *from_env(const char *name, size_t *len, struct diag *d)
{
	const char *value = getenv(name);

	if (!value) {
		diag_set(d, "the variable %s isn't set", name);
		return NULL;
	}
	*len = strlen(value);
	return xstrdup(value);
}

static int check(char *text, size_t len, const char *what, struct diag *d)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (len == 0)
		return diag_set(d, "%s: empty", what);
	if (len > SECRET_MAX)
		return diag_set(d, "%s: more than %d bytes", what, SECRET_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return diag_set(d, "%s: a byte that no header holds",
					what);
	if (text[0] == ' ' || text[len - 1] == ' ')
		return diag_set(d, "%s: a blank at an end", what);
	text[len] = '\0';
	return 0;
}

char *secret_read(const struct egress_secret *s, struct diag *d)
{
	const char *what = s->file ? s->file : s->env ? s->env : "command";
	size_t len = 0;
	char *text = s->file  ? from_file(s->file, &len, d)
		     : s->env ? from_env(s->env, &len, d)
			      : from_command(s->command, &len, d);

	if (text && check(text, len, what, d)) {
		explicit_bzero(text, len);
		free(text);
		return NULL;
	}
	return text;
}
