// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "command.h"
#include "model.h"
#include "output.h"
#include "util.h"

/* True if @fs could be expected to use DAX. */
static bool concerns(const struct model *model, const struct fsys *fs)
{
	return fs->nns || fs->device_dax == YES || fsys_has_knobs(model, fs);
}

static int write_to(const char *path, const struct report *report)
{
	struct output output;

	if (output_begin(&output, path))
		return -1;
	render_openmetrics(report, output.stream);
	return output_end(&output);
}

static int run(const struct command *command, const struct invocation *call)
{
	struct report report = { .cols = call->cols, .ncols = call->ncols };
	struct row *rows = NULL;
	struct fsys **fs = NULL;
	struct model model;
	size_t n = 0;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	for (size_t i = 0; !err && i < model.namespaces.n; i++) {
		rows = xgrow(rows, report.nrows, sizeof(*rows));
		rows[report.nrows++] = (struct row){
			.model = &model, .ns = &model.namespaces.ns[i],
		};
	}
	if (!err)
		n = model_mounted(&model, &fs);
	for (size_t i = 0; i < n; i++) {
		if (!concerns(&model, fs[i]))
			continue;
		rows = xgrow(rows, report.nrows, sizeof(*rows));
		rows[report.nrows++] = (struct row){ .model = &model, .fs = fs[i] };
	}
	report.rows = rows;
	if (!err && call->output)
		err = write_to(call->output, &report);
	else if (!err)
		render_openmetrics(&report, stdout);
	free(rows);
	free(fs);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static const enum column_id cols[] = {
	COL_SIZE, COL_ALIGN, COL_BAD,
	COL_FS_SIZE, COL_BLOCK_SIZE, COL_STRIPE, COL_DEVICE_DAX, COL_KERNEL_FEATURE,
	COL_ZEROED_ALLOC, COL_ZEROED_ALLOC_DEFAULT, COL_POOL_TARGET, COL_POOL_RATE,
	COL_WRITE_UNZEROED_MIN, COL_VERIFY, COL_POOL_READY, COL_POOL_ZEROED, COL_POOL_HIT,
	COL_POOL_BAD, COL_VERIFY_FAILED, COL_INLINE_ZEROED, COL_UNZEROED, COL_PMD_FAULTS,
	COL_PTE_FAULTS, COL_FALLBACK_FAULTS, COL_RANGE_WAITS, COL_RANGE_WAIT_US,
};

const struct command command_metrics = {
	.name = "metrics",
	.args = "",
	.help = "write the numbers of all mounts for a monitoring system",
	.takes = TAKES_OUTPUT | TAKES_SYSROOT,
	.objects = OBJECT_NAMESPACE | OBJECT_FILESYSTEM,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
};
