/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The windows of files as a picture. */
#ifndef EXT4DAX_PICTURE_H
#define EXT4DAX_PICTURE_H

#include <stddef.h>

#include "file.h"
#include "render.h"

/* Print @files to stdout: picture, shares, reasons, remedy. */
void picture_print(const struct file *files, size_t n, const struct style *style);

/* Write the same as SVG to @path. Returns 0, or -1 after a message to stderr. */
int picture_write_svg(const struct file *files, size_t n, const char *path);

/* What --help says of the characters. */
void picture_explain(void);

#endif
