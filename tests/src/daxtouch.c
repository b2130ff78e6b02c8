// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxtouch: page faults on a DAX file, one store a page.
 *
 *	daxtouch write FILE BYTES STEP huge|small seq|random
 *		make FILE BYTES long and stamp the page at every STEP bytes through
 *		a mapping; print for how many microseconds the stores ran. "small"
 *		asks the kernel for no huge mapping.
 *	daxtouch check FILE STEP
 *		the pages at every STEP bytes are stamped and the rest is zero
 *	daxtouch read FILE huge|small
 *		load a byte of each page
 *	daxtouch windows FILE read|write
 *		fault all of it in, and print of each 2 MiB whether one entry of the
 *		page tables maps it: pmd, or pte, or none where there is nothing
 *
 * Exit status: 0 fine, 1 the check failed, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "common.h"
#include "../../tools/ext4dax/uapi.h"

/* What one entry of a page middle directory maps. */
#define PMD (2UL << 20)

/* What a page is stamped with; no page offset is 0 in it. */
static uint64_t stamp(size_t off) { return off ^ 0x5a17c0de00000001; }

static char *map_file(const char *path, int flags, size_t *bytes, const char *how)
{
	int prot = flags & O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ;
	int fd = open_file(path, flags);
	struct stat st;
	char *map;

	if (*bytes && ftruncate(fd, *bytes))
		err(2, "%s: ftruncate", path);
	if (fstat(fd, &st))
		err(2, "%s: fstat", path);
	*bytes = st.st_size;
	map = mmap(NULL, *bytes, prot, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(2, "%s: mmap", path);
	if (!strcmp(how, "small") && madvise(map, *bytes, MADV_NOHUGEPAGE))
		err(2, "madvise");
	close(fd);
	return map;
}

/* A fixed order that looks like none: the same on every run. */
static size_t *order(size_t n, bool random)
{
	size_t *at = calloc(n, sizeof(*at));
	uint64_t seed = 1;

	if (!at)
		err(2, "calloc");
	for (size_t i = 0; i < n; i++)
		at[i] = i;
	for (size_t i = n; random && i > 1; i--) {
		size_t j = rnd(&seed) % i, t = at[i - 1];

		at[i - 1] = at[j];
		at[j] = t;
	}
	return at;
}

static int cmd_write(char **arg)
{
	size_t bytes = number(arg[1]), step = number(arg[2]), n;
	struct timespec from, to;
	size_t *at;
	char *map;

	if (!bytes || !step || step % PAGE)
		errx(2, "no such file, or no such step");
	n = (bytes + step - 1) / step;
	at = order(n, !strcmp(arg[4], "random"));
	map = map_file(arg[0], O_RDWR | O_CREAT, &bytes, arg[3]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < n; i++)
		*(volatile uint64_t *)(map + at[i] * step) = stamp(at[i] * step);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%lld\n", (to.tv_sec - from.tv_sec) * 1000000LL +
			 (to.tv_nsec - from.tv_nsec) / 1000);
	return 0;
}

static int cmd_check(char **arg)
{
	size_t step = number(arg[1]), bytes = 0;
	char *map = map_file(arg[0], O_RDONLY, &bytes, "huge");

	for (size_t off = 0; off < bytes; off += sizeof(uint64_t)) {
		uint64_t want = off % step ? 0 : stamp(off), got = 0;
		size_t len = bytes - off < sizeof(got) ? bytes - off : sizeof(got);

		memcpy(&got, map + off, len);
		if (len == sizeof(got) && got != want)
			errx(1, "%s: %#zx: %#jx instead of %#jx", arg[0], off,
			     (uintmax_t)got, (uintmax_t)want);
	}
	return 0;
}

static int cmd_read(char **arg)
{
	size_t bytes = 0;
	char *map = map_file(arg[0], O_RDONLY, &bytes, arg[1]);

	for (size_t off = 0; off < bytes; off += PAGE)
		(void)*(volatile char *)(map + off);
	return 0;
}

static const char *mapped_by(int pagemap, char *map, size_t bytes)
{
	struct page_region region = { 0 };
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.start = (uintptr_t)map,
		.end = (uintptr_t)map + bytes,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.category_mask = PAGE_IS_PRESENT,
		.return_mask = PAGE_IS_PRESENT | PAGE_IS_HUGE,
	};
	int found = ioctl(pagemap, PAGEMAP_SCAN, &scan);

	if (found < 0)
		err(2, "PAGEMAP_SCAN");
	if (!found)
		return "none";
	return region.categories & PAGE_IS_HUGE ? "pmd" : "pte";
}

static int cmd_windows(char **arg)
{
	bool write = !strcmp(arg[1], "write");
	int fd = open_file(arg[0], write ? O_RDWR : O_RDONLY);
	int pagemap = open_file("/proc/self/pagemap", O_RDONLY);
	struct stat st;
	size_t bytes;
	char *map;

	if (fstat(fd, &st))
		err(2, "%s: fstat", arg[0]);
	bytes = (st.st_size + PAGE - 1) / PAGE * PAGE;
	map = mmap(NULL, bytes + PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		err(2, "mmap");
	map = (char *)(((uintptr_t)map + PMD - 1) / PMD * PMD);
	if (mmap(map, bytes, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED | MAP_FIXED,
		 fd, 0) == MAP_FAILED)
		err(2, "%s: mmap", arg[0]);
	if (madvise(map, bytes, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		err(2, "%s: populate", arg[0]);
	for (size_t off = 0; off < bytes; off += PMD)
		puts(mapped_by(pagemap, map + off, bytes - off < PMD ? bytes - off : PMD));
	return 0;
}

static const struct command commands[] = {
	{ "write",	5, cmd_write,	"FILE BYTES STEP huge|small seq|random" },
	{ "check",	2, cmd_check,	"FILE STEP" },
	{ "read",	2, cmd_read,	"FILE huge|small" },
	{ "windows",	2, cmd_windows,	"FILE read|write" },
	{ }
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_command(commands, argv);
}
