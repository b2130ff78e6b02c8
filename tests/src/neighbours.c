// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * neighbours FILE REFERENCE SECONDS SEED: two parts of one file, parted by the
 * edge of a block that need not be the edge of a page. One thread stores in the
 * last bytes before the edge, mapped and by write(2). One writes, zeroes, punches,
 * collapses and inserts from the edge on. Each knows what its part has to have and
 * looks all the time. Others read all over by mappings and write back without
 * pause. At the end REFERENCE gets what FILE must hold.
 * Exit status: 0 fine, 1 a part differs, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "dax.h"

#define BEFORE (64UL << 10)	/* bytes of the first thread's part */
#define MOST (6 * MIB)		/* the file's at most */
#define LEAST HUGE		/* of the other's part */

static int fd;
static size_t bs, edge;
static volatile bool stop, bad;
static double deadline;

/* What the file must hold. Below edge the first thread's, else the other's. */
static unsigned char *model;
static size_t size;		/* the other's */

static void differs(const char *who, const char *how, size_t at,
		    unsigned char got)
{
	printf("# %s, by %s: byte %#zx is %#x, not %#x\n", who, how, at, got,
	       model[at]);
	bad = true;
}

static void compare(const char *who, const char *how, const unsigned char *got,
		    size_t from, size_t len)
{
	if (!memcmp(got, model + from, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (got[i] != model[from + i]) {
			differs(who, how, from + i, got[i]);
			return;
		}
}

/* Compare a part as read(2) and as a mapping show it. */
static void look(const char *who, const char *what, unsigned char *map,
		 size_t from, size_t len)
{
	static __thread unsigned char *buf;
	char line[60];

	if (!buf)
		buf = malloc(MOST);
	if (!buf || pread(fd, buf, len, from) != (ssize_t)len)
		err(2, "read");
	snprintf(line, sizeof(line), "read after %s", what);
	compare(who, line, buf, from, len);
	snprintf(line, sizeof(line), "mapping after %s", what);
	compare(who, line, map + from, from, len);
}

static void *storer(void *arg)
{
	unsigned char *map = (void *)map_at(fd, MOST, true, false);
	uint64_t seed = 99;

	(void)arg;
	while (!stop && !bad) {
		/* The last ones share a page with the other part. */
		size_t len = rnd(&seed) % (rnd(&seed) % 4 ? 600 : BEFORE / 2) + 1;
		size_t at = edge - len - (rnd(&seed) & 1 ? rnd(&seed) % 2000 : 0);
		bool mapped = rnd(&seed) % 4;

		look("the first part", "a while", map, edge - PAGE, PAGE);
		memset(model + at, rnd(&seed), len);
		if (mapped)
			memcpy(map + at, model + at, len);
		else if (pwrite(fd, model + at, len, at) != (ssize_t)len)
			err(2, "write");
		look("the first part", mapped ? "a store" : "a write", map, at, len);
	}
	return NULL;
}

/* Faults only: what it sees is the others' business. A page may be cut off. */
static __thread sigjmp_buf after;

static void on_sigbus(int sig)
{
	(void)sig;
	siglongjmp(after, 1);
}

static void *reader(void *arg)
{
	volatile char *map = map_at(fd, MOST, false, false);
	uint64_t seed = 7;

	(void)arg;
	while (!stop && !bad)
		if (!sigsetjmp(after, 0))
			(void)map[edge / PAGE * PAGE + rnd(&seed) % (MOST - edge)];
	return NULL;
}

static void *syncer(void *arg)
{
	(void)arg;
	while (!stop && !bad) {
		if (fdatasync(fd))
			err(2, "fdatasync");
		usleep(1000);
	}
	return NULL;
}

static void must(int r, const char *what)
{
	if (r)
		err(2, "%s", what);
}

static const char *one_step(unsigned char *map, uint64_t *seed, size_t *from,
			    size_t *to)
{
	size_t units[] = { 1, bs, bs, PAGE };
	size_t unit = units[rnd(seed) % 4];
	size_t at = edge + rnd(seed) % (size - edge);
	size_t len = rnd(seed) % (rnd(seed) % 4 ? 16 * PAGE : MIB) + 1;
	const char *what;

	/* Half of them begin at the edge. */
	at = rnd(seed) & 1 ? edge : edge + (at - edge) / unit * unit;
	len = (len + unit - 1) / unit * unit;
	if (len > size - at)
		len = size - at;
	*from = at;
	*to = at + len;
	switch (rnd(seed) % 6) {
	case 0:
		what = "write";
		memset(model + at, rnd(seed), len);
		must(pwrite(fd, model + at, len, at) != (ssize_t)len, what);
		break;
	case 1:
		what = "store";
		memset(model + at, rnd(seed), len);
		memcpy(map + at, model + at, len);
		break;
	case 2:
		what = "zero";
		must(fallocate(fd, FALLOC_FL_ZERO_RANGE, at, len), what);
		memset(model + at, 0, len);
		break;
	case 3:
		what = "punch";
		must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len), what);
		memset(model + at, 0, len);
		break;
	case 4:
		what = "collapse";
		at = edge + (at - edge) / bs * bs;
		len = (len + bs - 1) / bs * bs;
		if (at + len >= size || size - len < edge + LEAST)
			return NULL;
		must(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, at, len), what);
		memmove(model + at, model + at + len, size - at - len);
		memset(model + size - len, 0, len);
		size -= len;
		break;
	default:
		what = "insert";
		at = edge + (at - edge) / bs * bs;
		len = (len + bs - 1) / bs * bs;
		if (size + len > MOST)
			return NULL;
		must(fallocate(fd, FALLOC_FL_INSERT_RANGE, at, len), what);
		memmove(model + at + len, model + at, size - at);
		memset(model + at, 0, len);
		size += len;
		break;
	}
	if (*to > size)
		*to = size;
	return what;
}

