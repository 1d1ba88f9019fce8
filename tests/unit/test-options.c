/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's grammar: what kexec-tools' users type keeps its meaning. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "kexec/say.h"
#include "test.h"

const char say_program[] = "kexec";

static struct kexec_options o;
static int result;

/* Words are separated by one blank. What is printed is judged by tests/cli. */
static void parse(const char *line)
{
	static char text[512];
	char *argv[32] = { "kexec" };
	int argc = 1;

	kexec_options_done(&o);
	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	optind = 0;	/* glibc: start anew */
	result = kexec_options_parse(argc, argv, &o);
}

static void silent(void)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	/* stdout carries TAP, which the forked test does not write. */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
}

static void done(void)
{
	kexec_options_done(&o);
}

/*
 * Long options of kexec-tools on x86-64, with the argument they take: 2.0.32 (git, June 2026),
 * and those of 2.0.25 (Debian 12), which lacks six of them.
 */
static const struct theirs {
	const char *name;
	bool arg, not_in_2_0_25;
} theirs[] = {
	{ "help", false, false },
	{ "version", false, false },
	{ "debug", false, false },
	{ "force", false, false },
	{ "no-checks", false, false },
	{ "no-ifdown", false, false },
	{ "no-sync", false, false },
	{ "load", false, false },
	{ "unload", false, false },
	{ "exec", false, false },
	{ "exec-live-update", false, false },
	{ "load-preserve-context", false, false },
	{ "load-jump-back-helper", false, false },
	{ "load-live-update", false, false },
	{ "entry", true, false },
	{ "type", true, false },
	{ "load-panic", false, false },
	{ "mem-min", true, false },
	{ "mem-max", true, false },
	{ "reuseinitrd", false, false },
	{ "kexec-file-syscall", false, false },
	{ "kexec-syscall", false, false },
	{ "kexec-syscall-auto", false, false },
	{ "status", false, false },
	{ "print-ckr-size", false, false },
	{ "reset-vga", false, false },
	{ "serial", true, false },
	{ "serial-baud", true, false },
	{ "console-vga", false, false },
	{ "console-serial", false, false },
	{ "elf32-core-headers", false, false },
	{ "elf64-core-headers", false, false },
	{ "pass-memmap-cmdline", false, false },
	{ "noefi", false, false },
	{ "reuse-video-type", false, false },
	{ "command-line", true, false },
	{ "append", true, false },
	{ "reuse-cmdline", false, false },
	{ "initrd", true, false },
	{ "ramdisk", true, false },
	{ "args-elf", false, false },
	{ "args-linux", false, false },
	{ "args-none", false, false },
	{ "module", true, false },
	{ "real-mode", false, false },
	{ "entry-32bit", false, false },
	{ "dtb", true, true },
	{ "hotplug", false, true },
	{ "no-cma", false, true },
	{ "force-dtb", false, true },
};

#define N_THEIRS (sizeof(theirs) / sizeof(theirs[0]))

/* The only option that begins so in the given release; NULL where none or several do. */
static const struct theirs *resolve(const char *prefix, size_t len, bool old)
{
	const struct theirs *found = NULL;

	for (size_t i = 0; i < N_THEIRS; i++) {
		if ((old && theirs[i].not_in_2_0_25) || strncmp(theirs[i].name, prefix, len))
			continue;
		if (strlen(theirs[i].name) == len)
			return &theirs[i];
		if (found)
			return NULL;
		found = &theirs[i];
	}
	return found;
}

/* Comparable: where a word of the line is pointed to, only that it is. */
static void snapshot(const char *line, struct kexec_options *ret_options, int *ret_result)
{
	parse(line);
	*ret_options = o;
	ret_options->initrds = NULL;
	ret_options->given = NULL;	/* an alias is another row */
	ret_options->kernel = o.kernel ? "" : NULL;
	ret_options->type = o.type ? "" : NULL;
	ret_options->append = o.append ? "" : NULL;
	ret_options->dtb = o.dtb ? "" : NULL;
	*ret_result = result;
}

START_TEST(each_prefix_means_what_it_means_there)
{
	const struct theirs *t = &theirs[_i];

	silent();
	for (size_t len = 1; len <= strlen(t->name); len++)
		for (int old = 0; old < 2; old++) {
			struct kexec_options by_prefix, by_name;
			char prefix[64], line[128];
			int r_prefix, r_name;

			if (resolve(t->name, len, old) != t)
				continue;
			snprintf(prefix, sizeof(prefix), "%.*s", (int)len, t->name);
			snprintf(line, sizeof(line), "--%s%s K", prefix, t->arg ? "=0x10" : "");
			snapshot(line, &by_prefix, &r_prefix);
			snprintf(line, sizeof(line), "--%s%s K", t->name, t->arg ? "=0x10" : "");
			snapshot(line, &by_name, &r_name);
			ck_assert_msg(r_prefix == r_name && !memcmp(&by_prefix, &by_name, sizeof(o)),
				      "--%s is not --%s", prefix, t->name);
		}
}
END_TEST

