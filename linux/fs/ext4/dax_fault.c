// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds i_mmap_sem, and for which range.
 *
 * A DAX fault takes the shared side for the pages that it may touch: one, or
 * those of a PMD (2 MiB on x86). Whoever takes blocks away, or shows blocks that
 * were not there, takes the exclusive side for what it changes, rounded out to
 * PMDs: removing a DAX entry removes all of it, and a page-table entry that a
 * fault put back beside the range, inside that entry, would have no entry
 * behind it, so that neither fsync nor ext4_break_layouts() would find it.
 *
 * An operation may hold less than the file only if the mapping tree bears
 * changes outside its range while it lets go of i_data_sem to extend its
 * transaction. Truncate and punch of extents do. Collapse and insert range
 * don't, for extents on both sides of their edge can merge. Indirect blocks
 * don't, for a block above the range is shared with what is beside it; nor do
 * the clusters of bigalloc.
 *
 * invalidate_lock goes on keeping faults out of the page cache; DAX faults do
 * not take it.
 */
#include <linux/dax.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include "ext4.h"

#define CREATE_TRACE_POINTS
#include "dax_trace.h"

/* Blocks that a fault allocates at most. */
#define EXT4_DAX_SPREAD_MAX	64U

/**
 * ext4_dax_enter_fault - the shared side, around one DAX fault
 * @inode: the DAX file
 * @f: the fault's entry, on its stack
 * @pgoff: the page that faulted
 * @order: log2 of the pages that the fault may map
 *
 * Counts and times the wait, if there is one. The fault looks at the file only
 * after this, so it sees what the holder left.
 *
 * Context: process context, no transaction open; mmap_lock or the VMA's held.
 * Return: 0, or -ERESTARTSYS if the task was killed while it waited.
 */
int ext4_dax_enter_fault(struct inode *inode, struct ext4_mmap_fault *f,
			 pgoff_t pgoff, unsigned int order)
{
	struct ext4_mmap_sem *sem = &EXT4_I(inode)->i_mmap_sem;
	struct ext4_dax *dax = &EXT4_SB(inode->i_sb)->s_dax;
	pgoff_t first = round_down(pgoff, 1UL << order);
	pgoff_t last = first + (1UL << order) - 1;
	ktime_t since;
	s64 us;
	int ret;

	if (likely(ext4_mmap_try_enter(sem, f, first, last)))
		return 0;

	since = ktime_get();
	ret = ext4_mmap_wait(sem, f);
	us = ktime_us_delta(ktime_get(), since);
	ext4_dax_count(dax, EXT4_DAX_RANGE_WAITS, 1);
	ext4_dax_count(dax, EXT4_DAX_RANGE_WAIT_US, us);
	trace_ext4_dax_range_wait(inode, first, last, us, ret);
	return ret;
}

/**
 * ext4_dax_leave_fault - end of the shared side
 * @inode: the DAX file
 * @f: the fault's entry
 */
void ext4_dax_leave_fault(struct inode *inode, struct ext4_mmap_fault *f)
{
	ext4_mmap_leave(&EXT4_I(inode)->i_mmap_sem, f);
}

/**
 * ext4_dax_note_fault - count how a DAX fault ended
 * @inode: the DAX file
 * @pgoff: the page that faulted
 * @order: log2 of the pages that it tried to map, 0 or PMD_ORDER
 * @result: what goes back to the page fault handler
 */
void ext4_dax_note_fault(struct inode *inode, pgoff_t pgoff,
			 unsigned int order, vm_fault_t result)
{
	struct ext4_dax *dax = &EXT4_SB(inode->i_sb)->s_dax;

	trace_ext4_dax_fault(inode, pgoff, order, result);
	if (result & VM_FAULT_FALLBACK)
		ext4_dax_count(dax, EXT4_DAX_FALLBACK_FAULTS, 1);
	else if (!(result & VM_FAULT_ERROR))
		ext4_dax_count(dax, order ? EXT4_DAX_PMD_FAULTS :
					    EXT4_DAX_PTE_FAULTS, 1);
}

/**
 * ext4_dax_join_extents - look beyond the end of an extent
 * @inode: the DAX file, faults on the range entered
 * @map: blocks that are mapped; m_len grows by those that go on where it ends
 * @len: how many are wanted
 *
 * Extents merge inside a leaf of the tree only. What was written at random lies in
 * several leaves, and without this a huge page across two of them would never be
 * mapped as one.
 */
void ext4_dax_join_extents(struct inode *inode, struct ext4_map_blocks *map,
			   unsigned int len)
{
	const unsigned int state = EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN;
	struct ext4_map_blocks next;

	while (map->m_len < len) {
		next.m_lblk = map->m_lblk + map->m_len;
		next.m_len = len - map->m_len;
		next.m_flags = 0;
		if (ext4_map_blocks(NULL, inode, &next, 0) <= 0 ||
		    next.m_pblk != map->m_pblk + map->m_len ||
		    (next.m_flags ^ map->m_flags) & state)
			return;
		map->m_len += next.m_len;
	}
}

