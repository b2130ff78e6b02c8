// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxio: the file operations that the tests need and no packaged tool has.
 * Exit status: 0 fine, 1 the check failed, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common.h"

static int cmd_fill(char **arg)
{
	int fd = open_file(arg[0], O_WRONLY | O_DIRECT);
	off_t size = size_of(fd);
	char *buf = map_anon(MIB);

	for (size_t i = 0; i < MIB; i += sizeof(stale))
		memcpy(buf + i, stale, sizeof(stale));
	for (off_t pos = 0; pos < size; pos += MIB) {
		size_t n = size - pos < (off_t)MIB ? (size_t)(size - pos) : MIB;

		if (pwrite(fd, buf, n, pos) != (ssize_t)n)
			err(2, "%s: write", arg[0]);
	}
	if (fsync(fd))
		err(2, "%s: fsync", arg[0]);
	return 0;
}

static bool shows_stale(const char *name, const char *how, const char *data,
			size_t len)
{
	const char *hit = memmem(data, len, stale, sizeof(stale));

	if (hit)
		printf("# %s: stale bytes at %td (%s)\n", name, hit - data, how);
	return hit;
}

/* Neither read(2) nor a mapping may show a byte of "fill". */
static int cmd_scan(char **arg)
{
	int fd = open_file(arg[0], O_RDONLY);
	size_t len = size_of(fd), got = 0;
	char *buf, *map;
	bool bad;

	if (!len)
		return 0;
	buf = map_anon(len);
	while (got < len) {
		ssize_t n = pread(fd, buf + got, len - got, got);

		if (n <= 0)
			err(2, "%s: read", arg[0]);
		got += n;
	}
	bad = shows_stale(arg[0], "read", buf, len);
	/* To the end of the last page: past the end of file is ours too. */
	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(2, "%s: mmap", arg[0]);
	bad |= shows_stale(arg[0], "mmap", map, (len + PAGE - 1) & -PAGE);
	return bad;
}

static void write_both(int *fd, const char *buf, size_t len, off_t pos)
{
	for (int i = 0; i < 2; i++)
		if (pwrite(fd[i], buf, len, pos) != (ssize_t)len)
			err(2, "pwrite %zu at %jd", len, (intmax_t)pos);
}

/*
 * The same writes, truncates and mapped stores to a file under test and to a
 * reference: mostly at the end, some past it, some across it.
 */
static int cmd_mix(char **arg)
{
	int fd[2] = { open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC),
		      open_file(arg[1], O_RDWR | O_CREAT | O_TRUNC) };
	uint64_t seed = number(arg[2]) * 2 + 1;
	size_t count = number(arg[3]);
	const size_t most = 2 * MIB, limit = 64 * MIB;
	char *buf = map_anon(most);
	off_t size = 0;

	while (count--) {
		static const size_t len_mask[] = { 0xff, 0x1fff, 0xffff, 0x1fffff };
		size_t len = (rnd(&seed) & len_mask[rnd(&seed) % 4]) + 1;
		off_t pos = size;

		if (rnd(&seed) % 4 == 0)
			len = (len + PAGE - 1) & -PAGE;
		if (len > most)
			len = most;
		switch (rnd(&seed) % 8) {
		case 0:			/* past the end, a hole between */
			pos += rnd(&seed) % (5 * PAGE);
			break;
		case 1:			/* across the end */
			pos -= rnd(&seed) % (3 * PAGE);
			break;
		case 2:			/* past the end, aligned */
			pos = (pos + 3 * PAGE) & -PAGE;
			break;
		case 3:			/* shrink or grow */
			if (rnd(&seed) % 4 == 0) {
				size = rnd(&seed) % (size + PAGE);
				for (int i = 0; i < 2; i++)
					if (ftruncate(fd[i], size))
						err(2, "ftruncate");
				continue;
			}
			break;
		case 4:			/* reserve past the end */
			if (rnd(&seed) % 4 == 0 &&
			    fallocate(fd[0], FALLOC_FL_KEEP_SIZE, size,
				      rnd(&seed) % MIB + 1))
				err(2, "fallocate");
			break;
		}
		if (pos < 0)
			pos = 0;
		if (pos + len > limit)
			continue;
		noise(buf, len < 64 ? len : 64, &seed);
		for (size_t i = 64; i < len; i++)
			buf[i] = buf[i % 64] + i / 64;
		write_both(fd, buf, len, pos);
		if (size < (off_t)(pos + len))
			size = pos + len;
		/* What a fault sees must be what the write left. */
		if (size && rnd(&seed) % 8 == 0) {
			off_t at = rnd(&seed) % size & -PAGE;

			for (int i = 0; i < 2; i++) {
				char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					       MAP_SHARED, fd[i], at);

				if (p == MAP_FAILED)
					err(2, "mmap");
				p[0]++;
				munmap(p, PAGE);
			}
		}
	}
	for (int i = 0; i < 2; i++)
		if (fsync(fd[i]))
			err(2, "fsync");
	return 0;
}

