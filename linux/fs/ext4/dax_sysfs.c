// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/fs/ext4/<dev>/dax/: one value a file, sizes in KiB. What each means is
 * in Documentation/ABI/testing/sysfs-fs-ext4-dax.
 *
 * The folder is there where the device and the block size allow DAX. It lives
 * below s_kobj and goes before it, so a reader or writer that is inside a file
 * keeps the file system mounted until it is out.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include "ext4.h"

static struct super_block *ext4_dax_kobj_sb(struct kobject *kobj)
{
	return container_of(kobj->parent, struct ext4_sb_info, s_kobj)->s_sb;
}

static ssize_t zeroed_alloc_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	struct ext4_dax *dax = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax;

	return sysfs_emit(buf, "%d\n", READ_ONCE(dax->zeroed_alloc));
}

static ssize_t zeroed_alloc_store(struct kobject *kobj,
				  struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct super_block *sb = ext4_dax_kobj_sb(kobj);
	unsigned int on;

	if (kstrtouint(buf, 0, &on) || on > 1)
		return -EINVAL;
	if (on && ext4_dax_zeroed_alloc_refusal(sb))
		return -EOPNOTSUPP;
	WRITE_ONCE(EXT4_SB(sb)->s_dax.zeroed_alloc, on);
	ext4_pool_update(sb);
	return count;
}

static ssize_t write_unzeroed_min_kb_show(struct kobject *kobj,
					  struct kobj_attribute *attr, char *buf)
{
	struct ext4_dax *dax = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax;

	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(dax->write_unzeroed_min) >> 10);
}

static ssize_t write_unzeroed_min_kb_store(struct kobject *kobj,
					   struct kobj_attribute *attr,
					   const char *buf, size_t count)
{
	struct ext4_dax *dax = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax;
	unsigned int kb;

	if (kstrtouint(buf, 0, &kb) ||
	    kb > EXT4_DAX_WRITE_UNZEROED_MAX >> 10)
		return -EINVAL;
	WRITE_ONCE(dax->write_unzeroed_min, kb << 10);
	return count;
}

static ssize_t pool_target_kb_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	struct ext4_pool *pool = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax.pool;

	return sysfs_emit(buf, "%u\n", READ_ONCE(pool->target_kb));
}

static ssize_t pool_target_kb_store(struct kobject *kobj,
				    struct kobj_attribute *attr,
				    const char *buf, size_t count)
{
	struct super_block *sb = ext4_dax_kobj_sb(kobj);
	unsigned int kb;

	if (kstrtouint(buf, 0, &kb) ||
	    kb > ext4_blocks_count(EXT4_SB(sb)->s_es) <<
		 (sb->s_blocksize_bits - 10))
		return -EINVAL;
	if (kb && !ext4_pool_exists(sb))
		return -EOPNOTSUPP;
	WRITE_ONCE(EXT4_SB(sb)->s_dax.pool.target_kb, kb);
	ext4_pool_update(sb);
	return count;
}

static ssize_t pool_rate_kb_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	struct ext4_pool *pool = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax.pool;

	return sysfs_emit(buf, "%u\n", READ_ONCE(pool->rate_kb));
}

static ssize_t pool_rate_kb_store(struct kobject *kobj,
				  struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct super_block *sb = ext4_dax_kobj_sb(kobj);
	unsigned int kb;

	if (kstrtouint(buf, 0, &kb))
		return -EINVAL;
	WRITE_ONCE(EXT4_SB(sb)->s_dax.pool.rate_kb, kb);
	ext4_pool_update(sb);
	return count;
}

static ssize_t pool_ready_kb_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	struct super_block *sb = ext4_dax_kobj_sb(kobj);
	struct ext4_pool *pool = &EXT4_SB(sb)->s_dax.pool;

	return sysfs_emit(buf, "%ld\n",
			  atomic_long_read(&pool->ready_blocks) <<
			  (sb->s_blocksize_bits - 10));
}

static ssize_t verify_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	struct ext4_pool *pool = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax.pool;

	return sysfs_emit(buf, "%d\n", READ_ONCE(pool->verify));
}

static ssize_t verify_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	struct ext4_pool *pool = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax.pool;
	unsigned int on;

	if (kstrtouint(buf, 0, &on) || on > 1)
		return -EINVAL;
	WRITE_ONCE(pool->verify, on);
	return count;
}

static ssize_t ext4_dax_counter_show(struct kobject *kobj, char *buf,
				     enum ext4_dax_counter which, int shift)
{
	struct ext4_dax *dax = &EXT4_SB(ext4_dax_kobj_sb(kobj))->s_dax;

