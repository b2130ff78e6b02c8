// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxrace: page faults of a mapped file against truncate and fallocate.
 * Exit status: 0 fine, 1 the check failed, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dax.h"

static int fd;
static const char *path;
static size_t size;
static volatile bool stop;
static volatile bool bad;
static double deadline;

static void open_file(const char *name, size_t len)
{
	path = name;
	size = len;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, size))
		err(2, "%s", path);
}

static void start(pthread_t *t, void *(*run)(void *), void *arg)
{
	if (pthread_create(t, NULL, run, arg))
		errx(2, "pthread_create");
}

/* A page that was cut off sends SIGBUS: go on after the access. */
static __thread sigjmp_buf after;
static __thread volatile sig_atomic_t armed;

static void on_sigbus(int sig)
{
	(void)sig;
	if (!armed)
		_exit(2);
	siglongjmp(after, 1);
}

static void catch_sigbus(void)
{
	struct sigaction sa = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &sa, NULL);
}

/*
 * halves FILE ROUNDS: two threads fault the same new block, each writes its
 * half; both must be there.
 */
static pthread_barrier_t barrier;
static size_t rounds;

static void *half(void *arg)
{
	size_t which = (size_t)arg;
	/* One maps by 4 KiB, one tries 2 MiB. */
	char *map = map_at(fd, size, which, false);

	for (size_t i = 0; i < rounds; i++) {
		char *p = map + i % (size / PAGE) * PAGE + which * PAGE / 2;

		pthread_barrier_wait(&barrier);
		memset(p, 'a' + which, PAGE / 2);
		pthread_barrier_wait(&barrier);
		if (which)
			continue;
		for (size_t b = 0; b < PAGE; b++)
			if (p[b] != (b < PAGE / 2 ? 'a' : 'b')) {
				printf("# round %zu: byte %zu is %#x\n", i, b, p[b]);
				bad = true;
				break;
			}
		if (i % (size / PAGE) == size / PAGE - 1 &&
		    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size))
			err(2, "punch");
	}
	return NULL;
}

