// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "command.h"
#include "model.h"
#include "util.h"

static void explain_gaps(const struct model *model, const struct fsys *fs)
{
	if (model->kernel_feature == NO)
		complain("kernel", OPTION_NAME,
			 "this kernel's ext4 does not have it, so its knobs and counters are absent");
	if (!fs->super.known)
		complain(fs->path, "read its superblock", "%s", fs->super.why_not);
	else if (fs->knob[COL_POOL_TARGET].known && !fs->super.has_journal)
		complain(fs->path, "no pool", "no journal");
}

static int run(const struct command *command, const struct invocation *call)
{
	struct target target = { 0 };
	struct model model;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	if (!err)
		err = model_resolve(&model, call->targets[0], &target);
	if (!err && !target_is_ext4(&target, "show status"))
		err = -1;
	if (!err) {
		const struct row row = {
			.model = &model,
			.ns = target.fs->nns ? target.fs->ns[0] : NULL,
			.fs = target.fs,
		};
		const struct report report = {
			.array = "filesystems",
			.rows = &row,
			.nrows = 1,
			.cols = call->cols,
			.ncols = call->ncols,
			.record = true,
		};

		explain_gaps(&model, target.fs);
		err = render(&report, &call->style);
	}
	target_free(&target);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static const enum column_id cols[] = {
	COL_DEVICE, COL_NAMESPACE, COL_MODE, COL_FSTYPE, COL_LABEL, COL_UUID, COL_FS_SIZE,
	COL_BLOCK_SIZE, COL_STRIPE, COL_MOUNTPOINT, COL_OPTIONS, COL_DEVICE_DAX, COL_DAX,
	COL_KERNEL_FEATURE, COL_ZEROED_ALLOC, COL_ZEROED_ALLOC_OPTION, COL_ZEROED_ALLOC_DEFAULT,
	COL_DEFAULT_OPTIONS, COL_POOL_TARGET, COL_POOL_RATE, COL_WRITE_UNZEROED_MIN, COL_VERIFY,
	COL_POOL_READY, COL_POOL_ZEROED, COL_POOL_HIT, COL_POOL_BAD, COL_VERIFY_FAILED,
	COL_INLINE_ZEROED, COL_UNZEROED, COL_PMD_FAULTS, COL_PTE_FAULTS, COL_FALLBACK_FAULTS,
	COL_RANGE_WAITS, COL_RANGE_WAIT_US,
};

const struct command command_status = {
	.name = "status",
	.args = "TARGET",
	.help = "show one file system: option, superblock default, knobs, counters",
	.takes = TAKES_JSON | TAKES_COLUMNS | TAKES_BYTES | TAKES_NOHEADINGS |
		 TAKES_COLOR | TAKES_SYSROOT,
	.targets_min = 1,
	.targets_max = 1,
	.objects = OBJECT_NAMESPACE | OBJECT_FILESYSTEM,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
};
