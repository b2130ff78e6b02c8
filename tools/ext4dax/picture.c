// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <stdlib.h>

#include "output.h"
#include "picture.h"
#include "term.h"
#include "util.h"

/* A large file is drawn with several windows to a character: never more lines. */
#define LINES_MAX 16

/* A line of windows in SVG, and the size of one. */
#define SVG_LINE 64
#define SVG_CELL 12

static const struct {
	const char *utf8, *ascii;
	const char *sgr;	/* colour of the terminal */
	const char *svg;
	const char *help;
} look[WINDOW_STATES] = {
	[WINDOW_PMD] = { "█", "#", "32", "#2e7d32", "can be mapped by 2 MiB" },
	[WINDOW_UNWRITTEN] = { "░", "u", "36", "#80cbc4", "can be, once it is written" },
	[WINDOW_FRAGMENTED] = { "▒", "f", "33", "#f9a825", "aligned, but not one run of written blocks" },
	[WINDOW_MISALIGNED] = { "x", "x", "31", "#c62828", "off the 2 MiB boundary" },
	[WINDOW_HOLE] = { "·", ".", "90", "#eceff1", "no blocks" },
	[WINDOW_TAIL] = { "e", "e", "90", "#b0bec5", "the file ends in it" },
};

/* From the best on, as legends show them. */
static const enum window_state legend[] = {
	WINDOW_PMD, WINDOW_UNWRITTEN, WINDOW_FRAGMENTED, WINDOW_MISALIGNED, WINDOW_HOLE, WINDOW_TAIL,
};

/* A file cut into places of equal size, each in the state that most asks for attention. */
struct grid {
	const struct filemap *map;
	uint64_t place;		/* bytes, a power of two of windows */
	uint64_t places;
	size_t span;		/* where grid_next() is */
	uint64_t at;
};

static struct grid grid_of(const struct filemap *map, unsigned int line, unsigned int lines)
{
	struct grid grid = { .map = map, .place = PMD_BYTES };

	while ((map->size + grid.place - 1) / grid.place > (uint64_t)line * lines)
		grid.place *= 2;
	grid.places = (map->size + grid.place - 1) / grid.place;
	return grid;
}

static enum window_state grid_next(struct grid *grid)
{
	const struct filemap *map = grid->map;
	enum window_state seen = WINDOW_HOLE;

	grid->at += grid->place;
	for (; grid->span < map->nspans && map->span[grid->span].start < grid->at; grid->span++) {
		const struct span *span = &map->span[grid->span];

		if (span->state > seen)
			seen = span->state;
		if (span->start + span->length > grid->at)
			break;
	}
	return seen;
}

static char *size_text(uint64_t bytes, const struct style *style)
{
	return style->bytes ? xasprintf("%llu", (unsigned long long)bytes) : human_bytes(bytes);
}

/* ---- terminal ---- */

static const char *mark(enum window_state state)
{
	return term_utf8() ? look[state].utf8 : look[state].ascii;
}

static void print_mark(enum window_state state, const struct style *style)
{
	if (style->color)
		printf("\033[%sm%s\033[0m", look[state].sgr, mark(state));
	else
		fputs(mark(state), stdout);
}

static void print_grid(const struct filemap *map, const struct style *style)
{
	unsigned int margin = style->bytes ? 20 : 7, line = 1;
	unsigned int width = term_size().columns;
	enum window_state before = WINDOW_HOLE;
	struct grid grid;

	while (margin + 1 + 2 * line <= width && line < 64)
		line *= 2;
	grid = grid_of(map, line, LINES_MAX);
	for (uint64_t i = 0; i < grid.places; i++) {
		enum window_state state = grid_next(&grid);

		if (i % line == 0) {
			char *at = size_text(i * grid.place, style);

			printf("%*s ", margin, at);
			free(at);
		}
		/* A colour lasts as long as it is the same. */
		if (style->color && (i % line == 0 || state != before))
			printf("\033[%sm", look[state].sgr);
		fputs(mark(state), stdout);
		before = state;
		if (i % line == line - 1 || i == grid.places - 1)
			puts(style->color ? "\033[0m" : "");
	}
	if (grid.places) {
		char *place = size_text(grid.place, style);

		printf("%*s each character is %s%s\n", margin, "", place,
		       grid.place > PMD_BYTES ? ", and shows the worst in it" : "");
		free(place);
	}
}

static void print_shares(const struct file *file, const struct style *style)
{
	for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
		enum window_state state = legend[i];
		unsigned int share = filemap_share(&file->map, state, 1000);
		char *size;

		if (!file->map.bytes[state])
			continue;
		size = size_text(file->map.bytes[state], style);
		printf("%4u.%u%% ", share / 10, share % 10);
		print_mark(state, style);
		printf(" %-10s %7s  %s\n", window_state_name(state), size, look[state].help);
		free(size);
	}
}

