// SPDX-License-Identifier: GPL-2.0-only
/*
 * write(2) on a DAX file, with dax_zeroed_alloc: blocks that the write is about
 * to fill are not zeroed first.
 *
 * The stock path zeroes each new block before the extent tree shows it, because
 * a page fault may map the block at once. Here a block is allocated unwritten,
 * copied into, then converted, and no fault can reach it in between:
 *
 *   1. handle A, for a hole only: allocate an unwritten extent
 *   2. no handle: copy; past the end, zero what the copy left of its first and
 *	last block
 *   3. fence
 *   4. handle B: i_disksize over the copied bytes, if they are past it, and the
 *	extent written
 *   5. i_size
 *
 * Past the end - in blocks that start at or after i_size - nothing can fault,
 * and i_rwsem keeps reads and other writes away. Inside the file the bytes are
 * held in i_mmap_sem from before 1 until after 5: a fault between 2 and 4 would
 * find an unwritten block, zero it and convert it, over what was just copied.
 * The block that contains an unaligned i_size is inside.
 *
 * Invariant: a block that is written in the extent tree, or below i_size in
 * memory, was filled to its last byte before the fence.
 *
 * A write is done in pieces, each in one extent or hole, at most
 * EXT4_DAX_WRITE_STEP long:
 *   - blocks that are written already: copied over, as on stock
 *   - a part of a block that is not written, and in the file all that is
 *     shorter than write_unzeroed_min_kb: zeroed first, as on stock
 *   - whole blocks inside the file: filled, under i_mmap_sem
 *   - blocks past the end: appended
 *
 * The source buffer may be a mapping of any file, of the same bytes too, and a
 * fault on a held byte waits for the holder. So a copy under i_mmap_sem runs with
 * page faults disabled, and ends where the buffer is not there. What it filled
 * is kept to whole blocks, the range let go of, and the buffer faulted in. If
 * the next try still fills no block - invalidating the zero pages of a hole
 * unmaps a buffer that lies in that hole - one block goes the stock way, with
 * faults enabled and nothing held. Each round ends with progress or an error.
 *
 * Blocks ahead. An append that goes on where the last one ended, with no last
 * close in between, gets more blocks than it fills, so that the next ones need
 * handle B only. They lie between i_size and the rest of the file's blocks, one
 * range, unwritten, in core as i_dax_ahead: exactly those that an append allocated
 * and did not fill, never those that somebody reserved.
 * They are given back when
 *   - the last writer closes the file, or it is truncated, grown, or fallocated
 *   - an append ends short of them, or begins elsewhere
 *   - somebody finds no space, or quota limits begin to be enforced
 * None are allocated where less than 1/32 of the file system is free, or quota
 * limits are enforced.
 *
 * A crash leaves, after
 *   1, 2, 3: unwritten blocks, those ahead too. They read as zeros, and past the
 *	end need no orphan entry and go with the next truncate.
 *   4, handle B not committed: the same.
 *   4, handle B committed: the bytes, which were durable at the fence.
 * In the written block that contains an unaligned i_size, bytes of the write may
 * lie behind i_size, as those that a mapping stores there.
 * Without a journal, size and extent reach the device in any order: what shows
 * then is a part of the new bytes, or zeros, and e2fsck may grow the file over
 * new bytes. Never what the device held before.
 *
 * Lock order: i_rwsem -> i_mmap_sem (exclusive) -> transaction start ->
 * i_data_sem; with i_mmap_sem held neither mmap_lock nor a page fault. Who gives
 * back the blocks ahead of other files, for want of space, holds locks of its own
 * and only tries their i_rwsem.
 */
#include <linux/dax.h>
#include <linux/iomap.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include "ext4.h"
#include "ext4_jbd2.h"
#include "dax_trace.h"

/* Bytes allocated ahead at most, and the part of all blocks to leave free. */
#define EXT4_DAX_AHEAD_MAX	SZ_1M
#define EXT4_DAX_AHEAD_MIN_FREE	32

