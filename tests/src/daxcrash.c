// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxcrash: a file system as it is at an arbitrary moment. "work" runs in the
 * guest and writes files whose every byte says what it must be; "watch" runs on
 * the host, pauses the guest, copies the device, lets the guest go on, recovers
 * the copy and checks it. What was fsynced is noted on the same device, behind
 * the file system, before the next file operation.
 *
 * Exit status: 0 fine, 1 the check failed, 2 it could not be made.
 */
#define _GNU_SOURCE
#include <ext2fs/ext2fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "common.h"

#define FS_BYTES	(64 * MIB)		/* from the device's start */
#define NOTES		(96 * MIB)		/* there, a page for all */
#define MAGIC		0x4853415243584144ULL	/* "DAXCRASH" */
#define FILES		6
#define WORKERS		2
#define FILE_BYTES	(2 * MIB)
#define FILE_BLOCKS	(FILE_BYTES / PAGE)

/*
 * What must be in a file, written in turn to two places: one of them is whole
 * at any moment, the one with the higher number, if both are, counts.
 */
struct note {
	uint64_t first;			/* number, again in @last */
	uint64_t life;			/* which file of that name; 0: none */
	uint64_t size;			/* this long at least */
	uint64_t block[FILE_BLOCKS / 64]; /* these blocks, all of them */
	uint64_t last;
	char pad[512 - 8 * (4 + FILE_BLOCKS / 64)];
};

struct notes {
	uint64_t magic;
	uint64_t stop;			/* set by the host */
	char pad[512 - 16];
	struct note file[FILES][2];
};

_Static_assert(sizeof(struct notes) % 512 == 0, "O_DIRECT");

/* What word @at of a file holds once it is written. */
static uint64_t word(unsigned int file, uint64_t life, uint64_t at)
{
	return 0xc5ULL << 56 | (uint64_t)file << 48 | (life & 0xffff) << 32 | at;
}

static void content(char *buf, unsigned int file, uint64_t life, off_t pos, size_t len)
{
	for (size_t i = 0; i < len; i++, pos++) {
		uint64_t w = word(file, life, pos / 8);

		buf[i] = w >> 8 * (pos % 8);
	}
}

/* One file of a worker. */
struct work {
	unsigned int file;
	int fd, raw;
	uint64_t life, number;
	off_t size;
	struct note note;
	uint64_t pending[FILE_BLOCKS / 64];
	struct note *dio;
};

static void put_note(struct work *w)
{
	off_t pos;

	w->note.first = w->note.last = ++w->number;
	pos = NOTES + offsetof(struct notes, file[w->file][w->number % 2]);
	*w->dio = w->note;
	if (pwrite(w->raw, w->dio, sizeof(*w->dio), pos) != sizeof(*w->dio))
		err(2, "note");
}

static void anew(struct work *w, const char *dir)
{
	char name[64];

	memset(&w->note, 0, sizeof(w->note));
	memset(w->pending, 0, sizeof(w->pending));
	put_note(w);
	snprintf(name, sizeof(name), "%s/%u", dir, w->file);
	if (w->fd >= 0 && (close(w->fd) || unlink(name)))
		err(2, "%s", name);
	w->fd = open_file(name, O_RDWR | O_CREAT | O_EXCL);
	w->life++;
	w->note.life = w->life;
	w->size = 0;
	if (w->file % 3 && ftruncate(w->fd, FILE_BYTES))
		err(2, "%s", name);
}

static void sync_file(struct work *w)
{
	if (fsync(w->fd))
		err(2, "fsync");
	w->note.size = w->size;
	for (size_t i = 0; i < FILE_BLOCKS / 64; i++)
		w->note.block[i] |= w->pending[i];
	put_note(w);
}

