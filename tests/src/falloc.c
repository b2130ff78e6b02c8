// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * falloc FILE: fallocate and ftruncate with good and bad arguments, a line each:
 * what was asked, the errno, and the size and blocks that the file then has.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 20000

static int fd;

static void fresh(void)
{
	static char data[SIZE];

	memset(data, 'f', sizeof(data));
	if (ftruncate(fd, 0) || pwrite(fd, data, SIZE, 0) != SIZE)
		err(2, "write");
}

static void report(const char *what, int mode, off_t off, off_t len, int error)
{
	struct stat st;

	if (fsync(fd) || fstat(fd, &st))
		err(2, "fsync");
	printf("%s %#x %jd+%jd: %s, %jd bytes, %jd blocks\n", what, mode,
	       (intmax_t)off, (intmax_t)len, error ? strerrorname_np(error) : "ok",
	       (intmax_t)st.st_size, (intmax_t)st.st_blocks);
}

int main(int argc, char **argv)
{
	static const int modes[] = {
		0, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE,
		FALLOC_FL_ZERO_RANGE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_INSERT_RANGE, FALLOC_FL_INSERT_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_NO_HIDE_STALE, FALLOC_FL_UNSHARE_RANGE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE, 0x400, -1,
	};
	/* Around the file's blocks and end, and the largest offsets there are. */
	static const off_t offsets[] = {
		-1, 0, 1, 4096, 16384, SIZE, SIZE + 1, 40960, (1LL << 32) + 4096,
		(1LL << 42) - 4096, (1LL << 44) - 8192, (1LL << 44) - 4096,
		1LL << 44, INT64_MAX - 4095, INT64_MAX,
	};
	static const off_t lengths[] = {
		-1, 0, 1, 4095, 4096, 8192, SIZE, INT64_MAX - 4095, INT64_MAX,
	};

	if (argc != 2)
		errx(2, "usage: falloc FILE");
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		err(2, "%s", argv[1]);
	fresh();
	for (size_t m = 0; m < sizeof(modes) / sizeof(*modes); m++)
		for (size_t o = 0; o < sizeof(offsets) / sizeof(*offsets); o++)
			for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++) {
				int r = fallocate(fd, modes[m], offsets[o], lengths[l]);

				report("fallocate", modes[m], offsets[o], lengths[l],
				       r ? errno : 0);
				if (!r)
					fresh();
			}
	for (size_t o = 0; o < sizeof(offsets) / sizeof(*offsets); o++) {
		int r = ftruncate(fd, offsets[o]);

		report("ftruncate", 0, offsets[o], 0, r ? errno : 0);
		if (!r)
			fresh();
	}
	return 0;
}
