/* SPDX-License-Identifier: MIT */
/*
 * The log of what was decided: one line of JSON each, appended to DIR/
 * network.jsonl, which all sandboxes of a user share. One that has written
 * DECISIONS_SHARE there goes on in network.more.jsonl, so that no number of
 * connections pushes the other sandboxes' lines out, or its own first ones:
 *
 *	{"time":"YYYY-MM-DDThh:mm:ss.mmmZ","sandbox":ID,"name":NAME,"port":N,
 *	 "verdict":"allowed","rule":TEXT,"reason":TEXT,"count":N,"bytes":N,
 *	 "sent":N,"duration":SECONDS}
 *
 * A connection's line is written when it is over. port is 0 for a look-up.
 */
#ifndef GATEWAY_DECISION_H
#define GATEWAY_DECISION_H

#include <stddef.h>
#include <stdint.h>

struct decision {
	const char *name; /* normalised, or an address */
	uint16_t port;
	const char *verdict;
	const char *rule;   /* NULL: none decided */
	const char *reason; /* NULL: none needed */
	unsigned count;	    /* how often by now; 0: says nothing */
	uint64_t sent, received, duration_ms;
};

struct decisions;

#define DECISIONS_FILE	   "network.jsonl"
#define DECISIONS_MORE	   "network.more.jsonl"
#define DECISIONS_SHARE	   (2u << 20)  /* of one sandbox */
#define DECISIONS_SIZE_MAX (10u << 20) /* then FILE becomes FILE.1 */
#define DECISIONS_KEEP	   3	       /* .1, .2 and .3 */

/* Open (0600, never through a symlink) below dir. NULL with errno. */
struct decisions *decisions_open(const char *dir, const char *sandbox);
/* Says how many lines were lost. */
void decisions_free(struct decisions *log);
/* The directory's descriptor: all the file access that is needed from now on */
int decisions_dir(const struct decisions *log);

/* Append one line; log may be NULL. What can't be written is said once, and
 * counted. */
void decisions_write(struct decisions *log, const struct decision *d);

/* d as a line with its newline into out; the length, cut never in the middle
 * (a text that doesn't fit is shortened). Pure; ms is wall-clock time. */
#define DECISION_LINE_MAX 2048
size_t decision_format(const struct decision *d, const char *sandbox,
		       uint64_t ms, char out[DECISION_LINE_MAX]);

#endif
