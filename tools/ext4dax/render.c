// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "render.h"
#include "util.h"

/* ---- tables ---- */

/* The text of a cell, NULL if it is unknown. The caller frees it. */
static char *cell_text(const struct column *col, struct cell cell, const struct style *style)
{
	char *size, *rate;

	if (!cell.known)
		return NULL;
	if (col->type == TYPE_STRING)
		return xstrdup(cell.string);
	if (col->type == TYPE_BOOL)
		return xstrdup(cell.truth ? "yes" : "no");
	if (style->bytes || (col->unit != UNIT_BYTES && col->unit != UNIT_BYTES_PER_SECOND))
		return xasprintf("%llu", (unsigned long long)cell.number);
	size = human_bytes(cell.number);
	if (col->unit == UNIT_BYTES)
		return size;
	rate = xasprintf("%s/s", size);
	free(size);
	return rate;
}

static const char *result_color(enum check_result result)
{
	switch (result) {
	case CHECK_OK:
		return "green";
	case CHECK_WARN:
		return "yellow";
	case CHECK_FAIL:
		return "red";
	case CHECK_SKIPPED:
		break;
	}
	return "darkgray";
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

static int set_cell(struct libscols_line *line, size_t at, char *text)
{
	return text ? scols_line_refer_data(line, at, text) : 0;
}

static int fill_rows(struct libscols_table *table, const struct report *report,
		     const struct style *style)
{
	for (size_t c = 0; c < report->ncols; c++)
		if (add_column(table, &columns[report->cols[c]]))
			return -ENOMEM;

	for (size_t r = 0; r < report->nrows; r++) {
		const struct row *row = &report->rows[r];
		struct libscols_line *line = scols_table_new_line(table, NULL);

		for (size_t c = 0; line && c < report->ncols; c++) {
			enum column_id id = report->cols[c];
			struct cell cell = column_get(id, row);

			if (set_cell(line, c, cell_text(&columns[id], cell, style)))
				return -ENOMEM;
			if (id == COL_RESULT && row->check)
				scols_cell_set_color(scols_line_get_cell(line, c),
						     result_color(row->check->result));
		}
		if (!line)
			return -ENOMEM;
	}
	return 0;
}

static int fill_record(struct libscols_table *table, const struct report *report,
		       const struct style *style)
{
	if (!scols_table_new_column(table, "FIELD", 0.2, 0) ||
	    !scols_table_new_column(table, "VALUE", 0.8, SCOLS_FL_WRAP))
		return -ENOMEM;
	for (size_t r = 0; r < report->nrows; r++) {
		for (size_t c = 0; c < report->ncols; c++) {
			const struct column *col = &columns[report->cols[c]];
			struct cell cell = column_get(report->cols[c], &report->rows[r]);
			struct libscols_line *line = scols_table_new_line(table, NULL);

			if (!line || set_cell(line, 0, xstrdup(col->id)) ||
			    set_cell(line, 1, cell_text(col, cell, style)))
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

static struct json_object *cell_json(const struct column *col, struct cell cell)
{
	struct json_object *json;
	char *valid;

	if (!cell.known)
		return NULL;
	switch (col->type) {
	case TYPE_NUMBER:
		return json_object_new_uint64(cell.number);
	case TYPE_BOOL:
		return json_object_new_boolean(cell.truth);
	case TYPE_STRING:
		break;
	}
	valid = utf8_valid(cell.string);
	json = json_object_new_string(valid);
	free(valid);
	return json;
}

static int render_json(const struct report *report)
{
	struct json_object *top = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	const char *text;

	json_object_object_add(top, PROGRAM, json_object_new_int(JSON_FORMAT));
	json_object_object_add(top, report->array, rows);
	for (size_t r = 0; r < report->nrows; r++) {
		struct json_object *object = json_object_new_object();

		for (size_t c = 0; c < report->ncols; c++) {
			enum column_id id = report->cols[c];

			json_object_object_add(object, columns[id].id,
					       cell_json(&columns[id],
							 column_get(id, &report->rows[r])));
		}
		json_object_array_add(rows, object);
	}
	text = json_object_to_json_string_ext(top, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	else
		complain("stdout", "write JSON", "out of memory");
	json_object_put(top);
	return text ? 0 : -1;
}

int render(const struct report *report, const struct style *style)
{
	return style->json ? render_json(report) : render_table(report, style);
}
