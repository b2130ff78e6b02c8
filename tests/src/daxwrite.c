// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxwrite: write(2) into holes and unwritten blocks of a DAX file, beside page
 * faults, and from buffers that fault. Exit status: 0 fine, 1 the check failed
 * or did not end in time, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include "common.h"

#define WORDS (PAGE / sizeof(uint64_t))

static volatile bool stop, bad;

static void *map_fd(int fd, size_t len, int flags)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);

	if (p == MAP_FAILED)
		err(2, "mmap");
	return p;
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, arg))
		errx(2, "pthread_create");
	return t;
}

static void resize(int fd, off_t size)
{
	if (ftruncate(fd, size))
		err(2, "ftruncate");
}

static void punch(int fd, off_t pos, off_t len)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, len))
		err(2, "punch");
}

/* A hole again, or unwritten blocks. */
static void empty(int fd, off_t pos, off_t len, bool unwritten)
{
	punch(fd, pos, len);
	if (unwritten && fallocate(fd, FALLOC_FL_KEEP_SIZE, pos, len))
		err(2, "fallocate");
}

/*
 * inside FILE REFERENCE SEED COUNT: the same writes, punches, reservations,
 * truncates and mapped stores to a file under test and to a reference, most of
 * them inside the file, into holes, unwritten and written blocks.
 */
static int cmd_inside(char **arg)
{
	int fd[2] = { open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC),
		      open_file(arg[1], O_RDWR | O_CREAT | O_TRUNC) };
	uint64_t seed = number(arg[2]) * 2 + 1;
	size_t count = number(arg[3]);
	const off_t size = 16 * MIB;
	char *buf = map_anon(2 * MIB);
	char *map[2];

	for (int i = 0; i < 2; i++) {
		resize(fd[i], size);
		map[i] = map_fd(fd[i], size, 0);
	}
	while (count--) {
		static const size_t mask[] = { 0x1fff, 0x1ffff, 0x1fffff };
		size_t len = (rnd(&seed) & mask[rnd(&seed) % 3]) + 1;
		off_t pos = rnd(&seed) % size;
		int what = rnd(&seed) % 12;

		if (rnd(&seed) % 2) {
			pos &= -PAGE;
			len = (len + PAGE - 1) & -PAGE;
		}
		if (pos + (off_t)len > size)
			len = size - pos;
		if (what < 7)
			noise(buf, len, &seed);
		for (int i = 0; i < 2; i++) {
			if (what < 7) {
				if (pwrite(fd[i], buf, len, pos) != (ssize_t)len)
					err(2, "pwrite %zu at %jd", len, (intmax_t)pos);
			} else if (what == 7) {
				punch(fd[i], pos, len);
			} else if (what == 8) {
				resize(fd[i], pos);
				resize(fd[i], size);
			} else if (what == 9) {
				if (!i && fallocate(fd[i], 0, pos, len))
					err(2, "fallocate");
			} else if (what == 10) {
				map[i][pos]++;
			} else {
				(void)*(volatile char *)(map[i] + pos);
			}
		}
	}
	/* What a mapping shows is what was written. */
	if (memcmp(map[0], map[1], size))
		errx(1, "the mapping differs");
	return 0;
}

/*
 * beside FILE ROUNDS SEED: writes into a range that two threads read and one
 * stores into through mappings. A page shows nothing, or what some round wrote;
 * after the write, that of this round, and what the last word of it was stored.
 */
static char *beside_map;
/* Which round the storing thread is to wait for, and does. */
static volatile size_t paused, idle;
static const size_t beside_size = 4 * MIB;

#define WRITTEN	0x5a00000000000000ULL	/* and the round */
#define STORED	0xa500000000000000ULL

static void *beside_reader(void *arg)
{
	uint64_t seed = (size_t)arg * 2 + 1;
	size_t done = 0;

	while (!stop) {
		volatile uint64_t *p = (void *)(beside_map + (rnd(&seed) % (beside_size / PAGE)) * PAGE);
		uint64_t v = p[rnd(&seed) % (WORDS - 1)];

		if (v && v >> 56 != WRITTEN >> 56) {
			printf("# a reader sees %#jx\n", (uintmax_t)v);
			bad = true;
		}
		done++;
	}
	return (void *)done;
}

