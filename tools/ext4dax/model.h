/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the system holds: namespaces, block devices, file systems, mounts,
 * superblocks and knobs, collected once, read-only afterwards.
 */
#ifndef EXT4DAX_MODEL_H
#define EXT4DAX_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "column.h"
#include "nspace.h"
#include "super.h"

#define OPTION_NAME "dax_zeroed_alloc"

struct mount {
	dev_t devno;
	char *target;		/* where it is mounted */
	char *fsroot;		/* which folder of the file system is */
	char *fstype;
	char *options;
};

/* How files of a mounted file system come to use DAX. */
enum dax_mode {
	DAX_UNKNOWN,		/* not mounted */
	DAX_UNSUPPORTED,	/* the device or the block size rules it out */
	DAX_NEVER,
	DAX_INODE,		/* by the attribute of each file */
	DAX_ALWAYS,
};

enum tristate { NO, YES, UNKNOWN };

/* Where the file system starts on its namespace, in bytes. */
struct offset {
	bool known;
	uint64_t bytes;
};

struct knob {
	bool known;
	uint64_t value;
};

/* A block device that holds, or could hold, a file system. */
struct fsys {
	char *name;		/* the kernel's: pmem0p1, dm-0 */
	char *path;		/* below /dev, without the root */
	dev_t devno;
	bool partition;
	struct offset start;
	uint64_t sectors;	/* size of the device */
	enum tristate device_dax;

	char *fstype;		/* NULL if none was found */
	char *why_no_fstype;	/* NULL if there is one, or certainly none */
	char *label, *uuid;
	const struct mount *mount;	/* the one shown; NULL if not mounted */
	struct super super;
	enum dax_mode dax;

	const struct nspace **ns;	/* those beneath the device */
	size_t nns;
	char *ns_names;		/* joined by commas; NULL if none */

	struct knob knob[COLUMNS_N];	/* files of dax/ by column, in its unit */
};

struct model {
	const char *root;	/* "" or the captured tree */
	struct ns_list namespaces;
	struct mount *mounts;
	size_t nmounts;
	struct fsys **fs;
	size_t nfs;
	enum tristate kernel_feature;	/* UNKNOWN: ext4 is not loaded */
};

/* What a TARGET of the command line stands for. */
struct target {
	const char *name;	/* as given */
	const struct nspace *ns;	/* if it was given by its namespace */
	struct fsys *fs;	/* NULL if the namespace has no block device */
	char *folder;		/* the target, its parent or the mount point; NULL if there is none */
	char *file;		/* the target, if it is a regular file */
};

/*
 * Collect namespaces and mounts; @root is "" for the running system. Returns 0,
 * or -1 after a message to stderr. Release @model with model_free() either way.
 */
int model_load(struct model *model, const char *root);

void model_free(struct model *model);

/*
 * The file systems on @ns, by way of partitions and of device-mapper devices,
 * or its bare device. *@fs becomes an array that the caller frees. Returns how
 * many there are: 0 if the namespace has no block device.
 */
size_t model_fs_on(struct model *model, const struct nspace *ns, struct fsys ***fs);

/*
 * The ext4 file systems that are mounted, each once. *@fs becomes an array that
 * the caller frees. Returns how many there are.
 */
size_t model_mounted(struct model *model, struct fsys ***fs);

/*
 * Find what @name stands for: a namespace, a block device, a mount point or a
 * file. Returns 0, or -1 after a message to stderr. Release @target with
 * target_free() either way.
 */
int model_resolve(struct model *model, const char *name, struct target *target);

void target_free(struct target *target);

/* Read the files of dax/ anew. Returns false if there are none. */
bool fsys_read_knobs(const struct model *model, struct fsys *fs);

/* Whether the mount option is in force; UNKNOWN if not a mounted ext4. */
enum tristate fsys_zeroed_alloc(const struct fsys *fs);

/* Whether it was given, or taken over from the superblock, at mount time. */
enum tristate fsys_zeroed_alloc_option(const struct fsys *fs);

/* Whether the superblock asks for it. */
enum tristate fsys_zeroed_alloc_default(const struct fsys *fs);

/* What its default mount options as text say of it, which wins; UNKNOWN if nothing. */
enum tristate fsys_zeroed_alloc_text(const struct fsys *fs);

/* True if the device or the block size is known to rule DAX out. */
bool fsys_rules_out_dax(const struct fsys *fs);

/* True if the kernel shows dax/ for @fs. */
bool fsys_has_knobs(const struct model *model, const struct fsys *fs);

/* Read the knob of column @id anew; it is not known if that fails. */
void fsys_read_knob(const struct model *model, struct fsys *fs, enum column_id id);

/* True if @name has a form that fsys_is_named() takes. */
bool fsys_is_name(const char *name);

/*
 * True if @name, one of its mount points, its device, a namespace that it is on,
 * UUID= or LABEL=, means @fs.
 */
bool fsys_is_named(const struct model *model, const struct fsys *fs, const char *name);

/*
 * How far byte 0 of the file system lies past a 2 MiB boundary of physical
 * memory. Returns false if that is not known: without the right to read the
 * address of a namespace, or below device-mapper.
 */
bool fsys_phase(const struct fsys *fs, uint64_t *phase);

/*
 * The stripe that the allocator follows, or would after a mount, in bytes; 0
 * if none. The superblock must be known.
 */
uint64_t fsys_stripe(const struct fsys *fs);

/*
 * Why there is no file system on @fs, which is NULL if there is not even a block
 * device; NULL if there is one. The caller frees the text.
 */
char *fsys_missing(const struct fsys *fs);

/* True if the file system is, or is mounted as, ext4. */
bool fsys_is_ext4(const struct fsys *fs);

/* True if @target is an ext4; else a message says that it is why @what fails. */
bool target_is_ext4(const struct target *target, const char *what);

#endif
