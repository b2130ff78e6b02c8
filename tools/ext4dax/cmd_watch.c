// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "model.h"
#include "sample.h"
#include "term.h"
#include "util.h"

/* What the screen shows of each counter, and under what name. */
static const struct {
	enum column_id id;
	const char *name;
} counters[] = {
	{ COL_POOL_HIT, "served from the pool" },
	{ COL_POOL_ZEROED, "zeroed for the pool" },
	{ COL_INLINE_ZEROED, "zeroed while waiting" },
	{ COL_UNZEROED, "never zeroed" },
	{ COL_PMD_FAULTS, "faults by 2 MiB" },
	{ COL_PTE_FAULTS, "faults by a page" },
	{ COL_FALLBACK_FAULTS, "2 MiB tries in vain" },
	{ COL_RANGE_WAITS, "faults that waited" },
	{ COL_RANGE_WAIT_US, "us that they waited" },
};

/* Rates that a screen can show of each counter. */
#define HISTORY 256

struct watch {
	const struct invocation *call;
	const struct model *model;
	struct fsys *fs;
	struct sample sample;
	uint64_t rate[ARRAY_SIZE(counters)][HISTORY];	/* rings */
	size_t looks;
};

/* ---- looking ---- */

/* Returns 0, or -1 when there is nothing to see. */
static int look(struct watch *watch)
{
	struct sample *sample = &watch->sample;
	struct timespec wall;

	sample->first = !watch->looks;
	sample->before = sample->now;
	if (!fsys_read_knobs(watch->model, watch->fs))
		return -1;
	clock_gettime(CLOCK_REALTIME, &wall);
	sample->now.wall_ms = wall.tv_sec * 1000ULL + wall.tv_nsec / 1000000;
	sample->now.ns = term_now();
	memcpy(sample->now.knob, watch->fs->knob, sizeof(sample->now.knob));
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		watch->rate[i][watch->looks % HISTORY] = sample_rate(sample, counters[i].id).number;
	watch->looks++;
	return 0;
}

/* ---- showing ---- */

/* Of @width characters, as many as @part is of @whole. */
static void put_bar(FILE *out, uint64_t part, uint64_t whole, unsigned int width)
{
	unsigned int full = whole ? (unsigned __int128)part * width / whole : 0;

	for (unsigned int i = 0; i < width; i++)
		fputs(i < full ? (term_utf8() ? "█" : "#") : (term_utf8() ? "·" : "."), out);
}

