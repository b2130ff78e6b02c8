/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * i_mmap_sem: keeps DAX page faults out of a range of one file. See mmap_sem.c.
 */
#ifndef _EXT4_MMAP_SEM_H
#define _EXT4_MMAP_SEM_H

#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct ext4_mmap_sem - the gate of one inode
 * @lock: protects all that follows but @wait. A leaf; taken from process
 *	context only.
 * @alone: how many faults in flight are alone in their range
 * @held: somebody holds [@first, @last]
 * @first: first page of the held range
 * @last: last page of the held range, ULONG_MAX for "to the end of file"
 * @faults: struct ext4_mmap_fault of the faults in flight and of those waiting
 * @wait: the holder-to-be waits here for faults, faults for the holder
 */
struct ext4_mmap_sem {
	spinlock_t lock;		/* of all that follows but @wait */
	unsigned int alone;
	bool held;
	pgoff_t first;
	pgoff_t last;
	struct list_head faults;
	wait_queue_head_t wait;
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lockdep_map dep_map;
#endif
};

/* It is in every inode: a few words, where no option makes locks larger. */
static_assert(sizeof(struct ext4_mmap_sem) <= 72 ||
	      IS_ENABLED(CONFIG_DEBUG_SPINLOCK) ||
	      IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) ||
	      IS_ENABLED(CONFIG_PREEMPT_RT));

/**
 * struct ext4_mmap_fault - one fault at the gate, on that fault's stack
 * @list: on ext4_mmap_sem.faults, under its lock
 * @first: first page that the fault may touch
 * @last: last one
 * @admitted: in flight rather than waiting. Set under the lock, by the fault
 *	itself or by who lets it in; read by the waiter without it.
 * @alone: keeps other faults out of its pages. Under the lock, by the fault itself
 */
struct ext4_mmap_fault {
	struct list_head list;
	pgoff_t first;
	pgoff_t last;
	bool admitted;
	bool alone;
};

void ext4_mmap_sem_init(struct ext4_mmap_sem *sem);

void ext4_mmap_round_out(loff_t start, loff_t end, pgoff_t *first,
			 pgoff_t *last);

bool ext4_mmap_try_enter(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f,
			 pgoff_t first, pgoff_t last);
int ext4_mmap_wait(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f);
void ext4_mmap_leave(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f);

struct ext4_mmap_fault *ext4_mmap_spread(struct ext4_mmap_sem *sem,
					 pgoff_t page, pgoff_t last);
void ext4_mmap_gather(struct ext4_mmap_sem *sem, struct ext4_mmap_fault *f);

void ext4_mmap_hold(struct ext4_mmap_sem *sem, pgoff_t first, pgoff_t last);
void ext4_mmap_release(struct ext4_mmap_sem *sem);

/* Only the holder may ask; others would race. */
static inline void ext4_mmap_assert_held(struct ext4_mmap_sem *sem)
{
	lockdep_assert_held_write(sem);
	WARN_ON_ONCE(!sem->held);
}

#endif /* _EXT4_MMAP_SEM_H */
