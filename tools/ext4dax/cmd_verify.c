// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The checklist. A check that cannot look says "skipped" and why; it is never
 * counted as ok.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "command.h"
#include "filemap.h"
#include "model.h"
#include "probe.h"
#include "util.h"

/* One target under examination. */
struct subject {
	const struct model *model;
	const struct target *target;
	const struct nspace *const *ns;	/* the namespaces that it is on */
	size_t nns;
	const struct fsys *fs;		/* NULL if the namespace has no block device */
	char *why_no_fs;	/* NULL if there is a file system on @fs */
	int fd;			/* the unlinked file for the probes, or -1 */
	char *why_no_fd;
};

static void remedy_recreate(struct check *check, const struct nspace *ns)
{
	check_remedy(check,
		     "ndctl create-namespace -f -e %s -m fsdax -M mem -a 2M  # destroys its data",
		     ns->name);
}

/* ---- checks of a namespace ---- */

static void check_namespace_mode(const struct subject *s, const struct nspace *ns,
				 struct check *check)
{
	const char *mode = ns_mode_name(ns->mode);

	(void)s;
	if (!mode) {
		check_found(check, CHECK_SKIPPED, "%s: its mode is not known", ns->name);
	} else if (ns->mode == NS_FSDAX) {
		check_found(check, CHECK_OK, "%s: fsdax", ns->name);
	} else {
		check_found(check, CHECK_FAIL, "%s: %s, which no file system can use for DAX",
			    ns->name, mode);
		remedy_recreate(check, ns);
	}
}

static void check_namespace_align(const struct subject *s, const struct nspace *ns,
				  struct check *check)
{
	(void)s;
	/* Where it starts is what counts; by its alignment that can be more than promised. */
	if (ns->address != NS_NO_ADDRESS && ns->address % PMD_BYTES) {
		check_found(check, CHECK_FAIL, "%s: starts at 0x%" PRIx64 ", not on a 2 MiB boundary",
			    ns->name, ns->address);
		remedy_recreate(check, ns);
	} else if (ns->address != NS_NO_ADDRESS) {
		check_found(check, CHECK_OK, "%s: starts at 0x%" PRIx64, ns->name, ns->address);
	} else if (ns->align % PMD_BYTES) {
		check_found(check, CHECK_WARN,
			    "%s: aligned to %" PRIu64 " bytes only, and its address is not readable",
			    ns->name, ns->align);
		remedy_recreate(check, ns);
	} else if (ns->align) {
		check_found(check, CHECK_OK, "%s: aligned to %" PRIu64 " bytes", ns->name, ns->align);
	} else {
		check_found(check, CHECK_SKIPPED, "%s: its address is not readable", ns->name);
	}
}

static void check_memory_map(const struct subject *s, const struct nspace *ns, struct check *check)
{
	(void)s;
	switch (ns->map) {
	case NS_MAP_MEM:
		check_found(check, CHECK_OK, "%s: in RAM", ns->name);
		break;
	case NS_MAP_DEV:
		check_found(check, CHECK_WARN,
			    "%s: on the device itself, where each page reference is a write to pmem",
			    ns->name);
		remedy_recreate(check, ns);
		break;
	case NS_MAP_NONE:
		check_found(check, CHECK_FAIL, "%s: none, so there is no DAX", ns->name);
		remedy_recreate(check, ns);
		break;
	case NS_MAP_UNKNOWN:
		check_found(check, CHECK_SKIPPED, "%s: its place is not known", ns->name);
		break;
	}
}

static void check_persistence(const struct subject *s, const struct nspace *ns, struct check *check)
{
	const char *domain = ns_persistence_name(ns->persistence);

	(void)s;
	if (domain) {
		check_found(check, CHECK_OK, "%s: %s", ns->name, domain);
	} else {
		check_found(check, CHECK_WARN,
			    "%s: the platform does not say what survives a power failure", ns->name);
		check_remedy(check, "ndctl list -R  # only firmware or hypervisor can change it");
	}
}