/* The parts of @file->detail, a line each. */
static void print_reasons(const struct file *file)
{
	const char *at = file->detail;

	while (at) {
		const char *end = strstr(at, "; ");

		printf("    why %.*s\n", end ? (int)(end - at) : (int)strlen(at), at);
		at = end ? end + 2 : NULL;
	}
	if (file->remedy) {
		fputs(" remedy ", stdout);
		put_safe(stdout, file->remedy);
		putchar('\n');
	}
}

void picture_print(const struct file *files, size_t n, const struct style *style)
{
	for (size_t i = 0; i < n; i++) {
		const struct file *file = &files[i];
		char *size = size_text(file->map.size, style);

		if (i)
			putchar('\n');
		put_safe(stdout, file->name);
		printf(": %s, %llu extent%s%s\n", size, (unsigned long long)file->map.extents,
		       file->map.extents == 1 ? "" : "s",
		       file->dax == YES ? ", DAX" : file->dax == NO ? ", no DAX" : "");
		free(size);
		print_grid(&file->map, style);
		print_shares(file, style);
		print_reasons(file);
	}
}

void picture_explain(void)
{
	puts("\nWindows of 2 MiB, as the picture shows them:");
	for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
		enum window_state state = legend[i];

		printf("  %s %-12s %s\n", mark(state), window_state_name(state), look[state].help);
	}
}

/* ---- SVG ---- */

/* @text for XML: nothing in it can be markup, or a control character. */
static void put_xml(FILE *out, const char *text)
{
	char *valid = utf8_valid(text);

	for (const char *c = valid; *c; c++) {
		size_t control = utf8_control(c);

		if (control) {
			fputs(UTF8_REPLACEMENT, out);
			c += control - 1;
			continue;
		}
		if (strchr("&<>\"", *c))
			fprintf(out, "&#%d;", *c);
		else
			fputc(*c, out);
	}
	free(valid);
}

static void svg_rect(FILE *out, uint64_t from, uint64_t to, unsigned int top, enum window_state state)
{
	fprintf(out, "<rect x=\"%llu\" y=\"%llu\" width=\"%llu\" height=\"%d\" fill=\"%s\"/>\n",
		(unsigned long long)(from % SVG_LINE * SVG_CELL + 8),
		(unsigned long long)(top + from / SVG_LINE * SVG_CELL),
		(unsigned long long)((to - from) * SVG_CELL - 1), SVG_CELL - 1, look[state].svg);
}

/* Draw @file from @top on. Returns where the next one can begin. */
static unsigned int svg_file(FILE *out, const struct file *file, unsigned int top)
{
	struct grid grid = grid_of(&file->map, SVG_LINE, LINES_MAX);
	char *size = human_bytes(file->map.size), *place = human_bytes(grid.place);
	enum window_state state = WINDOW_HOLE;
	uint64_t from = 0;

	fprintf(out, "<text x=\"8\" y=\"%u\">", top + 14);
	put_xml(out, file->name);
	fprintf(out, ": %s, a square is %s</text>\n", size, place);
	free(size);
	free(place);
	top += 22;
	for (uint64_t i = 0; i < grid.places; i++) {
		enum window_state next = grid_next(&grid);

		if (i > from && (next != state || i % SVG_LINE == 0)) {
			svg_rect(out, from, i, top, state);
			from = i;
		}
		state = next;
	}
	if (grid.places)
		svg_rect(out, from, grid.places, top, state);
	top += (grid.places + SVG_LINE - 1) / SVG_LINE * SVG_CELL + 6;

	for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
		unsigned int share = filemap_share(&file->map, legend[i], 1000);

		if (!file->map.bytes[legend[i]])
			continue;
		fprintf(out, "<rect x=\"8\" y=\"%u\" width=\"11\" height=\"11\" fill=\"%s\"/>\n"
			"<text x=\"26\" y=\"%u\">%u.%u%% %s: %s</text>\n", top, look[legend[i]].svg,
			top + 10, share / 10, share % 10, window_state_name(legend[i]),
			look[legend[i]].help);
		top += 18;
	}
	return top + 10;
}

int picture_write_svg(const struct file *files, size_t n, const char *path)
{
	struct output output;
	unsigned int top = 8;
	char *body = NULL;
	size_t size;
	FILE *out;

	if (output_begin(&output, path))
		return -1;
	/* The height comes first, and is known last. */
	out = open_memstream(&body, &size);
	if (!out)
		out_of_memory();
	for (size_t i = 0; i < n; i++)
		top = svg_file(out, &files[i], top);
	if (fclose(out))
		out_of_memory();
	fprintf(output.stream, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		"font-family=\"monospace\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n",
		SVG_LINE * SVG_CELL + 16, top, body);
	free(body);
	return output_end(&output);
}
