/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams(8): look at, record, check and compare boot parameters. Never changes the
 * machine.
 *
 * To add a subcommand: kexec/bootparams-NAME.c with a struct bootparams_command, a line
 * in the table below, and its section in man/bootparams.8.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "bootparams-cmd.h"

static const struct bootparams_command *const commands[] = {
	&bootparams_show,
	&bootparams_screen,
	&bootparams_memmap,
	&bootparams_record,
	&bootparams_hyperv,
	&bootparams_capture,
	&bootparams_check,
	&bootparams_diff,
	&bootparams_handover,
};

const char say_program[] = "bootparams";

static void print_log(void *data, enum bp_log_level level, const char *line)
{
	bool *said = data;

	if (level <= BP_LOG_ERROR) {
		*said = true;
		say_error("%s", line);
	} else if (level <= BP_LOG_WARNING) {
		say_warning("%s", line);
	} else {
		fprintf(stderr, "%s\n", line);
	}
}

struct bp_ctx *bootparams_ctx(const char *sysroot, bool record)
{
	static bool said;	/* outlives the context, which may log until it goes */
	struct bp_ctx_opts opts = { .size = sizeof(opts),
				    .sysroot = sysroot,
				    .record = record,
				    .log = print_log,
				    .log_data = &said };
	struct bp_ctx *ctx = NULL;
	int r = bp_ctx_new(&opts, &ctx);

	if (r && !said)
		say_error("cannot start: %s", strerror(-r));
	return ctx;
}

const char *bootparams_why(struct bp_ctx *ctx, int r)
{
	return *bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r);
}

int bootparams_print(const struct bp_buf *text)
{
	if (fwrite(bp_buf_str(text), 1, text->len, stdout) == text->len &&
	    !fflush(stdout))
		return EXIT_SUCCESS;
	say_error("cannot write the output: %s", strerror(errno));
	return EXIT_FAILURE;
}

int bootparams_describe(const struct bootparams_command *command, int argc, char **argv,
			int (*describe)(struct bp_ctx *ctx, bool as_json,
					struct bp_buf *ret_text))
{
	const char *word = strrchr(command->name, ' ');
	bp_autobuf struct bp_buf text = { 0 };
	struct bootparams_args args;
	struct bp_ctx *ctx;
	int r = bootparams_args(command, argc, argv, &args);

	if (r >= 0)
		return r;
	if (optind < argc) {
		say_error("%s takes no \"%s\"", word ? word + 1 : command->name, argv[optind]);
		return EXIT_FAILURE;
	}
	ctx = bootparams_ctx(args.sysroot, false);
	if (!ctx)
		return EXIT_FAILURE;
	r = describe(ctx, args.json, &text);
	if (r)
		say_error("%s", bootparams_why(ctx, r));
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : bootparams_print(&text);
}

/* "handover show" is "show" to those who are at "handover" already. */
static const char *last_word(const char *name)
{
	const char *blank = strrchr(name, ' ');

	return blank ? blank + 1 : name;
}

void bootparams_usage(const struct bootparams_command *command, FILE *f)
{
	fprintf(f,
		"Usage: bootparams %s %s\nThis will %s.\n\nOptions:\n%s  --help          "
		"show this help\n",
		command->name, command->arguments, command->help, command->options);
}

int bootparams_wrong_option(const struct bootparams_command *command)
{
	say_error("\"bootparams %s --help\" lists the options", command->name);
	return EXIT_FAILURE;
}

int bootparams_args(const struct bootparams_command *command, int argc, char **argv,
		    struct bootparams_args *ret_args)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "sysroot", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret_args = (struct bootparams_args){ 0 };
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'j':
			ret_args->json = true;
			break;
		case 's':
			ret_args->sysroot = optarg;
			break;
		case 'h':
			bootparams_usage(command, stdout);
			return EXIT_SUCCESS;
		default:
			return bootparams_wrong_option(command);
		}
	return -1;
}

static void help(const struct bootparams_group *group, FILE *f)
{
	fprintf(f, "Usage: %s COMMAND [OPTION...]\n%s.\n\nCommands:\n", group->name,
		group->help);
	for (size_t i = 0; i < group->n; i++)
		fprintf(f, "  %-8s %s\n", last_word(group->commands[i]->name),
			group->commands[i]->help);
	fputs("\nOptions:\n"
	      "  --help     show this help; after a command: help for it\n"
	      "  --version  show the version\n", f);
}

int bootparams_dispatch(const struct bootparams_group *group, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		help(group, stderr);
		return EXIT_FAILURE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		help(group, stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-v")) {
		printf("bootparams (kexec-bootparams) %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < group->n; i++)
		if (!strcmp(word, last_word(group->commands[i]->name))) {
			static char program[] = "bootparams";

			argv[1] = program;	/* who speaks, in what getopt_long() says */
			return group->commands[i]->run(argc - 1, argv + 1);
		}
	say_error("there is no command \"%s\"; \"%s --help\" lists them", word,
		  group->name);
	return EXIT_FAILURE;
}

/*
 * Of a caller that closed one of the first three: the next file that is opened would get
 * its number, and what is written or closed for the number's sake would be that file: a
 * session of live update that ends. Here each fails when it is used, as it did.
 */
static bool fill_standard_files(void)
{
	static const int useless[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", useless[fd]) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static const struct bootparams_group group = {
		.name = "bootparams",
		.help = "Look at the parameters that a kernel was booted with",
		.commands = commands,
		.n = BP_ARRAY_SIZE(commands),
	};
	int r;

	if (!fill_standard_files()) {
		say_error("stdin, stdout or stderr is closed, and cannot be replaced by "
			  "/dev/null: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	r = bootparams_dispatch(&group, argc, argv);
	/* --help and --version; bootparams_print() has looked at the rest. */
	if (r == EXIT_SUCCESS && (fflush(stdout) || ferror(stdout))) {
		say_error("cannot write the output: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return r;
}
