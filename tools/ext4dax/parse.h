/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values as people write them. */
#ifndef EXT4DAX_PARSE_H
#define EXT4DAX_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Read @text as a size: a number of bytes, or of what K, M, G, T, P or E says,
 * in powers of 1024; "KiB" is "K". Returns NULL, or why it is none, with *@bytes
 * untouched.
 */
const char *parse_bytes(const char *text, uint64_t *bytes);

/* Read @text as a switch: yes, on, true or 1, no, off, false or 0. As above. */
const char *parse_truth(const char *text, bool *truth);

#endif
