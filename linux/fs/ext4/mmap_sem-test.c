// SPDX-License-Identifier: GPL-2.0-only
/* KUnit tests of mmap_sem.c, which includes this file. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

/* Long enough for a thread that may run to have run, on an emulated CPU too. */
#define A_WHILE		msecs_to_jiffies(200)
#define FOR_EVER	(30 * HZ)

struct overlap {
	const char *name;
	pgoff_t first, last;		/* held */
	pgoff_t f_first, f_last;	/* of the fault */
	bool overlaps;
};

static const struct overlap overlaps[] = {
	{ "the same page",	 5, 5,		 5, 5,		true },
	{ "the page before",	 5, 9,		 4, 4,		false },
	{ "the first page",	 5, 9,		 5, 5,		true },
	{ "the last page",	 5, 9,		 9, 9,		true },
	{ "the page after",	 5, 9,		 10, 10,	false },
	{ "inside a huge try",	 700, 700,	 512, 1023,	true },
	{ "before a huge try",	 0, 511,	 512, 1023,	false },
	{ "after a huge try",	 1024, 2000,	 512, 1023,	false },
	{ "around a huge try",	 0, 2000,	 512, 1023,	true },
	{ "page 0",		 0, 0,		 0, 0,		true },
	{ "to the end of file",	 512, ULONG_MAX, ULONG_MAX, ULONG_MAX, true },
	{ "before that",	 512, ULONG_MAX, 0, 511,	false },
	{ "the whole file",	 0, ULONG_MAX,	 0, 0,		true },
};

KUNIT_ARRAY_PARAM_DESC(overlap, overlaps, name);

struct rounding {
	const char *name;
	loff_t start, end;		/* bytes */
	pgoff_t first, last;		/* in PMDs; ULONG_MAX: to the end */
};

static const struct rounding roundings[] = {
	{ "the first byte",	0, 1,				0, 0 },
	{ "a whole one",	PMD_SIZE, 2 * PMD_SIZE,		1, 1 },
	{ "a byte more",	PMD_SIZE, 2 * PMD_SIZE + 1,	1, 2 },
	{ "a byte before",	PMD_SIZE - 1, 2 * PMD_SIZE,	0, 1 },
	{ "across an edge",	PMD_SIZE - 1, PMD_SIZE + 1,	0, 1 },
	{ "to the end of file",	PMD_SIZE + 1, LLONG_MAX,	1, ULONG_MAX },
	{ "the largest end that is not that",
	  0, LLONG_MAX - PMD_SIZE - 1,	0, LLONG_MAX / PMD_SIZE - 1 },
	{ "an end that rounds up to more than there is",
	  LLONG_MAX - 2, LLONG_MAX - 1,	LLONG_MAX / PMD_SIZE, ULONG_MAX },
};

KUNIT_ARRAY_PARAM_DESC(rounding, roundings, name);

static void test_rounding(struct kunit *test)
{
	const struct rounding *r = test->param_value;
	pgoff_t first, last, pages = PMD_SIZE / PAGE_SIZE;

	ext4_mmap_round_out(r->start, r->end, &first, &last);
	KUNIT_EXPECT_EQ(test, first, r->first * pages);
	KUNIT_EXPECT_EQ(test, last, r->last == ULONG_MAX ? ULONG_MAX :
					(r->last + 1) * pages - 1);
}

/* A thread that holds [first, last], or enters it, once. */
struct actor {
	struct ext4_mmap_sem *sem;
	struct ext4_mmap_fault f;
	pgoff_t first, last;
	int ret;
	struct completion got, let_go, gone;
};

static int holder(void *data)
{
	struct actor *a = data;

	ext4_mmap_hold(a->sem, a->first, a->last);
	complete(&a->got);
	wait_for_completion(&a->let_go);
	ext4_mmap_release(a->sem);
	complete(&a->gone);
	return 0;
}

static int fault(void *data)
{
	struct actor *a = data;

	allow_signal(SIGKILL);
	a->ret = 0;
	if (!ext4_mmap_try_enter(a->sem, &a->f, a->first, a->last))
		a->ret = ext4_mmap_wait(a->sem, &a->f);
	complete(&a->got);
	if (!a->ret) {
		wait_for_completion(&a->let_go);
		ext4_mmap_leave(a->sem, &a->f);
	}
	complete(&a->gone);
	return 0;
}

