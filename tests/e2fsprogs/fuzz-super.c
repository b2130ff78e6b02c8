// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a program of e2fsprogs on many damaged superblocks.
 *
 * This is a library for LD_PRELOAD. It takes the place of main(): for each
 * case it writes an image with a superblock derived from the seed and the
 * number of the case, and forks a child which calls the program's own main().
 * The program is started, and the sanitizers that it was built with are set
 * up, only once, so that a case costs a millisecond or two, and the program is
 * the one that is built for everyone else.
 *
 * A case fails when the child is killed by a signal, runs into the time limit,
 * or exits with the status of a sanitizer's report. Each report is printed
 * once, with the number of the first case that had it; FUZZ_FIRST=N
 * FUZZ_COUNT=1 repeats that one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUPER_OFFSET		1024
#define SUPER_SIZE		1024
#define MAGIC_OFFSET		56
#define FEATURES_OFFSET		92
#define FEATURES_SIZE		12
#define MNTOPTS_OFFSET		256
#define MOUNT_OPTS_OFFSET	512
#define MOUNT_OPTS_SIZE		64
#define CSUM_OFFSET		1020

#define REPORT_STATUS		99	/* see exitcode= in fuzz.t */
#define CASE_SECONDS		20
#define MAX_TEMPLATES		8
#define MAX_REPORTS		64

struct template {
	unsigned char *data;
	size_t size;
};

static struct template templates[MAX_TEMPLATES];
static unsigned int nr_templates;

static char *reports[MAX_REPORTS];
static unsigned int nr_reports;

static uint64_t rng;

static void fail(const char *what)
{
	fprintf(stderr, "fuzz-super: %s: %s\n", what, strerror(errno));
	_exit(2);
}

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = (rng += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(unsigned int n)
{
	return next_random() % n;
}

static uint32_t crc32c(const unsigned char *p, size_t len)
{
	uint32_t crc = ~0U;
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void put_le(unsigned char *p, uint64_t val, unsigned int bytes)
{
	while (bytes--) {
		*p++ = val;
		val >>= 8;
	}
}

static void random_bytes(unsigned char *p, size_t len)
{
	while (len--)
		*p++ = next_random();
}

/* Values at which arithmetic goes wrong, and any others */
static uint64_t interesting(void)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 7, 8, 31, 32, 63, 64, 127, 128, 255, 256, 1023,
		1024, 4095, 4096, 32767, 32768, 65535, 65536, 0x7fffffff,
		0x80000000, 0xfffffffe, 0xffffffff,
	};
	unsigned int n = sizeof(values) / sizeof(values[0]);
	unsigned int i = below(n + 8);

	return i < n ? values[i] : next_random() >> below(64);
}

static void mutate(unsigned char *sb)
{
	unsigned char magic[2], features[FEATURES_SIZE];
	unsigned int i, bytes;

	memcpy(magic, sb + MAGIC_OFFSET, sizeof(magic));
	memcpy(features, sb + FEATURES_OFFSET, sizeof(features));

	switch (below(10)) {
	case 0:
		random_bytes(sb, SUPER_SIZE);
		break;
	case 1:
		random_bytes(sb + MNTOPTS_OFFSET, 4);
		random_bytes(sb + MOUNT_OPTS_OFFSET, MOUNT_OPTS_SIZE);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		for (i = below(16) + 1; i; i--)
			sb[below(SUPER_SIZE)] ^= 1 << below(8);
		break;
	default:
		for (i = below(8) + 1; i; i--) {
			bytes = 1 << below(4);
			put_le(sb + below(SUPER_SIZE / bytes) * bytes,
			       interesting(), bytes);
		}
		break;
	}

	/* Without these, most cases would end before they begin */
	if (below(16))
		memcpy(sb + MAGIC_OFFSET, magic, sizeof(magic));
	if (below(2))
		memcpy(sb + FEATURES_OFFSET, features, sizeof(features));
	if (below(8))
		put_le(sb + CSUM_OFFSET, crc32c(sb, CSUM_OFFSET), 4);
}

static void load_templates(const char *names)
{
	char *list = strdup(names), *name, *save;
	struct template *t;
	struct stat st;
	int fd;

	for (name = strtok_r(list, ":", &save); name;
	     name = strtok_r(NULL, ":", &save)) {
		if (nr_templates == MAX_TEMPLATES) {
			errno = E2BIG;
			fail(name);
		}
		t = &templates[nr_templates++];
		fd = open(name, O_RDONLY);
		if (fd < 0 || fstat(fd, &st))
			fail(name);
		t->size = st.st_size;
		t->data = mmap(NULL, t->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (t->data == MAP_FAILED)
			fail(name);
		close(fd);
	}
	free(list);
	if (!nr_templates) {
		errno = EINVAL;
		fail("FUZZ_TEMPLATES");
	}
}

static void write_all(int fd, const unsigned char *p, size_t len, off_t pos)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, p, len, pos);
		if (n <= 0)
			fail("FUZZ_IMAGE");
		p += n;
		len -= n;
		pos += n;
	}
}

