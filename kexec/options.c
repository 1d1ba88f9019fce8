/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads argv (and KEXEC_IGNORE_STRAY from the environment); writes usage to stdout and
 * complaints to stderr.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/util.h"
#include "conf.h"
#include "options.h"
#include "say.h"

/* What becomes of an option. */
enum fate {
	HONOURED,
	PANIC_ONLY,	/* honoured with -p; else as NOTED */
	NOTED,		/* accepted without effect; `remark` is said once */
	ACCEPTED,	/* accepted without effect and without a word: clients pass it
			 * routinely */
	REFUSED,	/* `remark` is the reason */
	ALIAS,		/* a prefix that kexec-tools takes as the option `remark`; not in
			 * --help */
};

/* Which syscall can do what the option asks. */
enum reach {
	BOTH,
	LOAD_ONLY,
	FILE_ONLY,
};

enum {
	OPT_ALIAS = 0x100,
	OPT_APPEND,
	OPT_REUSE_CMDLINE,
	OPT_BOOT_ENTRY,
	OPT_INITRD,
	OPT_DTB,
	OPT_MEM_MIN,
	OPT_MEM_MAX,
	OPT_HOTPLUG,
	OPT_NO_CMA,
	OPT_FORCE_DTB,
	OPT_PRINT_CKR_SIZE,
	OPT_ARGS_LINUX,
	OPT_NOEFI,
	OPT_PASS_MEMMAP,
	OPT_CHECKS,
	OPT_CONSOLE_SERIAL,
	OPT_SERIAL,
	OPT_SERIAL_BAUD,
	OPT_FRAMEBUFFER,
	OPT_FRAMEBUFFER_METHOD,
	OPT_IGNORE_PARTITIONS,
	OPT_LIVE_UPDATE,
	OPT_DRY_RUN,
	OPT_JSON,
	OPT_EXPLAIN,
	OPT_DUMP_SEGMENTS,
	OPT_SYSROOT,
	OPT_NO_EFFECT,	/* NOTED, ACCEPTED, REFUSED: told apart by the row */
};

struct row {
	const char *name;
	int id;			/* the short option's letter, or OPT_* */
	const char *arg;	/* NULL: takes none */
	enum fate fate;
	enum reach reach;
	const char *help;
	const char *remark;
};

#define FOR_PANIC "it is for crash kernels (-p)"
#define PRESERVE "returning from the next kernel (KEXEC_JUMP) is not implemented"
#define XEN "live update of Xen is not implemented"

/*
 * To add an option: a row here, a case in kexec_options_parse(), a paragraph and an item
 * of the compatibility list in man/kexec.8, a word in completion/kexec. A new name must
 * not take away a prefix that kexec-tools users may type: tests/unit/test-options.c knows
 * them all.
 */
