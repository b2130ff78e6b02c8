// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pool of chunks that were zeroed ahead, for DAX page faults.
 *
 * A fault maps the block that it allocates at once, so the block is zeroed
 * first: inside the journal handle, under i_data_sem, with the program waiting.
 * Here a worker zeroes free chunks of 2 MiB ahead of that, and the allocator
 * serves from them what it would have to zero. With dax_zeroed_alloc, and with a
 * journal.
 *
 * A chunk is a preallocation of a third kind, MB_POOL_PA, on its group's list:
 *   in-core buddy = on-disk bitmap + preallocations
 * holds with it as with those of inodes and locality groups, when a buddy is
 * made again too. Counters of free clusters, df and quota don't see it. It starts
 * on a 2 MiB boundary of memory, as the page frame number has it, so that a PMD
 * can map it; the file system's own block numbers say nothing about that.
 *
 * States of a chunk, by where it is:
 *   claimed	on @claimed. Not free for others, and not zeroed
 *   in flight	on no list, pinned by the worker, which holds @busy
 *   ready	on @ready, zeroed and durably so
 *   open	on @open: the rest of a chunk that small files were served from, or
 *		that an inode has let go of
 *   in use	on no list, pinned by an allocation; then the rest goes back
 *   bad	on @bad: poison, or not contiguous memory. It stays until the pool
 *		is emptied or somebody finds no space, so it isn't tried again
 *   an inode's	a preallocation of that inode with pa_zeroed. When the inode lets
 *		go, what is behind its last used block is open, or ready
 *
 * Invariant: a free block of a preallocation with pa_zeroed reads as zeros, and
 * nothing wrote to it since. It leaves the preallocation when it is allocated,
 * and comes back only by way of the buddy and of the worker.
 *
 * What may be zeroed. With data=writeback, freed blocks return to the buddy before
 * the commit that frees them: a crash brings back the file. So a claimed chunk is
 * zeroed only after the transaction that was running when it was claimed is in
 * the log: whatever was freed in it before was freed by then. When the journal
 * aborts, jbd2 lets blocks go and counts the transaction as done all the same,
 * in every data mode; the worker looks at the abort last, and stops for good.
 *
 * No space. Whoever finds none raises @yielding, and waits for the chunk in
 * flight, by taking @busy, before it discards preallocations: then all chunks are
 * on a list and their group's, for ext4_mb_discard_group_preallocations() to
 * free. Nothing is claimed until a while after, nor where little is free at all.
 * A remount keeps the worker off in the same way, without the while after.
 *
 * Errors. Once one is recorded, what the bitmaps call free may be somebody's, and
 * he may have written to what was zeroed: nothing is claimed or zeroed, and what
 * is there is not taken for zeros.
 *
 * Order: sb_start_intwrite -> transaction start -> i_data_sem -> @busy -> group
 * lock -> @lock -> pa_lock. With @busy held neither a handle is started nor memory
 * reclaimed through the file system. Whoever takes a chunk off a list pins it,
 * by pa_count under pa_lock, and takes no group lock under @lock.
 */
#include <linux/blkdev.h>
#include <linux/buffer_head.h>
#include <linux/dax.h>
#include <linux/pfn_t.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include "ext4.h"
#include "ext4_jbd2.h"
#include "mballoc.h"
#include "dax_trace.h"

/* Block size is page size wherever there is a pool. */
#define EXT4_POOL_CHUNK		((ext4_grpblk_t)(PMD_SIZE / PAGE_SIZE))

/* The default target: this part of the file system, and at most. */
#define EXT4_POOL_SHARE		32
#define EXT4_POOL_MAX_KB	(SZ_1G >> 10)
#define EXT4_POOL_RATE_KB	(SZ_256M >> 10)

/* The part of all blocks that must be free for the pool to take any. */
#define EXT4_POOL_MIN_FREE	32

/* Files of at most these blocks share chunks, others get one a window. */
#define EXT4_POOL_SMALL		(EXT4_POOL_CHUNK / 2)

/* Of the rests of chunks, which nothing but small files can use, this many stay. */
#define EXT4_POOL_MAX_OPEN	8

/* How many chunks wait for one commit, and when too many were bad. */
#define EXT4_POOL_BATCH		32
#define EXT4_POOL_MAX_BAD	64

/* Delays of the worker, in jiffies. */
#define EXT4_POOL_NEVER		(-1L)
#define EXT4_POOL_SOON		(HZ / 10)
#define EXT4_POOL_LATER		(2 * HZ)

static struct ext4_pool *ext4_pool(struct super_block *sb)
{
	return &EXT4_SB(sb)->s_dax.pool;
}

static void ext4_pool_count(struct ext4_pool *pool, enum ext4_dax_counter which,
			    s64 blocks)
{
	ext4_dax_count(&EXT4_SB(pool->sb)->s_dax, which, blocks << PAGE_SHIFT);
}

static pgoff_t ext4_pool_pgoff(struct super_block *sb, ext4_fsblk_t pblk)
{
	return pblk + (EXT4_SB(sb)->s_dax_part_off >> PAGE_SHIFT);
}

/*
 * Chunks
 */

/* The first block at or after the one with page frame @pfn that starts a chunk. */
static ext4_grpblk_t ext4_pool_phase(unsigned long pfn)
{
	return -pfn & (EXT4_POOL_CHUNK - 1);
}

/*
 * The first free chunk in a group's @bitmap of @max blocks, at or after @start,
 * which starts one; or -1.
 */
