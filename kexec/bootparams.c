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

const char *bootparams_word(const struct bootparams_command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
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

static bool add_initrd(struct bootparams_args *args, int argc, const char *path)
{
	size_t n = 0;

	if (!args->initrds)
		args->initrds = calloc((size_t)argc + 1, sizeof(*args->initrds));
	if (!args->initrds) {
		say_error("%s", strerror(ENOMEM));
		return false;
	}
	while (args->initrds[n])
		n++;
	args->initrds[n] = path;
	return true;
}

int bootparams_options(const struct bootparams_command *command,
		       const struct option *options,
		       bool (*take)(void *job, int letter), void *job, int argc,
		       char **argv, struct bootparams_args *ret_args)
{
	struct bootparams_args *args = ret_args;
	int c;

	*args = (struct bootparams_args){ 0 };
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case BOOTPARAMS_JSON:
			args->json = true;
			break;
		case BOOTPARAMS_SYSROOT:
			args->sysroot = optarg;
			break;
		case BOOTPARAMS_INITRD:
			if (!add_initrd(args, argc, optarg))
				return EXIT_FAILURE;
			break;
		case 'h':
			bootparams_usage(command, stdout);
			return EXIT_SUCCESS;
		case '?':
			return bootparams_wrong_option(command);
		default:
			if (!take(job, c))
				return EXIT_FAILURE;
		}
	return -1;
}

void bootparams_args_done(struct bootparams_args *args)
{
	free(args->initrds);
	args->initrds = NULL;
}

int bootparams_args(const struct bootparams_command *command, int argc, char **argv,
		    struct bootparams_args *ret_args)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		BOOTPARAMS_OPTION_HELP
	};

	return bootparams_options(command, options, NULL, NULL, argc, argv, ret_args);
}

bool bootparams_no_arguments(const struct bootparams_command *command, int argc,
			     char **argv)
{
	if (optind < argc)
		say_error("%s takes no \"%s\"", bootparams_word(command), argv[optind]);
	return optind == argc;
}

bool bootparams_one_kernel(const struct bootparams_command *command, int argc, char **argv,
			   const char **ret_kernel)
{
	*ret_kernel = argv[optind];
	if (argc - optind > 1)
		say_error("%s takes no \"%s\" behind KERNEL", command->name,
			  argv[optind + 1]);
	return argc - optind <= 1;
}

int bootparams_tell(const char *sysroot,
		    int (*look)(struct bp_ctx *ctx, void *job, struct bp_buf *ret_text),
		    void *job)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_ctx *ctx = bootparams_ctx(sysroot, false);
	int r;

	if (!ctx)
		return EXIT_FAILURE;
	r = look(ctx, job, &text);
	if (r < 0)
		say_error("%s", bootparams_why(ctx, r));
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : bootparams_print(&text);
}

struct description {
	int (*describe)(struct bp_ctx *ctx, bool as_json, struct bp_buf *ret_text);
	struct bootparams_args args;
};

static int look(struct bp_ctx *ctx, void *job, struct bp_buf *ret_text)
{
	const struct description *d = job;

	return d->describe(ctx, d->args.json, ret_text);
}

int bootparams_describe(const struct bootparams_command *command, int argc, char **argv,
			int (*describe)(struct bp_ctx *ctx, bool as_json,
					struct bp_buf *ret_text))
{
	struct description d = { .describe = describe };
	int r = bootparams_args(command, argc, argv, &d.args);

	if (r >= 0)
		return r;
	if (!bootparams_no_arguments(command, argc, argv))
		return EXIT_FAILURE;
	return bootparams_tell(d.args.sysroot, look, &d);
}

static void help(const struct bootparams_group *group, FILE *f)
{
	fprintf(f, "Usage: %s COMMAND [OPTION...]\n%s.\n\nCommands:\n", group->name,
		group->help);
	for (size_t i = 0; i < group->n; i++)
		fprintf(f, "  %-8s %s\n", bootparams_word(group->commands[i]),
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
		if (!strcmp(word, bootparams_word(group->commands[i]))) {
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