/* pwrite LEN at OFF from a buffer that ends after GOOD bytes; print the result. */
static int cmd_efault(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT);
	off_t pos = number(arg[1]);
	size_t len = number(arg[2]), good = number(arg[3]);
	size_t room = ((good + PAGE - 1) & -PAGE), gone = ((len + PAGE - 1) & -PAGE);
	char *buf = map_anon(room + gone + PAGE);
	ssize_t ret;

	memset(buf, 'G', room);
	if (munmap(buf + room, gone + PAGE))
		err(2, "munmap");
	ret = pwrite(fd, buf + room - good, len, pos);
	printf("%zd\n", ret < 0 ? -(ssize_t)errno : ret);
	return 0;
}

/* Append with RWF_NOWAIT, which ext4 takes with O_DIRECT only; print the result. */
static int cmd_nowait(char **arg)
{
	int fd = open_file(arg[0], O_WRONLY | O_CREAT | O_DIRECT);
	struct iovec v = { map_anon(PAGE), PAGE };
	ssize_t ret = pwritev2(fd, &v, 1, size_of(fd), RWF_NOWAIT);

	printf("%zd\n", ret < 0 ? -(ssize_t)errno : ret);
	return 0;
}

/* A source buffer that maps the file itself: write its first LEN to its end. */
static int cmd_self(char **arg)
{
	int fd = open_file(arg[0], O_RDWR);
	size_t len = number(arg[1]);
	char *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	ssize_t ret;

	if (map == MAP_FAILED)
		err(2, "mmap");
	ret = pwrite(fd, map, len, size_of(fd));
	printf("%zd\n", ret < 0 ? -(ssize_t)errno : ret);
	return 0;
}

/*
 * Append while a child keeps a mapping of the whole file-to-be and reads the
 * last bytes below the size it sees: they must be the appended ones at once.
 */
static int cmd_chase(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t count = number(arg[1]), chunk = number(arg[2]);
	volatile unsigned char *map;
	unsigned char *buf = map_anon(chunk);
	bool *stop = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	map = mmap(NULL, count * chunk, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || stop == MAP_FAILED)
		err(2, "mmap");
	memset(buf, 0xa5, chunk);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		size_t seen = 0;

		do {
			struct stat st;

			if (fstat(fd, &st))
				err(2, "fstat");
			for (; seen < (size_t)st.st_size; seen += 512)
				if (map[seen] != 0xa5 || map[st.st_size - 1] != 0xa5)
					errx(1, "byte %zu of %jd is %#x", seen,
					     (intmax_t)st.st_size, map[seen]);
		} while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE));
		_exit(0);
	}
	for (size_t i = 0; i < count; i++)
		if (write(fd, buf, chunk) != (ssize_t)chunk)
			err(2, "%s: write", arg[0]);
	__atomic_store_n(stop, true, __ATOMIC_RELEASE);
	if (waitpid(pid, &status, 0) < 0)
		err(2, "waitpid");
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

/*
 * One write of BYTES to an empty file, a hole or unwritten blocks, killed after
 * USEC: what it counted is there, up to some byte, and zeros from there on.
 */
static int cmd_killed(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t bytes = number(arg[1]), done, got;
	char *buf = map_anon(bytes);
	int status;
	pid_t pid;

	if (strcmp(arg[3], "end") && ftruncate(fd, bytes))
		err(2, "%s", arg[0]);
	if (!strcmp(arg[3], "unwritten") && fallocate(fd, 0, 0, bytes))
		err(2, "%s", arg[0]);

	memset(buf, 'k', bytes);
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		if (write(fd, buf, bytes) < 0)
			_exit(2);
		pause();
	}
	usleep(number(arg[2]));
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		err(2, "waitpid");
	got = size_of(fd);
	if (pread(fd, buf, got, 0) != (ssize_t)got)
		err(2, "%s: read", arg[0]);
	for (done = 0; done < got && buf[done] == 'k'; done++)
		;
	printf("# %zu of %zu bytes\n", done, got);
	for (size_t i = done; i < got; i++)
		if (buf[i])
			errx(1, "byte %zu is %#x", i, (unsigned char)buf[i]);
	return WIFSIGNALED(status) ? 0 : 1;
}

