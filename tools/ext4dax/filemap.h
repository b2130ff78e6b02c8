/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the blocks of a file lie, in windows of 2 MiB of the file: what one
 * entry of a page middle directory maps, if the window is one aligned run.
 *
 * It is all from FIEMAP, an extent at a time: neither the file's size nor its
 * data matters, only how often the picture changes.
 */
#ifndef EXT4DAX_FILEMAP_H
#define EXT4DAX_FILEMAP_H

#include <stddef.h>
#include <stdint.h>

/* Ordered: where several share one place of a picture, the last is seen. */
enum window_state {
	WINDOW_HOLE,		/* no blocks */
	WINDOW_TAIL,		/* the file ends inside it */
	WINDOW_PMD,		/* one aligned run of written blocks */
	WINDOW_UNWRITTEN,	/* one aligned run of unwritten blocks */
	WINDOW_FRAGMENTED,	/* blocks where they should be, but not one run of one kind */
	WINDOW_MISALIGNED,	/* blocks off their 2 MiB boundary */
	WINDOW_STATES
};

/* A part of a file whose windows are all alike; in bytes. */
struct span {
	uint64_t start, length;
	enum window_state state;
};

struct filemap {
	uint64_t size;		/* of the file */
	uint64_t extents;	/* as FIEMAP tells them */
	uint64_t bytes[WINDOW_STATES];	/* their sum is the size */
	struct span *span;	/* side by side, from 0 to the size */
	size_t nspans;
};

/*
 * Map the file @fd. @phase is how far byte 0 of its file system lies past a
 * 2 MiB boundary of physical memory. Returns 0, or a negative errno:
 * -EOPNOTSUPP if the file system does not tell where blocks are. Release @map
 * with filemap_free() either way.
 */
int filemap_read(struct filemap *map, int fd, uint64_t phase);

void filemap_free(struct filemap *map);

/*
 * How many of @whole parts of the file lie in windows of @state, rounded down,
 * so that it is never all of them unless it is; 0 of an empty file.
 */
unsigned int filemap_share(const struct filemap *map, enum window_state state, unsigned int whole);

/* The state as JSON names it. */
const char *window_state_name(enum window_state state);

#endif
