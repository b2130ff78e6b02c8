// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxbench: one measurement of one access to a DAX file, on a file system that
 * is mounted already (cases.sh names the measurements). Prints a number a
 * line, as cases.sh lists them; what a measurement needs to be there first is
 * not in it.
 *
 * BENCH_SCALE=PERCENT	how much to do, of what the arguments say (100)
 * BENCH_COUNT=1	the numbers are of instructions for each operation: the
 *			time stamp counter advances by one an instruction, as
 *			QEMU has it with -icount shift=0
 *
 * Exit status: 0 fine, 1 it could not be measured.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fsmap.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define MIB (1UL << 20)
#define PAGE 4096UL
#define HUGE (2 * MIB)

static bool count;		/* of instructions, in place of time */
static size_t percent = 100;

/* Units of time: nanoseconds, or instructions. */
static uint64_t now(void)
{
	struct timespec t;

	if (count)
		return __rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void print_bandwidth(uint64_t t, size_t bytes, size_t ops)
{
	if (count)
		printf("%.1f\n", (double)t / ops);
	else
		printf("%.2f\n", bytes / (double)MIB / (t / 1e9));
}

/* Operations a second. */
static void print_rate(uint64_t t, size_t ops)
{
	if (count)
		printf("%.1f\n", (double)t / ops);
	else
		printf("%.1f\n", ops / (t / 1e9));
}

/* A number with K or M behind it. */
static size_t number(const char *s)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(s, &end, 0);
	if (*end == 'K')
		n <<= 10, end++;
	else if (*end == 'M')
		n <<= 20, end++;
	if (errno || end == s || *end || *s == '-')
		errx(1, "not a number: %s", s);
	return n;
}

