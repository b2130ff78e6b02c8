// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * omcheck FILE: does FILE keep to the grammar of OpenMetrics 1.0, and to what
 * "promtool check metrics" asks for on top of it? Says where it does not.
 *
 * Checked are gauges and counters; a family of another type is refused.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 4096

/* A family: closed once another has begun. */
static struct family {
	char *name, *type, *unit, *help;
	bool sampled;
} families[MAX];
static size_t nfamilies;

/* Samples so far, by name and labels. */
static char *series[MAX];
static size_t nseries;

static unsigned long line_number;

static void __attribute__((noreturn, format(printf, 1, 2))) bad(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "line %lu: ", line_number);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static char *copy(const char *s, size_t len)
{
	char *c = strndup(s, len);

	if (!c)
		err(2, "memory");
	return c;
}

/* The length of the name at @s, 0 if there is none. Labels may have no colon. */
static size_t name_length(const char *s, bool colon)
{
	size_t len = 0;

	while (isalpha((unsigned char)s[len]) || s[len] == '_' || (colon && s[len] == ':') ||
	       (len && isdigit((unsigned char)s[len])))
		len++;
	return len;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && !strcmp(s + len - n, end);
}

static void check_utf8(const unsigned char *s)
{
	while (*s) {
		unsigned int more = *s < 0x80 ? 0 : *s >> 5 == 6 ? 1 : *s >> 4 == 14 ? 2 :
				    *s >> 3 == 30 ? 3 : 9;
		bool overlong = (more == 1 && *s < 0xc2) || (more == 2 && *s == 0xe0 && s[1] < 0xa0) ||
				(more == 2 && *s == 0xed && s[1] > 0x9f) ||
				(more == 3 && *s == 0xf0 && s[1] < 0x90) || (more == 3 && *s > 0xf4);

		if (more == 9 || overlong)
			bad("not UTF-8");
		for (s++; more; more--, s++)
			if (*s >> 6 != 2)
				bad("not UTF-8");
	}
}

/* Skip an escaped string up to @end. */
static const char *escaped(const char *s, char end)
{
	for (; *s != end; s++) {
		if (!*s)
			bad("a string without its end");
		if (*s == '"')
			bad("a quote that is not escaped");
		if (*s == '\\' && !strchr("n\\\"", *++s))
			bad("an escape that there is not");
		if (!*s)
			bad("a string without its end");
	}
	return s;
}

static struct family *family_named(const char *name, size_t len)
{
	struct family *last = nfamilies ? &families[nfamilies - 1] : NULL;

	for (size_t i = 0; i < nfamilies; i++) {
		if (strlen(families[i].name) != len || strncmp(families[i].name, name, len))
			continue;
		if (&families[i] != last)
			bad("the family %s is not in one piece", families[i].name);
		return last;
	}
	return NULL;
}

/* What a family must be once it is whole. */
static void check_family(const struct family *f)
{
	if (!f->type)
		bad("%s has no TYPE", f->name);
	if (!f->help || !*f->help)
		bad("%s has no HELP", f->name);
	if (f->unit && *f->unit) {
		char *end = NULL;

		if (asprintf(&end, "_%s", f->unit) < 0)
			err(2, "memory");
		if (!ends_with(f->name, end))
			bad("%s does not end with its unit", f->name);
		free(end);
	}
	if (!f->sampled)
		bad("%s has no sample", f->name);
	if (ends_with(f->name, "_total"))
		bad("%s: only a sample ends with _total", f->name);
	for (size_t i = 0; i < nfamilies; i++)
		if (!strcmp(families[i].type ? families[i].type : "", "counter") &&
		    !strncmp(f->name, families[i].name, strlen(families[i].name)) &&
		    !strcmp(f->name + strlen(families[i].name), "_total"))
			bad("%s is a sample of another family", f->name);
}

