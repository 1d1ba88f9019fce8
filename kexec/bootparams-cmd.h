/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands of bootparams(8) share. */
#ifndef KEXEC_BOOTPARAMS_CMD_H
#define KEXEC_BOOTPARAMS_CMD_H

#include <getopt.h>
#include <stdio.h>

#include "collect/machine.h"
#include "say.h"

struct bootparams_command {
	const char *name;
	const char *arguments;	/* for the usage line: "[--json] FILE" */
	const char *help;	/* one line */
	const char *options;	/* a line each, "  --NAME  what it does\n"; without
				 * --help */
	int (*run)(int argc, char **argv);	/* argv[0] is the name; returns the exit
						 * status */
};

/* Commands, and commands of commands. */
struct bootparams_group {
	const char *name;	/* "bootparams" */
	const char *help;
	const struct bootparams_command *const *commands;
	size_t n;
};

/* --help, --version, or the command that is named; the exit status. */
int bootparams_dispatch(const struct bootparams_group *group, int argc, char **argv);

extern const struct bootparams_command bootparams_capture;
extern const struct bootparams_command bootparams_check;
extern const struct bootparams_command bootparams_diff;
extern const struct bootparams_command bootparams_handover;
extern const struct bootparams_command bootparams_handover_check;
extern const struct bootparams_command bootparams_handover_drop;
extern const struct bootparams_command bootparams_handover_hold;
extern const struct bootparams_command bootparams_handover_list;
extern const struct bootparams_command bootparams_handover_plan;
extern const struct bootparams_command bootparams_handover_restore;
extern const struct bootparams_command bootparams_handover_save;
extern const struct bootparams_command bootparams_handover_verify;
extern const struct bootparams_command bootparams_hyperv;
extern const struct bootparams_command bootparams_memmap;
extern const struct bootparams_command bootparams_record;
extern const struct bootparams_command bootparams_screen;
extern const struct bootparams_command bootparams_show;

/* The line for --sysroot in .options */
#define BOOTPARAMS_SYSROOT_HELP \
	"  --sysroot=PATH  read another machine: a directory, or a recorded machine " \
	"(.tree)\n"

/* The usage line and the help of one command, on @f. */
void bootparams_usage(const struct bootparams_command *command, FILE *f);
/* Its last word: "handover show" is "show" to those who are at "handover" already. */
const char *bootparams_word(const struct bootparams_command *command);
/* What is wrong was said: where to look. An exit status. */
int bootparams_wrong_option(const struct bootparams_command *command);

/* What the options have in common; those that a command does not take stay empty. */
struct bootparams_args {
	bool json;
	const char *sysroot;
	const char **initrds;	/* NULL behind the last; NULL: none was given */
};
void bootparams_args_done(struct bootparams_args *args);

/* For the table of a command's options, whose last is the one of --help. */
enum { BOOTPARAMS_JSON = 0x100, BOOTPARAMS_SYSROOT, BOOTPARAMS_INITRD };
#define BOOTPARAMS_OPTION_JSON { "json", no_argument, NULL, BOOTPARAMS_JSON }
#define BOOTPARAMS_OPTION_SYSROOT \
	{ "sysroot", required_argument, NULL, BOOTPARAMS_SYSROOT }
#define BOOTPARAMS_OPTION_INITRD { "initrd", required_argument, NULL, BOOTPARAMS_INITRD }
#define BOOTPARAMS_OPTION_HELP { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }

/*
 * Read the options: -1, and optind is at the first argument; else the exit status.
 * bootparams_args_done() in either case. @take is given the command's own letters, with
 * optarg; false: that is wrong, and was said. NULL: it has none.
 */
int bootparams_options(const struct bootparams_command *command,
		       const struct option *options,
		       bool (*take)(void *job, int letter), void *job, int argc,
		       char **argv, struct bootparams_args *ret_args);
/* For commands that have no more options than --json and --sysroot. */
int bootparams_args(const struct bootparams_command *command, int argc, char **argv,
		    struct bootparams_args *ret_args);
/* Whether nothing is behind them; else that is refused. */
bool bootparams_no_arguments(const struct bootparams_command *command, int argc,
			     char **argv);
/* Whether there is one KERNEL behind them, or none (NULL); more is refused. */
bool bootparams_one_kernel(const struct bootparams_command *command, int argc, char **argv,
			   const char **ret_kernel);

/*
 * In a context of its own: @look, and its text on stdout. What fails is said, unless @look
 * has: then it returns more than 0. EXIT_SUCCESS when the text is out.
 */
int bootparams_tell(const char *sysroot,
		    int (*look)(struct bp_ctx *ctx, void *job, struct bp_buf *ret_text),
		    void *job);

/* A command without arguments, whose text is all of it; the exit status. */
int bootparams_describe(const struct bootparams_command *command, int argc, char **argv,
			int (*describe)(struct bp_ctx *ctx, bool as_json,
					struct bp_buf *ret_text));