static int cmd_halves(char **arg)
{
	pthread_t t[2];

	open_file(arg[0], 4 * MIB);
	rounds = strtoul(arg[1], NULL, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	for (size_t i = 0; i < 2; i++)
		start(&t[i], half, (void *)i);
	for (size_t i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return bad;
}

/*
 * storm FILE SECONDS SEED: threads fault all over the file, one operates on it;
 * half of it all on a few pages at the edge of 2 MiB.
 * Each store puts a tag into a word; a word may hold 0 or a tag of this run, not
 * what the device held before nor what another run puts there. Now and then all
 * stop, and what their page tables show is compared with what read(2) does: the
 * faults must not have left a block mapped that is not the file's any more.
 */
enum { FAULTERS = 4, HOT = HUGE - 4 * PAGE, HOT_LEN = 8 * PAGE };

static uint64_t tag;
static char *maps[FAULTERS];
static pthread_rwlock_t pause_lock;

/* Load *w, after a store if @v is not 0. Returns 0 for a page that is gone. */
static uint64_t touch(volatile uint64_t *w, uint64_t v)
{
	uint64_t got = 0;

	armed = 1;
	if (!sigsetjmp(after, 1)) {
		if (v)
			*w = v;
		got = *w;
	}
	armed = 0;
	return got;
}

static void *faulter(void *arg)
{
	size_t which = (size_t)arg, done = 0;
	uint64_t seed = which * 77 + 1;

	while (!stop && !bad) {
		pthread_rwlock_rdlock(&pause_lock);
		for (int i = 0; i < 16; i++, done++) {
			size_t at = rnd(&seed) & 1 ?
				    rnd(&seed) % (size / 512) * 512 :
				    HOT + rnd(&seed) % (HOT_LEN / 512) * 512;
			uint64_t v = touch((void *)(maps[which] + at),
					   rnd(&seed) & 1 ? tag | (done & 0xffffffff) : 0);

			if (v && v >> 32 != tag >> 32) {
				printf("# %s: byte %zu is of somebody else: %#jx\n",
				       path, at, (uintmax_t)v);
				bad = true;
			}
		}
		pthread_rwlock_unlock(&pause_lock);
	}
	return (void *)done;
}

/* Everybody has stopped: what is mapped is what the file has. */
static void compare_maps(void)
{
	static uint64_t present[16 * MIB / PAGE], page[PAGE / 8];
	int pagemap = open("/proc/self/pagemap", O_RDONLY);

	if (pagemap < 0)
		err(2, "pagemap");
	for (int m = 0; m < FAULTERS && !bad; m++) {
		off_t at = (uintptr_t)maps[m] / PAGE * 8;

		if (pread(pagemap, present, size / PAGE * 8, at) != (ssize_t)(size / PAGE * 8))
			err(2, "pagemap");
		for (size_t i = 0; i < size / PAGE && !bad; i++) {
			if (!(present[i] >> 63))
				continue;
			if (pread(fd, page, PAGE, i * PAGE) != (ssize_t)PAGE)
				err(2, "read");
			for (size_t w = 0; w < PAGE / 8; w += 64) {
				uint64_t v = ((uint64_t *)(maps[m] + i * PAGE))[w];

				if (v == page[w])
					continue;
				printf("# %s: page %zu shows %#jx, the file has %#jx\n",
				       path, i, (uintmax_t)v, (uintmax_t)page[w]);
				bad = true;
				break;
			}
		}
	}
	close(pagemap);
}

static void *operator(void *arg)
{
	uint64_t seed = (size_t)arg * 2 + 1;
	size_t done = 0;

	while (now() < deadline && !bad) {
		off_t off = rnd(&seed) % (size / PAGE) * PAGE;
		off_t len = (rnd(&seed) % 600 + 1) * PAGE;
		int r = 0;

		if (rnd(&seed) & 1) {
			off = HOT + off % HOT_LEN;
			len = len % HOT_LEN + PAGE;
		}
		if (off + len >= (off_t)size)
			len = size - off;
		if (rnd(&seed) & 1) {
			/* Not into the words that are looked at. */
			off += rnd(&seed) % 92 + 8;
			len -= rnd(&seed) % 100 + 100;
		}
		switch (rnd(&seed) % 8) {
		case 0:
		case 1:
			r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len);
			break;
		case 2:
			r = fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, off, len);
			break;
		case 3:
			off &= -PAGE;
			len = 8 * PAGE;
			if (off + 16 * (off_t)PAGE < (off_t)size &&
			    !fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, off, len))
				r = ftruncate(fd, size);
			break;
		case 4:
			off &= -PAGE;
			len = 8 * PAGE;
			if (off + 16 * (off_t)PAGE < (off_t)size &&
			    !fallocate(fd, FALLOC_FL_INSERT_RANGE, off, len))
				r = ftruncate(fd, size);
			break;
		case 5:
			r = ftruncate(fd, off) ?: ftruncate(fd, size);
			break;
		case 6:
			r = fallocate(fd, 0, off & -PAGE, (len & -PAGE) + PAGE);
			if (!r)
				r = ftruncate(fd, size);
			break;
		case 7:
			r = fdatasync(fd);
			break;
		}
		if (r)
			err(2, "operation on %jd+%jd", (intmax_t)off, (intmax_t)len);
		if (++done % 16)
			continue;
		pthread_rwlock_wrlock(&pause_lock);
		compare_maps();
		pthread_rwlock_unlock(&pause_lock);
	}
	stop = true;
	return (void *)done;
}

static int cmd_storm(char **arg)
{
	pthread_rwlockattr_t attr;
	pthread_t t[FAULTERS], op;
	size_t faults = 0, ops;
	void *n;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&pause_lock, &attr);
	tag = 0x7a67ULL << 48 | (uint64_t)(getpid() & 0xffff) << 32;
	open_file(arg[0], 16 * MIB);
	/* By 4 KiB, by 2 MiB, and one of each with MAP_SYNC. */
	for (size_t i = 0; i < FAULTERS; i++)
		maps[i] = map_at(fd, size, i & 1, i > 1);
	catch_sigbus();
	deadline = now() + strtod(arg[1], NULL);
	for (size_t i = 0; i < FAULTERS; i++)
		start(&t[i], faulter, (void *)i);
	start(&op, operator, (void *)strtoul(arg[2], NULL, 0));
	pthread_join(op, &n);
	ops = (size_t)n;
	for (size_t i = 0; i < FAULTERS; i++) {
		pthread_join(t[i], &n);
		faults += (size_t)n;
	}
	printf("# storm: %zu accesses, %zu operations\n", faults, ops);
	return bad || !faults || !ops;
}

/*
 * beside FILE MIB SECONDS: one thread punches and zeroes the first half of a file
 * of MIB without pause, one faults the pages of the other half. Prints the faults
 * and the operations.
 */
static void *puncher(void *arg)
{
	size_t done = 0;

	(void)arg;
	while (!stop) {
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size / 2) ||
		    fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, size / 2))
			err(2, "punch");
		done++;
	}
	return (void *)done;
}

