/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the test programs share: units, time, random numbers, mappings, commands. */
#ifndef TESTS_DAX_H
#define TESTS_DAX_H

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define HUGE (2 * MIB)

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* xorshift64*; *s is never 0. */
static inline uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

/*
 * Map the first len bytes of fd, shared, with MAP_SYNC if sync and if that can be
 * had. If huge, at a 2 MiB boundary, so that huge faults are tried; else a page
 * off it, so that none is.
 */
static inline char *map_at(int fd, size_t len, bool huge, bool sync)
{
	size_t all = len + 2 * HUGE;
	char *area = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE), *p = MAP_FAILED;
	char *end;

	if (area == MAP_FAILED)
		err(2, "mmap");
	if (!huge)
		at += PAGE;
	if (sync)
		p = mmap(at, len, PROT_READ | PROT_WRITE,
			 MAP_SHARED_VALIDATE | MAP_SYNC | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED)
		p = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 fd, 0);
	if (p == MAP_FAILED)
		err(2, "mmap");
	end = p + ((len + PAGE - 1) & -PAGE);
	if (p > area)
		munmap(area, p - area);
	munmap(end, area + all - end);
	return p;
}

struct command {
	const char *name;
	int args;		/* how many */
	int (*run)(char **arg);
	const char *usage;	/* the arguments */
};

/* Run the command that argv names, of those up to one without a name. */
static inline int run_command(const struct command *commands, char **argv)
{
	int args = 0;

	while (argv[1] && argv[2 + args])
		args++;
	for (const struct command *c = commands; argv[1] && c->name; c++) {
		if (strcmp(argv[1], c->name))
			continue;
		if (args != c->args)
			errx(2, "usage: %s %s", c->name, c->usage);
		return c->run(argv + 2);
	}
	for (const struct command *c = commands; c->name; c++)
		fprintf(stderr, "%s %s\n", c->name, c->usage);
	return 2;
}

#endif
