/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of map: what its windows are, and what to make of that. */
#ifndef EXT4DAX_FILE_H
#define EXT4DAX_FILE_H

#include "filemap.h"
#include "model.h"

struct file {
	const char *name;	/* as given on the command line */
	struct filemap map;
	enum tristate dax;	/* whether it is in force for the file */
	char *detail;		/* why the rest cannot be mapped by 2 MiB; NULL if it all can */
	char *remedy;		/* a command; NULL if there is nothing to do */
};

#endif
