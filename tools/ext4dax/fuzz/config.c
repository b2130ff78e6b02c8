// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz the configuration file. */
#include <stdlib.h>

#include "../config.h"
#include "../model.h"
#include "fuzz.h"

/* What has been read can be meant: knobs that set can write, in units that they have. */
static void check(const struct settings *settings)
{
	for (size_t i = 0; i < settings->n; i++) {
		const struct column *col = &columns[settings->s[i].knob];

		if (!col->writable || settings->s[i].value % col->scale)
			abort();
		if (col->type == TYPE_BOOL && settings->s[i].value > 1)
			abort();
		for (size_t j = 0; j < i; j++)
			if (settings->s[j].knob == settings->s[i].knob)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char name[] = "pmem0", uuid[] = "11111111-2222-3333-4444-555555555555", label[] = "data";
	const struct fsys fs = { .name = name, .uuid = uuid, .label = label };
	const struct model model = { .root = tree_root() };
	struct settings settings;
	struct config config;
	FILE *in;

	if (!len)
		return 0;
	in = fmemopen((void *)data, len, "r");
	if (!in)
		abort();
	if (config_parse(in, "fuzz", &config) == 0) {
		for (size_t i = 0; i < config.n; i++)
			check(&config.section[i].settings);
		settings = config_for(&config, &model, &fs);
		check(&settings);
		settings_free(&settings);
	}
	config_free(&config);
	fclose(in);
	return 0;
}
