/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs that write files share; each uses what it needs. */
#ifndef TESTS_COMMON_H
#define TESTS_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "dax.h"

/* What "daxio fill" leaves on a device. No file may ever show it. */
static const char stale[16] = "\xf7STALE-ON-DISK\xf7";

static inline size_t number(const char *s)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(s, &end, 0);
	if (errno || end == s || *end || *s == '-')
		errx(2, "not a number: %s", s);
	return n;
}

static inline int open_file(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static inline void *map_anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	return p;
}

static inline off_t size_of(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0)
		err(2, "lseek");
	return size;
}

static inline void noise(char *buf, size_t len, uint64_t *seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = rnd(seed) >> 56;
}

#endif
