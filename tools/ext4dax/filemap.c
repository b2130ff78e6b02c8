// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filemap.h"
#include "util.h"

/* Extents asked for at a time. */
#define BATCH 512

/* What is not on the device yet. */
#define NO_BLOCKS (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC)

/* A run of blocks, in bytes. */
struct run {
	uint64_t logical, length;
	uint64_t physical;	/* from a 2 MiB boundary on */
	bool unwritten;
};

/* The reading of a file, in the order of its extents. */
struct reader {
	struct filemap *map;
	uint64_t whole;		/* end of the last window that can be mapped as one */
	uint64_t end;		/* what is in @map already */

	/* The window being put together, if @covered is not 0. */
	uint64_t window;	/* where it starts */
	uint64_t covered;
	struct run last;
	bool aligned, one_run;
};

const char *window_state_name(enum window_state state)
{
	static const char *const names[] = {
		[WINDOW_HOLE] = "hole",
		[WINDOW_TAIL] = "tail",
		[WINDOW_PMD] = "pmd",
		[WINDOW_UNWRITTEN] = "unwritten",
		[WINDOW_FRAGMENTED] = "fragmented",
		[WINDOW_MISALIGNED] = "misaligned",
	};

	return names[state];
}

/* Put [@reader->end, @end) into the map. */
static void put(struct reader *reader, uint64_t end, enum window_state state)
{
	struct filemap *map = reader->map;
	uint64_t length;

	if (end > map->size)
		end = map->size;
	if (end <= reader->end)
		return;
	length = end - reader->end;
	if (map->nspans && map->span[map->nspans - 1].state == state) {
		map->span[map->nspans - 1].length += length;
	} else {
		map->span = xgrow(map->span, map->nspans, sizeof(*map->span));
		map->span[map->nspans++] = (struct span){ reader->end, length, state };
	}
	map->bytes[state] += length;
	reader->end = end;
}

static bool is_aligned(const struct run *run)
{
	return (run->physical - run->logical) % PMD_BYTES == 0;
}

static enum window_state whole_state(const struct run *run)
{
	if (!is_aligned(run))
		return WINDOW_MISALIGNED;
	return run->unwritten ? WINDOW_UNWRITTEN : WINDOW_PMD;
}

/* The window that is being put together is complete. */
static void flush(struct reader *reader)
{
	enum window_state state = WINDOW_FRAGMENTED;

	if (!reader->covered)
		return;
	if (!reader->aligned)
		state = WINDOW_MISALIGNED;
	else if (reader->one_run && reader->covered == PMD_BYTES)
		state = whole_state(&reader->last);
	put(reader, reader->window, WINDOW_HOLE);
	put(reader, reader->window + PMD_BYTES, state);
	reader->covered = 0;
}

/* @run lies in one window, and does not fill it. */
static void add_part(struct reader *reader, const struct run *run)
{
	uint64_t window = run->logical - run->logical % PMD_BYTES;

	if (reader->covered && reader->window != window)
		flush(reader);
	if (!reader->covered) {
		reader->window = window;
		reader->aligned = reader->one_run = true;
	} else if (run->logical != reader->last.logical + reader->last.length ||
		   run->physical != reader->last.physical + reader->last.length ||
		   run->unwritten != reader->last.unwritten) {
		reader->one_run = false;
	}
	reader->aligned &= is_aligned(run);
	reader->covered += run->length;
	reader->last = *run;
}

static struct run cut(struct run *run, uint64_t length)
{
	struct run front = *run;

	front.length = length;
	run->logical += length;
	run->physical += length;
	run->length -= length;
	return front;
}

static void add(struct reader *reader, struct run run)
{
	/* Blocks past the last whole window make no difference. */
	if (run.logical >= reader->whole)
		return;
	if (run.length > reader->whole - run.logical)
		run.length = reader->whole - run.logical;

	while (run.length) {
		uint64_t inside = run.logical % PMD_BYTES;
		uint64_t length = run.length - run.length % PMD_BYTES;
		struct run front;

		if (inside || !length) {
			length = PMD_BYTES - inside;
			if (length > run.length)
				length = run.length;
			front = cut(&run, length);
			add_part(reader, &front);
		} else {
			flush(reader);
			front = cut(&run, length);
			put(reader, front.logical, WINDOW_HOLE);
			put(reader, front.logical + length, whole_state(&front));
		}
	}
}

static int read_extents(struct reader *reader, int fd, uint64_t phase)
{
	struct fiemap *ask = xcalloc(1, sizeof(*ask) + BATCH * sizeof(ask->fm_extents[0]));
	uint64_t next = 0;
	bool last = false;
	int err = 0;

	while (!last && next < reader->map->size) {
		const uint64_t before = next;

		ask->fm_start = next;
		ask->fm_length = reader->map->size - next;
		ask->fm_flags = 0;
		ask->fm_extent_count = BATCH;
		if (ioctl(fd, FS_IOC_FIEMAP, ask)) {
			err = errno == ENOTTY ? -EOPNOTSUPP : -errno;
			break;
		}
		for (unsigned int i = 0; i < ask->fm_mapped_extents; i++) {
			const struct fiemap_extent *ext = &ask->fm_extents[i];
			/* A file that changes meanwhile must not lead us back. */
			uint64_t from = ext->fe_logical < next ? next : ext->fe_logical;
			uint64_t end = ext->fe_logical + ext->fe_length;

			if (end <= from)
				continue;
			if (!(ext->fe_flags & NO_BLOCKS))
				add(reader, (struct run){
					.logical = from,
					.length = end - from,
					.physical = ext->fe_physical + (from - ext->fe_logical) +
						    phase,
					.unwritten = ext->fe_flags & FIEMAP_EXTENT_UNWRITTEN,
				});
			next = end;
			reader->map->extents++;
			last = ext->fe_flags & FIEMAP_EXTENT_LAST;
		}
		if (next == before)
			break;
	}
	free(ask);
	return err;
}

int filemap_read(struct filemap *map, int fd, uint64_t phase)
{
	struct reader reader = { .map = map };
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct stat st;
	int err;

	*map = (struct filemap){ 0 };
	if (fstat(fd, &st))
		return -errno;
	map->size = st.st_size;
	/* A window can be mapped as one if its last page is one of the file's. */
	reader.whole = (map->size + page - 1) / PMD_BYTES * PMD_BYTES;
	err = read_extents(&reader, fd, phase);
	if (err)
		return err;
	flush(&reader);
	put(&reader, reader.whole, WINDOW_HOLE);
	put(&reader, map->size, WINDOW_TAIL);
	return 0;
}

void filemap_free(struct filemap *map)
{
	free(map->span);
	*map = (struct filemap){ 0 };
}

unsigned int filemap_share(const struct filemap *map, enum window_state state, unsigned int whole)
{
	return map->size ? (unsigned __int128)map->bytes[state] * whole / map->size : 0;
}