static void *beside_storer(void *arg)
{
	uint64_t seed = (size_t)arg * 2 + 1;
	size_t done = 0;

	while (!stop) {
		volatile uint64_t *p = (void *)(beside_map + (rnd(&seed) % (beside_size / PAGE)) * PAGE);

		while (paused && !stop) {
			idle = paused;
			usleep(100);
		}
		p[WORDS - 1] = STORED;
		done++;
	}
	return (void *)done;
}

static int cmd_beside(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t rounds = number(arg[1]), n, total = 0;
	uint64_t seed = number(arg[2]) * 2 + 1;
	uint64_t *buf = map_anon(beside_size);
	pthread_t t[3];
	void *done;

	resize(fd, beside_size);
	beside_map = map_fd(fd, beside_size, 0);
	for (size_t i = 0; i < 3; i++)
		t[i] = start(i < 2 ? beside_reader : beside_storer, (void *)(i + 1));
	for (n = 1; n <= rounds && !bad; n++) {
		size_t pages = beside_size / PAGE;
		size_t first = rnd(&seed) % pages, len = rnd(&seed) % (pages - first) + 1;

		empty(fd, first * PAGE, len * PAGE, rnd(&seed) & 1);
		for (size_t i = 0; i < len * WORDS; i++)
			buf[i] = WRITTEN | n;
		if (pwrite(fd, buf, len * PAGE, first * PAGE) != (ssize_t)(len * PAGE))
			err(2, "pwrite");
		/* With no store under way, which may be about to replace a zero page. */
		paused = n;
		while (idle != n)
			usleep(100);
		for (size_t i = 0; i < len; i++) {
			volatile uint64_t *p = (void *)(beside_map + (first + i) * PAGE);

			for (size_t w = 0; w < WORDS - 1; w += 73)
				if (p[w] != (WRITTEN | n)) {
					printf("# page %zu word %zu after round %zu: %#jx\n",
					       first + i, w, n, (uintmax_t)p[w]);
					bad = true;
					break;
				}
			if (p[WORDS - 1] != (WRITTEN | n) && p[WORDS - 1] != STORED) {
				printf("# page %zu lost a store: %#jx\n", first + i, (uintmax_t)p[WORDS - 1]);
				bad = true;
			}
		}
		paused = 0;
	}
	stop = true;
	for (size_t i = 0; i < 3; i++) {
		pthread_join(t[i], &done);
		total += (size_t)done;
	}
	printf("# %zu rounds, %zu accesses\n", n - 1, total);
	return bad || !total;
}

/*
 * end FILE ROUNDS: the block that holds an unaligned end of file can be
 * faulted. i_size 100, block 0 a hole, a mapped reader, 8 KiB written at 0.
 */
static void *end_reader(void *arg)
{
	volatile char *p = arg;

	while (!stop)
		for (size_t i = 0; i < 100; i += 9) {
			char v = p[i];

			if (v && v != 'e') {
				printf("# byte %zu is %#x\n", i, v);
				bad = true;
			}
		}
	return NULL;
}

static int cmd_end(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t rounds = number(arg[1]);
	char buf[2 * PAGE], *map;
	pthread_t t;

	memset(buf, 'e', sizeof(buf));
	resize(fd, 100);
	map = map_fd(fd, 2 * PAGE, 0);
	t = start(end_reader, map);
	while (rounds-- && !bad) {
		resize(fd, 100);
		punch(fd, 0, PAGE);
		if (pwrite(fd, buf, sizeof(buf), 0) != sizeof(buf))
			err(2, "pwrite");
		if (memcmp(map, buf, sizeof(buf))) {
			printf("# the mapping lacks what was written\n");
			bad = true;
		}
	}
	stop = true;
	pthread_join(t, NULL);
	return bad;
}

/*
 * fallen FILE ROUNDS: a 2 MiB zero page is mapped for a hole. A store through another
 * mapping allocates all its blocks, which the file system must be too fragmented to
 * map huge. What is written to one of them meanwhile must show in the first mapping.
 * Both are made anew each time: what has a page table gets no huge fault.
 */
static int fallen_fd;
static volatile size_t fallen_round;

static void *fallen_storer(void *arg)
{
	char *map;

	for (size_t i = 1; i <= (size_t)arg; i++) {
		while (fallen_round != i)
			;
		map = map_at(fallen_fd, HUGE, true, false);
		*(volatile char *)map = 's';
		munmap(map, HUGE);
		fallen_round = 0;
	}
	return NULL;
}