static void write_file(struct work *w, char *buf, off_t pos, size_t len)
{
	content(buf, w->file, w->life, pos, len);
	if (pwrite(w->fd, buf, len, pos) != (ssize_t)len)
		err(2, "write");
	for (size_t b = (pos + PAGE - 1) / PAGE; b < (pos + len) / PAGE; b++)
		w->pending[b / 64] |= 1ULL << b % 64;
	if (w->size < (off_t)(pos + len))
		w->size = pos + len;
}

/* Appends of all sizes; or writes into a hole, or into unwritten blocks too. */
static void step(struct work *w, const char *dir, char *buf, uint64_t *seed)
{
	static const size_t mask[] = { 0xfff, 0x1fff, 0xffff, 0x3ffff };
	size_t len = (rnd(seed) & mask[rnd(seed) % 4]) + 1;
	off_t pos = w->file % 3 ? (off_t)(rnd(seed) % FILE_BYTES) : w->size;

	if (rnd(seed) % 2) {
		len = (len + PAGE - 1) & -PAGE;
		pos &= w->file % 3 ? -PAGE : -1UL;
	}
	if (w->fd < 0 || rnd(seed) % 100 == 0 || (!(w->file % 3) && pos + len > FILE_BYTES)) {
		anew(w, dir);
		return;
	}
	if (pos + len > FILE_BYTES)
		len = FILE_BYTES - pos;
	if (w->file % 3 && rnd(seed) % 8 == 0) {
		size_t first = pos / PAGE, n = (pos + len + PAGE - 1) / PAGE - first;
		bool keep = w->file % 3 == 2 && rnd(seed) % 2;

		for (size_t b = first; b < first + n; b++) {
			w->pending[b / 64] &= ~(1ULL << b % 64);
			w->note.block[b / 64] &= ~(1ULL << b % 64);
		}
		put_note(w);
		if (fallocate(w->fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, first * PAGE, n * PAGE) ||
		    (keep && fallocate(w->fd, FALLOC_FL_KEEP_SIZE, first * PAGE, n * PAGE)))
			err(2, "fallocate");
		return;
	}
	write_file(w, buf, pos, len);
	if (rnd(seed) % 6 == 0)
		sync_file(w);
}

static int open_raw(const char *path)
{
	return open_file(path, O_RDWR | O_DIRECT);
}

/* work DIR DEVICE SEED: until the host says stop. */
static int cmd_work(char **arg)
{
	struct notes *notes = map_anon(sizeof(*notes));
	uint64_t seed = number(arg[2]) * 2 + 1;
	int raw = open_raw(arg[1]), status, rc = 0;

	notes->magic = MAGIC;
	if (pwrite(raw, notes, sizeof(*notes), NOTES) != sizeof(*notes))
		err(2, "%s", arg[1]);
	for (unsigned int i = 0; i < WORKERS; i++) {
		struct work w[FILES / WORKERS] = { 0 };
		char *buf;
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (pid)
			continue;
		seed += 2 * i;
		buf = map_anon(MIB);
		for (unsigned int k = 0; k < FILES / WORKERS; k++) {
			w[k].file = k * WORKERS + i;
			w[k].fd = -1;
			w[k].raw = open_raw(arg[1]);
			w[k].dio = map_anon(PAGE);
		}
		do {
			for (int n = 0; n < 10; n++)
				step(&w[rnd(&seed) % (FILES / WORKERS)], arg[0], buf, &seed);
			if (pread(raw, notes, 512, NOTES) != 512)
				err(2, "%s", arg[1]);
		} while (!notes->stop);
		_exit(0);
	}
	while (wait(&status) > 0)
		rc |= status;
	return rc ? 2 : 0;
}

/* Everything below runs on the host. */

static void say(int fd, const char *what)
{
	char c, tail[8] = "";

	if (write(fd, what, strlen(what)) < 0)
		err(2, "monitor");
	/* Up to the next prompt. */
	while (strcmp(tail, "(qemu) ")) {
		if (read(fd, &c, 1) != 1)
			errx(2, "the monitor went away");
		memmove(tail, tail + 1, 6);
		tail[6] = c;
	}
}

