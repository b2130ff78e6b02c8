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
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define HUGE (2 * MIB)

static int fd;
static const char *path;
static size_t size;
static volatile bool stop;
static volatile bool bad;
static double deadline;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

static void open_file(const char *name, size_t len)
{
	path = name;
	size = len;
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, size))
		err(2, "%s", path);
}

/* A mapping at a 2 MiB boundary, so that huge faults are tried. */
static char *map_file(size_t len, bool huge)
{
	char *area = mmap(NULL, len + HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);

	if (area == MAP_FAILED)
		err(2, "mmap");
	if (!huge)
		at += PAGE;
	at = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	if (at == MAP_FAILED)
		err(2, "mmap");
	return at;
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
	char *map = map_file(size, which);

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
 * storm FILE SECONDS SEED: threads fault all over the file, one operates on it.
 * Each store puts the page's tag into a word; a word may hold 0 or a tag of
 * this run, never what the device held before.
 */
#define TAG 0x7a67000000000000ULL

/* Load *w, after a store if @tag is not 0. Returns 0 for a page that is gone. */
static uint64_t touch(volatile uint64_t *w, uint64_t tag)
{
	uint64_t v = 0;

	armed = 1;
	if (!sigsetjmp(after, 1)) {
		if (tag)
			*w = tag;
		v = *w;
	}
	armed = 0;
	return v;
}

static void *faulter(void *arg)
{
	uint64_t seed = (size_t)arg * 77 + 1;
	char *map = map_file(size, (size_t)arg & 1);
	size_t done = 0;

	while (!stop && !bad) {
		size_t at = rnd(&seed) % (size / 512) * 512;
		uint64_t v = touch((void *)(map + at),
				   rnd(&seed) & 1 ? TAG | (done & 0xffffffff) : 0);

		if (v && (v & 0xffff000000000000ULL) != TAG) {
			printf("# %s: byte %zu is of somebody else: %#jx\n",
			       path, at, (uintmax_t)v);
			bad = true;
		}
		done++;
	}
	return (void *)done;
}

static void *operator(void *arg)
{
	uint64_t seed = (size_t)arg * 2 + 1;
	size_t done = 0;

	while (now() < deadline && !bad) {
		off_t off = rnd(&seed) % (size / PAGE) * PAGE;
		off_t len = (rnd(&seed) % 600 + 1) * PAGE;
		int r = 0;

		if (off + len >= (off_t)size)
			len = size - off;
		if (rnd(&seed) & 1) {
			off += rnd(&seed) % 100;
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
		done++;
	}
	stop = true;
	return (void *)done;
}

static int cmd_storm(char **arg)
{
	pthread_t t[4], op;
	size_t faults = 0, ops;
	void *n;

	open_file(arg[0], 16 * MIB);
	catch_sigbus();
	deadline = now() + strtod(arg[1], NULL);
	for (size_t i = 0; i < 4; i++)
		start(&t[i], faulter, (void *)i);
	start(&op, operator, (void *)strtoul(arg[2], NULL, 0));
	pthread_join(op, &n);
	ops = (size_t)n;
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], &n);
		faults += (size_t)n;
	}
	printf("# storm: %zu accesses, %zu operations\n", faults, ops);
	return bad || !faults || !ops;
}

/*
 * beside FILE SECONDS WHERE: one thread punches and refills the first half
 * without pause, one faults pages. WHERE is "same" or "other" half. Prints
 * faults, operations, and the faults' p50, p99, p99.9 and max in microseconds.
 */
static size_t pieces;

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

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int cmd_beside(char **arg)
{
	bool same = !strcmp(arg[2], "same");
	const size_t most = 1 << 20;
	float *us = calloc(most, sizeof(*us));
	size_t n = 0;
	pthread_t t;
	void *ops;
	char *map;

	if (!us)
		err(2, "calloc");
	open_file(arg[0], 512 * MIB);
	pieces = size / 2 / PAGE;
	map = map_file(size, false) + (same ? 0 : size / 2);
	/* Its blocks are there: what is measured is the fault, not the allocator. */
	if (!same)
		memset(map, 1, size / 2);
	madvise(map, size / 2, MADV_DONTNEED);
	start(&t, puncher, NULL);
	deadline = now() + strtod(arg[1], NULL);
	while (n < most) {
		volatile char *p = map + n % pieces * PAGE;
		double a, b;

		if (n && n % pieces == 0)
			madvise(map, size / 2, MADV_DONTNEED);
		a = now();
		*p = 1;
		b = now();
		us[n++] = (b - a) * 1e6;
		if (b > deadline)
			break;
	}
	stop = true;
	pthread_join(t, &ops);
	qsort(us, n, sizeof(*us), by_value);
	printf("%zu %zu %.1f %.1f %.1f %.1f\n", n, (size_t)ops, us[n / 2],
	       us[n * 99 / 100], us[n * 999 / 1000], us[n - 1]);
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
	map = map_file(size, false);
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

/* dirty FILE: one 2 MiB page, mapped and dirty, with a hole punched in it. */
static int cmd_dirty(char **arg)
{
	char *map;

	open_file(arg[0], 4 * MIB);
	if (fallocate(fd, 0, 0, size) || fsync(fd))
		err(2, "fallocate");
	map = map_file(size, true);
	memset(map, 'd', HUGE);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB, 64 * PAGE))
		err(2, "punch");
	if (fsync(fd))
		err(2, "fsync");
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
	const char *usage;
} commands[] = {
	{ "halves",	2, cmd_halves,	  "FILE ROUNDS" },
	{ "storm",	3, cmd_storm,	  "FILE SECONDS SEED" },
	{ "beside",	3, cmd_beside,	  "FILE SECONDS same|other" },
	{ "neighbour",	1, cmd_neighbour, "FILE" },
	{ "dirty",	1, cmd_dirty,	  "FILE" },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		if (argc - 2 != commands[i].args)
			errx(2, "usage: daxrace %s %s", argv[1], commands[i].usage);
		return commands[i].run(argv + 2);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(stderr, "daxrace %s %s\n", commands[i].name, commands[i].usage);
	return 2;
}
