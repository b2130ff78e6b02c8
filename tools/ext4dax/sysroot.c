// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysroot.h"

static char *PRINTF_LIKE(2, 0) vpath(const char *root, const char *fmt, va_list args)
{
	char *absolute = xvasprintf(fmt, args);
	char *path = xasprintf("%s%s", root, absolute);

	free(absolute);
	return path;
}

#define PATH_FROM_ARGS(path, root, fmt)			\
	do {						\
		va_list args;				\
		va_start(args, fmt);			\
		(path) = vpath(root, fmt, args);	\
		va_end(args);				\
	} while (0)

char *sys_path(const char *root, const char *fmt, ...)
{
	char *path;

	PATH_FROM_ARGS(path, root, fmt);
	return path;
}

bool sys_exists(const char *root, const char *fmt, ...)
{
	char *path;
	bool found;

	PATH_FROM_ARGS(path, root, fmt);
	found = access(path, F_OK) == 0;
	free(path);
	return found;
}

/* No file that is read here is larger; a device in its place may have no end. */
#define LARGEST (1 * MIB)

/* All of the file @path, which ends at a NUL if it has one. */
static char *slurp(const char *path)
{
	size_t len = 0, room = 4096;
	char *buf;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	buf = xcalloc(room, 1);
	for (;;) {
		ssize_t got = read(fd, buf + len, room - len - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || len > LARGEST) {
			int err = got < 0 ? errno : EFBIG;

			free(buf);
			close(fd);
			errno = err;
			return NULL;
		}
		len += got;
		buf[len] = '\0';
		/* Files of sysfs end with what they give at once. */
		if (!got || room - len > 1)
			break;
		if (room - len == 1) {
			char *more = xcalloc(room, 2);

			memcpy(more, buf, len);
			free(buf);
			buf = more;
			room *= 2;
		}
	}
	close(fd);

	len = strlen(buf);
	while (len && isspace((unsigned char)buf[len - 1]))
		buf[--len] = '\0';
	return buf;
}

char *sys_str(const char *root, const char *fmt, ...)
{
	char *path, *text;
	int err;

	PATH_FROM_ARGS(path, root, fmt);
	text = slurp(path);
	err = errno;
	free(path);
	errno = err;
	return text;
}

bool sys_u64(const char *root, uint64_t *value, const char *fmt, ...)
{
	char *path, *text, *end;
	unsigned long long number;
	bool good;

	PATH_FROM_ARGS(path, root, fmt);
	text = slurp(path);
	free(path);
	if (!text)
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	good = isdigit((unsigned char)text[0]) && !*end && !errno;
	free(text);
	if (good)
		*value = number;
	return good;
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

struct names sys_dir(const char *root, const char *fmt, ...)
{
	struct names names = { 0 };
	struct dirent *entry;
	char *path;
	DIR *dir;

	PATH_FROM_ARGS(path, root, fmt);
	dir = opendir(path);
	free(path);
	if (!dir)
		return names;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		names.name = xgrow(names.name, names.n, sizeof(*names.name));
		names.name[names.n++] = xstrdup(entry->d_name);
	}
	closedir(dir);
	if (names.n)
		qsort(names.name, names.n, sizeof(*names.name), by_version);
	return names;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){ 0 };
}
