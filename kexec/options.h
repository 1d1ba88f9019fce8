/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of kexec(8): one table of options, and what the words of one call
 * mean.
 *
 * From the table come getopt_long's arrays, --help and what is refused or only noted; the
 * man page and the completion are compared with it by tests/cli/options-agree.test.
 */
#ifndef KEXEC_OPTIONS_H
#define KEXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/syscall.h"

/* Exit statuses, as kexec-tools has them; documented in kexec(8). */
enum {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_USAGE = 1,		/* also: refused before trying, -S: loaded */
	EXIT_STATUS_NO_FILE_LOAD = 253,	/* -s, and the kernel cannot load this by it */
	EXIT_STATUS_NO_CRASH_REGION = 254,
	EXIT_STATUS_FAILED = 255,	/* load, unload or exec failed; -S: unreadable */
};

struct kexec_config;

struct kexec_options {
	/* Actions. Several may be set ("-u -l X"); each later one replaces parts of an
	 * earlier. */
	bool load, exec, shutdown, unload;
	bool status, print_crash_size, help, version;
	bool status_of_reboot;	/* -S -l: the image for reboot; else the crash image */
	bool sync, ifdown;

	bool panic;
	enum bp_syscall_mode mode;
	const char *kernel;
	const char *boot_entry;		/* NULL: not given */
	const char *entry_cmdline;	/* of that entry, in the place of the running
					 * kernel's; NULL: none */
	const char *type;
	const char **initrds;	/* NULL ends the array */
	size_t n_initrds;
	const char *append;	/* NULL: not given */
	bool reuse_cmdline;
	const char *dtb;
	const char *framebuffer;	/* NULL: not given */
	const char *framebuffer_method;	/* NULL: not given */
	const char *live_update;	/* NULL: not given */
	uint64_t mem_min, mem_max;
	enum bp_checks checks;
	bool hotplug, no_efi, memmap_on_cmdline, no_cma, force_dtb;
	bool ignore_partitions;
	bool console_serial;
	struct bp_uart uart;	/* BP_UART_NONE: not given, or only by a name */
	const char *serial;	/* the name: "ttyAMA0"; NULL: none */
	uint32_t uart_baud;	/* 0: not given */

	const char *load_only;	/* an option given that only kexec_load honours, or
				 * NULL */
	const char *file_only;	/* the same for kexec_file_load */

	/* Words of the configuration behind whatever line there is; NULL: none. */
	char *more_cmdline;

	bool debug, dry_run, json, explain;
	const char *dump_segments, *sysroot;

	const char *asker;		/* who asks about a load, and loads nothing; NULL: kexec */
	bool *given;			/* which options were, by their place in the table */
	const char *where;		/* what is read now, for messages; NULL: the
					 * command line */
	const struct kexec_config *config;	/* what was read; NULL: nothing */
	/* Who set these, which are judged later; NULL: the command line. */
	const char *framebuffer_from, *framebuffer_method_from, *live_update_from;
};

/*
 * Read the arguments. 0: go on; else the exit status, and everything has been said.
 * kexec_options_done() is needed either way.
 */
int kexec_options_parse(int argc, char **argv, struct kexec_options *ret_options);
void kexec_options_done(struct kexec_options *o);

/*
 * The same for @asker, which takes the options of the load that it is asked about, as a dry
 * run: those that do something else are refused, and the usage of kexec is not printed.
 */
int kexec_options_parse_question(const char *asker, int argc, char **argv,
				 struct kexec_options *ret_options);

/*
 * What is not given yet, by KEXEC_OPTS in the environment, and then by the settings of @config,
 * which must outlive the options; what became of each is noted there. Only for loads: nothing
 * else is configured. An exit status.
 */
int kexec_options_configure(struct kexec_options *o, struct kexec_config *config);

/* --boot-entry=list, which does nothing else. */
bool kexec_lists_entries(const struct kexec_options *o);
void kexec_usage(void);		/* on stdout */
void kexec_print_version(void);

#endif