static void write_case(int fd, uint64_t seed, unsigned long n)
{
	unsigned char sb[SUPER_SIZE];
	struct template *t;

	rng = seed * 0x100000001b3ULL + n;
	t = &templates[below(nr_templates)];
	memcpy(sb, t->data + SUPER_OFFSET, sizeof(sb));
	mutate(sb);
	if (ftruncate(fd, t->size))
		fail("FUZZ_IMAGE");
	write_all(fd, t->data, t->size, 0);
	write_all(fd, sb, sizeof(sb), SUPER_OFFSET);
}

/* Print what the child said, if it is news */
static void report(const char *kind, unsigned long n, int log)
{
	static char buf[65536], key[256];
	char *p, *end;
	ssize_t len;
	unsigned int i;

	len = pread(log, buf, sizeof(buf) - 1, 0);
	buf[len > 0 ? len : 0] = 0;

	/* Reports are the same if they name the same place in the source */
	snprintf(key, sizeof(key), "%s", kind);
	p = strstr(buf, ": runtime error:");
	if (p) {
		*p = 0;
		end = strrchr(buf, '\n');
		snprintf(key, sizeof(key), "%.255s", end ? end + 1 : buf);
		*p = ':';
	} else {
		p = strstr(buf, "SUMMARY: ");
		if (p)
			snprintf(key, sizeof(key), "%.*s",
				 (int) strcspn(p, "\n"), p);
	}
	for (i = 0; i < nr_reports; i++)
		if (!strcmp(reports[i], key))
			return;
	if (nr_reports == MAX_REPORTS)
		return;
	reports[nr_reports++] = strdup(key);
	fprintf(stderr, "%s: case %lu: %s\n%s", program_invocation_short_name,
		n, kind, buf);
}

static void run_case(int (*real_main)(int, char **, char **), int argc,
		     char **argv, char **envp, int log)
{
	struct rlimit core = { 0, 0 }, fsize = { 1 << 26, 1 << 26 };
	int null = open("/dev/null", O_RDWR);

	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_FSIZE, &fsize);
	signal(SIGXFSZ, SIG_IGN);
	alarm(CASE_SECONDS);
	dup2(null, 0);
	dup2(null, 1);
	dup2(log, 2);
	exit(real_main(argc, argv, envp));
}

static int (*real_main)(int, char **, char **);

static unsigned long number(const char *name, unsigned long def)
{
	const char *val = getenv(name);

	return val ? strtoul(val, NULL, 0) : def;
}

static int fuzz_main(int argc, char **argv, char **envp)
{
	unsigned long first = number("FUZZ_FIRST", 0);
	unsigned long count = number("FUZZ_COUNT", 1);
	uint64_t seed = number("FUZZ_SEED", 1);
	const char *image = getenv("FUZZ_IMAGE");
	const char *names = getenv("FUZZ_TEMPLATES");
	unsigned long n, ok = 0, refused = 0, bad = 0;
	char kind[64];
	int fd, log, status;
	pid_t pid;

	/* What the program itself starts, if anything, is not for us */
	unsetenv("LD_PRELOAD");
	if (!image || !names) {
		errno = EINVAL;
		fail("FUZZ_IMAGE and FUZZ_TEMPLATES");
	}
	load_templates(names);
	fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		fail(image);
	log = memfd_create("log", MFD_CLOEXEC);
	if (log < 0)
		fail("memfd_create");

	for (n = first; n < first + count; n++) {
		write_case(fd, seed, n);
		if (ftruncate(log, 0) || lseek(log, 0, SEEK_SET))
			fail("log");
		fflush(NULL);
		pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid)
			run_case(real_main, argc, argv, envp, log);
		if (waitpid(pid, &status, 0) != pid)
			fail("waitpid");
		if (WIFEXITED(status) && WEXITSTATUS(status) != REPORT_STATUS) {
			if (WEXITSTATUS(status))
				refused++;
			else
				ok++;
			continue;
		}
		bad++;
		if (WIFEXITED(status))
			snprintf(kind, sizeof(kind), "sanitizer report");
		else if (WTERMSIG(status) == SIGALRM)
			snprintf(kind, sizeof(kind), "no end after %d s",
				 CASE_SECONDS);
		else
			snprintf(kind, sizeof(kind), "killed by signal %d",
				 WTERMSIG(status));
		report(kind, n, log);
	}
	printf("%s: %lu cases: %lu succeeded, %lu refused, %lu failed\n",
	       program_invocation_short_name, count, ok, refused, bad);
	fflush(stdout);
	_exit(bad != 0);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc,
		      char **argv, void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	typeof(&__libc_start_main) start;

	start = (typeof(start)) dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return start(fuzz_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* Multiple mount protection waits; there is nobody to wait for */
unsigned int sleep(unsigned int seconds)
{
	(void) seconds;
	return 0;
}
