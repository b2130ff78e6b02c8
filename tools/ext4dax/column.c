// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"
#include "column.h"
#include "model.h"
#include "util.h"

static struct cell unknown(void)
{
	return (struct cell){ 0 };
}

static struct cell string(const char *s)
{
	return (struct cell){ .known = s, .string = s };
}

static struct cell number(bool known, uint64_t n)
{
	return (struct cell){ .known = known, .number = n };
}

static struct cell truth(enum tristate t)
{
	return (struct cell){ .known = t != UNKNOWN, .truth = t == YES };
}

/* A getter of one expression over the object @o, unknown without one. */
#define GETTER(name, member, expr)				\
	static struct cell get_##name(const struct row *row)	\
	{							\
		const typeof(*row->member) *o = row->member;	\
								\
		return o ? (expr) : unknown();			\
	}

GETTER(mode, ns, string(ns_mode_name(o->mode)))
GETTER(size, ns, number(o->size, o->size))
GETTER(align, ns, number(o->align, o->align))
GETTER(map, ns, string(ns_map_name(o->map)))
GETTER(persistence, ns, string(ns_persistence_name(o->persistence)))
GETTER(health, ns, string(ns_health_name(o->health)))

static struct cell get_namespace(const struct row *row)
{
	if (row->ns)
		return string(row->ns->name);
	return row->fs ? string(row->fs->ns_names) : unknown();
}

static struct cell get_bad(const struct row *row)
{
	uint64_t sectors = 0;

	if (!row->ns)
		return unknown();
	for (size_t i = 0; i < row->ns->nbad; i++)
		sectors += row->ns->bad[i].len;
	return number(row->ns->bad_known, sectors * SECTOR_BYTES);
}

static struct cell get_device(const struct row *row)
{
	if (row->fs)
		return string(row->fs->name);
	return row->ns ? string(row->ns->dev) : unknown();
}

GETTER(fstype, fs, string(o->fstype))
GETTER(fs_size, fs, number(o->super.known, o->super.bytes))
GETTER(block_size, fs, number(o->super.known, o->super.block_size))
GETTER(mountpoint, fs, string(o->mount ? o->mount->target : NULL))
GETTER(options, fs, string(o->mount ? o->mount->options : NULL))
GETTER(device_dax, fs, truth(o->device_dax))
GETTER(kernel_feature, model, truth(o->kernel_feature))
GETTER(zeroed_alloc, fs, truth(fsys_zeroed_alloc(o)))
GETTER(zeroed_alloc_option, fs, truth(fsys_zeroed_alloc_option(o)))
GETTER(zeroed_alloc_default, fs, truth(fsys_zeroed_alloc_default(o)))
GETTER(default_options, fs, string(o->super.mount_options))
GETTER(label, fs, string(o->label))
GETTER(uuid, fs, string(o->uuid))
GETTER(stripe, fs, number(o->super.known, fsys_stripe(o)))

static struct cell get_dax(const struct row *row)
{
	if (!row->fs)
		return unknown();
	switch (row->fs->dax) {
	case DAX_UNSUPPORTED:
		return string("unsupported");
	case DAX_NEVER:
		return string("never");
	case DAX_INODE:
		return string("inode");
	case DAX_ALWAYS:
		return string("always");
	case DAX_UNKNOWN:
		break;
	}
	return unknown();
}

GETTER(target, check, string(o->target))
GETTER(check, check, string(o->id))
GETTER(result, check, string(check_result_name(o->result)))
GETTER(detail, check, string(o->detail))
GETTER(remedy, check, string(o->remedy))

