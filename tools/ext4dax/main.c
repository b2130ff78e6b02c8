// SPDX-License-Identifier: GPL-2.0-or-later
/* The dispatcher: reads the command line against the command's row. */
#include <ctype.h>
#include <errno.h>
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
	&command_map,
	&command_watch,
	&command_set,
	&command_metrics,
};

#define COMMAND_DEFAULT (&command_list)

/* getopt_long() values of the options that have no letter. */
enum {
	OPT_LIST_COLUMNS = 256, OPT_COLOR, OPT_SYSROOT, OPT_INTERVAL, OPT_COUNT, OPT_SVG,
	OPT_OUTPUT, OPT_DEFAULT, OPT_DRY_RUN, OPT_WAIT, OPT_CONFIG, OPT_FOLLOW,
};

static const struct option_row options[] = {
	{ { "json", no_argument, NULL, 'J' }, TAKES_JSON, NULL, NULL,
	  "write JSON instead of a table" },
	{ { "columns", required_argument, NULL, 'o' }, TAKES_COLUMNS, "LIST", NULL,
	  "show these columns, separated by commas; +LIST adds" },
	{ { "list-columns", no_argument, NULL, OPT_LIST_COLUMNS }, TAKES_COLUMNS, NULL, NULL,
	  "show the names of all columns, and end" },
	{ { "noheadings", no_argument, NULL, 'n' }, TAKES_NOHEADINGS, NULL, NULL,
	  "leave out the line of headings" },
	{ { "bytes", no_argument, NULL, 'b' }, TAKES_BYTES, NULL, NULL,
	  "show sizes in bytes" },
	{ { "color", required_argument, NULL, OPT_COLOR }, TAKES_COLOR, "WHEN", "auto always never",
	  "auto, always or never" },
	{ { "output", required_argument, NULL, OPT_OUTPUT }, TAKES_OUTPUT, "FILE", NULL,
	  "write to FILE, which changes as a whole or not at all" },
	{ { "default", no_argument, NULL, OPT_DEFAULT }, TAKES_SETTINGS, NULL, NULL,
	  "set the default in the superblock, not the mounted file system" },
	{ { "dry-run", no_argument, NULL, OPT_DRY_RUN }, TAKES_SETTINGS, NULL, NULL,
	  "check everything and show what would change" },
	{ { "wait", no_argument, NULL, OPT_WAIT }, TAKES_SETTINGS, NULL, NULL,
	  "wait until the pool is filled, and show how far it is" },
	{ { "config", required_argument, NULL, OPT_CONFIG }, TAKES_SETTINGS, "FILE", NULL,
	  "set what FILE says, on every file system that it names" },
	{ { "follow", no_argument, NULL, OPT_FOLLOW }, TAKES_SETTINGS, NULL, NULL,
	  "with --config: go on, with what is mounted from now on" },
	{ { "sysroot", required_argument, NULL, OPT_SYSROOT }, TAKES_SYSROOT, "DIR", NULL,
	  "look at the captured tree DIR, not at this system" },
	{ { "interval", required_argument, NULL, OPT_INTERVAL }, TAKES_INTERVAL, "SECONDS", NULL,
	  "look again after so long, 0.1 to 3600; by default 1" },
	{ { "count", required_argument, NULL, OPT_COUNT }, TAKES_INTERVAL, "N", NULL,
	  "end after so many looks" },
	{ { "svg", required_argument, NULL, OPT_SVG }, TAKES_SVG, "FILE", NULL,
	  "write the picture to FILE, as SVG" },
	{ { "help", no_argument, NULL, 'h' }, 0, NULL, NULL,
	  "show this help" },
};

/* Those that stand in place of a command. */
static const struct {
	const char *names, *help;
} program_options[] = {
	{ "-h, --help", "show this help" },
	{ "-V, --version", "show the version" },
	{ "--words", "show the words of the command line, for completion" },
};

static bool command_takes(const struct command *command, const struct option_row *row)
{
	return !row->flag || command->takes & row->flag;
}

static bool shown_by_default(const struct command *command, enum column_id id)
{
	for (size_t i = 0; i < command->ncols; i++)
		if (command->cols[i] == id)
			return true;
	return false;
}

