/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knobs of a file system, from what was asked for to what has become of it.
 *
 * All that is asked of one file system is looked at before the first of it is
 * written: each file is opened for writing, and each value compared with what
 * is known to be refused. Only the kernel's own refusal can then stop halfway.
 */
#ifndef EXT4DAX_CHANGE_H
#define EXT4DAX_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "column.h"

struct model;
struct fsys;

/* What is asked of a knob, in the unit of its column. */
struct setting {
	enum column_id knob;
	uint64_t value;
};

struct settings {
	struct setting *s;
	size_t n;
};

/*
 * Append @key=@value, as a user wrote them. Returns NULL, or why it cannot be,
 * which the caller frees.
 */
char *settings_add(struct settings *settings, const char *key, const char *value);

/* Append those of @more, which replace what is there for the same knobs. */
void settings_merge(struct settings *settings, const struct settings *more);

void settings_free(struct settings *settings);

enum change_outcome {
	CHANGE_PLANNED,		/* would be made */
	CHANGE_NONE,		/* was so before */
	CHANGE_MADE,
	CHANGE_FAILED,
	CHANGE_NOT_TRIED,	/* because one before it failed */
};

/* One row of set. */
struct change {
	enum column_id knob;
	bool from_known;
	uint64_t from, to;	/* once made, @to is what was read back */
	enum change_outcome outcome;
	int fd;			/* the knob's file, or -1 */
};

/* What is to be done to one file system. */
struct changes {
	struct fsys *fs;
	const char *name;	/* of @fs, for messages */
	struct change *c;
	size_t n;
};

/* "changed", "unchanged", "would change", "failed" or "not tried". */
const char *change_outcome_name(enum change_outcome outcome);

/*
 * See whether all of @settings can be written to the knobs of @fs, which is
 * mounted, and open them. Returns 0, or -1 after a message to stderr for each
 * that cannot be. Release @changes with changes_free() either way.
 */
int changes_plan(const struct model *model, struct fsys *fs, const char *name,
		 const struct settings *settings, struct changes *changes);

/*
 * The same for the default in the superblock of @fs, which is not mounted;
 * zeroed_alloc alone has one.
 */
int changes_plan_default(struct fsys *fs, const char *name, const struct settings *settings,
			 struct changes *changes);

/*
 * Make the planned @changes one after another, up to the first that fails.
 * Returns 0, or -1 after a message to stderr that also says what was changed
 * before.
 */
int changes_make(const struct model *model, struct changes *changes);

void changes_free(struct changes *changes);

#endif
