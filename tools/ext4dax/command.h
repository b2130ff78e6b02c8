/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row that each command brings to the dispatcher. */
#ifndef EXT4DAX_COMMAND_H
#define EXT4DAX_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "column.h"
#include "render.h"

/* Options that a command may take. --help is taken by all. */
enum option_flag {
	TAKES_JSON = 1 << 0,
	TAKES_COLUMNS = 1 << 1,
	TAKES_BYTES = 1 << 2,
	TAKES_COLOR = 1 << 3,
	TAKES_SYSROOT = 1 << 4,
	TAKES_NOHEADINGS = 1 << 5,
	TAKES_INTERVAL = 1 << 6,
	TAKES_SVG = 1 << 7,
	TAKES_OUTPUT = 1 << 8,
	TAKES_SETTINGS = 1 << 9,
};

/* An option of the command line; its value in getopt_long() is its letter, if below 256. */
struct option_row {
	struct option option;
	unsigned int flag;	/* enum option_flag; 0: every command takes it */
	const char *arg;	/* NULL if it has none */
	const char *values;	/* all that the argument can be, or NULL */
	const char *help;
};

enum { TARGETS_ANY = -1 };

/* What the command line said. */
struct invocation {
	const char *root;	/* --sysroot, "" if not given */
	struct style style;
	const enum column_id *cols;	/* the command's own, or --columns */
	size_t ncols;
	bool cols_named;	/* --columns was given */
	unsigned int interval_ms;
	unsigned long count;	/* 0: without end */
	const char *svg;	/* NULL if not given */
	const char *output;	/* --output, NULL for stdout */
	const char *config;	/* --config, NULL if not given */
	bool to_default, dry_run, wait, follow;
	char **targets;
	int ntargets;
};

struct command {
	const char *name;
	const char *args;	/* as in the usage line; "" for none */
	const char *help;	/* one line */
	unsigned int takes;	/* enum option_flag */
	int targets_min, targets_max;	/* or TARGETS_ANY */
	unsigned int objects;	/* enum column_object: which columns can be asked for */
	const enum column_id *cols;	/* shown unless --columns says otherwise */
	size_t ncols;

	/* Do it. Returns an enum exit_code. */
	int (*run)(const struct command *command, const struct invocation *call);

	/* Write what --help says after the options, or NULL. */
	void (*explain)(void);
};

/*
 * A usage error: one line about @object, pointing at the help of @command, or of
 * the program if that is NULL. Returns EXIT_USAGE.
 */
int usage_error(const struct command *command, const char *object, const char *what);

extern const struct command command_list;
extern const struct command command_status;
extern const struct command command_verify;
extern const struct command command_map;
extern const struct command command_watch;
extern const struct command command_set;
extern const struct command command_metrics;

#endif