static ext4_grpblk_t ext4_pool_find(void *bitmap, ext4_grpblk_t start,
				    ext4_grpblk_t max)
{
	ext4_grpblk_t used;

	while (start + EXT4_POOL_CHUNK <= max) {
		used = ext4_find_next_bit(bitmap, start + EXT4_POOL_CHUNK,
					  start);
		if (used >= start + EXT4_POOL_CHUNK)
			return start;
		start += round_up(used + 1 - start, EXT4_POOL_CHUNK);
	}
	return -1;
}

/* Is [pblk, pblk + EXT4_POOL_CHUNK) one aligned piece of memory, bad or not? */
static bool ext4_pool_is_aligned(struct super_block *sb, ext4_fsblk_t pblk)
{
	pfn_t pfn;
	long n;
	int id;

	id = dax_read_lock();
	n = dax_direct_access(EXT4_SB(sb)->s_daxdev, ext4_pool_pgoff(sb, pblk),
			      EXT4_POOL_CHUNK, DAX_ACCESS, NULL, &pfn);
	dax_read_unlock(id);
	if (n == -EHWPOISON)
		return true;
	return n >= EXT4_POOL_CHUNK && !ext4_pool_phase(pfn_t_to_pfn(pfn));
}

/* The first block of @group that starts a chunk, or one past the group. */
static ext4_grpblk_t ext4_pool_first(struct super_block *sb, ext4_group_t group)
{
	pfn_t pfn;
	long n;
	int id;

	id = dax_read_lock();
	n = dax_direct_access(EXT4_SB(sb)->s_daxdev,
			      ext4_pool_pgoff(sb, ext4_group_first_block_no(sb, group)),
			      1, DAX_RECOVERY_WRITE, NULL, &pfn);
	dax_read_unlock(id);
	return n < 1 ? EXT4_BLOCKS_PER_GROUP(sb) :
		       ext4_pool_phase(pfn_t_to_pfn(pfn));
}

/* Can there be a chunk at all? */
static bool ext4_pool_search(struct ext4_pool *pool)
{
	struct super_block *sb = pool->sb;
	ext4_group_t group, groups = ext4_get_groups_count(sb);
	ext4_grpblk_t first;
	ext4_fsblk_t pblk;

	if (pool->aligned || pool->searched == groups)
		return pool->aligned;
	for (group = pool->searched; group < groups && !pool->aligned; group++) {
		first = ext4_pool_first(sb, group);
		pblk = ext4_group_first_block_no(sb, group) + first;
		if (first + EXT4_POOL_CHUNK <= EXT4_BLOCKS_PER_GROUP(sb))
			pool->aligned = ext4_pool_is_aligned(sb, pblk);
		cond_resched();
	}
	pool->searched = groups;
	if (!pool->aligned)
		ext4_msg(sb, KERN_WARNING,
			 "no pool of zeroed chunks: no group has 2 MiB of memory that are aligned");
	return pool->aligned;
}

/*
 * With @pa pinned or not reachable yet. To the tail: neighbours are claimed, zeroed
 * and used in their order, so that extents merge.
 */
static void ext4_pool_add(struct ext4_pool *pool, struct list_head *list,
			  struct ext4_prealloc_space *pa)
{
	lockdep_assert_held(&pool->lock);
	list_add_tail(&pa->pa_node.lg_list, list);
	if (pa->pa_zeroed)
		atomic_long_add(pa->pa_free, &pool->ready_blocks);
}

/*
 * Take a run of at least @len blocks off a list, and pin it. One that is being
 * discarded is left alone.
 */
static struct ext4_prealloc_space *ext4_pool_take(struct ext4_pool *pool,
						  struct list_head *list,
						  ext4_grpblk_t len)
{
	struct ext4_prealloc_space *pa;

	spin_lock(&pool->lock);
	list_for_each_entry(pa, list, pa_node.lg_list) {
		spin_lock(&pa->pa_lock);
		if (!pa->pa_deleted && pa->pa_free >= len) {
			atomic_inc(&pa->pa_count);
			list_del_init(&pa->pa_node.lg_list);
			if (pa->pa_zeroed)
				atomic_long_sub(pa->pa_free,
						&pool->ready_blocks);
			spin_unlock(&pa->pa_lock);
			spin_unlock(&pool->lock);
			return pa;
		}
		spin_unlock(&pa->pa_lock);
	}
	spin_unlock(&pool->lock);
	return NULL;
}

static size_t ext4_pool_count_list(struct ext4_pool *pool,
				   struct list_head *list)
{
	size_t n;

	spin_lock(&pool->lock);
	n = list_count_nodes(list);
	spin_unlock(&pool->lock);
	return n;
}

/* Put a pinned chunk on a list, and let go of it. */
static void ext4_pool_put(struct ext4_pool *pool, struct list_head *list,
			  struct ext4_prealloc_space *pa)
{
	spin_lock(&pool->lock);
	ext4_pool_add(pool, list, pa);
	atomic_dec(&pa->pa_count);
	spin_unlock(&pool->lock);
}

/* Make a preallocation of the pool out of @pa, which nobody else can reach. */
static void ext4_pool_own(struct ext4_pool *pool, struct ext4_prealloc_space *pa)
{
	pa->pa_type = MB_POOL_PA;
	pa->pa_inode = NULL;
	pa->pa_lstart = 0;
	pa->pa_node_lock.lg_lock = &pool->lock;
	INIT_LIST_HEAD(&pa->pa_node.lg_list);
}

/*
 * Claim up to @want chunks of @group. Returns how many there were.
 *
 * As in ext4_try_to_trim_range(), a chunk is marked used and put on the group's
 * list under one hold of the group lock.
 */