static const struct note *newer(const struct note *a, const struct note *b)
{
	if (a->first != a->last)
		return b;
	return b->first != b->last || a->first > b->first ? a : b;
}

static int run(const char *fmt, const char *image)
{
	char command[512];
	int rc;

	snprintf(command, sizeof(command), fmt, image);
	rc = system(command);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : 255;
}

/*
 * Is what @file has right, and is what must be there? Without a journal a block
 * that was freed and used again can show in either place, and an inode may be
 * torn: then that nothing stale shows must do.
 */
static bool check_file(ext2_filsys fs, unsigned int file, const struct note *note,
		       bool journal)
{
	static char buf[FILE_BYTES + 8], want[FILE_BYTES + 8];
	struct ext2_inode inode;
	ext2_file_t f;
	ext2_ino_t ino;
	unsigned int got = 0;
	uint64_t life = 0, size;
	bool whole = !(file % 3);
	char name[8];

	/* With a journal an append shows with all its bytes, or not. */
	snprintf(name, sizeof(name), "%u", file);
	if (ext2fs_lookup(fs, EXT2_ROOT_INO, name, strlen(name), NULL, &ino)) {
		if (note->size)
			printf("# file %u is missing\n", file);
		return !note->size;
	}
	if (ext2fs_read_inode(fs, ino, &inode) ||
	    ext2fs_file_open(fs, ino, 0, &f)) {
		if (!journal)
			return true;
		errx(2, "file %u can't be opened", file);
	}
	size = EXT2_I_SIZE(&inode);
	if (size > FILE_BYTES) {
		printf("# file %u has %ju bytes\n", file, (uintmax_t)size);
		return false;
	}
	memset(buf, 0, sizeof(buf));
	if (size && ext2fs_file_read(f, buf, size, &got))
		errx(2, "file %u can't be read", file);
	ext2fs_file_close(f);
	for (size_t at = 0; at + 8 <= got && !life; at += 8) {
		uint64_t w = *(uint64_t *)(buf + at);

		if (w == word(file, w >> 32, at / 8))
			life = w >> 32 & 0xffff;
	}
	/* Nor can more be said where not one word is whole. */
	if (!journal || (!life && !note->size))
		return !memmem(buf, size, stale, sizeof(stale));
	content(want, file, life, 0, size);
	for (size_t at = 0; at < size; at++) {
		size_t b = at / PAGE;
		bool must = whole || (note->size && note->block[b / 64] >> b % 64 & 1);

		if (buf[at] != want[at] && (buf[at] || (must && size >= 8))) {
			printf("# file %u, byte %zu of %ju is %#x, not %#x\n", file, at,
			       (uintmax_t)size, (unsigned char)buf[at], (unsigned char)want[at]);
			return false;
		}
	}
	if (size < note->size) {
		printf("# file %u has %ju bytes, %ju were synced\n", file,
		       (uintmax_t)size, (uintmax_t)note->size);
		return false;
	}
	if (note->size >= 8 && life != (note->life & 0xffff)) {
		printf("# file %u is of life %ju, %ju was synced\n", file,
		       (uintmax_t)life, (uintmax_t)note->life);
		return false;
	}
	/* What lies behind the end, in the last block, is not stale either. */
	if (size % PAGE) {
		blk64_t pblk;
		int flags = 0;
		char block[PAGE];

		if (ext2fs_bmap2(fs, ino, &inode, NULL, 0, size / PAGE, &flags, &pblk))
			errx(2, "file %u can't be mapped", file);
		if (pblk && !(flags & BMAP_RET_UNINIT)) {
			if (io_channel_read_blk64(fs->io, pblk, 1, block))
				errx(2, "block %ju can't be read", (uintmax_t)pblk);
			if (memmem(block, PAGE, stale, sizeof(stale))) {
				printf("# file %u: stale bytes behind its end, %ju\n", file, (uintmax_t)size);
				return false;
			}
		}
	}
	return true;
}

