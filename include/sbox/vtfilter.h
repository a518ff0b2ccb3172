/* SPDX-License-Identifier: MIT */
/*
 * A filter for what a hostile program writes to the user's terminal: passes
 * text, colours, cursor movement, modes and the queries that agents' interfaces
 * make (DA1, CPR, OSC 10/11, XTVERSION ...), drops what reaches into the host
 * (OSC 52 clipboard, title reports, OSC 1337, media copy, DECRQSS, APC/PM/SOS,
 * tmux pass-through, ENQ ...). An allow-list per introducer; a streaming state
 * machine: any split of the input gives the same output. Pure; fuzzed.
 */
#ifndef SBOX_VTFILTER_H
#define SBOX_VTFILTER_H

#include <stdbool.h>
#include <stddef.h>

#define VTFILTER_SEQ_MAX 4096 /* a longer control string is dropped whole */

/* Room that the output of n bytes of input needs. */
#define VTFILTER_ROOM(n) (2 * (size_t)(n) + VTFILTER_SEQ_MAX)

/* A new one is all zero. */
struct vtfilter {
	int state;	 /* enum vt_state, private */
	bool esc;	 /* in a control string: an ESC came last */
	bool alt_screen; /* the output so far left it switched on */
	size_t len;	 /* bytes held in seq */
	unsigned char seq[VTFILTER_SEQ_MAX + 1]; /* of one that is longer */
};

/*
 * Filter n bytes of in to out, which must have VTFILTER_ROOM(n) bytes. Bytes of
 * an unfinished sequence or character are held back; text never is. Returns
 * the number of bytes written to out.
 */
size_t vtfilter_run(struct vtfilter *f, const unsigned char *in, size_t n,
		    unsigned char *out);

/*
 * The end of the stream: what is held back is dropped, and a picture that was
 * being passed on is closed. out must have room for 2 bytes. Returns how many
 * were written.
 */
size_t vtfilter_end(struct vtfilter *f, unsigned char *out);

#endif
