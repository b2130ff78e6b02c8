/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions that only the running kernel can answer, put to an unlinked file:
 * it has no name, so nothing is left behind, whatever happens.
 *
 * No probe touches mapped memory itself; pages are faulted in with
 * MADV_POPULATE_WRITE, where a fault that cannot be served is an error and
 * not a signal.
 */
#ifndef EXT4DAX_PROBE_H
#define EXT4DAX_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Number of 2 MiB windows that probe_pmd() maps. */
#define PROBE_WINDOWS 4

/*
 * Make an unlinked file in @folder, which must be on the device @devno.
 * Returns its descriptor, or -1 with *@why set to a text that the caller frees.
 */
int probe_open(const char *folder, dev_t devno, char **why);

/*
 * Whether the file @path, or @fd if that is "", uses DAX: 0 or 1, or a negative
 * errno.
 */
int probe_dax(int fd, const char *path);

/*
 * Map a page of the file @fd with MAP_SYNC and fault it in. Returns 0, or a
 * negative errno: -EOPNOTSUPP if the file system refuses MAP_SYNC.
 */
int probe_map_sync(int fd);

/*
 * Give the file @fd PROBE_WINDOWS times 2 MiB, map and fault all of it, and count
 * in *@mapped the windows that were mapped by 2 MiB. Returns 0, or a negative
 * errno with *@what set to the step that failed; -ENOTTY means that the kernel
 * cannot tell how a page is mapped.
 */
int probe_pmd(int fd, unsigned int *mapped, const char **what);

#endif