START_TEST(arguments_come_in_every_way)
{
	parse("K --append=a --initrd i -l");
	ck_assert_int_eq(result, 0);
	ck_assert_str_eq(o.kernel, "K");
	ck_assert_str_eq(o.append, "a");
	ck_assert_str_eq(o.initrds[0], "i");
	ck_assert(o.load && !o.exec && !o.shutdown);
	parse("-al K");
	ck_assert(!result && o.load && o.mode == BP_SYSCALL_AUTO);
	parse("-pu");
	ck_assert(!result && o.unload && o.panic && !o.load);
	parse("-tbzImage64 K");
	ck_assert_str_eq(o.type, "bzImage64");
	parse("-t bzImage K");
	ck_assert_str_eq(o.type, "bzImage64");
	parse("-t vmlinux K");
	ck_assert_str_eq(o.type, "elf");
	parse("-t nbi-x86 K");
	ck_assert_str_eq(o.type, "nbi-x86");
	parse("-l -- -odd-name");
	ck_assert_str_eq(o.kernel, "-odd-name");
}
END_TEST

START_TEST(the_last_action_counts)
{
	parse("-l K -e");
	ck_assert(!result && !o.load && o.exec && o.sync && o.ifdown);
	parse("-e -l K");
	ck_assert(!result && o.load && !o.exec);
	parse("-l -f K");
	ck_assert(!result && o.load && o.exec && !o.shutdown);
	parse("-f -l K");
	ck_assert(!result && o.load && !o.exec);
	parse("-c -s -a -c K");
	ck_assert_int_eq(o.mode, BP_SYSCALL_ONLY_LOAD);
	parse("-l K -u");
	ck_assert(!result && !o.load && o.unload);
	parse("-u -l K");
	ck_assert(!result && o.load && o.unload);
	parse("-u -p");
	ck_assert(!result && !o.load && o.unload && o.panic);
	parse("--append=a --command-line=b K");
	ck_assert_str_eq(o.append, "b");
	parse("K");
	ck_assert(!result && o.load && o.shutdown && !o.exec);
}
END_TEST

START_TEST(skips_hold_wherever_they_stand)
{
	parse("-x -y -e");
	ck_assert(!result && o.exec && !o.sync && !o.ifdown);
	parse("-e -xy");
	ck_assert(!result && o.exec && !o.sync && !o.ifdown);
}
END_TEST

START_TEST(status_asks_for_crash_unless_told)
{
	parse("-S");
	ck_assert(o.status && !o.status_of_reboot);
	parse("-S -l");
	ck_assert(o.status && o.status_of_reboot);
	parse("-S -l -p");
	ck_assert(o.status && !o.status_of_reboot);
}
END_TEST

START_TEST(initrds_add_up)
{
	parse("--initrd=a -l K --ramdisk b --initrd=c");
	ck_assert_uint_eq(o.n_initrds, 3);
	ck_assert_str_eq(o.initrds[0], "a");
	ck_assert_str_eq(o.initrds[1], "b");
	ck_assert_str_eq(o.initrds[2], "c");
	ck_assert_ptr_null(o.initrds[3]);
}
END_TEST

START_TEST(options_of_one_syscall_are_noticed)
{
	parse("-l K --framebuffer=auto");
	ck_assert_ptr_null(o.load_only);
	/* That one depends on the machine: arm64 has a way by the other, too. */
	parse("-l K --framebuffer=none");
	ck_assert_ptr_null(o.load_only);
	ck_assert_str_eq(o.framebuffer, "none");
	parse("-l K --console-serial");
	ck_assert_str_eq(o.load_only, "console-serial");
	parse("-l K --no-cma");
	ck_assert_str_eq(o.file_only, "no-cma");
	ck_assert_ptr_null(o.load_only);
	/* The speed of a port that another option or the command line names. */
	parse("-l K --serial-baud=9600");
	ck_assert_ptr_null(o.load_only);
	parse("-l K --serial-baud=9600 -s");
	ck_assert_str_eq(o.load_only, "serial-baud");
	parse("-l K --serial-baud=9600 --console-serial");
	ck_assert_ptr_nonnull(o.load_only);
}
END_TEST

START_TEST(options_for_crash_kernels)
{
	parse("-l K --hotplug --pass-memmap-cmdline");
	ck_assert(!o.hotplug);
	ck_assert(!o.memmap_on_cmdline);
	ck_assert_ptr_null(o.load_only);
	parse("--hotplug --pass-memmap-cmdline -p K");
	ck_assert(o.hotplug);
	ck_assert(o.memmap_on_cmdline);
	ck_assert_str_eq(o.load_only, "pass-memmap-cmdline");
}
END_TEST