static int cmd_fallen(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t rounds = number(arg[1]), lost = 0;
	char *page = map_anon(PAGE);
	uint64_t seed = 7;
	pthread_t t;

	memset(page, 'w', PAGE);
	resize(fd, HUGE);
	fallen_fd = fd;
	t = start(fallen_storer, (void *)rounds);
	for (size_t i = 1; i <= rounds; i++) {
		size_t at = (1 + rnd(&seed) % (HUGE / PAGE - 1)) * PAGE;
		volatile char *map;
		double until;

		punch(fd, 0, HUGE);
		map = map_at(fd, HUGE, true, false);
		(void)*map;
		fallen_round = i;
		until = now() + rnd(&seed) % 2000 / 1e6;
		while (now() < until)
			;
		if (pwrite(fd, page, PAGE, at) != (ssize_t)PAGE)
			err(2, "pwrite");
		lost += map[at] != 'w';
		while (fallen_round)
			;
		munmap((void *)map, HUGE);
	}
	pthread_join(t, NULL);
	printf("# %zu of %zu writes did not show\n", lost, rounds);
	return lost != 0;
}

/*
 * overlap FILE LENGTH SHIFT: the source is a mapping of the bytes that are
 * written, SHIFT bytes before them. All of it is a hole but every eighth page.
 */
static int cmd_overlap(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t len = number(arg[1]), shift = number(arg[2]);
	char *map, *page = map_anon(PAGE);

	resize(fd, len + shift);
	map = map_fd(fd, len + shift, 0);
	memset(page, 'o', PAGE);
	for (size_t at = 0; at < len + shift; at += 8 * PAGE)
		if (pwrite(fd, page, PAGE, at) != (ssize_t)PAGE)
			err(2, "pwrite");
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, map + done, len - done, done + shift);

		if (n <= 0)
			err(1, "%zu of %zu bytes", done, len);
		done += n;
	}
	/* Whole blocks move, so a page is one or the other, all of it. */
	for (size_t at = 0; !shift && at < len; at += PAGE)
		if (map[at] != (at % (8 * PAGE) ? 0 : 'o') || map[at + PAGE - 1] != map[at])
			errx(1, "page %zu is %#x", at / PAGE, map[at]);
	for (size_t at = 0; at < len + shift; at += 64)
		if (map[at] && map[at] != 'o')
			errx(1, "byte %zu is %#x", at, map[at]);
	return 0;
}

/* elsewhere FILE LENGTH: the source is a mapping of the same file, after it. */
static int cmd_elsewhere(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t len = number(arg[1]);
	uint64_t seed = 5;
	char *map, *buf = map_anon(len);

	noise(buf, len, &seed);
	if (pwrite(fd, buf, len, len) != (ssize_t)len)
		err(2, "pwrite");
	map = map_fd(fd, 2 * len, 0);
	for (int unwritten = 0; unwritten < 2; unwritten++) {
		empty(fd, 0, len, unwritten);
		(void)*(volatile char *)map;
		if (pwrite(fd, map + len, len, 0) != (ssize_t)len)
			err(1, "pwrite");
		if (memcmp(map, buf, len))
			errx(1, "not what the source has");
	}
	return 0;
}

/*
 * abba FILE FILE ROUNDS: two threads, each writes one file from a mapping of the
 * other, into holes, while both ranges have holes and data.
 */
static int abba_fd[2];
static char *abba_map[2];
static size_t abba_rounds;

static void *abba_writer(void *arg)
{
	size_t me = (size_t)arg, len = 2 * MIB;
	uint64_t seed = 2 * me + 1;

	for (size_t i = 0; i < abba_rounds; i++) {
		off_t pos = rnd(&seed) % 256 * PAGE, from = rnd(&seed) % 256 * PAGE;
		ssize_t n;

		empty(abba_fd[me], pos, len, rnd(&seed) & 1);
		n = pwrite(abba_fd[me], abba_map[!me] + from, len, pos);
		if (n <= 0)
			err(1, "pwrite");
	}
	return NULL;
}

static int cmd_abba(char **arg)
{
	pthread_t t[2];
	size_t len = 4 * MIB;
	char *buf = map_anon(MIB);

	memset(buf, 'a', MIB);
	abba_rounds = number(arg[2]);
	for (int i = 0; i < 2; i++) {
		abba_fd[i] = open_file(arg[i], O_RDWR | O_CREAT | O_TRUNC);
		resize(abba_fd[i], len);
		if (pwrite(abba_fd[i], buf, MIB, MIB) != (ssize_t)MIB)
			err(2, "pwrite");
		abba_map[i] = map_fd(abba_fd[i], len, 0);
	}
	for (size_t i = 0; i < 2; i++)
		t[i] = start(abba_writer, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 2; i++)
		for (size_t at = 0; at < len; at += 256)
			if (abba_map[i][at] && abba_map[i][at] != 'a')
				errx(1, "%s: byte %zu is %#x", arg[i], at, abba_map[i][at]);
	return 0;
}

