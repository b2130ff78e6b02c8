// SPDX-License-Identifier: GPL-2.0-or-later
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <uuid.h>

#include "super.h"
#include "util.h"

#ifndef EXT4_DEFM_DAX_ZEROED_ALLOC
#define EXT4_DEFM_DAX_ZEROED_ALLOC 0x00010000
#endif

void super_read(struct super *super, const char *path)
{
	/* A mounted superblock may be ahead of its checksum: that is no fault. */
	const int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_SUPER_ONLY |
			  EXT2_FLAG_IGNORE_CSUM_ERRORS;
	struct ext2_super_block *sb;
	ext2_filsys fs;
	errcode_t err;

	initialize_ext2_error_table();
	err = ext2fs_open2(path, NULL, flags, 0, 0, unix_io_manager, &fs);
	if (err) {
		super->why_not = xstrdup(error_message(err));
		return;
	}
	sb = fs->super;
	super->known = true;
	super->block_size = fs->blocksize;
	super->bytes = (uint64_t)ext2fs_blocks_count(sb) * fs->blocksize;
	super->stride = sb->s_raid_stride;
	super->stripe_width = sb->s_raid_stripe_width;
	super->zeroed_alloc = sb->s_default_mount_opts & EXT4_DEFM_DAX_ZEROED_ALLOC;
	super->has_journal = ext2fs_has_feature_journal(sb);
	super->mount_options = xasprintf("%.*s", (int)sizeof(sb->s_mount_opts),
					 (const char *)sb->s_mount_opts);
	if (*sb->s_volume_name)
		super->label = xasprintf("%.*s", (int)sizeof(sb->s_volume_name),
					 (const char *)sb->s_volume_name);
	if (!uuid_is_null(sb->s_uuid)) {
		super->uuid = xcalloc(UUID_STR_LEN, 1);
		uuid_unparse_lower(sb->s_uuid, super->uuid);
	}
	ext2fs_free(fs);
}

char *super_write_zeroed_alloc(const char *path, bool on)
{
	const int flags = EXT2_FLAG_RW | EXT2_FLAG_EXCLUSIVE | EXT2_FLAG_64BITS |
			  EXT2_FLAG_SOFTSUPP_FEATURES | EXT2_FLAG_SUPER_ONLY;
	ext2_filsys fs;
	errcode_t err;

	initialize_ext2_error_table();
	err = ext2fs_open2(path, NULL, flags, 0, 0, unix_io_manager, &fs);
	if (err)
		return xstrdup(error_message(err));
	/* A superblock in the journal would come back over this one. */
	if (ext2fs_has_feature_journal_needs_recovery(fs->super)) {
		ext2fs_free(fs);
		return xstrdup("its journal needs recovery: mount and unmount it first");
	}
	if (on)
		fs->super->s_default_mount_opts |= EXT4_DEFM_DAX_ZEROED_ALLOC;
	else
		fs->super->s_default_mount_opts &= ~EXT4_DEFM_DAX_ZEROED_ALLOC;
	ext2fs_mark_super_dirty(fs);
	err = ext2fs_close_free(&fs);
	return err ? xstrdup(error_message(err)) : NULL;
}

void super_free(struct super *super)
{
	free(super->why_not);
	free(super->mount_options);
	free(super->label);
	free(super->uuid);
	*super = (struct super){ 0 };
}