static unsigned int ext4_pool_claim_group(struct ext4_pool *pool,
					  ext4_group_t group, unsigned int want)
{
	struct super_block *sb = pool->sb;
	struct ext4_group_info *grp = ext4_get_group_info(sb, group);
	ext4_fsblk_t base = ext4_group_first_block_no(sb, group);
	struct ext4_free_extent ex = {
		.fe_group = group,
		.fe_len = EXT4_POOL_CHUNK,
	};
	struct ext4_prealloc_space *pa;
	struct ext4_buddy e4b;
	unsigned int got = 0;
	ext4_grpblk_t start;

	if (!grp || EXT4_MB_GRP_BBITMAP_CORRUPT(grp) ||
	    READ_ONCE(grp->bb_free) < EXT4_POOL_CHUNK)
		return 0;
	/* Wherever a free chunk starts, it has one of the buddy's half as large. */
	if (!EXT4_MB_GRP_NEED_INIT(grp) &&
	    READ_ONCE(grp->bb_largest_free_order) < (int)PMD_ORDER - 1)
		return 0;
	start = ext4_pool_first(sb, group);
	if (ext4_mb_load_buddy(sb, group, &e4b))
		return 0;
	while (got < want) {
		pa = kmem_cache_zalloc(ext4_pspace_cachep, GFP_NOFS);
		if (!pa)
			break;
		spin_lock_init(&pa->pa_lock);
		ext4_pool_own(pool, pa);

		ext4_lock_group(sb, group);
		do {
			start = ext4_pool_find(e4b.bd_bitmap, start,
					       EXT4_BLOCKS_PER_GROUP(sb));
			if (start < 0 ||
			    ext4_sb_block_valid(sb, NULL, base + start,
						EXT4_POOL_CHUNK))
				break;
			start += EXT4_POOL_CHUNK;
		} while (1);
		if (start < 0 || EXT4_MB_GRP_BBITMAP_CORRUPT(grp)) {
			ext4_unlock_group(sb, group);
			kmem_cache_free(ext4_pspace_cachep, pa);
			break;
		}
		ex.fe_start = start;
		mb_mark_used(&e4b, &ex);
		pa->pa_pstart = base + start;
		pa->pa_len = EXT4_POOL_CHUNK;
		pa->pa_free = EXT4_POOL_CHUNK;
		list_add(&pa->pa_group_list, &grp->bb_prealloc_list);
		spin_lock(&pool->lock);
		ext4_pool_add(pool, &pool->claimed, pa);
		spin_unlock(&pool->lock);
		ext4_unlock_group(sb, group);

		trace_ext4_dax_pool_claim(sb, base + start, EXT4_POOL_CHUNK);
		start += EXT4_POOL_CHUNK;
		got++;
	}
	ext4_mb_unload_buddy(&e4b);
	return got;
}

/* Claim up to @want chunks anywhere. Returns how many there were. */
static unsigned int ext4_pool_claim(struct ext4_pool *pool, unsigned int want)
{
	ext4_group_t groups = ext4_get_groups_count(pool->sb);
	unsigned int got = 0;

	for (ext4_group_t i = 0; i < groups; i++) {
		if (pool->group >= groups)
			pool->group = 0;
		got += ext4_pool_claim_group(pool, pool->group, want - got);
		if (got == want || atomic_read(&pool->yielding))
			break;
		pool->group++;
		cond_resched();
	}
	return got;
}

/*
 * Give a chunk that nobody else has pinned, on no list, back to the buddy. False if
 * that could not be done.
 */
static bool ext4_pool_drop(struct ext4_pool *pool,
			   struct ext4_prealloc_space *pa)
{
	struct super_block *sb = pool->sb;
	struct ext4_buddy e4b;
	ext4_group_t group;
	ext4_grpblk_t bit;

	trace_ext4_dax_pool_drop(sb, pa->pa_pstart, pa->pa_len);
	ext4_get_group_no_and_offset(sb, pa->pa_pstart, &group, &bit);
	if (ext4_mb_load_buddy_gfp(sb, group, &e4b, GFP_NOFS | __GFP_NOFAIL)) {
		/* Its bitmap can't be read: nobody can use the blocks. */
		pa->pa_zeroed = false;
		ext4_pool_put(pool, &pool->bad, pa);
		return false;
	}
	ext4_lock_group(sb, group);
	/* For who looked at the group's list before, and at the buddy after. */
	this_cpu_inc(discard_pa_seq);
	list_del(&pa->pa_group_list);
	mb_free_blocks(NULL, &e4b, bit, pa->pa_len);
	EXT4_MB_GRP_CLEAR_TRIMMED(e4b.bd_info);
	ext4_unlock_group(sb, group);
	ext4_mb_unload_buddy(&e4b);
	WARN_ON_ONCE(atomic_read(&pa->pa_count) != 1);
	kmem_cache_free(ext4_pspace_cachep, pa);
	return true;
}

/*
 * The worker
 */

static bool ext4_pool_has_errors(struct super_block *sb)
{
	return READ_ONCE(EXT4_SB(sb)->s_mount_state) & EXT4_ERROR_FS;
}

static bool ext4_pool_is_wanted(struct ext4_pool *pool)
{
	struct super_block *sb = pool->sb;

	return READ_ONCE(EXT4_SB(sb)->s_dax.zeroed_alloc) &&
	       READ_ONCE(pool->target_kb) && !sb_rdonly(sb) &&
	       !ext4_forced_shutdown(sb) &&
	       !ext4_pool_has_errors(sb) &&
	       !is_journal_aborted(EXT4_SB(sb)->s_journal);
}

/* Somebody looks for the last free blocks, or soon may. */
static bool ext4_pool_must_wait(struct ext4_pool *pool)
{
	struct ext4_sb_info *sbi = EXT4_SB(pool->sb);
	u64 free = percpu_counter_read_positive(&sbi->s_freeclusters_counter);

	return atomic_read_acquire(&pool->yielding) ||
	       time_before(jiffies, READ_ONCE(pool->hold_until)) ||
	       free < atomic_long_read(&pool->ready_blocks) +
		      ext4_blocks_count(sbi->s_es) / EXT4_POOL_MIN_FREE;
}