static const struct row table[] = {
	{ "help", 'h', NULL, HONOURED, BOTH, "print this help", NULL },
	{ "version", 'v', NULL, HONOURED, BOTH, "print the version", NULL },
	{ "load", 'l', NULL, HONOURED, BOTH, "load KERNEL for the next reboot", NULL },
	{ "load-panic", 'p', NULL, HONOURED, BOTH, "load KERNEL for the case of a crash",
	  NULL },
	{ "unload", 'u', NULL, HONOURED, BOTH, "unload; with -p the crash kernel", NULL },
	{ "exec", 'e', NULL, HONOURED, BOTH, "boot what is loaded, now, without shutdown",
	  NULL },
	{ "force", 'f', NULL, HONOURED, BOTH,
	  "load KERNEL and boot it now, without shutdown", NULL },
	{ "status", 'S', NULL, HONOURED, BOTH,
	  "exit status 1: a crash kernel (with -l: a kernel) is loaded, 0: none", NULL },
	{ "no-ifdown", 'x', NULL, HONOURED, BOTH, "-e, -f: leave network interfaces up",
	  NULL },
	{ "no-sync", 'y', NULL, HONOURED, BOTH,
	  "-e, -f: do not write out file systems first", NULL },

	{ "kexec-file-syscall", 's', NULL, HONOURED, BOTH, "use kexec_file_load(2) only",
	  NULL },
	{ "kexec-syscall", 'c', NULL, HONOURED, BOTH, "use kexec_load(2) only", NULL },
	{ "kexec-syscall-auto", 'a', NULL, HONOURED, BOTH,
	  "use what hands over more (the default)", NULL },
	{ "type", 't', "TYPE", HONOURED, BOTH, "KERNEL must be of this type", NULL },
	{ "initrd", OPT_INITRD, "FILE", HONOURED, BOTH,
	  "initial ramdisk; several are concatenated in their order", NULL },
	{ "ramdisk", OPT_INITRD, "FILE", HONOURED, BOTH, "same as --initrd", NULL },
	{ "append", OPT_APPEND, "LINE", HONOURED, BOTH,
	  "set the command line, or add to that of --reuse-cmdline", NULL },
	{ "command-line", OPT_APPEND, "LINE", HONOURED, BOTH, "same as --append", NULL },
	{ "reuse-cmdline", OPT_REUSE_CMDLINE, NULL, HONOURED, BOTH,
	  "the running kernel's command line, without BOOT_IMAGE= and, with -p, "
	  "crashkernel=",
	  NULL },
	{ "boot-entry", OPT_BOOT_ENTRY, "ID", HONOURED, BOTH,
	  "load what this entry of the boot loader names; default, next; list shows all", NULL },
	{ "framebuffer", OPT_FRAMEBUFFER, "SPEC", HONOURED, LOAD_ONLY,
	  "auto, console, reserve, none or BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP", NULL },
	{ "framebuffer-method", OPT_FRAMEBUFFER_METHOD, "METHOD", HONOURED, BOTH,
	  "arm64: auto, efi-clone, efi-rebuild, image-patch or (dangerous) "
	  "firmware-redirect",
	  NULL },
	{ "dtb", OPT_DTB, "FILE", HONOURED, BOTH,
	  "arm64: the device tree to begin with, in the place of this machine's", NULL },
	{ "no-checks", 'i', NULL, HONOURED, BOTH,
	  "do not check the loaded bytes before they are booted", NULL },
	{ "checks", OPT_CHECKS, NULL, HONOURED, BOTH,
	  "check them, on arm64 also without -p", NULL },
	{ "mem-min", OPT_MEM_MIN, "ADDR", HONOURED, LOAD_ONLY, "load nothing below ADDR",
	  NULL },
	{ "mem-max", OPT_MEM_MAX, "ADDR", HONOURED, LOAD_ONLY, "load nothing above ADDR",
	  NULL },
	{ "hotplug", OPT_HOTPLUG, NULL, PANIC_ONLY, BOTH,
	  "-p: let the kernel follow CPU and memory hotplug", FOR_PANIC },
	{ "noefi", OPT_NOEFI, NULL, HONOURED, LOAD_ONLY, "do not pass on EFI", NULL },
	{ "pass-memmap-cmdline", OPT_PASS_MEMMAP, NULL, PANIC_ONLY, LOAD_ONLY,
	  "-p: give the memory map on the command line, too", FOR_PANIC },
	{ "serial", OPT_SERIAL, "PORT", HONOURED, LOAD_ONLY,
	  "UART for the check's message: I/O port, ttyS0 ... ttyS3, or as earlycon= has it", NULL },
	{ "serial-baud", OPT_SERIAL_BAUD, "RATE", HONOURED, LOAD_ONLY, "its speed", NULL },
	{ "console-serial", OPT_CONSOLE_SERIAL, NULL, HONOURED, LOAD_ONLY,
	  "same as --serial=ttyS0", NULL },
	{ "no-cma", OPT_NO_CMA, NULL, HONOURED, FILE_ONLY,
	  "the kernel keeps its segments out of CMA areas", NULL },
	{ "force-dtb", OPT_FORCE_DTB, NULL, HONOURED, FILE_ONLY,
	  "x86: the kernel passes its boot device tree on", NULL },
	{ "ignore-partitions", OPT_IGNORE_PARTITIONS, NULL, HONOURED, BOTH,
	  "Hyper-V: load although partitions run or have devices", NULL },
	{ "live-update", OPT_LIVE_UPDATE, "MODE", HONOURED, BOTH,
	  "kexec handover (KHO): auto, require, or off to give up what is preserved", NULL },
	{ "print-ckr-size", OPT_PRINT_CKR_SIZE, NULL, HONOURED, BOTH,
	  "print the size of the crash kernel's region in bytes", NULL },

	{ "dry-run", OPT_DRY_RUN, NULL, HONOURED, BOTH,
	  "print what would be loaded, load nothing; needs no root", NULL },
	{ "json", OPT_JSON, NULL, HONOURED, BOTH, "--dry-run: as one JSON object", NULL },
	{ "explain", OPT_EXPLAIN, NULL, HONOURED, BOTH,
	  "print the reason for each choice", NULL },
	{ "dump-segments", OPT_DUMP_SEGMENTS, "DIR", HONOURED, BOTH,
	  "write the bytes of each segment to a file in DIR", NULL },
	{ "sysroot", OPT_SYSROOT, "PATH", HONOURED, BOTH,
	  "--dry-run: for the machine below this folder or in this recording", NULL },
	{ "debug", 'd', NULL, HONOURED, BOTH, "say on stderr what is found and why",
	  NULL },

	{ "args-linux", OPT_NO_EFFECT, NULL, ACCEPTED, BOTH,
	  "accepted: the Linux boot protocol is the only one", NULL },
	{ "args-elf", OPT_NO_EFFECT, NULL, NOTED, BOTH, "accepted, without effect",
	  "ELF kernels are booted by the Linux protocol" },
	{ "args-none", OPT_NO_EFFECT, NULL, NOTED, BOTH, "accepted, without effect",
	  "ELF kernels are booted by the Linux protocol" },
	{ "elf64-core-headers", OPT_NO_EFFECT, NULL, ACCEPTED, BOTH,
	  "accepted: core headers are 64-bit", NULL },
	{ "elf32-core-headers", OPT_NO_EFFECT, NULL, ACCEPTED, BOTH,
	  "accepted: core headers are 64-bit all the same", NULL },
	{ "reuse-video-type", OPT_NO_EFFECT, NULL, NOTED, BOTH,
	  "accepted, without effect",
	  "the screen is always handed over as found; see --framebuffer" },
	{ "reset-vga", OPT_NO_EFFECT, NULL, NOTED, BOTH, "accepted, without effect",
	  "the next kernel finds the screen as it is" },
	{ "console-vga", OPT_NO_EFFECT, NULL, NOTED, BOTH, "accepted, without effect",
	  "a failed check is shown on VGA text screens anyway" },

	{ "entry-32bit", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused",
	  "kernels are entered in 64-bit mode only" },
	{ "real-mode", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused",
	  "the real-mode entry needs a BIOS state that no longer exists" },
	{ "module", OPT_NO_EFFECT, "MOD", REFUSED, BOTH, "refused",
	  "multiboot kernels are not supported" },
	{ "reuseinitrd", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused",
	  "the first initrd is not kept in memory; name the file with --initrd" },
	{ "load-preserve-context", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused",
	  PRESERVE },
	{ "load-jump-back-helper", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused",
	  PRESERVE },
	{ "entry", OPT_NO_EFFECT, "ADDR", REFUSED, BOTH, "refused", PRESERVE },
	{ "load-live-update", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused", XEN },
	{ "exec-live-update", OPT_NO_EFFECT, NULL, REFUSED, BOTH, "refused", XEN },

	/* Prefixes that some release of kexec-tools takes and that a later name made
	 * ambiguous. */
	{ "d", 'd', NULL, ALIAS, BOTH, NULL, "debug" },
	{ "f", 'f', NULL, ALIAS, BOTH, NULL, "force" },
	{ "fo", 'f', NULL, ALIAS, BOTH, NULL, "force" },
	{ "for", 'f', NULL, ALIAS, BOTH, NULL, "force" },
	{ "forc", 'f', NULL, ALIAS, BOTH, NULL, "force" },
	{ "h", 'h', NULL, ALIAS, BOTH, NULL, "help" },
	{ "i", OPT_INITRD, "FILE", ALIAS, BOTH, NULL, "initrd" },
	{ "no-c", 'i', NULL, ALIAS, BOTH, NULL, "no-checks" },
};

/*
 * What the configuration may have, in KEXEC_OPTS, and where it is a key of kexec.conf(5). What names
 * a load or does something is for the command line alone.
 */
static const struct {
	const char *name;
	bool is_key;
} configurable[] = {
	{ "kexec-file-syscall", false },	/* as a key: syscall */
	{ "kexec-syscall", false },
	{ "kexec-syscall-auto", false },
	{ "checks", false },			/* as a key: checks=yes, =no */
	{ "no-checks", false },
	{ "console-serial", false },
	{ "framebuffer", true },
	{ "framebuffer-method", true },
	{ "live-update", true },
	{ "mem-min", true },
	{ "mem-max", true },
	{ "hotplug", true },
	{ "noefi", true },
	{ "pass-memmap-cmdline", true },
	{ "serial", true },
	{ "serial-baud", true },
	{ "no-cma", true },
	{ "force-dtb", true },
	{ "ignore-partitions", true },
	{ "debug", true },
};

void kexec_print_version(void)
{
	printf("kexec-bootparams %s (kexec-tools-compatible)\n", PACKAGE_VERSION);
}

void kexec_usage(void)
{
	kexec_print_version();
	printf("Usage: kexec [OPTION]... [KERNEL]\n"
	       "Boot another kernel from the running one.\n\n");
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++) {
		const struct row *row = &table[i];
		char left[64];

		if (row->fate == ALIAS)
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s",
			 row->id < OPT_ALIAS ? '-' : ' ',
			 row->id < OPT_ALIAS ? row->id : ' ',
			 row->id < OPT_ALIAS ? "," : " ", row->name, row->arg ? "=" : "",
			 row->arg ? row->arg : "");
		printf("  %-30s %s%s%s%s\n", left, row->help,
		       row->fate == REFUSED ? " (" : "",
		       row->fate == REFUSED ? row->remark : "",
		       row->fate == REFUSED ? ")" : "");
	}
	printf("\nWithout -l, -p, -u, -e, -f or -S: load KERNEL, then reboot into it by "
	       "way of\n"
	       "systemctl kexec or shutdown -r. See kexec(8).\n");
}

