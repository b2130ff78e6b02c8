/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal at stdout, and keys and signals for a screen that lives. */
#ifndef EXT4DAX_TERM_H
#define EXT4DAX_TERM_H

#include <stdbool.h>
#include <stdint.h>

struct term_size {
	unsigned int columns, rows;
};

/* Its size; 80 by 24 if it is no terminal, or does not say. */
struct term_size term_size(void);

/* True if the locale's characters are UTF-8. */
bool term_utf8(void);

/*
 * If stdout is a terminal, take the whole screen, and keys one by one if stdin is
 * one too. However the program ends, but for SIGKILL, the terminal is then as it
 * was: by term_end(), by exit() or by a signal. Returns 0 or a negative errno.
 */
int term_begin(void);
void term_end(void);

enum term_event {
	TERM_TIMEOUT,		/* @until has come */
	TERM_REDRAW,		/* the screen's size has changed, or the screen is back */
	TERM_QUIT,		/* a key, or the terminal is gone */
	TERM_SIGNAL,		/* a signal that ends programs: see term_die() */
};

/* Wait for the first of them. @until is of term_now(). */
enum term_event term_wait(uint64_t until);

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t term_now(void);

/* End the program by the signal that term_wait() has seen, as if it had not been caught. */
void term_die(void) __attribute__((noreturn));

/*
 * Show @text, lines that end in newlines, in place of what is there, cut to the
 * screen. Returns 0, or -1 if stdout could not be written.
 */
int term_show(const char *text);

#endif
