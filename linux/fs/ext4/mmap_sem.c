// SPDX-License-Identifier: GPL-2.0-only
/*
 * i_mmap_sem: a lock of one inode that excludes DAX page faults from a range of
 * the file, and leaves the faults outside the range alone.
 *
 * Many faults share it; one holder at a time excludes them, for every holder
 * has i_rwsem exclusive. A plain rwsem will not
 * do: it covers the whole file, and it is fair to writers, so a holder in the
 * queue would stop every new fault until the slowest one in flight has ended,
 * the journal commit of a MAP_SYNC fault included.
 *
 * States of a fault: waiting -> admitted -> gone. One on a single page may spread,
 * while it is admitted, and gather again: in between it is alone in a range.
 *
 * Invariants: while a range is held and ext4_mmap_hold() has returned, no
 * admitted fault overlaps it. No admitted fault overlaps one that is alone.
 *
 *   - A fault that comes while the range is held sees @held under the lock and
 *     waits if it overlaps. One that came before is on the list, under the same
 *     lock, before @held was set, and the holder waits for it. There is no
 *     third order.
 *   - Releasing admits every waiter before the lock is dropped, but for those
 *     that overlap a fault alone. Whoever holds next waits for those that
 *     overlap; so a holder that comes back at once can't starve a fault. Faults
 *     that come without pause can't starve a holder: those that overlap queue
 *     behind its range.
 *   - A fault spreads only where no other is, be it admitted or waiting, and no
 *     range is held. It never waits for that, and sleeps for nothing that a
 *     waiter could have.
 *
 * Lock order:
 *   mmap_lock or per-VMA lock -> sb_start_pagefault -> shared side
 *	-> transaction start -> DAX entry lock -> i_data_sem
 *   i_rwsem -> invalidate_lock -> exclusive side -> transaction start
 * Never wait here inside a transaction.
 *
 * The uncontended shared side is two short spinlock sections and one compare.
 * Neither side allocates.
 */
#include <linux/pgtable.h>
#include <linux/sched/signal.h>
#include "mmap_sem.h"

/**
 * ext4_mmap_sem_init - make the gate of a new in-core inode
 * @sem: the gate
 */
void ext4_mmap_sem_init(struct ext4_mmap_sem *sem)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	static struct lock_class_key key;

	lockdep_init_map_wait(&sem->dep_map, "ext4_i_mmap_sem", &key, 0,
			      LD_WAIT_SLEEP);
#endif
	spin_lock_init(&sem->lock);
	sem->held = false;
	sem->alone = 0;
	INIT_LIST_HEAD(&sem->faults);
	init_waitqueue_head(&sem->wait);
}

/**
 * ext4_mmap_round_out - the pages of a range of bytes, rounded out to PMDs
 * @start: first byte
 * @end: the byte after the last, LLONG_MAX for "to the end of file"
 * @first: set to the first page
 * @last: set to the last page, ULONG_MAX for "to the end of file"
 */
void ext4_mmap_round_out(loff_t start, loff_t end, pgoff_t *first,
			 pgoff_t *last)
{
	*first = round_down(start, PMD_SIZE) >> PAGE_SHIFT;
	*last = ULONG_MAX;
	if (end < LLONG_MAX - PMD_SIZE)
		*last = (round_up(end, PMD_SIZE) >> PAGE_SHIFT) - 1;
}

static bool ext4_mmap_overlaps(pgoff_t first, pgoff_t last, pgoff_t from,
			       pgoff_t to)
{
	return first <= to && from <= last;
}

/* Does somebody hold a page of the range? */
static bool ext4_mmap_is_held(const struct ext4_mmap_sem *sem, pgoff_t first,
			      pgoff_t last)
{
	return sem->held &&
	       ext4_mmap_overlaps(first, last, sem->first, sem->last);
}

static bool ext4_mmap_may_enter(const struct ext4_mmap_sem *sem,
				const struct ext4_mmap_fault *f)
{
	const struct ext4_mmap_fault *other;

	if (ext4_mmap_is_held(sem, f->first, f->last))
		return false;
	if (likely(!sem->alone))
		return true;
	list_for_each_entry(other, &sem->faults, list)
		if (other->alone &&
		    ext4_mmap_overlaps(other->first, other->last, f->first,
				       f->last))
			return false;
	return true;
}

/* Let in whoever may now. Returns whether there was any. */
static bool ext4_mmap_admit(struct ext4_mmap_sem *sem)
{
	struct ext4_mmap_fault *f;
	bool any = false;

	list_for_each_entry(f, &sem->faults, list) {
		if (f->admitted || !ext4_mmap_may_enter(sem, f))
			continue;
		/*
		 * B: what was done to the range; matches A. The entry stays
		 * ours until the lock is dropped: its fault needs the lock to
		 * leave.
		 */
		smp_store_release(&f->admitted, true);
		any = true;
	}
	return any;
}

/* Is a fault in flight in the held range? */
static bool ext4_mmap_busy(struct ext4_mmap_sem *sem)
{
	struct ext4_mmap_fault *f;
	bool busy = false;

	spin_lock(&sem->lock);
	list_for_each_entry(f, &sem->faults, list) {
		busy = f->admitted && ext4_mmap_is_held(sem, f->first, f->last);
		if (busy)
			break;
	}
	spin_unlock(&sem->lock);
	return busy;
}

/**
 * ext4_mmap_try_enter - the shared side, for a fault
 * @sem: the gate
 * @f: the fault's entry; the caller's until it is gone
 * @first: first page that the fault may touch
 * @last: last one
 *
 * Context: process context, no transaction open.
 * Return: true if the fault is in; else it queues and calls ext4_mmap_wait().
 */