/* Sectors of @bad that lie in [@start, @start + @len). */
static uint64_t bad_within(const struct nspace *ns, uint64_t start, uint64_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ns->nbad; i++) {
		uint64_t from = ns->bad[i].start;
		uint64_t to = from + ns->bad[i].len;

		if (from < start)
			from = start;
		if (to > start + len)
			to = start + len;
		if (from < to)
			sum += to - from;
	}
	return sum;
}

static void check_bad_blocks(const struct subject *s, const struct nspace *ns, struct check *check)
{
	uint64_t all, here;

	if (!ns->bad_known) {
		check_found(check, CHECK_SKIPPED, "%s: its list of bad blocks is not readable",
			    ns->name);
		return;
	}
	all = bad_within(ns, 0, UINT64_MAX / 2);
	here = s->fs && s->fs->start.known ?
		       bad_within(ns, s->fs->start.bytes / SECTOR_BYTES, s->fs->sectors) :
		       all;
	if (!all) {
		check_found(check, CHECK_OK, "%s: none", ns->name);
		return;
	}
	if (here)
		check_found(check, CHECK_FAIL, "%s: %" PRIu64 " bytes of it cannot be read",
			    ns->name, (uint64_t)(here * SECTOR_BYTES));
	else
		check_found(check, CHECK_WARN,
			    "%s: %" PRIu64 " bytes, none of them in this file system", ns->name,
			    (uint64_t)(all * SECTOR_BYTES));
	check_remedy(check, "ndctl clear-errors %s  # what they held is lost", ns->name);
}

/* ---- checks of a file system ---- */

static void remedy_align(struct check *check, const struct fsys *fs)
{
	if (fs->partition)
		check_remedy(check, "echo start=2MiB | sfdisk -X gpt /dev/%s  # destroys its data",
			     fs->ns[0]->dev);
	else
		check_remedy(check, "pvcreate --dataalignment 2M /dev/%s  # a new one: destroys its data",
			     fs->ns[0]->dev);
}

static void check_partition_align(const struct subject *s, struct check *check)
{
	const struct fsys *fs = s->fs;

	if (!fs->start.known) {
		check_found(check, CHECK_SKIPPED, "%s: where it lies on its namespace is not known",
			    fs->name);
	} else if (!strcmp(fs->name, fs->ns[0]->dev)) {
		check_found(check, CHECK_OK, "%s: not partitioned", fs->name);
	} else if (fs->start.bytes % PMD_BYTES) {
		check_found(check, CHECK_FAIL,
			    "%s: starts at byte %" PRIu64 ", not on a 2 MiB boundary", fs->name,
			    fs->start.bytes);
		remedy_align(check, fs);
	} else {
		check_found(check, CHECK_OK, "%s: starts at byte %" PRIu64, fs->name,
			    fs->start.bytes);
	}
}

static void remedy_mkfs(struct check *check, const struct fsys *fs)
{
	check_remedy(check, "mke2fs -t ext4 -b %ld %s  # destroys its data",
		     sysconf(_SC_PAGESIZE), fs->path);
}

static void check_block_size(const struct subject *s, struct check *check)
{
	const struct fsys *fs = s->fs;
	long page = sysconf(_SC_PAGESIZE);

	if (!fs->super.known) {
		check_found(check, CHECK_SKIPPED, "superblock: %s", fs->super.why_not);
	} else if (fs->super.block_size != page) {
		check_found(check, CHECK_FAIL, "%u bytes, but DAX needs the page size, %ld",
			    fs->super.block_size, page);
		remedy_mkfs(check, fs);
	} else {
		check_found(check, CHECK_OK, "%u bytes, as the page size", fs->super.block_size);
	}
}

static void remedy_stripe(struct check *check, const struct fsys *fs)
{
	check_remedy(check, "tune2fs -E stride=%llu,stripe_width=%llu %s  # then mount again",
		     PMD_BYTES / fs->super.block_size, PMD_BYTES / fs->super.block_size, fs->path);
}

