// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxhold: what a holder of i_mmap_sem waits for, and who waits for it.
 * Exit status: 0 fine, 1 the check failed, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "dax.h"

/* Time for something to happen that must not, and for what must. */
#define A_WHILE 0.5
#define LONG 20.0

static int fd;
static char *map;

static int fail(const char *what)
{
	printf("# %s\n", what);
	return 1;
}

static void nap(double s)
{
	usleep(s * 1e6);
}

/* One operation in a thread of its own. */
struct op {
	pthread_t thread;
	int (*run)(void);
	volatile bool started, done;
	int result;		/* 0 or an errno */
};

static void *op_run(void *arg)
{
	struct op *op = arg;

	op->started = true;
	op->result = op->run() ? errno : 0;
	op->done = true;
	return NULL;
}

static void op_start(struct op *op, int (*run)(void))
{
	*op = (struct op) { .run = run };
	if (pthread_create(&op->thread, NULL, op_run, op))
		errx(2, "pthread_create");
}

/* Is it done within so many seconds? */
static bool op_done(struct op *op, double within)
{
	double end = now() + within;

	while (!op->done && now() < end)
		nap(0.01);
	return op->done;
}

/* File: 8 MiB, allocated, its contents 'o', mapped by huge pages or small ones. */
static void file(const char *path, bool huge)
{
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || fallocate(fd, 0, 0, 8 * MIB))
		err(2, "%s", path);
	map = map_at(fd, 8 * MIB, huge, false);
	memset(map, 'o', 8 * MIB);
}

/* A reference to the page of the mapping at this offset, until unpin(). */
static int pipes[2];

static void pin(size_t at)
{
	struct iovec v = { .iov_base = map + at, .iov_len = PAGE };

	if (pipe(pipes) || vmsplice(pipes[1], &v, 1, 0) != (ssize_t)PAGE)
		err(2, "vmsplice");
}

/* Returns what the page has. */
static char unpin(void)
{
	char page[PAGE];

	if (read(pipes[0], page, PAGE) != (ssize_t)PAGE)
		err(2, "read");
	close(pipes[0]);
	close(pipes[1]);
	return page[0];
}

static int punch(off_t at, off_t len)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, len);
}

static int punch_first(void)
{
	return punch(0, MIB);
}

static int punch_third(void)
{
	return punch(4 * MIB, MIB);
}

static int collapse_last(void)
{
	return fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 6 * MIB, MIB);
}

static int shrink_to_half(void)
{
	return ftruncate(fd, 4 * MIB);
}

static int load(size_t at)
{
	volatile char *p = map + at;

	(void)*p;
	return 0;
}

static int load_in_third(void)
{
	return load(4 * MIB + 64 * PAGE);
}

/* beside FILE: a page is pinned, and what does not take it away does not wait. */
static int cmd_beside(char **arg)
{
	struct op op;

	file(arg[0], false);
	pin(4 * MIB);
	op_start(&op, punch_first);
	if (!op_done(&op, LONG / 4)) {
		unpin();
		return fail("a punch waits for a page beside it");
	}
	op_start(&op, collapse_last);
	if (!op_done(&op, LONG / 4)) {
		unpin();
		return fail("a collapse waits for a page before it");
	}
	return unpin() == 'o' && !op.result ? 0 : fail("the page changed, or collapse failed");
}

/*
 * pinned FILE: a page is pinned. What takes it away waits, lets faults through
 * while it does, and goes on when the page is free.
 */
static int cmd_pinned(char **arg)
{
	struct op op, fault;

	file(arg[0], false);
	pin(4 * MIB + 8 * PAGE);
	op_start(&op, punch_third);
	if (op_done(&op, A_WHILE)) {
		unpin();
		return fail("a punch did not wait for a pinned page");
	}
	op_start(&fault, load_in_third);
	if (!op_done(&fault, LONG / 4)) {
		unpin();
		return fail("a fault waits for a punch that waits for a page");
	}
	if (op.done)
		return fail("a punch did not wait for a pinned page");
	if (unpin() != 'o')
		return fail("the pinned page changed");
	if (!op_done(&op, LONG) || op.result)
		return fail("the punch did not go on when the page was free");
	return map[4 * MIB + 8 * PAGE] || map[4 * MIB + 64 * PAGE] ?
	       fail("the punched range is not zero") : 0;
}

/* Is the page at this address in the page table? */
static bool present(const char *at)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (pagemap < 0 ||
	    pread(pagemap, &entry, 8, (uintptr_t)at / PAGE * 8) != 8)
		err(2, "pagemap");
	close(pagemap);
	return entry >> 63;
}

/*
 * huge FILE: the pinned page is beside the range, in a 2 MiB entry that goes; a
 * mapping by small pages has it too, and must not keep it.
 */