static int bad_value(const struct kexec_options *o, const char *name, const char *value)
{
	if (o->where) {
		say_error("%s: bad value in %s=%s", o->where, name, value);
		return EXIT_STATUS_USAGE;
	}
	say_error("bad value in --%s=%s", name, value);
	if (!o->asker)
		kexec_usage();
	return EXIT_STATUS_USAGE;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	/* strtoull takes blanks in front, and "-1" as a large number. */
	if (errno || text[0] < '0' || text[0] > '9' || *end || v > max)
		return false;
	*ret_value = v;
	return true;
}

/* kexec-tools' names for what is one format here; others are judged when the file is. */
static const char *format_of_type(const char *type)
{
	static const char *const names[][2] = {
		{ "bzImage", "bzImage64" },
		{ "vmlinux", "elf" },
		{ "vmlinuz", "zboot" },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return type;
}

/*
 * An address, or a tty's name: those of a PC stand for their ports, others are looked for
 * on the machine.
 */
static bool take_serial(struct kexec_options *o, const char *arg)
{
	bool is_name = !strncmp(arg, "tty", 3);

	o->serial = is_name ? arg : NULL;
	if (bp_uart_parse(bp_span_make(arg, strlen(arg)), &o->uart))
		return true;
	o->uart = (struct bp_uart){ 0 };
	return is_name && strncmp(arg, "ttyS", 4) && arg[3] >= 'A' && arg[3] <= 'z' &&
	       arg[strcspn(arg, "0123456789")];
}

static void start_load(struct kexec_options *o)
{
	o->load = true;
	o->exec = false;
	o->shutdown = false;
}

/* Nothing is loaded, unloaded or booted, and no other question answered. */
static bool is_for_a_question(const struct row *row)
{
	switch (row->id) {
	case OPT_PRINT_CKR_SIZE:
	case OPT_EXPLAIN:
	case OPT_DUMP_SEGMENTS:
		return false;
	default:
		return row->id >= OPT_ALIAS || !strchr("veuSp", row->id);
	}
}

/* One row was met. 0, or an exit status. */
static int take(struct kexec_options *o, const struct row *row, const char *arg)
{
	uint64_t number;

	if (row->fate == REFUSED) {
		say_error("--%s: %s", row->name, row->remark);
		return EXIT_STATUS_USAGE;
	}
	if (o->asker && !is_for_a_question(row)) {
		say_error("%s: --%s does not go with it: it is asked about a load for reboot, and "
			  "does nothing", o->asker, row->name);
		return EXIT_STATUS_USAGE;
	}
	switch (row->id) {
	case 'h':
		o->help = true;
		break;
	case 'v':
		o->version = true;
		break;
	case 'l':
		start_load(o);
		o->status_of_reboot = true;
		break;
	case 'p':
		start_load(o);
		o->panic = true;
		o->sync = false;
		o->status_of_reboot = false;
		break;
	case 'u':
		o->load = false;
		o->shutdown = false;
		o->unload = true;
		break;
	case 'e':
		o->load = false;
		o->shutdown = false;
		o->exec = true;
		o->sync = o->ifdown = true;
		break;
	case 'f':
		o->load = true;
		o->shutdown = false;
		o->exec = true;
		o->sync = o->ifdown = true;
		break;
	case 'S':
		o->status = true;
		break;
	case 's':
		o->mode = BP_SYSCALL_ONLY_FILE_LOAD;
		break;
	case 'c':
		o->mode = BP_SYSCALL_ONLY_LOAD;
		break;
	case 'a':
		o->mode = BP_SYSCALL_AUTO;
		break;
	case 't':
		o->type = format_of_type(arg);
		break;
	case 'i':
		o->checks = BP_CHECKS_OFF;
		break;
	case OPT_CHECKS:
		o->checks = BP_CHECKS_ON;
		break;
	case 'd':
		o->debug = true;
		break;
	case OPT_INITRD:
		o->initrds[o->n_initrds++] = arg;
		break;
	case OPT_APPEND:
		o->append = arg;
		break;
	case OPT_REUSE_CMDLINE:
		o->reuse_cmdline = true;
		break;
	case OPT_BOOT_ENTRY:
		if (!*arg) {
			say_error("--boot-entry= names none: an ID, default, next or list "
				  "is wanted");
			return EXIT_STATUS_USAGE;
		}
		o->boot_entry = arg;
		break;
	case OPT_DTB:
		o->dtb = arg;
		break;
	case OPT_FRAMEBUFFER:
		o->framebuffer = arg;
		o->framebuffer_from = o->where;
		break;
	case OPT_FRAMEBUFFER_METHOD:
		o->framebuffer_method = arg;
		o->framebuffer_method_from = o->where;
		break;
	case OPT_MEM_MIN:
		if (!parse_number(arg, UINT64_MAX, &o->mem_min))
			return bad_value(o, row->name, arg);
		break;
	case OPT_MEM_MAX:
		/* Nothing can be loaded below 0, which is "no limit" further on. */
		if (!parse_number(arg, UINT64_MAX, &o->mem_max) || !o->mem_max)
			return bad_value(o, row->name, arg);
		break;
	case OPT_HOTPLUG:
		o->hotplug = true;
		break;
	case OPT_NOEFI:
		o->no_efi = true;
		break;
	case OPT_IGNORE_PARTITIONS:
		o->ignore_partitions = true;
		break;
	case OPT_LIVE_UPDATE:
		o->live_update = arg;
		o->live_update_from = o->where;
		break;
	case OPT_PASS_MEMMAP:
		o->memmap_on_cmdline = true;
		break;
	case OPT_CONSOLE_SERIAL:
		o->console_serial = true;
		break;
	case OPT_SERIAL:
		if (!take_serial(o, arg))
			return bad_value(o, row->name, arg);
		break;
	case OPT_SERIAL_BAUD:
		if (!parse_number(arg, 115200, &number) || !number || 115200 % number)
			return bad_value(o, row->name, arg);
		o->uart_baud = (uint32_t)number;
		break;
	case OPT_NO_CMA:
		o->no_cma = true;
		break;
	case OPT_FORCE_DTB:
		o->force_dtb = true;
		break;
	case OPT_PRINT_CKR_SIZE:
		o->print_crash_size = true;
		break;
	case OPT_DRY_RUN:
		o->dry_run = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_EXPLAIN:
		o->explain = true;
		break;
	case OPT_DUMP_SEGMENTS:
		o->dump_segments = arg;
		break;
	case OPT_SYSROOT:
		o->sysroot = arg;
		break;
	}
	return 0;
}

/* Is this option of the table, which was given, asking for something? The others have
 * been read. */
static bool counts(const struct kexec_options *o, const struct row *row)
{
	switch (row->id) {
	case OPT_FRAMEBUFFER:
		return false;	/* that depends on the machine */
	case OPT_SERIAL_BAUD:
		/* The speed of no port of ours is no cause to choose; where -s is chosen
		 * it is lost. */
		return o->uart.type != BP_UART_NONE ||
		       o->mode == BP_SYSCALL_ONLY_FILE_LOAD;
	default:
		return row->fate != PANIC_ONLY || o->panic;
	}
}

/* What the options given ask of the syscalls. */
static void note_reach(struct kexec_options *o)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++) {
		const struct row *row = &table[i];

		if (!o->given[i] || !counts(o, row))
			continue;
		if (row->reach == LOAD_ONLY && !o->load_only)
			o->load_only = row->name;
		if (row->reach == FILE_ONLY && !o->file_only)
			o->file_only = row->name;
	}
}

