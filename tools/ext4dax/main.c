// SPDX-License-Identifier: GPL-2.0-or-later
/* The dispatcher: reads the command line against the command's row. */
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "util.h"

static const struct command *const commands[] = {
	&command_list,
	&command_status,
	&command_verify,
};

#define COMMAND_DEFAULT (&command_list)

/* getopt_long() values that stand beside 'h'. */
enum { OPT_JSON = 256, OPT_COLUMNS, OPT_BYTES, OPT_COLOR, OPT_SYSROOT };

static const struct {
	struct option option;
	unsigned int flag;	/* 0: every command takes it */
	const char *arg;
	const char *help;
} options[] = {
	{ { "json", no_argument, NULL, OPT_JSON }, TAKES_JSON, NULL,
	  "write one JSON object instead of a table" },
	{ { "columns", required_argument, NULL, OPT_COLUMNS }, TAKES_COLUMNS, "LIST",
	  "show these columns, separated by commas" },
	{ { "bytes", no_argument, NULL, OPT_BYTES }, TAKES_BYTES, NULL,
	  "show sizes in bytes" },
	{ { "color", required_argument, NULL, OPT_COLOR }, TAKES_COLOR, "WHEN",
	  "auto, always or never" },
	{ { "sysroot", required_argument, NULL, OPT_SYSROOT }, TAKES_SYSROOT, "DIR",
	  "look at the captured tree DIR, not at this system" },
	{ { "help", no_argument, NULL, 'h' }, 0, NULL,
	  "show this help" },
};

static void print_help(void)
{
	printf("Usage: " PROGRAM " [COMMAND] [OPTION...] [TARGET...]\n\n"
	       "Show and verify ext4 file systems on persistent memory. Without COMMAND: %s.\n"
	       "TARGET is a mount point, a block device, a namespace or a file.\n\n"
	       "Commands:\n", COMMAND_DEFAULT->name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char *synopsis = xasprintf("%s %s", commands[i]->name, commands[i]->args);

		printf("  %-18s %s\n", synopsis, commands[i]->help);
		free(synopsis);
	}
	printf("\nOptions:\n"
	       "  %-18s %s\n"
	       "  %-18s %s\n\n"
	       "'" PROGRAM " COMMAND --help' shows a command's options and columns.\n",
	       "-h, --help", "show this help", "-V, --version", "show the version");
}

static void print_command_help(const struct command *command)
{
	printf("Usage: " PROGRAM " %s [OPTION...]%s%s\n\n%c%s.\n\nOptions:\n", command->name,
	       *command->args ? " " : "", command->args, command->help[0] - 'a' + 'A',
	       command->help + 1);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		char *synopsis;

		if (options[i].flag && !(command->takes & options[i].flag))
			continue;
		synopsis = xasprintf("%s--%s%s%s", options[i].option.val < 256 ? "-h, " : "",
				     options[i].option.name, options[i].arg ? " " : "",
				     options[i].arg ? options[i].arg : "");
		printf("  %-18s %s\n", synopsis, options[i].help);
		free(synopsis);
	}
	if (command->takes & TAKES_COLUMNS) {
		printf("\nColumns, and keys of JSON (* shown by default):\n");
		for (size_t c = 0; c < COLUMNS_N; c++) {
			bool shown = false;

			if (!(columns[c].object & command->objects))
				continue;
			for (size_t i = 0; i < command->ncols; i++)
				shown |= command->cols[i] == c;
			printf("%c %-20s %s\n", shown ? '*' : ' ', columns[c].id, columns[c].help);
		}
	}
	if (command->explain)
		command->explain();
}

/* A usage error: one line, pointing at the help of @command or of the program. */
static int usage_error(const struct command *command, const char *object, const char *what)
{
	complain(object, what, "see '" PROGRAM " %s%s--help'", command ? command->name : "",
		 command ? " " : "");
	return EXIT_USAGE;
}