/**
 * ext4_dax_spread_fault - let a fault allocate blocks beyond its page
 * @inode: the DAX file
 * @map: the block of the page, not written; m_len grows where this may be
 *
 * A fault that goes on where a run of written blocks ends gets as many blocks
 * again as the run has, if they are the inode's and zeroed: so the next faults
 * need no transaction. A file that is touched here and there stays sparse.
 *
 * The zero page may be mapped for the pages behind. It is unmapped, and as the
 * fault is alone in the range until ext4_dax_gather_fault(), it is not mapped
 * again before the blocks are in the mapping tree. Otherwise it could stay for
 * ever, for a later write(2) finds written blocks and unmaps nothing.
 *
 * Context: the fault of that page, its DAX entry locked.
 * Return: for ext4_dax_gather_fault(), or NULL if nothing changed.
 */
struct ext4_mmap_fault *ext4_dax_spread_fault(struct inode *inode,
					      struct ext4_map_blocks *map)
{
	struct ext4_mmap_sem *sem = &EXT4_I(inode)->i_mmap_sem;
	ext4_lblk_t lblk = map->m_lblk, hole, len;
	struct ext4_mmap_fault *f;
	struct extent_status es;
	loff_t left;

	/* Blocks that are there and not written would be zeroed all at once. */
	if (!lblk || !ext4_es_lookup_extent(inode, lblk, NULL, &es) ||
	    !ext4_es_is_hole(&es))
		return NULL;
	/* What is mapped behind the hole would be unmapped for nothing. */
	hole = es.es_lblk + es.es_len - lblk;
	if (!ext4_es_lookup_extent(inode, lblk - 1, NULL, &es) ||
	    !ext4_es_is_written(&es))
		return NULL;
	len = min3(lblk - es.es_lblk + 1, hole, EXT4_DAX_SPREAD_MAX);
	len = min(len, ext4_pool_ahead(inode, lblk));
	if (len < 2 || !ext4_dax_may_allocate_ahead(inode))
		return NULL;
	f = ext4_mmap_spread(sem, lblk, lblk + len - 1);
	if (!f)
		return NULL;
	/* Whoever makes the file shorter waits for the fault by now. */
	left = DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE) - lblk;
	map->m_len = min_t(loff_t, len, left);
	unmap_mapping_pages(inode->i_mapping, lblk, map->m_len, false);
	return f;
}

/**
 * ext4_dax_gather_fault - undo ext4_dax_spread_fault()
 * @inode: the DAX file
 * @f: what that returned
 *
 * The blocks are in the mapping tree by now, for the faults that come.
 */
void ext4_dax_gather_fault(struct inode *inode, struct ext4_mmap_fault *f)
{
	ext4_mmap_gather(&EXT4_I(inode)->i_mmap_sem, f);
}

static void ext4_dax_hold_pages(struct inode *inode, pgoff_t first,
				pgoff_t last)
{
	lockdep_assert_held_write(&inode->i_rwsem);
	ext4_mmap_hold(&EXT4_I(inode)->i_mmap_sem, first, last);
	trace_ext4_dax_range_hold(inode, first, last);
}

static void ext4_dax_hold(struct inode *inode, pgoff_t first, pgoff_t last)
{
	filemap_invalidate_lock(inode->i_mapping);
	if (IS_DAX(inode))
		ext4_dax_hold_pages(inode, first, last);
}

/**
 * ext4_exclude_faults - keep page faults out of a range of bytes
 * @inode: a regular file
 * @start: first byte
 * @end: the byte after the last, LLONG_MAX for "to the end of file"
 *
 * Takes invalidate_lock, and on a DAX inode i_mmap_sem for the range, rounded
 * out to PMDs, or for the whole file where its mapping tree needs that.
 *
 * Context: i_rwsem held for write, no transaction open.
 */
void ext4_exclude_faults(struct inode *inode, loff_t start, loff_t end)
{
	pgoff_t first = 0, last = ULONG_MAX;

	if (ext4_test_inode_flag(inode, EXT4_INODE_EXTENTS) &&
	    EXT4_SB(inode->i_sb)->s_cluster_ratio == 1)
		ext4_mmap_round_out(start, end, &first, &last);
	ext4_dax_hold(inode, first, last);
}

/**
 * ext4_admit_faults - undo ext4_exclude_faults()
 * @inode: the file
 *
 * Context: does not sleep.
 */
void ext4_admit_faults(struct inode *inode)
{
	if (IS_DAX(inode))
		ext4_admit_faults_after_write(inode);
	filemap_invalidate_unlock(inode->i_mapping);
}

/**
 * ext4_exclude_faults_for_write - keep DAX page faults out of what is written
 * @inode: the DAX file
 * @start: first byte, at a page
 * @end: the byte after the last, at a page
 *
 * Takes i_mmap_sem for these pages and no more. A write removes no data, and the
 * only entries that it removes are those of holes, which a fault on a single
 * page never leaves beside one of its own; so it need not round out to PMDs.
 *
 * Context: i_rwsem held for write, no transaction open. Until
 * ext4_admit_faults_after_write() the caller must not fault.
 */
