/* SPDX-License-Identifier: MIT */
/*
 * The only module that prints (stderr) and the only one with file-scope state
 * (program name, verbosity). Every line is escaped (escape.h) after it was
 * formatted, so callers pass untrusted bytes as they are. One line = one
 * write(2), cut at PIPE_BUF. Names as in OpenBSD's log.h: a trailing x =
 * "without errno". Any function but fatal*() leaves errno as it was.
 *
 *	sbox: stage: object: reason
 *	sbox: hint: the command that cures it
 */
#ifndef SBOX_LOG_H
#define SBOX_LOG_H

struct diag;

#define SBOX_EXIT_TIMEOUT  124 /* the time limit struck */
#define SBOX_EXIT_FAILURE  125 /* sbox itself failed; nothing was run */
#define SBOX_EXIT_NOEXEC   126 /* the command cannot be executed */
#define SBOX_EXIT_NOTFOUND 127 /* the command was not found */

enum log_level { LOG_LEVEL_QUIET, LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE };

/* name is kept by reference (use a string literal). */
void log_init(const char *name, enum log_level level);

/* Print message [": " strerror(errno)], exit SBOX_EXIT_FAILURE by _exit(2)
 * (no atexit handler, no stdio flush: safe in a child that shares memory). */
void fatal(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* The same with a hint line after it; both may hold untrusted bytes. */
void fatal_hint(const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void fatalx_hint(const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Not silenced by LOG_LEVEL_QUIET: errors. */
void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints d's text and hint; does nothing for an empty d. */
void log_diag(const struct diag *d);
/* Silenced by --quiet. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Printed only with --verbose. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