/* All that can stand on the command line, a line for each kind: for completion.bash. */
static void print_words(void)
{
	fputs("commands", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf(" %s", commands[i]->name);
	fputs("\noptions", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(program_options); i++)
		printf(" %s", strstr(program_options[i].names, "--"));
	printf("\ndefault %s\n", COMMAND_DEFAULT->name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = commands[i];

		printf("%s.options", command->name);
		for (size_t j = 0; j < ARRAY_SIZE(options); j++)
			if (command_takes(command, &options[j]))
				printf(" --%s", options[j].option.name);
		if (command->takes & TAKES_COLUMNS) {
			printf("\n%s.LIST", command->name);
			for (size_t c = 0; c < COLUMNS_N; c++)
				if (columns[c].object & command->objects)
					printf(" %s", columns[c].id);
		}
		printf("\n%s.args %s\n", command->name, command->args);
	}
	fputs("knobs", stdout);
	for (size_t c = 0; c < COLUMNS_N; c++)
		if (columns[c].writable)
			printf(" %s=", columns[c].id);
	putchar('\n');
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!options[i].arg)
			continue;
		printf("--%s %s\n", options[i].option.name, options[i].arg);
		if (options[i].option.val < 256)
			printf("-%c %s\n", options[i].option.val, options[i].arg);
		if (options[i].values)
			printf("%s %s\n", options[i].arg, options[i].values);
	}
}

static void print_help(void)
{
	printf("Usage: " PROGRAM " [COMMAND] [OPTION...] [TARGET...]\n\n"
	       "Show, verify and set up ext4 file systems on persistent memory. Without COMMAND: %s.\n"
	       "TARGET is a mount point, a block device, a namespace or a file.\n\n"
	       "Commands:\n", COMMAND_DEFAULT->name);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char *synopsis = xasprintf("%s %s", commands[i]->name, commands[i]->args);

		printf("  %-24s %s\n", synopsis, commands[i]->help);
		free(synopsis);
	}
	puts("\nOptions:");
	for (size_t i = 0; i < ARRAY_SIZE(program_options); i++)
		printf("  %-24s %s\n", program_options[i].names, program_options[i].help);
	puts("\n'" PROGRAM " COMMAND --help' shows a command's options and columns.");
}

/* "-o, --columns LIST" */
static char *option_synopsis(const struct option_row *row)
{
	char letter[] = "-x, ";

	letter[1] = row->option.val;
	return xasprintf("%s--%s%s%s", row->option.val < 256 ? letter : "", row->option.name,
			 row->arg ? " " : "", row->arg ? row->arg : "");
}

static void print_command_help(const struct command *command)
{
	printf("Usage: " PROGRAM " %s [OPTION...]%s%s\n\n%c%s.\n\nOptions:\n", command->name,
	       *command->args ? " " : "", command->args, command->help[0] - 'a' + 'A',
	       command->help + 1);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		char *synopsis;

		if (!command_takes(command, &options[i]))
			continue;
		synopsis = option_synopsis(&options[i]);
		printf("  %-20s %s\n", synopsis, options[i].help);
		free(synopsis);
	}
	if (command->takes & (TAKES_COLUMNS | TAKES_JSON)) {
		bool chosen = command->takes & TAKES_COLUMNS;

		puts(chosen ?
		     "\nColumns, and keys of JSON (* shown by default):" :
		     "\nKeys of JSON:");
		for (size_t c = 0; c < COLUMNS_N; c++) {
			bool shown = shown_by_default(command, c);

			if (shown || (chosen && columns[c].object & command->objects))
				printf("%c %-20s %s\n", shown ? '*' : ' ', columns[c].id, columns[c].help);
		}
	}
	if (command->explain)
		command->explain();
}

static void print_columns(const struct command *command)
{
	for (size_t c = 0; c < COLUMNS_N; c++)
		if (columns[c].object & command->objects)
			printf("%-20s %-24s %s\n", columns[c].id, column_type_name(&columns[c]),
			       columns[c].help);
}

/* The columns that @list names, after the command's own ones if it starts with a plus. */
static int parse_columns(const struct command *command, char *list, enum column_id **cols,
			 size_t *ncols)
{
	size_t named = 0;
	char *rest = NULL;

	*ncols = 0;
	for (size_t i = 0; *list == '+' && i < command->ncols; i++) {
		*cols = xgrow(*cols, *ncols, sizeof(**cols));
		(*cols)[(*ncols)++] = command->cols[i];
	}
	list += *list == '+';
	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		size_t c = 0;

		while (c < COLUMNS_N && (strcmp(columns[c].id, name) ||
					 !(columns[c].object & command->objects)))
			c++;
		if (c == COLUMNS_N)
			return usage_error(command, name, "no such column");
		*cols = xgrow(*cols, *ncols, sizeof(**cols));
		(*cols)[(*ncols)++] = c;
		named++;
	}
	return named ? EXIT_FINE : usage_error(command, "--columns", "names no column");
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

