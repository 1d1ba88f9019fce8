/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next kernel's command line. */
#include <string.h>

#include "decide/cmdline.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

static const struct {
	const char *running;
	bool panic;
	const char *append, *want;
} lines[] = {
	{ NULL, false, NULL, "" },
	{ NULL, false, "root=/dev/sda1 ro", "root=/dev/sda1 ro" },
	{ "", false, "", "" },
	{ "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro", false, NULL, "root=/dev/sda1 ro" },
	{ "BOOT_IMAGE=/vmlinuz", false, NULL, "" },
	{ "root=/dev/sda1", false, "quiet", "root=/dev/sda1 quiet" },
	{ "BOOT_IMAGE=/v", false, "quiet", "quiet" },
	/* Only with -p; each of them. */
	{ "a crashkernel=1G,high crashkernel=256M,low b", false, NULL,
	  "a crashkernel=1G,high crashkernel=256M,low b" },
	{ "a crashkernel=1G,high crashkernel=256M,low b", true, NULL, "a b" },
	{ "a \"crashkernel=1G bad\" b", true, NULL, "a b" },
	/* Parts of words, and words within quotes, stay. */
	{ "MY_BOOT_IMAGE=x BOOT_IMAGES=y nocrashkernel=1", true, NULL,
	  "MY_BOOT_IMAGE=x BOOT_IMAGES=y nocrashkernel=1" },
	{ "dyndbg=\"file a.c +p; BOOT_IMAGE=x\" q", true, NULL,
	  "dyndbg=\"file a.c +p; BOOT_IMAGE=x\" q" },
	{ " a\t b \n", false, NULL, "a b" },
	{ "unclosed=\"a b", false, "c", "unclosed=\"a b c" },
};

START_TEST(composed)
{
	char *line;

	ck_assert_int_eq(bp_cmdline_compose(ctx, lines[_i].running, lines[_i].panic,
					    lines[_i].append, &line), 0);
	ck_assert_str_eq(line, lines[_i].want);
	free(line);
}
END_TEST

START_TEST(a_word_is_found_whole)
{
	ck_assert(bp_cmdline_has_word("quiet acpi=on", "acpi=on"));
	ck_assert(!bp_cmdline_has_word("acpi=one noacpi=on", "acpi=on"));
	ck_assert(!bp_cmdline_has_word("x=\"a acpi=on b\"", "acpi=on"));
	ck_assert(!bp_cmdline_has_word("", "acpi=on"));
	ck_assert(!bp_cmdline_has_word("quiet -- acpi=on", "acpi=on"));
	ck_assert(!bp_cmdline_has("quiet -- noefi", "noefi"));
}
END_TEST

static const struct {
	const char *cmdline, *value;	/* of root= */
} values[] = {
	{ "", NULL },
	{ "root", NULL },
	{ "root=", "" },
	{ "ro root=/dev/sda quiet", "/dev/sda" },
	{ "root=/dev/sda root=/dev/sdb", "/dev/sdb" },
	{ "root=\"/dev/a b\" quiet", "/dev/a b" },
	{ "\"root=/dev/a b\" quiet", "/dev/a b" },
	{ "root=\"", "" },
	{ "noroot=1 x=\"a root=2\"", NULL },
	{ "root=UUID=1-2", "UUID=1-2" },
	/* What follows "--" is init's. */
	{ "root=1 -- root=2", "1" },
	{ "quiet \"--\" root=2", NULL },
	{ "-- root=2", NULL },
	{ "root=1 --x root=2 --=y", "2" },
};

START_TEST(value)
{
	struct bp_span v = bp_cmdline_value(values[_i].cmdline, "root");

	ck_assert(!v.data == !values[_i].value);
	if (v.data) {
		ck_assert_uint_eq(v.len, strlen(values[_i].value));
		ck_assert_mem_eq(v.data, values[_i].value, v.len);
	}
}
END_TEST

static const struct {
	enum bp_arch arch;
	const char *own;
	bool alone;
	const char *given, *line;
} owns[] = {
	{ BP_ARCH_X86_64, NULL, false, "a b", "a b" },
	{ BP_ARCH_X86_64, "kho=on", false, "a b", "kho=on a b" },
	{ BP_ARCH_X86_64, "kho=on", false, "", "kho=on" },
	{ BP_ARCH_X86_64, "kho=on", true, "a b", "kho=on" },
	{ BP_ARCH_X86_64, "kho=on", false, "kho=on a", "kho=on a" },
	{ BP_ARCH_X86_64, "kho=on", false, "kho=on", "kho=on" },
	{ BP_ARCH_X86_64, "kho=on", false, "kho=only", "kho=on kho=only" },
	{ BP_ARCH_ARM64, NULL, false, "a b", "a b" },
	{ BP_ARCH_ARM64, "kho=on", false, "a b", "a b" },
	{ BP_ARCH_ARM64, "kho=on", false, "", "kho=on" },
	{ BP_ARCH_ARM64, "kho=on", true, "a b", "kho=on" },
};

START_TEST(with_own)
{
	char *line = NULL;

	ck_assert_int_eq(bp_cmdline_with_own(owns[_i].arch, owns[_i].own, owns[_i].alone,
					     owns[_i].given, &line), 0);
	ck_assert_str_eq(line, owns[_i].line);
	free(line);
}
END_TEST

static const struct {
	const char *cmdline;
	size_t at;
} ends[] = {
	{ "", 0 }, { " ", 1 }, { "a b ", 4 }, { "a -- b", 2 }, { "a  \"--\"", 3 }, { "--", 0 },
	{ "a --b", 5 }, { "a=\"x -- y\" z", 12 },
};