static int cmd_beside(char **arg)
{
	size_t n = 0, pages;
	volatile char *map;
	pthread_t t;
	void *ops;

	open_file(arg[0], strtoul(arg[1], NULL, 0) * MIB);
	pages = size / 2 / PAGE;
	map = map_at(fd, size, false, false) + size / 2;
	/* Blocks of its own: what was punched is free only after the next commit. */
	memset((void *)map, 1, size / 2);
	start(&t, puncher, NULL);
	for (deadline = now() + strtod(arg[2], NULL); now() < deadline; n++) {
		if (n % pages == 0)
			madvise((void *)map, size / 2, MADV_DONTNEED);
		map[n % pages * PAGE] = 1;
	}
	stop = true;
	pthread_join(t, &ops);
	printf("%zu %zu\n", n, (size_t)ops);
	return 0;
}

/*
 * neighbour FILE: a fault beside a page that is mapped as a hole's zeros must
 * not make that page's blocks written behind the mapping's back.
 */
static int cmd_neighbour(char **arg)
{
	volatile char *map;
	char x[PAGE];

	open_file(arg[0], 4 * PAGE);
	if (fallocate(fd, 0, 0, size))
		err(2, "fallocate");
	map = map_at(fd, size, false, false);
	if (map[PAGE])
		errx(1, "a new page is not zero");
	map[0] = 1;
	memset(x, 'x', sizeof(x));
	if (pwrite(fd, x, PAGE, PAGE) != (ssize_t)PAGE)
		err(2, "pwrite");
	if (map[PAGE] != 'x') {
		printf("# the mapping shows %#x where write(2) put 'x'\n", map[PAGE]);
		return 1;
	}
	return 0;
}

/*
 * ahead FILE ROUNDS SEED: a thread stores to the first pages of a new file, one
 * after the other, and gets blocks for those behind them; another one loads from
 * these, and gets a hole's zeros mapped for some. What write(2) puts there then
 * must show in the mapping. The file gets as much ahead as was stored at most, and
 * no more than 256 KiB; it gets some where the loads leave room for that.
 */
#define AHEAD	(256 * PAGE)
#define MOST	64			/* blocks that a fault allocates at most */

static volatile size_t front;		/* the page stored to last */
static volatile bool loading;

static void *loader(void *arg)
{
	volatile char *map = arg;
	static uint64_t seed = 1;
	char sum = 0;

	while (!stop) {
		volatile char *page = map + (front + 1 + rnd(&seed) % MOST) * PAGE;

		loading = true;
		/* Or each page would fault once only. */
		madvise((void *)page, PAGE, MADV_DONTNEED);
		sum |= *page;
	}
	if (sum) {
		printf("# a new file has a byte that is not zero\n");
		bad = true;
	}
	return NULL;
}

static size_t blocks_of_file(void)
{
	struct stat st;

	if (fstat(fd, &st))
		err(2, "%s", path);
	return st.st_blocks * 512 / PAGE;
}

/* Of writes to pages [first, last], how many do not show in the mapping? */
static size_t hidden(volatile char *map, size_t first, size_t last)
{
	size_t n = 0;

	for (size_t at = first * PAGE + 64; at < (last + 1) * PAGE; at += PAGE) {
		if (pwrite(fd, "w", 1, at) != 1)
			err(2, "pwrite");
		n += map[at] != 'w';
	}
	return n;
}

static int cmd_ahead(char **arg)
{
	size_t rounds = strtoul(arg[1], NULL, 0), behind = 0, ahead = 0;
	uint64_t seed = strtoull(arg[2], NULL, 0);
	pthread_t t;

	/* One that is large enough for a chunk of the pool. */
	open_file(arg[0], 4 << 20);
	for (size_t i = 0; i < rounds && !bad; i++) {
		size_t stores = 1 + rnd(&seed) % (AHEAD / PAGE), blocks = 0, got;
		volatile char *map;

		if (ftruncate(fd, 0) || ftruncate(fd, size))
			err(2, "%s", path);
		map = map_at(fd, size, false, false);
		stop = loading = false;
		front = 0;
		start(&t, loader, (void *)map);
		while (!loading)
			;
		for (size_t page = 0; page < stores; page++) {
			front = page;
			map[page * PAGE] = 0;
			got = blocks_of_file() - blocks;
			/* At once, for the next load may mend it. */
			if (got > 1)
				behind += hidden(map, page + 1, page + got - 1);
			blocks += got;
		}
		stop = true;
		pthread_join(t, NULL);
		/* One may be of the tree of extents. */
		if (blocks < stores || blocks > stores + (stores < MOST ? stores : MOST) + 1) {
			printf("# %zu blocks for %zu stores\n", blocks, stores);
			bad = true;
		}
		ahead += blocks > stores + 1;
		behind += hidden(map, 0, AHEAD / PAGE + MOST);
		munmap((void *)map, size);
	}
	if (behind)
		printf("# %zu writes do not show in a mapping\n", behind);
	printf("# %zu of %zu files got blocks ahead\n", ahead, rounds);
	return bad || behind || ahead < rounds / 4;
}

