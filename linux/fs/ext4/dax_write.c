// SPDX-License-Identifier: GPL-2.0-only
/*
 * write(2) on a DAX file, with dax_zeroed_alloc: blocks that the write is about
 * to fill are not zeroed first.
 *
 * The stock path zeroes each new block before the extent tree shows it, because
 * a page fault may map the block at once. Blocks that start at or after i_size
 * can't be faulted, and i_rwsem keeps reads and other writes away, so for those
 * we allocate unwritten, copy, then convert:
 *
 *   1. handle A: allocate an unwritten extent past the end of file
 *   2. no handle: copy; zero what the copy left of its first and last block
 *   3. fence
 *   4. handle B: i_disksize over the copied bytes, then the extent written
 *   5. i_size
 *
 * Invariant: a block that is written in the extent tree, or below i_size in
 * memory, was filled to its last byte before the fence.
 *
 * A crash leaves, after
 *   1, 2, 3: unwritten blocks past the end. They read as zeros, need no orphan
 *	entry, and go with the next truncate.
 *   4, handle B not committed: the same.
 *   4, handle B committed: the appended bytes, which were durable at the fence.
 * Without a journal, size and extent reach the device in any order: what shows
 * then is a part of the new bytes, or zeros, and e2fsck may grow the file over
 * new bytes. Never what the device held before.
 *
 * Lock order: i_rwsem, then a handle, then i_data_sem, as in every other write.
 * The copy holds i_rwsem only, so the source buffer may be a mapping of any
 * file, this one included.
 */
#include <linux/dax.h>
#include <linux/iomap.h>
#include <linux/uio.h>
#include "ext4.h"
#include "ext4_jbd2.h"
#include "truncate.h"

/* Bytes allocated, copied and converted at a time; bounds what a crash strands. */
#define EXT4_DAX_WRITE_STEP	SZ_16M

/*
 * May this inode's appends go unzeroed?
 *
 * A cluster of bigalloc can straddle the end of file. An external journal may
 * commit handle B while the data is still in the volatile cache of this device.
 */
static bool ext4_dax_may_skip_zeroing(struct inode *inode)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);

	return READ_ONCE(sbi->s_dax.zeroed_alloc) &&
	       ext4_test_inode_flag(inode, EXT4_INODE_EXTENTS) &&
	       sbi->s_cluster_ratio == 1 && !sbi->s_journal_bdev_file;
}

/* First byte that no page fault can reach: i_size, rounded up to a block. */
static loff_t ext4_dax_fault_end(struct inode *inode)
{
	return round_up(i_size_read(inode), i_blocksize(inode));
}

/*
 * Make sure of blocks past the end, unwritten. Blocks that somebody reserved
 * there are taken as they are. An extent is split at our edges, so converting
 * has to split one only after a copy that ended early.
 */
static int ext4_dax_alloc_unwritten(struct inode *inode,
				    struct ext4_map_blocks *map)
{
	int ret, credits, retries = 0;
	handle_t *handle;

	map->m_len = min_t(unsigned int, map->m_len,
			   EXT4_DAX_WRITE_STEP >> inode->i_blkbits);
	credits = ext4_chunk_trans_blocks(inode, map->m_len);
	do {
		handle = ext4_journal_start(inode, EXT4_HT_MAP_BLOCKS, credits);
		if (IS_ERR(handle))
			return PTR_ERR(handle);
		ret = ext4_map_blocks(handle, inode, map,
				      EXT4_GET_BLOCKS_IO_CREATE_EXT);
		ext4_journal_stop(handle);
	} while (ret == -ENOSPC &&
		 ext4_should_retry_alloc(inode->i_sb, &retries));
	return ret;
}

/*
 * Blocks for the copy, or, with IOMAP_ZERO, for what it left of a block. They
 * are reported as mapped, so that dax_iomap_rw() writes into them, and as new,
 * so that it drops any zero page that stands for them.
 */
static int ext4_dax_append_begin(struct inode *inode, loff_t offset,
				 loff_t length, unsigned int flags,
				 struct iomap *iomap, struct iomap *srcmap)
{
	u8 blkbits = inode->i_blkbits;
	struct ext4_map_blocks map;
	int ret;