/**
 * struct ext4_dax_write - one write(2), on its stack
 * @iocb: where; ki_pos moves with what was written
 * @from: what is left to write
 * @inode: the file, its i_rwsem held for write
 * @fault_in: bytes of @from to fault in before blocks are allocated and between
 *	two tries; shrinks to what a try then used of them
 */
struct ext4_dax_write {
	struct kiocb *iocb;
	struct iov_iter *from;
	struct inode *inode;
	size_t fault_in;
};

/*
 * May this inode's blocks go unzeroed?
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

static void ext4_dax_count_bytes(struct inode *inode,
				 enum ext4_dax_counter which, s64 bytes)
{
	ext4_dax_count(&EXT4_SB(inode->i_sb)->s_dax, which, bytes);
}

static unsigned int ext4_dax_unzeroed_min(struct inode *inode)
{
	return READ_ONCE(EXT4_SB(inode->i_sb)->s_dax.write_unzeroed_min);
}

/*
 * The next @len bytes, or as many as the buffer has, rounded up to whole blocks: a
 * hole gets no block that the buffer can't fill. Looks as far ahead only as
 * @w->fault_in: what is not there behind that leaves unwritten blocks.
 */
static size_t ext4_dax_readable(struct ext4_dax_write *w, size_t len)
{
	size_t want = min(len, w->fault_in);
	size_t missing = fault_in_iov_iter_readable(w->from, want);

	return missing ? round_up(want - missing, i_blocksize(w->inode)) : len;
}

/* Copy the next @len bytes. */
static ssize_t ext4_dax_copy(struct ext4_dax_write *w, size_t len,
			     const struct iomap_ops *ops)
{
	size_t rest = iov_iter_count(w->from) - len;
	ssize_t ret;

	iov_iter_truncate(w->from, len);
	ret = dax_iomap_rw(w->iocb, w->from, ops);
	iov_iter_reexpand(w->from, iov_iter_count(w->from) + rest);
	return ret;
}

/* The last @len bytes that were copied are not written after all. */
static void ext4_dax_uncopy(struct ext4_dax_write *w, size_t len)
{
	iov_iter_revert(w->from, len);
	w->iocb->ki_pos -= len;
}

/* Write the next @len bytes the stock way. */
static ssize_t ext4_dax_copy_zeroed(struct ext4_dax_write *w, size_t len)
{
	size_t rest = iov_iter_count(w->from) - len;
	loff_t pos = w->iocb->ki_pos;
	ssize_t ret;

	iov_iter_truncate(w->from, len);
	ret = ext4_dax_write_zeroed(w->iocb, w->from);
	iov_iter_reexpand(w->from, iov_iter_count(w->from) + rest);
	/* Moving the end of file can fail after the copy. */
	if (ret < 0)
		ext4_dax_uncopy(w, w->iocb->ki_pos - pos);
	return ret;
}

/*
 * Look up what @pos lies in, an extent or a hole, and cut *@len where that ends.
 * Returns 0 with m_flags of @map set, or an error.
 */
static int ext4_dax_lookup(struct inode *inode, struct ext4_map_blocks *map,
			   loff_t pos, size_t *len)
{
	u8 blkbits = inode->i_blkbits;
	loff_t end;
	int ret;

	map->m_lblk = pos >> blkbits;
	map->m_len = EXT4_MAX_BLOCKS(*len, pos, blkbits);
	ret = ext4_map_blocks(NULL, inode, map, 0);
	if (ret < 0)
		return ret;
	end = (loff_t)(map->m_lblk + map->m_len) << blkbits;
	*len = min_t(loff_t, *len, end - pos);
	return 0;
}

static bool ext4_dax_is_written(const struct ext4_map_blocks *map)
{
	return (map->m_flags & (EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN)) ==
	       EXT4_MAP_MAPPED;
}

/*
 * As ext4_dax_lookup(), and a hole gets unwritten blocks, with up to @ahead more.
 * The extent is split off those around it, so converting has to split it only
 * for blocks ahead and after a copy that ended early.
 */