/* A context for --sysroot (NULL: this machine); what fails is said. NULL then. */
struct bp_ctx *bootparams_ctx(const char *sysroot, bool record);
/* What went wrong, for people. */
const char *bootparams_why(struct bp_ctx *ctx, int r);
/* Write text to stdout; the exit status. */
int bootparams_print(const struct bp_buf *text);

/* show --json FILE and show FILE; @named: say which file it was: bootparams-dump.c. */
int bootparams_dump_json(struct bp_ctx *ctx, const char *path, bool named,
			 struct bp_buf *ret_text);
int bootparams_dump_text(struct bp_ctx *ctx, const char *path, struct bp_buf *ret_text);

/* show --json and show: what the running kernel was given. @whole: all of the device
 * tree. */
int bootparams_show_json(struct bp_ctx *ctx, const struct bp_machine *m, bool whole,
			 struct bp_buf *ret_text);
int bootparams_show_text(struct bp_ctx *ctx, const struct bp_machine *m,
			 struct bp_buf *ret_text);

/* The parts of them that speak of the framebuffer: bootparams-screen.c. */
struct bp_json;
int bootparams_screen_json(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_json *j);
int bootparams_screen_text(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_buf *b);

/* The same of the device tree; @whole: every property, not only /chosen:
 * bootparams-fdt.c. */
int bootparams_fdt_json(struct bp_ctx *ctx, const struct bp_device_tree *dt, bool whole,
			struct bp_json *j);
int bootparams_fdt_text(struct bp_ctx *ctx, const struct bp_device_tree *dt, bool whole,
			struct bp_buf *b);

/*
 * And of the x86 zero page and its setup_data: bootparams-x86.c.
 * @file: NULL, or where it was dumped, and then nothing is said of what kexec hands on.
 */
int bootparams_x86_json(struct bp_ctx *ctx, const struct bp_machine *m, const char *file,
			struct bp_json *j);
void bootparams_x86_text(struct bp_ctx *ctx, const struct bp_machine *m, const char *file,
			 struct bp_buf *b, int *r);

/* And of kexec handover: bootparams-kho.c. */
void bootparams_kho_json(const struct bp_kho *kho, struct bp_json *j);
void bootparams_kho_text(const struct bp_kho *kho, struct bp_buf *b, int *r);

/* Of the hand-over record, and of what is loaded: bootparams-handover-record.c. */
int bootparams_handover_json(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_json *j);
/* "good", "none", "damaged", ...: of struct bp_handover_given. */
const char *bootparams_handover_status(int status);
int bootparams_handover_text(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_buf *b);

/* Of live update sessions: bootparams-luo.c. */
struct bp_luo_session_state;
const char *bootparams_luo_state_name(const struct bp_luo_session_state *s);
int bootparams_luo_json(struct bp_ctx *ctx, struct bp_machine *m, struct bp_json *j);
int bootparams_luo_text(struct bp_ctx *ctx, struct bp_machine *m, struct bp_buf *b);

/*
 * Pieces of what they print: bootparams-print.c. Running out of memory is the only way
 * that these fail; the first failure stays in *@r, and nothing is printed behind it.
 */
void put(struct bp_buf *b, int *r, const char *fmt, ...) BP_PRINTF(3, 4);
/* Foreign text, @len at most: what a terminal would obey becomes a question mark. */
void put_text(struct bp_buf *b, int *r, const char *text, size_t len);
/* "512 MiB", rounded down: the exact size, where it counts, stands beside it. */
void rough_size_text(uint64_t bytes, char text[24]);
void text_range(struct bp_buf *b, int *r, bp_phys_t start, bp_phys_t end,
		unsigned int depth, const char *name);
void text_map(struct bp_buf *b, int *r, const char *title, const struct bp_memmap *map,
	      const char *status);
void json_map(struct bp_json *j, const char *key, const struct bp_memmap *map);
/* What a part's status means to people; NULL: it was read. */
const char *status_text(int status);

/* One field of the zero page, decoded. */
enum bootparams_format {
	BOOTPARAMS_DEC,		/* a number for people */
	BOOTPARAMS_HEX,		/* an address or flags */
	BOOTPARAMS_TEXT,	/* characters */
	BOOTPARAMS_BYTES,
};

struct bootparams_field {
	const char *name;	/* "screen_info.lfb_base" */
	uint16_t offset, size;
	enum bootparams_format format;
};

/* NULL behind the last; in the order of the offsets. */
const struct bootparams_field *bootparams_field(size_t i);
/* The numeric value of a DEC or HEX field. */
uint64_t bootparams_field_value(const struct bootparams_field *field,
				struct bp_span page);
/* What the value means, in a few words; NULL: nothing to add. */
const char *bootparams_field_note(const struct bootparams_field *field,
				  struct bp_span page);

#endif
