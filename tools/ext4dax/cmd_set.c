// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets knobs: those named on the command line, or those that a configuration
 * file asks for, once or whenever a file system is mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "command.h"
#include "config.h"
#include "model.h"
#include "sysroot.h"
#include "util.h"

/* The rows of a run: those of several file systems, if a file asks for them. */
struct rows {
	struct row *row;
	size_t n;
};

static void add_rows(struct rows *rows, const struct model *model, const struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		rows->row = xgrow(rows->row, rows->n, sizeof(*rows->row));
		rows->row[rows->n++] = (struct row){
			.model = model,
			.ns = changes->fs->nns ? changes->fs->ns[0] : NULL,
			.fs = changes->fs,
			.change = &changes->c[i],
		};
	}
}

static int show(const struct rows *rows, const struct invocation *call)
{
	const struct report report = {
		.array = "changes",
		.rows = rows->row,
		.nrows = rows->n,
		.cols = call->cols,
		.ncols = call->ncols,
	};

	return render(&report, &call->style);
}

/* ---- waiting for the pool ---- */

#define POLL_MS 200
#define STALL_SECONDS 15	/* three times ext4's usual time between commits */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Where the pool was at one moment. */
struct level {
	uint64_t bytes;
	double at;	/* seconds */
};

/* How far the pool is: a line that is written over on a terminal, else a message. */
static void show_progress(const char *name, struct level start, struct level level,
			  uint64_t target, bool terminal)
{
	char *is = human_bytes(level.bytes), *of = human_bytes(target);
	double seconds = level.at - start.at;
	char *rate = human_bytes(seconds > 0 ? (level.bytes - start.bytes) / seconds : 0);
	unsigned int percent = level.bytes / (target / 100.0);

	if (terminal)
		fprintf(stderr, "\rpool: %s of %s, %u %%, %s/s\033[K", is, of, percent, rate);
	else
		complain(name, "fill the pool", "%s of %s, %u %%, %s/s", is, of, percent, rate);
	free(is);
	free(of);
	free(rate);
}

/*
 * Wait until the pool of @fs has reached its target. Its worker zeroes whole
 * chunks of 2 MiB at no more than the knob's rate, so it is stuck only if it
 * should have done several of them since the last.
 */
static int wait_for_pool(const struct model *model, struct fsys *fs, const char *name)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	const bool terminal = isatty(STDERR_FILENO);
	struct level start = { 0 }, last = { 0 };
	unsigned int shown = 0;
	bool first = true;

	for (;; nanosleep(&pause, NULL)) {
		struct level level;
		uint64_t target, rate;
		double patience = STALL_SECONDS;

		fsys_read_knob(model, fs, COL_POOL_READY);
		fsys_read_knob(model, fs, COL_POOL_TARGET);
		fsys_read_knob(model, fs, COL_POOL_RATE);
		if (!fs->knob[COL_POOL_READY].known || !fs->knob[COL_POOL_TARGET].known) {
			if (terminal && !first)
				fputc('\n', stderr);
			complain(name, "wait for the pool", "%s",
				 first ? "this kernel's ext4 has none" : "it is gone");
			return -1;
		}
		target = fs->knob[COL_POOL_TARGET].value;
		level = (struct level){ fs->knob[COL_POOL_READY].value, now() };
		if (first || level.bytes < start.bytes)
			start = level;
		if (first || level.bytes > last.bytes)
			last = level;
		if (target && (terminal || first || level.bytes / (target / 10.0) >= shown + 1)) {
			show_progress(name, start, level, target, terminal);
			shown = level.bytes / (target / 10.0);
		}
		first = false;
		if (level.bytes >= target) {
			if (terminal && target)
				fputc('\n', stderr);
			return 0;
		}
		rate = fs->knob[COL_POOL_RATE].known ? fs->knob[COL_POOL_RATE].value : 0;
		if (rate)
			patience += 4.0 * PMD_BYTES / rate;
		if (level.at - last.at > patience) {
			if (terminal)
				fputc('\n', stderr);
			complain(name, "wait for the pool",
				 "it has not grown for %.0f seconds: too little free space in whole "
				 "2 MiB chunks, or use keeps pace with it", patience);
			return -1;
		}
	}
}