static int ext4_dax_get_blocks(struct inode *inode, struct ext4_map_blocks *map,
			       loff_t pos, size_t *len, size_t ahead)
{
	size_t most = *len + ahead;
	handle_t *handle;
	loff_t end;
	int ret, credits;

	ret = ext4_dax_lookup(inode, map, pos, &most);
	if (ret < 0)
		return ret;
	if (!(map->m_flags & (EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN))) {
		credits = ext4_chunk_trans_blocks(inode, map->m_len);
		handle = ext4_journal_start(inode, EXT4_HT_MAP_BLOCKS, credits);
		if (IS_ERR(handle))
			return PTR_ERR(handle);
		ret = ext4_map_blocks(handle, inode, map,
				      EXT4_GET_BLOCKS_IO_CREATE_EXT);
		ext4_journal_stop(handle);
		if (ret < 0)
			return ret;
		/* All of it was a hole, so all of it is new. */
		ret = 1;
	}
	end = (loff_t)(map->m_lblk + map->m_len) << inode->i_blkbits;
	*len = min_t(loff_t, *len, end - pos);
	return ret;
}

/*
 * The blocks that ext4_dax_get_blocks() got, for the copy or, with IOMAP_ZERO,
 * for what it left of a block. They are reported as mapped, so that
 * dax_iomap_rw() writes into them, and always as new, so that it drops any zero
 * page that stands for them.
 */