/* Of this thread, so far. */
static size_t faults(void)
{
	struct rusage use;

	if (getrusage(RUSAGE_THREAD, &use))
		err(2, "getrusage");
	return use.ru_minflt + use.ru_majflt;
}

/*
 * behind FILE: the front of a file is stored to, page by page, up to pages that are
 * mapped. Those stay so.
 */
static int cmd_behind(char **arg)
{
	volatile char *map;
	size_t n;

	/* One that is large enough for a chunk of the pool. */
	open_file(arg[0], 4 << 20);
	map = map_at(fd, size, false, false);
	for (size_t page = MOST; page < AHEAD / PAGE; page++)
		map[page * PAGE] = 1;
	for (size_t page = 0; page < MOST; page++)
		map[page * PAGE] = 1;
	n = faults();
	for (size_t page = MOST; page < AHEAD / PAGE; page++)
		map[page * PAGE] = 1;
	n = faults() - n;
	printf("# %zu more faults\n", n);
	return n != 0;
}

/*
 * starve FILE SECONDS fault|holder: threads that fault without pause, and one that
 * holds their range again and again. How many times does it hold while one fault
 * waits; how many faults go by while it waits to hold? Either fails if it is many:
 * a fault waits for one holder at each of its few tries, a holder for the faults
 * that were there before it. Being off the CPU looks like waiting, so the median
 * counts. For faults, the holder holds for long and comes back at once; for
 * holders, faults take as long as a commit.
 */
enum { HUNGRY = 8, MANY = 24 };

static bool long_faults;

static volatile size_t held;
static size_t faulted[HUNGRY];
static size_t waited[2][MANY + 1];	/* how often for how many: faults, holds */

static void count_wait(size_t which, size_t n)
{
	__atomic_add_fetch(&waited[which][n < MANY ? n : MANY], 1, __ATOMIC_RELAXED);
}

static size_t median(size_t which)
{
	size_t all = 0, i = 0;

	for (size_t n = 0; n <= MANY; n++)
		all += waited[which][n];
	for (size_t below = 0; i < MANY; i++) {
		below += waited[which][i];
		if (below * 2 >= all)
			break;
	}
	return i;
}

static size_t all_faulted(void)
{
	size_t n = 0;

	for (size_t i = 0; i < HUNGRY; i++)
		n += __atomic_load_n(&faulted[i], __ATOMIC_RELAXED);
	return n;
}