	return sysfs_emit(buf, "%lld\n",
			  percpu_counter_sum(&dax->counters[which]) >> shift);
}

#define EXT4_DAX_COUNTER_ATTR(_name, _which, _shift)			\
static ssize_t _name##_show(struct kobject *kobj,			\
			    struct kobj_attribute *attr, char *buf)	\
{									\
	return ext4_dax_counter_show(kobj, buf, _which, _shift);	\
}									\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

static struct kobj_attribute zeroed_alloc_attr = __ATTR_RW(zeroed_alloc);
static struct kobj_attribute write_unzeroed_min_kb_attr =
	__ATTR_RW(write_unzeroed_min_kb);
static struct kobj_attribute pool_target_kb_attr = __ATTR_RW(pool_target_kb);
static struct kobj_attribute pool_rate_kb_attr = __ATTR_RW(pool_rate_kb);
static struct kobj_attribute pool_ready_kb_attr = __ATTR_RO(pool_ready_kb);
static struct kobj_attribute verify_attr = __ATTR_RW(verify);
EXT4_DAX_COUNTER_ATTR(pool_zeroed_kb, EXT4_DAX_POOL_ZEROED, 10);
EXT4_DAX_COUNTER_ATTR(pool_hit_kb, EXT4_DAX_POOL_HIT, 10);
EXT4_DAX_COUNTER_ATTR(pool_bad_kb, EXT4_DAX_POOL_BAD, 10);
EXT4_DAX_COUNTER_ATTR(verify_failed, EXT4_DAX_VERIFY_FAILED, 0);
EXT4_DAX_COUNTER_ATTR(unzeroed_kb, EXT4_DAX_UNZEROED, 10);
EXT4_DAX_COUNTER_ATTR(inline_zeroed_kb, EXT4_DAX_INLINE_ZEROED, 10);
EXT4_DAX_COUNTER_ATTR(pmd_faults, EXT4_DAX_PMD_FAULTS, 0);
EXT4_DAX_COUNTER_ATTR(pte_faults, EXT4_DAX_PTE_FAULTS, 0);
EXT4_DAX_COUNTER_ATTR(fallback_faults, EXT4_DAX_FALLBACK_FAULTS, 0);
EXT4_DAX_COUNTER_ATTR(range_waits, EXT4_DAX_RANGE_WAITS, 0);
EXT4_DAX_COUNTER_ATTR(range_wait_us, EXT4_DAX_RANGE_WAIT_US, 0);

static struct attribute *ext4_dax_attrs[] = {
	&zeroed_alloc_attr.attr,
	&write_unzeroed_min_kb_attr.attr,
	&pool_target_kb_attr.attr,
	&pool_rate_kb_attr.attr,
	&verify_attr.attr,
	&pool_ready_kb_attr.attr,
	&pool_zeroed_kb_attr.attr,
	&pool_hit_kb_attr.attr,
	&pool_bad_kb_attr.attr,
	&verify_failed_attr.attr,
	&unzeroed_kb_attr.attr,
	&inline_zeroed_kb_attr.attr,
	&pmd_faults_attr.attr,
	&pte_faults_attr.attr,
	&fallback_faults_attr.attr,
	&range_waits_attr.attr,
	&range_wait_us_attr.attr,
	NULL,
};

static const struct attribute_group ext4_dax_group = {
	.attrs = ext4_dax_attrs,
};

/**
 * ext4_dax_register_sysfs - make the folder, if the file system can do DAX
 * @sb: with s_kobj registered
 *
 * Context: mount, may sleep.
 * Return: 0 or a negative errno, with nothing left behind.
 */
int ext4_dax_register_sysfs(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct kobject *kobj;
	int err;

	if (!test_bit(EXT4_FLAGS_BDEV_IS_DAX, &sbi->s_ext4_flags))
		return 0;

	kobj = kobject_create_and_add("dax", &sbi->s_kobj);
	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_group(kobj, &ext4_dax_group);
	if (err) {
		kobject_put(kobj);
		return err;
	}
	sbi->s_dax.kobj = kobj;
	return 0;
}

/**
 * ext4_dax_unregister_sysfs - remove the folder, if there is one
 * @sb: with s_kobj still registered
 *
 * Waits for whoever is inside a file. Context: may sleep.
 */
void ext4_dax_unregister_sysfs(struct super_block *sb)
{
	struct ext4_dax *dax = &EXT4_SB(sb)->s_dax;

	if (!dax->kobj)
		return;
	kobject_del(dax->kobj);
	kobject_put(dax->kobj);
	dax->kobj = NULL;
}
