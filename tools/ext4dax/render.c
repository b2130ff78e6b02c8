// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filemap.h"
#include "render.h"
#include "util.h"

/* ---- tables ---- */

/* As "0+4194304:pmd 4194304+4096:tail". */
static char *spans_text(const struct filemap *map)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < map->nspans; i++)
		fprintf(out, "%s%llu+%llu:%s", i ? " " : "",
			(unsigned long long)map->span[i].start,
			(unsigned long long)map->span[i].length,
			window_state_name(map->span[i].state));
	if (out)
		fclose(out);
	return text;
}

/* The text of a cell, NULL if it is unknown. The caller frees it. */
static char *cell_text(const struct column *col, struct cell cell, const struct style *style)
{
	char *size, *rate;

	if (!cell.known)
		return NULL;
	if (cell.as)
		col = cell.as;
	if (col->type == TYPE_STRING)
		return xstrdup(cell.string);
	if (col->type == TYPE_BOOL)
		return xstrdup(cell.truth ? "yes" : "no");
	if (col->type == TYPE_SPANS)
		return spans_text(cell.spans);
	if (style->bytes || (col->unit != UNIT_BYTES && col->unit != UNIT_BYTES_PER_SECOND))
		return xasprintf("%llu", (unsigned long long)cell.number);
	size = human_bytes(cell.number);
	if (col->unit == UNIT_BYTES)
		return size;
	rate = xasprintf("%s/s", size);
	free(size);
	return rate;
}

static const char *mood_color(enum mood mood)
{
	switch (mood) {
	case MOOD_GOOD:
		return "green";
	case MOOD_DOUBTFUL:
		return "yellow";
	case MOOD_BAD:
		return "red";
	case MOOD_DIM:
		return "darkgray";
	case MOOD_NONE:
		break;
	}
	return NULL;
}

static int add_column(struct libscols_table *table, const struct column *col)
{
	char *heading = xstrdup(col->id);
	int flags = 0;
	bool added;

	for (char *c = heading; *c; c++)
		*c = toupper((unsigned char)*c);
	if (col->type == TYPE_NUMBER)
		flags |= SCOLS_FL_RIGHT;
	if (col->wraps)
		flags |= SCOLS_FL_WRAP;
	added = scols_table_new_column(table, heading, col->width, flags);
	free(heading);
	return added ? 0 : -ENOMEM;
}

static int set_cell(struct libscols_line *line, size_t at, enum column_id id, const struct row *row,
		    const struct style *style)
{
	const struct column *col = &columns[id];
	char *text = cell_text(col, column_get(id, row), style);

	if (!text)
		return 0;
	if (scols_line_refer_data(line, at, text))
		return -ENOMEM;
	return scols_cell_set_color(scols_line_get_cell(line, at),
				    mood_color(col->mood ? col->mood(row) : MOOD_NONE));
}

/*
 * Choose columns of @report that fit side by side into @width: @cols becomes
 * those. The blank ones go first, then the last ones, never the first.
 */
static size_t fit_columns(const struct report *report, const struct style *style, size_t width,
			  enum column_id *cols)
{
	size_t *need = xcalloc(report->ncols, sizeof(*need));
	bool *blank = xcalloc(report->ncols, sizeof(*blank));
	size_t total = 0, left = 0;

	for (size_t c = 0; c < report->ncols; c++) {
		const struct column *col = &columns[report->cols[c]];
		size_t heading = strlen(col->id);

		blank[c] = true;
		need[c] = heading;
		for (size_t r = 0; r < report->nrows; r++) {
			char *text = cell_text(col, column_get(report->cols[c], &report->rows[r]),
					       style);

			if (text && *text) {
				blank[c] = false;
				if (!col->wraps && strlen(text) > need[c])
					need[c] = strlen(text);
			}
			free(text);
		}
		total += need[c] + 1;
	}
	for (int any = 0; any <= 1; any++) {
		for (size_t c = report->ncols - 1; c && total > width + 1; c--) {
			if (!need[c] || (!any && !blank[c]))
				continue;
			total -= need[c] + 1;
			need[c] = 0;
		}
	}
	for (size_t c = 0; c < report->ncols; c++)
		if (need[c])
			cols[left++] = report->cols[c];
	free(need);
	free(blank);
	return left;
}

