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

static const struct {
	const char *cmdline;
	uint16_t port;
	uint32_t baud;
} uarts[] = {
	{ "", 0, 0 },
	{ "console=tty0 quiet", 0, 0 },
	{ "console=ttyS0", 0x3f8, 0 },
	{ "console=ttyS0,115200n8 console=tty0", 0x3f8, 115200 },
	{ "console=ttyS0 console=ttyS1,9600", 0x2f8, 9600 },
	{ "earlyprintk=serial,ttyS0,115200", 0x3f8, 115200 },
	{ "console=ttyS9", 0, 0 },
	{ "console=ttyS10", 0, 0 },
	{ "console=ttyS0,12345", 0x3f8, 0 },	/* no divisor gives it */
	{ "console=ttyS0,99999999999999999999", 0x3f8, 0 },
	{ "console", 0, 0 },
	{ "console=", 0, 0 },
	{ "console=ttyS", 0, 0 },
	{ "earlyprintk=serial", 0, 0 },
	{ "netconsole=ttyS0", 0, 0 },
};

START_TEST(uart)
{
	uint32_t baud = 7;

	ck_assert_uint_eq(bp_cmdline_uart(uarts[_i].cmdline, &baud), uarts[_i].port);
	ck_assert_uint_eq(baud, uarts[_i].baud);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmdline");
	TCase *t = tcase_create("cmdline");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, composed, 0, BP_ARRAY_SIZE(lines));
	tcase_add_loop_test(t, uart, 0, BP_ARRAY_SIZE(uarts));
	suite_add_tcase(s, t);
	return run_suite(s);
}
