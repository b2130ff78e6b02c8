/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is written whole, or not at all. */
#ifndef EXT4DAX_OUTPUT_H
#define EXT4DAX_OUTPUT_H

#include <signal.h>
#include <stdio.h>

struct output {
	FILE *stream;		/* to write to */
	const char *path;
	char *real;		/* where a link at @path leads */
	char *temporary;	/* beside @real; both NULL if that is no regular file */
	sigset_t signals;	/* blocked before */
};

/*
 * Begin the file @path, which must stay valid. What is there now stays until
 * output_end(); a device or a pipe is written to at once. No signal comes
 * through meanwhile. Returns 0, or -1 after a message to stderr.
 */
int output_begin(struct output *output, const char *path);

/*
 * End it: put it in its place, on the device. Returns 0, or -1 after a message
 * to stderr if any byte could not be written; then nothing has changed.
 */
int output_end(struct output *output);

#endif