/* The transaction in which blocks may have been freed that are in the buddy. */
static tid_t ext4_pool_tid(struct ext4_pool *pool)
{
	journal_t *journal = EXT4_SB(pool->sb)->s_journal;
	tid_t tid;

	read_lock(&journal->j_state_lock);
	if (journal->j_running_transaction)
		tid = journal->j_running_transaction->t_tid;
	else if (journal->j_committing_transaction)
		tid = journal->j_committing_transaction->t_tid;
	else
		tid = journal->j_commit_sequence;
	read_unlock(&journal->j_state_lock);
	return tid;
}

/*
 * Is what was claimed free in the last transaction that is in the log? 1 if so, 0
 * if not yet, -EROFS if it will never be known.
 */
static int ext4_pool_is_committed(struct ext4_pool *pool)
{
	journal_t *journal = EXT4_SB(pool->sb)->s_journal;
	bool done = true;

	/* Otherwise the buddy gets them from the commit's callback. */
	if (test_opt(pool->sb, DATA_FLAGS) == EXT4_MOUNT_WRITEBACK_DATA) {
		read_lock(&journal->j_state_lock);
		done = tid_geq(journal->j_commit_sequence, pool->tid);
		read_unlock(&journal->j_state_lock);
	}
	/*
	 * The abort comes last. A commit that fails sets it before it moves
	 * j_commit_sequence, under j_state_lock, and before it calls back, which
	 * takes the group lock that the claim took.
	 */
	smp_rmb();
	if (is_journal_aborted(journal))
		return -EROFS;
	return done;
}

/* Zero a chunk, durably. */
static int ext4_pool_zero(struct super_block *sb, ext4_fsblk_t pblk)
{
	struct dax_device *dax_dev = EXT4_SB(sb)->s_daxdev;
	pgoff_t pgoff = ext4_pool_pgoff(sb, pblk);
	int id, err = 0;
	pfn_t pfn;
	long n;

	id = dax_read_lock();
	n = dax_direct_access(dax_dev, pgoff, EXT4_POOL_CHUNK, DAX_ACCESS, NULL,
			      &pfn);
	dax_read_unlock(id);
	if (n < 0)
		return n;
	if (n < EXT4_POOL_CHUNK || ext4_pool_phase(pfn_t_to_pfn(pfn)))
		return -ENXIO;

	/* What the page cache of the device has would overwrite the zeros. */
	clean_bdev_aliases(sb->s_bdev, pblk, EXT4_POOL_CHUNK);
	for (int i = 0; i < EXT4_POOL_CHUNK && !err; i++) {
		id = dax_read_lock();
		err = dax_zero_page_range(dax_dev, pgoff + i, 1);
		dax_read_unlock(id);
		cond_resched();
	}
	if (!err)
		err = blkdev_issue_flush(sb->s_bdev);
	return err;
}

/* Take the first chunk that is claimed, zero it, and publish it. */
static void ext4_pool_fill_one(struct ext4_pool *pool)
{
	struct ext4_prealloc_space *pa;
	struct super_block *sb = pool->sb;
	ext4_fsblk_t pblk;
	int err;

	pa = ext4_pool_take(pool, &pool->claimed, EXT4_POOL_CHUNK);
	if (!pa)
		return;
	pblk = pa->pa_pstart;
	err = ext4_pool_zero(sb, pblk);
	if (err) {
		ext4_pool_put(pool, &pool->bad, pa);
		trace_ext4_dax_pool_bad(sb, pblk, EXT4_POOL_CHUNK);
		ext4_pool_count(pool, EXT4_DAX_POOL_BAD, EXT4_POOL_CHUNK);
		if (ext4_pool_count_list(pool, &pool->bad) == EXT4_POOL_MAX_BAD)
			ext4_msg(sb, KERN_WARNING,
				 "the pool of zeroed chunks stops: %u can't be zeroed, the last one at block %llu (%d)",
				 EXT4_POOL_MAX_BAD, pblk, err);
		return;
	}
	pa->pa_zeroed = true;
	ext4_pool_put(pool, &pool->ready, pa);
	trace_ext4_dax_pool_ready(sb, pblk, EXT4_POOL_CHUNK);
	ext4_pool_count(pool, EXT4_DAX_POOL_ZEROED, EXT4_POOL_CHUNK);
}

/* How long to wait after a chunk was zeroed at @now, in jiffies. */
static long ext4_pool_pace(struct ext4_pool *pool, ktime_t now)
{
	unsigned int rate_kb = READ_ONCE(pool->rate_kb);

	if (!rate_kb)
		return 0;
	pool->next = ktime_add_ns(ktime_after(pool->next, now) ? pool->next : now,
				  div_u64((PMD_SIZE >> 10) * (u64)NSEC_PER_SEC,
					  rate_kb));
	/* Rounded down; what that gains is lost at the next one. */
	return nsecs_to_jiffies(ktime_to_ns(ktime_sub(pool->next, now)));
}