	if ((offset >> blkbits) > EXT4_MAX_LOGICAL_BLOCK)
		return -EINVAL;

	map.m_lblk = offset >> blkbits;
	map.m_len = min_t(loff_t, (offset + length - 1) >> blkbits,
			  EXT4_MAX_LOGICAL_BLOCK) - map.m_lblk + 1;

	if (flags & IOMAP_WRITE)
		ret = ext4_dax_alloc_unwritten(inode, &map);
	else
		ret = ext4_map_blocks(NULL, inode, &map, 0);
	if (ret < 0)
		return ret;
	if (WARN_ON_ONCE(ret == 0))
		return -EFSCORRUPTED;

	ext4_set_iomap(inode, iomap, &map, offset, length, flags);
	iomap->type = IOMAP_MAPPED;
	iomap->flags |= IOMAP_F_NEW;
	return 0;
}

static const struct iomap_ops ext4_dax_append_ops = {
	.iomap_begin	= ext4_dax_append_begin,
};

/*
 * Zero what a copy of [pos, end) left of its first and last block. Returns the
 * bytes zeroed, or an error; then nothing of the copy may be shown.
 */
static ssize_t ext4_dax_zero_edges(struct inode *inode, loff_t pos, loff_t end)
{
	unsigned int bs = i_blocksize(inode);
	loff_t head = round_down(pos, bs), tail = round_up(end, bs);
	int err = 0;

	if (head < pos)
		err = dax_zero_range(inode, head, pos - head, NULL,
				     &ext4_dax_append_ops);
	if (!err && end < tail)
		err = dax_zero_range(inode, end, tail - end, NULL,
				     &ext4_dax_append_ops);
	return err ?: pos - head + tail - end;
}

static int ext4_dax_set_disksize(handle_t *handle, struct inode *inode,
				 loff_t size)
{
	down_write(&EXT4_I(inode)->i_data_sem);
	EXT4_I(inode)->i_disksize = size;
	up_write(&EXT4_I(inode)->i_data_sem);
	return ext4_mark_inode_dirty(handle, inode);
}

/*
 * Handle B: show the bytes from i_size to @end, or as many of them as the
 * extent at @pos holds. Returns the new end of file; with an error, i_size is
 * what it was.
 */
static loff_t ext4_dax_convert_extent(struct inode *inode, loff_t pos,
				      loff_t end)
{
	loff_t old = EXT4_I(inode)->i_disksize, extent_end;
	u8 blkbits = inode->i_blkbits;
	struct ext4_map_blocks map = {
		.m_lblk = pos >> blkbits,
		.m_len = EXT4_MAX_BLOCKS(end - pos, pos, blkbits),
	};
	handle_t *handle;
	int ret;

	handle = ext4_journal_start(inode, EXT4_HT_INODE,
				    ext4_chunk_trans_blocks(inode, map.m_len));
	if (IS_ERR(handle))
		return PTR_ERR(handle);

	ret = ext4_dax_set_disksize(handle, inode, end);
	if (ret)
		goto undo;
	ret = ext4_map_blocks(handle, inode, &map,
			      EXT4_GET_BLOCKS_IO_CONVERT_EXT);
	if (WARN_ON_ONCE(ret == 0))
		ret = -EFSCORRUPTED;
	if (ret < 0)
		goto undo;

	extent_end = (loff_t)(map.m_lblk + ret) << blkbits;
	if (extent_end < end) {
		end = extent_end;
		ret = ext4_dax_set_disksize(handle, inode, end);
		if (ret)
			goto undo;
	}
	i_size_write(inode, end);
	/* As in every write, an abort from here on is for fsync to report. */
	ext4_journal_stop(handle);
	return end;

undo:
	/* The error of interest is the first; the truncate to come logs again. */
	ext4_dax_set_disksize(handle, inode, old);
	ext4_journal_stop(handle);
	return ret;
}

/*
 * Make the copied bytes [pos, end) part of the file. Returns how many of them
 * are, or an error if none is.
 */