static void check_stripe(const struct subject *s, struct check *check)
{
	const struct fsys *fs = s->fs;
	uint64_t stripe;

	if (!fs->super.known) {
		check_found(check, CHECK_SKIPPED, "superblock: %s", fs->super.why_not);
		return;
	}
	stripe = fsys_stripe(fs);
	if (stripe && stripe % PMD_BYTES == 0) {
		check_found(check, CHECK_OK, "%" PRIu64 " bytes", stripe);
		return;
	}
	if (stripe)
		check_found(check, CHECK_WARN,
			    "%" PRIu64 " bytes, which leads away from 2 MiB boundaries", stripe);
	else
		check_found(check, CHECK_WARN,
			    "none, so the allocator does not look for 2 MiB boundaries");
	remedy_stripe(check, fs);
}

static void remedy_chattr(struct check *check, const char *path, const char *note)
{
	char *quoted = shell_quoted(path);

	check_remedy(check, "chattr +x %s%s", quoted, note);
	free(quoted);
}

/* What makes DAX possible there at all. */
static void remedy_unsupported(struct check *check, const struct fsys *fs)
{
	if (fs->super.known && fs->super.block_size != sysconf(_SC_PAGESIZE))
		remedy_mkfs(check, fs);
	else if (fs->nns && fs->ns[0]->mode != NS_FSDAX)
		remedy_recreate(check, fs->ns[0]);
	else if (fs->nns)
		check_remedy(check, "lvs -o +lv_layout  # linear and striped volumes can do DAX");
	else
		check_remedy(check, "ext4dax list  # file systems on these devices can do DAX");
}

static void why_no_dax(const struct subject *s, struct check *check)
{
	const struct fsys *fs = s->fs;
	char *mountpoint;

	switch (fs->dax) {
	case DAX_UNSUPPORTED:
		check_found(check, CHECK_FAIL, "%s cannot do DAX, or not with this block size",
			    fs->name);
		remedy_unsupported(check, fs);
		break;
	case DAX_NEVER:
		check_found(check, CHECK_FAIL, "mounted with dax=never");
		mountpoint = shell_quoted(fs->mount->target);
		check_remedy(check, "umount %s && mount -o dax=always %s %s", mountpoint, fs->path,
			     mountpoint);
		free(mountpoint);
		break;
	case DAX_INODE:
		if (s->target->file) {
			check_found(check, CHECK_FAIL, "dax=inode, and %s is not in DAX state",
				    s->target->file);
			remedy_chattr(check, s->target->file, "  # and close it everywhere");
		} else {
			check_found(check, CHECK_FAIL,
				    "dax=inode, and new files in %s do not inherit DAX",
				    s->target->folder);
			remedy_chattr(check, s->target->folder, "");
		}
		break;
	default:
		check_found(check, CHECK_FAIL, "mounted with dax=always, and yet not in force");
		mountpoint = shell_quoted(s->target->folder);
		check_remedy(check, "lsattr -d %s  # encryption (E) and verity (V) exclude DAX",
			     mountpoint);
		free(mountpoint);
		break;
	}
}

/* Why the unlinked file is missing, and what helps. */
static void no_probe(const struct subject *s, struct check *check)
{
	check_found(check, CHECK_SKIPPED, "%s", s->why_no_fd);
	if (!s->target->folder && !*s->model->root)
		check_remedy(check, "mount -o dax=always %s /mnt", s->fs->path);
}

static void check_dax(const struct subject *s, struct check *check)
{
	const char *file = s->target->file;
	int dax;

	if (!file && s->fd < 0) {
		no_probe(s, check);
		return;
	}
	dax = file ? probe_dax(AT_FDCWD, file) : probe_dax(s->fd, "");
	if (dax < 0)
		check_found(check, CHECK_SKIPPED, "statx: %s", strerror(-dax));
	else if (dax)
		check_found(check, CHECK_OK, "%s%s",
			    file ? "in force for " : "in force for new files in ",
			    file ? file : s->target->folder);
	else
		why_no_dax(s, check);
}

/* True, after a skipped @check, if the unlinked file does not use DAX. */
static bool no_dax_to_probe(const struct subject *s, struct check *check)
{
	if (s->fd < 0)
		no_probe(s, check);
	else if (probe_dax(s->fd, "") != 1)
		check_found(check, CHECK_SKIPPED, "new files in %s do not use DAX",
			    s->target->folder);
	else
		return false;
	return true;
}