/* ---- one file system, as the command line says ---- */

static int parse_settings(const struct command *command, const struct invocation *call,
			  struct settings *settings)
{
	for (int i = 1; i < call->ntargets; i++) {
		const char *equals = strchr(call->targets[i], '=');
		char *key, *why;

		if (!equals)
			return usage_error(command, call->targets[i], "not KEY=VALUE");
		key = xasprintf("%.*s", (int)(equals - call->targets[i]), call->targets[i]);
		why = settings_add(settings, key, equals + 1);
		free(key);
		if (why) {
			usage_error(command, call->targets[i], why);
			free(why);
			return EXIT_USAGE;
		}
		if (call->to_default && settings->s[i - 1].knob != COL_ZEROED_ALLOC)
			return usage_error(command, call->targets[i],
					   "the superblock holds no default for it");
	}
	return EXIT_FINE;
}

static int set_target(const struct invocation *call, const struct settings *settings)
{
	const char *name = call->targets[0];
	struct target target = { 0 };
	struct changes changes = { 0 };
	struct rows rows = { 0 };
	struct model model;
	char *missing = NULL;
	int err;

	err = model_load(&model, call->root);
	if (!err)
		err = model_resolve(&model, name, &target);
	if (!err) {
		missing = fsys_missing(target.fs);
		if (!missing && !fsys_is_ext4(target.fs))
			missing = xasprintf("%s is %s, not ext4", target.fs->path,
					    target.fs->fstype);
		if (missing) {
			complain(name, "set", "%s", missing);
			err = -1;
		}
	}
	if (!err && call->to_default)
		err = changes_plan_default(target.fs, name, settings, &changes);
	else if (!err)
		err = changes_plan(&model, target.fs, name, settings, &changes);
	if (!err) {
		if (!call->dry_run)
			err = changes_make(&model, &changes);
		add_rows(&rows, &model, &changes);
		if (rows.n && show(&rows, call))
			err = -1;
	}
	if (!err && call->wait && !call->dry_run)
		err = wait_for_pool(&model, target.fs, name);
	free(missing);
	free(rows.row);
	changes_free(&changes);
	target_free(&target);
	model_free(&model);
	return err ? EXIT_FAILED : EXIT_FINE;
}

/* ---- all file systems that a file names ---- */

/*
 * ext4's folders in sysfs that were there at the last look. Each mount of a device
 * makes one anew, whose inode number is its own, so that what was mounted since is
 * known even if the same device was mounted before.
 */
struct seen {
	ino_t *ino;
	size_t n;
};

/* Note the folder of @fs in @after. Returns true if it is not in @before. */
static bool is_new(const struct model *model, const struct fsys *fs, const struct seen *before,
		   struct seen *after)
{
	char *path = sys_path(model->root, "/sys/fs/ext4/%s", fs->name);
	struct stat st;
	bool there = stat(path, &st) == 0;

	free(path);
	if (!there)
		return true;
	after->ino = xgrow(after->ino, after->n, sizeof(ino_t));
	after->ino[after->n++] = st.st_ino;
	for (size_t i = 0; i < before->n; i++)
		if (before->ino[i] == st.st_ino)
			return false;
	return true;
}

