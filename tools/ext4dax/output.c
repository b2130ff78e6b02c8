// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

static void release(struct output *output)
{
	free(output->temporary);
	free(output->real);
	sigprocmask(SIG_SETMASK, &output->signals, NULL);
}

int output_begin(struct output *output, const char *path)
{
	struct stat st = { 0 };
	bool there = stat(path, &st) == 0;
	sigset_t all;
	int fd;

	*output = (struct output){ .path = path };
	/* A signal that ends the program must not leave the temporary file. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &output->signals);
	if (there && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		output->real = realpath(path, NULL);	/* a link stays a link */
		if (!output->real)
			output->real = xstrdup(path);
		output->temporary = xasprintf("%s.XXXXXX", output->real);
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
		release(output);
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
	if (!failed && output->temporary && rename(output->temporary, output->real)) {
		failed = true;
		err = errno;
	}
	if (failed) {
		complain(output->path, "write", "%s",
			 err ? strerror(err) : "some of it was not written");
		if (output->temporary)
			unlink(output->temporary);
	}
	release(output);
	return failed ? -1 : 0;
}
