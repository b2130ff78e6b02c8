/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ext4 keeps for each DAX-capable file system, and the entry points of
 * dax_fault.c, dax_super.c, dax_sysfs.c and dax_write.c.
 */
#ifndef _EXT4_DAX_H
#define _EXT4_DAX_H

#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/mm_types.h>
#include <linux/pagemap.h>
#include <linux/percpu_counter.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "dax_pool.h"
#include "mmap_sem.h"

struct ext4_map_blocks;
struct iov_iter;

/* Bytes that a write allocates, holds, copies and converts at a time. */
#define EXT4_DAX_WRITE_STEP		SZ_16M

/*
 * The default of write_unzeroed_min_kb, in bytes, and its limit. MiB/s in an
 * emulated machine, stock and ours with the knob at 0, medians of three:
 *		 4 KiB		16 KiB		64 KiB
 *	unwritten 159, 215	444, 686	547, 1853
 *	hole	 45, 48		177, 180	535, 634
 *	written	 862, 710	1806, 1773	2396, 2754
 * Below 16 KiB the look-up costs more in written blocks than zeroing in others.
 */
#define EXT4_DAX_WRITE_UNZEROED_MIN	SZ_16K
#define EXT4_DAX_WRITE_UNZEROED_MAX	EXT4_DAX_WRITE_STEP

/* Since mount. */
enum ext4_dax_counter {
	EXT4_DAX_UNZEROED,	/* bytes never zeroed: a write filled them */
	EXT4_DAX_INLINE_ZEROED,	/* bytes zeroed while somebody waited */
	EXT4_DAX_RANGE_WAITS,	/* faults that waited for a held range */
	EXT4_DAX_RANGE_WAIT_US,	/* for how long in all */
	EXT4_DAX_PMD_FAULTS,	/* faults that mapped 2 MiB */
	EXT4_DAX_PTE_FAULTS,	/* faults that mapped one page */
	EXT4_DAX_FALLBACK_FAULTS, /* 2 MiB tries that fell back */
	EXT4_DAX_POOL_ZEROED,	/* bytes that the pool's worker zeroed */
	EXT4_DAX_POOL_HIT,	/* bytes that were served from the pool */
	EXT4_DAX_POOL_BAD,	/* bytes that the worker could not zero */
	EXT4_DAX_VERIFY_FAILED,	/* allocations that were found not to be zeros */
	EXT4_DAX_NR_COUNTERS,
};

/**
 * struct ext4_dax_ahead - blocks that appends allocated and have yet to fill
 * @start: first of them. i_rwsem of the inode, held for write
 * @end: the block after the last, @start if there are none. As @start
 * @next: the block after the last append since a writer opened the file, 0 if
 *	there was none. A hint: each a single store, read without a lock
 * @list: on ext4_dax.ahead while there are any. ext4_dax.ahead_lock
 * @writers: open files that can write. Atomic
 */
struct ext4_dax_ahead {
	u32 start;
	u32 end;
	u32 next;
	struct list_head list;
	atomic_t writers;
};

/**
 * struct ext4_dax - the DAX side of one mounted file system
 * @zeroed_alloc: the option in force. Written at mount, by remount and by the
 *	sysfs knob, each a single store; read without a lock, once an operation.
 * @write_unzeroed_min: bytes that a write inside a file must fill in one go for
 *	them not to be zeroed first. Written at mount and by its sysfs knob, each
 *	a single store; read without a lock.
 * @counters: percpu, no lock; live from ext4_dax_init() to ext4_dax_exit().
 * @ahead_lock: protects @ahead. A leaf, but for i_lock.
 * @ahead_reclaim: held by who reclaims what is ahead of all files. Under it i_rwsem
 *	is only tried
 * @ahead: struct ext4_dax_ahead of the inodes that have blocks ahead
 * @pool: the pool of pre-zeroed chunks
 * @kobj: the sysfs folder, NULL where the device can't do DAX. Written at
 *	mount and unmount only.
 */
struct ext4_dax {
	bool zeroed_alloc;
	unsigned int write_unzeroed_min;
	struct percpu_counter counters[EXT4_DAX_NR_COUNTERS];
	spinlock_t ahead_lock;		/* of @ahead */
	struct mutex ahead_reclaim;	/* one at a time */
	struct list_head ahead;
	struct ext4_pool pool;
	struct kobject *kobj;
};

#ifdef CONFIG_FS_DAX
int ext4_dax_init(struct ext4_dax *dax);
void ext4_dax_exit(struct ext4_dax *dax);
void ext4_dax_count(struct ext4_dax *dax, enum ext4_dax_counter which,
		    s64 amount);