static void *hungry(void *arg)
{
	size_t which = (size_t)arg, pages = size / PAGE - 1;
	char *map = map_at(fd, size, false, long_faults);

	for (size_t i = which; !stop; i += HUNGRY) {
		volatile char *p = map + i % pages * PAGE;
		size_t before = held;

		if (long_faults)
			*p = 1;
		else
			(void)*p;
		count_wait(0, held - before);
		__atomic_add_fetch(&faulted[which], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Written and unwritten by turns: as many extents as there are blocks. */
static void write_every_other(void)
{
	char page[PAGE];

	memset(page, 'm', PAGE);
	if (fallocate(fd, 0, 0, size))
		err(2, "fallocate");
	for (size_t at = 0; at < size; at += 2 * PAGE)
		if (pwrite(fd, page, PAGE, at) != (ssize_t)PAGE)
			err(2, "write");
}

static int cmd_starve(char **arg)
{
	int modes[] = { FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE };
	pthread_t t[HUNGRY];
	size_t len = PAGE;

	open_file(arg[0], 2 * HUGE);
	long_faults = !strcmp(arg[2], "holder");
	if (long_faults) {
		modes[0] = modes[1] = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
		len = size;
	} else {
		write_every_other();
	}
	for (size_t i = 0; i < HUNGRY; i++)
		start(&t[i], hungry, (void *)i);
	deadline = now() + strtod(arg[1], NULL);
	while (now() < deadline) {
		size_t before = all_faulted();

		if (fallocate(fd, modes[held & 1], 0, len))
			err(2, "fallocate");
		held++;
		count_wait(1, all_faulted() - before);
	}
	stop = true;
	for (size_t i = 0; i < HUNGRY; i++)
		pthread_join(t[i], NULL);
	printf("# starve: %zu faults, %zu holds; median holds a fault %zu, faults a hold %zu\n",
	       all_faulted(), held, median(0), median(1));
	return all_faulted() < 10 || held < 10 || median(long_faults) == MANY;
}

/*
 * dirty FILE punch|zero|shrink: two 2 MiB pages, mapped and dirty, of which the
 * operation takes the second half of the one and the first half of the other,
 * or all from the middle of the first on. Then fsync.
 */
static int cmd_dirty(char **arg)
{
	char *map;
	int r;

	open_file(arg[0], 2 * HUGE);
	if (fallocate(fd, 0, 0, size) || fsync(fd))
		err(2, "fallocate");
	map = map_at(fd, size, true, false);
	memset(map, 'd', size);
	if (!strcmp(arg[1], "punch"))
		r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB, HUGE);
	else if (!strcmp(arg[1], "zero"))
		r = fallocate(fd, FALLOC_FL_ZERO_RANGE, MIB, HUGE);
	else
		r = ftruncate(fd, MIB);
	if (r || fsync(fd))
		err(2, "%s", arg[1]);
	return 0;
}

/*
 * many DIR COUNT makes files of so many extents that truncating them takes
 * several transactions. After a remount, cut DIR COUNT truncates each while faults
 * beside the new end come and the journal commits without pause, grows it again
 * and looks: what was cut off must read as zeros.
 */
enum { KEPT = HUGE, WHOLE = 6 * HUGE };

static void open_many(char **arg, size_t i, int flags)
{
	static char name[300];

	snprintf(name, sizeof(name), "%s/many%zu", arg[0], i);
	path = name;
	fd = open(path, O_RDWR | flags, 0600);
	if (fd < 0)
		err(2, "%s", path);
}

static int cmd_many(char **arg)
{
	size_t count = strtoul(arg[1], NULL, 0);

	for (size_t i = 0; i < count; i++) {
		open_many(arg, i, O_CREAT);
		size = WHOLE;
		write_every_other();
		close(fd);
	}
	return 0;
}

static void *committer(void *arg)
{
	char name[300];
	int other;

	snprintf(name, sizeof(name), "%s/committer", (char *)arg);
	other = open(name, O_RDWR | O_CREAT, 0600);
	while (!stop)
		if (other < 0 || ftruncate(other, now()) || fsync(other))
			err(2, "%s", name);
	return NULL;
}

/* Its loads find the file cut, but not yet what the cut leaves. */
static void *late(void *arg)
{
	volatile char *map = arg;

	while (lseek(fd, 0, SEEK_END) != KEPT)
		;
	for (size_t at = 0; at < KEPT; at += 16 * PAGE)
		(void)map[at];
	return NULL;
}

static int cmd_cut(char **arg)
{
	size_t count = strtoul(arg[1], NULL, 0);
	static char buf[WHOLE - KEPT];
	pthread_t t, c;

	start(&c, committer, arg[0]);
	for (size_t i = 0; i < count && !bad; i++) {
		char *map;

		open_many(arg, i, 0);
		map = map_at(fd, WHOLE, false, false);
		start(&t, late, map);
		if (ftruncate(fd, KEPT))
			err(2, "truncate");
		pthread_join(t, NULL);
		if (ftruncate(fd, WHOLE) || pread(fd, buf, sizeof(buf), KEPT) != sizeof(buf))
			err(2, "read");
		for (size_t b = 0; b < sizeof(buf) && !bad; b++)
			if (buf[b]) {
				printf("# %s: byte %zu is still %#x\n", path, KEPT + b, buf[b]);
				bad = true;
			}
		munmap(map, WHOLE);
		close(fd);
	}
	stop = true;
	pthread_join(c, NULL);
	return bad;
}

static const struct command commands[] = {
	{ "halves",	2, cmd_halves,	  "FILE ROUNDS" },
	{ "storm",	3, cmd_storm,	  "FILE SECONDS SEED" },
	{ "beside",	3, cmd_beside,	  "FILE MIB SECONDS" },
	{ "neighbour",	1, cmd_neighbour, "FILE" },
	{ "ahead",	3, cmd_ahead,	  "FILE ROUNDS SEED" },
	{ "behind",	1, cmd_behind,	  "FILE" },
	{ "starve",	3, cmd_starve,	  "FILE SECONDS fault|holder" },
	{ "many",	2, cmd_many,	  "DIR COUNT" },
	{ "cut",	2, cmd_cut,	  "DIR COUNT" },
	{ "dirty",	2, cmd_dirty,	  "FILE punch|zero|shrink" },
	{ }
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_command(commands, argv);
}
