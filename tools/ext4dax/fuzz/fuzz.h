/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: a captured tree of one namespace with a mounted
 * ext4, some of whose files hold the input.
 */
#ifndef EXT4DAX_FUZZ_H
#define EXT4DAX_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Called by libFuzzer with each input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The tree's folder, made at the first call, removed at exit. */
const char *tree_root(void);

/* Make @data the contents of the file @path, with its folders, of the tree. */
void tree_put(const char *path, const void *data, size_t len);

/* Show all that the model finds in the tree in every form, and verify it. */
void tree_show(void);

#endif
