/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form of a recorded machine: what is taken, what is refused and where, round trip. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/internal.h"
#include "core/tree.h"
#include "test.h"

static int parse(const char *text, struct bp_tree **ret_tree, char *message, size_t size)
{
	struct bp_ctx *ctx;
	int r;

	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	r = bp_tree_parse(ctx, "t.tree", bp_span_make(text, strlen(text)), ret_tree);
	if (message)
		snprintf(message, size, "%s", bp_ctx_message(ctx));
	bp_ctx_unref(ctx);
	return r;
}

static const struct {
	const char *name, *text, *path;
	enum bp_node_kind kind;
	const char *data;
	size_t len;
} good[] = {
	{ "inline", "text a/b value\n", "a/b", BP_NODE_FILE, "value\n", 6 },
	{ "no-newline-at-end-of-tree", "text a v", "a", BP_NODE_FILE, "v\n", 2 },
	{ "inner-spaces-stay", "text a x  y \n", "a", BP_NODE_FILE, "x  y \n", 6 },
	{ "aligned-keyword", "hex   a 0A\n", "a", BP_NODE_FILE, "\n", 1 },
	{ "lines", "text a\n|one\n|\n# comment\n|  two\n", "a", BP_NODE_FILE, "one\n\n  two\n", 11 },
	{ "no-final-newline", "text a\n|one\n\\two\n", "a", BP_NODE_FILE, "one\ntwo", 7 },
	{ "empty-file", "text a\n", "a", BP_NODE_FILE, "", 0 },
	{ "empty-hex", "hex a\n", "a", BP_NODE_FILE, "", 0 },
	{ "hex-continued", "hex a 01 02\n 0304\n\t05\n", "a", BP_NODE_FILE, "\1\2\3\4\5", 5 },
	{ "hex-run-and-offset", "hex a 07*2\n @4 08\n @6\n", "a", BP_NODE_FILE,
	  "\7\7\0\0\10\0", 6 },
	{ "link", "link a ../b c\n", "a", BP_NODE_LINK, "../b c", 6 },
	{ "dir", "dir a/b\n", "a/b", BP_NODE_DIR, "", 0 },
	{ "dir-named-after-its-content", "text a/b 1\ndir a\n", "a", BP_NODE_DIR, "", 0 },
	{ "error", "error a EACCES\n", "a", BP_NODE_ERROR, "", 0 },
	{ "escaped-path", "text a\\040b\\134 v\n", "a b\\", BP_NODE_FILE, "v\n", 2 },
	{ "colons", "text sys/PNP0A03:00/x v\n", "sys/PNP0A03:00/x", BP_NODE_FILE, "v\n", 2 },
};

START_TEST(good_text)
{
	bp_autotree struct bp_tree *tree = NULL;
	char message[256];
	struct bp_node *node;
	int r = parse(good[_i].text, &tree, message, sizeof(message));

	ck_assert_msg(!r, "%s: %s", good[_i].name, message);
	node = bp_tree_find(tree, good[_i].path);
	ck_assert_msg(node != NULL, "%s", good[_i].name);
	ck_assert_int_eq(node->kind, good[_i].kind);
	ck_assert_uint_eq(node->data.len, good[_i].len);
	if (node->data.len)
		ck_assert_mem_eq(node->data.data, good[_i].data, node->data.len);
}
END_TEST