static int fill_rows(struct libscols_table *table, const struct report *report,
		     const struct style *style)
{
	enum column_id *cols = xcalloc(report->ncols, sizeof(*cols));
	size_t ncols = report->ncols;
	int err = 0;

	memcpy(cols, report->cols, ncols * sizeof(*cols));
	if (report->drops && isatty(STDOUT_FILENO))
		ncols = fit_columns(report, style, scols_table_get_termwidth(table), cols);
	for (size_t c = 0; c < ncols && !err; c++)
		err = add_column(table, &columns[cols[c]]);
	for (size_t r = 0; r < report->nrows && !err; r++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line)
			err = -ENOMEM;
		for (size_t c = 0; c < ncols && !err; c++)
			err = set_cell(line, c, cols[c], &report->rows[r], style);
	}
	free(cols);
	return err;
}

static int fill_record(struct libscols_table *table, const struct report *report,
		       const struct style *style)
{
	if (!scols_table_new_column(table, "FIELD", 0.2, 0) ||
	    !scols_table_new_column(table, "VALUE", 0.8, SCOLS_FL_WRAP))
		return -ENOMEM;
	for (size_t r = 0; r < report->nrows; r++) {
		for (size_t c = 0; c < report->ncols; c++) {
			struct libscols_line *line = scols_table_new_line(table, NULL);

			if (!line || scols_line_set_data(line, 0, columns[report->cols[c]].id) ||
			    set_cell(line, 1, report->cols[c], &report->rows[r], style))
				return -ENOMEM;
		}
	}
	return 0;
}

static int render_table(const struct report *report, const struct style *style)
{
	struct libscols_table *table = scols_new_table();
	int err = -ENOMEM;

	if (table) {
		scols_table_enable_colors(table, style->color);
		scols_table_enable_noheadings(table, style->noheadings);
		err = report->record ? fill_record(table, report, style) :
				       fill_rows(table, report, style);
	}
	if (!err)
		err = scols_print_table(table);
	scols_unref_table(table);
	if (err) {
		complain("stdout", "write a table", "%s", strerror(-err));
		return -1;
	}
	return 0;
}

/* ---- JSON ---- */

static struct json_object *spans_json(const struct filemap *map)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < map->nspans; i++) {
		const struct span *span = &map->span[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "start", json_object_new_uint64(span->start));
		json_object_object_add(object, "length", json_object_new_uint64(span->length));
		json_object_object_add(object, "state",
				       json_object_new_string(window_state_name(span->state)));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *cell_json(const struct column *col, struct cell cell)
{
	struct json_object *json;
	char *valid;

	if (!cell.known)
		return NULL;
	if (cell.as)
		col = cell.as;
	switch (col->type) {
	case TYPE_NUMBER:
		return json_object_new_uint64(cell.number);
	case TYPE_BOOL:
		return json_object_new_boolean(cell.truth);
	case TYPE_SPANS:
		return spans_json(cell.spans);
	case TYPE_STRING:
		break;
	}
	valid = utf8_valid(cell.string);
	json = json_object_new_string(valid);
	free(valid);
	return json;
}

/* Give @object the keys of @row. */
static void row_json(const struct report *report, const struct row *row,
		     struct json_object *object)
{
	for (size_t c = 0; c < report->ncols; c++) {
		enum column_id id = report->cols[c];

		json_object_object_add(object, columns[id].id,
				       cell_json(&columns[id], column_get(id, row)));
	}
}

/* Write a line of JSON. It may have DEL and C1 as they are, which act on a terminal. */
static void put_escaped(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	for (; *c; c++) {
		size_t len = utf8_control((const char *)c);

		if (*c < 0x7f || !len) {
			putchar(*c);
			continue;
		}
		c += len - 1;
		printf("\\u%04x", *c);
	}
	putchar('\n');
}

/* Write @top, and release it. */
static int put_json(struct json_object *top, int flags)
{
	const char *text = json_object_to_json_string_ext(top, flags |
							  JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		put_escaped(text);
	else
		complain("stdout", "write JSON", "out of memory");
	json_object_put(top);
	return text ? 0 : -1;
}

static int render_json(const struct report *report)
{
	struct json_object *top = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	json_object_object_add(top, PROGRAM, json_object_new_int(JSON_FORMAT));
	json_object_object_add(top, report->array, rows);
	for (size_t r = 0; r < report->nrows; r++) {
		struct json_object *object = json_object_new_object();

		row_json(report, &report->rows[r], object);
		json_object_array_add(rows, object);
	}
	return put_json(top, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

int render_line(const struct report *report)
{
	struct json_object *object = json_object_new_object();
	int err;

	json_object_object_add(object, PROGRAM, json_object_new_int(JSON_FORMAT));
	row_json(report, &report->rows[0], object);
	err = put_json(object, JSON_C_TO_STRING_PLAIN);
	return stdout_flush() ? -1 : err;
}

int render(const struct report *report, const struct style *style)
{
	return style->json ? render_json(report) : render_table(report, style);
}