/* Claim if there is nothing to zero; zero one. Returns when to go on. */
static long ext4_pool_fill(struct ext4_pool *pool, unsigned int want)
{
	ktime_t now = ktime_get();
	unsigned int got;

	if (ktime_before(now, pool->next) &&
	    nsecs_to_jiffies(ktime_to_ns(ktime_sub(pool->next, now))))
		return nsecs_to_jiffies(ktime_to_ns(ktime_sub(pool->next, now)));
	if (list_empty_careful(&pool->claimed)) {
		if (test_opt(pool->sb, DATA_FLAGS) !=
		    EXT4_MOUNT_WRITEBACK_DATA)
			want = 1;
		got = ext4_pool_claim(pool, min(want, EXT4_POOL_BATCH));
		if (got)
			pool->tid = ext4_pool_tid(pool);
		/* It broke off, and somebody waits for @busy. */
		if (atomic_read(&pool->yielding))
			return EXT4_POOL_LATER;
		if (!got)
			return EXT4_POOL_LATER << min(pool->nr_none++, 4u);
		pool->nr_none = 0;
	}
	switch (ext4_pool_is_committed(pool)) {
	case 0:
		return EXT4_POOL_SOON;
	case 1:
		/* Claiming may have found an error. */
		if (!ext4_pool_is_wanted(pool))
			return 0;
		ext4_pool_fill_one(pool);
		return ext4_pool_pace(pool, now);
	default:
		return EXT4_POOL_NEVER;
	}
}

/* One step of the worker: one chunk more, or one less. Returns when to go on. */
static long ext4_pool_step(struct ext4_pool *pool)
{
	struct list_head *lists[] = {
		&pool->claimed, &pool->open, &pool->ready, &pool->bad
	};
	bool wanted = ext4_pool_is_wanted(pool) && ext4_pool_search(pool);
	long target = DIV_ROUND_UP_ULL(READ_ONCE(pool->target_kb),
				       PAGE_SIZE >> 10);
	long ready = atomic_long_read(&pool->ready_blocks), delay;
	struct ext4_prealloc_space *pa = NULL;

	lockdep_assert_held(&pool->busy);
	/* A chunk that is begun counts as a whole one. */
	if (!wanted || ready >= target + EXT4_POOL_CHUNK)
		for (int i = 0; i < ARRAY_SIZE(lists) - wanted && !pa; i++)
			pa = ext4_pool_take(pool, lists[i], 1);
	else if (ext4_pool_count_list(pool, &pool->open) > EXT4_POOL_MAX_OPEN)
		pa = ext4_pool_take(pool, &pool->open, 1);
	if (pa)
		return ext4_pool_drop(pool, pa) ? 0 : EXT4_POOL_NEVER;
	if (!wanted || ready >= target ||
	    ext4_pool_count_list(pool, &pool->bad) >= EXT4_POOL_MAX_BAD)
		return EXT4_POOL_NEVER;
	if (ext4_pool_must_wait(pool))
		return EXT4_POOL_LATER;
	/* While it lasts, leave the memory and the CPU to those who use it. */
	if (ready > target / 4 &&
	    time_before(jiffies, READ_ONCE(pool->used) + EXT4_POOL_SOON))
		return EXT4_POOL_SOON;
	/* Frozen, or about to be. */
	if (!sb_start_intwrite_trylock(pool->sb))
		return EXT4_POOL_LATER;
	delay = ext4_pool_fill(pool, DIV_ROUND_UP(target - ready,
						  EXT4_POOL_CHUNK));
	sb_end_intwrite(pool->sb);
	return delay;
}

static void ext4_pool_work(struct work_struct *work)
{
	struct ext4_pool *pool = container_of(to_delayed_work(work),
					      struct ext4_pool, work);
	unsigned int nofs = memalloc_nofs_save();
	long delay;

	mutex_lock(&pool->busy);
	delay = ext4_pool_step(pool);
	mutex_unlock(&pool->busy);
	memalloc_nofs_restore(nofs);
	if (delay != EXT4_POOL_NEVER)
		queue_delayed_work(pool->wq, &pool->work, delay);
}

/**
 * ext4_pool_init - no pool yet
 * @pool: zeroed by its owner
 */
void ext4_pool_init(struct ext4_pool *pool)
{
	INIT_DELAYED_WORK(&pool->work, ext4_pool_work);
	mutex_init(&pool->busy);
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->claimed);
	INIT_LIST_HEAD(&pool->ready);
	INIT_LIST_HEAD(&pool->open);
	INIT_LIST_HEAD(&pool->bad);
}

/**
 * ext4_pool_start - the file system may have a pool from here on
 * @sb: mounted but for its sysfs folder, the journal replayed
 *
 * There is none, and no knob for it works, where DAX can't be in force, without a
 * journal, with data=journal or bigalloc, or without memory for a worker.
 *
 * Context: mount, may sleep.
 */
void ext4_pool_start(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct ext4_pool *pool = ext4_pool(sb);
	u64 share = ext4_blocks_count(sbi->s_es) / EXT4_POOL_SHARE;

	/* Of an error that came with the journal, the superblock alone knows. */
	sbi->s_mount_state |= le16_to_cpu(sbi->s_es->s_state) & EXT4_ERROR_FS;
	if (!test_bit(EXT4_FLAGS_BDEV_IS_DAX, &sbi->s_ext4_flags) ||
	    !sbi->s_journal || sbi->s_cluster_ratio > 1 ||
	    test_opt(sb, DATA_FLAGS) == EXT4_MOUNT_JOURNAL_DATA)
		return;
	pool->sb = sb;
	pool->hold_until = jiffies;
	pool->used = jiffies - EXT4_POOL_SOON;
	pool->rate_kb = EXT4_POOL_RATE_KB;
	pool->target_kb = round_down(min(share << (PAGE_SHIFT - 10),
					 EXT4_POOL_MAX_KB), PMD_SIZE >> 10);
	pool->wq = alloc_workqueue("ext4-dax-pool/%s",
				   WQ_UNBOUND | WQ_FREEZABLE, 1, sb->s_id);
	if (!pool->wq) {
		pool->target_kb = 0;
		ext4_msg(sb, KERN_WARNING,
			 "no pool of zeroed chunks: no memory");
		return;
	}
	queue_delayed_work(pool->wq, &pool->work, 0);
}

