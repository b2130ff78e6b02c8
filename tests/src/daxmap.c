// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxmap FILE OFFSET TEXT: put TEXT into FILE through a MAP_SYNC mapping, as a
 * program made for persistent memory does, and print what the file then reads.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char back[4096];
	struct stat st;
	size_t off, len;
	char *map;
	int fd;

	if (argc != 4)
		errx(2, "usage: daxmap FILE OFFSET TEXT");
	off = strtoul(argv[2], NULL, 0);
	len = strlen(argv[3]);
	fd = open(argv[1], O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", argv[1]);
	if (len > sizeof(back) || off + len > (size_t)st.st_size)
		errx(1, "%s: does not reach so far", argv[1]);

	map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE,
		   MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	if (map == MAP_FAILED)
		err(1, "%s: mmap with MAP_SYNC", argv[1]);
	memcpy(map + off, argv[3], len);
	for (size_t i = off & ~63UL; i < off + len; i += 64)
		_mm_clflush(map + i);
	_mm_sfence();

	if (pread(fd, back, len, off) != (ssize_t)len || memcmp(back, argv[3], len))
		errx(1, "%s: reads other than what was mapped in", argv[1]);
	printf("%.*s\n", (int)len, back);
	return 0;
}