#define NS(_id, _type, _unit, _width, _help)				\
	{ .id = #_id, .type = _type, .unit = _unit, .width = _width,	\
	  .object = OBJECT_NAMESPACE, .help = _help, .get = get_##_id }
#define FS(_id, _type, _unit, _width, _help)				\
	{ .id = #_id, .type = _type, .unit = _unit, .width = _width,	\
	  .object = OBJECT_FILESYSTEM, .help = _help, .get = get_##_id }
#define KNOB(_id, _file, _scale, _type, _unit, _help)			\
	{ .id = #_id, .type = _type, .unit = _unit, .width = 5,		\
	  .object = OBJECT_FILESYSTEM, .help = _help, .file = _file, .scale = _scale }
#define CHECK(_id, _width, _wraps, _help)				\
	{ .id = #_id, .type = TYPE_STRING, .width = _width, .wraps = _wraps, \
	  .object = OBJECT_CHECK, .help = _help, .get = get_##_id }

const struct column columns[COLUMNS_N] = {
	[COL_NAMESPACE] = NS(namespace, TYPE_STRING, UNIT_NONE, 12, "namespace"),
	[COL_MODE] = NS(mode, TYPE_STRING, UNIT_NONE, 6,
			"namespace mode: fsdax, devdax, sector or raw"),
	[COL_SIZE] = NS(size, TYPE_NUMBER, UNIT_BYTES, 5, "usable size of the namespace"),
	[COL_ALIGN] = NS(align, TYPE_NUMBER, UNIT_BYTES, 5, "alignment of the namespace"),
	[COL_MAP] = NS(map, TYPE_STRING, UNIT_NONE, 4, "place of the memory map: mem, dev or none"),
	[COL_PERSISTENCE] = NS(persistence, TYPE_STRING, UNIT_NONE, 10,
			       "persistence domain: memory_controller or cpu_cache"),
	[COL_HEALTH] = NS(health, TYPE_STRING, UNIT_NONE, 6,
			  "health of the worst DIMM: ok, non-critical, critical, fatal or failed"),
	[COL_BAD] = NS(bad, TYPE_NUMBER, UNIT_BYTES, 4, "known bad blocks of the namespace"),

	[COL_DEVICE] = FS(device, TYPE_STRING, UNIT_NONE, 7, "device, as the kernel names it"),
	[COL_FSTYPE] = FS(fstype, TYPE_STRING, UNIT_NONE, 4, "type of the file system"),
	[COL_LABEL] = FS(label, TYPE_STRING, UNIT_NONE, 5, "label of the file system"),
	[COL_UUID] = FS(uuid, TYPE_STRING, UNIT_NONE, 36, "UUID of the file system"),
	[COL_FS_SIZE] = FS(fs_size, TYPE_NUMBER, UNIT_BYTES, 5, "size of the file system"),
	[COL_BLOCK_SIZE] = FS(block_size, TYPE_NUMBER, UNIT_BYTES, 4,
			      "block size of the file system"),
	[COL_STRIPE] = FS(stripe, TYPE_NUMBER, UNIT_BYTES, 4,
			  "stripe that the allocator follows; 0 for none"),
	[COL_MOUNTPOINT] = FS(mountpoint, TYPE_STRING, UNIT_NONE, 0.2, "mount point"),
	[COL_OPTIONS] = FS(options, TYPE_STRING, UNIT_NONE, 0.2, "mount options"),
	[COL_DEVICE_DAX] = FS(device_dax, TYPE_BOOL, UNIT_NONE, 3, "whether the device can do DAX"),
	[COL_DAX] = FS(dax, TYPE_STRING, UNIT_NONE, 6,
		       "DAX mode in force: always, inode, never or unsupported"),
	[COL_KERNEL_FEATURE] = FS(kernel_feature, TYPE_BOOL, UNIT_NONE, 3,
				  "whether the running ext4 knows " OPTION_NAME),
	[COL_ZEROED_ALLOC_OPTION] = FS(zeroed_alloc_option, TYPE_BOOL, UNIT_NONE, 3,
				       "whether the mount options have " OPTION_NAME),
	[COL_ZEROED_ALLOC_DEFAULT] = FS(zeroed_alloc_default, TYPE_BOOL, UNIT_NONE, 3,
					"whether the superblock asks for " OPTION_NAME),
	[COL_DEFAULT_OPTIONS] = FS(default_options, TYPE_STRING, UNIT_NONE, 0.1,
				   "mount options stored in the superblock as text"),

	[COL_ZEROED_ALLOC] = {
		.id = "zeroed_alloc", .type = TYPE_BOOL, .width = 3, .object = OBJECT_FILESYSTEM,
		.help = "whether " OPTION_NAME " is in force",
		.get = get_zeroed_alloc, .file = "zeroed_alloc", .scale = 1,
	},
	[COL_POOL_TARGET] = KNOB(pool_target, "pool_target_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				 "how much the pool keeps zeroed; 0 for no pool"),
	[COL_POOL_RATE] = KNOB(pool_rate, "pool_rate_kb", KIB, TYPE_NUMBER, UNIT_BYTES_PER_SECOND,
			       "most that the pool's worker zeroes in a second; 0 for no bound"),
	[COL_WRITE_UNZEROED_MIN] = KNOB(write_unzeroed_min, "write_unzeroed_min_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
					"smallest in-file write that skips zeroing"),
	[COL_VERIFY] = KNOB(verify, "verify", 1, TYPE_BOOL, UNIT_NONE,
			    "whether the pool checks each chunk before use"),
	[COL_POOL_READY] = KNOB(pool_ready, "pool_ready_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				"zeroed and ready in the pool"),
	[COL_POOL_ZEROED] = KNOB(pool_zeroed, "pool_zeroed_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				 "zeroed by the pool's worker since mount"),
	[COL_POOL_HIT] = KNOB(pool_hit, "pool_hit_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
			      "served from the pool since mount"),
	[COL_INLINE_ZEROED] = KNOB(inline_zeroed, "inline_zeroed_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				   "zeroed while a fault or write waited, since mount"),
	[COL_UNZEROED] = KNOB(unzeroed, "unzeroed_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
			      "never zeroed because the write filled it, since mount"),
	[COL_PMD_FAULTS] = KNOB(pmd_faults, "pmd_faults", 1, TYPE_NUMBER, UNIT_NONE,
				"DAX faults mapped by 2 MiB since mount"),
	[COL_PTE_FAULTS] = KNOB(pte_faults, "pte_faults", 1, TYPE_NUMBER, UNIT_NONE,
				"DAX faults mapped by a page since mount"),
	[COL_FALLBACK_FAULTS] = KNOB(fallback_faults, "fallback_faults", 1, TYPE_NUMBER, UNIT_NONE,
				     "2 MiB tries that fell back to a page since mount"),
	[COL_RANGE_WAITS] = KNOB(range_waits, "range_waits", 1, TYPE_NUMBER, UNIT_NONE,
				 "faults that waited for a held range since mount"),
	[COL_RANGE_WAIT_US] = KNOB(range_wait_us, "range_wait_us", 1, TYPE_NUMBER, UNIT_MICROSECONDS,
				   "microseconds that they waited in all"),

	[COL_TARGET] = CHECK(target, 0.1, false, "target, as given"),
	[COL_CHECK] = CHECK(check, 15, false, "what was checked"),
	[COL_RESULT] = CHECK(result, 7, false, "ok, warn, fail or skipped"),
	[COL_DETAIL] = CHECK(detail, 0.4, true, "what was found"),
	[COL_REMEDY] = CHECK(remedy, 0.3, true, "command that mends it"),
};

struct cell column_get(enum column_id id, const struct row *row)
{
	const struct column *col = &columns[id];
	uint64_t value;

	if (col->get)
		return col->get(row);
	if (!row->fs || !row->fs->knob[id].known)
		return unknown();
	value = row->fs->knob[id].value;
	return col->type == TYPE_BOOL ? truth(value ? YES : NO) : number(true, value);
}
