// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../command.h"
#include "../model.h"
#include "../util.h"
#include "fuzz.h"

#define NS "/sys/bus/nd/devices/"
#define BLOCK NS "pfn0.0/block/pmem0"

static const struct {
	const char *path, *text;
} files[] = {
	{ "/proc/self/mountinfo", "36 1 259:0 / /data rw - ext4 /dev/pmem0 rw,dax=always\n" },
	{ NS "region0/mappings", "1" },
	{ NS "region0/mapping0", "nmem0,0,1073741824,0" },
	{ NS "region0/persistence_domain", "memory_controller" },
	{ NS "nmem0/nfit/flags", "" },
	{ NS "namespace0.0/size", "1073741824" },
	{ NS "namespace0.0/mode", "memory" },
	{ NS "namespace0.0/holder", "pfn0.0" },
	{ NS "namespace0.0/resource", "0x100000000" },
	{ NS "pfn0.0/size", "1071644672" },
	{ NS "pfn0.0/align", "2097152" },
	{ NS "pfn0.0/mode", "ram" },
	{ NS "pfn0.0/resource", "0x100200000" },
	{ BLOCK "/dev", "259:0" },
	{ BLOCK "/size", "2093056" },
	{ BLOCK "/queue/dax", "1" },
	{ BLOCK "/badblocks", "" },
	{ "/sys/fs/ext4/features/dax_zeroed_alloc", "supported" },
	{ "/sys/fs/ext4/pmem0/dax/zeroed_alloc", "1" },
};

static char *root;

static void must(int ok)
{
	if (!ok)
		abort();
}

void tree_put(const char *path, const void *data, size_t len)
{
	char *full = xasprintf("%s%s", root, path);
	int fd;

	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0);
	free(full);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_tree(void)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

const char *tree_root(void)
{
	const char *tmp = getenv("TMPDIR");
	char *link;

	if (root)
		return root;
	root = xasprintf("%s/ext4dax-fuzz.XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(root) != NULL);
	atexit(remove_tree);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		tree_put(files[i].path, files[i].text, strlen(files[i].text));
	tree_put("/sys/class/block/.keep", "", 0);
	link = xasprintf("%s/sys/class/block/pmem0", root);
	must(symlink("../../bus/nd/devices/pfn0.0/block/pmem0", link) == 0);
	free(link);
	return root;
}

/* Every column of every row, through each renderer. */
static void show_rows(void)
{
	static enum column_id cols[COLUMNS_N];
	struct report report = { .array = "rows", .cols = cols };
	struct row *rows = NULL;
	struct fsys **fs = NULL;
	struct model model;
	size_t n = 0;

	if (model_load(&model, tree_root()) == 0)
		n = model_mounted(&model, &fs);
	for (size_t i = 0; i < COLUMNS_N; i++)
		if (columns[i].object & (OBJECT_NAMESPACE | OBJECT_FILESYSTEM))
			cols[report.ncols++] = i;
	for (size_t i = 0; i < n + model.namespaces.n; i++) {
		rows = xgrow(rows, report.nrows, sizeof(*rows));
		rows[report.nrows++] = (struct row){
			.model = &model,
			.ns = i < n ? NULL : &model.namespaces.ns[i - n],
			.fs = i < n ? fs[i] : NULL,
		};
	}
	report.rows = rows;
	for (unsigned int json = 0; json < 2; json++)
		render(&report, &(const struct style){ .json = json });
	render_openmetrics(&report, stdout);
	free(rows);
	free(fs);
	model_free(&model);
}

void tree_show(void)
{
	char target[] = "/data", *targets[] = { target, NULL };
	const struct invocation call = {
		.root = tree_root(),
		.cols = command_verify.cols,
		.ncols = command_verify.ncols,
		.targets = targets,
		.ntargets = 1,
	};

	show_rows();
	command_verify.run(&command_verify, &call);
}