static struct task_struct *start(struct kunit *test, struct actor *a,
				 int (*run)(void *), struct ext4_mmap_sem *sem,
				 pgoff_t first, pgoff_t last)
{
	struct task_struct *task;

	a->sem = sem;
	a->first = first;
	a->last = last;
	init_completion(&a->got);
	init_completion(&a->let_go);
	init_completion(&a->gone);
	task = kthread_run(run, a, "mmap_sem-test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	return task;
}

static void stop(struct kunit *test, struct actor *a)
{
	complete(&a->let_go);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&a->gone, FOR_EVER));
}

static void expect_waits(struct kunit *test, struct actor *a)
{
	KUNIT_EXPECT_EQ(test, 0, wait_for_completion_timeout(&a->got, A_WHILE));
}

static void expect_got(struct kunit *test, struct actor *a)
{
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&a->got, FOR_EVER));
}

static void test_overlap(struct kunit *test)
{
	const struct overlap *o = test->param_value;
	struct ext4_mmap_sem sem;
	struct actor f;

	ext4_mmap_sem_init(&sem);
	ext4_mmap_hold(&sem, o->first, o->last);
	start(test, &f, fault, &sem, o->f_first, o->f_last);
	if (o->overlaps)
		expect_waits(test, &f);
	else
		expect_got(test, &f);
	ext4_mmap_release(&sem);
	/* Released or not, it is in now. */
	if (o->overlaps)
		expect_got(test, &f);
	stop(test, &f);
	KUNIT_EXPECT_TRUE(test, list_empty(&sem.faults));
}

static void test_holder_waits_for_overlap_only(struct kunit *test)
{
	struct actor beside, inside, h;
	struct ext4_mmap_sem sem;

	ext4_mmap_sem_init(&sem);
	start(test, &beside, fault, &sem, 512, 1023);
	expect_got(test, &beside);
	start(test, &inside, fault, &sem, 7, 7);
	expect_got(test, &inside);
	start(test, &h, holder, &sem, 0, 511);
	expect_waits(test, &h);
	stop(test, &inside);
	expect_got(test, &h);
	stop(test, &h);
	stop(test, &beside);
}

/* Waiters go before a holder that comes back; new faults go behind it. */
static void test_waiters_before_the_next_holder(struct kunit *test)
{
	struct actor first, waiter, second, late;
	struct ext4_mmap_sem sem;

	ext4_mmap_sem_init(&sem);
	start(test, &first, holder, &sem, 0, ULONG_MAX);
	expect_got(test, &first);
	start(test, &waiter, fault, &sem, 3, 3);
	expect_waits(test, &waiter);
	stop(test, &first);
	start(test, &second, holder, &sem, 0, ULONG_MAX);
	expect_got(test, &waiter);
	expect_waits(test, &second);
	start(test, &late, fault, &sem, 3, 3);
	expect_waits(test, &late);
	stop(test, &waiter);
	expect_got(test, &second);
	stop(test, &second);
	expect_got(test, &late);
	stop(test, &late);
}

static void test_killed_waiter(struct kunit *test)
{
	struct ext4_mmap_sem sem;
	struct task_struct *task;
	struct actor h, f;

	ext4_mmap_sem_init(&sem);
	start(test, &h, holder, &sem, 0, 0);
	expect_got(test, &h);
	task = start(test, &f, fault, &sem, 0, 511);
	expect_waits(test, &f);
	send_sig(SIGKILL, task, 1);
	expect_got(test, &f);
	KUNIT_EXPECT_EQ(test, f.ret, -ERESTARTSYS);
	KUNIT_EXPECT_TRUE(test, list_empty(&sem.faults));
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&f.gone, FOR_EVER));
	stop(test, &h);
}

/* Those in the range wait until it gathers, those beside it don't. */
static void test_spread(struct kunit *test)
{
	struct actor before, inside, across, after;
	struct ext4_mmap_sem sem;
	struct ext4_mmap_fault own;

	ext4_mmap_sem_init(&sem);
	KUNIT_ASSERT_TRUE(test, ext4_mmap_try_enter(&sem, &own, 5, 5));
	KUNIT_ASSERT_PTR_EQ(test, ext4_mmap_spread(&sem, 5, 8), &own);
	start(test, &before, fault, &sem, 4, 4);
	expect_got(test, &before);
	start(test, &after, fault, &sem, 9, 9);
	expect_got(test, &after);
	start(test, &inside, fault, &sem, 8, 8);
	expect_waits(test, &inside);
	start(test, &across, fault, &sem, 0, 511);
	expect_waits(test, &across);
	/* Who leaves beside it lets nobody in. */
	stop(test, &before);
	expect_waits(test, &inside);
	ext4_mmap_gather(&sem, &own);
	expect_got(test, &inside);
	expect_got(test, &across);
	ext4_mmap_leave(&sem, &own);
	stop(test, &inside);
	stop(test, &across);
	stop(test, &after);
	KUNIT_EXPECT_TRUE(test, list_empty(&sem.faults));
	KUNIT_EXPECT_EQ(test, sem.alone, 0);
}

