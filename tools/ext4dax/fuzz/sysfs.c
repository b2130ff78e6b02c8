// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz the files of sysfs: the input is what they hold, one after another, NUL between. */
#include <stdlib.h>
#include <string.h>

#include "../column.h"
#include "../util.h"
#include "fuzz.h"

#define NS "/sys/bus/nd/devices/"

static const char *const files[] = {
	NS "region0/mappings", NS "region0/mapping0", NS "region0/persistence_domain",
	NS "nmem0/nfit/flags", NS "namespace0.0/size", NS "namespace0.0/mode",
	NS "namespace0.0/holder", NS "namespace0.0/resource", NS "pfn0.0/size",
	NS "pfn0.0/align", NS "pfn0.0/mode", NS "pfn0.0/resource",
	NS "pfn0.0/block/pmem0/dev", NS "pfn0.0/block/pmem0/size",
	NS "pfn0.0/block/pmem0/queue/dax", NS "pfn0.0/block/pmem0/badblocks",
	"/sys/fs/ext4/pmem0/dax/zeroed_alloc", "/sys/fs/ext4/pmem0/dax/pool_ready_kb",
	"/sys/fs/ext4/pmem0/dax/range_wait_us",
};

/* What a file holds now. */
static struct {
	uint8_t *data;
	size_t len;
} last[ARRAY_SIZE(files)];

/* The same is not written again: most inputs change one file. */
static void put(size_t i, const uint8_t *data, size_t len)
{
	if (last[i].data && last[i].len == len && !memcmp(last[i].data, data, len))
		return;
	tree_put(files[i], data, len);
	free(last[i].data);
	last[i].data = xcalloc(len + 1, 1);
	memcpy(last[i].data, data, len);
	last[i].len = len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	tree_root();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const uint8_t *end = len ? memchr(data, 0, len) : NULL;
		size_t here = end ? (size_t)(end - data) : len;

		put(i, data, here);
		here += end != NULL;
		data += here;
		len -= here;
	}
	tree_show();
	return 0;
}