/**
 * ext4_pool_stop - the end of the pool
 * @sb: its sysfs folder gone, nobody allocates; not yet ext4_mb_release(), which
 *	frees what is left
 *
 * Waits for one chunk at most. Context: may sleep.
 */
void ext4_pool_stop(struct super_block *sb)
{
	struct ext4_pool *pool = ext4_pool(sb);

	if (!pool->wq)
		return;
	disable_delayed_work_sync(&pool->work);
	destroy_workqueue(pool->wq);
	pool->wq = NULL;
}

/**
 * ext4_pool_exists - can this file system have a pool?
 * @sb: the file system
 *
 * Return: whether ext4_pool_start() made one, be it empty.
 */
bool ext4_pool_exists(struct super_block *sb)
{
	return ext4_pool(sb)->wq;
}

/**
 * ext4_pool_update - what the pool depends on has changed
 * @sb: the file system
 *
 * When it returns, nothing is zeroed any more that isn't to be from now on.
 *
 * Context: may sleep; no transaction open.
 */
void ext4_pool_update(struct super_block *sb)
{
	struct ext4_pool *pool = ext4_pool(sb);

	if (!pool->wq)
		return;
	mutex_lock(&pool->busy);
	pool->next = 0;
	pool->nr_none = 0;
	mutex_unlock(&pool->busy);
	mod_delayed_work(pool->wq, &pool->work, 0);
}

/*
 * Use
 */

