// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mount option dax_zeroed_alloc: when it may be in force, and who says so.
 *
 * It can come from the command line, from a remount, from the mount options or
 * the default bit in the superblock, or from sysfs. Somebody who asks for it
 * where it can't work is refused; a default that can't be honoured is only
 * warned about, for the file system must mount wherever it is plugged in.
 */
#include "ext4.h"
#include "dax_trace.h"

/**
 * ext4_dax_init - make the counters, and the knobs as they are by default
 * @dax: zeroed by its owner
 *
 * Context: mount, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ext4_dax_init(struct ext4_dax *dax)
{
	dax->write_unzeroed_min = EXT4_DAX_WRITE_UNZEROED_MIN;
	spin_lock_init(&dax->ahead_lock);
	mutex_init(&dax->ahead_reclaim);
	INIT_LIST_HEAD(&dax->ahead);
	ext4_pool_init(&dax->pool);
	return percpu_counter_init_many(dax->counters, 0, GFP_KERNEL,
					EXT4_DAX_NR_COUNTERS);
}

/**
 * ext4_dax_exit - undo ext4_dax_init(), also one that failed or never ran
 * @dax: the owner's
 */
void ext4_dax_exit(struct ext4_dax *dax)
{
	percpu_counter_destroy_many(dax->counters, EXT4_DAX_NR_COUNTERS);
}

/**
 * ext4_dax_count - add to a counter of sysfs, and trace it
 * @dax: between ext4_dax_init() and ext4_dax_exit()
 * @which: the counter
 * @amount: bytes, microseconds or events, as the counter has it
 *
 * Context: any but NMI, no lock needed.
 */
void ext4_dax_count(struct ext4_dax *dax, enum ext4_dax_counter which,
		    s64 amount)
{
	percpu_counter_add_local(&dax->counters[which], amount);
	trace_ext4_dax_count(container_of(dax, struct ext4_sb_info, s_dax)->s_sb,
			     which, amount);
}

/**
 * ext4_dax_zeroed_alloc_refusal - why dax_zeroed_alloc can't be in force
 * @sb: after its features were checked, so that EXT4_FLAGS_BDEV_IS_DAX holds
 *
 * Return: NULL if it can be, else the reason for the administrator.
 */
const char *ext4_dax_zeroed_alloc_refusal(struct super_block *sb)
{
	if (!EXT4_SB(sb)->s_daxdev)
		return "the device has no DAX";
	if (!test_bit(EXT4_FLAGS_BDEV_IS_DAX, &EXT4_SB(sb)->s_ext4_flags))
		return "the block size is not the page size";
	if (test_opt2(sb, DAX_NEVER))
		return "dax=never";
	return NULL;
}

/**
 * ext4_dax_mount_option - decide dax_zeroed_alloc at mount or remount
 * @sb: with dax= decided, which a remount can't change
 * @given: somebody asked for it, or for its opposite
 * @on: what was asked for; without @given, what the superblock has by default
 *
 * Changes nothing when it fails. Context: s_umount held for write.
 * Return: 0, or -EINVAL after a line in the log.
 */
int ext4_dax_mount_option(struct super_block *sb, bool given, bool on)
{
	const char *refusal = on ? ext4_dax_zeroed_alloc_refusal(sb) : NULL;

	if (refusal && given) {
		ext4_msg(sb, KERN_ERR, "can't use dax_zeroed_alloc: %s",
			 refusal);
		return -EINVAL;
	}
	if (refusal)
		ext4_msg(sb, KERN_WARNING,
			 "default dax_zeroed_alloc not used: %s", refusal);
	WRITE_ONCE(EXT4_SB(sb)->s_dax.zeroed_alloc, on && !refusal);
	return 0;
}

/**
 * ext4_dax_default_stripe - the stripe of a mount that nobody gave one
 * @sb: after its DAX options were decided
 *
 * Return: blocks of 2 MiB where DAX can be in force and a group and the clusters
 * allow it, else 0.
 */
unsigned long ext4_dax_default_stripe(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	unsigned long stripe = PMD_SIZE >> sb->s_blocksize_bits;

	if (!test_bit(EXT4_FLAGS_BDEV_IS_DAX, &sbi->s_ext4_flags) ||
	    test_opt2(sb, DAX_NEVER) || stripe > sbi->s_blocks_per_group ||
	    stripe % sbi->s_cluster_ratio)
		return 0;
	return stripe;
}
