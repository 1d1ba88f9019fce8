/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON reader, on good and bad text; and what differs between two texts. */
#include "config.h"

#include <errno.h>

#include "core/json-read.h"
#include "core/json.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "test", bp_span_make("", 0), &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

static int parse(const char *text, struct bp_json_tree *tree)
{
	struct bp_buf b = { 0 };
	int r;

	ck_assert_int_eq(bp_buf_append(&b, text, strlen(text)), 0);
	r = bp_json_parse(ctx, &b, tree);
	ck_assert_ptr_null(b.data);
	return r;
}

START_TEST(values)
{
	const struct bp_json_value *v;
	struct bp_json_tree tree;
	uint64_t n = 0;

	ck_assert_int_eq(parse(" {\"a\\n\":[1,-2.5e+3, true,null],\"b\":\"\\u00e4\\ud83d\\ude00"
			       "\\\"\\\\\\/\",\n\"c\":{}, \"d\":\"0xffffffffffffffff\"} \n",
			       &tree), 0);
	v = bp_json_member(&tree.root, "a\n");
	ck_assert(v && v->type == BP_JSON_ARRAY && v->first->len == 1);
	ck_assert(bp_json_to_uint(v->first, &n) && n == 1);
	v = v->first->next;
	ck_assert(v->type == BP_JSON_NUMBER && v->len == 7 && !memcmp(v->text, "-2.5e+3", 7));
	ck_assert(!bp_json_to_uint(v, &n));
	ck_assert(v->next->type == BP_JSON_BOOL && v->next->next->type == BP_JSON_NULL);
	ck_assert_ptr_null(v->next->next->next);
	v = bp_json_member(&tree.root, "b");
	ck_assert_str_eq(v->text, "\xc3\xa4\xf0\x9f\x98\x80\"\\/");
	ck_assert_uint_eq(v->len, strlen(v->text));
	v = bp_json_member(&tree.root, "c");
	ck_assert(v->type == BP_JSON_OBJECT && !v->first);
	ck_assert(bp_json_to_uint(bp_json_member(&tree.root, "d"), &n) && n == UINT64_MAX);
	ck_assert_ptr_null(bp_json_member(&tree.root, "e"));
	ck_assert_ptr_null(bp_json_member(v->first, "e"));
	bp_json_tree_done(&tree);
}
END_TEST

static const struct {
	const char *text, *message;
} wrong[] = {
	{ "", "line 1: no value" },
	{ "{\"a\": 1\n\n", "line 3: no \",\" or \"}\" behind a member" },
	{ "[1 2]", "line 1: no \",\" or \"]\" behind an element" },
	{ "[1,]", "line 1: no value" },
	{ "{1: 2}", "line 1: a member without a name" },
	{ "{\"a\" 2}", "line 1: no \":\" behind a name" },
	{ "{\n\"a\\n\\n\": x}", "line 2: no value" },
	{ "\"abc", "line 1: the text ends within a string" },
	{ "\"a\nb\"", "line 1: a control character in a string" },
	{ "\"\\x\"", "line 1: an escape that there is none of in JSON" },
	{ "\"\\", "line 1: an escape that there is none of in JSON" },
	{ "\"\\u12", "line 1: \\u without four hexadecimal digits" },
	{ "\"\\ud800\"", "line 1: half a surrogate pair" },
	{ "\"\\ud800\\u0041\"", "line 1: half a surrogate pair" },
	{ "\"\\udc00\"", "line 1: half a surrogate pair" },
	{ "\"\\u0000\"", "line 1: a NUL in a string" },
	{ "-", "line 1: no value" },
	{ "1.", "line 1: no value" },
	{ "1e", "line 1: no value" },
	{ "01", "line 1: something behind the end" },
	{ "nul", "line 1: no value" },
	{ "{} {}", "line 1: something behind the end" },
	{ "[[[[[[[[[[[[[1]]]]]]]]]]]]]", "line 1: nested too deep" },
};

