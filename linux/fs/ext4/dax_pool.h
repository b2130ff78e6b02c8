/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool of pre-zeroed chunks. What it is for and how it works: dax_pool.c. */
#ifndef _EXT4_DAX_POOL_H
#define _EXT4_DAX_POOL_H

#include <linux/atomic.h>
#include <linux/jbd2.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct ext4_allocation_context;
struct ext4_buddy;
struct ext4_map_blocks;
struct ext4_prealloc_space;
struct inode;
struct super_block;

/**
 * struct ext4_pool - the pool of one file system
 * @sb: the file system. Set once
 * @wq: runs @work. NULL where there can't be a pool; written by
 *	ext4_pool_start() and ext4_pool_stop() only
 * @work: the worker
 * @busy: held by the worker while a chunk is in flight: found, and neither on a
 *	list nor in the buddy. Protects @tid, @group and @next
 * @tid: @claimed may be zeroed when this transaction is committed
 * @group: where the search goes on
 * @next: no chunk is zeroed before, because of @rate_kb
 * @yielding: how many look for the last free blocks; no chunk is claimed then
 * @hold_until: nor before this, in jiffies. Written with @yielding raised
 * @used: when something was served, in jiffies; no lock
 * @lock: protects the lists, and what is taken off them until it is put back
 * @claimed: chunks that are not zeroed yet
 * @ready: zeroed chunks
 * @open: zeroed runs that are left of chunks, for small files
 * @bad: chunks that can't be zeroed
 * @ready_blocks: of @ready and @open. Moves with them, under pa_lock or a pin
 * @nr_none: how often in a row there was none to claim. @busy
 * @searched: the groups that were looked at for room for a chunk. @busy
 * @aligned: one of them has it. @busy
 * @target_kb: the knobs of the same names, each a single store and read without
 * @rate_kb:	a lock
 * @verify:
 */
struct ext4_pool {
	struct super_block *sb;
	struct workqueue_struct *wq;
	struct delayed_work work;
	struct mutex busy;		/* one chunk in flight */
	tid_t tid;
	unsigned int group;
	ktime_t next;
	atomic_t yielding;
	unsigned long hold_until;
	unsigned long used;
	spinlock_t lock;		/* of the lists */
	struct list_head claimed;
	struct list_head ready;
	struct list_head open;
	struct list_head bad;
	atomic_long_t ready_blocks;
	unsigned int nr_none;
	unsigned int searched;
	bool aligned;
	unsigned int target_kb;
	unsigned int rate_kb;
	bool verify;
};

#ifdef CONFIG_FS_DAX
void ext4_pool_init(struct ext4_pool *pool);
void ext4_pool_start(struct super_block *sb);
void ext4_pool_stop(struct super_block *sb);
void ext4_pool_update(struct super_block *sb);
bool ext4_pool_exists(struct super_block *sb);

u32 ext4_pool_ahead(struct inode *inode, u32 lblk);
bool ext4_pool_use(struct ext4_allocation_context *ac);
bool ext4_pool_release(struct ext4_allocation_context *ac,
		       struct ext4_prealloc_space *pa);
void ext4_pool_forget(struct super_block *sb, struct ext4_prealloc_space *pa);
void ext4_pool_give_back(struct ext4_buddy *e4b, void *bitmap,
			 struct ext4_prealloc_space *pa);
void ext4_pool_yield(struct super_block *sb);
void ext4_pool_unyield(struct super_block *sb, bool discarded);
bool ext4_pool_zeroed(struct inode *inode, struct ext4_map_blocks *map);
#else
static inline void ext4_pool_start(struct super_block *sb)
{
}

static inline void ext4_pool_stop(struct super_block *sb)
{
}

static inline void ext4_pool_update(struct super_block *sb)
{
}

static inline bool ext4_pool_use(struct ext4_allocation_context *ac)
{
	return false;
}

static inline bool ext4_pool_release(struct ext4_allocation_context *ac,
				     struct ext4_prealloc_space *pa)
{
	return false;
}

static inline void ext4_pool_forget(struct super_block *sb,
				    struct ext4_prealloc_space *pa)
{
}

static inline void ext4_pool_give_back(struct ext4_buddy *e4b, void *bitmap,
				       struct ext4_prealloc_space *pa)
{
}

static inline void ext4_pool_yield(struct super_block *sb)
{
}

static inline void ext4_pool_unyield(struct super_block *sb, bool discarded)
{
}

static inline bool ext4_pool_zeroed(struct inode *inode,
				    struct ext4_map_blocks *map)
{
	return false;
}
#endif

#endif /* _EXT4_DAX_POOL_H */
