// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "devmap.h"
#include "model.h"
#include "sysroot.h"
#include "util.h"

#define CLASS "/sys/class/block"

/* Device-mapper devices are seldom stacked this deep; a damaged tree may be. */
#define STACK_MAX 8

/* ---- mounts ---- */

static int load_mounts(struct model *model)
{
	char *path = sys_path(model->root, "/proc/self/mountinfo");
	struct libmnt_table *table;
	struct libmnt_iter *iter;
	struct libmnt_fs *entry;

	errno = 0;
	table = mnt_new_table_from_file(path);
	if (!table) {
		complain(path, "read", "%s", errno ? strerror(errno) : "not a table of mounts");
		free(path);
		return -1;
	}
	free(path);

	iter = mnt_new_iter(MNT_ITER_FORWARD);
	while (iter && mnt_table_next_fs(table, iter, &entry) == 0) {
		struct mount *mount;

		model->mounts = xgrow(model->mounts, model->nmounts, sizeof(*model->mounts));
		mount = &model->mounts[model->nmounts++];
		mount->devno = mnt_fs_get_devno(entry);
		mount->target = xstrdup(mnt_fs_get_target(entry));
		mount->fsroot = xstrdup(mnt_fs_get_root(entry));
		mount->fstype = xstrdup(mnt_fs_get_fstype(entry));
		mount->options = xstrdup(mnt_fs_get_options(entry));
	}
	mnt_free_iter(iter);
	mnt_unref_table(table);
	return 0;
}

static bool path_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	while (len && top[len - 1] == '/')
		len--;
	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/*
 * The mount that shows @path, the latest if several cover each other; only of
 * the device @devno unless that is 0.
 */
static const struct mount *mount_of_path(const struct model *model, const char *path, dev_t devno)
{
	const struct mount *best = NULL;

	for (size_t i = 0; i < model->nmounts; i++) {
		const struct mount *mount = &model->mounts[i];

		if ((devno && mount->devno != devno) || !mount->target ||
		    !path_below(path, mount->target))
			continue;
		if (!best || strlen(mount->target) >= strlen(best->target))
			best = mount;
	}
	return best;
}

/* A mount of the device, preferably of its whole tree. */
static const struct mount *mount_of_device(const struct model *model, dev_t devno)
{
	const struct mount *best = NULL;

	for (size_t i = 0; i < model->nmounts; i++) {
		const struct mount *mount = &model->mounts[i];

		if (mount->devno != devno || !mount->target)
			continue;
		if (mount->fsroot && !strcmp(mount->fsroot, "/"))
			return mount;
		if (!best)
			best = mount;
	}
	return best;
}

static bool has_option(const char *options, const char *name, char **value, size_t *len)
{
	char *copy = (char *)options;	/* libmount wants it so, and only reads */

	return options && mnt_optstr_get_option(copy, name, value, len) == 0;
}

/* ---- block devices ---- */

static bool read_devno(const char *root, const char *name, dev_t *devno)
{
	char *text = sys_str(root, CLASS "/%s/dev", name);
	unsigned int major, minor;
	bool good = text && sscanf(text, "%u:%u", &major, &minor) == 2;

	if (good)
		*devno = makedev(major, minor);
	free(text);
	return good;
}

/* The kernel's name of the block device @devno, NULL if it has none. */
static char *name_of_devno(const struct model *model, dev_t devno)
{
	struct names names = sys_dir(model->root, CLASS);
	char *found = NULL;

	for (size_t i = 0; i < names.n && !found; i++) {
		dev_t this;

		if (read_devno(model->root, names.name[i], &this) && this == devno)
			found = xstrdup(names.name[i]);
	}
	names_free(&names);
	return found;
}

