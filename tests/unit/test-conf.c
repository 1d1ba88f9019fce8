/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kexec.conf(5): its lines, its folders; and the words of KEXEC_OPTS. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "test.h"

static struct kexec_config config;
static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	kexec_config_done(&config);
	bp_ctx_unref(ctx);
}

static int parse(const char *text, size_t len, bool panic)
{
	return kexec_config_parse(ctx, "x.conf", bp_span_make(text, len), panic, &config);
}

START_TEST(lines)
{
	static const char text[] = "# comment\n; comment\n\n\t a = b c \r\n[panic]\nd=\n[load]\ne==f";

	ck_assert_int_eq(parse(text, strlen(text), true), 0);
	ck_assert_uint_eq(config.n, 3);
	ck_assert_str_eq(config.v[0].key, "a");
	ck_assert_str_eq(config.v[0].value, "b c");
	ck_assert_str_eq(config.v[0].where, "x.conf, line 4");
	ck_assert_ptr_null(config.v[0].unused);
	ck_assert_str_eq(config.v[1].key, "d");
	ck_assert_str_eq(config.v[1].value, "");
	ck_assert_ptr_null(config.v[1].unused);
	ck_assert_str_eq(config.v[2].value, "=f");
	ck_assert_str_eq(config.v[2].unused, "it is for loads without -p");
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
	{ "a", "x.conf, line 1: \"a\" is not KEY=VALUE" },
	{ "\n=a", "x.conf, line 2: \"=a\" is not KEY=VALUE" },
	{ "[all]", "x.conf, line 1: \"[all]\" is no section: they are [load] and [panic]" },
	{ "[load", "x.conf, line 1: \"[load\" is no section: they are [load] and [panic]" },
	{ "\x1b[2J", "x.conf, line 1: \"?[2J\" is not KEY=VALUE" },
};

START_TEST(bad_lines)
{
	ck_assert_int_eq(parse(bad[_i].text, strlen(bad[_i].text), false), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), bad[_i].message);
}
END_TEST

START_TEST(no_text)
{
	ck_assert_int_eq(parse("a=\0b", 4, false), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "x.conf holds a NUL: no text");
	ck_assert_int_eq(parse(NULL, 0, false), 0);
	ck_assert_uint_eq(config.n, 0);
}
END_TEST

START_TEST(too_many)
{
	bp_autobuf struct bp_buf text = { 0 };

	for (unsigned int i = 0; i < 5000; i++)
		ck_assert_int_eq(bp_buf_printf(&text, "a=b\n"), 0);
	ck_assert_int_eq(parse(bp_buf_str(&text), text.len, false), -EFBIG);
}
END_TEST

START_TEST(folders)
{
	static const char tree[] =
		"text etc/kexec/kexec.conf.d/2.conf a=etc\n"
		"text run/kexec/kexec.conf.d/2.conf a=hidden\n"
		"text run/kexec/kexec.conf.d/1.conf a=run\n"
		"text usr/lib/kexec/kexec.conf.d/3.conf a=usr\n"
		"text usr/lib/kexec/kexec.conf.d/.4.conf a=hidden\n"
		"text usr/lib/kexec/kexec.conf.d/.conf a=hidden\n"
		"text usr/lib/kexec/kexec.conf.d/README none\n"
		"text usr/lib/kexec/kexec.conf.d/5.conf none\n"
		"link etc/kexec/kexec.conf.d/5.conf /dev/null\n";
	struct bp_ctx_opts opts = { .size = sizeof(opts) };
	struct bp_ctx *recorded;

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "tree", bp_span_make(tree, strlen(tree)),
					      &recorded), 0);
	ck_assert_int_eq(kexec_config_read(recorded, false, &config), 0);
	ck_assert_uint_eq(config.n, 3);
	ck_assert_str_eq(config.v[0].value, "run");
	ck_assert_str_eq(config.v[1].value, "etc");
	ck_assert_str_eq(config.v[2].value, "usr");
	ck_assert_str_eq(config.v[2].where, "/usr/lib/kexec/kexec.conf.d/3.conf, line 1");
	bp_ctx_unref(recorded);
}
END_TEST

static const struct {
	const char *text, *words[4];
} splits[] = {
	{ "", { NULL } },
	{ " \t\n", { NULL } },
	{ "a  b\tc", { "a", "b", "c" } },
	{ "--a='b c' \"d e\"", { "--a=b c", "d e" } },
	{ "a\\ b 'c\\d' \"e\\\"f\"", { "a b", "c\\d", "e\"f" } },
	{ "'' \"\"", { "", "" } },
	{ "a\\", { "a\\" } },
};

START_TEST(split)
{
	char **words = NULL;
	size_t i = 0;

	ck_assert_int_eq(kexec_split_words(splits[_i].text, &words), 0);
	for (; words && words[i]; i++)
		ck_assert_str_eq(words[i], splits[_i].words[i]);
	ck_assert_ptr_null(splits[_i].words[i]);
	bp_strv_free(words);
}
END_TEST

START_TEST(split_without_end)
{
	char **words = NULL;

	ck_assert_int_eq(kexec_split_words("a 'b", &words), -EBADMSG);
	ck_assert_int_eq(kexec_split_words("\"b\\\"", &words), -EBADMSG);
	ck_assert_ptr_null(words);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines);
	tcase_add_loop_test(tc, bad_lines, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(tc, no_text);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, folders);
	tcase_add_loop_test(tc, split, 0, BP_ARRAY_SIZE(splits));
	tcase_add_test(tc, split_without_end);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