/* Apply @config to what is mounted and not in @seen, which is brought up to date. */
static int apply(const struct config *config, const struct invocation *call, struct seen *seen)
{
	struct changes *changes = NULL;
	struct seen after = { 0 };
	struct rows rows = { 0 };
	struct model model;
	struct fsys **fs = NULL;
	size_t n = 0, nchanges = 0;
	int err;

	err = model_load(&model, call->root);
	if (!err)
		n = model_mounted(&model, &fs);
	for (size_t i = 0; i < n; i++) {
		struct settings settings = config_for(config, &model, fs[i]);
		struct changes *here;

		if (!settings.n || !is_new(&model, fs[i], seen, &after)) {
			settings_free(&settings);
			continue;
		}
		changes = xgrow(changes, nchanges, sizeof(*changes));
		here = &changes[nchanges++];
		if (changes_plan(&model, fs[i], fs[i]->mount->target, &settings, here) ||
		    (!call->dry_run && changes_make(&model, here)))
			err = -1;
		settings_free(&settings);
	}
	for (size_t i = 0; i < nchanges; i++)
		add_rows(&rows, &model, &changes[i]);
	if (rows.n && (show(&rows, call) || fflush(stdout)))
		err = -1;
	for (size_t i = 0; i < nchanges; i++)
		changes_free(&changes[i]);
	free(changes);
	free(rows.row);
	free(fs);
	free(seen->ino);
	*seen = after;
	model_free(&model);
	return err;
}

/* Apply @config again whenever the table of mounts, @fd, has changed; ends with an error. */
static void follow(const struct config *config, const struct invocation *call, int fd,
		   struct seen *seen)
{
	struct pollfd mounts = { .fd = fd, .events = POLLPRI };

	for (;;) {
		if (poll(&mounts, 1, -1) > 0)
			/* One that refuses does not stop the watch over the others. */
			apply(config, call, seen);
		else if (errno != EINTR)
			break;
		if (ferror(stdout))
			return;
	}
	complain("mounts", "wait for", "%s", strerror(errno));
}

static int set_config(const struct invocation *call)
{
	struct seen seen = { 0 };
	struct config config;
	int fd = -1, err;

	err = config_load(call->config, &config);
	if (!err && call->follow) {
		fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			complain("mounts", "open", "%s", strerror(errno));
			err = -1;
		}
	}
	if (!err)
		err = apply(&config, call, &seen);
	if (fd >= 0) {
		follow(&config, call, fd, &seen);
		close(fd);
		err = -1;
	}
	free(seen.ino);
	config_free(&config);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static int run(const struct command *command, const struct invocation *call)
{
	struct settings settings = { 0 };
	int err;

	if (call->config) {
		if (call->ntargets)
			return usage_error(command, call->targets[0],
					   "one argument too many beside --config");
		if (call->to_default || call->wait)
			return usage_error(command, call->wait ? "--wait" : "--default",
					   "does not go with --config");
		if (call->follow && (call->dry_run || *call->root))
			return usage_error(command, "--follow",
					   "does not go with --dry-run or --sysroot");
		return set_config(call);
	}
	if (call->follow)
		return usage_error(command, "--follow", "needs --config");
	if (call->to_default && call->wait)
		return usage_error(command, "--wait", "does not go with --default");
	if (!call->ntargets)
		return usage_error(command, command->name, "needs a TARGET, or --config");
	if (call->ntargets == 1 && !call->wait)
		return usage_error(command, call->targets[0], "needs a KEY=VALUE, or --wait");
	err = parse_settings(command, call, &settings);
	if (!err)
		err = set_target(call, &settings);
	settings_free(&settings);
	return err;
}

static void explain(void)
{
	printf("\nKnobs:\n");
	for (size_t i = 0; i < COLUMNS_N; i++)
		if (columns[i].writable)
			printf("  %-20s %s\n", columns[i].id, columns[i].help);
	printf("\nA size is a number of bytes, or has K, M, G or T behind it; a switch is yes or no.\n");
}

static const enum column_id cols[] = { COL_DEVICE, COL_KNOB, COL_FROM, COL_TO, COL_OUTCOME };

const struct command command_set = {
	.name = "set",
	.args = "TARGET KEY=VALUE...",
	.help = "set knobs, all or, if one value is wrong, none",
	.takes = TAKES_JSON | TAKES_COLUMNS | TAKES_BYTES | TAKES_NOHEADINGS |
		 TAKES_SYSROOT | TAKES_SETTINGS,
	.targets_max = TARGETS_ANY,
	.objects = OBJECT_NAMESPACE | OBJECT_FILESYSTEM | OBJECT_CHANGE,
	.cols = cols,
	.ncols = ARRAY_SIZE(cols),
	.run = run,
	.explain = explain,
};