/* A fault that failed: the blocks below it are bad. */
static void fault_failed(const struct subject *s, struct check *check, int err)
{
	check_found(check, CHECK_FAIL, "a fault failed: %s", strerror(-err));
	if (s->nns)
		check_remedy(check, "ndctl clear-errors %s  # what they held is lost", s->ns[0]->name);
}

static void check_map_sync(const struct subject *s, struct check *check)
{
	int err;

	if (no_dax_to_probe(s, check))
		return;
	err = probe_map_sync(s->fd);
	if (!err) {
		check_found(check, CHECK_OK, "mapped and faulted with MAP_SYNC");
	} else if (err == -EOPNOTSUPP) {
		check_found(check, CHECK_FAIL, "refused: programs must use fsync or msync");
		check_remedy(check, "ndctl list -R  # memory that needs a flush, as virtio-pmem, cannot");
	} else if (err == -EFAULT || err == -EHWPOISON) {
		fault_failed(s, check, err);
	} else {
		check_found(check, CHECK_SKIPPED, "%s", strerror(-err));
	}
}

/* How many of the probed windows have aligned blocks in one run, -1 if that is not known. */
static int aligned_windows(const struct subject *s)
{
	struct filemap map;
	uint64_t phase;
	int n = -1;

	if (!fsys_phase(s->fs, &phase))
		return n;
	if (!filemap_read(&map, s->fd, phase))
		n = map.bytes[WINDOW_PMD] / PMD_BYTES;
	filemap_free(&map);
	return n;
}

static void not_all_mapped(const struct subject *s, unsigned int mapped, struct check *check)
{
	const struct fsys *fs = s->fs;
	int aligned = aligned_windows(s);
	uint64_t phase;

	if (aligned < 0)
		check_found(check, mapped ? CHECK_WARN : CHECK_FAIL, "%u of %u probed", mapped,
			    PROBE_WINDOWS);
	else
		check_found(check,
			    !mapped || mapped < (unsigned int)aligned ? CHECK_FAIL : CHECK_WARN,
			    "%u of %u probed, of which %d have aligned blocks", mapped,
			    PROBE_WINDOWS, aligned);

	if (mapped < (unsigned int)aligned && aligned > 0)
		check_remedy(check, "grep DAX /boot/config-$(uname -r)  # FS_DAX_PMD must be set");
	else if (fsys_phase(fs, &phase) && phase && fs->start.bytes % PMD_BYTES)
		remedy_align(check, fs);
	else if (fsys_phase(fs, &phase) && phase)
		remedy_recreate(check, fs->ns[0]);
	else if (fs->super.known && (!fsys_stripe(fs) || fsys_stripe(fs) % PMD_BYTES))
		remedy_stripe(check, fs);
	else
		check_remedy(check, "e2freefrag -c 2048 %s  # free space in chunks of 2 MiB", fs->path);
}

static void check_map_2m(const struct subject *s, struct check *check)
{
	unsigned int mapped = 0;
	const char *what;
	int err;

	if (no_dax_to_probe(s, check))
		return;
	err = probe_pmd(s->fd, &mapped, &what);
	if (err == -ENOTTY)
		check_found(check, CHECK_SKIPPED,
			    "this kernel does not tell how a page is mapped (6.7 does)");
	else if (err == -EFAULT || err == -EHWPOISON)
		fault_failed(s, check, err);
	else if (err)
		check_found(check, CHECK_SKIPPED, "%s: %s", what, strerror(-err));
	else if (mapped == PROBE_WINDOWS)
		check_found(check, CHECK_OK, "%u of %u probed", mapped, PROBE_WINDOWS);
	else
		not_all_mapped(s, mapped, check);
}

static void remedy_kernel(struct check *check)
{
	check_remedy(check, "modinfo -n ext4  # it needs the ext4.ko that has " OPTION_NAME);
}

