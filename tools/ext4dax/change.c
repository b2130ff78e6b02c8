// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "model.h"
#include "parse.h"
#include "sysroot.h"
#include "util.h"

#define KNOB_FILE "/sys/fs/ext4/%s/dax/%s"

/* ---- what is asked for ---- */

/* Returns COLUMNS_N if there is no such knob. */
static enum column_id knob_named(const char *key)
{
	enum column_id id = 0;

	while (id < COLUMNS_N && !(columns[id].writable && !strcmp(columns[id].id, key)))
		id++;
	return id;
}

static struct setting *setting_of(const struct settings *settings, enum column_id knob)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->s[i].knob == knob)
			return &settings->s[i];
	return NULL;
}

static void append(struct settings *settings, struct setting setting)
{
	settings->s = xgrow(settings->s, settings->n, sizeof(*settings->s));
	settings->s[settings->n++] = setting;
}

/* Read @value as one of the column @col. Returns NULL, or why it is none. */
static const char *parse_value(const struct column *col, const char *value, uint64_t *number)
{
	size_t len = strlen(value);
	const char *why;
	bool truth;
	char *size;

	if (col->type == TYPE_BOOL) {
		why = parse_truth(value, &truth);
		if (!why)
			*number = truth;
		return why;
	}
	if (col->unit == UNIT_BYTES_PER_SECOND && len > 2 && !strcmp(value + len - 2, "/s"))
		len -= 2;
	size = xasprintf("%.*s", (int)len, value);
	why = parse_bytes(size, number);
	free(size);
	if (!why && *number % col->scale)
		why = "not a whole number of KiB";
	return why;
}

char *settings_add(struct settings *settings, const char *key, const char *value)
{
	struct setting setting = { .knob = knob_named(key) };
	const char *why;

	if (setting.knob == COLUMNS_N)
		return xasprintf("there is no knob '%s'", key);
	if (setting_of(settings, setting.knob))
		return xasprintf("%s is set twice", key);
	why = parse_value(&columns[setting.knob], value, &setting.value);
	if (why)
		return xasprintf("%s: '%s' is %s", key, value, why);
	append(settings, setting);
	return NULL;
}

void settings_merge(struct settings *settings, const struct settings *more)
{
	for (size_t i = 0; i < more->n; i++) {
		struct setting *there = setting_of(settings, more->s[i].knob);

		if (there)
			there->value = more->s[i].value;
		else
			append(settings, more->s[i]);
	}
}

void settings_free(struct settings *settings)
{
	free(settings->s);
	*settings = (struct settings){ 0 };
}

/* ---- what is to be done ---- */

const char *change_outcome_name(enum change_outcome outcome)
{
	switch (outcome) {
	case CHANGE_PLANNED:
		return "would change";
	case CHANGE_NONE:
		return "unchanged";
	case CHANGE_MADE:
		return "changed";
	case CHANGE_FAILED:
		return "failed";
	case CHANGE_NOT_TRIED:
		break;
	}
	return "not tried";
}

static void __attribute__((format(printf, 3, 4)))
refuse(const struct changes *changes, enum column_id knob, const char *fmt, ...)
{
	char *what = xasprintf("set %s", columns[knob].id);
	va_list args;
	char *why;

	va_start(args, fmt);
	why = xvasprintf(fmt, args);
	va_end(args);
	complain(changes->name, what, "%s", why);
	free(why);
	free(what);
}

static struct change *add_change(struct changes *changes, enum column_id knob, bool known,
				 uint64_t from, uint64_t to)
{
	struct change *change;

	changes->c = xgrow(changes->c, changes->n, sizeof(*changes->c));
	change = &changes->c[changes->n++];
	*change = (struct change){
		.knob = knob,
		.from_known = known,
		.from = from,
		.to = to,
		.outcome = known && from == to ? CHANGE_NONE : CHANGE_PLANNED,
		.fd = -1,
	};
	return change;
}

/* True, after a message, if ext4 would refuse @setting, or never live up to it. */
static bool hopeless(const struct changes *changes, const struct setting *setting)
{
	const struct fsys *fs = changes->fs;

	if (setting->knob == COL_ZEROED_ALLOC && setting->value && fs->dax == DAX_NEVER) {
		refuse(changes, setting->knob, "mounted with dax=never");
		return true;
	}
	if (setting->knob == COL_POOL_TARGET && fs->super.known &&
	    setting->value > fs->super.bytes) {
		char *size = human_bytes(fs->super.bytes);

		refuse(changes, setting->knob, "more than the file system holds, %s", size);
		free(size);
		return true;
	}
	return false;
}

static int plan_knob(const struct model *model, struct changes *changes,
		     const struct setting *setting)
{
	const struct fsys *fs = changes->fs;
	enum column_id id = setting->knob;
	struct change *change;
	char *path;

	if (!sys_exists(model->root, KNOB_FILE, fs->name, columns[id].file)) {
		refuse(changes, id, "this kernel's ext4 does not have the knob %s",
		       columns[id].file);
		return -1;
	}
	if (hopeless(changes, setting))
		return -1;
	change = add_change(changes, id, fs->knob[id].known, fs->knob[id].value, setting->value);
	path = sys_path(model->root, KNOB_FILE, fs->name, columns[id].file);
	change->fd = open(path, O_WRONLY | O_CLOEXEC);
	free(path);
	if (change->fd < 0) {
		refuse(changes, id, "%s", strerror(errno));
		return -1;
	}
	return 0;
}