/* The disk that the partition @name is on. */
static char *disk_of_partition(const char *root, const char *name)
{
	char *path = sys_path(root, CLASS "/%s/..", name);
	char *real = realpath(path, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;
	char *disk = slash ? xstrdup(slash + 1) : NULL;

	free(path);
	free(real);
	return disk;
}

static bool is_partition(const char *root, const char *name)
{
	return sys_exists(root, CLASS "/%s/partition", name);
}

static char *disk_of(const char *root, const char *name)
{
	return is_partition(root, name) ? disk_of_partition(root, name) : xstrdup(name);
}

static void add_beneath(const struct model *model, struct fsys *fs, const char *name, int depth)
{
	char *disk = disk_of(model->root, name);
	struct names slaves;

	if (!disk)
		return;
	for (size_t i = 0; i < model->namespaces.n; i++) {
		const struct nspace *ns = &model->namespaces.ns[i];
		bool listed = false;

		if (!ns->block || !ns->dev || strcmp(ns->dev, disk))
			continue;
		for (size_t j = 0; j < fs->nns; j++)
			listed |= fs->ns[j] == ns;
		if (listed)
			continue;
		fs->ns = xgrow(fs->ns, fs->nns, sizeof(const struct nspace *));
		fs->ns[fs->nns++] = ns;
	}
	slaves = sys_dir(model->root, CLASS "/%s/slaves", disk);
	for (size_t i = 0; depth < STACK_MAX && i < slaves.n; i++)
		add_beneath(model, fs, slaves.name[i], depth + 1);
	names_free(&slaves);
	free(disk);
}

static char *join_names(const struct fsys *fs)
{
	char *joined = NULL;

	for (size_t i = 0; i < fs->nns; i++) {
		char *longer = xasprintf("%s%s%s", joined ? joined : "", joined ? "," : "",
					 fs->ns[i]->name);

		free(joined);
		joined = longer;
	}
	return joined;
}

/* ---- file systems ---- */

static void probe_fstype(struct fsys *fs, const char *path)
{
	blkid_probe probe;
	const char *value;
	int found;

	errno = 0;
	probe = blkid_new_probe_from_filename(path);
	if (!probe) {
		fs->why_no_fstype = xstrdup(strerror(errno));
		return;
	}
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
					  BLKID_SUBLKS_UUID);
	found = blkid_do_safeprobe(probe);
	if (found == 0) {
		if (!fs->fstype && !blkid_probe_lookup_value(probe, "TYPE", &value, NULL))
			fs->fstype = xstrdup(value);
		if (!blkid_probe_lookup_value(probe, "LABEL", &value, NULL))
			fs->label = xstrdup(value);
		if (!blkid_probe_lookup_value(probe, "UUID", &value, NULL))
			fs->uuid = xstrdup(value);
	} else if (found == -2) {
		fs->why_no_fstype = xstrdup("more than one file system signature");
	} else if (found < 0) {
		fs->why_no_fstype = xstrdup("cannot be read");
	}
	blkid_free_probe(probe);
}

#define KNOBS "/sys/fs/ext4/%s/dax"

bool fsys_has_knobs(const struct model *model, const struct fsys *fs)
{
	return sys_exists(model->root, KNOBS, fs->name);
}

void fsys_read_knob(const struct model *model, struct fsys *fs, enum column_id id)
{
	uint64_t value = 0;

	fs->knob[id].known = sys_u64(model->root, &value, KNOBS "/%s", fs->name, columns[id].file);
	fs->knob[id].value = value * columns[id].scale;
}

bool fsys_read_knobs(const struct model *model, struct fsys *fs)
{
	const bool there = sys_exists(model->root, "/sys/fs/ext4/%s/dax", fs->name);
	bool any = false;

	for (size_t i = 0; i < COLUMNS_N; i++) {
		fs->knob[i].known = false;
		if (!there || !columns[i].file)
			continue;
		fsys_read_knob(model, fs, i);
		any |= fs->knob[i].known;
	}
	return any;
}

bool fsys_rules_out_dax(const struct fsys *fs)
{
	return fs->device_dax == NO ||
	       (fs->super.known && fs->super.block_size != (uint32_t)sysconf(_SC_PAGESIZE));
}

static enum dax_mode dax_mode(const struct fsys *fs)
{
	size_t len = 0;
	char *value = NULL;

	if (!fs->mount)
		return DAX_UNKNOWN;
	if (fsys_rules_out_dax(fs))
		return DAX_UNSUPPORTED;
	if (!has_option(fs->mount->options, "dax", &value, &len))
		return DAX_INODE;
	if (len == strlen("never") && !strncmp(value, "never", len))
		return DAX_NEVER;
	if (len == strlen("inode") && !strncmp(value, "inode", len))
		return DAX_INODE;
	return DAX_ALWAYS;
}