static const struct {
	const char *name, *text, *message;
} wrong[] = {
	{ "unknown-keyword", "\nfile a b\n", "t.tree:2: \"file\" is no keyword" },
	{ "no-path", "text\n", "t.tree:1: no path" },
	{ "dotdot", "text a/../b x\n",
	  "t.tree:1: bad path \"a/../b\": empty, \".\" and \"..\" parts are not taken" },
	{ "dot", "dir ./a\n",
	  "t.tree:1: bad path \"./a\": empty, \".\" and \"..\" parts are not taken" },
	{ "escaped-dotdot", "text \\056./b x\n",
	  "t.tree:1: bad path \"../b\": empty, \".\" and \"..\" parts are not taken" },
	{ "double-slash", "text a//b x\n",
	  "t.tree:1: bad path \"a//b\": empty, \".\" and \"..\" parts are not taken" },
	{ "trailing-slash", "dir a/\n",
	  "t.tree:1: bad path \"a/\": empty, \".\" and \"..\" parts are not taken" },
	{ "leading-slash", "text /a x\n", "t.tree:1: the path begins with a slash" },
	{ "bad-escape", "text a\\9 x\n",
	  "t.tree:1: a backslash in a path takes three octal digits" },
	{ "nul-escape", "text a\\000 x\n", "t.tree:1: \\0 in a path" },
	{ "duplicate", "text a 1\ntext a 2\n", "t.tree:2: \"a\" is named twice" },
	{ "duplicate-dir", "dir a\ndir a\n", "t.tree:2: \"a\" is named twice" },
	{ "file-over-directory", "text a/b 1\ntext a 2\n", "t.tree:2: \"a\" is named twice" },
	{ "below-a-file", "text a 1\ntext a/b 2\n",
	  "t.tree:2: a part of \"a/b\" is not a directory" },
	{ "below-a-link", "link a b\ntext a/b 2\n",
	  "t.tree:2: a part of \"a/b\" is not a directory" },
	{ "control-character", "text a x\r\n", "t.tree:1: control character 0x0d" },
	{ "stray-text-line", "|x\n", "t.tree:1: a text line without a text entry before it" },
	{ "text-line-after-value", "text a x\n|y\n",
	  "t.tree:2: a text line without a text entry before it" },
	{ "text-line-after-the-last", "text a\n\\x\n|y\n",
	  "t.tree:3: a text line without a text entry before it" },
	{ "hex-line-after-text", "text a\n 00\n",
	  "t.tree:2: hex bytes without a hex or sparse entry before them" },
	{ "odd-hex", "hex a 123\n", "t.tree:1: \"3\" is no hex byte" },
	{ "no-hex", "hex a zz\n", "t.tree:1: \"zz\" is no hex byte" },
	{ "offset-goes-back", "hex a 00 00\n @1 00\n", "t.tree:2: offset 0x1 goes back" },
	{ "offset-too-long", "hex a\n @11112222333344445 00\n",
	  "t.tree:2: \"@11112222333344445\" is no offset" },
	{ "run-without-count", "hex a 00*\n", "t.tree:1: \"*\" is no count" },
	{ "run-too-long", "hex a 00*999999999\n",
	  "t.tree:1: the files hold more than 268435456 bytes" },
	{ "offset-too-far", "hex a @ffffffffff 00\n",
	  "t.tree:1: the files hold more than 268435456 bytes" },
	{ "sparse-without-offset", "sparse a 00\n",
	  "t.tree:1: a sparse file's bytes need an @OFFSET first" },
	{ "sparse-beyond-64-bits", "sparse a @ffffffffffffffff 00\n",
	  "t.tree:1: the bytes reach beyond 2^64" },
	{ "unknown-error", "error a EWHATEVER\n", "t.tree:1: \"EWHATEVER\" is no known error" },
	{ "error-without-name", "error a\n", "t.tree:1: \"\" is no known error" },
	{ "link-without-target", "link a\n",
	  "t.tree:1: a link needs a target shorter than 4096" },
	{ "dir-with-value", "dir a b\n", "t.tree:1: a directory has no value" },
};

START_TEST(wrong_text)
{
	struct bp_tree *tree = NULL;
	char message[256];

	ck_assert_int_eq(parse(wrong[_i].text, &tree, message, sizeof(message)), -EBADMSG);
	ck_assert_str_eq(message, wrong[_i].message);
	ck_assert_ptr_null(tree);
}
END_TEST

START_TEST(overlong_line)
{
	bp_autofree char *text = malloc(BP_TREE_LINE_MAX + 2);
	struct bp_tree *tree = NULL;
	char message[256];

	memset(text, '#', BP_TREE_LINE_MAX + 1);
	text[BP_TREE_LINE_MAX + 1] = 0;
	ck_assert_int_eq(parse(text, &tree, message, sizeof(message)), -EBADMSG);
	ck_assert_str_eq(message, "t.tree:1: the line is longer than 65536 bytes");
	text[BP_TREE_LINE_MAX] = 0;
	ck_assert_int_eq(parse(text, &tree, NULL, 0), 0);
	bp_tree_free(tree);
}
END_TEST

START_TEST(deep_path)
{
	char text[512] = "text ";
	struct bp_tree *tree = NULL;
	char message[256];

	for (unsigned int i = 0; i <= BP_TREE_DEPTH_MAX; i++)
		strcat(text, i ? "/d" : "d");
	ck_assert_int_eq(parse(text, &tree, message, sizeof(message)), -EBADMSG);
	ck_assert_str_eq(message, "t.tree:1: the path is too long or too deep");
}
END_TEST

