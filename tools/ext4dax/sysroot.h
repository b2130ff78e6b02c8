/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files below a root: the running system's ("") or a captured tree's.
 *
 * Every path is a printf format, absolute, and gets the root in front.
 */
#ifndef EXT4DAX_SYSROOT_H
#define EXT4DAX_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* Sorted names of a folder, "." and ".." left out. */
struct names {
	char **name;
	size_t n;
};

/* The path itself. The caller frees it. */
char *sys_path(const char *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* True if the path exists. */
bool sys_exists(const char *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Contents of a file without the white space at its end, NULL with errno set
 * if it cannot be read. The caller frees them.
 */
char *sys_str(const char *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Read a file that holds one unsigned number, decimal or 0x-prefixed.
 * Returns false, with *@value untouched, if it cannot be read or holds
 * anything else.
 */
bool sys_u64(const char *root, uint64_t *value, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Names in a folder in version order (pmem2 before pmem10); none if it cannot
 * be read. Release them with names_free().
 */
struct names sys_dir(const char *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

void names_free(struct names *names);

#endif