static void test_spread_where_others_are(struct kunit *test)
{
	struct actor huge, other, waiter, h;
	struct ext4_mmap_sem sem;
	struct ext4_mmap_fault own;

	ext4_mmap_sem_init(&sem);
	KUNIT_ASSERT_TRUE(test, ext4_mmap_try_enter(&sem, &own, 5, 5));
	start(test, &other, fault, &sem, 8, 8);
	expect_got(test, &other);
	KUNIT_EXPECT_NULL(test, ext4_mmap_spread(&sem, 5, 8));
	KUNIT_EXPECT_PTR_EQ(test, ext4_mmap_spread(&sem, 5, 7), &own);
	ext4_mmap_gather(&sem, &own);
	stop(test, &other);
	/* On the same page, and as a huge try. */
	start(test, &other, fault, &sem, 5, 5);
	expect_got(test, &other);
	KUNIT_EXPECT_NULL(test, ext4_mmap_spread(&sem, 5, 8));
	stop(test, &other);
	start(test, &huge, fault, &sem, 0, 511);
	expect_got(test, &huge);
	KUNIT_EXPECT_NULL(test, ext4_mmap_spread(&sem, 5, 8));
	stop(test, &huge);
	/* Held, and waiting for who holds elsewhere. */
	start(test, &h, holder, &sem, 8, 20);
	expect_got(test, &h);
	KUNIT_EXPECT_NULL(test, ext4_mmap_spread(&sem, 5, 8));
	start(test, &waiter, fault, &sem, 6, 20);
	expect_waits(test, &waiter);
	KUNIT_EXPECT_NULL(test, ext4_mmap_spread(&sem, 5, 6));
	stop(test, &h);
	expect_got(test, &waiter);
	stop(test, &waiter);
	KUNIT_EXPECT_PTR_EQ(test, ext4_mmap_spread(&sem, 5, 8), &own);
	ext4_mmap_gather(&sem, &own);
	ext4_mmap_leave(&sem, &own);
}

/* A holder waits until it gathers, no longer; what it releases stays alone. */
static void test_spread_and_holders(struct kunit *test)
{
	struct ext4_mmap_sem sem;
	struct ext4_mmap_fault own;
	struct actor h, waiter;

	ext4_mmap_sem_init(&sem);
	KUNIT_ASSERT_TRUE(test, ext4_mmap_try_enter(&sem, &own, 5, 5));
	KUNIT_ASSERT_PTR_EQ(test, ext4_mmap_spread(&sem, 5, 8), &own);
	start(test, &h, holder, &sem, 7, 20);
	expect_waits(test, &h);
	ext4_mmap_gather(&sem, &own);
	expect_got(test, &h);
	stop(test, &h);

	KUNIT_ASSERT_PTR_EQ(test, ext4_mmap_spread(&sem, 5, 8), &own);
	start(test, &h, holder, &sem, 100, 200);
	expect_got(test, &h);
	start(test, &waiter, fault, &sem, 8, 100);
	expect_waits(test, &waiter);
	stop(test, &h);
	expect_waits(test, &waiter);
	ext4_mmap_gather(&sem, &own);
	expect_got(test, &waiter);
	stop(test, &waiter);
	ext4_mmap_leave(&sem, &own);
}

static struct kunit_case ext4_mmap_sem_cases[] = {
	KUNIT_CASE_PARAM(test_rounding, rounding_gen_params),
	KUNIT_CASE_PARAM(test_overlap, overlap_gen_params),
	KUNIT_CASE(test_holder_waits_for_overlap_only),
	KUNIT_CASE(test_waiters_before_the_next_holder),
	KUNIT_CASE(test_killed_waiter),
	KUNIT_CASE(test_spread),
	KUNIT_CASE(test_spread_where_others_are),
	KUNIT_CASE(test_spread_and_holders),
	{}
};

static struct kunit_suite ext4_mmap_sem_suite = {
	.name = "ext4_mmap_sem",
	.test_cases = ext4_mmap_sem_cases,
};

kunit_test_suites(&ext4_mmap_sem_suite);
