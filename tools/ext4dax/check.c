// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "check.h"

const char *check_result_name(enum check_result result)
{
	switch (result) {
	case CHECK_OK:
		return "ok";
	case CHECK_WARN:
		return "warn";
	case CHECK_FAIL:
		return "fail";
	case CHECK_SKIPPED:
		break;
	}
	return "skipped";
}

void check_found(struct check *check, enum check_result result, const char *fmt, ...)
{
	va_list args;

	check->result = result;
	va_start(args, fmt);
	check->detail = xvasprintf(fmt, args);
	va_end(args);
}

void check_remedy(struct check *check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	check->remedy = xvasprintf(fmt, args);
	va_end(args);
}

void check_free(struct check *check)
{
	free(check->detail);
	free(check->remedy);
}
