// SPDX-License-Identifier: GPL-2.0-or-later
#include "change.h"
#include "check.h"
#include "column.h"
#include "file.h"
#include "model.h"
#include "sample.h"
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

GETTER(time_ms, sample, number(true, o->now.wall_ms))
GETTER(interval_ms, sample, sample_interval(o))
GETTER(pool_hit_percent, sample, sample_hit_percent(o))

GETTER(file, file, string(o->name))
GETTER(file_size, file, number(true, o->map.size))
GETTER(file_dax, file, truth(o->dax))
GETTER(extents, file, number(true, o->map.extents))
GETTER(pmd_percent, file, number(o->map.size, filemap_share(&o->map, WINDOW_PMD, 100)))
GETTER(pmd, file, number(true, o->map.bytes[WINDOW_PMD]))
GETTER(unwritten, file, number(true, o->map.bytes[WINDOW_UNWRITTEN]))
GETTER(fragmented, file, number(true, o->map.bytes[WINDOW_FRAGMENTED]))
GETTER(misaligned, file, number(true, o->map.bytes[WINDOW_MISALIGNED]))
GETTER(tail, file, number(true, o->map.bytes[WINDOW_TAIL]))
GETTER(hole, file, number(true, o->map.bytes[WINDOW_HOLE]))
GETTER(spans, file, ((struct cell){ .known = true, .spans = &o->map }))

static struct cell get_detail(const struct row *row)
{
	return string(row->check ? row->check->detail : row->file ? row->file->detail : NULL);
}

static struct cell get_remedy(const struct row *row)
{
	return string(row->check ? row->check->remedy : row->file ? row->file->remedy : NULL);
}

static enum mood mood_health(const struct row *row)
{
	switch (row->ns ? row->ns->health : NS_HEALTH_UNKNOWN) {
	case NS_HEALTH_UNKNOWN:
		return MOOD_NONE;
	case NS_HEALTH_OK:
		return MOOD_GOOD;
	case NS_HEALTH_NON_CRITICAL:
		return MOOD_DOUBTFUL;
	default:
		return MOOD_BAD;
	}
}

static enum mood mood_bad(const struct row *row)
{
	return row->ns && row->ns->nbad ? MOOD_BAD : MOOD_NONE;
}

static enum mood mood_dax(const struct row *row)
{
	switch (row->fs ? row->fs->dax : DAX_UNKNOWN) {
	case DAX_ALWAYS:
	case DAX_INODE:
		return MOOD_GOOD;
	case DAX_NEVER:
		return MOOD_DOUBTFUL;
	case DAX_UNSUPPORTED:
		return MOOD_BAD;
	default:
		return MOOD_NONE;
	}
}

static enum mood mood_result(const struct row *row)
{
	if (!row->check)
		return MOOD_NONE;
	switch (row->check->result) {
	case CHECK_OK:
		return MOOD_GOOD;
	case CHECK_WARN:
		return MOOD_DOUBTFUL;
	case CHECK_FAIL:
		return MOOD_BAD;
	default:
		return MOOD_DIM;
	}
}

/* A value of the column @id, from its number. */
static struct cell value_of(enum column_id id, bool known, uint64_t n)
{
	const struct column *col = &columns[id];
	struct cell cell = number(known, n);

	if (col->type == TYPE_BOOL)
		cell = truth(!known ? UNKNOWN : n ? YES : NO);
	cell.as = col;
	return cell;
}

GETTER(knob, change, string(columns[o->knob].id))
GETTER(from, change, value_of(o->knob, o->from_known, o->from))
GETTER(to, change, value_of(o->knob, true, o->to))
GETTER(outcome, change, string(change_outcome_name(o->outcome)))

