/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The context: options, message chain, log. */
#include <errno.h>
#include <string.h>

#include "core/internal.h"
#include "test.h"

START_TEST(messages_run_from_general_to_particular)
{
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	ck_assert_int_eq(bp_fail_errno(ctx, -EACCES, "cannot read %s", "/proc/iomem"), -EACCES);
	ck_assert_int_eq(bp_fail(ctx, -EIO, "cannot describe the screen"), -EIO);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "cannot describe the screen: cannot read /proc/iomem: Permission denied");
	bp_forgive(ctx);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	ck_assert_ptr_null(bp_ctx_unref(ctx));
}
END_TEST

static void count_line(void *data, enum bp_log_level level, const char *line)
{
	ck_assert_int_le(level, BP_LOG_INFO);
	++*(int *)data;
}

START_TEST(log_stops_at_the_level)
{
	int lines = 0;
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log = count_line,
				    .log_data = &lines, .log_level = BP_LOG_INFO };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), 0);
	bp_log(ctx, BP_LOG_INFO, "seen");
	bp_debug(ctx, "not seen");
	ck_assert_int_eq(lines, 1);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(too_small_options_are_refused)
{
	struct bp_ctx_opts opts = { .size = 1 };
	struct bp_ctx *ctx = NULL;

	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), -EINVAL);
	ck_assert_ptr_null(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ctx");
	TCase *t = tcase_create("ctx");

	tcase_add_test(t, messages_run_from_general_to_particular);
	tcase_add_test(t, log_stops_at_the_level);
	tcase_add_test(t, too_small_options_are_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
