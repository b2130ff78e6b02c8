// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The renderer for monitoring. What it writes is OpenMetrics 1.0, and can be read
 * as Prometheus' older text format too, as node_exporter does: so it keeps to the
 * types that both know, and what says in words how a row is set up is a gauge of
 * value 1, not an info.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "util.h"

/* NULL for no unit, and for those of rates, which a monitoring system makes itself. */
static const char *unit_name(enum column_unit unit)
{
	switch (unit) {
	case UNIT_BYTES:
		return "bytes";
	case UNIT_BYTES_PER_SECOND:
		return "bytes_per_second";
	case UNIT_MICROSECONDS:
		return "seconds";
	default:
		return NULL;
	}
}

/* The name of a column's family; the caller frees it. */
static char *family_name(const struct column *col)
{
	const char *unit = unit_name(col->unit);
	size_t len = strlen(col->id);

	/* Columns say their unit only where it is not a base one, which this undoes. */
	if (col->unit == UNIT_MICROSECONDS && len > 3 && !strcmp(col->id + len - 3, "_us"))
		len -= 3;
	return xasprintf(PROGRAM "_%s%.*s%s%s", col->object == OBJECT_NAMESPACE ? "namespace_" : "",
			 (int)len, col->id, unit ? "_" : "", unit ? unit : "");
}

/* A control character has no place in a label: somebody will look at it in a terminal. */
static void put_escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		size_t control = utf8_control(s);

		if (*s == '\n') {
			fputs("\\n", out);
		} else if (control) {
			fputs(UTF8_REPLACEMENT, out);
			s += control - 1;
		} else if (*s == '\\' || *s == '"') {
			fprintf(out, "\\%c", *s);
		} else {
			fputc(*s, out);
		}
	}
}

static void put_label(FILE *out, enum column_id id, const struct row *row, bool *first)
{
	struct cell cell = column_get(id, row);
	char *valid;

	if (!cell.known)
		return;
	valid = utf8_valid(cell.string);
	fprintf(out, "%c%s=\"", *first ? '{' : ',', columns[id].id);
	put_escaped(out, valid);
	fputc('"', out);
	free(valid);
	*first = false;
}

static void put_labels(FILE *out, const enum column_id *labels, size_t n, const struct row *row)
{
	bool first = true;

	for (size_t i = 0; i < n; i++)
		put_label(out, labels[i], row, &first);
	if (!first)
		fputc('}', out);
}

static void put_value(FILE *out, const struct column *col, struct cell cell)
{
	if (col->type == TYPE_BOOL)
		fprintf(out, " %d\n", cell.truth);
	else if (col->unit == UNIT_MICROSECONDS)
		fprintf(out, " %" PRIu64 ".%06" PRIu64 "\n", cell.number / 1000000,
			cell.number % 1000000);
	else
		fprintf(out, " %" PRIu64 "\n", cell.number);
}

static void put_head(FILE *out, const char *name, const char *type, const char *unit,
		     const char *help)
{
	fprintf(out, "# TYPE %s %s\n", name, type);
	if (unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s ", name);
	put_escaped(out, help);
	fputc('\n', out);
}

static bool row_is(const struct row *row, enum column_object object)
{
	return object == OBJECT_NAMESPACE ? row->ns != NULL : row->fs != NULL;
}

/* What tells rows apart: few, because each makes a time series. */
static const enum column_id labels[] = { COL_DEVICE, COL_NAMESPACE, COL_MOUNTPOINT };

static void put_family(FILE *out, const struct report *report, enum column_id id)
{
	const struct column *col = &columns[id];
	char *name = family_name(col);
	bool headed = false;

	for (size_t r = 0; r < report->nrows; r++) {
		struct cell cell = column_get(id, &report->rows[r]);

		if (!cell.known || !row_is(&report->rows[r], col->object))
			continue;
		if (!headed)
			put_head(out, name, col->counter ? "counter" : "gauge",
				 unit_name(col->unit), col->help);
		headed = true;
		fprintf(out, "%s%s", name, col->counter ? "_total" : "");
		put_labels(out, labels, ARRAY_SIZE(labels), &report->rows[r]);
		put_value(out, col, cell);
	}
	free(name);
}

/* What is a word and not a number, by object, in the labels of one family each. */
static const struct info {
	const char *what;
	enum column_object object;
	enum column_id labels[7];
	size_t nlabels;
} infos[] = {
	{ "namespace", OBJECT_NAMESPACE,
	  { COL_DEVICE, COL_NAMESPACE, COL_MODE, COL_MAP, COL_PERSISTENCE, COL_HEALTH }, 6 },
	{ "filesystem", OBJECT_FILESYSTEM,
	  { COL_DEVICE, COL_NAMESPACE, COL_MOUNTPOINT, COL_FSTYPE, COL_LABEL, COL_UUID, COL_DAX },
	  7 },
};

static void put_info(FILE *out, const struct report *report, const struct info *info)
{
	char *name = xasprintf(PROGRAM "_%s_info", info->what);
	bool headed = false;

	for (size_t r = 0; r < report->nrows; r++) {
		const struct row *row = &report->rows[r];

		if (!row_is(row, info->object))
			continue;
		if (!headed)
			put_head(out, name, "gauge", NULL, "what it is, in the labels; always 1");
		headed = true;
		fputs(name, out);
		put_labels(out, info->labels, info->nlabels, row);
		fputs(" 1\n", out);
	}
	free(name);
}

void render_openmetrics(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
		put_info(out, report, &infos[i]);
	for (size_t c = 0; c < report->ncols; c++)
		put_family(out, report, report->cols[c]);
	fputs("# EOF\n", out);
}