static void say_without_effect(const struct kexec_options *o)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++) {
		const struct row *row = &table[i];

		if (o->given[i] &&
		    (row->fate == NOTED || (row->fate == PANIC_ONLY && !o->panic)))
			say_warning("--%s has no effect: %s", row->name, row->remark);
	}
}

/* The first word that is no option is KERNEL; a second one is somebody's lost quotes. */
static int take_words(struct kexec_options *o, int argc, char **argv)
{
	const char *e = secure_getenv("KEXEC_IGNORE_STRAY");

	if (optind < argc)
		o->kernel = argv[optind++];
	if (optind == argc || (e && !strcmp(e, "1")))
		return 0;
	say_error("stray argument \"%s\" after the kernel \"%s\": only one kernel can be "
		  "named (did a command line lose its quotes? KEXEC_IGNORE_STRAY=1 in "
		  "the environment ignores what follows the kernel)",
		  argv[optind], o->kernel);
	return EXIT_STATUS_USAGE;
}

bool kexec_lists_entries(const struct kexec_options *o)
{
	return o->boot_entry && !strcmp(o->boot_entry, "list");
}

/* A list is all that is asked for: an action beside it would be dropped in silence. */
static int check_list(const struct kexec_options *o)
{
	if (o->kernel) {
		say_error("--boot-entry=list only prints: the kernel \"%s\" does not go with "
			  "it", o->kernel);
		return EXIT_STATUS_USAGE;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++)
		if (o->given[i] && table[i].id < OPT_ALIAS && strchr("eflpuS", table[i].id)) {
			say_error("--boot-entry=list only prints: --%s does not go with it",
				  table[i].name);
			return EXIT_STATUS_USAGE;
		}
	return 0;
}