START_TEST(numbers)
{
	parse("-l K --mem-min=0x100000 --mem-max=4294967296");
	ck_assert_uint_eq(o.mem_min, 0x100000);
	ck_assert_uint_eq(o.mem_max, 1ull << 32);
	parse("-l K --serial=ttyS1 --serial-baud=9600");
	ck_assert_uint_eq(o.uart.at, 0x2f8);
	ck_assert_uint_eq(o.uart_baud, 9600);
	parse("-l K --serial=0x1000");
	ck_assert_int_eq(o.uart.type, BP_UART_16550_PORT);
	ck_assert_uint_eq(o.uart.at, 0x1000);
	parse("-l K --serial=pl011,0x9000000");
	ck_assert_int_eq(o.uart.type, BP_UART_PL011);
	ck_assert_uint_eq(o.uart.at, 0x9000000);
	ck_assert_ptr_null(o.serial);
	parse("-l K --console-serial");
	ck_assert_uint_eq(o.uart.at, 0x3f8);
	/* A name that the machine is asked for, and one that may be a PC's. */
	parse("-l K --serial=ttyAMA0");
	ck_assert_int_eq(o.uart.type, BP_UART_NONE);
	ck_assert_str_eq(o.serial, "ttyAMA0");
	parse("-l K --serial=ttyS1");
	ck_assert_str_eq(o.serial, "ttyS1");
	ck_assert_uint_eq(o.uart.at, 0x2f8);
	parse("-l K --serial=ttyAMA0 --serial=0x1000");
	ck_assert_ptr_null(o.serial);
}
END_TEST

START_TEST(the_last_word_on_checks_counts)
{
	parse("-l K");
	ck_assert_int_eq(o.checks, BP_CHECKS_DEFAULT);
	parse("-l K --checks");
	ck_assert_int_eq(o.checks, BP_CHECKS_ON);
	parse("-l K --checks -i");
	ck_assert_int_eq(o.checks, BP_CHECKS_OFF);
	parse("-l K --no-checks --checks");
	ck_assert_int_eq(o.checks, BP_CHECKS_ON);
}
END_TEST

/* Each is refused with exit status 1. */
static const char *const refused[] = {
	"--no-such-option",
	"-Z",
	"-l K --initrd",		/* argument missing */
	"-l K --load=x",		/* takes none */
	"-l K stray",
	"-l K --mem-min=1g",
	"-l K --mem-min=-1",
	"-l K --mem-min=",
	"-l K --mem-min=+5",
	"-l K --mem-min=\t5",		/* parse() splits at blanks */
	"-l K --mem-max=0",		/* not "no limit" */
	"-l K --mem-min=0x200000 --mem-max=0x100000",
	"-l K --serial=ttyS9",
	"-l K --serial=tty0",
	"-l K --serial=ttyAMA",
	"-l K --serial=0x10000",
	"-l K --serial-baud=12345",
	"-l K --entry-32bit",
	"-l K --real-mode",
	"-l K --module=m",
	"-l K --reuseinitrd",
	"--load-preserve-context K",
	"--load-jump-back-helper K",
	"-l K --entry=0",
	"--load-live-update K",
	"--exec-live-update",
	"-l K --sysroot=/x",		/* another machine's kernel is not loaded here */
	"-l K --json",
	"-e --dry-run",
};

START_TEST(refusals)
{
	silent();
	parse(refused[_i]);
	ck_assert_int_eq(result, EXIT_STATUS_USAGE);
}
END_TEST

START_TEST(strays_can_be_ignored)
{
	silent();
	setenv("KEXEC_IGNORE_STRAY", "1", 1);
	parse("-l K stray");
	ck_assert_int_eq(result, 0);
	ck_assert_str_eq(o.kernel, "K");
	setenv("KEXEC_IGNORE_STRAY", "0", 1);
	parse("-l K stray");
	ck_assert_int_eq(result, EXIT_STATUS_USAGE);
}
END_TEST

START_TEST(help_answers_at_once)
{
	parse("-v --no-such-option");
	ck_assert(!result && o.version);
	parse("-h --no-such-option");
	ck_assert(!result && o.help);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_checked_fixture(t, NULL, done);
	tcase_add_loop_test(t, each_prefix_means_what_it_means_there, 0, N_THEIRS);
	tcase_add_test(t, arguments_come_in_every_way);
	tcase_add_test(t, the_last_action_counts);
	tcase_add_test(t, skips_hold_wherever_they_stand);
	tcase_add_test(t, status_asks_for_crash_unless_told);
	tcase_add_test(t, initrds_add_up);
	tcase_add_test(t, options_of_one_syscall_are_noticed);
	tcase_add_test(t, options_for_crash_kernels);
	tcase_add_test(t, numbers);
	tcase_add_test(t, the_last_word_on_checks_counts);
	tcase_add_loop_test(t, refusals, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, strays_can_be_ignored);
	tcase_add_test(t, help_answers_at_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