static void check_zeroed_alloc(const struct subject *s, struct check *check)
{
	const struct fsys *fs = s->fs;
	enum tristate now = fsys_zeroed_alloc(fs);
	enum tristate stored = fsys_zeroed_alloc_default(fs);
	char *mountpoint;

	if (s->model->kernel_feature == UNKNOWN) {
		check_found(check, CHECK_SKIPPED, "ext4 is not loaded");
	} else if (s->model->kernel_feature == NO) {
		if (stored == YES) {
			check_found(check, CHECK_WARN,
				    "the superblock asks for it, the kernel lacks it");
			remedy_kernel(check);
		} else {
			check_found(check, CHECK_SKIPPED, "the kernel lacks it");
		}
	} else if (now == UNKNOWN) {
		check_found(check, CHECK_SKIPPED, "not mounted");
	} else if (now == YES) {
		check_found(check, CHECK_OK, "in force, %s",
			    stored == YES ? "and the superblock's default" :
			    stored == NO  ? "though not the superblock's default" :
					    "the superblock's default is not known");
	} else {
		check_found(check, CHECK_WARN, "off%s",
			    stored == YES ? ", though the superblock asks for it" : "");
		mountpoint = shell_quoted(fs->mount->target);
		check_remedy(check, "mount -o remount," OPTION_NAME " %s", mountpoint);
		free(mountpoint);
	}
}

/* ---- the kernel ---- */

static void check_kernel_feature(const struct model *model, struct check *check)
{
	switch (model->kernel_feature) {
	case YES:
		check_found(check, CHECK_OK, "ext4 has " OPTION_NAME);
		break;
	case NO:
		check_found(check, CHECK_FAIL, "this kernel's ext4 does not have " OPTION_NAME);
		remedy_kernel(check);
		break;
	case UNKNOWN:
		check_found(check, CHECK_SKIPPED, "ext4 is not loaded");
		break;
	}
}

/* ---- the list ---- */

static const struct {
	const char *id;
	const char *help;

	/* One of these, by what it looks at. */
	void (*ns)(const struct subject *s, const struct nspace *ns, struct check *check);
	void (*fs)(const struct subject *s, struct check *check);
	void (*kernel)(const struct model *model, struct check *check);
} checks[] = {
	{ "namespace_mode", "the namespace is in mode fsdax",
	  .ns = check_namespace_mode },
	{ "namespace_align", "the namespace is aligned to 2 MiB",
	  .ns = check_namespace_align },
	{ "partition_align", "the partition is aligned to 2 MiB",
	  .fs = check_partition_align },
	{ "memory_map", "the memory map is in RAM",
	  .ns = check_memory_map },
	{ "persistence", "the platform tells its persistence domain",
	  .ns = check_persistence },
	{ "bad_blocks", "there are no bad blocks",
	  .ns = check_bad_blocks },
	{ "block_size", "the block size is the page size",
	  .fs = check_block_size },
	{ "stripe", "the allocator follows a stripe of 2 MiB",
	  .fs = check_stripe },
	{ "dax", "DAX is in force for the file, or for new files",
	  .fs = check_dax },
	{ "map_sync", "MAP_SYNC is in force for new files",
	  .fs = check_map_sync },
	{ "map_2m", "new files are mapped by 2 MiB",
	  .fs = check_map_2m },
	{ "kernel_feature", "the running ext4 has " OPTION_NAME,
	  .kernel = check_kernel_feature },
	{ "zeroed_alloc", OPTION_NAME " is in force, as by default",
	  .fs = check_zeroed_alloc },
};

struct checklist {
	struct check *check;
	size_t n;
};

static struct check *append(struct checklist *list, const struct subject *s, const char *id)
{
	struct check *check;

	list->check = xgrow(list->check, list->n, sizeof(*list->check));
	check = &list->check[list->n++];
	check->target = s->target->name;
	check->id = id;
	return check;
}

static void check_one(size_t i, const struct subject *s, struct checklist *list)
{
	const char *id = checks[i].id;

	if (checks[i].kernel) {
		checks[i].kernel(s->model, append(list, s, id));
	} else if (checks[i].fs) {
		if (s->why_no_fs)
			check_found(append(list, s, id), CHECK_SKIPPED, "%s", s->why_no_fs);
		else
			checks[i].fs(s, append(list, s, id));
	} else if (s->nns) {
		for (size_t j = 0; j < s->nns; j++)
			checks[i].ns(s, s->ns[j], append(list, s, id));
	} else if (checks[i].ns == check_namespace_mode && s->fs && s->fs->device_dax == NO) {
		check_found(append(list, s, id), CHECK_FAIL,
			    "not on a pmem namespace, and %s cannot do DAX", s->fs->name);
		check_remedy(list->check + list->n - 1, "ext4dax list  # file systems on these devices can do DAX");
	} else {
		check_found(append(list, s, id), CHECK_SKIPPED, "not on a pmem namespace");
	}
}