/*
 * unmapped FILE ROUNDS: the buffer goes and comes while it is written, into a
 * hole inside the file: a count or EFAULT, and only bytes of the buffer.
 */
static char *unmapped_buf;

static void *unmapper(void *arg)
{
	const size_t half = MIB / 2;

	(void)arg;
	while (!stop) {
		char *p = unmapped_buf + half;

		if (munmap(p, half))
			err(2, "munmap");
		usleep(300);
		if (mmap(p, half, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0) != p)
			err(2, "mmap");
		usleep(300);
	}
	return NULL;
}

static int cmd_unmapped(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	size_t rounds = number(arg[1]), whole = 0, cut = 0;
	char *map;
	pthread_t t;

	resize(fd, MIB);
	map = map_fd(fd, MIB, 0);
	unmapped_buf = map_anon(MIB);
	memset(unmapped_buf, 'u', MIB / 2);
	t = start(unmapper, NULL);
	for (size_t i = 0; i < rounds; i++) {
		ssize_t n;

		empty(fd, 0, MIB, i & 1);
		n = pwrite(fd, unmapped_buf, MIB, 0);
		if (n < (ssize_t)MIB / 2)
			err(1, "pwrite: %zd", n);
		n == MIB ? whole++ : cut++;
		for (size_t at = 0; at < MIB; at += 512)
			if (map[at] != (at < MIB / 2 ? 'u' : 0))
				errx(1, "byte %zu of %zd is %#x", at, n, map[at]);
	}
	stop = true;
	pthread_join(t, NULL);
	printf("# %zu whole, %zu cut short\n", whole, cut);
	return 0;
}

/*
 * delayed FILE: the pages of the buffer come from a userfaultfd, and each only
 * after somebody has read the bytes that are being written through a mapping:
 * who waits for the buffer must hold nobody up. The file is a hole, or with
 * "unwritten" reserved.
 */
static int delayed_uffd;
static char *delayed_map;
static size_t delayed_pages;

static void *delayed_server(void *arg)
{
	char *page = map_anon(PAGE);
	struct uffd_msg msg;

	(void)arg;
	memset(page, 'd', PAGE);
	for (size_t i = 0; i < delayed_pages; i++) {
		struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };

		if (read(delayed_uffd, &msg, sizeof(msg)) != sizeof(msg))
			err(2, "userfaultfd");
		for (size_t at = 0; at < delayed_pages * PAGE; at += PAGE) {
			char v = *(volatile char *)(delayed_map + at);

			if (v && v != 'd') {
				printf("# byte %zu is %#x\n", at, v);
				bad = true;
			}
		}
		copy.dst = msg.arg.pagefault.address & -PAGE;
		if (ioctl(delayed_uffd, UFFDIO_COPY, &copy))
			err(2, "UFFDIO_COPY");
	}
	return NULL;
}

static int cmd_delayed(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_TRUNC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	size_t len = 32 * PAGE;
	char *buf = map_anon(len);
	pthread_t t;

	delayed_pages = len / PAGE;
	resize(fd, len);
	empty(fd, 0, len, !strcmp(arg[1], "unwritten"));
	delayed_map = map_fd(fd, len, 0);
	delayed_uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	reg.range.start = (uintptr_t)buf;
	reg.range.len = len;
	if (delayed_uffd < 0 || ioctl(delayed_uffd, UFFDIO_API, &api) ||
	    ioctl(delayed_uffd, UFFDIO_REGISTER, &reg))
		err(2, "userfaultfd");
	t = start(delayed_server, NULL);
	if (pwrite(fd, buf, len, 0) != (ssize_t)len)
		err(1, "pwrite");
	pthread_join(t, NULL);
	for (size_t at = 0; at < len; at++)
		if (delayed_map[at] != 'd')
			errx(1, "byte %zu is %#x", at, delayed_map[at]);
	return bad;
}

/*
 * by METHOD FILE SOURCE OFFSET LENGTH: the first LENGTH bytes of SOURCE to OFFSET
 * of FILE, with one way or another to write.
 */
