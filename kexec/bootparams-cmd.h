/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands of bootparams(8) share. */
#ifndef KEXEC_BOOTPARAMS_CMD_H
#define KEXEC_BOOTPARAMS_CMD_H

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

extern const struct bootparams_command bootparams_check;
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

/* A context for --sysroot (NULL: this machine); what fails is said. NULL then. */
struct bp_ctx *bootparams_ctx(const char *sysroot, bool record);
/* Write text to stdout; the exit status. */
int bootparams_print(const struct bp_buf *text);

/* show --json and show: what the running kernel was given. */
int bootparams_show_json(struct bp_ctx *ctx, const struct bp_machine *m,
			 struct bp_buf *ret_text);
int bootparams_show_text(struct bp_ctx *ctx, const struct bp_machine *m,
			 struct bp_buf *ret_text);

/* The parts of them that speak of the framebuffer: bootparams-screen.c. */
struct bp_json;
int bootparams_screen_json(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_json *j);
int bootparams_screen_text(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_buf *b);

/* The same of the device tree: bootparams-fdt.c. @status: NULL, or why there is none. */
int bootparams_fdt_json(const struct bp_device_tree *dt, const char *status,
			struct bp_json *j);
int bootparams_fdt_text(const struct bp_device_tree *dt, const char *status,
			struct bp_buf *b);

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