static int check_together(const struct kexec_options *o)
{
	if (kexec_lists_entries(o) && o->asker) {
		say_error("%s: --boot-entry=list names no kernel", o->asker);
		return EXIT_STATUS_USAGE;
	}
	if (kexec_lists_entries(o))
		return check_list(o);
	if (o->kernel && o->boot_entry) {
		say_error("both a kernel, \"%s\", and a boot entry, --boot-entry=%s, are named: "
			  "which is it?", o->kernel, o->boot_entry);
		return EXIT_STATUS_USAGE;
	}
	if (o->sysroot && !o->dry_run && !o->status && !o->print_crash_size) {
		say_error("--sysroot describes another machine, which can only be looked "
			  "at: add --dry-run");
		return EXIT_STATUS_USAGE;
	}
	if (o->json && !o->dry_run) {
		say_error("--json is the form of --dry-run's answer: add --dry-run");
		return EXIT_STATUS_USAGE;
	}
	if (o->dry_run && !o->load && !o->status) {
		say_error("--dry-run describes a load: -u and -e do not go with it");
		return EXIT_STATUS_USAGE;
	}
	if (o->mem_max && o->mem_max <= o->mem_min) {
		say_error("--mem-max=%#llx is not above --mem-min=%#llx",
			  (unsigned long long)o->mem_max, (unsigned long long)o->mem_min);
		return EXIT_STATUS_USAGE;
	}
	return 0;
}