/*
 * Where the block device @name starts on the namespace @dev: by way of partitions
 * and of device-mapper. Of several parts, where the first one does, if all lie
 * alike to 2 MiB boundaries.
 */
static struct offset start_on_namespace(const struct model *model, const char *name,
					const char *dev, int depth)
{
	struct offset start = { 0 };
	struct devmap_part *parts;
	uint64_t sectors;
	dev_t devno;
	size_t n;

	if (!strcmp(name, dev))
		return (struct offset){ .known = true };
	if (depth == STACK_MAX)
		return start;
	if (is_partition(model->root, name)) {
		char *disk = disk_of_partition(model->root, name);

		if (disk && sys_u64(model->root, &sectors, CLASS "/%s/start", name)) {
			start = start_on_namespace(model, disk, dev, depth + 1);
			start.bytes += sectors * SECTOR_BYTES;
		}
		free(disk);
		return start;
	}
	if (*model->root || !read_devno(model->root, name, &devno))
		return start;
	n = devmap_linear(devno, &parts);
	for (size_t i = 0; i < n; i++) {
		char *below = name_of_devno(model, parts[i].below);
		struct offset part = { 0 };

		if (below)
			part = start_on_namespace(model, below, dev, depth + 1);
		free(below);
		part.bytes += parts[i].offset;
		if (!i)
			start = part;
		start.known &= part.known &&
			       (part.bytes - parts[i].start - start.bytes) % PMD_BYTES == 0;
	}
	free(parts);
	return start;
}

static void describe_device(const struct model *model, struct fsys *fs)
{
	char *disk = disk_of(model->root, fs->name);
	uint64_t dax;

	fs->partition = is_partition(model->root, fs->name);
	sys_u64(model->root, &fs->sectors, CLASS "/%s/size", fs->name);
	fs->device_dax = UNKNOWN;
	if (disk && sys_u64(model->root, &dax, CLASS "/%s/queue/dax", disk))
		fs->device_dax = dax ? YES : NO;
	add_beneath(model, fs, fs->name, 0);
	fs->ns_names = join_names(fs);

	if (fs->nns == 1)
		fs->start = start_on_namespace(model, fs->name, fs->ns[0]->dev, 0);
	free(disk);
}

static struct fsys *fs_get(struct model *model, const char *name)
{
	struct fsys *fs;
	char *path;

	for (size_t i = 0; i < model->nfs; i++)
		if (!strcmp(model->fs[i]->name, name))
			return model->fs[i];

	model->fs = xgrow(model->fs, model->nfs, sizeof(struct fsys *));
	fs = xcalloc(1, sizeof(*fs));
	model->fs[model->nfs++] = fs;
	fs->name = xstrdup(name);
	fs->path = xasprintf("/dev/%s", name);
	for (char *c = fs->path; *c; c++)
		if (*c == '!')
			*c = '/';	/* as sysfs spells cciss/c0d0 */

	describe_device(model, fs);
	if (read_devno(model->root, name, &fs->devno))
		fs->mount = mount_of_device(model, fs->devno);
	path = sys_path(model->root, "%s", fs->path);
	if (fs->mount)
		fs->fstype = xstrdup(fs->mount->fstype);
	/* A mounted ext4 needs no search for what is there. */
	if (!fsys_is_ext4(fs))
		probe_fstype(fs, path);
	if (fsys_is_ext4(fs)) {
		super_read(&fs->super, path);
		if (!fs->label)
			fs->label = xstrdup(fs->super.label);
		if (!fs->uuid)
			fs->uuid = xstrdup(fs->super.uuid);
		fsys_read_knobs(model, fs);
	}
	free(path);
	fs->dax = dax_mode(fs);
	return fs;
}

static void fs_free(struct fsys *fs)
{
	free(fs->name);
	free(fs->path);
	free(fs->fstype);
	free(fs->why_no_fstype);
	free(fs->label);
	free(fs->uuid);
	free(fs->ns);
	free(fs->ns_names);
	super_free(&fs->super);
	free(fs);
}

