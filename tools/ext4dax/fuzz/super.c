// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz the superblock: read it, store the default in it, read it again. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../model.h"
#include "../util.h"
#include "fuzz.h"

#define SUPER_OFFSET 1024
#define SUPER_BYTES 1024
#define IMAGE_BYTES (64 * 1024)

static void look(const char *path, struct super *super)
{
	struct fsys fs = { 0 };

	super_read(super, path);
	fs.super = *super;
	if (super->known)
		fsys_stripe(&fs);
	fsys_zeroed_alloc_default(&fs);
	fsys_rules_out_dax(&fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("super", MFD_CLOEXEC);
	struct super before = { 0 }, after = { 0 };
	char *path, *why;

	if (len > SUPER_BYTES)
		len = SUPER_BYTES;
	if (fd < 0 || ftruncate(fd, IMAGE_BYTES) ||
	    pwrite(fd, data, len, SUPER_OFFSET) != (ssize_t)len)
		abort();
	path = xasprintf("/proc/self/fd/%d", fd);
	look(path, &before);
	why = super_write_zeroed_alloc(path, !before.zeroed_alloc);
	look(path, &after);
	/* Written or refused, and nothing but that bit. */
	if (!why && (!after.known || after.zeroed_alloc == before.zeroed_alloc))
		abort();
	if (why && after.zeroed_alloc != before.zeroed_alloc)
		abort();
	if (after.bytes != before.bytes || after.block_size != before.block_size)
		abort();
	super_free(&before);
	super_free(&after);
	free(why);
	free(path);
	close(fd);
	return 0;
}
