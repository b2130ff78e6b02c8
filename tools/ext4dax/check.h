/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of verify. */
#ifndef EXT4DAX_CHECK_H
#define EXT4DAX_CHECK_H

#include "util.h"

enum check_result { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_SKIPPED };

struct check {
	const char *target;	/* as given on the command line */
	const char *id;
	enum check_result result;
	char *detail;		/* what was found, or why it was skipped */
	char *remedy;		/* a command; NULL if there is nothing to do */
};

/* "ok", "warn", "fail" or "skipped". */
const char *check_result_name(enum check_result result);

/* Say what the check has found. Once a check. */
void check_found(struct check *check, enum check_result result, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * Say which command mends it. At most once a check; names that come from
 * outside go through shell_quoted().
 */
void check_remedy(struct check *check, const char *fmt, ...) PRINTF_LIKE(2, 3);

void check_free(struct check *check);

#endif