static int ext4_dax_got_begin(struct inode *inode, loff_t offset, loff_t length,
			      unsigned int flags, struct iomap *iomap,
			      struct iomap *srcmap)
{
	struct ext4_map_blocks map = {
		.m_lblk = offset >> inode->i_blkbits,
		.m_len = EXT4_MAX_BLOCKS(length, offset, inode->i_blkbits),
	};
	int ret;

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

static const struct iomap_ops ext4_dax_got_ops = {
	.iomap_begin	= ext4_dax_got_begin,
};

static int ext4_dax_zero(struct inode *inode, loff_t pos, loff_t end)
{
	int err;

	if (pos == end)
		return 0;
	err = dax_zero_range(inode, pos, end - pos, NULL, &ext4_dax_got_ops);
	if (!err)
		ext4_dax_count_bytes(inode, EXT4_DAX_INLINE_ZEROED, end - pos);
	return err;
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
 * Handle B: show the bytes from @pos to @end, or as many of them as the extent
 * at @pos holds. Returns the end of what is shown; with an error, nothing is.
 */
static loff_t ext4_dax_show_extent(struct inode *inode, loff_t pos, loff_t end)
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

	if (end > old) {
		ret = ext4_dax_set_disksize(handle, inode, end);
		if (ret)
			goto undo;
	}
	ret = ext4_map_blocks(handle, inode, &map,
			      EXT4_GET_BLOCKS_IO_CONVERT_EXT);
	if (WARN_ON_ONCE(ret == 0))
		ret = -EFSCORRUPTED;
	if (ret < 0)
		goto undo;

	extent_end = (loff_t)(map.m_lblk + ret) << blkbits;
	if (extent_end < end) {
		end = extent_end;
		if (EXT4_I(inode)->i_disksize > max(old, end)) {
			ret = ext4_dax_set_disksize(handle, inode,
						    max(old, end));
			if (ret)
				goto undo;
		}
	}
	if (end > i_size_read(inode))
		i_size_write(inode, end);
	/*
	 * Without a journal a MAP_SYNC fault looks at the inode alone to see what
	 * is not on the device yet, and no block was allocated that would show.
	 */
	if (!ext4_handle_valid(handle))
		mark_inode_dirty(inode);
	/* As in every write, an abort from here on is for fsync to report. */
	ext4_journal_stop(handle);
	return end;

undo:
	/* The error of interest is the first.  */
	if (EXT4_I(inode)->i_disksize != old)
		ext4_dax_set_disksize(handle, inode, old);
	ext4_journal_stop(handle);
	return ret;
}

/*
 * The last bytes copied, [pos, end), become part of the file; what can't is not
 * written. Returns how many of them did, or an error if none.
 */
static ssize_t ext4_dax_show(struct ext4_dax_write *w, loff_t pos, loff_t end)
{
	loff_t done = pos, ret = 0;

	/*
	 * The copy and the zeros are durable before any handle B starts; the
	 * commit of B does not wait for them.
	 */
	pmem_wmb();
	while (done < end) {
		ret = ext4_dax_show_extent(w->inode, done, end);
		if (ret < 0) {
			ext4_dax_uncopy(w, end - done);
			break;
		}
		done = ret;
	}
	return done > pos ? done - pos : ret;
}

/* @len bytes of written blocks, which may contain the end of file. */
static ssize_t ext4_dax_overwrite(struct ext4_dax_write *w, size_t len)
{
	loff_t pos = w->iocb->ki_pos, end;
	struct inode *inode = w->inode;
	ssize_t copied, shown;
	int err;

	if (pos + len <= EXT4_I(inode)->i_disksize)
		return ext4_dax_copy_zeroed(w, len);

	/* No block is new: moving the end of file is all there is to do. */
	copied = ext4_dax_copy(w, len, &ext4_iomap_overwrite_ops);
	end = pos + copied;
	if (copied <= 0 || end <= i_size_read(inode))
		return copied;
	if (copied < len) {
		err = ext4_dax_zero(inode, end, ext4_dax_fault_end(inode));
		if (err) {
			ext4_dax_uncopy(w, copied);
			return err;
		}
	}
	shown = ext4_dax_show(w, pos, end);
	/* What lies behind the end of file is zeros. */
	if (shown < 0)
		ext4_dax_zero(inode, max(pos, i_size_read(inode)),
			      ext4_dax_fault_end(inode));
	return shown;
}

/*
 * One try to fill whole blocks inside the file. Returns the bytes filled, whole
 * blocks, or an error: -EFAULT if the buffer's page faults kept it from filling
 * one, -EEXIST if a fault has made the first block written meanwhile.
 */
static ssize_t ext4_dax_try_fill(struct ext4_dax_write *w, size_t len)
{
	struct inode *inode = w->inode;
	loff_t pos = w->iocb->ki_pos;
	struct ext4_map_blocks map;
	ssize_t ret, copied;

	ext4_exclude_faults_for_write(inode, pos, pos + len);
	ret = ext4_dax_get_blocks(inode, &map, pos, &len, 0);
	if (!ret && ext4_dax_is_written(&map))
		ret = -EEXIST;
	if (ret < 0)
		goto out;

	pagefault_disable();
	copied = ext4_dax_copy(w, len, &ext4_dax_got_ops);
	pagefault_enable();
	if (copied < 0) {
		ret = copied;
		goto out;
	}
	/* A block that is filled in part stays unwritten: it reads as zeros. */
	len = round_down(copied, i_blocksize(inode));
	ext4_dax_uncopy(w, copied - len);
	ret = len ? ext4_dax_show(w, pos, pos + len) : -EFAULT;
	if (ret > 0)
		ext4_dax_count_bytes(inode, EXT4_DAX_UNZEROED, ret);
out:
	ext4_admit_faults_after_write(inode);
	return ret;
}

/* Fill whole blocks inside the file, at least one of those in [pos, pos + len). */
static ssize_t ext4_dax_fill(struct ext4_dax_write *w, size_t len)
{
	size_t block = i_blocksize(w->inode), faulted_in = 0;
	ssize_t ret;

	for (;;) {
		ret = ext4_dax_try_fill(w, len);
		switch (ret) {
		case -EFAULT:
			if (faulted_in) {
				w->fault_in = block;
				goto zeroed;
			}
			faulted_in = min(len, w->fault_in);
			if (fault_in_iov_iter_readable(w->from, faulted_in) ==
			    faulted_in)
				return ret;
			break;
		case -EIO:	/* poison, which zeroing the block clears */
		case -EEXIST:
			goto zeroed;
		default:
			if (ret > 0 && faulted_in)
				w->fault_in = min_t(size_t, 2 * ret,
						    EXT4_DAX_WRITE_STEP);
			return ret;
		}
	}
zeroed:
	trace_ext4_dax_write_fallback(w->inode, w->iocb->ki_pos, block, ret);
	return ext4_dax_copy_zeroed(w, block);
}

/**
 * ext4_dax_may_allocate_ahead - is there space for more blocks than asked for?
 * @inode: a file
 *
 * Return: whether enough is free, and nobody counts what each user has.
 */
bool ext4_dax_may_allocate_ahead(struct inode *inode)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);

	if (percpu_counter_read_positive(&sbi->s_freeclusters_counter) <
	    ext4_blocks_count(sbi->s_es) / EXT4_DAX_AHEAD_MIN_FREE)
		return false;
	for (int type = 0; type < EXT4_MAXQUOTAS; type++)
		if (sb_has_quota_limits_enabled(inode->i_sb, type))
			return false;
	return true;
}

