// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "util.h"

/* The mode of a new file, as open() would make it. */
static mode_t new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

int output_begin(struct output *output, const char *path)
{
	struct stat st = { 0 };
	bool there = stat(path, &st) == 0;
	int fd;

	*output = (struct output){ .path = path };
	if (there && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		output->temporary = xasprintf("%s.XXXXXX", path);
		fd = mkostemp(output->temporary, O_CLOEXEC);
		if (fd >= 0 && fchmod(fd, there ? st.st_mode & 0777 : new_mode())) {
			int err = errno;

			close(fd);
			unlink(output->temporary);
			errno = err;
			fd = -1;
		}
	}
	if (fd < 0) {
		complain(path, "write", "%s", strerror(errno));
		free(output->temporary);
		return -1;
	}
	output->stream = fdopen(fd, "w");
	if (!output->stream)
		out_of_memory();
	return 0;
}

int output_end(struct output *output)
{
	bool failed = ferror(output->stream);
	int err;

	errno = 0;
	failed |= fflush(output->stream);
	if (!failed && output->temporary)
		failed = fsync(fileno(output->stream));
	err = errno;
	if (fclose(output->stream) && !failed) {
		failed = true;
		err = errno;
	}
	if (!failed && output->temporary && rename(output->temporary, output->path)) {
		failed = true;
		err = errno;
	}
	if (failed) {
		complain(output->path, "write", "%s",
			 err ? strerror(err) : "some of it was not written");
		if (output->temporary)
			unlink(output->temporary);
	}
	free(output->temporary);
	return failed ? -1 : 0;
}