int changes_plan(const struct model *model, struct fsys *fs, const char *name,
		 const struct settings *settings, struct changes *changes)
{
	int err = 0;

	*changes = (struct changes){ .fs = fs, .name = name };
	if (!fs->mount) {
		complain(name, "set", "not mounted, so it has no knobs; --default needs no mount");
		return -1;
	}
	if (!fsys_has_knobs(model, fs)) {
		complain(name, "set", "%s has no knobs: %s", fs->name,
			 model->kernel_feature == YES ?
				 "its device or block size rules DAX out" :
				 "this kernel's ext4 does not have " OPTION_NAME);
		return -1;
	}
	for (size_t i = 0; i < settings->n; i++)
		if (plan_knob(model, changes, &settings->s[i]))
			err = -1;
	return err;
}

int changes_plan_default(struct fsys *fs, const char *name, const struct settings *settings,
			 struct changes *changes)
{
	const enum column_id id = COL_ZEROED_ALLOC_DEFAULT;
	enum tristate text = fsys_zeroed_alloc_text(fs);

	*changes = (struct changes){ .fs = fs, .name = name };
	for (size_t i = 0; i < settings->n; i++) {
		enum tristate wanted = settings->s[i].value ? YES : NO;

		if (fs->mount) {
			refuse(changes, id, "mounted, and this kernel offers no way to change the "
			       "superblock under it: unmount it first");
			return -1;
		}
		if (!fs->super.known) {
			refuse(changes, id, "%s", fs->super.why_not);
			return -1;
		}
		if (text != UNKNOWN && text != wanted) {
			refuse(changes, id, "the superblock's options as text, '%s', say otherwise: "
			       "change them with tune2fs -E mount_opts=OPTIONS",
			       fs->super.mount_options);
			return -1;
		}
		if (wanted == YES && fsys_rules_out_dax(fs))
			refuse(changes, id, "its device or block size rules DAX out, so it will do "
			       "nothing");
		add_change(changes, id, true, fs->super.zeroed_alloc, settings->s[i].value);
	}
	return 0;
}

/* Returns 0, or a negative errno. */
static int write_knob(const struct model *model, const struct change *change)
{
	char *text = xasprintf("%" PRIu64 "\n", change->to / columns[change->knob].scale);
	ssize_t len = strlen(text), written;

	do
		written = write(change->fd, text, len);
	while (written < 0 && errno == EINTR);
	free(text);
	if (written < 0)
		return -errno;
	/* In a captured tree the knob is a plain file, which keeps what was longer. */
	if (*model->root && ftruncate(change->fd, len))
		return -errno;
	return written == len ? 0 : -EIO;
}

/* Returns NULL, or why it could not be made, which the caller frees. */
static char *make_change(const struct model *model, struct fsys *fs, struct change *change)
{
	int err;

	if (change->knob == COL_ZEROED_ALLOC_DEFAULT) {
		char *path = sys_path(model->root, "%s", fs->path);
		char *why = super_write_zeroed_alloc(path, change->to);

		free(path);
		return why;
	}
	err = write_knob(model, change);
	if (err)
		return xstrdup(strerror(-err));
	fsys_read_knob(model, fs, change->knob);
	if (fs->knob[change->knob].known)
		change->to = fs->knob[change->knob].value;
	return NULL;
}

/* The knobs that have been changed, for a message. The caller frees it. */
static char *made_so_far(const struct changes *changes)
{
	char *made = xstrdup("");

	for (size_t i = 0; i < changes->n; i++) {
		char *more;

		if (changes->c[i].outcome != CHANGE_MADE)
			continue;
		more = xasprintf("%s%s%s", made, *made ? ", " : "; changed before it: ",
				 columns[changes->c[i].knob].id);
		free(made);
		made = more;
	}
	return *made ? made : (free(made), xstrdup("; nothing was changed"));
}

int changes_make(const struct model *model, struct changes *changes)
{
	bool failed = false;

	for (size_t i = 0; i < changes->n; i++) {
		struct change *change = &changes->c[i];
		char *why, *made;

		if (change->outcome != CHANGE_PLANNED)
			continue;
		if (failed) {
			change->outcome = CHANGE_NOT_TRIED;
			continue;
		}
		why = make_change(model, changes->fs, change);
		change->outcome = why ? CHANGE_FAILED : CHANGE_MADE;
		if (!why)
			continue;
		failed = true;
		made = made_so_far(changes);
		refuse(changes, change->knob, "%s%s", why, made);
		free(made);
		free(why);
	}
	return failed ? -1 : 0;
}

void changes_free(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		if (changes->c[i].fd >= 0)
			close(changes->c[i].fd);
	free(changes->c);
	*changes = (struct changes){ 0 };
}
