// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "model.h"
#include "picture.h"
#include "probe.h"
#include "util.h"

/* ---- what to make of a file ---- */

/* One more reason in @file->detail. */
static void because(struct file *file, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void because(struct file *file, const char *fmt, ...)
{
	char *before = file->detail, *reason;
	va_list args;

	va_start(args, fmt);
	reason = xvasprintf(fmt, args);
	va_end(args);
	file->detail = xasprintf("%s%s%s", before ? before : "", before ? "; " : "", reason);
	free(before);
	free(reason);
}

/* What makes it one aligned run of written blocks: a new file, allocated at once. */
static char *rewrite(const struct file *file, const char *quoted)
{
	unsigned long long size = (file->map.size + PMD_BYTES - 1) / PMD_BYTES * PMD_BYTES;

	return xasprintf("cp -a --attributes-only %s %s.new && fallocate -l %llu %s.new && "
			 "dd if=%s of=%s.new bs=2M iflag=fullblock conv=sync,notrunc && "
			 "mv %s.new %s  # while nobody uses it%s",
			 quoted, quoted, size, quoted, quoted, quoted, quoted, quoted,
			 size == file->map.size ? "" : "; adds zeros at its end");
}

static void judge(struct file *file, const struct fsys *fs, const char *path)
{
	const uint64_t *bytes = file->map.bytes;
	char *quoted = shell_quoted(path);
	uint64_t phase = 0;

	if (file->dax == NO)
		because(file, "the file does not use DAX");
	if (!fs->nns)
		because(file, "it is not on a pmem namespace");
	else if (!fsys_phase(fs, &phase))
		because(file, "where its file system starts in memory is not known: taken for a 2 MiB boundary");
	else if (phase)
		because(file, "its file system starts %llu bytes past a 2 MiB boundary of memory",
			(unsigned long long)phase);
	if (bytes[WINDOW_UNWRITTEN])
		because(file, "unwritten: the first write to a window zeroes it, then it can be mapped by 2 MiB");
	if (bytes[WINDOW_FRAGMENTED])
		because(file, "fragmented: the blocks are aligned, but not one run, or not all of them are written");
	if (bytes[WINDOW_MISALIGNED])
		because(file, "misaligned: blocks lie off the 2 MiB boundaries of memory");
	if (bytes[WINDOW_HOLE])
		because(file, "hole: there are no blocks yet");
	if (bytes[WINDOW_TAIL])
		because(file, "tail: the file ends inside this window, which is then mapped by pages");

	if (file->dax == NO && fs->dax == DAX_INODE)
		file->remedy = xasprintf("chattr +x %s  # and close it everywhere", quoted);
	else if (file->dax == NO || (phase && bytes[WINDOW_MISALIGNED]))
		file->remedy = xasprintf("ext4dax verify %s", quoted);
	else if (bytes[WINDOW_MISALIGNED] || bytes[WINDOW_FRAGMENTED] || bytes[WINDOW_TAIL])
		file->remedy = rewrite(file, quoted);
	else if (bytes[WINDOW_HOLE])
		file->remedy = xasprintf("fallocate -l %llu %s  # if the holes are to be filled",
					 (unsigned long long)file->map.size, quoted);
	free(quoted);
}

/* Returns 0, or -1 after a message to stderr. */
static int look(struct model *model, struct file *file)
{
	struct target target;
	uint64_t phase = 0;
	int fd = -1, dax, err;

	err = model_resolve(model, file->name, &target);
	if (!err && !target.file) {
		complain(file->name, "map", "not a regular file");
		err = -1;
	}
	if (err)
		goto out;
	fd = open(target.file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		complain(file->name, "map", "%s", strerror(errno));
		err = -1;
		goto out;
	}
	fsys_phase(target.fs, &phase);
	err = filemap_read(&file->map, fd, phase);
	if (err) {
		complain(file->name, "map", "%s", err == -EOPNOTSUPP ?
			 "its file system does not tell where its blocks are" : strerror(-err));
		goto out;
	}
	dax = probe_dax(fd, "");
	file->dax = dax < 0 ? UNKNOWN : dax ? YES : NO;
	judge(file, target.fs, target.file);
out:
	if (fd >= 0)
		close(fd);
	target_free(&target);
	return err;
}

static int run(const struct command *command, const struct invocation *call)
{
	struct file *files = xcalloc(call->ntargets, sizeof(*files));
	struct row *rows = xcalloc(call->ntargets, sizeof(*rows));
	struct report report = {
		.array = "files", .rows = rows, .cols = call->cols, .ncols = call->ncols,
	};
	struct model model;
	size_t n = 0;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	for (int i = 0; !err && i < call->ntargets; i++) {
		files[n] = (struct file){ .name = call->targets[i] };
		rows[n] = (struct row){ .model = &model, .file = &files[n] };
		if (look(&model, &files[n]))
			filemap_free(&files[n].map);
		else
			n++;
	}
	err |= n < (size_t)call->ntargets;
	report.nrows = n;
	if (call->style.json || call->cols_named)
		err |= render(&report, &call->style);
	else
		picture_print(files, n, &call->style);
	if (call->svg && n)
		err |= picture_write_svg(files, n, call->svg);

	for (size_t i = 0; i < n; i++) {
		filemap_free(&files[i].map);
		free(files[i].detail);
		free(files[i].remedy);
	}
	free(files);
	free(rows);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static const enum column_id cols[] = {
	COL_FILE, COL_FILE_SIZE, COL_FILE_DAX, COL_EXTENTS, COL_PMD_PERCENT, COL_PMD,
	COL_UNWRITTEN, COL_FRAGMENTED, COL_MISALIGNED, COL_TAIL, COL_HOLE, COL_SPANS,
	COL_DETAIL, COL_REMEDY,
};

const struct command command_map = {
	.name = "map",
	.args = "FILE...",
	.help = "show how much of a file can be mapped by 2 MiB, and why not all",
	.takes = TAKES_JSON | TAKES_COLUMNS | TAKES_NOHEADINGS | TAKES_BYTES | TAKES_COLOR |
		 TAKES_SVG,
	.targets_min = 1,
	.targets_max = TARGETS_ANY,
	.objects = OBJECT_FILE,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
	.explain = picture_explain,
};
