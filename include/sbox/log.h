/* SPDX-License-Identifier: MIT */
/*
 * The only module that prints (stderr) and the only one with file-scope state
 * (program name, verbosity). Every line is escaped (escape.h) after it was
 * formatted, so callers pass untrusted bytes as they are. One line = one
 * write(2), cut at PIPE_BUF. Names as in OpenBSD's log.h: a trailing x =
 * "without errno". Any function but these leaves errno as it was.
 *
 *	sbox: stage: object: reason
 *	sbox: hint: the command that cures it
 */
#ifndef SBOX_LOG_H
#define SBOX_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

#define SBOX_EXIT_TIMEOUT  124 /* the time limit struck */
#define SBOX_EXIT_FAILURE  125 /* sbox itself failed; nothing was run */
#define SBOX_EXIT_NOEXEC   126 /* the command cannot be executed */
#define SBOX_EXIT_NOTFOUND 127 /* the command was not found */

enum log_level { LOG_LEVEL_QUIET, LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE };

/* name is kept by reference (use a string literal). */
void log_init(const char *name, enum log_level level);

/* Print message [": " strerror(errno)] and, unless hint is NULL, a hint line;
 * exit SBOX_EXIT_FAILURE by _exit(2) (no atexit handler, no stdio flush: safe
 * in a child that shares memory). Both may hold untrusted bytes. */
void log_die(const char *hint, bool with_errno, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
#define fatal(...)	       log_die(NULL, true, __VA_ARGS__)
#define fatalx(...)	       log_die(NULL, false, __VA_ARGS__)
#define fatal_hint(hint, ...)  log_die(hint, true, __VA_ARGS__)
#define fatalx_hint(hint, ...) log_die(hint, false, __VA_ARGS__)

/* Print tag and message if the level is at least this one. */
void log_line(enum log_level least, const char *tag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Not silenced by --quiet: errors. */
#define log_err(...) log_line(LOG_LEVEL_QUIET, "", __VA_ARGS__)
/* Silenced by --quiet. */
#define log_warn(...) log_line(LOG_LEVEL_NORMAL, "warning: ", __VA_ARGS__)
#define log_note(...) log_line(LOG_LEVEL_NORMAL, "", __VA_ARGS__)
#define log_hint(...) log_line(LOG_LEVEL_NORMAL, "hint: ", __VA_ARGS__)
/* Printed only with --verbose. */
#define log_info(...) log_line(LOG_LEVEL_VERBOSE, "", __VA_ARGS__)

/* Prints d's text and hint, whatever the level; nothing for an empty d. */
void log_diag(const struct diag *d);

#endif