static int cmd_huge(char **arg)
{
	volatile char *small;
	struct op op;

	file(arg[0], true);
	small = map_at(fd, 8 * MIB, false, false) + 5 * MIB + MIB / 2;
	if (*small != 'o' || !present((char *)small))
		return fail("the page is not mapped");
	pin(5 * MIB + MIB / 2);
	op_start(&op, punch_third);
	if (op_done(&op, A_WHILE)) {
		unpin();
		return fail("a punch did not wait for a page of the entry");
	}
	if (unpin() != 'o' || !op_done(&op, LONG) || op.result)
		return fail("the punch did not go on when the page was free");
	if (present((char *)small))
		return fail("a page stays mapped, its entry gone");
	return *small == 'o' ? 0 : fail("the page changed");
}

/*
 * edge FILE ROUNDS: a thread stores beside a punch, in the 2 MiB entry that goes.
 * The page that it gets must have an entry of its own, or nobody would wait when
 * it is pinned.
 */
static volatile bool storing, stopped;
static volatile size_t stores;
static volatile char *stored;

static int store_on(void)
{
	while (!stopped)
		if (storing) {
			*stored = 1;
			stores++;
		}
	return 0;
}

static void nothing(int sig)
{
	(void)sig;
}

static int cmd_edge(char **arg)
{
	struct sigaction sa = { .sa_handler = nothing };
	unsigned long rounds = strtoul(arg[1], NULL, 0), lost = 0;
	struct op op;

	file(arg[0], true);
	stored = map_at(fd, 8 * MIB, false, false) + 5 * MIB + MIB / 2;
	sigaction(SIGALRM, &sa, NULL);
	op_start(&op, store_on);
	while (rounds-- && !lost) {
		struct iovec v = { .iov_base = (char *)stored, .iov_len = PAGE };
		size_t before;

		if (punch(4 * MIB, HUGE) || fallocate(fd, 0, 4 * MIB, HUGE))
			err(2, "allocate");
		map[4 * MIB] = 1;
		before = stores;
		storing = true;
		/* Once it has its block, it is no page of zeros that is pinned. */
		while (stores == before)
			nap(0.001);
		if (punch(4 * MIB, 16 * PAGE))
			err(2, "punch");
		storing = false;
		if (pipe(pipes) || vmsplice(pipes[1], &v, 1, 0) != (ssize_t)PAGE)
			err(2, "vmsplice");
		ualarm(30000, 0);
		lost = !punch(5 * MIB, MIB);
		ualarm(0, 0);
		unpin();
	}
	stopped = true;
	return lost ? fail("a punch did not wait for a page without an entry") : 0;
}

/* interrupted FILE: waiting for a pinned page ends with a signal. */
static int cmd_interrupted(char **arg)
{
	struct sigaction sa = { .sa_handler = nothing };
	double since;
	int r;

	file(arg[0], false);
	pin(4 * MIB);
	sigaction(SIGALRM, &sa, NULL);
	ualarm(500000, 0);
	since = now();
	r = punch(4 * MIB, MIB) ? errno : 0;
	if (r != EINTR || now() - since > LONG / 4)
		return fail("a punch that waits for a page is not interrupted");
	if (map[4 * MIB] != 'o')
		return fail("and it took the page");
	/* Nothing is held: this would wait for ever. */
	load(4 * MIB + PAGE);
	unpin();
	return punch(4 * MIB, MIB) ? fail("the next punch fails") : 0;
}

/*
 * closed FILE: a truncate by name waits for a page of a file that was appended to;
 * its only writer closes it, and must not wait for the truncate.
 */
static const char *path;

static int truncate_path(void)
{
	return truncate(path, 0);
}

static int close_file(void)
{
	return close(fd);
}

static int cmd_closed(char **arg)
{
	struct op truncating, closing;
	char data[64 << 10];
	struct stat st;
	bool closed;

	path = arg[0];
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	memset(data, 'o', sizeof(data));
	for (int i = 0; i < 2; i++)
		if (write(fd, data, sizeof(data)) != (ssize_t)sizeof(data))
			err(2, "%s", path);
	if (fstat(fd, &st) || st.st_blocks * 512 <= st.st_size)
		errx(2, "no blocks ahead of an append");
	map = map_at(fd, sizeof(data), false, false);
	pin(0);
	op_start(&truncating, truncate_path);
	if (op_done(&truncating, A_WHILE))
		return fail("a truncate did not wait for a pinned page");
	munmap(map, sizeof(data));
	op_start(&closing, close_file);
	closed = op_done(&closing, LONG / 4);
	if (unpin() != 'o' || !op_done(&truncating, LONG) || truncating.result)
		return fail("the truncate did not go on when the page was free");
	return closed ? 0 : fail("close waits for a truncate that waits for a page");
}

/*
 * killed FILE DEVICE: DEVICE, a dm one below the file system, is suspended while a
 * MAP_SYNC fault waits for its commit; a truncate waits for that fault. A
 * third process that waits for the truncate is killed, and must be gone while the
 * device still stands. A fault beside the range does not wait.
 */