static void metadata(const char *s)
{
	static const char *const units[] = { "bytes", "seconds", "bytes_per_second", "ratio" };
	const char *keyword = s;
	struct family *f;
	size_t len;
	char **value;

	s += strcspn(s, " ");
	if (*s++ != ' ')
		bad("neither TYPE, UNIT nor HELP of a family");
	len = name_length(s, true);
	if (!len || s[len] != ' ')
		bad("no name of a family");
	f = family_named(s, len);
	if (!f) {
		if (nfamilies)
			check_family(&families[nfamilies - 1]);
		if (nfamilies == MAX)
			errx(2, "too many families");
		f = &families[nfamilies++];
		f->name = copy(s, len);
	}
	if (f->sampled)
		bad("what is said of %s comes after its samples", f->name);
	s += len + 1;
	if (!strncmp(keyword, "TYPE ", 5))
		value = &f->type;
	else if (!strncmp(keyword, "UNIT ", 5))
		value = &f->unit;
	else if (!strncmp(keyword, "HELP ", 5))
		value = &f->help;
	else
		bad("neither TYPE, UNIT nor HELP");
	if (*value)
		bad("said twice of %s", f->name);
	*value = copy(s, strlen(s));
	if (value == &f->type && strcmp(s, "gauge") && strcmp(s, "counter"))
		bad("the type '%s'", s);
	if (value == &f->unit) {
		size_t i = 0;

		while (i < sizeof(units) / sizeof(*units) && strcmp(units[i], s))
			i++;
		if (i == sizeof(units) / sizeof(*units))
			bad("the unit '%s' is not a base unit", s);
	}
	if (value == &f->help)
		escaped(s, '\0');
}

static const char *label_set(const char *s)
{
	char *names[64];
	size_t n = 0;

	do {
		size_t len = name_length(++s, false);

		if (!len)
			bad("no name of a label");
		if (n == sizeof(names) / sizeof(*names))
			errx(2, "too many labels");
		names[n] = copy(s, len);
		for (size_t i = 0; i < n; i++)
			if (!strcmp(names[i], names[n]))
				bad("the label %s twice", names[n]);
		n++;
		s += len;
		if (strncmp(s, "=\"", 2))
			bad("no value of a label");
		s = escaped(s + 2, '"') + 1;
	} while (*s == ',');
	if (*s != '}')
		bad("a label set without its end");
	while (n)
		free(names[--n]);
	return s + 1;
}

static void sample(const char *s)
{
	struct family *f = nfamilies ? &families[nfamilies - 1] : NULL;
	size_t len = name_length(s, true), base = len, i = 0;
	const char *start = s;
	double value;
	char *end, *key;

	if (!len)
		bad("no name of a sample");
	if (f && f->type && !strcmp(f->type, "counter")) {
		if (len < 6 || strncmp(s + len - 6, "_total", 6))
			bad("a counter that does not end with _total");
		base -= 6;
	}
	if (!f || strlen(f->name) != base || strncmp(f->name, s, base) || !f->type)
		bad("the sample is of no family that TYPE began");
	f->sampled = true;
	s += len;
	if (*s == '{')
		s = label_set(s);
	if (*s != ' ')
		bad("no space before the value");
	key = copy(start, s - start);
	while (i < nseries && strcmp(series[i], key))
		i++;
	if (i < nseries)
		bad("%s twice", key);
	if (nseries == MAX)
		errx(2, "too many samples");
	series[nseries++] = key;
	s++;
	if (!isdigit((unsigned char)*s) && !strchr("+-.NI", *s))
		bad("the value is no number");
	value = strtod(s, &end);
	if (end == s || *end || strpbrk(s, "xX"))
		bad("the value is no number");
	if (!strcmp(f->type, "counter") && !(value >= 0 && isfinite(value)))
		bad("a counter below 0");
}

int main(int argc, char **argv)
{
	bool ended = false;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	FILE *in;

	if (argc != 2)
		errx(2, "usage: omcheck FILE");
	in = fopen(argv[1], "r");
	if (!in)
		err(2, "%s", argv[1]);
	while ((len = getline(&line, &room, in)) != -1) {
		line_number++;
		if (ended)
			bad("something after # EOF");
		if (line[len - 1] != '\n')
			bad("a line without its end");
		line[--len] = '\0';
		if (strlen(line) != (size_t)len || strpbrk(line, "\r\t"))
			bad("a byte that does not belong there");
		check_utf8((const unsigned char *)line);
		if (!strcmp(line, "# EOF"))
			ended = true;
		else if (!strncmp(line, "# ", 2))
			metadata(line + 2);
		else
			sample(line);
	}
	if (!ended)
		bad("no # EOF");
	if (nfamilies)
		check_family(&families[nfamilies - 1]);
	return 0;
}