static ssize_t by_uring(int fd, const void *buf, size_t len, off_t pos)
{
	struct io_uring_params p = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &p);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	char *sq, *cq;

	if (ring < 0)
		err(2, "io_uring_setup");
	sq = mmap(NULL, p.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED, ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		err(2, "io_uring");
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE, .fd = fd, .off = pos,
				      .addr = (uintptr_t)buf, .len = len };
	*(unsigned int *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		err(2, "io_uring_enter");
	cqe = (void *)(cq + p.cq_off.cqes);
	errno = cqe->res < 0 ? -cqe->res : 0;
	return cqe->res < 0 ? -1 : cqe->res;
}

static ssize_t by_splice(int fd, int src, size_t len, loff_t pos, loff_t from)
{
	int p[2];
	ssize_t n;

	if (pipe(p))
		err(2, "pipe");
	n = splice(src, &from, p[1], NULL, len < 65536 ? len : 65536, 0);
	if (n > 0)
		n = splice(p[0], NULL, fd, &pos, n, 0);
	close(p[0]);
	close(p[1]);
	return n;
}

static int cmd_by(char **arg)
{
	const char *how = arg[0];
	int flags = !strcmp(how, "append") ? O_APPEND : !strcmp(how, "dsync") ? O_DSYNC : 0;
	int fd = open_file(arg[1], O_RDWR | O_CREAT | flags), src = open_file(arg[2], O_RDONLY);
	size_t len = number(arg[4]), done = 0;
	off_t pos = number(arg[3]);
	char *buf = map_anon(len);

	if (pread(src, buf, len, 0) != (ssize_t)len)
		err(2, "%s", arg[2]);
	while (done < len) {
		loff_t at = pos + done, from = done;
		struct iovec v[2] = { { buf + done, (len - done) / 2 },
				      { buf + done + (len - done) / 2, len - done - (len - done) / 2 } };
		ssize_t n;

		if (!strcmp(how, "append"))
			n = write(fd, buf + done, len - done);
		else if (!strcmp(how, "write") || !strcmp(how, "dsync"))
			n = pwrite(fd, buf + done, len - done, at);
		else if (!strcmp(how, "pwritev2"))
			n = pwritev2(fd, v, 2, at, RWF_DSYNC);
		else if (!strcmp(how, "uring"))
			n = by_uring(fd, buf + done, len - done, at);
		else if (!strcmp(how, "splice"))
			n = by_splice(fd, src, len - done, at, from);
		else if (!strcmp(how, "copy_file_range"))
			n = copy_file_range(src, &from, fd, &at, len - done, 0);
		else if (!strcmp(how, "sendfile") && lseek(fd, at, SEEK_SET) == at)
			n = sendfile(fd, src, &from, len - done);
		else
			errx(2, "no way to write: %s", how);
		if (n <= 0)
			err(1, "%s: %zu of %zu bytes", how, done, len);
		done += n;
	}
	return 0;
}

/* nowait FILE OFFSET LENGTH: with RWF_NOWAIT, from memory; print the result. */
static int cmd_nowait(char **arg)
{
	int fd = open_file(arg[0], O_RDWR | O_CREAT | O_DIRECT);
	struct iovec v = { .iov_len = number(arg[2]) };
	ssize_t n;

	v.iov_base = map_anon(v.iov_len);
	memset(v.iov_base, 'n', v.iov_len);
	n = pwritev2(fd, &v, 1, number(arg[1]), RWF_NOWAIT);
	printf("%zd\n", n < 0 ? -(ssize_t)errno : n);
	return 0;
}

/* quota DEVICE UID KIB: limit the user's space; print the bytes that it uses. */
static int cmd_quota(char **arg)
{
	struct dqblk q;
	int uid = number(arg[1]);

	if (quotactl(QCMD(Q_GETQUOTA, USRQUOTA), arg[0], uid, (void *)&q))
		err(2, "Q_GETQUOTA");
	printf("%ju\n", (uintmax_t)q.dqb_curspace);
	q.dqb_bhardlimit = number(arg[2]);
	q.dqb_valid = QIF_BLIMITS;
	if (quotactl(QCMD(Q_SETQUOTA, USRQUOTA), arg[0], uid, (void *)&q))
		err(2, "Q_SETQUOTA");
	return 0;
}

