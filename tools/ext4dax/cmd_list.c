// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "command.h"
#include "model.h"
#include "util.h"

static int run(const struct command *command, const struct invocation *call)
{
	struct report report = {
		.array = "namespaces",
		.cols = call->cols,
		.ncols = call->ncols,
		.drops = !call->cols_named,
	};
	struct row *rows = NULL;
	struct model model;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	for (size_t i = 0; !err && i < model.namespaces.n; i++) {
		const struct nspace *ns = &model.namespaces.ns[i];
		struct fsys **fs;
		size_t n = model_fs_on(&model, ns, &fs);
		size_t j = 0;

		do {
			rows = xgrow(rows, report.nrows, sizeof(*rows));
			rows[report.nrows++] = (struct row){
				.model = &model, .ns = ns, .fs = n ? fs[j] : NULL,
			};
		} while (++j < n);
		free(fs);
	}
	report.rows = rows;
	if (!err)
		err = render(&report, &call->style);
	free(rows);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static const enum column_id cols[] = {
	COL_DEVICE, COL_NAMESPACE, COL_MODE, COL_SIZE, COL_ALIGN, COL_HEALTH, COL_FSTYPE,
	COL_MOUNTPOINT, COL_DAX, COL_ZEROED_ALLOC, COL_POOL_READY,
};

const struct command command_list = {
	.name = "list",
	.args = "",
	.help = "show the pmem namespaces and the file systems on them",
	.takes = TAKES_JSON | TAKES_COLUMNS | TAKES_BYTES | TAKES_NOHEADINGS |
		 TAKES_COLOR | TAKES_SYSROOT,
	.objects = OBJECT_NAMESPACE | OBJECT_FILESYSTEM,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
};