static void dmsetup(const char *what, const char *device)
{
	char line[200];

	snprintf(line, sizeof(line), "dmsetup --noudevsync %s %s", what, device);
	if (system(line))
		errx(2, "%s", line);
}

/*
 * One access in a process of its own, made before it is due: a fault holds
 * mmap_lock, and what forks or maps anything beside it would wait for it.
 */
struct access {
	pid_t pid;
	int go;
	bool gone;
};

static struct access later(volatile char *p, bool store)
{
	struct access a = { .pid = -1 };
	int go[2];
	char c;

	if (pipe(go))
		err(2, "pipe");
	a.pid = fork();
	if (!a.pid) {
		if (read(go[0], &c, 1) == 1) {
			if (store)
				*p = 1;
			else
				(void)*p;
		}
		_exit(0);
	}
	close(go[0]);
	a.go = go[1];
	return a;
}

static void due(struct access *a)
{
	if (write(a->go, "", 1) != 1)
		err(2, "write");
}

/* Is it gone, done or killed, within so many seconds? */
static bool gone(struct access *a, double within)
{
	double end = now() + within;

	do {
		a->gone = a->gone || waitpid(a->pid, NULL, WNOHANG) == a->pid;
		if (!a->gone)
			nap(0.01);
	} while (!a->gone && now() < end);
	return a->gone;
}

static const char *stand_still(struct access *slow, struct access *waits,
			       struct access *beside, struct op *shrink)
{
	due(slow);
	nap(A_WHILE);
	op_start(shrink, shrink_to_half);
	nap(A_WHILE);
	due(waits);
	due(beside);
	if (!gone(beside, LONG / 4))
		return "a fault waits for a truncate that is beside it";
	if (gone(slow, 0))
		return "the MAP_SYNC fault did not wait";
	if (shrink->done)
		return "the truncate did not wait for the fault";
	if (gone(waits, A_WHILE))
		return "the fault did not wait for the truncate";
	kill(waits->pid, SIGKILL);
	if (!gone(waits, LONG / 4))
		return "a fault that waits can't be killed";
	if (gone(slow, 0) || shrink->done)
		return "the device did not stand still";
	return NULL;
}

static int cmd_killed(char **arg)
{
	struct access slow, waits, beside;
	const char *wrong;
	struct op shrink;

	file(arg[0], false);
	if (fsync(fd))
		err(2, "%s", arg[0]);
	madvise(map, 8 * MIB, MADV_DONTNEED);
	slow = later(map_at(fd, 8 * MIB, false, true) + 6 * MIB, true);
	waits = later(map + 5 * MIB, false);
	beside = later(map, false);
	/* What MAP_SYNC has to commit. Its block is there: nothing is zeroed. */
	if (punch(7 * MIB, MIB))
		err(2, "punch");

	dmsetup("suspend --nolockfs", arg[1]);
	wrong = stand_still(&slow, &waits, &beside, &shrink);
	dmsetup("resume", arg[1]);
	if (wrong)
		return fail(wrong);
	return gone(&slow, LONG) && op_done(&shrink, LONG) && !shrink.result ?
	       0 : fail("the truncate did not go on");
}

/* swap-boot FILE: print the errno of exchanging it with the boot loader inode. */
static int cmd_swap_boot(char **arg)
{
	file(arg[0], false);
	if (fsync(fd))
		err(2, "fsync");
	printf("%d\n", ioctl(fd, _IO('f', 17)) ? errno : 0);
	return 0;
}

/* move FILE DONOR: print the errno of exchanging the first 16 blocks. */
struct move_extent {
	__u32 reserved;
	__u32 donor_fd;
	__u64 orig_start, donor_start, len, moved_len;
};

static int cmd_move(char **arg)
{
	struct move_extent me = { .len = 16 };
	int orig = open(arg[0], O_RDWR), donor = open(arg[1], O_RDWR);

	if (orig < 0 || donor < 0)
		err(2, "open");
	me.donor_fd = donor;
	printf("%d\n", ioctl(orig, _IOWR('f', 15, struct move_extent), &me) ? errno : 0);
	return 0;
}

static const struct command commands[] = {
	{ "beside",	 1, cmd_beside,	     "FILE" },
	{ "pinned",	 1, cmd_pinned,	     "FILE" },
	{ "huge",	 1, cmd_huge,	     "FILE" },
	{ "edge",	 2, cmd_edge,	     "FILE ROUNDS" },
	{ "interrupted", 1, cmd_interrupted, "FILE" },
	{ "closed",	 1, cmd_closed,	     "FILE" },
	{ "killed",	 2, cmd_killed,	     "FILE DEVICE" },
	{ "swap-boot",	 1, cmd_swap_boot,   "FILE" },
	{ "move",	 2, cmd_move,	     "FILE DONOR" },
	{ }
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_command(commands, argv);
}
