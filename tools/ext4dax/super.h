/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an ext4 superblock that matter to DAX, read with libext2fs. */
#ifndef EXT4DAX_SUPER_H
#define EXT4DAX_SUPER_H

#include <stdbool.h>
#include <stdint.h>

struct super {
	bool known;
	char *why_not;		/* if not known */
	uint64_t bytes;		/* size of the file system */
	uint32_t block_size;	/* bytes */
	uint32_t stride, stripe_width;	/* blocks */
	bool zeroed_alloc;	/* default mount option bit */
	bool has_journal;
	char *mount_options;	/* default mount options as text; may be "" */
	char *label, *uuid;	/* NULL if it has none */
};

/*
 * Read the superblock of the ext4 device or image @path. On failure @super is
 * not known and says why. Release it with super_free().
 */
void super_read(struct super *super, const char *path);

/*
 * Store whether dax_zeroed_alloc is a default mount option in the superblock of
 * @path, which must not be mounted: a block device is held exclusively meanwhile,
 * so that it cannot be. Returns NULL, or why it was not done, which the caller
 * frees.
 */
char *super_write_zeroed_alloc(const char *path, bool on);

void super_free(struct super *super);

#endif
