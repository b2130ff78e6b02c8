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
	COL_INLINE_ZEROED,
	COL_UNZEROED,
	COL_PMD_FAULTS,
	COL_PTE_FAULTS,
	COL_FALLBACK_FAULTS,
	COL_RANGE_WAITS,
	COL_RANGE_WAIT_US,
	/* a check of verify */
	COL_TARGET,
	COL_CHECK,
	COL_RESULT,
	COL_DETAIL,
	COL_REMEDY,
	COLUMNS_N
};

enum column_type { TYPE_STRING, TYPE_NUMBER, TYPE_BOOL };

enum column_unit { UNIT_NONE, UNIT_BYTES, UNIT_BYTES_PER_SECOND, UNIT_MICROSECONDS };

/* What a column is a property of; a command says which of them its rows have. */
enum column_object {
	OBJECT_NAMESPACE = 1 << 0,
	OBJECT_FILESYSTEM = 1 << 1,
	OBJECT_CHECK = 1 << 2,
};

/* One line of output: the objects that it is about, NULL where there is none. */
struct row {
	const struct model *model;
	const struct nspace *ns;
	const struct fsys *fs;
	const struct check *check;
};

/* A value, of the type of its column. Strings belong to the row's objects. */
struct cell {
	bool known;
	union {
		const char *string;
		uint64_t number;
		bool truth;
	};
};

struct column {
	const char *id;		/* JSON key, and heading in upper case */
	double width;		/* hint for libsmartcols */
	enum column_type type;
	enum column_unit unit;
	enum column_object object;
	bool wraps;		/* running text: may take several lines */
	const char *help;

	/* How to get the value from a row; NULL for a file of dax/. */
	struct cell (*get)(const struct row *row);

	/* The file of dax/ that holds it, and what one of its units is worth. */
	const char *file;
	uint64_t scale;
};

extern const struct column columns[COLUMNS_N];

/* The value of column @id for @row. */
struct cell column_get(enum column_id id, const struct row *row);

#endif
