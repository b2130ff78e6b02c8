// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "model.h"
#include "util.h"

#define EVERY "*"

/* @s without the white space around it; cuts off what is behind. */
static char *trimmed(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* Returns NULL, or why @line is no section, which the caller frees. */
static char *parse_section(char *line, struct config *config)
{
	size_t len = strlen(line);
	char *name;

	if (line[len - 1] != ']')
		return xstrdup("a section ends with ]");
	line[len - 1] = '\0';
	name = trimmed(line + 1);
	if (strcmp(name, EVERY) && !fsys_is_name(name))
		return xasprintf("'%s' is no mount point, device, namespace, UUID=, LABEL= or "
				 EVERY, name);
	config->section = xgrow(config->section, config->n, sizeof(*config->section));
	config->section[config->n++].name = xstrdup(name);
	return NULL;
}

static char *parse_line(char *line, struct config *config)
{
	char *equals;

	if (!*line || *line == '#')
		return NULL;
	if (*line == '[')
		return parse_section(line, config);
	equals = strchr(line, '=');
	if (!equals)
		return xstrdup("neither [SECTION] nor KNOB = VALUE");
	if (!config->n)
		return xstrdup("stands before the first [SECTION]");
	*equals = '\0';
	return settings_add(&config->section[config->n - 1].settings, trimmed(line),
			    trimmed(equals + 1));
}

int config_parse(FILE *in, const char *name, struct config *config)
{
	unsigned long number = 0;
	char *line = NULL, *why = NULL;
	size_t room = 0;
	ssize_t len;
	int err;

	*config = (struct config){ 0 };
	errno = 0;
	while (!why && (len = getline(&line, &room, in)) != -1) {
		number++;
		if (strlen(line) != (size_t)len)
			why = xstrdup("holds a NUL byte");
		else
			why = parse_line(trimmed(line), config);
	}
	err = why || !feof(in) ? -1 : 0;
	if (why) {
		char *object = xasprintf("%s:%lu", name, number);

		complain(object, "read", "%s", why);
		free(object);
	} else if (err) {
		complain(name, "read", "%s", strerror(errno));
	}
	free(why);
	free(line);
	return err;
}

int config_load(const char *path, struct config *config)
{
	FILE *in = fopen(path, "re");
	int err;

	*config = (struct config){ 0 };
	if (!in) {
		complain(path, "open", "%s", strerror(errno));
		return -1;
	}
	err = config_parse(in, path, config);
	fclose(in);
	return err;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n; i++) {
		free(config->section[i].name);
		settings_free(&config->section[i].settings);
	}
	free(config->section);
	*config = (struct config){ 0 };
}

struct settings config_for(const struct config *config, const struct model *model,
			   const struct fsys *fs)
{
	struct settings settings = { 0 };

	for (size_t i = 0; i < config->n; i++) {
		const struct config_section *section = &config->section[i];

		/* What has no knobs is not meant by "every". */
		if (strcmp(section->name, EVERY) ? fsys_is_named(model, fs, section->name) :
						   fsys_has_knobs(model, fs))
			settings_merge(&settings, &section->settings);
	}
	return settings;
}