static int parse_interval(const struct command *command, const char *text, unsigned int *ms)
{
	char *end;
	double seconds = strtod(text, &end);

	/* Not a number compares false. */
	if (*end || end == text || !(seconds >= 0.1 && seconds <= 3600))
		return usage_error(command, text, "not an interval from 0.1 to 3600 seconds");
	*ms = seconds * 1000 + 0.5;
	return EXIT_FINE;
}

static int parse_count(const struct command *command, const char *text, unsigned long *count)
{
	char *end;

	errno = 0;
	*count = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || !*count)
		return usage_error(command, text, "not a count");
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
		return usage_error(command, command->name, "needs an argument");
	if (command->targets_max != TARGETS_ANY && call->ntargets > command->targets_max)
		return usage_error(command, call->targets[command->targets_max],
				   "one argument too many");
	return EXIT_FINE;
}

/* What getopt_long() takes, from @options. */
static void getopt_tables(struct option *longs, char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		longs[i] = options[i].option;
		if (options[i].option.val >= 256)
			continue;
		*letters++ = options[i].option.val;
		if (options[i].option.has_arg == required_argument)
			*letters++ = ':';
	}
	*letters = '\0';
}

/* Run @command with the arguments @argv, whose first is its name. */
static int run_command(const struct command *command, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(options) + 1] = { 0 };
	char letters[2 * ARRAY_SIZE(options) + 2];
	struct invocation call = {
		.root = "", .cols = command->cols, .ncols = command->ncols, .interval_ms = 1000,
	};
	enum column_id *cols = NULL;
	bool ended = false;
	int err, val;

	getopt_tables(longs, letters);
	err = parse_color(command, "auto", &call.style.color);
	opterr = 0;
	while (!err && !ended && (val = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		size_t i;

		if (val == '?' || val == ':') {
			err = bad_option(command, val, argv[optind - 1]);
			break;
		}
		i = option_index(val);
		if (!command_takes(command, &options[i])) {
			err = usage_error(command, options[i].option.name,
					  "not an option of this command");
			break;
		}
		switch (val) {
		case 'J':
			call.style.json = true;
			break;
		case 'o':
			err = parse_columns(command, optarg, &cols, &call.ncols);
			call.cols = cols;
			call.cols_named = true;
			break;
		case OPT_LIST_COLUMNS:
			print_columns(command);
			ended = true;
			break;
		case 'n':
			call.style.noheadings = true;
			break;
		case 'b':
			call.style.bytes = true;
			break;
		case OPT_COLOR:
			err = parse_color(command, optarg, &call.style.color);
			break;
		case OPT_OUTPUT:
			call.output = optarg;
			break;
		case OPT_DEFAULT:
			call.to_default = true;
			break;
		case OPT_DRY_RUN:
			call.dry_run = true;
			break;
		case OPT_WAIT:
			call.wait = true;
			break;
		case OPT_CONFIG:
			call.config = optarg;
			break;
		case OPT_FOLLOW:
			call.follow = true;
			break;
		case OPT_SYSROOT:
			err = parse_sysroot(optarg, &call.root);
			break;
		case OPT_INTERVAL:
			err = parse_interval(command, optarg, &call.interval_ms);
			break;
		case OPT_COUNT:
			err = parse_count(command, optarg, &call.count);
			break;
		case OPT_SVG:
			call.svg = optarg;
			break;
		case 'h':
			print_command_help(command);
			ended = true;
			break;
		}
	}
	call.targets = argv + optind;
	call.ntargets = argc - optind;
	if (!err && !ended)
		err = check_targets(command, &call);
	if (!err && !ended)
		err = command->run(command, &call);
	free(cols);
	return err;
}

int main(int argc, char **argv)
{
	stdio_reserve();
	atexit(stdout_check);
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");

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
	if (!strcmp(argv[1], "--words")) {
		print_words();
		return EXIT_FINE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return run_command(commands[i], argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return run_command(COMMAND_DEFAULT, argc, argv);
	return usage_error(NULL, argv[1], "unknown command");
}