/*
 * How much to allocate beyond an append: as much as the file has, so that a small
 * file never has more blocks than twice its size.
 */
static size_t ext4_dax_ahead_wanted(struct inode *inode)
{
	if (!ext4_dax_may_allocate_ahead(inode))
		return 0;
	return round_down(min_t(loff_t, i_size_read(inode),
				EXT4_DAX_AHEAD_MAX), i_blocksize(inode));
}

static void ext4_dax_set_ahead(struct inode *inode, ext4_lblk_t start,
			       ext4_lblk_t end)
{
	struct ext4_dax_ahead *ahead = &EXT4_I(inode)->i_dax_ahead;
	struct ext4_dax *dax = &EXT4_SB(inode->i_sb)->s_dax;
	bool was = ahead->start < ahead->end, is = start < end;

	ahead->start = start;
	ahead->end = end;
	if (was == is)
		return;
	spin_lock(&dax->ahead_lock);
	if (is)
		list_add_tail(&ahead->list, &dax->ahead);
	else
		list_del_init(&ahead->list);
	spin_unlock(&dax->ahead_lock);
}

/**
 * ext4_dax_forget_ahead - the blocks ahead are gone, or somebody else's
 * @inode: a file
 *
 * Context: i_rwsem held for write, or the inode is being freed.
 */
void ext4_dax_forget_ahead(struct inode *inode)
{
	ext4_dax_set_ahead(inode, 0, 0);
}

/**
 * ext4_dax_trim_ahead - free the blocks that were allocated ahead
 * @inode: a file
 *
 * Where that fails they stay, unwritten, and go with the next truncate.
 *
 * Context: i_rwsem held for write, no handle, no range of i_mmap_sem held.
 * Return: whether there were any.
 */
bool ext4_dax_trim_ahead(struct inode *inode)
{
	ext4_lblk_t start = EXT4_I(inode)->i_dax_ahead.start;
	ext4_lblk_t end = EXT4_I(inode)->i_dax_ahead.end;
	handle_t *handle;

	if (start == end)
		return false;
	ext4_dax_forget_ahead(inode);
	if (WARN_ON_ONCE(start < ext4_dax_fault_end(inode) >> inode->i_blkbits))
		return false;
	handle = ext4_journal_start(inode, EXT4_HT_TRUNCATE,
				    ext4_writepage_trans_blocks(inode));
	if (IS_ERR(handle))
		return false;
	down_write(&EXT4_I(inode)->i_data_sem);
	ext4_discard_preallocations(inode);
	ext4_es_remove_extent(inode, start, end - start);
	ext4_ext_remove_space(inode, start, end - 1);
	/* See ext4_ext_trunc_restart_fn(). */
	ext4_es_remove_extent(inode, start, end - start);
	up_write(&EXT4_I(inode)->i_data_sem);
	ext4_fc_track_range(handle, inode, start, end - 1);
	ext4_mark_inode_dirty(handle, inode);
	ext4_journal_stop(handle);
	trace_ext4_dax_ahead_trim(inode, (loff_t)start << inode->i_blkbits,
				  (u64)(end - start) << inode->i_blkbits);
	return true;
}