const char *ext4_dax_zeroed_alloc_refusal(struct super_block *sb);
int ext4_dax_mount_option(struct super_block *sb, bool given, bool on);
unsigned long ext4_dax_default_stripe(struct super_block *sb);

int ext4_dax_register_sysfs(struct super_block *sb);
void ext4_dax_unregister_sysfs(struct super_block *sb);

ssize_t ext4_dax_write(struct kiocb *iocb, struct iov_iter *from);
void ext4_dax_forget_ahead(struct inode *inode);
bool ext4_dax_trim_ahead(struct inode *inode);
void ext4_dax_open(struct inode *inode);
void ext4_dax_release(struct inode *inode);
bool ext4_dax_reclaim_ahead(struct super_block *sb);
bool ext4_dax_should_retry(struct inode *inode, int err, int *retries);
bool ext4_dax_may_allocate_ahead(struct inode *inode);
/* file.c: the stock path, which zeroes every new block. */
ssize_t ext4_dax_write_zeroed(struct kiocb *iocb, struct iov_iter *from);

int ext4_dax_enter_fault(struct inode *inode, struct ext4_mmap_fault *f,
			 pgoff_t pgoff, unsigned int order);
void ext4_dax_leave_fault(struct inode *inode, struct ext4_mmap_fault *f);
void ext4_dax_note_fault(struct inode *inode, pgoff_t pgoff,
			 unsigned int order, vm_fault_t result);
void ext4_dax_join_extents(struct inode *inode, struct ext4_map_blocks *map,
			   unsigned int len);
struct ext4_mmap_fault *ext4_dax_spread_fault(struct inode *inode,
					      struct ext4_map_blocks *map);
void ext4_dax_gather_fault(struct inode *inode, struct ext4_mmap_fault *f);
void ext4_exclude_faults(struct inode *inode, loff_t start, loff_t end);
void ext4_admit_faults(struct inode *inode);
void ext4_exclude_faults_for_write(struct inode *inode, loff_t start,
				   loff_t end);
void ext4_admit_faults_after_write(struct inode *inode);
void ext4_assert_faults_excluded(struct inode *inode, loff_t start, loff_t end);
int ext4_break_layouts(struct inode *inode, loff_t start, loff_t end);
int ext4_dax_write_edges(struct inode *inode, loff_t start, loff_t end);

#else
int ext4_should_retry_alloc(struct super_block *sb, int *retries);

static inline int ext4_dax_init(struct ext4_dax *dax)
{
	return 0;
}

static inline void ext4_dax_exit(struct ext4_dax *dax)
{
}

static inline int ext4_dax_mount_option(struct super_block *sb, bool given,
					bool on)
{
	return 0;
}

static inline unsigned long ext4_dax_default_stripe(struct super_block *sb)
{
	return 0;
}

static inline int ext4_dax_register_sysfs(struct super_block *sb)
{
	return 0;
}

static inline void ext4_dax_unregister_sysfs(struct super_block *sb)
{
}

static inline void ext4_dax_count(struct ext4_dax *dax,
				  enum ext4_dax_counter which, s64 amount)
{
}

static inline void ext4_dax_forget_ahead(struct inode *inode)
{
}

static inline bool ext4_dax_trim_ahead(struct inode *inode)
{
	return false;
}

static inline void ext4_dax_open(struct inode *inode)
{
}

static inline void ext4_dax_release(struct inode *inode)
{
}

static inline bool ext4_dax_reclaim_ahead(struct super_block *sb)
{
	return false;
}

static inline bool ext4_dax_should_retry(struct inode *inode, int err,
					 int *retries)
{
	return err == -ENOSPC && ext4_should_retry_alloc(inode->i_sb, retries);
}

static inline void ext4_dax_join_extents(struct inode *inode,
					 struct ext4_map_blocks *map,
					 unsigned int len)
{
}

static inline struct ext4_mmap_fault *
ext4_dax_spread_fault(struct inode *inode, struct ext4_map_blocks *map)
{
	return NULL;
}

static inline void ext4_dax_gather_fault(struct inode *inode,
					 struct ext4_mmap_fault *f)
{
}

static inline void ext4_exclude_faults(struct inode *inode, loff_t start,
				       loff_t end)
{
	filemap_invalidate_lock(inode->i_mapping);
}

static inline void ext4_admit_faults(struct inode *inode)
{
	filemap_invalidate_unlock(inode->i_mapping);
}

static inline void ext4_assert_faults_excluded(struct inode *inode,
					       loff_t start, loff_t end)
{
}

static inline int ext4_break_layouts(struct inode *inode, loff_t start,
				     loff_t end)
{
	return 0;
}

static inline int ext4_dax_write_edges(struct inode *inode, loff_t start,
				       loff_t end)
{
	return 0;
}
#endif

#endif /* _EXT4_DAX_H */
