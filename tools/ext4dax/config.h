/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/ext4dax.conf: which knobs which file system is to have. See ext4dax.conf(5). */
#ifndef EXT4DAX_CONFIG_H
#define EXT4DAX_CONFIG_H

#include <stdio.h>

#include "change.h"

struct config_section {
	char *name;		/* what stood in the brackets */
	struct settings settings;
};

struct config {
	struct config_section *section;
	size_t n;
};

/*
 * Read all of @in, which messages call @name. Returns 0, or -1 after a message
 * to stderr about the first fault. Release @config with config_free() either way.
 */
int config_parse(FILE *in, const char *name, struct config *config);

/* The same of the file @path. */
int config_load(const char *path, struct config *config);

void config_free(struct config *config);

/*
 * What @config asks of the mounted @fs: of the sections that name it, the later
 * win. Release it with settings_free().
 */
struct settings config_for(const struct config *config, const struct model *model,
			   const struct fsys *fs);

#endif
