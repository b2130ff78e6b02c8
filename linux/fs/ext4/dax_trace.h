/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of ext4's DAX side: one for each event that a counter counts. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ext4_dax

#if !defined(_EXT4_DAX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _EXT4_DAX_TRACE_H

#include <linux/fs.h>
#include <linux/tracepoint.h>

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

#endif /* _EXT4_DAX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE dax_trace
#include <trace/define_trace.h>
