/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of /dev/kmsg as lines, and the log of a recorded machine. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static const struct {
	const char *record, *line;
} good[] = {
	{ "6,0,0,-;Linux version 6.12\n", "[    0.000000] Linux version 6.12\n" },
	{ "4,339,5140900,-;two; parts, here\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n",
	  "[    5.140900] two; parts, here\n" },
	{ "6,1,123456789012,c,caller=T1;late", "[123456.789012] late\n" },
	{ "6,1,1,-;\n", "[    0.000001] \n" },
};

START_TEST(records)
{
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_kmsg_format(bp_span_make(good[_i].record, strlen(good[_i].record)),
					&b), 0);
	ck_assert_str_eq(bp_buf_str(&b), good[_i].line);
}
END_TEST

static const char *const wrong[] = {
	"", "no head", "6,1;too few fields", "6,1,5;no flags", "6,1,x,-;no time",
	"6,1,99999999999999999999999,-;time of 77 bits",
};

START_TEST(not_records)
{
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_kmsg_format(bp_span_make(wrong[_i], strlen(wrong[_i])), &b), -EBADMSG);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(of_a_recorded_machine)
{
	static const char text[] = "text dmesg\n|[    0.000000] Linux version 6.12\n";
	bp_autobuf struct bp_buf b = { 0 }, none = { 0 };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(text, sizeof(text) - 1),
					      &ctx), 0);
	ck_assert_int_eq(bp_kernel_log_read(ctx, &b), 0);
	ck_assert_str_eq(bp_buf_str(&b), "[    0.000000] Linux version 6.12\n");
	bp_ctx_unref(ctx);
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make("", 0), &ctx), 0);
	ck_assert_int_eq(bp_kernel_log_read(ctx, &none), -ENOENT);
	bp_ctx_unref(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel-log");
	TCase *t = tcase_create("kernel-log");

	tcase_add_loop_test(t, records, 0, BP_ARRAY_SIZE(good));
	tcase_add_loop_test(t, not_records, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_test(t, of_a_recorded_machine);
	suite_add_tcase(s, t);
	return run_suite(s);
}