static ssize_t ext4_dax_append_finish(struct inode *inode, loff_t pos,
				      loff_t end)
{
	struct ext4_dax *dax = &EXT4_SB(inode->i_sb)->s_dax;
	loff_t done = pos, ret;
	ssize_t zeroed;

	zeroed = ext4_dax_zero_edges(inode, pos, end);
	if (zeroed < 0)
		return zeroed;
	/*
	 * The copy and the zeros are durable before any handle B starts; the
	 * commit of B does not wait for them.
	 */
	pmem_wmb();
	do {
		ret = ext4_dax_convert_extent(inode, done, end);
		if (ret < 0)
			return done > pos ? done - pos : ret;
		done = ret;
	} while (done < end);

	ext4_dax_count(dax, EXT4_DAX_UNZEROED, end - pos);
	ext4_dax_count(dax, EXT4_DAX_INLINE_ZEROED, zeroed);
	return end - pos;
}

/* One step: at most EXT4_DAX_WRITE_STEP bytes, all past ext4_dax_fault_end(). */
static ssize_t ext4_dax_append_step(struct kiocb *iocb, struct iov_iter *from,
				    size_t len)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	size_t rest = iov_iter_count(from) - len;
	loff_t pos = iocb->ki_pos;
	ssize_t copied, shown, lost;

	WARN_ON_ONCE(round_down(pos, i_blocksize(inode)) <
		     ext4_dax_fault_end(inode));

	iov_iter_truncate(from, len);
	copied = dax_iomap_rw(iocb, from, &ext4_dax_append_ops);
	iov_iter_reexpand(from, iov_iter_count(from) + rest);
	if (copied <= 0)
		return copied;

	shown = ext4_dax_append_finish(inode, pos, pos + copied);
	lost = copied - max_t(ssize_t, shown, 0);
	if (lost) {
		iov_iter_revert(from, lost);
		iocb->ki_pos -= lost;
	}
	return shown;
}

/* Append what is left in @from, all of it past ext4_dax_fault_end(). */
static ssize_t ext4_dax_append(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	size_t left = iov_iter_count(from), len;
	ssize_t done = 0, ret = 0;

	/* Space past the end takes a handle, and that can block. */
	if (iocb->ki_flags & IOCB_NOWAIT)
		return -EAGAIN;

	while (left) {
		len = min_t(size_t, left, EXT4_DAX_WRITE_STEP -
			    (iocb->ki_pos & (EXT4_DAX_WRITE_STEP - 1)));
		ret = ext4_dax_append_step(iocb, from, len);
		if (ret <= 0)
			break;
		done += ret;
		left -= ret;
		if (ret < len)
			break;
	}
	/* Blocks that were allocated and not filled must not stay. */
	if (left)
		ext4_truncate_failed_write(inode);
	return done ?: ret;
}

/**
 * ext4_dax_write - write to a DAX file, zeroing no more than it must
 * @iocb: where; ki_pos moves with what was written
 * @from: what, after the write checks
 *
 * Context: process context, i_rwsem held for write, no handle.
 * Return: the bytes written, possibly short, or a negative errno.
 */
ssize_t ext4_dax_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	size_t count = iov_iter_count(from), inside = 0;
	ssize_t ret, done = 0;
	loff_t fault_end;

	if (!ext4_dax_may_skip_zeroing(inode))
		return ext4_dax_write_zeroed(iocb, from);

	/* The part, if any, in blocks that a fault may have mapped already. */
	fault_end = ext4_dax_fault_end(inode);
	if (iocb->ki_pos < fault_end)
		inside = min_t(u64, count, fault_end - iocb->ki_pos);
	if (inside) {
		iov_iter_truncate(from, inside);
		done = ext4_dax_write_zeroed(iocb, from);
		iov_iter_reexpand(from, iov_iter_count(from) + count - inside);
		if (done < (ssize_t)inside || inside == count)
			return done;
	}

	ret = ext4_dax_append(iocb, from);
	/*
	 * The CPU can't overwrite a part of a poisoned page: -EIO where we zero,
	 * -EFAULT where dax_iomap_rw() copies, as for a buffer that is not
	 * there. Zeroing the blocks through the block layer clears the poison.
	 */
	if (ret == -EIO || ret == -EFAULT)
		ret = ext4_dax_write_zeroed(iocb, from);
	if (ret < 0)
		return done ?: ret;
	return done + ret;
}
