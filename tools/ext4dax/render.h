/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From rows and columns to stdout. */
#ifndef EXT4DAX_RENDER_H
#define EXT4DAX_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "column.h"

/* The version of the JSON format: raised when a key changes its meaning or goes. */
#define JSON_FORMAT 1

/* What a command has found out. */
struct report {
	const char *array;	/* JSON key of the rows */
	const struct row *rows;
	size_t nrows;
	const enum column_id *cols;
	size_t ncols;
	bool record;		/* as a table: a line for each column, not for each row */
	bool drops;		/* columns may go where the terminal is too narrow */
};

struct style {
	bool json;
	bool bytes;		/* as a table: sizes in bytes, not rounded */
	bool color;		/* as a table */
	bool noheadings;	/* as a table */
};

/* Write @report to stdout. Returns 0, or -1 after a message to stderr. */
int render(const struct report *report, const struct style *style);

/*
 * Write the first row of @report to stdout at once, as an object of JSON on a
 * line of its own, whose keys are the columns. Returns 0, or -1 if it
 * could not be written.
 */
int render_line(const struct report *report);

/*
 * Write the numbers and switches of @report to @out as OpenMetrics, a family for
 * each column, a sample for each row that has it. Errors are left in @out.
 */
void render_openmetrics(const struct report *report, FILE *out);

#endif