/* Does no preallocation of @ei overlap [start, end)? One being discarded counts. */
static bool ext4_pool_range_is_clear(struct ext4_inode_info *ei,
				     ext4_lblk_t start, ext4_lblk_t end)
{
	struct rb_node *node, *last = NULL;
	struct ext4_prealloc_space *pa;
	bool clear = true;

	read_lock(&ei->i_prealloc_lock);
	for (node = ei->i_prealloc_node.rb_node; node;) {
		pa = rb_entry(node, struct ext4_prealloc_space,
			      pa_node.inode_node);
		if (pa->pa_lstart < end) {
			last = node;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	/* Those that live don't overlap, so the first of them is the last. */
	for (; last && clear; last = rb_prev(last)) {
		pa = rb_entry(last, struct ext4_prealloc_space,
			      pa_node.inode_node);
		clear = (u64)pa->pa_lstart + pa->pa_len <= start;
		if (!READ_ONCE(pa->pa_deleted))
			break;
	}
	read_unlock(&ei->i_prealloc_lock);
	return clear;
}

/**
 * ext4_pool_ahead - how many blocks has an inode that are zeroed?
 * @inode: the file
 * @lblk: a block of it that is a hole
 *
 * Return: how many there are for @lblk and what follows, some of which may be
 * used already. A hint: they may be gone when they are looked for.
 */
u32 ext4_pool_ahead(struct inode *inode, u32 lblk)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_prealloc_space *pa;
	struct rb_node *node;
	u32 len = 0;

	read_lock(&ei->i_prealloc_lock);
	for (node = ei->i_prealloc_node.rb_node; node;) {
		pa = rb_entry(node, struct ext4_prealloc_space,
			      pa_node.inode_node);
		if (lblk < pa->pa_lstart) {
			node = node->rb_left;
		} else if (lblk - pa->pa_lstart >= pa->pa_len) {
			node = node->rb_right;
		} else {
			if (pa->pa_zeroed && !READ_ONCE(pa->pa_deleted))
				len = pa->pa_lstart + pa->pa_len - lblk;
			break;
		}
	}
	read_unlock(&ei->i_prealloc_lock);
	return len;
}

/* The first @len blocks of a pinned run are what was looked for. */
static void ext4_pool_use_run(struct ext4_allocation_context *ac,
			      struct ext4_prealloc_space *pa, ext4_grpblk_t len)
{
	ext4_get_group_no_and_offset(ac->ac_sb, pa->pa_pstart,
				     &ac->ac_b_ex.fe_group,
				     &ac->ac_b_ex.fe_start);
	ac->ac_b_ex.fe_len = len;
	ac->ac_status = AC_STATUS_FOUND;
	ac->ac_pa = pa;
}

/*
 * A pinned chunk becomes the inode's preallocation for the window that starts at
 * @window, and serves what was looked for. It stays on its group's list.
 */
static void ext4_pool_use_window(struct ext4_allocation_context *ac,
				 struct ext4_prealloc_space *pa,
				 ext4_lblk_t window)
{
	struct ext4_inode_info *ei = EXT4_I(ac->ac_inode);

	spin_lock(&pa->pa_lock);
	pa->pa_type = MB_INODE_PA;
	pa->pa_lstart = window;
	pa->pa_inode = ac->ac_inode;
	pa->pa_node_lock.inode_lock = &ei->i_prealloc_lock;
	ext4_mb_use_inode_pa(ac, pa);
	spin_unlock(&pa->pa_lock);

	write_lock(&ei->i_prealloc_lock);
	ext4_mb_pa_rb_insert(&ei->i_prealloc_node, &pa->pa_node.inode_node);
	write_unlock(&ei->i_prealloc_lock);
	atomic_inc(&ei->i_prealloc_active);
}

/**
 * ext4_pool_use - serve an allocation from the pool
 * @ac: what is looked for; no preallocation of the inode has it
 *
 * A whole aligned 2 MiB gets a chunk, a part of them in a large file a chunk as
 * the inode's preallocation, a small file the front of a chunk that is shared.
 *
 * Context: i_data_sem held for write, a transaction open.
 * Return: whether it is found, with ac_pa pinned.
 */
bool ext4_pool_use(struct ext4_allocation_context *ac)
{
	struct super_block *sb = ac->ac_sb;
	struct ext4_pool *pool = ext4_pool(sb);
	struct ext4_inode_info *ei = EXT4_I(ac->ac_inode);
	ext4_lblk_t start = ac->ac_o_ex.fe_logical;
	ext4_lblk_t window = round_down(start, EXT4_POOL_CHUNK);
	ext4_grpblk_t len = min(ac->ac_o_ex.fe_len, EXT4_POOL_CHUNK);
	struct ext4_prealloc_space *pa = NULL;
	loff_t blocks;
	bool whole;

	if (!(ac->ac_flags & EXT4_MB_WANT_ZEROED) ||
	    (ac->ac_flags & EXT4_MB_HINT_GOAL_ONLY) ||
	    !atomic_long_read(&pool->ready_blocks))
		return false;
	if (!ext4_pool_is_wanted(pool)) {
		mod_delayed_work(pool->wq, &pool->work, 0);
		return false;
	}

	blocks = max_t(loff_t, i_size_read(ac->ac_inode) >> PAGE_SHIFT,
		       (loff_t)start + len);
	whole = start == window && len == EXT4_POOL_CHUNK;
	if (whole || blocks > EXT4_POOL_SMALL) {
		if (window > EXT_MAX_BLOCKS - EXT4_POOL_CHUNK ||
		    !ext4_pool_range_is_clear(ei, window,
					      window + EXT4_POOL_CHUNK))
			return false;
		if (!whole && (ac->ac_flags & EXT4_MB_HINT_NOPREALLOC))
			return false;
		pa = ext4_pool_take(pool, &pool->ready, EXT4_POOL_CHUNK);
	} else if (ext4_pool_range_is_clear(ei, start, start + len)) {
		pa = ext4_pool_take(pool, &pool->open, len);
		if (!pa)
			pa = ext4_pool_take(pool, &pool->ready, len);
	}
	if (!pa)
		return false;

	trace_ext4_dax_pool_use(sb, pa->pa_pstart, len);
	if (whole || blocks <= EXT4_POOL_SMALL)
		ext4_pool_use_run(ac, pa, len);
	else
		ext4_pool_use_window(ac, pa, window);
	WRITE_ONCE(pool->used, jiffies);
	queue_delayed_work(pool->wq, &pool->work, EXT4_POOL_SOON);
	return true;
}

/**
 * ext4_pool_release - an allocation from a run of the pool has ended
 * @ac: the allocation, ac_b_ex.fe_len 0 if it failed
 * @pa: the run, still pinned
 *
 * Context: as ext4_pool_use().
 * Return: whether the pool has what is left, and @pa is let go of. If not, nothing
 * is left, and the caller lets go of it.
 */
bool ext4_pool_release(struct ext4_allocation_context *ac,
		       struct ext4_prealloc_space *pa)
{
	struct ext4_pool *pool = ext4_pool(ac->ac_sb);

	/* After the on-disk bitmap has the blocks, for who makes a buddy. */
	spin_lock(&pa->pa_lock);
	pa->pa_pstart += ac->ac_b_ex.fe_len;
	pa->pa_len -= ac->ac_b_ex.fe_len;
	pa->pa_free -= ac->ac_b_ex.fe_len;
	spin_unlock(&pa->pa_lock);
	if (!pa->pa_free)
		return false;
	ext4_pool_put(pool, pa->pa_free == EXT4_POOL_CHUNK ? &pool->ready :
							      &pool->open, pa);
	return true;
}

/**
 * ext4_pool_forget - a run of the pool is discarded for want of space
 * @sb: the file system
 * @pa: the run, which is not pinned
 *
 * The caller takes it off its list, with pa_node_lock.lg_lock held.
 *
 * Context: pa_lock held.
 */
void ext4_pool_forget(struct super_block *sb, struct ext4_prealloc_space *pa)
{
	if (pa->pa_zeroed)
		atomic_long_sub(pa->pa_free, &ext4_pool(sb)->ready_blocks);
}

/**
 * ext4_pool_give_back - an inode lets go of a preallocation
 * @e4b: the buddy of its group
 * @bitmap: the on-disk bitmap of its group
 * @pa: the preallocation, deleted, on no list; loses what is given back
 *
 * The pool has again what lies behind the last block that was used: the whole
 * chunk, or a run for small files if there are few of them. What is left of @pa
 * is for the caller to free.
 *
 * Context: i_data_sem held for write, the group locked.
 */
void ext4_pool_give_back(struct ext4_buddy *e4b, void *bitmap,
			 struct ext4_prealloc_space *pa)
{
	struct super_block *sb = e4b->bd_sb;
	struct ext4_pool *pool = ext4_pool(sb);
	struct ext4_prealloc_space *rest;
	ext4_grpblk_t first, used, len;

	/* Who raises @yielding locks the group after that, to discard. */
	if (!pa->pa_zeroed || !pool->wq || !ext4_pool_is_wanted(pool) ||
	    ext4_pool_must_wait(pool))
		return;
	ext4_get_group_no_and_offset(sb, pa->pa_pstart, NULL, &first);
	for (used = pa->pa_len; used; used--)
		if (ext4_test_bit(first + used - 1, bitmap))
			break;
	len = pa->pa_len - used;
	if (len < EXT4_POOL_SMALL ||
	    (used && ext4_pool_count_list(pool, &pool->open) >=
		     EXT4_POOL_MAX_OPEN))
		return;
	rest = kmem_cache_zalloc(ext4_pspace_cachep, GFP_NOWAIT);
	if (!rest)
		return;

	spin_lock_init(&rest->pa_lock);
	ext4_pool_own(pool, rest);
	rest->pa_pstart = pa->pa_pstart + used;
	rest->pa_len = len;
	rest->pa_free = len;
	rest->pa_zeroed = true;
	trace_ext4_dax_pool_back(sb, rest->pa_pstart, len);
	list_add(&rest->pa_group_list, &e4b->bd_info->bb_prealloc_list);
	spin_lock(&pool->lock);
	ext4_pool_add(pool, used ? &pool->open : &pool->ready, rest);
	spin_unlock(&pool->lock);
	pa->pa_len -= len;
	pa->pa_free -= len;
	/* It may be one too many, or not be wanted any more. */
	queue_delayed_work(pool->wq, &pool->work, EXT4_POOL_SOON);
}

/**
 * ext4_pool_yield - no chunk is claimed or in flight until ext4_pool_unyield()
 * @sb: the file system, where somebody found no space, or that is remounted
 *
 * Waits for the one chunk that is in flight. Also where the pool is being turned
 * off, for the worker may hold a chunk all the same.
 *
 * Context: may sleep; a transaction and i_data_sem may be held.
 */
void ext4_pool_yield(struct super_block *sb)
{
	struct ext4_pool *pool = ext4_pool(sb);

	/* Before @busy is taken, so that who takes it next sees it. */
	atomic_inc(&pool->yielding);
	mutex_lock(&pool->busy);
	mutex_unlock(&pool->busy);
}

/**
 * ext4_pool_unyield - undo ext4_pool_yield()
 * @sb: the file system
 * @discarded: the worker goes on holding off for a while, until what was
 *	discarded is used
 */
void ext4_pool_unyield(struct super_block *sb, bool discarded)
{
	struct ext4_pool *pool = ext4_pool(sb);

	if (discarded)
		WRITE_ONCE(pool->hold_until, jiffies + EXT4_POOL_LATER);
	/*
	 * Pairs with the acquire in ext4_pool_must_wait(): a worker that does not
	 * see @yielding any more sees @hold_until.
	 */
	smp_mb__before_atomic();
	atomic_dec(&pool->yielding);
	if (!pool->wq)
		return;
	/* Nothing may be left whose use would start the worker. */
	if (discarded)
		queue_delayed_work(pool->wq, &pool->work, EXT4_POOL_LATER);
	else
		mod_delayed_work(pool->wq, &pool->work, 0);
}

/*
 * Read blocks by a copy that survives poison. Returns the first that is not
 * zeros, or can't be read, or @end if there is none.
 */
static ext4_fsblk_t ext4_pool_verify(struct super_block *sb, ext4_fsblk_t pblk,
				     ext4_fsblk_t end)
{
	void *copy = (void *)__get_free_page(GFP_NOFS | __GFP_NOFAIL);
	void *kaddr;
	int id;

	id = dax_read_lock();
	for (; pblk < end; pblk++) {
		if (dax_direct_access(EXT4_SB(sb)->s_daxdev,
				      ext4_pool_pgoff(sb, pblk), 1, DAX_ACCESS,
				      &kaddr, NULL) < 1 ||
		    copy_mc_to_kernel(copy, kaddr, PAGE_SIZE) ||
		    memchr_inv(copy, 0, PAGE_SIZE))
			break;
	}
	dax_read_unlock(id);
	free_page((unsigned long)copy);
	return pblk;
}

/* Has a block become bad since it was zeroed? */
static bool ext4_pool_is_poisoned(struct super_block *sb, ext4_fsblk_t pblk,
				  unsigned int len)
{
	long n;
	int id;

	id = dax_read_lock();
	n = dax_direct_access(EXT4_SB(sb)->s_daxdev, ext4_pool_pgoff(sb, pblk),
			      len, DAX_ACCESS, NULL, NULL);
	dax_read_unlock(id);
	return n < (long)len;
}

/**
 * ext4_pool_zeroed - need new blocks not be zeroed?
 * @inode: the file
 * @map: new blocks, which nothing shows yet; EXT4_MAP_ZEROED goes
 *
 * Blocks that have become bad are zeroed inline, which clears them; so are those
 * of a file system with errors, which may be another file's too. With the knob
 * verify, blocks of the pool are read first. What is not zeros is logged and
 * counted, and the caller zeroes it.
 *
 * Context: i_data_sem held for write, a transaction open.
 * Return: whether they are zeros.
 */
bool ext4_pool_zeroed(struct inode *inode, struct ext4_map_blocks *map)
{
	struct super_block *sb = inode->i_sb;
	struct ext4_pool *pool = ext4_pool(sb);
	ext4_fsblk_t end = map->m_pblk + map->m_len, bad;

	if (!(map->m_flags & EXT4_MAP_ZEROED))
		return false;
	map->m_flags &= ~EXT4_MAP_ZEROED;
	if (ext4_pool_has_errors(sb) ||
	    ext4_pool_is_poisoned(sb, map->m_pblk, map->m_len))
		return false;
	if (READ_ONCE(pool->verify)) {
		bad = ext4_pool_verify(sb, map->m_pblk, end);
		if (bad < end) {
			ext4_dax_count(&EXT4_SB(sb)->s_dax,
				       EXT4_DAX_VERIFY_FAILED, 1);
			ext4_msg(sb, KERN_ERR,
				 "block %llu of the pool, for inode %lu, is not zeros",
				 bad, inode->i_ino);
			return false;
		}
	}
	ext4_pool_count(pool, EXT4_DAX_POOL_HIT, map->m_len);
	return true;
}

#ifdef CONFIG_EXT4_KUNIT_TESTS
#include "dax_pool-test.c"
#endif