char *fsys_missing(const struct fsys *fs)
{
	if (!fs)
		return xstrdup("the namespace has no block device");
	if (fs->fstype)
		return NULL;
	return xasprintf("no file system found on %s%s%s", fs->path, fs->why_no_fstype ? ": " : "",
			 fs->why_no_fstype ? fs->why_no_fstype : "");
}

bool fsys_is_ext4(const struct fsys *fs)
{
	return fs->fstype && !strcmp(fs->fstype, "ext4");
}

enum tristate fsys_zeroed_alloc_option(const struct fsys *fs)
{
	if (!fs->mount || !fsys_is_ext4(fs))
		return UNKNOWN;
	return has_option(fs->mount->options, OPTION_NAME, NULL, NULL) ? YES : NO;
}

enum tristate fsys_zeroed_alloc(const struct fsys *fs)
{
	if (fs->mount && fs->knob[COL_ZEROED_ALLOC].known)
		return fs->knob[COL_ZEROED_ALLOC].value ? YES : NO;
	return fsys_zeroed_alloc_option(fs);
}

enum tristate fsys_zeroed_alloc_text(const struct fsys *fs)
{
	if (has_option(fs->super.mount_options, "no" OPTION_NAME, NULL, NULL))
		return NO;
	return has_option(fs->super.mount_options, OPTION_NAME, NULL, NULL) ? YES : UNKNOWN;
}

enum tristate fsys_zeroed_alloc_default(const struct fsys *fs)
{
	enum tristate text = fsys_zeroed_alloc_text(fs);

	if (!fs->super.known)
		return UNKNOWN;
	if (text != UNKNOWN)
		return text;
	return fs->super.zeroed_alloc ? YES : NO;
}

bool fsys_phase(const struct fsys *fs, uint64_t *phase)
{
	uint64_t address;

	if (!fs->start.known)
		return false;
	address = fs->ns[0]->address;
	if (address == NS_NO_ADDRESS) {
		/* The address is a multiple of the alignment. */
		if (!fs->ns[0]->align || fs->ns[0]->align % PMD_BYTES)
			return false;
		address = 0;
	}
	*phase = (address + fs->start.bytes) % PMD_BYTES;
	return true;
}

uint64_t fsys_stripe(const struct fsys *fs)
{
	uint64_t blocks = 0;
	size_t len = 0;
	char *value = NULL;

	if (fs->mount) {
		if (has_option(fs->mount->options, "stripe", &value, &len) && value)
			blocks = strtoull(value, NULL, 10);
	} else if (fs->super.stripe_width) {
		blocks = fs->super.stripe_width;
	} else {
		blocks = fs->super.stride;
	}
	return blocks > 1 ? blocks * fs->super.block_size : 0;
}

/* ---- from namespaces upwards ---- */

static void add_above(struct model *model, const char *name, struct fsys ***fs, size_t *n, int depth)
{
	struct names inside = sys_dir(model->root, CLASS "/%s", name);
	struct names holders = sys_dir(model->root, CLASS "/%s/holders", name);
	bool leaf = true;

	for (size_t i = 0; depth < STACK_MAX && i < inside.n; i++) {
		/* A partition has the name of its disk, and more. */
		if (strncmp(inside.name[i], name, strlen(name)) != 0 ||
		    !sys_exists(model->root, CLASS "/%s/%s/partition", name, inside.name[i]))
			continue;
		leaf = false;
		add_above(model, inside.name[i], fs, n, depth + 1);
	}
	for (size_t i = 0; depth < STACK_MAX && i < holders.n; i++) {
		leaf = false;
		add_above(model, holders.name[i], fs, n, depth + 1);
	}
	names_free(&inside);
	names_free(&holders);

	if (leaf) {
		struct fsys *found = fs_get(model, name);

		for (size_t i = 0; i < *n; i++)
			if ((*fs)[i] == found)
				return;
		*fs = xgrow(*fs, *n, sizeof(struct fsys *));
		(*fs)[(*n)++] = found;
	}
}