/**
 * ext4_dax_open - a writer opens a file
 * @inode: the file
 *
 * i_writecount will not do for this: it counts a writer until its release has
 * returned, so of two that close at once neither sees that it is the last.
 */
void ext4_dax_open(struct inode *inode)
{
	atomic_inc(&EXT4_I(inode)->i_dax_ahead.writers);
}

/**
 * ext4_dax_release - a writer closes a file; the last one trims it
 * @inode: the file
 *
 * Context: process context, no locks. While the file system is frozen the blocks
 * stay, and where i_rwsem is not to be had within a second: until the file is
 * opened and closed again, or somebody finds no space; once the inode has left
 * memory, until a truncate.
 */
void ext4_dax_release(struct inode *inode)
{
	struct ext4_dax_ahead *ahead = &EXT4_I(inode)->i_dax_ahead;
	unsigned long end;

	/*
	 * Those who closed before have written, and are seen to have. Whoever
	 * opens from here on trims again.
	 */
	if (!atomic_dec_and_test(&ahead->writers))
		return;
	WRITE_ONCE(ahead->next, 0);
	if (list_empty_careful(&ahead->list))
		return;
	/*
	 * Not in line for the lock: a truncate may hold it, or be in that line,
	 * that waits for a page which this process has pinned.
	 */
	end = jiffies + HZ;
	while (!inode_trylock(inode)) {
		if (time_after(jiffies, end))
			return;
		schedule_timeout_uninterruptible(1);
	}
	if (sb_start_intwrite_trylock(inode->i_sb)) {
		/* An emergency remount makes it so under writers. */
		if (!sb_rdonly(inode->i_sb))
			ext4_dax_trim_ahead(inode);
		sb_end_intwrite(inode->i_sb);
	}
	inode_unlock(inode);
}

/**
 * ext4_dax_reclaim_ahead - free what is allocated ahead of all files
 * @sb: the file system, where somebody found no space
 *
 * Leaves out files that somebody is writing to: who finds no space there gives
 * back what is ahead of its own.
 *
 * Context: process context; locks of other inodes may be held, a handle not.
 * Return: whether there was anything to free.
 */
bool ext4_dax_reclaim_ahead(struct super_block *sb)
{
	struct ext4_dax *dax = &EXT4_SB(sb)->s_dax;
	struct ext4_dax_ahead *ahead;
	struct inode *inode;
	bool freed = false;
	LIST_HEAD(todo);

	if (sb_rdonly(sb) || ext4_journal_current_handle())
		return false;
	/* Who finds no space while another one reclaims has some afterwards. */
	mutex_lock(&dax->ahead_reclaim);
	spin_lock(&dax->ahead_lock);
	list_splice_init(&dax->ahead, &todo);
	while (!list_empty(&todo)) {
		ahead = list_first_entry(&todo, struct ext4_dax_ahead, list);
		list_move_tail(&ahead->list, &dax->ahead);
		inode = igrab(&container_of(ahead, struct ext4_inode_info,
					    i_dax_ahead)->vfs_inode);
		if (!inode)
			continue;
		spin_unlock(&dax->ahead_lock);
		if (inode_trylock(inode)) {
			freed |= ext4_dax_trim_ahead(inode);
			inode_unlock(inode);
		}
		iput(inode);
		spin_lock(&dax->ahead_lock);
	}
	spin_unlock(&dax->ahead_lock);
	mutex_unlock(&dax->ahead_reclaim);
	return freed;
}

/**
 * ext4_dax_should_retry - give back what is ahead of a file and of others
 * @inode: the file, which ext4_dax_reclaim_ahead() leaves out
 * @err: what an allocation for it ended with
 * @retries: 0 before the first try
 *
 * Context: i_rwsem held for write, no handle, no range of i_mmap_sem held.
 * Return: whether to try again.
 */