START_TEST(end)
{
	const char *cmdline = ends[_i].cmdline;

	ck_assert_int_eq(bp_cmdline_end(cmdline) - cmdline, (int)ends[_i].at);
}
END_TEST

static const struct {
	const char *cmdline;
	enum bp_arch arch;
	enum bp_uart_type type;
	bp_phys_t at;
	uint32_t baud;
} uarts[] = {
	{ "", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "console=tty0 quiet", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "console=ttyS0", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x3f8, 0 },
	{ "console=ttyS0,115200n8 console=tty0", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x3f8, 115200 },
	{ "console=ttyS0 console=ttyS1,9600", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x2f8, 9600 },
	{ "earlyprintk=serial,ttyS0,115200", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x3f8, 115200 },
	{ "earlyprintk=serial,0x2f8", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x2f8, 0 },
	{ "earlycon=uart8250,io,0x2f8,9600 q", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x2f8, 9600 },
	{ "console=ttyS9", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "console", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "console=", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "earlyprintk=serial", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "earlyprintk=serial,", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "console=ttyS0 -- console=ttyS1", BP_ARCH_X86_64, BP_UART_16550_PORT, 0x3f8, 0 },
	{ "netconsole=ttyS0", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "\"console=ttyS0 console=ttyS1\"", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	/* What does not suit the architecture names nothing, and takes nothing back. */
	{ "console=ttyS1", BP_ARCH_ARM64, BP_UART_NONE, 0, 0 },
	{ "earlycon=pl011,0x9000000", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
	{ "earlycon=pl011,0x9000000 console=ttyAMA1 console=ttyS1", BP_ARCH_ARM64,
	  BP_UART_PL011, 0x9000000, 0 },
	{ "earlycon=pl011,0x9000000 console=uart8250,mmio32,0xfe215040", BP_ARCH_ARM64,
	  BP_UART_16550, 0xfe215040, 0 },
	{ "earlycon console=ttyAMA9", BP_ARCH_ARM64, BP_UART_NONE, 0, 0 },
	/* By their names the ports are known there. */
	{ "earlycon console=ttyAMA0", BP_ARCH_ARM64, BP_UART_PL011, 0x9000000, 0 },
	{ "console=ttyAMA0,115200n8 console=tty0", BP_ARCH_ARM64, BP_UART_PL011, 0x9000000, 0 },
	{ "console=ttyAMA0 console=ttyS0", BP_ARCH_ARM64, BP_UART_16550, 0xfe215040, 0 },
	{ "console=ttyAMA", BP_ARCH_ARM64, BP_UART_NONE, 0, 0 },
	{ "console=ttyAMA00", BP_ARCH_ARM64, BP_UART_NONE, 0, 0 },
	{ "console=ttyAMA0", BP_ARCH_X86_64, BP_UART_NONE, 0, 0 },
};

START_TEST(uart)
{
	struct bp_serial serials[] = {
		{ "ttyAMA0", { BP_UART_PL011, 0x9000000, 0, 4, 0 } },
		{ "ttyS0", { BP_UART_16550, 0xfe215040, 2, 4, 0 } },
	};
	struct bp_machine m = { .arch = uarts[_i].arch, .serials = serials,
				.n_serials = uarts[_i].arch == BP_ARCH_ARM64 ? 2 : 0 };
	struct bp_uart found;

	memset(&found, 0xff, sizeof(found));
	bp_cmdline_uart(uarts[_i].cmdline, &m, &found);
	ck_assert_int_eq(found.type, uarts[_i].type);
	ck_assert_uint_eq(found.at, uarts[_i].at);
	ck_assert_uint_eq(found.baud, uarts[_i].baud);
}
END_TEST

static const struct {
	const char *cmdline;
	int on;
} switches[] = {
	{ "", -1 }, { "kho", -1 }, { "kho=", -1 }, { "kho=maybe", -1 }, { "kho=o", -1 },
	{ "kho=on", 1 }, { "kho=1", 1 }, { "kho=yes", 1 }, { "kho=Tx", 1 }, { "kho=ON", 1 },
	{ "kho=off", 0 }, { "kho=0", 0 }, { "kho=N", 0 }, { "kho=Of", 0 }, { "kho=false", 0 },
	{ "akho=on kho_scratch=1", -1 }, { "a\tkho=on\n", 1 },
	{ "kho=on kho=off", 0 }, { "kho=off kho=on", 1 },
	/* What it refuses leaves it as it was. */
	{ "kho=on kho=maybe", 1 }, { "kho=0 kho", 0 },
	{ "kho=on -- kho=off", 1 }, { "-- kho=on", -1 },
	{ "kho=\"on\"", 1 }, { "\"kho=off\"", 0 }, { "x=\"a kho=on b\"", -1 },
};

START_TEST(cmdline_switch)
{
	for (int otherwise = -1; otherwise <= 1; otherwise++)
		ck_assert_int_eq(bp_cmdline_switch(switches[_i].cmdline, "kho", otherwise),
				 switches[_i].on < 0 ? otherwise : switches[_i].on);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmdline");
	TCase *t = tcase_create("cmdline");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, composed, 0, BP_ARRAY_SIZE(lines));
	tcase_add_test(t, a_word_is_found_whole);
	tcase_add_loop_test(t, end, 0, BP_ARRAY_SIZE(ends));
	tcase_add_loop_test(t, with_own, 0, BP_ARRAY_SIZE(owns));
	tcase_add_loop_test(t, value, 0, BP_ARRAY_SIZE(values));
	tcase_add_loop_test(t, uart, 0, BP_ARRAY_SIZE(uarts));
	tcase_add_loop_test(t, cmdline_switch, 0, BP_ARRAY_SIZE(switches));
	suite_add_tcase(s, t);
	return run_suite(s);
}