size_t model_fs_on(struct model *model, const struct nspace *ns, struct fsys ***fs)
{
	size_t n = 0;

	*fs = NULL;
	if (ns->block && ns->dev)
		add_above(model, ns->dev, fs, &n, 0);
	return n;
}

size_t model_mounted(struct model *model, struct fsys ***fs)
{
	size_t n = 0;

	*fs = NULL;
	for (size_t i = 0; i < model->nmounts; i++) {
		const struct mount *mount = &model->mounts[i];
		struct fsys *found;
		size_t j = 0;
		char *name;

		if (!mount->fstype || strcmp(mount->fstype, "ext4"))
			continue;
		name = name_of_devno(model, mount->devno);
		if (!name)
			continue;
		found = fs_get(model, name);
		free(name);
		while (j < n && (*fs)[j] != found)
			j++;
		if (j < n)
			continue;
		*fs = xgrow(*fs, n, sizeof(struct fsys *));
		(*fs)[n++] = found;
	}
	return n;
}

static void read_badblocks(const struct model *model, struct nspace *ns)
{
	char *text, *line, *rest;

	if (!ns->block || !ns->dev)
		return;
	text = sys_str(model->root, CLASS "/%s/badblocks", ns->dev);
	if (!text)
		return;
	ns->bad_known = true;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long start, len;

		if (sscanf(line, "%llu %llu", &start, &len) != 2)
			continue;
		ns->bad = xgrow(ns->bad, ns->nbad, sizeof(*ns->bad));
		ns->bad[ns->nbad++] = (struct sectors){ start, len };
	}
	free(text);
}

static int by_name(const void *a, const void *b)
{
	const struct nspace *one = a, *other = b;

	return strverscmp(one->name, other->name);
}

int model_load(struct model *model, const char *root)
{
	const struct ns_source *source = *root ? &ns_from_captured : &ns_from_libndctl;
	int err;

	*model = (struct model){ .root = root, .kernel_feature = UNKNOWN };
	err = source->load(root, &model->namespaces);
	if (err) {
		complain("namespaces", "find", "%s", strerror(-err));
		return -1;
	}
	if (model->namespaces.n)
		qsort(model->namespaces.ns, model->namespaces.n, sizeof(*model->namespaces.ns),
		      by_name);
	for (size_t i = 0; i < model->namespaces.n; i++)
		read_badblocks(model, &model->namespaces.ns[i]);
	if (sys_exists(root, "/sys/fs/ext4/features"))
		model->kernel_feature = sys_exists(root, "/sys/fs/ext4/features/" OPTION_NAME);
	return load_mounts(model);
}

void model_free(struct model *model)
{
	ns_list_free(&model->namespaces);
	for (size_t i = 0; i < model->nmounts; i++) {
		free(model->mounts[i].target);
		free(model->mounts[i].fsroot);
		free(model->mounts[i].fstype);
		free(model->mounts[i].options);
	}
	free(model->mounts);
	for (size_t i = 0; i < model->nfs; i++)
		fs_free(model->fs[i]);
	free(model->fs);
	*model = (struct model){ 0 };
}

/* ---- targets ---- */

static int resolve_namespace(struct model *model, struct target *target)
{
	struct fsys **fs;
	size_t n;

	for (size_t i = 0; i < model->namespaces.n; i++)
		if (!strcmp(model->namespaces.ns[i].name, target->name))
			target->ns = &model->namespaces.ns[i];
	if (!target->ns) {
		complain(target->name, "find", "no such namespace");
		return -1;
	}
	n = model_fs_on(model, target->ns, &fs);
	if (n == 1)
		target->fs = fs[0];
	free(fs);
	if (n > 1) {
		complain(target->name, "choose", "has %zu file systems: name a device", n);
		return -1;
	}
	return 0;
}

static int resolve_devno(struct model *model, struct target *target, dev_t devno)
{
	char *name = name_of_devno(model, devno);

	if (!name) {
		complain(target->name, "find its device", "not on a block device");
		return -1;
	}
	target->fs = fs_get(model, name);
	free(name);
	return 0;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") : xasprintf("%.*s", (int)(slash - path), path);
}