static void settle_serial(struct kexec_options *o)
{
	if (o->console_serial && o->uart.type == BP_UART_NONE && !o->serial)
		bp_uart_parse(bp_span_make("ttyS0", 5), &o->uart);
}

/* What getopt_long() wants to know. */
struct grammar {
	struct option longs[BP_ARRAY_SIZE(table) + 1];
	char shorts[2 * BP_ARRAY_SIZE(table) + 1];
};

/*
 * Long options answer with their row's number + OPT_ALIAS, so that each row is told apart.
 * Ambiguity is then by name alone, as it is for kexec-tools.
 */
static void make_grammar(struct grammar *g)
{
	size_t n = 0;

	*g = (struct grammar){ 0 };
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++) {
		g->longs[i] = (struct option){ table[i].name,
					       table[i].arg ? required_argument : no_argument,
					       NULL, OPT_ALIAS + (int)i };
		if (table[i].id >= OPT_ALIAS || table[i].fate == ALIAS)
			continue;
		g->shorts[n++] = (char)table[i].id;
		if (table[i].arg)
			g->shorts[n++] = ':';
	}
}

/* The row of the next option; NULL: there is none, or, with *@ret_status, no such one. */
static const struct row *next_option(const struct grammar *g, int argc, char **argv,
				     int *ret_status)
{
	int id = getopt_long(argc, argv, g->shorts, g->longs, NULL);

	*ret_status = 0;
	if (id == -1)
		return NULL;
	if (id >= OPT_ALIAS)
		return &table[id - OPT_ALIAS];
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++)
		if (table[i].id == id)
			return &table[i];
	*ret_status = EXIT_STATUS_USAGE;	/* '?': getopt_long has said why on stderr */
	return NULL;
}

static int parse(int argc, char **argv, struct kexec_options *o)
{
	bool skip_sync = false, skip_ifdown = false;
	const struct row *row;
	struct grammar grammar;
	int r;

	o->initrds = calloc((size_t)argc + 1, sizeof(*o->initrds));
	o->given = calloc(BP_ARRAY_SIZE(table), sizeof(*o->given));
	if (!o->initrds || !o->given) {
		say_error("out of memory");
		return EXIT_STATUS_FAILED;
	}
	make_grammar(&grammar);
	while ((row = next_option(&grammar, argc, argv, &r))) {
		o->given[row - table] = true;
		if (row->id == 'x')
			skip_ifdown = true;
		if (row->id == 'y')
			skip_sync = true;
		r = take(o, row, optarg);
		if (r)
			return r;
		/* These answer at once, whatever follows. */
		if (o->help || o->version)
			return 0;
	}
	if (r) {
		if (!o->asker)
			kexec_usage();
		return r;
	}
	/* Nothing but --sysroot and -d bears on this answer, so that nothing else can be
	 * wrong. */
	if (o->print_crash_size)
		return 0;
	if (skip_sync)
		o->sync = false;
	if (skip_ifdown)
		o->ifdown = false;
	settle_serial(o);
	r = take_words(o, argc, argv);
	if (r)
		return r;
	/* "-u -p" unloads the crash kernel, as "-p -u" does, unless there is one to
	 * load. */
	if (o->unload && o->panic && !o->kernel && !o->boot_entry)
		o->load = false;
	note_reach(o);
	if (!o->panic)
		o->hotplug = o->memmap_on_cmdline = false;
	r = check_together(o);
	/* Not before it is known that something is going to be done. */
	if (!r)
		say_without_effect(o);
	return r;
}