/* As much as BENCH_SCALE wants of @s, in whole @unit, at least @least of them. */
static size_t scaled(const char *s, size_t unit, size_t least)
{
	size_t n = number(s) * percent / 100 / unit;

	return (n < least ? least : n) * unit;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift". */
static uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

static void *map_anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

static void write_all(int fd, const char *buf, size_t chunk, off_t pos, off_t end)
{
	ssize_t n;

	/* Short where space ran out; the next one says so. */
	for (; pos < end; pos += n) {
		n = pwrite(fd, buf, chunk - pos % chunk, pos);
		if (n <= 0)
			err(1, "pwrite");
	}
}

/* What was put off must not be counted. This clock jumps when all sleep. */
static void settle(void)
{
	if (count) {
		sync();
		sleep(1);
	}
}

/*
 * A new file of @bytes, made durable: a hole, or allocated and not written
 * ("unwritten"), or written. "append" is an empty one.
 */
static int prepare(const char *path, const char *how, size_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	char *buf;

	if (fd < 0)
		err(1, "%s", path);
	if (!strcmp(how, "hole")) {
		if (ftruncate(fd, bytes))
			err(1, "ftruncate");
	} else if (!strcmp(how, "unwritten")) {
		if (fallocate(fd, 0, 0, bytes))
			err(1, "fallocate");
	} else if (!strcmp(how, "written")) {
		buf = map_anon(MIB);
		write_all(fd, buf, MIB, 0, bytes & -MIB);
		write_all(fd, buf, PAGE, bytes & -MIB, bytes);
		munmap(buf, MIB);
	} else if (strcmp(how, "append")) {
		errx(1, "%s: not append, hole, unwritten or written", how);
	}
	if (fsync(fd))
		err(1, "fsync");
	settle();
	return fd;
}

/* What the threads of one measurement share; set before they start. */
static struct {
	int fd;
	size_t bytes, chunk, threads;
	bool huge, sync;
	uint32_t *order;	/* the order of the pages to touch */
	pthread_barrier_t barrier;
	uint64_t *begin, *end;	/* of each thread; its own writes it */
} job;

/*
 * Run @part in each thread, of which the caller is one; the time from the first
 * that is through its barrier, which all pass together, to the last that ends.
 */
static uint64_t in_threads(void *(*part)(void *))
{
	uint64_t begin[job.threads], end[job.threads], a, b;
	pthread_t t[job.threads];

	job.begin = begin;
	job.end = end;
	pthread_barrier_init(&job.barrier, NULL, job.threads);
	for (size_t i = 1; i < job.threads; i++)
		if (pthread_create(&t[i], NULL, part, (void *)i))
			errx(1, "pthread_create");
	part((void *)0);
	a = begin[0];
	b = end[0];
	for (size_t i = 1; i < job.threads; i++) {
		pthread_join(t[i], NULL);
		a = begin[i] < a ? begin[i] : a;
		b = end[i] > b ? end[i] : b;
	}
	return b - a;
}

/* All threads begin to be measured. */
static void ready(size_t i)
{
	pthread_barrier_wait(&job.barrier);
	job.begin[i] = now();
}

static void *write_part(void *arg)
{
	size_t i = (size_t)arg, part = job.bytes / job.threads;
	char *buf = map_anon(job.chunk);

	memset(buf, 'w', job.chunk);
	ready(i);
	write_all(job.fd, buf, job.chunk, i * part, (i + 1) * part);
	if (fsync(job.fd))
		err(1, "fsync");
	job.end[i] = now();
	return NULL;
}

static int cmd_write(char **arg)
{
	job.chunk = number(arg[2]);
	job.threads = arg[4] ? number(arg[4]) : 1;
	job.bytes = scaled(arg[3], job.chunk * job.threads, 1);
	job.fd = prepare(arg[0], arg[1], job.bytes);
	print_bandwidth(in_threads(write_part), job.bytes, job.bytes / job.chunk);
	return 0;
}

static int cmd_read(char **arg)
{
	size_t chunk = number(arg[2]), bytes = scaled(arg[3], chunk, 1);
	int fd = prepare(arg[0], arg[1], bytes);
	char *buf = map_anon(chunk);
	uint64_t a = now();

	for (size_t pos = 0; pos < bytes; pos += chunk)
		if (pread(fd, buf, chunk, pos) != (ssize_t)chunk)
			err(1, "pread");
	print_bandwidth(now() - a, bytes, bytes / chunk);
	return 0;
}

/*
 * A mapping at a 2 MiB boundary, so that huge pages can map it, or one page off
 * one, so that none can.
 */
static char *map_file(int fd, size_t len, bool huge, bool sync)
{
	char *area = mmap(NULL, len + 2 * HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);

	if (area == MAP_FAILED)
		err(1, "mmap");
	if (!huge)
		at += PAGE;
	at = mmap(at, len, PROT_READ | PROT_WRITE,
		  (sync ? MAP_SHARED_VALIDATE | MAP_SYNC : MAP_SHARED) | MAP_FIXED,
		  fd, 0);
	if (at == MAP_FAILED)
		err(1, "mmap%s", sync ? " with MAP_SYNC" : "");
	return at;
}

static void *touch_part(void *arg)
{
	size_t self = (size_t)arg, n = job.bytes / job.chunk;
	char *map = map_file(job.fd, job.bytes, job.huge, job.sync);

	ready(self);
	for (size_t i = self; i < n; i += job.threads)
		*(volatile char *)(map + job.order[i] * job.chunk) = 1;
	job.end[self] = now();
	return NULL;
}

/* @n numbers from 0, shuffled for "random". */
static uint32_t *order(const char *how, size_t n)
{
	bool shuffle = !strcmp(how, "random");
	uint32_t *v = map_anon(n * sizeof(*v));
	uint64_t seed = 1;

	if (!shuffle && strcmp(how, "ascending"))
		errx(1, "%s: not ascending or random", how);
	for (size_t i = 0; i < n; i++) {
		size_t j = shuffle ? rnd(&seed) % (i + 1) : i;

		v[i] = v[j];
		v[j] = i;
	}
	return v;
}

/* One store to each STEP of a new mapping; huge pages where STEP is 2 MiB. */
static int cmd_touch(char **arg)
{
	size_t n;

	job.chunk = number(arg[2]);
	job.sync = !strcmp(arg[4], "sync");
	job.huge = job.chunk >= HUGE;
	job.bytes = scaled(arg[5], job.chunk, 4);
	job.threads = arg[6] ? number(arg[6]) : 1;
	n = job.bytes / job.chunk;
	job.order = order(arg[3], n);
	/* A sparse file does not end where a huge page would. */
	job.fd = prepare(arg[0], arg[1], job.bytes + (job.huge || job.chunk == PAGE ? 0 : 3 * PAGE));
	print_rate(in_threads(touch_part), n);
	return 0;
}

/* A write-ahead log: records of LENGTH, each made durable before the next. */
static int cmd_wal(char **arg)
{
	size_t len = number(arg[2]), n = scaled(arg[3], 1, 4);
	int fd = prepare(arg[0], arg[1], n * len);
	char *buf = map_anon(len);
	uint64_t a;

	memset(buf, 'l', len);
	a = now();
	for (size_t i = 0; i < n; i++)
		if (pwrite(fd, buf, len, i * len) != (ssize_t)len || fdatasync(fd))
			err(1, "%s", arg[0]);
	print_rate(now() - a, n);
	return 0;
}

static volatile bool stop;

static void *puncher(void *arg)
{
	size_t len = (size_t)arg;

	while (!stop)
		if (fallocate(job.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, len) ||
		    fallocate(job.fd, FALLOC_FL_ZERO_RANGE, 0, len))
			err(1, "punch");
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * @n operations took @t each, @all together. Prints operations a second, and in
 * microseconds the median, the 99th and 99.9th percentile, and the worst.
 */
static int print_latencies(uint64_t *t, size_t n, uint64_t all)
{
	qsort(t, n, sizeof(*t), by_value);
	printf("%.1f\n%.2f\n%.2f\n%.2f\n%.2f\n", n / (all / 1e9), t[n / 2] / 1e3,
	       t[n * 99 / 100] / 1e3, t[n * 999 / 1000] / 1e3, t[n - 1] / 1e3);
	return 0;
}

/* Of so many operations the latencies are kept. */
#define LATENCIES ((size_t)1 << 21)

/*
 * Faults on written blocks in the second half of a file, for SECONDS, while
 * another thread punches the first half and allocates it again ("punch") or
 * there is none ("quiet").
 */
static int cmd_beside(char **arg)
{
	size_t bytes = number(arg[3]), half = bytes / 2, n = 0;
	double seconds = strtod(arg[2], NULL) * percent / 100;
	bool punch = !strcmp(arg[1], "punch");
	uint64_t *t = map_anon(LATENCIES * sizeof(*t)), begin, a, b;
	pthread_t other;
	char *map;

	job.fd = prepare(arg[0], "written", bytes);
	map = map_file(job.fd, bytes, false, false) + half;
	if (punch && pthread_create(&other, NULL, puncher, (void *)half))
		errx(1, "pthread_create");
	begin = now();
	do {
		volatile char *p = map + n % (half / PAGE) * PAGE;

		if (n % (half / PAGE) == 0)
			madvise(map, half, MADV_DONTNEED);
		a = now();
		*p = 1;
		b = now();
		t[n++] = b - a;
	} while (n < LATENCIES && b - begin < seconds * 1e9);
	stop = true;
	if (punch)
		pthread_join(other, NULL);
	return print_latencies(t, n, b - begin);
}

/* write(2) of CHUNK over written blocks, round and round BYTES, for SECONDS. */
static int cmd_latency(char **arg)
{
	size_t chunk = number(arg[2]), bytes = number(arg[3]), n = 0;
	double seconds = strtod(arg[1], NULL) * percent / 100;
	uint64_t *t = map_anon(LATENCIES * sizeof(*t)), begin, a, b;
	char *buf = map_anon(chunk);
	int fd = prepare(arg[0], "written", bytes);

	begin = now();
	do {
		a = now();
		if (pwrite(fd, buf, chunk, n * chunk % bytes) != (ssize_t)chunk)
			err(1, "%s", arg[0]);
		b = now();
		t[n++] = b - a;
	} while (n < LATENCIES && b - begin < seconds * 1e9);
	return print_latencies(t, n, b - begin);
}

/* COUNT files of 1 byte to 16 KiB in one directory: create, append, delete. */
static int cmd_files(char **arg)
{
	size_t n = scaled(arg[1], 1, 16);
	char *buf = map_anon(4 * PAGE), name[32];
	uint64_t seed = 1, a = now();
	int dir, fd;

	if (mkdir(arg[0], 0700))
		err(1, "%s", arg[0]);
	dir = open(arg[0], O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		err(1, "%s", arg[0]);
	settle();
	for (int append = 0; append < 2; append++) {
		a = now();
		for (size_t i = 0; i < n; i++) {
			ssize_t len = rnd(&seed) % (4 * PAGE) + 1;

			snprintf(name, sizeof(name), "%zu", i);
			fd = openat(dir, name, append ? O_WRONLY | O_APPEND :
				    O_WRONLY | O_CREAT | O_EXCL, 0600);
			if (fd < 0 || write(fd, buf, len) != len || close(fd))
				err(1, "%s/%s", arg[0], name);
		}
		print_rate(now() - a, n);
	}
	a = now();
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		if (unlinkat(dir, name, 0))
			err(1, "%s/%s", arg[0], name);
	}
	print_rate(now() - a, n);
	return 0;
}

/* Milliseconds of the median mount and unmount of COUNT. */
static int cmd_mounts(char **arg)
{
	size_t n = number(arg[4]);
	uint64_t up[n], down[n], a, b;

	for (size_t i = 0; i < n; i++) {
		a = now();
		if (mount(arg[0], arg[1], arg[2], 0, arg[3]))
			err(1, "mount %s %s", arg[0], arg[3]);
		b = now();
		if (umount(arg[1]))
			err(1, "umount %s", arg[1]);
		up[i] = b - a;
		down[i] = now() - b;
	}
	qsort(up, n, sizeof(*up), by_value);
	qsort(down, n, sizeof(*down), by_value);
	printf("%.3f\n%.3f\n", up[n / 2] / 1e6, down[n / 2] / 1e6);
	return 0;
}

static double used(const char *dir, size_t *capacity)
{
	struct statvfs s;

	if (statvfs(dir, &s))
		err(1, "%s", dir);
	*capacity = s.f_blocks * s.f_frsize;
	return 1 - (double)s.f_bfree / s.f_blocks;
}

/*
 * Age the file system of DIR: fill it to PERCENT, then delete and create files
 * until TIMES its capacity was written. Sizes are from 4 KiB to 8 MiB, each
 * power of two as likely as any other; one SEED, one history.
 */
static int cmd_age(char **arg)
{
	double full = number(arg[1]) / 100.0;
	uint64_t seed = number(arg[3]) * 2 + 1;
	size_t capacity, written = 0, n = 0, id = 0;
	const size_t most = 1 << 20;
	uint32_t *file = map_anon(most * sizeof(*file));
	char *buf = map_anon(MIB), name[32];
	int dir = open(arg[0], O_RDONLY | O_DIRECTORY);
	bool filled = false;

	if (dir < 0)
		err(1, "%s", arg[0]);
	used(arg[0], &capacity);
	while (!filled || written < number(arg[2]) * capacity) {
		size_t len = PAGE << rnd(&seed) % 12;
		int fd;

		len -= rnd(&seed) % (len / 2);
		if (used(arg[0], &capacity) >= full || n == most) {
			size_t i;

			if (!n)
				errx(1, "%s: full before it was filled", arg[0]);
			filled = true;
			i = rnd(&seed) % n;
			snprintf(name, sizeof(name), "a%u", file[i]);
			file[i] = file[--n];
			if (unlinkat(dir, name, 0))
				err(1, "unlink %s", name);
			continue;
		}
		file[n++] = ++id;
		snprintf(name, sizeof(name), "a%zu", id);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			err(1, "create %s", name);
		written += len;
		for (size_t k; len; len -= k) {
			k = len < MIB ? len : MIB;
			if (write(fd, buf, k) != (ssize_t)k)
				err(1, "write %s", name);
		}
		close(fd);
	}
	if (syncfs(dir))
		err(1, "syncfs");
	return 0;
}

/* Of the run from @begin to @end, what lies in whole 2 MiB. */
static uint64_t whole(uint64_t begin, uint64_t end)
{
	begin = (begin + HUGE - 1) & -HUGE;
	end &= -HUGE;
	return end > begin ? end - begin : 0;
}

/* Per cent of the free space of DIR that lies in whole 2 MiB of the device. */
static int cmd_free2m(char **arg)
{
	enum { most = 1024 };
	struct fsmap_head *h = calloc(1, fsmap_sizeof(most));
	int dir = open(arg[0], O_RDONLY | O_DIRECTORY);
	uint64_t begin = 0, end = 0, all = 0, aligned = 0;
	bool last = false;

	if (!h || dir < 0)
		err(1, "%s", arg[0]);
	memset(&h->fmh_keys[1], 0xff, offsetof(struct fsmap, fmr_length));
	h->fmh_count = most;
	while (!last) {
		if (ioctl(dir, FS_IOC_GETFSMAP, h))
			err(1, "%s: FS_IOC_GETFSMAP", arg[0]);
		for (uint32_t i = 0; i < h->fmh_entries; i++) {
			struct fsmap *m = &h->fmh_recs[i];

			last = m->fmr_flags & FMR_OF_LAST;
			if (!(m->fmr_flags & FMR_OF_SPECIAL_OWNER) ||
			    m->fmr_owner != FMR_OWN_FREE)
				continue;
			all += m->fmr_length;
			/* Free records that touch are one run. */
			if (m->fmr_physical != end) {
				aligned += whole(begin, end);
				begin = m->fmr_physical;
			}
			end = m->fmr_physical + m->fmr_length;
		}
		if (!h->fmh_entries)
			break;
		fsmap_advance(h);
	}
	aligned += whole(begin, end);
	if (!all)
		errx(1, "%s: no free space", arg[0]);
	printf("%.1f\n", 100.0 * aligned / all);
	return 0;
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt + r.ru_majflt;
}

/*
 * Per cent of FILE that huge pages map: of its 2 MiB ranges, those that a store
 * to each 4 KiB of costs one fault. BYTES makes it a new, sparse file first.
 */
static int cmd_pmdshare(char **arg)
{
	size_t bytes = arg[1] ? number(arg[1]) & -HUGE : 0, huge = 0;
	int fd = arg[1] ? prepare(arg[0], "hole", bytes) : open(arg[0], O_RDWR);
	struct stat st;
	char *map;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", arg[0]);
	bytes = st.st_size & -HUGE;
	if (!bytes)
		errx(1, "%s: smaller than 2 MiB", arg[0]);
	map = map_file(fd, bytes, true, false);
	for (size_t pos = 0; pos < bytes; pos += HUGE) {
		long before = faults();

		for (size_t p = pos; p < pos + HUGE; p += PAGE)
			*(volatile char *)(map + p) = 1;
		huge += faults() - before <= 2;
	}
	printf("%.1f\n", 100.0 * huge * HUGE / bytes);
	return 0;
}

static const struct {
	const char *name;
	int least, most;
	int (*run)(char **arg);
	const char *usage;
} commands[] = {
	{ "write",	4, 5, cmd_write,    "FILE append|hole|unwritten|written CHUNK BYTES [THREADS]" },
	{ "read",	4, 4, cmd_read,     "FILE hole|unwritten|written CHUNK BYTES" },
	{ "touch",	6, 7, cmd_touch,    "FILE hole|unwritten|written STEP ascending|random plain|sync BYTES [THREADS]" },
	{ "wal",	4, 4, cmd_wal,      "FILE append|written LENGTH COUNT" },
	{ "beside",	4, 4, cmd_beside,   "FILE punch|quiet SECONDS BYTES" },
	{ "latency",	4, 4, cmd_latency,  "FILE SECONDS CHUNK BYTES" },
	{ "files",	2, 2, cmd_files,    "DIR COUNT" },
	{ "mounts",	5, 5, cmd_mounts,   "DEVICE DIR TYPE OPTIONS COUNT" },
	{ "age",	4, 4, cmd_age,      "DIR PERCENT TIMES SEED" },
	{ "free2m",	1, 1, cmd_free2m,   "DIR" },
	{ "pmdshare",	1, 2, cmd_pmdshare, "FILE [BYTES]" },
};

int main(int argc, char **argv)
{
	const char *s = getenv("BENCH_SCALE");

	count = getenv("BENCH_COUNT");
	if (s)
		percent = number(s);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		if (argc - 2 < commands[i].least || argc - 2 > commands[i].most)
			errx(1, "usage: daxbench %s %s", argv[1], commands[i].usage);
		commands[i].run(argv + 2);
		if (fflush(stdout) || ferror(stdout))
			err(1, "stdout");
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(stderr, "daxbench %s %s\n", commands[i].name, commands[i].usage);
	return 1;
}