START_TEST(wrong_text)
{
	struct bp_json_tree tree;

	ck_assert_int_eq(parse(wrong[_i].text, &tree), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), wrong[_i].message);
}
END_TEST

START_TEST(not_a_number)
{
	static const char *const texts[] = { "\"0x\"", "\"0X1\"", "\"1\"", "\"0x10000000000000000\"",
					     "18446744073709551616", "-1", "1.0", "null", "\"0xg\"" };
	struct bp_json_tree tree;
	uint64_t n;

	ck_assert_int_eq(parse(texts[_i], &tree), 0);
	ck_assert(!bp_json_to_uint(&tree.root, &n));
	bp_json_tree_done(&tree);
}
END_TEST

/* ---- differences ---- */

static int note_value(void *data, const char *where, const char *name,
		      const struct bp_json_value *a, const struct bp_json_value *b)
{
	const struct bp_json_value *sides[] = { a, b };

	for (int i = 0; i < 2; i++)
		if (sides[i])
			ck_assert_int_eq(bp_buf_printf(data, "%c%s|%s=%.*s ", i ? '+' : '-',
						       where, name, (int)sides[i]->len,
						       sides[i]->text ? sides[i]->text : ""), 0);
	return 0;
}

static int note_range(void *data, const char *where, bool in_a, bp_phys_t start,
		      bp_phys_t end, const char *what)
{
	return bp_buf_printf(data, "%c%s:%#jx-%#jx %s ", in_a ? '-' : '+', where,
			     (uintmax_t)start, (uintmax_t)end, what);
}

#define RAM(start, end) "{\"start\":\"" start "\",\"end\":\"" end "\",\"type\":1,\"name\":\"RAM\"}"

static const struct {
	const char *name, *a, *b, *found;
} differences[] = {
	{ "the same", "{\"a\":1,\"b\":[true]}", "{\"b\":[true],\"a\":1}", "" },
	{ "scalars", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}", "-a|b=1 +a|b=2 " },
	{ "a type", "{\"a\":1}", "{\"a\":\"1\"}", "-|a=1 +|a=1 " },
	{ "only one has it", "{\"a\":null}", "{\"b\":{\"c\":1}}", "-|a=null +b|c=1 " },
	{ "empty ones", "{\"a\":[]}", "{\"a\":{}}", "-|a= +|a= " },
	{ "it became a list", "{\"a\":null}", "{\"a\":[1]}", "-|a=null +a|[]=1 " },
	{ "texts in any order", "[\"x\",\"y\",\"y\"]", "[\"y\",\"x\"]", "-|[]=y " },
	{ "a number and its text", "[1]", "[\"1\"]", "-|[]=1 +|[]=1 " },
	{ "by name", "[{\"name\":\"x\",\"v\":1},{\"name\":\"y\",\"v\":2}]",
	  "[{\"name\":\"y\",\"v\":3},{\"name\":\"x\",\"v\":1}]", "-[y]|v=2 +[y]|v=3 " },
	{ "several of a name", "[{\"name\":\"x\",\"v\":1},{\"name\":\"x\",\"v\":2}]",
	  "[{\"name\":\"x\",\"v\":1},{\"name\":\"x\",\"v\":3}]", "-[x #2]|v=2 +[x #2]|v=3 " },
	{ "by number", "[[1],[2]]", "[[1],[3]]", "-[1]|[]=2 +[1]|[]=3 " },
	{ "keys with dots", "{\"s\":{\"a.b\":1}}", "{\"s\":{\"a.b\":2}}",
	  "-s|a.b=1 +s|a.b=2 " },
	{ "a range", "[" RAM("0x0", "0x1000") "]", "[" RAM("0x0", "0x2000") "]",
	  "-:0-0x1000 RAM +:0-0x2000 RAM " },
	{ "a map that is cut elsewhere", "[" RAM("0x100000", "0x300000") "]",
	  "[" RAM("0x200000", "0x300000") "," RAM("0x100000", "0x200000") "]", "" },
	{ "below 1 MiB, too", "[" RAM("0x0", "0x3000") "]",
	  "[" RAM("0x0", "0x1000") "," RAM("0x1000", "0x3000") "]", "" },
	{ "cut at 1 MiB and not", "[" RAM("0x0", "0x200000") "]",
	  "[" RAM("0x0", "0x100000") "," RAM("0x100000", "0x200000") "]",
	  "+:0-0x100000 RAM -:0-0x200000 RAM +:0x100000-0x200000 RAM " },
	{ "cut at 1 MiB in both", "[" RAM("0x0", "0x100000") "," RAM("0x100000", "0x200000") "]",
	  "[" RAM("0x0", "0x100000") "," RAM("0x100000", "0x200000") "]", "" },
	{ "another type", "[{\"start\":0,\"end\":1,\"type\":\"x\"}]",
	  "[{\"start\":0,\"end\":1,\"type\":17}]", "-:0-0x1 x +:0-0x1 type 17 " },
	{ "a member that is not known", "[{\"start\":0,\"end\":1,\"virt\":\"0x1\"}]",
	  "[{\"start\":0,\"end\":1,\"virt\":\"0x2\"}]", "-:0-0x1 , virt 0x1 +:0-0x1 , virt 0x2 " },
	{ "nested ones are not joined", "[{\"start\":0,\"end\":2,\"depth\":1,\"name\":\"x\"}]",
	  "[{\"start\":0,\"end\":1,\"depth\":1,\"name\":\"x\"},"
	  "{\"start\":1,\"end\":2,\"depth\":1,\"name\":\"x\"}]",
	  "+:0-0x1   x -:0-0x2   x +:0x1-0x2   x " },
	{ "an empty range is no range", "[{\"start\":1,\"end\":1}]", "[]", "-[0]|start=1 -[0]|end=1 " },
	{ "all of a map", "{\"m\":[" RAM("0x0", "0x1") "]}", "{\"m\":[]}", "-m:0-0x1 RAM " },
};