int kexec_options_parse(int argc, char **argv, struct kexec_options *ret_options)
{
	*ret_options = (struct kexec_options){
		.load = true,
		.shutdown = true,
		.sync = true,
		.mode = BP_SYSCALL_AUTO,
	};
	return parse(argc, argv, ret_options);
}

int kexec_options_parse_question(const char *asker, int argc, char **argv,
				 struct kexec_options *ret_options)
{
	*ret_options = (struct kexec_options){
		.load = true,
		.dry_run = true,
		.mode = BP_SYSCALL_AUTO,
		.asker = asker,
	};
	return parse(argc, argv, ret_options);
}

void kexec_options_done(struct kexec_options *o)
{
	free(o->initrds);
	free(o->given);
	free(o->more_cmdline);
	o->initrds = NULL;
	o->given = NULL;
	o->more_cmdline = NULL;
}

/* ---- configuration ---- */

/* Options of which one takes the place of the others. */
static int group(const struct row *row)
{
	switch (row->id) {
	case 's':
	case 'c':
	case 'a':
		return 'a';
	case 'i':
	case OPT_CHECKS:
		return OPT_CHECKS;
	case OPT_SERIAL:
	case OPT_CONSOLE_SERIAL:
		return OPT_SERIAL;
	default:
		return row->id;
	}
}

static bool was_given(const struct kexec_options *o, const struct row *row)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++)
		if (o->given[i] && group(&table[i]) == group(row))
			return true;
	return false;
}

/* Why an option that nobody gave on the command line has no effect; NULL: it has. */
static const char *why_unused(const struct kexec_options *o, const struct row *row)
{
	if (was_given(o, row))
		return "the command line or KEXEC_OPTS says otherwise";
	if (row->fate == PANIC_ONLY && !o->panic)
		return FOR_PANIC;
	if (row->reach == FILE_ONLY && o->mode == BP_SYSCALL_ONLY_LOAD)
		return "it is for kexec_file_load";
	if (row->reach == LOAD_ONLY && o->mode == BP_SYSCALL_ONLY_FILE_LOAD &&
	    row->id != OPT_FRAMEBUFFER)
		return "it is for kexec_load";
	return NULL;
}

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name) && table[i].fate != ALIAS)
			return &table[i];
	return NULL;
}

static bool is_configurable(const struct row *row, bool as_key)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(configurable); i++)
		if (!strcmp(configurable[i].name, row->name))
			return configurable[i].is_key || !as_key;
	return false;
}

static int read_environment(struct kexec_options *o, const char *text,
			    struct kexec_config *config, struct kexec_config *ret_wanted)
{
	char program[64];
	const struct row *row;
	struct grammar grammar;
	char **argv;
	int argc = 1, r = kexec_split_words(text, &config->words);

	if (r) {
		say_error("KEXEC_OPTS in the environment: %s",
			  r == -EBADMSG ? "a quote is not closed" : strerror(-r));
		return EXIT_STATUS_USAGE;
	}
	while (config->words && config->words[argc - 1])
		argc++;
	argv = calloc((size_t)argc + 1, sizeof(*argv));
	if (!argv)
		return EXIT_STATUS_FAILED;
	snprintf(program, sizeof(program), "%s: KEXEC_OPTS", say_program);
	argv[0] = program;
	for (int i = 1; i < argc; i++)
		argv[i] = config->words[i - 1];
	make_grammar(&grammar);
	optind = 0;	/* glibc: start anew */
	while (!r && (row = next_option(&grammar, argc, argv, &r))) {
		if (!is_configurable(row, false)) {
			say_error("KEXEC_OPTS in the environment: --%s is for the command line "
				  "alone", row->name);
			r = EXIT_STATUS_USAGE;
		} else if (kexec_config_add(ret_wanted, row->name, optarg ?: "yes",
					    "KEXEC_OPTS in the environment")) {
			r = EXIT_STATUS_FAILED;
		}
	}
	if (!r && optind < argc) {
		say_error("KEXEC_OPTS in the environment: \"%s\" is no option", argv[optind]);
		r = EXIT_STATUS_USAGE;
	}
	free(argv);
	return r;
}