static int parse_columns(const struct command *command, char *list, enum column_id **cols,
			 size_t *ncols)
{
	char *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		size_t c = 0;

		while (c < COLUMNS_N && (strcmp(columns[c].id, name) ||
					 !(columns[c].object & command->objects)))
			c++;
		if (c == COLUMNS_N)
			return usage_error(command, name, "no such column");
		*cols = xgrow(*cols, *ncols, sizeof(**cols));
		(*cols)[(*ncols)++] = c;
	}
	return *ncols ? EXIT_FINE : usage_error(command, "--columns", "names no column");
}

static int parse_color(const struct command *command, const char *when, bool *color)
{
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(when, "always"))
		*color = true;
	else if (!strcmp(when, "never"))
		*color = false;
	else if (!strcmp(when, "auto"))
		*color = !(no_color && *no_color) && isatty(STDOUT_FILENO);
	else
		return usage_error(command, when, "not a value of --color");
	return EXIT_FINE;
}

static int parse_sysroot(const char *dir, const char **root)
{
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		complain(dir, "read a captured tree", "not a directory");
		return EXIT_FAILED;
	}
	*root = dir;
	return EXIT_FINE;
}

/* The row of @options that getopt_long() returned @val for. */
static size_t option_index(int val)
{
	size_t i = 0;

	while (options[i].option.val != val)
		i++;
	return i;
}

/* A usage error about what getopt_long(), which returned @val, could not read. */
static int bad_option(const struct command *command, int val, char *arg)
{
	const char letter[] = { '-', optopt, '\0' };

	if (val == ':')
		return usage_error(command, arg, "needs a value");
	if (!optopt)
		return usage_error(command, arg, "unknown option");
	if (!strncmp(arg, "--", 2))
		return usage_error(command, arg, "takes no value");
	return usage_error(command, letter, "unknown option");
}

static int check_targets(const struct command *command, const struct invocation *call)
{
	if (call->ntargets < command->targets_min)
		return usage_error(command, command->name, "needs a TARGET");
	if (command->targets_max != TARGETS_ANY && call->ntargets > command->targets_max)
		return usage_error(command, call->targets[command->targets_max],
				   "one argument too many");
	return EXIT_FINE;
}

/* Run @command with the arguments @argv, whose first is its name. */
static int run_command(const struct command *command, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(options) + 1] = { 0 };
	struct invocation call = { .root = "", .cols = command->cols, .ncols = command->ncols };
	enum column_id *cols = NULL;
	size_t ncols = 0;
	int err, val;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		longs[i] = options[i].option;
	err = parse_color(command, "auto", &call.style.color);
	opterr = 0;
	while (!err && (val = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		size_t i;

		if (val == '?' || val == ':') {
			err = bad_option(command, val, argv[optind - 1]);
			break;
		}
		i = option_index(val);
		if (options[i].flag & ~command->takes) {
			err = usage_error(command, options[i].option.name,
					  "not an option of this command");
			break;
		}
		switch (val) {
		case OPT_JSON:
			call.style.json = true;
			break;
		case OPT_COLUMNS:
			ncols = 0;
			err = parse_columns(command, optarg, &cols, &ncols);
			call.cols = cols;
			call.ncols = ncols;
			break;
		case OPT_BYTES:
			call.style.bytes = true;
			break;
		case OPT_COLOR:
			err = parse_color(command, optarg, &call.style.color);
			break;
		case OPT_SYSROOT:
			err = parse_sysroot(optarg, &call.root);
			break;
		case 'h':
			print_command_help(command);
			free(cols);
			return EXIT_FINE;
		}
	}
	call.targets = argv + optind;
	call.ntargets = argc - optind;
	if (!err)
		err = check_targets(command, &call);
	if (!err)
		err = command->run(command, &call);
	free(cols);
	return err;
}

int main(int argc, char **argv)
{
	stdio_reserve();
	atexit(stdout_check);
	setlocale(LC_ALL, "");

	if (argc < 2)
		return run_command(COMMAND_DEFAULT, argc, argv);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(PROGRAM " " VERSION);
		return EXIT_FINE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return run_command(commands[i], argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return run_command(COMMAND_DEFAULT, argc, argv);
	return usage_error(NULL, argv[1], "unknown command");
}
