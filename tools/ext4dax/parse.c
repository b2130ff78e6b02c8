// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "util.h"

const char *parse_bytes(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	unsigned long long number;
	unsigned int shift = 0;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return "not a size";
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return "too large";
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
		if (!strcmp(end, "B"))
			return "ambiguous: write K or KiB";
		if (!strcmp(end, "iB"))
			end += 2;
	} else if (*end == 'B') {
		end++;
	}
	if (*end)
		return "not a size: write a whole number, and K, M, G or T";
	if (shift && number >> (64 - shift))
		return "too large";
	*bytes = number << shift;
	return NULL;
}

const char *parse_truth(const char *text, bool *truth)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "off", "on" }, { "false", "true" }, { "0", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (size_t j = 0; j < 2; j++) {
			if (strcmp(text, words[i][j]))
				continue;
			*truth = j;
			return NULL;
		}
	}
	return "neither yes nor no";
}