/* "syscall" and "checks" stand for options that exclude each other. */
static const struct row *row_of_choice(const struct kexec_setting *s, bool *ret_known)
{
	static const struct {
		const char *key, *value, *option;
	} choices[] = {
		{ "syscall", "auto", "kexec-syscall-auto" },
		{ "syscall", "file", "kexec-file-syscall" },
		{ "syscall", "load", "kexec-syscall" },
		{ "checks", "yes", "checks" },
		{ "checks", "no", "no-checks" },
	};

	*ret_known = false;
	for (size_t i = 0; i < BP_ARRAY_SIZE(choices); i++) {
		if (strcmp(choices[i].key, s->key))
			continue;
		*ret_known = true;
		if (!strcmp(choices[i].value, s->value))
			return find_row(choices[i].option);
	}
	return NULL;
}

static int add_to_cmdline(struct kexec_options *o, const struct kexec_setting *s)
{
	char *line = NULL;

	if (*s->value && asprintf(&line, "%s%s%s", o->more_cmdline ?: "",
				  o->more_cmdline ? " " : "", s->value) < 0)
		return EXIT_STATUS_FAILED;
	free(o->more_cmdline);
	o->more_cmdline = line;
	return 0;
}

/* Which option a line is, with the value for take(). NULL: it says nothing, or *@ret_status. */
static const struct row *row_of(struct kexec_options *o, const struct kexec_setting *s,
				bool by_words, int *ret_status)
{
	const struct row *row = find_row(s->key);
	bool known;

	*ret_status = 0;
	if (by_words)
		return row;
	if (!strcmp(s->key, "cmdline-append")) {
		if (!s->unused)
			*ret_status = add_to_cmdline(o, s);
		return NULL;
	}
	if (!row || !is_configurable(row, true)) {
		row = row_of_choice(s, &known);
		if (!known) {
			say_error("%s: \"%s\" is no key: kexec.conf(5) has those there are", s->where,
				  s->key);
			*ret_status = EXIT_STATUS_USAGE;
		} else if (!row && *s->value) {
			*ret_status = bad_value(o, s->key, s->value);
		}
		return row;
	}
	if (row->arg || !strcmp(s->value, "yes"))
		return row;
	if (*s->value && strcmp(s->value, "no"))
		*ret_status = bad_value(o, s->key, s->value);
	return NULL;
}

/* Does a later one say something else of the same? */
static bool is_overruled(const struct kexec_config *config, size_t i)
{
	for (size_t k = i + 1; k < config->n; k++)
		if (!config->v[k].unused && !strcmp(config->v[k].key, config->v[i].key))
			return true;
	return false;
}

static int apply(struct kexec_options *o, struct kexec_config *config, bool by_words)
{
	bool *now = calloc(BP_ARRAY_SIZE(table), sizeof(*now));
	int r = now ? 0 : EXIT_STATUS_FAILED;

	for (size_t i = 0; !r && i < config->n; i++) {
		struct kexec_setting *s = &config->v[i];
		const struct row *row;

		o->where = s->where;
		row = row_of(o, s, by_words, &r);
		/* A wrong value is wrong also where it has no effect. */
		if (!r && row && (!row->arg || *s->value)) {
			struct kexec_options scratch = *o;

			r = take(&scratch, row, s->value);
		}
		if (r || s->unused || !strcmp(s->key, "cmdline-append"))
			continue;
		if (is_overruled(config, i))
			s->unused = "it is said again later";
		else if (row)
			s->unused = why_unused(o, row);
		if (s->unused || !row || (row->arg && !*s->value))
			continue;
		r = take(o, row, s->value);
		now[row - table] = true;
		if (!r && counts(o, row) && row->reach == LOAD_ONLY && !o->load_only)
			o->load_only = row->name;
		if (!r && counts(o, row) && row->reach == FILE_ONLY && !o->file_only)
			o->file_only = row->name;
	}
	o->where = NULL;
	for (size_t i = 0; now && i < BP_ARRAY_SIZE(table); i++)
		o->given[i] = o->given[i] || now[i];
	free(now);
	return r;
}

int kexec_options_configure(struct kexec_options *o, struct kexec_config *config)
{
	const char *environment = secure_getenv("KEXEC_OPTS");
	struct kexec_config words = { 0 };
	int r = environment ? read_environment(o, environment, config, &words) : 0;

	if (!r)
		r = apply(o, &words, true);
	if (!r)
		r = apply(o, config, false);
	/* What the environment says is kept and explained with the rest. */
	if (kexec_config_move(config, &words))
		r = EXIT_STATUS_FAILED;
	settle_serial(o);
	o->config = config;
	return r ? r : check_together(o);
}