/*
 * Two writers of a file close at once, ROUNDS times. Nothing of what was allocated
 * ahead of them may stay.
 */
static size_t closing;		/* a round begins */
static int closing_fd;		/* -1: closed */

static void *closer(void *arg)
{
	for (size_t i = 1; i <= (size_t)arg; i++) {
		while (__atomic_load_n(&closing, __ATOMIC_ACQUIRE) != i)
			;
		close(closing_fd);
		__atomic_store_n(&closing_fd, -1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static int cmd_closers(char **arg)
{
	size_t rounds = number(arg[1]), left = 0;
	char *page = map_anon(PAGE);
	pthread_t t;

	memset(page, 'c', PAGE);
	if (pthread_create(&t, NULL, closer, (void *)rounds))
		errx(2, "pthread_create");
	for (size_t i = 1; i <= rounds; i++) {
		int fd = open_file(arg[0], O_RDWR | O_CREAT | O_EXCL);
		struct stat st;

		closing_fd = open_file(arg[0], O_RDWR);
		for (off_t at = 0; at < 6 * (off_t)PAGE; at += PAGE)
			if (pwrite(fd, page, PAGE, at) != (ssize_t)PAGE)
				err(2, "%s: write", arg[0]);
		__atomic_store_n(&closing, i, __ATOMIC_RELEASE);
		close(fd);
		while (__atomic_load_n(&closing_fd, __ATOMIC_ACQUIRE) != -1)
			;
		if (stat(arg[0], &st) || unlink(arg[0]))
			err(2, "%s", arg[0]);
		left += st.st_blocks * 512 > st.st_size;
	}
	pthread_join(t, NULL);
	printf("# more blocks than bytes after %zu of %zu closes\n", left, rounds);
	return left != 0;
}

/*
 * gap FILE HOW TO: a mapping stores behind the end of file, at 100. Then the file
 * is made TO + 1 bytes long by a write at TO, or another way; print how many bytes
 * between show what was stored.
 */
static int cmd_gap(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	off_t end = 100, to = number(arg[2]);
	char *map, *buf = map_anon(PAGE);
	size_t shown = 0;

	memset(buf, 'w', end);
	if (pwrite(fd, buf, end, 0) != end)
		err(2, "%s: write", arg[0]);
	map = map_at(fd, PAGE, false, false);
	memset(map + end, 'g', PAGE - end);
	if (!strcmp(arg[1], "write") ? pwrite(fd, "w", 1, to) != 1 :
	    !strcmp(arg[1], "truncate") ? ftruncate(fd, to + 1) :
	    !strcmp(arg[1], "allocate") ? fallocate(fd, 0, to, 1) :
	    fallocate(fd, FALLOC_FL_ZERO_RANGE, to, 1))
		err(2, "%s: %s", arg[0], arg[1]);
	if (pread(fd, buf, PAGE, 0) < end)
		err(2, "%s: read", arg[0]);
	for (off_t i = end; i < to && i < (off_t)PAGE; i++)
		shown += buf[i] || map[i];
	printf("%zu\n", shown);
	return 0;
}

/*
 * Shut the file system of FILE down: what its journal does not have yet is lost, as
 * when the power goes.
 */
static int cmd_shutdown(char **arg)
{
	int fd = open_file(arg[0], O_RDONLY);
	uint32_t without_log = 2;

	if (ioctl(fd, _IOR('X', 125, uint32_t), &without_log))
		err(2, "%s: shutdown", arg[0]);
	return 0;
}

static const struct command commands[] = {
	{ "fill",	1, cmd_fill,	"DEVICE" },
	{ "scan",	1, cmd_scan,	"FILE" },
	{ "mix",	4, cmd_mix,	"FILE REFERENCE SEED COUNT" },
	{ "efault",	4, cmd_efault,	"FILE OFFSET LENGTH GOOD" },
	{ "nowait",	1, cmd_nowait,	"FILE" },
	{ "self",	2, cmd_self,	"FILE LENGTH" },
	{ "chase",	3, cmd_chase,	"FILE COUNT CHUNK" },
	{ "killed",	4, cmd_killed,	"FILE BYTES USEC end|hole|unwritten" },
	{ "closers",	2, cmd_closers,	"FILE ROUNDS" },
	{ "gap",	3, cmd_gap,	"FILE write|truncate|allocate|zero TO" },
	{ "shutdown",	1, cmd_shutdown, "FILE" },
	{ }
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_command(commands, argv);
}
