/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/iomem: nesting, inclusive ends, unreadable addresses, malformed lines. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static int parse(const char *text, struct bp_iomem *ret)
{
	struct bp_ctx *ctx;
	int r;

	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	r = bp_iomem_parse(ctx, bp_span_make(text, strlen(text)), ret);
	if (r)
		ck_assert_str_ne(bp_ctx_message(ctx), "");
	bp_ctx_unref(ctx);
	return r;
}

START_TEST(ends_become_exclusive_and_children_are_deeper)
{
	struct bp_iomem m = { 0 };

	ck_assert_int_eq(parse("00000000-00000fff : Reserved\n"
			       "00100000-7fffffff : System RAM\n"
			       "  01000000-01ffffff : Kernel code\n"
			       "    01000000-01000fff : a : b\n"
			       "100000000-17fffffff : System RAM", &m), 0);
	ck_assert_uint_eq(m.n, 5);
	ck_assert_uint_eq(m.v[0].end, 0x1000);
	ck_assert_uint_eq(m.v[2].depth, 1);
	ck_assert_str_eq(m.v[3].name, "a : b");
	ck_assert_uint_eq(m.v[3].depth, 2);
	ck_assert_uint_eq(m.v[4].start, 0x100000000);
	ck_assert_uint_eq(m.v[4].end, 0x180000000);
	bp_iomem_done(&m);
}
END_TEST

START_TEST(zeros_are_unreadable)
{
	struct bp_iomem m = { 0 };

	ck_assert_int_eq(parse("00000000-00000000 : Reserved\n"
			       "00000000-00000000 : System RAM\n", &m), -EACCES);
	ck_assert_ptr_null(m.v);
}
END_TEST

static const char *const malformed[] = {
	"00000000 : no range\n",
	"00001000-00000fff : end before start\n",
	"00000000-ffffffffffffffff : no exclusive end\n",
	"00000000-00000fff: no space\n",
	" 00000000-00000fff : odd indent\n",
	"  00000000-00000fff : a child first\n",
	"00000000-11112222333344445 : seventeen digits\n",
	"\n",
};

START_TEST(malformed_lines_are_refused)
{
	struct bp_iomem m = { 0 };

	ck_assert_int_eq(parse(malformed[_i], &m), -EBADMSG);
	ck_assert_ptr_null(m.v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("iomem");
	TCase *t = tcase_create("iomem");

	tcase_add_test(t, ends_become_exclusive_and_children_are_deeper);
	tcase_add_test(t, zeros_are_unreadable);
	tcase_add_loop_test(t, malformed_lines_are_refused, 0, BP_ARRAY_SIZE(malformed));
	suite_add_tcase(s, t);
	return run_suite(s);
}