int main(int argc, char **argv)
{
	void *(*const run[])(void *) = { storer, reader, syncer };
	struct sigaction sa = { .sa_handler = on_sigbus, .sa_flags = SA_NODEFER };
	pthread_t t[3];
	unsigned char *map;
	size_t steps = 0, from, to;
	uint64_t seed;
	struct statfs fs;
	int ref;

	if (argc != 5)
		errx(2, "usage: neighbours FILE REFERENCE SECONDS SEED");
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	model = calloc(1, MOST);
	if (fd < 0 || !model || fstatfs(fd, &fs))
		err(2, "%s", argv[1]);
	deadline = now() + strtod(argv[3], NULL);
	seed = strtoul(argv[4], NULL, 0) * 2 + 1;
	/* In the middle of a 2 MiB page, and of a small one if blocks are smaller. */
	bs = fs.f_bsize;
	edge = HUGE + MIB + bs;
	size = edge + LEAST + MIB / 2;
	memset(model, 'm', size);
	if (pwrite(fd, model, size, 0) != (ssize_t)size)
		err(2, "write");
	map = (void *)map_at(fd, MOST, true, false);
	sigaction(SIGBUS, &sa, NULL);
	for (size_t i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, run[i], NULL))
			errx(2, "pthread_create");

	while (now() < deadline && !bad) {
		const char *what = one_step(map, &seed, &from, &to);

		if (!what)
			continue;
		look("the second part", what, map, from, to - from);
		/* All of it now and then. */
		if (++steps % 32 == 0)
			look("the second part", what, map, edge, size - edge);
	}
	stop = true;
	for (size_t i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	/*
	 * A store into a block that was taken away below a page that is mapped
	 * for writing: the remount shows whether it got a new one.
	 */
	memcpy(map + edge, model + edge, bs);
	must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, edge, bs), "punch");
	memset(model + edge, 'l', bs);
	memcpy(map + edge, model + edge, bs);
	look("all of it", "all", map, 0, size);
	printf("# neighbours: %zu operations\n", steps);
	if (fsync(fd))
		err(2, "fsync");
	ref = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (ref < 0 || write(ref, model, size) != (ssize_t)size)
		err(2, "%s", argv[2]);
	return bad || !steps;
}