static int resolve_live(struct model *model, struct target *target)
{
	const struct mount *mount;
	struct stat st;
	char *real;

	if (stat(target->name, &st)) {
		complain(target->name, "find", "%s", strerror(errno));
		return -1;
	}
	if (S_ISBLK(st.st_mode))
		return resolve_devno(model, target, st.st_rdev);

	if (resolve_devno(model, target, st.st_dev))
		return -1;
	real = realpath(target->name, NULL);
	if (!real) {
		complain(target->name, "find", "%s", strerror(errno));
		return -1;
	}
	mount = mount_of_path(model, real, st.st_dev);
	if (mount)
		target->fs->mount = mount;
	if (S_ISDIR(st.st_mode)) {
		target->folder = real;
		return 0;
	}
	target->folder = parent_of(real);
	if (S_ISREG(st.st_mode))
		target->file = real;
	else
		free(real);
	return 0;
}

/* The device that @path stands for in a captured tree, NULL if it is none. */
static char *captured_device(const struct model *model, const char *path)
{
	char *below = sys_path(model->root, "%s", path);
	char *real = realpath(below, NULL);
	const char *name = strrchr(real ? real : path, '/') + 1;
	char *found = NULL;

	if (path_below(path, "/dev") && *name && sys_exists(model->root, CLASS "/%s", name))
		found = xstrdup(name);
	free(below);
	free(real);
	return found;
}

bool fsys_is_name(const char *name)
{
	return name[0] == '/' || ns_is_name(name) || !strncmp(name, "UUID=", 5) ||
	       !strncmp(name, "LABEL=", 6);
}

static bool is_device(const struct model *model, const struct fsys *fs, const char *path)
{
	struct stat st;
	char *name;
	bool same;

	if (!*model->root)
		return stat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == fs->devno;
	name = captured_device(model, path);
	same = name && !strcmp(name, fs->name);
	free(name);
	return same;
}

bool fsys_is_named(const struct model *model, const struct fsys *fs, const char *name)
{
	if (!strncmp(name, "UUID=", 5))
		return fs->uuid && !strcasecmp(name + 5, fs->uuid);
	if (!strncmp(name, "LABEL=", 6))
		return fs->label && !strcmp(name + 6, fs->label);
	for (size_t i = 0; i < fs->nns; i++)
		if (!strcmp(name, fs->ns[i]->name))
			return true;
	for (size_t i = 0; i < model->nmounts; i++)
		if (model->mounts[i].devno == fs->devno && model->mounts[i].target &&
		    !strcmp(model->mounts[i].target, name))
			return true;
	return name[0] == '/' && is_device(model, fs, name);
}

static int resolve_captured(struct model *model, struct target *target)
{
	const struct mount *mount;
	char *device;

	if (target->name[0] != '/') {
		complain(target->name, "find", "a path in a captured tree must be absolute");
		return -1;
	}
	device = captured_device(model, target->name);
	if (device) {
		target->fs = fs_get(model, device);
		free(device);
		return 0;
	}
	mount = mount_of_path(model, target->name, 0);
	if (!mount) {
		complain(target->name, "find", "nothing is mounted there");
		return -1;
	}
	if (resolve_devno(model, target, mount->devno))
		return -1;
	target->fs->mount = mount;
	return 0;
}

int model_resolve(struct model *model, const char *name, struct target *target)
{
	int err;

	*target = (struct target){ .name = name };
	if (ns_is_name(name))
		err = resolve_namespace(model, target);
	else if (*model->root)
		err = resolve_captured(model, target);
	else
		err = resolve_live(model, target);
	if (!err && !target->folder && target->fs && target->fs->mount && !*model->root)
		target->folder = xstrdup(target->fs->mount->target);
	return err;
}

bool target_is_ext4(const struct target *target, const char *what)
{
	char *missing = fsys_missing(target->fs);
	bool good = !missing && fsys_is_ext4(target->fs);

	if (missing)
		complain(target->name, what, "%s", missing);
	else if (!good)
		complain(target->name, what, "%s is %s, not ext4", target->fs->path,
			 target->fs->fstype);
	free(missing);
	return good;
}

void target_free(struct target *target)
{
	free(target->folder);
	free(target->file);
	*target = (struct target){ 0 };
}