#define NS(_id, _type, _unit, _width, _help)				\
	{ .id = #_id, .type = _type, .unit = _unit, .width = _width,	\
	  .object = OBJECT_NAMESPACE, .help = _help, .get = get_##_id }
#define FS(_id, _type, _unit, _width, _help)				\
	{ .id = #_id, .type = _type, .unit = _unit, .width = _width,	\
	  .object = OBJECT_FILESYSTEM, .help = _help, .get = get_##_id }
#define FS_TEXT(_id, _width, _help)					\
	{ .id = #_id, .type = TYPE_STRING, .width = _width, .wraps = true, \
	  .object = OBJECT_FILESYSTEM, .help = _help, .get = get_##_id }
#define DAX_FILE(_id, _file, _scale, _type, _unit, _help)		\
	.id = #_id, .type = _type, .unit = _unit, .width = 5,		\
	.object = OBJECT_FILESYSTEM, .help = _help, .file = _file, .scale = _scale
#define KNOB(...) { DAX_FILE(__VA_ARGS__), .writable = true }
#define GAUGE(...) { DAX_FILE(__VA_ARGS__) }
#define COUNTER(_id, _file, _scale, _unit, _help)			\
	{ DAX_FILE(_id, _file, _scale, TYPE_NUMBER, _unit, _help), .counter = true }
#define SAMPLE(_id, _unit, _help)					\
	{ .id = #_id, .type = TYPE_NUMBER, .unit = _unit, .width = 5,	\
	  .object = OBJECT_SAMPLE, .help = _help, .get = get_##_id }
#define RATE(_id, _counter, _unit, _help)				\
	{ .id = #_id, .type = TYPE_NUMBER, .unit = _unit, .width = 5,	\
	  .object = OBJECT_SAMPLE, .help = _help, .rate_of = _counter }
#define CHECK(_id, _width, _wraps, _help)				\
	{ .id = #_id, .type = TYPE_STRING, .width = _width, .wraps = _wraps, \
	  .object = OBJECT_CHECK, .help = _help, .get = get_##_id }
#define FINDING(_id, _width, _help)					\
	{ .id = #_id, .type = TYPE_STRING, .width = _width, .wraps = true, \
	  .object = OBJECT_CHECK | OBJECT_FILE, .help = _help, .get = get_##_id }
#define FILE_BYTES(_id, _help)						\
	{ .id = #_id, .type = TYPE_NUMBER, .unit = UNIT_BYTES, .width = 5, \
	  .object = OBJECT_FILE, .help = _help, .get = get_##_id }
#define CHANGE(_id, _type, _width, _help)				\
	{ .id = #_id, .type = _type, .width = _width, .object = OBJECT_CHANGE, \
	  .help = _help, .get = get_##_id }

const struct column columns[COLUMNS_N] = {
	[COL_NAMESPACE] = NS(namespace, TYPE_STRING, UNIT_NONE, 12, "namespace"),
	[COL_MODE] = NS(mode, TYPE_STRING, UNIT_NONE, 6,
			"namespace mode: fsdax, devdax, sector or raw"),
	[COL_SIZE] = NS(size, TYPE_NUMBER, UNIT_BYTES, 5, "usable size of the namespace"),
	[COL_ALIGN] = NS(align, TYPE_NUMBER, UNIT_BYTES, 5, "alignment of the namespace"),
	[COL_MAP] = NS(map, TYPE_STRING, UNIT_NONE, 4, "place of the memory map: mem, dev or none"),
	[COL_PERSISTENCE] = NS(persistence, TYPE_STRING, UNIT_NONE, 10,
			       "persistence domain: memory_controller or cpu_cache"),
	[COL_HEALTH] = {
		.id = "health", .type = TYPE_STRING, .width = 6, .object = OBJECT_NAMESPACE,
		.help = "health of the worst DIMM: ok, non-critical, critical, fatal or failed",
		.get = get_health, .mood = mood_health,
	},
	[COL_BAD] = {
		.id = "bad", .type = TYPE_NUMBER, .unit = UNIT_BYTES, .width = 4,
		.object = OBJECT_NAMESPACE, .help = "known bad blocks of the namespace",
		.get = get_bad, .mood = mood_bad,
	},

	[COL_DEVICE] = FS(device, TYPE_STRING, UNIT_NONE, 7, "device, as the kernel names it"),
	[COL_FSTYPE] = FS(fstype, TYPE_STRING, UNIT_NONE, 4, "type of the file system"),
	[COL_LABEL] = FS_TEXT(label, 5, "label of the file system"),
	[COL_UUID] = FS(uuid, TYPE_STRING, UNIT_NONE, 36, "UUID of the file system"),
	[COL_FS_SIZE] = FS(fs_size, TYPE_NUMBER, UNIT_BYTES, 5, "size of the file system"),
	[COL_BLOCK_SIZE] = FS(block_size, TYPE_NUMBER, UNIT_BYTES, 4,
			      "block size of the file system"),
	[COL_STRIPE] = FS(stripe, TYPE_NUMBER, UNIT_BYTES, 4,
			  "stripe that the allocator follows; 0 for none"),
	[COL_MOUNTPOINT] = FS_TEXT(mountpoint, 0.2, "mount point"),
	[COL_OPTIONS] = FS_TEXT(options, 0.2, "mount options"),
	[COL_DEVICE_DAX] = FS(device_dax, TYPE_BOOL, UNIT_NONE, 3, "whether the device can do DAX"),
	[COL_DAX] = {
		.id = "dax", .type = TYPE_STRING, .width = 6, .object = OBJECT_FILESYSTEM,
		.help = "DAX mode in force: always, inode, never or unsupported",
		.get = get_dax, .mood = mood_dax,
	},
	[COL_KERNEL_FEATURE] = FS(kernel_feature, TYPE_BOOL, UNIT_NONE, 3,
				  "whether the running ext4 knows " OPTION_NAME),
	[COL_ZEROED_ALLOC_OPTION] = FS(zeroed_alloc_option, TYPE_BOOL, UNIT_NONE, 3,
				       "whether the mount options have " OPTION_NAME),
	[COL_ZEROED_ALLOC_DEFAULT] = FS(zeroed_alloc_default, TYPE_BOOL, UNIT_NONE, 3,
					"whether the superblock asks for " OPTION_NAME),
	[COL_DEFAULT_OPTIONS] = FS_TEXT(default_options, 0.1,    "mount options stored in the superblock as text"),

	[COL_ZEROED_ALLOC] = {
		.id = "zeroed_alloc", .type = TYPE_BOOL, .width = 3, .object = OBJECT_FILESYSTEM,
		.help = "whether " OPTION_NAME " is in force",
		.get = get_zeroed_alloc, .file = "zeroed_alloc", .scale = 1, .writable = true,
	},
	[COL_POOL_TARGET] = KNOB(pool_target, "pool_target_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				 "how much the pool keeps zeroed; 0 for no pool"),
	[COL_POOL_RATE] = KNOB(pool_rate, "pool_rate_kb", KIB, TYPE_NUMBER, UNIT_BYTES_PER_SECOND,
			       "most that the pool's worker zeroes in a second; 0 for no bound"),
	[COL_WRITE_UNZEROED_MIN] = KNOB(write_unzeroed_min, "write_unzeroed_min_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
					"smallest in-file write that skips zeroing"),
	[COL_VERIFY] = KNOB(verify, "verify", 1, TYPE_BOOL, UNIT_NONE,
			    "whether the pool checks each chunk before use"),
	[COL_POOL_READY] = GAUGE(pool_ready, "pool_ready_kb", KIB, TYPE_NUMBER, UNIT_BYTES,
				 "zeroed and ready in the pool"),
	[COL_POOL_ZEROED] = COUNTER(pool_zeroed, "pool_zeroed_kb", KIB, UNIT_BYTES,
				    "zeroed by the pool's worker since mount"),
	[COL_POOL_HIT] = COUNTER(pool_hit, "pool_hit_kb", KIB, UNIT_BYTES,
				 "served from the pool since mount"),
	[COL_POOL_BAD] = COUNTER(pool_bad, "pool_bad_kb", KIB, UNIT_BYTES,
				 "found bad by the pool's worker, since mount"),
	[COL_VERIFY_FAILED] = COUNTER(verify_failed, "verify_failed", 1, UNIT_NONE,
				      "checks that found something else than zeros, since mount"),
	[COL_INLINE_ZEROED] = COUNTER(inline_zeroed, "inline_zeroed_kb", KIB, UNIT_BYTES,
				      "zeroed while a fault or write waited, since mount"),
	[COL_UNZEROED] = COUNTER(unzeroed, "unzeroed_kb", KIB, UNIT_BYTES,
				 "never zeroed because the write filled it, since mount"),
	[COL_PMD_FAULTS] = COUNTER(pmd_faults, "pmd_faults", 1, UNIT_NONE,
				   "DAX faults mapped by 2 MiB since mount"),
	[COL_PTE_FAULTS] = COUNTER(pte_faults, "pte_faults", 1, UNIT_NONE,
				   "DAX faults mapped by a page since mount"),
	[COL_FALLBACK_FAULTS] = COUNTER(fallback_faults, "fallback_faults", 1, UNIT_NONE,
					"2 MiB tries that fell back to a page since mount"),
	[COL_RANGE_WAITS] = COUNTER(range_waits, "range_waits", 1, UNIT_NONE,
				    "faults that waited for a held range since mount"),
	[COL_RANGE_WAIT_US] = COUNTER(range_wait_us, "range_wait_us", 1, UNIT_MICROSECONDS,
				      "how long they waited in all"),

	[COL_TIME_MS] = SAMPLE(time_ms, UNIT_MILLISECONDS, "time of the look, since 1970"),
	[COL_INTERVAL_MS] = SAMPLE(interval_ms, UNIT_MILLISECONDS, "time since the look before"),
	[COL_POOL_HIT_PERCENT] = SAMPLE(pool_hit_percent, UNIT_PERCENT,
					"how much of what had to be zero the pool had ready"),
	[COL_POOL_HIT_RATE] = RATE(pool_hit_rate, COL_POOL_HIT, UNIT_BYTES_PER_SECOND,
				   "served from the pool"),
	[COL_POOL_ZEROED_RATE] = RATE(pool_zeroed_rate, COL_POOL_ZEROED, UNIT_BYTES_PER_SECOND,
				      "zeroed by the pool's worker"),
	[COL_INLINE_ZEROED_RATE] = RATE(inline_zeroed_rate, COL_INLINE_ZEROED,
					UNIT_BYTES_PER_SECOND, "zeroed while a fault or write waited"),
	[COL_UNZEROED_RATE] = RATE(unzeroed_rate, COL_UNZEROED, UNIT_BYTES_PER_SECOND,
				   "never zeroed because the write filled it"),
	[COL_PMD_FAULT_RATE] = RATE(pmd_fault_rate, COL_PMD_FAULTS, UNIT_PER_SECOND,
				    "DAX faults mapped by 2 MiB"),
	[COL_PTE_FAULT_RATE] = RATE(pte_fault_rate, COL_PTE_FAULTS, UNIT_PER_SECOND,
				    "DAX faults mapped by a page"),
	[COL_FALLBACK_FAULT_RATE] = RATE(fallback_fault_rate, COL_FALLBACK_FAULTS, UNIT_PER_SECOND,
					 "2 MiB tries that fell back to a page"),
	[COL_RANGE_WAIT_RATE] = RATE(range_wait_rate, COL_RANGE_WAITS, UNIT_PER_SECOND,
				     "faults that waited for a held range"),
	[COL_RANGE_WAIT_US_RATE] = RATE(range_wait_us_rate, COL_RANGE_WAIT_US,
					UNIT_MICROSECONDS_PER_SECOND, "how long they waited in all"),

	[COL_FILE] = {
		.id = "file", .type = TYPE_STRING, .width = 0.2, .wraps = true,
		.object = OBJECT_FILE, .help = "file, as given", .get = get_file,
	},
	[COL_FILE_SIZE] = FILE_BYTES(file_size, "size of the file"),
	[COL_FILE_DAX] = {
		.id = "file_dax", .type = TYPE_BOOL, .width = 3, .object = OBJECT_FILE,
		.help = "whether DAX is in force for it", .get = get_file_dax,
	},
	[COL_EXTENTS] = {
		.id = "extents", .type = TYPE_NUMBER, .width = 5, .object = OBJECT_FILE,
		.help = "its extents", .get = get_extents,
	},
	[COL_PMD_PERCENT] = {
		.id = "pmd_percent", .type = TYPE_NUMBER, .unit = UNIT_PERCENT, .width = 3,
		.object = OBJECT_FILE, .help = "how much of it can be mapped by 2 MiB",
		.get = get_pmd_percent,
	},
	[COL_PMD] = FILE_BYTES(pmd, "can be mapped by 2 MiB"),
	[COL_UNWRITTEN] = FILE_BYTES(unwritten, "could be, and is zeroed by the first write"),
	[COL_FRAGMENTED] = FILE_BYTES(fragmented, "in windows of aligned blocks, not one run of one kind"),
	[COL_MISALIGNED] = FILE_BYTES(misaligned, "in windows with blocks off their 2 MiB boundary"),
	[COL_TAIL] = FILE_BYTES(tail, "in the window in which the file ends"),
	[COL_HOLE] = FILE_BYTES(hole, "in windows without blocks"),
	[COL_SPANS] = {
		.id = "spans", .type = TYPE_SPANS, .width = 0.2, .wraps = true,
		.object = OBJECT_FILE, .help = "its windows, those that are alike put together",
		.get = get_spans,
	},

	[COL_TARGET] = CHECK(target, 0.1, false, "target, as given"),
	[COL_CHECK] = CHECK(check, 15, false, "what was checked"),
	[COL_RESULT] = {
		.id = "result", .type = TYPE_STRING, .width = 7, .object = OBJECT_CHECK,
		.help = "ok, warn, fail or skipped", .get = get_result, .mood = mood_result,
	},
	[COL_DETAIL] = FINDING(detail, 0.4, "what was found"),
	[COL_REMEDY] = FINDING(remedy, 0.3, "command that mends it"),

	[COL_KNOB] = CHANGE(knob, TYPE_STRING, 14, "what is set"),
	[COL_FROM] = CHANGE(from, TYPE_NUMBER, 5, "its value before"),
	[COL_TO] = CHANGE(to, TYPE_NUMBER, 5, "its value after"),
	[COL_OUTCOME] = CHANGE(outcome, TYPE_STRING, 10,
			       "changed, unchanged, would change, failed or not tried"),
};

struct cell column_get(enum column_id id, const struct row *row)
{
	if (columns[id].get)
		return columns[id].get(row);
	if (columns[id].rate_of)
		return row->sample ? sample_rate(row->sample, columns[id].rate_of) : unknown();
	if (!row->fs)
		return unknown();
	return value_of(id, row->fs->knob[id].known, row->fs->knob[id].value);
}

const char *column_type_name(const struct column *column)
{
	static const char *const numbers[] = {
		[UNIT_NONE] = "number",
		[UNIT_PERCENT] = "number, per cent",
		[UNIT_BYTES] = "number, bytes",
		[UNIT_BYTES_PER_SECOND] = "number, bytes per second",
		[UNIT_PER_SECOND] = "number, per second",
		[UNIT_MICROSECONDS] = "number, microseconds",
		[UNIT_MICROSECONDS_PER_SECOND] = "number, microseconds per second",
		[UNIT_MILLISECONDS] = "number, milliseconds",
	};

	switch (column->type) {
	case TYPE_NUMBER:
		return numbers[column->unit];
	case TYPE_BOOL:
		return "switch";
	case TYPE_SPANS:
		return "list, bytes";
	case TYPE_STRING:
		break;
	}
	return "text";
}