bool ext4_dax_should_retry(struct inode *inode, int err, int *retries)
{
	bool freed;

	if (err != -ENOSPC && err != -EDQUOT)
		return false;
	freed = ext4_dax_trim_ahead(inode);
	/* Space comes back with a commit, quota at once. */
	if (err == -ENOSPC)
		return ext4_should_retry_alloc(inode->i_sb, retries) || freed;
	return ext4_dax_reclaim_ahead(inode->i_sb) || freed;
}

/* Append to blocks that all start past the end; at most to one extent. */
static ssize_t ext4_dax_append(struct ext4_dax_write *w, size_t len)
{
	struct inode *inode = w->inode;
	struct ext4_dax_ahead *ahead = &EXT4_I(inode)->i_dax_ahead;
	unsigned int bs = i_blocksize(inode);
	loff_t pos = w->iocb->ki_pos, end;
	struct ext4_map_blocks map;
	ssize_t ret;
	size_t want;

	WARN_ON_ONCE(round_down(pos, bs) < ext4_dax_fault_end(inode));
	if (ahead->start != pos >> inode->i_blkbits)
		ext4_dax_trim_ahead(inode);
	want = READ_ONCE(ahead->next) == pos >> inode->i_blkbits ?
	       ext4_dax_ahead_wanted(inode) : 0;
	ret = ext4_dax_get_blocks(inode, &map, pos, &len, want);
	if (ret == -ENOSPC && want)
		ret = ext4_dax_get_blocks(inode, &map, pos, &len, 0);
	if (ret < 0)
		return ret;
	if (ret) {
		ext4_dax_set_ahead(inode, map.m_lblk, map.m_lblk + map.m_len);
		trace_ext4_dax_ahead_alloc(inode, pos,
					   (u64)map.m_len << inode->i_blkbits);
	}

	ret = ext4_dax_copy(w, len, &ext4_dax_got_ops);
	if (ret <= 0)
		goto out;
	end = pos + ret;
	ret = ext4_dax_zero(inode, round_down(pos, bs), pos);
	if (!ret)
		ret = ext4_dax_zero(inode, end, round_up(end, bs));
	if (ret) {
		ext4_dax_uncopy(w, end - pos);
		goto out;
	}
	ret = ext4_dax_show(w, pos, end);
	if (ret <= 0)
		goto out;
	ext4_dax_count_bytes(inode, EXT4_DAX_UNZEROED, ret);
	/* What was shown is the file's, and no longer ahead of it. */
	end = round_up(pos + ret, bs) >> inode->i_blkbits;
	WRITE_ONCE(ahead->next, end);
	if (ahead->start < ahead->end)
		ext4_dax_set_ahead(inode, min_t(loff_t, end, ahead->end),
				   ahead->end);
out:
	if (ret < (ssize_t)len)
		ext4_dax_trim_ahead(inode);
	return ret;
}

/* The next piece. Returns the bytes written, or an error if none. */
static ssize_t ext4_dax_write_piece(struct ext4_dax_write *w)
{
	struct inode *inode = w->inode;
	loff_t pos = w->iocb->ki_pos, inside;
	size_t block = i_blocksize(inode), len;
	struct ext4_map_blocks map;
	bool whole;
	int err;

	len = min_t(size_t, iov_iter_count(w->from), EXT4_DAX_WRITE_STEP -
		    (pos & (EXT4_DAX_WRITE_STEP - 1)));
	inside = ext4_dax_fault_end(inode) - pos;
	if (inside <= 0)
		return ext4_dax_append(w, len);

	/* Whole blocks, or what is wanted of one. */
	len = min_t(loff_t, len, inside);
	whole = !(pos & (block - 1)) && len >= block;
	len = whole ? round_down(len, block) :
		      min(len, block - (size_t)(pos & (block - 1)));
	err = ext4_dax_lookup(inode, &map, pos, &len);
	if (err)
		return err;
	if (ext4_dax_is_written(&map))
		return ext4_dax_overwrite(w, len);
	if (!whole || len < ext4_dax_unzeroed_min(inode))
		return ext4_dax_copy_zeroed(w, len);
	if (!(map.m_flags & EXT4_MAP_UNWRITTEN))
		len = ext4_dax_readable(w, len);
	return len ? ext4_dax_fill(w, len) : -EFAULT;
}

