// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of dax_pool.c, which includes this file. */
#include <kunit/test.h>

#define CHUNK	EXT4_POOL_CHUNK
#define GROUP	(8 * CHUNK)

static void test_phase(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ext4_pool_phase(0), 0);
	KUNIT_EXPECT_EQ(test, ext4_pool_phase(CHUNK), 0);
	KUNIT_EXPECT_EQ(test, ext4_pool_phase(0x140000 + 1), CHUNK - 1);
	KUNIT_EXPECT_EQ(test, ext4_pool_phase(0x140000 - 1), 1);
	/* Whatever the frame, what lies that far on is aligned. */
	for (unsigned long pfn = 0; pfn < 3 * CHUNK; pfn++)
		KUNIT_ASSERT_EQ(test, (pfn + ext4_pool_phase(pfn)) % CHUNK, 0);
}

struct find {
	const char *name;
	ext4_grpblk_t used, len;	/* one run that is in use */
	ext4_grpblk_t start, max;	/* the search, from the phase on */
	ext4_grpblk_t found;
};

static const struct find finds[] = {
	{ "all free",		      0, 0,		0, GROUP,	0 },
	{ "all free, with a phase",   0, 0,		7, GROUP,	7 },
	{ "its first block in use",   0, 1,		0, GROUP,	CHUNK },
	{ "its last block in use",    CHUNK - 1, 1,	0, GROUP,	CHUNK },
	{ "the block before in use",  6, 1,		7, GROUP,	7 },
	{ "the block after in use",   CHUNK, 1,		0, GROUP,	0 },
	{ "a free run, not aligned",  0, 1,		0, 2 * CHUNK - 1, -1 },
	{ "aligned by the phase only", 0, 7,		7, CHUNK + 7,	7 },
	{ "several in use",	      1, 3 * CHUNK,	0, GROUP,	4 * CHUNK },
	{ "all in use",		      0, GROUP,		0, GROUP,	-1 },
	{ "the last one",	      0, GROUP - CHUNK,	0, GROUP, GROUP - CHUNK },
	{ "across the group's end",   0, GROUP - CHUNK,	7, GROUP,	-1 },
	{ "a group too small",	      0, 0,		0, CHUNK - 1,	-1 },
	{ "beyond the group",	      0, 0,		GROUP, GROUP,	-1 },
};

KUNIT_ARRAY_PARAM_DESC(find, finds, name);

static void test_find(struct kunit *test)
{
	const struct find *f = test->param_value;
	void *bitmap = kunit_kzalloc(test, GROUP / 8, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bitmap);
	mb_set_bits(bitmap, f->used, f->len);
	KUNIT_EXPECT_EQ(test, ext4_pool_find(bitmap, f->start, f->max),
			f->found);
}

/* As much of a mounted file system as the lists need. */
struct fixture {
	struct super_block sb;
	struct ext4_sb_info sbi;
	struct ext4_super_block es;
	struct ext4_allocation_context ac;
	struct ext4_pool *pool;
	struct ext4_prealloc_space pa;
};

static struct fixture *fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->sb.s_fs_info = &f->sbi;
	f->sbi.s_sb = &f->sb;
	f->sbi.s_es = &f->es;
	f->sbi.s_blocks_per_group = GROUP;
	f->sb.s_blocksize_bits = PAGE_SHIFT;
	f->pool = &f->sbi.s_dax.pool;
	ext4_pool_init(f->pool);
	f->pool->sb = &f->sb;
	f->pool->hold_until = jiffies;
	f->sbi.s_freeclusters_counter.count = 8 * GROUP;
	f->ac.ac_sb = &f->sb;

	/* A ready chunk in group 1. */
	spin_lock_init(&f->pa.pa_lock);
	ext4_pool_own(f->pool, &f->pa);
	f->pa.pa_pstart = GROUP + CHUNK;
	f->pa.pa_len = CHUNK;
	f->pa.pa_free = CHUNK;
	f->pa.pa_zeroed = true;
	spin_lock(&f->pool->lock);
	ext4_pool_add(f->pool, &f->pool->ready, &f->pa);
	spin_unlock(&f->pool->lock);
	return f;
}