/* The last @width rates of the counter @i, each as a share of the greatest. */
static void put_history(FILE *out, const struct watch *watch, size_t i, unsigned int width)
{
	static const char *const utf8[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { "_", ".", "-", "=", "+", "*", "%", "#" };
	size_t n = watch->looks - 1;	/* the first has no rate */
	uint64_t top = 1;

	if (n > width)
		n = width;
	if (n > HISTORY)
		n = HISTORY;
	for (size_t j = watch->looks - n; j < watch->looks; j++)
		if (watch->rate[i][j % HISTORY] > top)
			top = watch->rate[i][j % HISTORY];
	for (size_t j = watch->looks - n; j < watch->looks; j++) {
		uint64_t rate = watch->rate[i][j % HISTORY];
		size_t step = (unsigned __int128)rate * (ARRAY_SIZE(utf8) - 1) / top;

		/* Little is not nothing. */
		if (rate && !step)
			step = 1;
		fputs((term_utf8() ? utf8 : ascii)[step], out);
	}
}

static char *value_text(enum column_id id, uint64_t value, const struct style *style)
{
	if (columns[id].unit == UNIT_BYTES && !style->bytes)
		return human_bytes(value);
	return xasprintf("%llu", (unsigned long long)value);
}

static void put_pool(FILE *out, const struct watch *watch, unsigned int width)
{
	const struct knob *knob = watch->sample.now.knob;
	struct cell hits = sample_hit_percent(&watch->sample);
	char *ready, *target;

	if (!knob[COL_POOL_READY].known || !knob[COL_POOL_TARGET].known)
		return;
	ready = value_text(COL_POOL_READY, knob[COL_POOL_READY].value, &watch->call->style);
	target = value_text(COL_POOL_TARGET, knob[COL_POOL_TARGET].value, &watch->call->style);
	fputs("\npool ", out);
	put_bar(out, knob[COL_POOL_READY].value, knob[COL_POOL_TARGET].value,
		width > 70 ? 40 : width > 40 ? width - 30 : 10);
	fprintf(out, " %s of %s", ready, target);
	if (hits.known)
		fprintf(out, ", hits %llu%%", (unsigned long long)hits.number);
	fputc('\n', out);
	free(ready);
	free(target);
}

static void put_counter(FILE *out, const struct watch *watch, size_t i, unsigned int width)
{
	enum column_id id = counters[i].id;
	const struct knob *knob = &watch->sample.now.knob[id];
	struct cell rate = sample_rate(&watch->sample, id);
	char *total, *text;

	if (!knob->known)
		return;
	total = value_text(id, knob->value, &watch->call->style);
	text = rate.known ? value_text(id, rate.number, &watch->call->style) : xstrdup("");
	fprintf(out, "%-20s %12s %12s  ", counters[i].name, total, text);
	if (width > 50)
		put_history(out, watch, i, width - 50);
	fputc('\n', out);
	free(total);
	free(text);
}

/* Returns 0, or -1 if stdout could not be written. */
static int show(const struct watch *watch)
{
	const struct sample *sample = &watch->sample;
	const unsigned int width = term_size().columns;
	time_t seconds = sample->now.wall_ms / 1000;
	char clock[sizeof("00:00:00")];
	char *text = NULL;
	struct tm local;
	size_t size;
	FILE *out;
	int err;

	out = open_memstream(&text, &size);
	if (!out)
		out_of_memory();
	strftime(clock, sizeof(clock), "%T", localtime_r(&seconds, &local));
	fprintf(out, "%s  every %u.%u s  %s on ", clock, watch->call->interval_ms / 1000,
		watch->call->interval_ms % 1000 / 100, watch->fs->name);
	put_safe(out, watch->fs->mount->target);
	fprintf(out, "  " OPTION_NAME " %s\n",
		fsys_zeroed_alloc(watch->fs) == YES ? "on" : "off");
	put_pool(out, watch, width);
	fprintf(out, "\n%-20s %12s %12s\n", "", "since mount", "a second");
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		put_counter(out, watch, i, width);
	if (fclose(out))
		out_of_memory();
	err = term_show(text);
	free(text);
	return err;
}

static int report(const struct watch *watch)
{
	const struct row row = {
		.model = watch->model,
		.fs = watch->fs,
		.sample = &watch->sample,
	};
	const struct report report = {
		.rows = &row, .nrows = 1, .cols = watch->call->cols, .ncols = watch->call->ncols,
	};

	return render_line(&report);
}

/* ---- the loop ---- */

/* Returns 0, or -1 when there is nothing more to see, or nobody to see it. */
static int watch_on(struct watch *watch)
{
	const bool json = watch->call->style.json;
	enum term_event event = TERM_TIMEOUT;
	uint64_t due = term_now();

	for (;;) {
		if (event == TERM_TIMEOUT) {
			if (look(watch))
				return -1;
			if (json && report(watch))
				return -1;
			if (watch->looks == watch->call->count)
				return 0;
			/* What came late is not made up for. */
			due += watch->call->interval_ms * 1000000ULL;
			if (due < term_now())
				due = term_now();
		}
		if (!json && show(watch))
			return -1;
		event = term_wait(due);
		if (event == TERM_QUIT)
			return 0;
		if (event == TERM_SIGNAL)
			term_die();
	}
}

static int run(const struct command *command, const struct invocation *call)
{
	struct target target = { 0 };
	struct watch *watch = xcalloc(1, sizeof(*watch));
	struct model model;
	int err;

	(void)command;
	err = model_load(&model, call->root);
	if (!err)
		err = model_resolve(&model, call->targets[0], &target);
	if (!err && !target_is_ext4(&target, "watch"))
		err = -1;
	if (!err && !target.fs->mount) {
		complain(target.name, "watch", "it is not mounted");
		err = -1;
	}
	if (!err && !call->style.json) {
		err = term_begin();
		if (err)
			complain("terminal", "prepare", "%s", strerror(-err));
	}
	if (!err) {
		watch->call = call;
		watch->model = &model;
		watch->fs = target.fs;
		err = watch_on(watch);
		/* Messages, and the last of several looks, stay on the screen. */
		term_end();
		if (err && !ferror(stdout))
			complain(target.name, "watch", "%s", watch->looks ?
				 "it is no longer mounted" :
				 "this kernel's ext4 has no counters for it");
		else if (watch->looks == call->count && !call->style.json)
			show(watch);
	}
	free(watch);
	target_free(&target);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static const enum column_id cols[] = {
	COL_DEVICE, COL_MOUNTPOINT, COL_TIME_MS, COL_INTERVAL_MS, COL_ZEROED_ALLOC,
	COL_POOL_TARGET, COL_POOL_READY, COL_POOL_HIT_PERCENT,
	COL_POOL_HIT, COL_POOL_ZEROED, COL_INLINE_ZEROED, COL_UNZEROED, COL_PMD_FAULTS,
	COL_PTE_FAULTS, COL_FALLBACK_FAULTS, COL_RANGE_WAITS, COL_RANGE_WAIT_US,
	COL_POOL_HIT_RATE, COL_POOL_ZEROED_RATE, COL_INLINE_ZEROED_RATE, COL_UNZEROED_RATE,
	COL_PMD_FAULT_RATE, COL_PTE_FAULT_RATE, COL_FALLBACK_FAULT_RATE, COL_RANGE_WAIT_RATE,
	COL_RANGE_WAIT_US_RATE,
};

const struct command command_watch = {
	.name = "watch",
	.args = "TARGET",
	.help = "follow the pool and the counters of a file system; q ends it",
	.takes = TAKES_JSON | TAKES_BYTES | TAKES_SYSROOT | TAKES_INTERVAL,
	.targets_min = 1,
	.targets_max = 1,
	.objects = OBJECT_FILESYSTEM | OBJECT_SAMPLE,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
};