static void open_subject(struct subject *s, const struct target *target)
{
	s->target = target;
	s->fs = target->fs;
	if (target->ns) {
		s->ns = &target->ns;
		s->nns = 1;
	} else if (s->fs) {
		s->ns = s->fs->ns;
		s->nns = s->fs->nns;
	}
	s->why_no_fs = fsys_missing(s->fs);
	if (s->why_no_fs || !s->fs)
		return;
	if (*s->model->root)
		s->why_no_fd = xstrdup("a captured tree cannot be probed");
	else if (!target->folder)
		s->why_no_fd = xstrdup("not mounted");
	else
		s->fd = probe_open(target->folder, s->fs->devno, &s->why_no_fd);
}

static void close_subject(struct subject *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->why_no_fs);
	free(s->why_no_fd);
}

/* Append the checks of the target @name to @list. Returns 0, or -1 after a message. */
static int verify(struct model *model, const char *name, struct checklist *list)
{
	struct subject s = { .model = model, .fd = -1 };
	struct target target;
	size_t first = list->n;
	bool looked = false;
	int err;

	err = model_resolve(model, name, &target);
	if (!err && target.fs && target.fs->fstype && !fsys_is_ext4(target.fs)) {
		complain(name, "verify", "%s is %s, not ext4", target.fs->path, target.fs->fstype);
		err = -1;
	}
	if (err)
		goto out;

	open_subject(&s, &target);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		check_one(i, &s, list);
	close_subject(&s);

	for (size_t i = first; i < list->n; i++)
		looked |= list->check[i].result != CHECK_SKIPPED;
	if (!looked) {
		complain(name, "verify", "every check was skipped");
		err = -1;
	}
out:
	target_free(&target);
	return err;
}

static int run(const struct command *command, const struct invocation *call)
{
	struct report report = {
		.array = "checks",
		.cols = call->cols,
		.ncols = call->ncols,
	};
	struct checklist list = { 0 };
	struct row *rows = NULL;
	struct model model;
	bool fault = false;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	if (err) {
		model_free(&model);
		return EXIT_FAILED;
	}
	for (int i = 0; i < call->ntargets; i++)
		if (verify(&model, call->targets[i], &list))
			err = -1;
	for (size_t i = 0; i < list.n; i++) {
		rows = xgrow(rows, i, sizeof(*rows));
		rows[i] = (struct row){ .model = &model, .check = &list.check[i] };
		fault |= list.check[i].result == CHECK_FAIL;
	}
	report.rows = rows;
	report.nrows = list.n;
	if (render(&report, &call->style))
		err = -1;

	free(rows);
	for (size_t i = 0; i < list.n; i++)
		check_free(&list.check[i]);
	free(list.check);
	model_free(&model);
	if (err)
		return EXIT_FAILED;
	return fault ? EXIT_FAULT : EXIT_FINE;
}

static void explain(void)
{
	puts("\nChecks:");
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		printf("  %-20s %s\n", checks[i].id, checks[i].help);
	printf("\nExit status: %d no fault, %d failed, %d usage, %d a check says fail.\n",
	       EXIT_FINE, EXIT_FAILED, EXIT_USAGE, EXIT_FAULT);
}

static const enum column_id cols[] = {
	COL_TARGET, COL_CHECK, COL_RESULT, COL_DETAIL, COL_REMEDY,
};

const struct command command_verify = {
	.name = "verify",
	.args = "TARGET...",
	.help = "check everything that DAX at full speed needs",
	.takes = TAKES_JSON | TAKES_COLUMNS | TAKES_NOHEADINGS | TAKES_COLOR | TAKES_SYSROOT,
	.targets_min = 1,
	.targets_max = TARGETS_ANY,
	.objects = OBJECT_CHECK,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
	.explain = explain,
};