static void test_carve(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct ext4_pool *pool = f->pool;
	struct ext4_prealloc_space *pa;

	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks), CHUNK);
	pa = ext4_pool_take(pool, &pool->ready, 3);
	KUNIT_ASSERT_PTR_EQ(test, pa, &f->pa);
	KUNIT_EXPECT_EQ(test, atomic_read(&pa->pa_count), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks), 0);
	KUNIT_EXPECT_NULL(test, ext4_pool_take(pool, &pool->ready, 1));

	ext4_pool_use_run(&f->ac, pa, 3);
	KUNIT_EXPECT_EQ(test, f->ac.ac_b_ex.fe_group, 1);
	KUNIT_EXPECT_EQ(test, f->ac.ac_b_ex.fe_start, CHUNK);
	KUNIT_EXPECT_EQ(test, f->ac.ac_b_ex.fe_len, 3);
	/* Nothing moves before the on-disk bitmap has the blocks. */
	KUNIT_EXPECT_EQ(test, pa->pa_pstart, GROUP + CHUNK);
	KUNIT_EXPECT_EQ(test, pa->pa_len, CHUNK);

	ext4_pool_release(&f->ac, pa);
	atomic_dec(&pa->pa_count);
	KUNIT_EXPECT_EQ(test, pa->pa_pstart, GROUP + CHUNK + 3);
	KUNIT_EXPECT_EQ(test, pa->pa_len, CHUNK - 3);
	KUNIT_EXPECT_EQ(test, pa->pa_free, CHUNK - 3);
	KUNIT_EXPECT_TRUE(test, list_empty(&pool->ready));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks), CHUNK - 3);

	/* More than the rest of it has. */
	KUNIT_EXPECT_NULL(test, ext4_pool_take(pool, &pool->open, CHUNK - 2));
	pa = ext4_pool_take(pool, &pool->open, CHUNK - 3);
	KUNIT_ASSERT_NOT_NULL(test, pa);
	ext4_pool_use_run(&f->ac, pa, CHUNK - 3);
	ext4_pool_release(&f->ac, pa);
	KUNIT_EXPECT_EQ(test, pa->pa_free, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&pool->open));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks), 0);
}

static void test_carve_that_fails(struct kunit *test)
{
	struct fixture *f = fixture(test);
	struct ext4_prealloc_space *pa;

	pa = ext4_pool_take(f->pool, &f->pool->ready, CHUNK);
	KUNIT_ASSERT_NOT_NULL(test, pa);
	ext4_pool_use_run(&f->ac, pa, CHUNK);
	f->ac.ac_b_ex.fe_len = 0;
	ext4_pool_release(&f->ac, pa);
	atomic_dec(&pa->pa_count);
	KUNIT_EXPECT_EQ(test, pa->pa_free, CHUNK);
	KUNIT_EXPECT_PTR_EQ(test, ext4_pool_take(f->pool, &f->pool->ready,
						 CHUNK), pa);
}

static void test_discarded(struct kunit *test)
{
	struct fixture *f = fixture(test);

	f->pa.pa_deleted = 1;
	ext4_pool_forget(&f->sb, &f->pa);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&f->pool->ready_blocks), 0);
	/* It is on the list for a moment yet. */
	KUNIT_EXPECT_NULL(test, ext4_pool_take(f->pool, &f->pool->ready, 1));
}

/*
 * An inode lets go: what is behind the last block used goes to the pool, and only
 * there, if it is zeroed, wanted, and worth a run.
 */
static void test_give_back(struct kunit *test)
{
	void *bitmap = kunit_kzalloc(test, GROUP / 8, GFP_KERNEL);
	struct fixture *f = fixture(test);
	struct ext4_pool *pool = f->pool;
	struct ext4_group_info info = {};
	struct ext4_buddy e4b = { .bd_sb = &f->sb, .bd_info = &info };
	struct ext4_prealloc_space *pa, *rest;

	KUNIT_ASSERT_NOT_NULL(test, bitmap);
	INIT_LIST_HEAD(&info.bb_prealloc_list);
	f->sbi.s_journal = kunit_kzalloc(test, sizeof(journal_t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->sbi.s_journal);
	f->sbi.s_dax.zeroed_alloc = true;
	pool->target_kb = 1;
	pool->wq = system_wq;
	disable_delayed_work(&pool->work);
	pa = ext4_pool_take(pool, &pool->ready, CHUNK);
	KUNIT_ASSERT_NOT_NULL(test, pa);
	atomic_dec(&pa->pa_count);
	pa->pa_type = MB_INODE_PA;

	/* The first, and one in the middle. */
	mb_set_bits(bitmap, CHUNK, 1);
	mb_set_bits(bitmap, CHUNK + 9, 1);
	pa->pa_free = CHUNK - 2;

	pa->pa_zeroed = false;
	ext4_pool_give_back(&e4b, bitmap, pa);
	pa->pa_zeroed = true;
	atomic_inc(&pool->yielding);
	ext4_pool_give_back(&e4b, bitmap, pa);
	atomic_dec(&pool->yielding);
	pool->target_kb = 0;
	ext4_pool_give_back(&e4b, bitmap, pa);
	pool->target_kb = 1;
	mb_set_bits(bitmap, CHUNK + CHUNK / 2, 1);
	pa->pa_free--;
	ext4_pool_give_back(&e4b, bitmap, pa);
	ext4_clear_bit(CHUNK + CHUNK / 2, bitmap);
	pa->pa_free++;
	KUNIT_EXPECT_EQ(test, pa->pa_len, CHUNK);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks), 0);

	ext4_pool_give_back(&e4b, bitmap, pa);
	KUNIT_EXPECT_EQ(test, pa->pa_len, 10);
	KUNIT_EXPECT_EQ(test, pa->pa_free, 8);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pool->ready_blocks),
			CHUNK - 10);
	rest = ext4_pool_take(pool, &pool->open, 1);
	KUNIT_ASSERT_NOT_NULL(test, rest);
	KUNIT_EXPECT_EQ(test, rest->pa_pstart, GROUP + CHUNK + 10);
	KUNIT_EXPECT_EQ(test, rest->pa_len, CHUNK - 10);
	KUNIT_EXPECT_EQ(test, rest->pa_free, CHUNK - 10);
	KUNIT_EXPECT_TRUE(test, rest->pa_zeroed);
	KUNIT_EXPECT_PTR_EQ(test, info.bb_prealloc_list.next,
			    &rest->pa_group_list);
	kmem_cache_free(ext4_pspace_cachep, rest);

	/* No block used: a chunk again. */
	INIT_LIST_HEAD(&info.bb_prealloc_list);
	memset(bitmap, 0, GROUP / 8);
	pa->pa_len = CHUNK;
	pa->pa_free = CHUNK;
	ext4_pool_give_back(&e4b, bitmap, pa);
	KUNIT_EXPECT_EQ(test, pa->pa_len, 0);
	KUNIT_EXPECT_EQ(test, pa->pa_free, 0);
	rest = ext4_pool_take(pool, &pool->ready, CHUNK);
	KUNIT_ASSERT_NOT_NULL(test, rest);
	kmem_cache_free(ext4_pspace_cachep, rest);
}

