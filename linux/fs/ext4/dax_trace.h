/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of ext4's DAX side. ext4_dax_count is there whenever a counter of
 * sysfs counts; the others say more of what happened.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ext4_dax

#if !defined(_EXT4_DAX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _EXT4_DAX_TRACE_H

#include <linux/fs.h>
#include <linux/tracepoint.h>

#define EXT4_DAX_COUNTERS						\
	EM(UNZEROED)							\
	EM(INLINE_ZEROED)						\
	EM(RANGE_WAITS)							\
	EM(RANGE_WAIT_US)						\
	EM(PMD_FAULTS)							\
	EM(PTE_FAULTS)							\
	EM(FALLBACK_FAULTS)						\
	EM(POOL_ZEROED)							\
	EM(POOL_HIT)							\
	EM(POOL_BAD)							\
	EM_LAST(VERIFY_FAILED)

#undef EM
#undef EM_LAST
#define EM(name) TRACE_DEFINE_ENUM(EXT4_DAX_##name);
#define EM_LAST(name) TRACE_DEFINE_ENUM(EXT4_DAX_##name);
EXT4_DAX_COUNTERS
#undef EM
#undef EM_LAST
#define EM(name) { EXT4_DAX_##name, #name },
#define EM_LAST(name) { EXT4_DAX_##name, #name }

TRACE_EVENT(ext4_dax_count,
	TP_PROTO(struct super_block *sb, unsigned int which, s64 amount),
	TP_ARGS(sb, which, amount),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned int, which)
		__field(s64, amount)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->which = which;
		__entry->amount = amount;
	),
	TP_printk("dev %d,%d %s %lld",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  __print_symbolic(__entry->which, EXT4_DAX_COUNTERS),
		  __entry->amount)
);

TRACE_EVENT(ext4_dax_fault,
	TP_PROTO(struct inode *inode, pgoff_t pgoff, unsigned int order,
		 vm_fault_t result),
	TP_ARGS(inode, pgoff, order, result),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, pgoff)
		__field(unsigned int, order)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->pgoff = pgoff;
		__entry->order = order;
		__entry->result = (__force unsigned int)result;
	),
	TP_printk("dev %d,%d ino %lu page %lu order %u result %#x",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long)__entry->ino, __entry->pgoff, __entry->order,
		  __entry->result)
);

DECLARE_EVENT_CLASS(ext4_dax_range,
	TP_PROTO(struct inode *inode, pgoff_t first, pgoff_t last),
	TP_ARGS(inode, first, last),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, first)
		__field(pgoff_t, last)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->first = first;
		__entry->last = last;
	),
	TP_printk("dev %d,%d ino %lu pages %lu-%lu",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long)__entry->ino, __entry->first, __entry->last)
);

#define EXT4_DAX_RANGE_EVENT(name)					\
DEFINE_EVENT(ext4_dax_range, name,					\
	TP_PROTO(struct inode *inode, pgoff_t first, pgoff_t last),	\
	TP_ARGS(inode, first, last))
EXT4_DAX_RANGE_EVENT(ext4_dax_range_hold);
EXT4_DAX_RANGE_EVENT(ext4_dax_range_release);

TRACE_EVENT(ext4_dax_range_wait,
	TP_PROTO(struct inode *inode, pgoff_t first, pgoff_t last, s64 us,
		 int ret),
	TP_ARGS(inode, first, last, us, ret),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, first)
		__field(pgoff_t, last)
		__field(s64, us)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->first = first;
		__entry->last = last;
		__entry->us = us;
		__entry->ret = ret;
	),
	TP_printk("dev %d,%d ino %lu pages %lu-%lu us %lld ret %d",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long)__entry->ino, __entry->first, __entry->last,
		  __entry->us, __entry->ret)
);

DECLARE_EVENT_CLASS(ext4_dax_bytes,
	TP_PROTO(struct inode *inode, loff_t pos, u64 len),
	TP_ARGS(inode, pos, len),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(loff_t, pos)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->pos = pos;
		__entry->len = len;
	),
	TP_printk("dev %d,%d ino %lu pos %lld len %llu",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long)__entry->ino, __entry->pos, __entry->len)
);

#define EXT4_DAX_BYTES_EVENT(name)					\
DEFINE_EVENT(ext4_dax_bytes, name,					\
	TP_PROTO(struct inode *inode, loff_t pos, u64 len),		\
	TP_ARGS(inode, pos, len))
EXT4_DAX_BYTES_EVENT(ext4_dax_ahead_alloc);
EXT4_DAX_BYTES_EVENT(ext4_dax_ahead_trim);

TRACE_EVENT(ext4_dax_write_fallback,
	TP_PROTO(struct inode *inode, loff_t pos, u64 len, int why),
	TP_ARGS(inode, pos, len, why),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(loff_t, pos)
		__field(u64, len)
		__field(int, why)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->pos = pos;
		__entry->len = len;
		__entry->why = why;
	),
	TP_printk("dev %d,%d ino %lu pos %lld len %llu why %d",
		  MAJOR(__entry->dev), MINOR(__entry->dev),
		  (unsigned long)__entry->ino, __entry->pos, __entry->len,
		  __entry->why)
);

DECLARE_EVENT_CLASS(ext4_dax_pool,
	TP_PROTO(struct super_block *sb, ext4_fsblk_t block,
		 unsigned int blocks),
	TP_ARGS(sb, block, blocks),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ext4_fsblk_t, block)
		__field(unsigned int, blocks)
	),
	TP_fast_assign(
		__entry->dev = sb->s_dev;
		__entry->block = block;
		__entry->blocks = blocks;
	),
	TP_printk("dev %d,%d block %llu blocks %u",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->block,
		  __entry->blocks)
);

#define EXT4_DAX_POOL_EVENT(name)					\
DEFINE_EVENT(ext4_dax_pool, name,					\
	TP_PROTO(struct super_block *sb, ext4_fsblk_t block,		\
		 unsigned int blocks),					\
	TP_ARGS(sb, block, blocks))
EXT4_DAX_POOL_EVENT(ext4_dax_pool_claim);
EXT4_DAX_POOL_EVENT(ext4_dax_pool_ready);
EXT4_DAX_POOL_EVENT(ext4_dax_pool_bad);
EXT4_DAX_POOL_EVENT(ext4_dax_pool_use);
EXT4_DAX_POOL_EVENT(ext4_dax_pool_back);
EXT4_DAX_POOL_EVENT(ext4_dax_pool_drop);

#endif /* _EXT4_DAX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE dax_trace
#include <trace/define_trace.h>