START_TEST(difference)
{
	static const struct bp_json_diff_ops ops = { note_value, note_range };
	struct bp_json_tree a, b;
	struct bp_buf found = { 0 };

	ck_assert_int_eq(parse(differences[_i].a, &a), 0);
	ck_assert_int_eq(parse(differences[_i].b, &b), 0);
	ck_assert_int_eq(bp_json_diff(&a.root, &b.root, &ops, &found), 0);
	ck_assert_msg(!strcmp(bp_buf_str(&found), differences[_i].found), "%s: %s",
		      differences[_i].name, bp_buf_str(&found));
	found.len = 0;
	ck_assert_int_eq(bp_json_diff(&a.root, &a.root, &ops, &found), 0);
	ck_assert_uint_eq(found.len, 0);
	bp_json_tree_done(&a);
	bp_json_tree_done(&b);
	bp_buf_done(&found);
}
END_TEST

static int stop(void *data, const char *where, const char *name,
		const struct bp_json_value *a, const struct bp_json_value *b)
{
	++*(int *)data;
	return -EPIPE;
}

START_TEST(the_callback_ends_it)
{
	static const struct bp_json_diff_ops ops = { .value = stop };
	struct bp_json_tree a, b;
	int calls = 0;

	ck_assert_int_eq(parse("{\"a\":1,\"b\":1}", &a), 0);
	ck_assert_int_eq(parse("{\"a\":2,\"b\":2}", &b), 0);
	ck_assert_int_eq(bp_json_diff(&a.root, &b.root, &ops, &calls), -EPIPE);
	ck_assert_int_eq(calls, 1);
	bp_json_tree_done(&a);
	bp_json_tree_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json-read");
	TCase *t = tcase_create("json-read");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, values);
	tcase_add_loop_test(t, wrong_text, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_loop_test(t, not_a_number, 0, 9);
	tcase_add_loop_test(t, difference, 0, BP_ARRAY_SIZE(differences));
	tcase_add_test(t, the_callback_ends_it);
	suite_add_tcase(s, t);
	return run_suite(s);
}