bool ext4_mmap_try_enter(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f,
			 pgoff_t first, pgoff_t last)
{
	bool in;

	f->first = first;
	f->last = last;
	f->alone = false;

	rwsem_acquire_read(&sem->dep_map, 0, 0, _RET_IP_);
	spin_lock(&sem->lock);
	in = ext4_mmap_may_enter(sem, f);
	f->admitted = in;
	list_add(&f->list, &sem->faults);
	spin_unlock(&sem->lock);
	return in;
}

/**
 * ext4_mmap_wait - wait for whoever keeps a queued fault out
 * @sem: the gate
 * @f: queued by ext4_mmap_try_enter()
 *
 * Context: process context, may sleep. Never gives up mmap_lock.
 * Return: 0 if the fault is in; -ERESTARTSYS if it was killed and is gone.
 */
int ext4_mmap_wait(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f)
{
	int ret;

	/* A: what was done to the range; matches B. */
	ret = wait_event_killable(sem->wait, smp_load_acquire(&f->admitted));
	if (!ret)
		return 0;

	spin_lock(&sem->lock);
	if (f->admitted)
		ret = 0;
	else
		list_del(&f->list);
	spin_unlock(&sem->lock);
	if (ret)
		rwsem_release(&sem->dep_map, _RET_IP_);
	return ret;
}

/**
 * ext4_mmap_leave - end of the shared side
 * @sem: the gate
 * @f: an admitted fault
 */
void ext4_mmap_leave(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f)
{
	bool awaited;

	spin_lock(&sem->lock);
	WARN_ON_ONCE(!f->admitted || f->alone);
	list_del(&f->list);
	awaited = ext4_mmap_is_held(sem, f->first, f->last);
	spin_unlock(&sem->lock);
	rwsem_release(&sem->dep_map, _RET_IP_);
	/* Only faults that were in before the range was held get here. */
	if (awaited)
		wake_up_all(&sem->wait);
}

/**
 * ext4_mmap_spread - be alone in more than the page that faulted
 * @sem: the gate
 * @page: the page; the caller is the fault on it, and is in
 * @last: last page of the range, which begins with @page
 *
 * Where another fault is or waits, or a range is held, nothing changes.
 *
 * Context: any in which a spinlock may be taken; does not sleep. Until
 * ext4_mmap_gather() the caller must not wait for a fault.
 * Return: the caller's entry if it is alone in the range now, or NULL.
 */
struct ext4_mmap_fault *ext4_mmap_spread(struct ext4_mmap_sem *sem,
					 pgoff_t page, pgoff_t last)
{
	struct ext4_mmap_fault *f, *own = NULL;
	unsigned int n = 0;

	spin_lock(&sem->lock);
	list_for_each_entry(f, &sem->faults, list) {
		if (ext4_mmap_overlaps(f->first, f->last, page, last)) {
			own = f;
			n++;
		}
	}
	WARN_ON_ONCE(!n);
	if (n != 1 || own->first != page || own->last != page ||
	    ext4_mmap_is_held(sem, page, last)) {
		own = NULL;
	} else {
		own->last = last;
		own->alone = true;
		sem->alone++;
	}
	spin_unlock(&sem->lock);
	return own;
}

/**
 * ext4_mmap_gather - undo ext4_mmap_spread()
 * @sem: the gate
 * @f: what that returned
 *
 * Context: any in which a spinlock may be taken; does not sleep.
 */
void ext4_mmap_gather(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f)
{
	bool awaited;

	spin_lock(&sem->lock);
	awaited = ext4_mmap_is_held(sem, f->first, f->last);
	f->last = f->first;
	f->alone = false;
	sem->alone--;
	awaited |= ext4_mmap_admit(sem);
	spin_unlock(&sem->lock);
	if (awaited)
		wake_up_all(&sem->wait);
}

/**
 * ext4_mmap_hold - the exclusive side: keep faults out of a range
 * @sem: the gate
 * @first: first page
 * @last: last page, ULONG_MAX for "to the end of file"
 *
 * On return no fault is in the range, and none enters it before
 * ext4_mmap_release().
 *
 * Context: process context, may sleep; i_rwsem held for write, no transaction
 * open.
 */
void ext4_mmap_hold(struct ext4_mmap_sem *sem, pgoff_t first, pgoff_t last)
{
	might_sleep();
	rwsem_acquire(&sem->dep_map, 0, 0, _RET_IP_);
	spin_lock(&sem->lock);
	WARN_ON_ONCE(sem->held || first > last);
	sem->held = true;
	sem->first = first;
	sem->last = last;
	spin_unlock(&sem->lock);
	wait_event(sem->wait, !ext4_mmap_busy(sem));
}

/**
 * ext4_mmap_release - let faults into the held range again
 * @sem: the gate, held by the caller
 *
 * Context: any in which a spinlock may be taken; does not sleep.
 */
void ext4_mmap_release(struct ext4_mmap_sem *sem)
{
	bool queued;

	ext4_mmap_assert_held(sem);
	spin_lock(&sem->lock);
	sem->held = false;
	queued = ext4_mmap_admit(sem);
	spin_unlock(&sem->lock);
	rwsem_release(&sem->dep_map, _RET_IP_);
	if (queued)
		wake_up_all(&sem->wait);
}

#ifdef CONFIG_EXT4_KUNIT_TESTS
#include "mmap_sem-test.c"
#endif