struct pace {
	const char *name;
	unsigned int rate_kb;
	u64 ms;			/* for a chunk, 0: none */
};

static const struct pace paces[] = {
	{ "no bound",	0,		0 },
	{ "2 MiB a s",	2048,		1000 },
	{ "1 KiB a s",	1,		2048000 },
	{ "200 MiB a s", 204800,	10 },
	{ "the highest", UINT_MAX,	0 },
};

KUNIT_ARRAY_PARAM_DESC(pace, paces, name);

static void test_pace(struct kunit *test)
{
	const struct pace *p = test->param_value;
	struct fixture *f = fixture(test);
	ktime_t now = ktime_get();

	f->pool->rate_kb = p->rate_kb;
	KUNIT_EXPECT_EQ(test, ext4_pool_pace(f->pool, now),
			nsecs_to_jiffies(p->ms * NSEC_PER_MSEC));
	/* What went too fast is made up for. */
	if (p->ms)
		KUNIT_EXPECT_EQ(test, ext4_pool_pace(f->pool, now),
				nsecs_to_jiffies(2 * p->ms * NSEC_PER_MSEC));
}

static void test_range_is_clear(struct kunit *test)
{
	struct ext4_inode_info *ei = kunit_kzalloc(test, sizeof(*ei),
						   GFP_KERNEL);
	struct ext4_prealloc_space *pa[3];

	KUNIT_ASSERT_NOT_NULL(test, ei);
	rwlock_init(&ei->i_prealloc_lock);
	ei->i_prealloc_node = RB_ROOT;
	KUNIT_EXPECT_TRUE(test, ext4_pool_range_is_clear(ei, 0, CHUNK));
	for (int i = 0; i < 3; i++) {
		pa[i] = kunit_kzalloc(test, sizeof(*pa[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pa[i]);
		pa[i]->pa_lstart = 100 * (i + 1);
		pa[i]->pa_len = 10;
		ext4_mb_pa_rb_insert(&ei->i_prealloc_node,
				     &pa[i]->pa_node.inode_node);
	}
	KUNIT_EXPECT_FALSE(test, ext4_pool_range_is_clear(ei, 0, CHUNK));
	KUNIT_EXPECT_TRUE(test, ext4_pool_range_is_clear(ei, 0, 100));
	KUNIT_EXPECT_FALSE(test, ext4_pool_range_is_clear(ei, 0, 101));
	KUNIT_EXPECT_TRUE(test, ext4_pool_range_is_clear(ei, 110, 200));
	KUNIT_EXPECT_FALSE(test, ext4_pool_range_is_clear(ei, 109, 200));
	KUNIT_EXPECT_TRUE(test, ext4_pool_range_is_clear(ei, 310, 1000));
	/* One that is going, in between, hides nothing. */
	pa[1]->pa_deleted = 1;
	KUNIT_EXPECT_FALSE(test, ext4_pool_range_is_clear(ei, 109, 300));
	KUNIT_EXPECT_FALSE(test, ext4_pool_range_is_clear(ei, 205, 206));
}

static struct kunit_case ext4_dax_pool_cases[] = {
	KUNIT_CASE(test_phase),
	KUNIT_CASE_PARAM(test_find, find_gen_params),
	KUNIT_CASE(test_carve),
	KUNIT_CASE(test_carve_that_fails),
	KUNIT_CASE(test_discarded),
	KUNIT_CASE(test_give_back),
	KUNIT_CASE_PARAM(test_pace, pace_gen_params),
	KUNIT_CASE(test_range_is_clear),
	{}
};

static struct kunit_suite ext4_dax_pool_suite = {
	.name = "ext4_dax_pool",
	.test_cases = ext4_dax_pool_cases,
};

kunit_test_suites(&ext4_dax_pool_suite);
