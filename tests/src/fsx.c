// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fsx FILE SEED COUNT: random writes, mapped stores, reads, truncates and every
 * kind of fallocate on FILE, each compared with a model in memory. The idea is
 * that of Apple's and the Linux Test Project's fsx. Offsets and lengths are
 * aligned to nothing, to the block or to 2 MiB by turns.
 * Exit status: 0 fine, 1 the file differs, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dax.h"

#define MOST (8 * MIB)

static int fd;
static unsigned char *model;	/* MOST bytes; zero from size on */
static size_t size;
static unsigned long step;
static const char *what = "nothing";
static size_t bs;

static uint64_t seed;

static void differs(size_t at, unsigned char got)
{
	errx(1, "step %lu (%s): byte %#zx of %#zx is %#x, not %#x", step, what,
	     at, size, got, model[at]);
}

static void compare(const unsigned char *got, size_t from, size_t len)
{
	if (!memcmp(got, model + from, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (got[i] != model[from + i])
			differs(from + i, got[i]);
}

static void must(int ret)
{
	if (ret)
		err(2, "step %lu: %s", step, what);
}

static void resize(size_t to)
{
	if (to < size)
		memset(model + to, 0, size - to);
	size = to;
}

static void one_step(unsigned char *buf)
{
	size_t units[] = { 1, 1, bs, PAGE, HUGE };
	size_t unit = units[rnd(&seed) % 5];
	size_t off = rnd(&seed) % MOST / unit * unit;
	size_t len = (rnd(&seed) % (rnd(&seed) % 4 ? 64 << 10 : 3 << 20) / unit + 1) * unit;
	unsigned char *p;
	struct stat st;

	if (off + len > MOST)
		len = MOST - off;
	if (!len)
		return;
	switch (rnd(&seed) % 12) {
	case 0:
	case 1:
		what = "write";
		memset(buf, rnd(&seed), len);
		buf[0] = step;
		if (pwrite(fd, buf, len, off) != (ssize_t)len)
			must(-1);
		memcpy(model + off, buf, len);
		if (off + len > size)
			size = off + len;
		break;
	case 2:
	case 3:
		what = "mapped store";
		if (off >= size)
			return;
		if (len > size - off)
			len = size - off;
		p = (void *)map_at(fd, off + len, true, false);
		memset(p + off, rnd(&seed), len);
		memcpy(model + off, p + off, len);
		/* Behind the end of file it is nobody's, and never seen. */
		if (off + len == size)
			memset(p + size, 0xee, -size & (PAGE - 1));
		munmap(p, off + len);
		break;
	case 4:
		what = "mapped load";
		if (!size)
			return;
		p = (void *)map_at(fd, size, true, false);
		compare(p, 0, size);
		munmap(p, size);
		break;
	case 5:
		what = "truncate";
		must(ftruncate(fd, off));
		resize(off);
		break;
	case 6:
		what = "punch";
		must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len));
		memset(model + off, 0, len);
		break;
	case 7:
		what = "zero";
		must(fallocate(fd, FALLOC_FL_ZERO_RANGE, off, len));
		memset(model + off, 0, len);
		if (off + len > size)
			size = off + len;
		break;
	case 8:
		what = "collapse";
		off = off / bs * bs;
		len = (len + bs - 1) / bs * bs;
		if (off + len >= size)
			return;
		must(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, off, len));
		memmove(model + off, model + off + len, size - off - len);
		resize(size - len);
		break;
	case 9:
		what = "insert";
		off = off / bs * bs;
		len = (len + bs - 1) / bs * bs;
		if (off >= size || size + len > MOST)
			return;
		must(fallocate(fd, FALLOC_FL_INSERT_RANGE, off, len));
		memmove(model + off + len, model + off, size - off);
		memset(model + off, 0, len);
		size += len;
		break;
	case 10:
		what = "allocate";
		must(fallocate(fd, rnd(&seed) & 1 ? FALLOC_FL_KEEP_SIZE : 0, off, len));
		must(fstat(fd, &st));
		size = st.st_size;
		break;
	case 11:
		what = "sync";
		must(fsync(fd));
		break;
	}
}

int main(int argc, char **argv)
{
	unsigned long count;
	unsigned char *buf;
	struct stat st;

	if (argc != 4)
		errx(2, "usage: fsx FILE SEED COUNT");
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	seed = strtoul(argv[2], NULL, 0) * 2 + 1;
	count = strtoul(argv[3], NULL, 0);
	model = calloc(1, MOST);
	buf = malloc(MOST);
	if (fd < 0 || !model || !buf || fstat(fd, &st))
		err(2, "%s", argv[1]);
	bs = st.st_blksize;

	for (step = 1; step <= count; step++) {
		one_step(buf);
		if (fstat(fd, &st))
			err(2, "fstat");
		if ((size_t)st.st_size != size)
			errx(1, "step %lu (%s): size %jd, not %zu", step, what,
			     (intmax_t)st.st_size, size);
		/* All of it now and then; reading is most of the time. */
		if (step % 16 && step != count)
			continue;
		if (pread(fd, buf, MOST, 0) != (ssize_t)size)
			err(2, "read");
		compare(buf, 0, size);
	}
	return 0;
}
