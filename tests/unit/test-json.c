/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON writer: layout, escapes, misuse. */
#include "config.h"

#include <errno.h>

#include "core/json.h"
#include "test.h"

START_TEST(layout_and_escapes)
{
	struct bp_json j = { 0 };
	struct bp_buf text = { 0 };

	bp_json_object(&j, NULL);
	bp_json_string(&j, "s", "a \"b\" \\ \n\t\x01 \xc3\xa4");
	bp_json_string(&j, "bad", "x\xffy\xc3");
	bp_json_array(&j, "list");
	bp_json_hex(&j, NULL, 0xffffffffffffffffull);
	bp_json_uint(&j, NULL, 7);
	bp_json_array_end(&j);
	bp_json_array(&j, "empty");
	bp_json_array_end(&j);
	bp_json_bytes(&j, "bytes", "\x00\xab\xff", 3);
	bp_json_bytes(&j, "no bytes", NULL, 0);
	bp_json_raw(&j, "raw", "-1e3,", 4);
	bp_json_bool(&j, "yes", true);
	bp_json_string(&j, "none", NULL);
	bp_json_object_end(&j);
	ck_assert_int_eq(bp_json_finish(&j, &text), 0);
	ck_assert_str_eq(bp_buf_str(&text),
			 "{\n"
			 "  \"s\": \"a \\\"b\\\" \\\\ \\n\\t\\u0001 \xc3\xa4\",\n"
			 "  \"bad\": \"x\xef\xbf\xbdy\xef\xbf\xbd\",\n"
			 "  \"list\": [\n"
			 "    \"0xffffffffffffffff\",\n"
			 "    7\n"
			 "  ],\n"
			 "  \"empty\": [],\n"
			 "  \"bytes\": \"00abff\",\n"
			 "  \"no bytes\": \"\",\n"
			 "  \"raw\": -1e3,\n"
			 "  \"yes\": true,\n"
			 "  \"none\": null\n"
			 "}\n");
	bp_buf_done(&text);
}
END_TEST

START_TEST(unfinished_and_too_deep_are_errors)
{
	struct bp_buf text = { 0 };
	struct bp_json j = { 0 };

	bp_json_object(&j, NULL);
	ck_assert_int_eq(bp_json_finish(&j, &text), -EINVAL);
	j = (struct bp_json){ 0 };
	for (int i = 0; i <= BP_JSON_DEPTH_MAX; i++)
		bp_json_array(&j, NULL);
	ck_assert_int_eq(bp_json_finish(&j, &text), -E2BIG);
	ck_assert_ptr_null(text.data);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");

	tcase_add_test(t, layout_and_escapes);
	tcase_add_test(t, unfinished_and_too_deep_are_errors);
	suite_add_tcase(s, t);
	return run_suite(s);
}
