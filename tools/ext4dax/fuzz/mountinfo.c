// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz the table of mounts. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	tree_root();
	tree_put("/proc/self/mountinfo", data, len);
	tree_show();
	return 0;
}