void ext4_exclude_faults_for_write(struct inode *inode, loff_t start,
				   loff_t end)
{
	WARN_ON_ONCE(offset_in_page(start | end));
	ext4_dax_hold_pages(inode, start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT);
}

/**
 * ext4_admit_faults_after_write - undo ext4_exclude_faults_for_write()
 * @inode: the DAX file
 *
 * Context: does not sleep.
 */
void ext4_admit_faults_after_write(struct inode *inode)
{
	struct ext4_mmap_sem *sem = &EXT4_I(inode)->i_mmap_sem;

	trace_ext4_dax_range_release(inode, sem->first, sem->last);
	ext4_mmap_release(sem);
}

/**
 * ext4_assert_faults_excluded - that no DAX fault can be in a range
 * @inode: the file
 * @start: first byte
 * @end: the byte after the last, LLONG_MAX for "to the end of file"
 */
void ext4_assert_faults_excluded(struct inode *inode, loff_t start, loff_t end)
{
	struct ext4_mmap_sem *sem = &EXT4_I(inode)->i_mmap_sem;

	if (!IS_DAX(inode))
		return;
	ext4_mmap_assert_held(sem);
	WARN_ON_ONCE(sem->first > start >> PAGE_SHIFT);
	WARN_ON_ONCE(sem->last < (pgoff_t)((end - 1) >> PAGE_SHIFT) &&
		     sem->last != ULONG_MAX);
}

/* Let go of both locks, for as long as somebody has a page pinned. */
static void ext4_dax_wait_page(struct inode *inode)
{
	struct ext4_mmap_sem *sem = &EXT4_I(inode)->i_mmap_sem;
	pgoff_t first = sem->first, last = sem->last;

	ext4_admit_faults(inode);
	schedule();
	ext4_dax_hold(inode, first, last);
}

/**
 * ext4_break_layouts - wait until no page is pinned that is about to go
 * @inode: a file out of which ext4_exclude_faults() keeps faults
 * @start: first byte that goes
 * @end: the byte after the last, LLONG_MAX for "to the end of file"
 *
 * A DAX entry goes whole, so the pages that count are those of the range rounded
 * out to PMDs, however much more of the file is held. Lets go of both locks
 * while it waits, and holds the same range again on return, with an error too.
 *
 * Context: no transaction open.
 * Return: 0, or -ERESTARTSYS on a signal.
 */
int ext4_break_layouts(struct inode *inode, loff_t start, loff_t end)
{
	pgoff_t first, last;
	struct page *page;
	atomic_t *ref;
	int error;

	if (!IS_DAX(inode))
		return 0;

	ext4_assert_faults_excluded(inode, start, end);
	ext4_mmap_round_out(start, end, &first, &last);
	start = (loff_t)first << PAGE_SHIFT;
	end = last == ULONG_MAX ? LLONG_MAX : (loff_t)last << PAGE_SHIFT;
	do {
		page = dax_layout_busy_page_range(inode->i_mapping, start, end);
		if (!page)
			return 0;

		/*
		 * The condition and ext4_admit_faults() run in
		 * TASK_INTERRUPTIBLE: neither may sleep.
		 */
		ref = &page->_refcount;
		error = ___wait_var_event(ref, atomic_read(ref) == 1,
					  TASK_INTERRUPTIBLE, 0, 0,
					  ext4_dax_wait_page(inode));
	} while (error == 0);

	return error;
}

/**
 * ext4_dax_write_edges - write back what a removal would forget was dirty
 * @inode: a file out of which ext4_exclude_faults() keeps faults
 * @start: first byte whose DAX entry will be removed
 * @end: the byte after the last, LLONG_MAX for "to the end of file"
 *
 * An edge inside a PMD entry removes all of the entry, its dirty tag included,
 * and the part outside the range would never be flushed again. Faults are out
 * of that part too, so it stays clean until the entry is gone. Errors that the
 * mapping remembers are left for fsync.
 *
 * Context: no transaction open, may sleep.
 * Return: 0 or a negative errno.
 */
int ext4_dax_write_edges(struct inode *inode, loff_t start, loff_t end)
{
	struct address_space *mapping = inode->i_mapping;
	loff_t edge;
	int ret = 0;

	if (!IS_DAX(inode))
		return 0;

	ext4_assert_faults_excluded(inode, start, end);
	edge = round_down(start, PMD_SIZE);
	if (edge < start)
		ret = filemap_fdatawrite_range(mapping, edge, start - 1);
	if (ret || end >= LLONG_MAX - PMD_SIZE)
		return ret;
	edge = round_up(end, PMD_SIZE);
	if (end < edge)
		ret = filemap_fdatawrite_range(mapping, end, edge - 1);
	return ret;
}