/* enforce DEVICE: the user quota that has only been counting. */
static int cmd_enforce(char **arg)
{
	if (quotactl(QCMD(Q_QUOTAON, USRQUOTA), arg[0], QFMT_VFS_V1, (void *)""))
		err(1, "Q_QUOTAON");
	return 0;
}

/* xattr FILE BYTES: an extended attribute of that size. */
static int cmd_xattr(char **arg)
{
	size_t len = number(arg[1]);
	char *value = map_anon(len);

	memset(value, 'x', len);
	if (setxattr(arg[0], "user.daxwrite", value, len, 0))
		err(1, "%s", arg[0]);
	return 0;
}

/* encrypt DIR: an empty directory, and what is made there, with a key that is added. */
static int cmd_encrypt(char **arg)
{
	int fd = open_file(arg[0], O_RDONLY | O_DIRECTORY);
	struct {
		struct fscrypt_add_key_arg arg;
		uint8_t raw[64];
	} key = {
		.arg.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
		.arg.raw_size = sizeof(key.raw),
	};
	struct fscrypt_policy_v2 policy = {
		.version = FSCRYPT_POLICY_V2,
		.contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
		.filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
		.flags = FSCRYPT_POLICY_FLAGS_PAD_32,
	};

	memset(key.raw, 'k', sizeof(key.raw));
	if (ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &key))
		err(1, "FS_IOC_ADD_ENCRYPTION_KEY");
	memcpy(policy.master_key_identifier, key.arg.key_spec.u.identifier,
	       sizeof(policy.master_key_identifier));
	if (ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy))
		err(1, "FS_IOC_SET_ENCRYPTION_POLICY");
	return 0;
}

/* verity FILE: read-only from here on, and verified. */
static int cmd_verity(char **arg)
{
	struct fsverity_enable_arg enable = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = PAGE,
	};
	int fd = open_file(arg[0], O_RDONLY);

	if (ioctl(fd, FS_IOC_ENABLE_VERITY, &enable))
		err(1, "FS_IOC_ENABLE_VERITY");
	return 0;
}

/* dax FILE: is it? */
static int cmd_dax(char **arg)
{
	struct statx st;

	if (statx(AT_FDCWD, arg[0], 0, STATX_BASIC_STATS, &st))
		err(2, "%s", arg[0]);
	return !(st.stx_attributes & STATX_ATTR_DAX);
}

/* Runs that could hang do so in a child, and are given this long. */
#define WATCHDOG 120

static const struct command commands[] = {
	{ "inside",	4, cmd_inside,	  "FILE REFERENCE SEED COUNT" },
	{ "beside",	3, cmd_beside,	  "FILE ROUNDS SEED" },
	{ "end",	2, cmd_end,	  "FILE ROUNDS" },
	{ "fallen",	2, cmd_fallen,	  "FILE ROUNDS" },
	{ "overlap",	3, cmd_overlap,	  "FILE LENGTH SHIFT" },
	{ "elsewhere",	2, cmd_elsewhere, "FILE LENGTH" },
	{ "abba",	3, cmd_abba,	  "FILE FILE ROUNDS" },
	{ "unmapped",	2, cmd_unmapped,  "FILE ROUNDS" },
	{ "delayed",	2, cmd_delayed,	  "FILE hole|unwritten" },
	{ "by",		5, cmd_by,	  "METHOD FILE SOURCE OFFSET LENGTH" },
	{ "nowait",	3, cmd_nowait,	  "FILE OFFSET LENGTH" },
	{ "quota",	3, cmd_quota,	  "DEVICE UID KIB" },
	{ "enforce",	1, cmd_enforce,	  "DEVICE" },
	{ "xattr",	2, cmd_xattr,	  "FILE BYTES" },
	{ "encrypt",	1, cmd_encrypt,	  "DIR" },
	{ "verity",	1, cmd_verity,	  "FILE" },
	{ "dax",	1, cmd_dax,	  "FILE" },
	{ }
};

/*
 * Run a command in a child. One that hangs in the kernel can't be killed; leave it
 * behind.
 */
static int watched(char **argv)
{
	double end = now() + WATCHDOG;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		int rc = run_command(commands, argv);

		fflush(stdout);
		_exit(rc);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		if (now() > end) {
			kill(pid, SIGKILL);
			errx(1, "no end after %d s", WATCHDOG);
		}
		usleep(2000);
	}
	if (WIFSIGNALED(status))
		errx(1, "killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	(void)argc;
	return watched(argv);
}
