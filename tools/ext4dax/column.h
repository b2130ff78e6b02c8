/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of everything that can be shown: its name, its type and unit,
 * where it comes from. Renderers, help and the reading of the kernel's knobs
 * all follow it.
 */
#ifndef EXT4DAX_COLUMN_H
#define EXT4DAX_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct nspace;
struct fsys;
struct check;
struct file;
struct sample;
struct filemap;
struct change;

enum column_id {
	/* a namespace */
	COL_NAMESPACE,
	COL_MODE,
	COL_SIZE,
	COL_ALIGN,
	COL_MAP,
	COL_PERSISTENCE,
	COL_HEALTH,
	COL_BAD,
	/* a file system and its device */
	COL_DEVICE,
	COL_FSTYPE,
	COL_LABEL,
	COL_UUID,
	COL_FS_SIZE,
	COL_BLOCK_SIZE,
	COL_STRIPE,
	COL_MOUNTPOINT,
	COL_OPTIONS,
	COL_DEVICE_DAX,
	COL_DAX,
	COL_KERNEL_FEATURE,
	COL_ZEROED_ALLOC_OPTION,
	COL_ZEROED_ALLOC_DEFAULT,
	COL_DEFAULT_OPTIONS,
	/* the files of /sys/fs/ext4/DEV/dax */
	COL_ZEROED_ALLOC,
	COL_POOL_TARGET,
	COL_POOL_RATE,
	COL_WRITE_UNZEROED_MIN,
	COL_VERIFY,
	COL_POOL_READY,
	COL_POOL_ZEROED,
	COL_POOL_HIT,
	COL_POOL_BAD,
	COL_VERIFY_FAILED,
	COL_INLINE_ZEROED,
	COL_UNZEROED,
	COL_PMD_FAULTS,
	COL_PTE_FAULTS,
	COL_FALLBACK_FAULTS,
	COL_RANGE_WAITS,
	COL_RANGE_WAIT_US,
	/* between two looks of watch */
	COL_TIME_MS,
	COL_INTERVAL_MS,
	COL_POOL_HIT_PERCENT,
	COL_POOL_HIT_RATE,
	COL_POOL_ZEROED_RATE,
	COL_INLINE_ZEROED_RATE,
	COL_UNZEROED_RATE,
	COL_PMD_FAULT_RATE,
	COL_PTE_FAULT_RATE,
	COL_FALLBACK_FAULT_RATE,
	COL_RANGE_WAIT_RATE,
	COL_RANGE_WAIT_US_RATE,
	/* a file of map */
	COL_FILE,
	COL_FILE_SIZE,
	COL_FILE_DAX,
	COL_EXTENTS,
	COL_PMD_PERCENT,
	COL_PMD,
	COL_UNWRITTEN,
	COL_FRAGMENTED,
	COL_MISALIGNED,
	COL_TAIL,
	COL_HOLE,
	COL_SPANS,
	/* a check of verify */
	COL_TARGET,
	COL_CHECK,
	COL_RESULT,
	COL_DETAIL,
	COL_REMEDY,
	/* a change that set makes */
	COL_KNOB,
	COL_FROM,
	COL_TO,
	COL_OUTCOME,
	COLUMNS_N
};

enum column_type { TYPE_STRING, TYPE_NUMBER, TYPE_BOOL, TYPE_SPANS };

enum column_unit {
	UNIT_NONE,
	UNIT_PERCENT,
	UNIT_BYTES,
	UNIT_BYTES_PER_SECOND,
	UNIT_PER_SECOND,
	UNIT_MICROSECONDS,
	UNIT_MICROSECONDS_PER_SECOND,
	UNIT_MILLISECONDS,
};

/* What a value says of the machine: renderers turn it into a colour. */
enum mood { MOOD_NONE, MOOD_GOOD, MOOD_DOUBTFUL, MOOD_BAD, MOOD_DIM };

/* What a column is a property of; a command says which of them its rows have. */
enum column_object {
	OBJECT_NAMESPACE = 1 << 0,
	OBJECT_FILESYSTEM = 1 << 1,
	OBJECT_CHECK = 1 << 2,
	OBJECT_FILE = 1 << 3,
	OBJECT_SAMPLE = 1 << 4,
	OBJECT_CHANGE = 1 << 5,
};

/* One line of output: the objects that it is about, NULL where there is none. */
struct row {
	const struct model *model;
	const struct nspace *ns;
	const struct fsys *fs;
	const struct check *check;
	const struct file *file;
	const struct sample *sample;
	const struct change *change;
};

/*
 * A value, of the type and unit of its column or, where rows differ in that, of @as.
 * Strings belong to the row's objects.
 */
struct cell {
	bool known;
	const struct column *as;	/* NULL: the column itself */
	union {
		const char *string;
		uint64_t number;
		bool truth;
		const struct filemap *spans;
	};
};

struct column {
	const char *id;		/* JSON key, and heading in upper case */
	double width;		/* hint for libsmartcols */
	enum column_type type;
	enum column_unit unit;
	unsigned int object;	/* enum column_object, one or more */
	bool wraps;		/* text of any length: may take several lines */
	const char *help;

	/* How to get the value from a row; NULL for a file of dax/ and its rate. */
	struct cell (*get)(const struct row *row);

	/* NULL if no value of it is better than another. */
	enum mood (*mood)(const struct row *row);

	/* The file of dax/ that holds it, and what one of its units is worth. */
	const char *file;
	uint64_t scale;
	bool writable;		/* set can write it */
	bool counter;		/* only ever grows, from 0 at mount */

	/* The counter whose gain in a second it is. */
	enum column_id rate_of;
};

extern const struct column columns[COLUMNS_N];

/* Type and unit of @column for people, as "number, bytes". */
const char *column_type_name(const struct column *column);

/* The value of column @id for @row. */
struct cell column_get(enum column_id id, const struct row *row);

#endif
