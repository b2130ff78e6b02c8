// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"
#include "util.h"

int usage_error(const struct command *command, const char *object, const char *what)
{
	complain(object, what, "see '" PROGRAM " %s%s--help'", command ? command->name : "",
		 command ? " " : "");
	return EXIT_USAGE;
}