static bool check_image(const char *image, const struct notes *notes, bool journal)
{
	ext2_filsys fs;
	bool good = true;

	if (run("e2fsck -p '%1$s' >'%1$s.log' 2>&1", image) > 1 && journal) {
		printf("# e2fsck -p is not content\n");
		run("sed 's/^/# /' '%s.log'", image);
		return false;
	}
	/* Without a journal metadata is torn; stale bytes are what is judged. */
	if (!journal)
		run("e2fsck -fy '%s' >/dev/null 2>&1", image);
	if (run("e2fsck -fn '%1$s' >'%1$s.log' 2>&1", image) && journal) {
		printf("# e2fsck is not content\n");
		run("sed 's/^/# /' '%s.log'", image);
		return false;
	}
	if (ext2fs_open(image, 0, 0, 0, unix_io_manager, &fs))
		errx(2, "%s can't be opened", image);
	for (unsigned int i = 0; i < FILES; i++) {
		static const struct note none;
		const struct note *note = newer(&notes->file[i][0], &notes->file[i][1]);

		good &= check_file(fs, i, journal ? note : &none, journal);
	}
	ext2fs_close(fs);
	return good;
}

static bool find_device(int fd, off_t *start)
{
	uint64_t magic;

	for (off_t at = 0; at < 16 * (off_t)MIB; at += 65536)
		if (pread(fd, &magic, 8, at + NOTES) == 8 && magic == MAGIC) {
			*start = at;
			return true;
		}
	return false;
}

/*
 * watch SOCKET MEMORY IMAGE COUNT SECONDS journal|none: COUNT images, or as many
 * as SECONDS allow. Prints how many.
 */
static int cmd_watch(char **arg)
{
	int fd, image, mon = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t count = number(arg[3]), n, bad = 0;
	double end = now() + number(arg[4]);
	bool journal = !strcmp(arg[5], "journal");
	uint64_t seed = 77, one = 1;
	char *buf = map_anon(FS_BYTES);
	struct notes notes;
	off_t start;

	while ((fd = open(arg[1], O_RDWR)) < 0 || !find_device(fd, &start)) {
		if (fd >= 0)
			close(fd);
		if (now() > end)
			errx(2, "the guest does not start");
		usleep(100000);
	}
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", arg[0]);
	if (mon < 0 || connect(mon, (struct sockaddr *)&addr, sizeof(addr)))
		err(2, "%s", arg[0]);
	say(mon, "");
	for (n = 0; n < count && now() < end; n++) {
		usleep(rnd(&seed) % 100000);
		say(mon, "stop\n");
		if (pread(fd, buf, FS_BYTES, start) != (ssize_t)FS_BYTES ||
		    pread(fd, &notes, sizeof(notes), start + NOTES) != sizeof(notes))
			err(2, "%s", arg[1]);
		say(mon, "cont\n");
		image = open_file(arg[2], O_RDWR | O_CREAT | O_TRUNC);
		if (pwrite(image, buf, FS_BYTES, 0) != (ssize_t)FS_BYTES || close(image))
			err(2, "%s", arg[2]);
		if (!check_image(arg[2], &notes, journal)) {
			printf("# image %zu is bad\n", n);
			bad++;
		}
	}
	if (pwrite(fd, &one, 8, start + NOTES + offsetof(struct notes, stop)) != 8)
		err(2, "%s", arg[1]);
	printf("# %zu images, %zu bad\n", n, bad);
	return bad || !n;
}

static const struct command commands[] = {
	{ "work",	3, cmd_work,	"DIR DEVICE SEED" },
	{ "watch",	6, cmd_watch,	"SOCKET MEMORY IMAGE COUNT SECONDS journal|none" },
	{ }
};

int main(int argc, char **argv)
{
	(void)argc;
	return run_command(commands, argv);
}