START_TEST(sparse_knows_only_what_it_holds)
{
	bp_autotree struct bp_tree *tree = NULL;
	struct bp_node *node;
	uint8_t b[4] = { 9, 9, 9, 9 };

	ck_assert_int_eq(parse("sparse k\n @10 01 02\n @12 03\n @20 00*4\n", &tree, NULL, 0), 0);
	node = bp_tree_find(tree, "k");
	ck_assert_uint_eq(node->n_extents, 2);
	ck_assert_int_eq(bp_node_read_extent(node, 0x11, b, 2), 0);
	ck_assert_uint_eq(b[0], 2);
	ck_assert_uint_eq(b[1], 3);
	ck_assert_int_eq(bp_node_read_extent(node, 0x11, b, 3), -ENODATA);
	ck_assert_int_eq(bp_node_read_extent(node, 0x0f, b, 2), -ENODATA);
	ck_assert_int_eq(bp_node_read_extent(node, 0x13, b, 1), -ENODATA);
	ck_assert_int_eq(bp_node_read_extent(node, 0x20, b, 4), 0);
	ck_assert_int_eq(bp_node_read_extent(node, UINT64_MAX, b, 4), -ENODATA);
}
END_TEST

START_TEST(extents_join)
{
	struct bp_node n = { .kind = BP_NODE_SPARSE };
	uint8_t b[10];

	ck_assert_int_eq(bp_node_add_extent(&n, 10, "bbbb", 4), 0);
	ck_assert_int_eq(bp_node_add_extent(&n, 20, "cc", 2), 0);
	ck_assert_int_eq(bp_node_add_extent(&n, 4, "aa", 2), 0);
	ck_assert_uint_eq(n.n_extents, 3);
	/* Overlaps the first's end, swallows nothing, ends inside the second. */
	ck_assert_int_eq(bp_node_add_extent(&n, 5, "xxxxxx", 6), 0);
	ck_assert_uint_eq(n.n_extents, 2);
	ck_assert_uint_eq(n.extents[0].off, 4);
	ck_assert_int_eq(bp_node_read_extent(&n, 4, b, 10), 0);
	ck_assert_mem_eq(b, "axxxxxxbbb", 10);
	/* Touches both neighbours. */
	ck_assert_int_eq(bp_node_add_extent(&n, 14, "yyyyyy", 6), 0);
	ck_assert_uint_eq(n.n_extents, 1);
	ck_assert_uint_eq(n.extents[0].data.len, 18);
	/* Rewrites in the middle. */
	ck_assert_int_eq(bp_node_add_extent(&n, 6, "zz", 2), 0);
	ck_assert_int_eq(bp_node_read_extent(&n, 4, b, 6), 0);
	ck_assert_mem_eq(b, "axzzxx", 6);
	bp_node_reset(&n, BP_NODE_DIR);
}
END_TEST

START_TEST(printed_text_reads_back)
{
	static const char text[] =
		"text a/cmdline root=/dev/sda1\n"
		"text a/empty\n"
		"text a/indented\n"
		"|  x\n"
		"text a/lines\n"
		"|one\n"
		"|\n"
		"\\two\n"
		"text a/name\\040with\\134 v\n"
		"error b EPERM\n"
		"dir c\n"
		"link d ../x y\n"
		"hex e 00 ff\n"
		"hex f\n"
		" @000 01 02 03\n"
		" @020 ff*40\n"
		" @060\n"
		"sparse g\n"
		" @1000 00*4096\n"
		" @ffff888000000000 7f 45 4c 46\n";
	bp_autotree struct bp_tree *tree = NULL;
	bp_autobuf struct bp_buf out = { 0 };
	char message[256];
	int r = parse(text, &tree, message, sizeof(message));

	ck_assert_msg(!r, "%s", message);
	ck_assert_int_eq(bp_tree_print(tree, &out), 0);
	ck_assert_str_eq(bp_buf_str(&out), text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");

	tcase_add_loop_test(t, good_text, 0, BP_ARRAY_SIZE(good));
	tcase_add_loop_test(t, wrong_text, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_test(t, overlong_line);
	tcase_add_test(t, deep_path);
	tcase_add_test(t, sparse_knows_only_what_it_holds);
	tcase_add_test(t, extents_join);
	tcase_add_test(t, printed_text_reads_back);
	suite_add_tcase(s, t);
	return run_suite(s);
}