/*
 * RWF_NOWAIT: copy over blocks that are known to be written, as far as the
 * buffer is there. All else takes a transaction or a page fault, and may block.
 */
static ssize_t ext4_dax_write_nowait(struct ext4_dax_write *w)
{
	size_t len = iov_iter_count(w->from);
	struct inode *inode = w->inode;
	loff_t pos = w->iocb->ki_pos, end = pos + len;
	struct ext4_map_blocks map;
	ssize_t ret;

	if (end > EXT4_I(inode)->i_disksize)
		return -EAGAIN;
	for (loff_t at = pos; at < end;
	     at = (loff_t)(map.m_lblk + map.m_len) << inode->i_blkbits) {
		map.m_lblk = at >> inode->i_blkbits;
		map.m_len = EXT4_MAX_BLOCKS(end - at, at, inode->i_blkbits);
		ret = ext4_map_blocks(NULL, inode, &map,
				      EXT4_GET_BLOCKS_CACHED_NOWAIT);
		if (ret < 0)
			return ret;
		if (!ext4_dax_is_written(&map))
			return -EAGAIN;
	}
	pagefault_disable();
	ret = ext4_dax_copy(w, len, &ext4_iomap_overwrite_ops);
	pagefault_enable();
	return ret == -EFAULT ? -EAGAIN : ret;
}

/**
 * ext4_dax_write - write to a DAX file, zeroing no more than it must
 * @iocb: where; ki_pos moves with what was written
 * @from: what, after the write checks
 *
 * Context: process context, i_rwsem held for write, no handle, no range of
 * i_mmap_sem held.
 * Return: the bytes written, possibly short, or a negative errno.
 */
ssize_t ext4_dax_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct ext4_dax_write w = {
		.iocb = iocb,
		.from = from,
		.inode = file_inode(iocb->ki_filp),
		.fault_in = EXT4_DAX_WRITE_STEP,
	};
	size_t count = iov_iter_count(from);
	loff_t end = iocb->ki_pos + count;
	ssize_t ret = 0, done = 0;
	int retries = 0;

	if (!ext4_dax_may_skip_zeroing(w.inode)) {
		ext4_dax_trim_ahead(w.inode);
		return ext4_dax_write_zeroed(iocb, from);
	}
	if (iocb->ki_flags & IOCB_NOWAIT)
		return ext4_dax_write_nowait(&w);
	/* Most of what is small is copied over blocks that are written. */
	if (count < ext4_dax_unzeroed_min(w.inode) &&
	    end <= EXT4_I(w.inode)->i_disksize) {
		do {
			ret = ext4_dax_write_zeroed(iocb, from);
		} while (ext4_dax_should_retry(w.inode, ret, &retries));
		return ret;
	}

	while (iov_iter_count(from)) {
		ret = ext4_dax_write_piece(&w);
		if (ret > 0) {
			done += ret;
			retries = 0;
		} else if (!ext4_dax_should_retry(w.inode, ret, &retries)) {
			break;
		}
	}
	/*
	 * The CPU can't overwrite a part of a poisoned page: -EIO where we zero,
	 * -EFAULT where dax_iomap_rw() copies, as for a buffer that is not
	 * there, which is told apart. Zeroing the blocks through the block layer
	 * clears the poison.
	 */
	if (!done && (ret == -EIO ||
		      (ret == -EFAULT && !fault_in_iov_iter_readable(from, 1)))) {
		ext4_dax_trim_ahead(w.inode);
		ret = ext4_dax_write_zeroed(iocb, from);
	}
	return done ?: ret;
}
