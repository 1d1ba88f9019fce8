/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kexec handover: what is read from the node, from /chosen and from debugfs; bad ones. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>

#include "collect/machine.h"
#include "test.h"
#include "wire/kho.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make("", 0), &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* A tree at 0x1000, a table of @table bytes, and two areas behind it. */
static size_t make_node(uint8_t node[64], uint64_t table)
{
	struct bp_wire_kho_data *d = (void *)node;
	struct bp_wire_kho_scratch *s = (void *)(node + sizeof(*d));

	memset(node, 0, 64);
	bp_put_le64(d->fdt_addr, 0x1000);
	bp_put_le64(d->fdt_size, 0x1000);
	bp_put_le64(d->scratch_addr, 0x17f000030);
	bp_put_le64(d->scratch_size, table);
	bp_put_le64(s[0].addr, 0x100000000);
	bp_put_le64(s[0].size, 0x4000000);
	bp_put_le64(s[1].addr, 0x200000000);
	return sizeof(*d) + 2 * sizeof(*s);
}

START_TEST(node_of_the_kernel)
{
	struct bp_kho_given given;
	uint8_t node[64];

	make_node(node, 32);
	ck_assert_int_eq(bp_kho_node_parse(ctx, bp_span_make(node, 32), &given), 0);
	ck_assert_uint_eq(given.fdt_addr, 0x1000);
	ck_assert_uint_eq(given.fdt_size, 0x1000);
	ck_assert_uint_eq(given.scratch_addr, 0x17f000030);
	ck_assert_uint_eq(given.scratch_size, 32);
	ck_assert_uint_eq(given.n_areas, 0);
	bp_kho_given_done(&given);
}
END_TEST

START_TEST(node_with_the_table)
{
	struct bp_kho_given given;
	uint8_t node[64];
	size_t len = make_node(node, 32);

	ck_assert_int_eq(bp_kho_node_parse(ctx, bp_span_make(node, len), &given), 0);
	ck_assert_uint_eq(given.n_areas, 2);
	ck_assert(given.areas[0].addr == 0x100000000 && given.areas[0].size == 0x4000000);
	ck_assert(given.areas[1].addr == 0x200000000 && given.areas[1].size == 0);
	bp_kho_given_done(&given);
	/* One that says more than there is stands elsewhere. */
	make_node(node, UINT64_MAX);
	ck_assert_int_eq(bp_kho_node_parse(ctx, bp_span_make(node, len), &given), 0);
	ck_assert_uint_eq(given.n_areas, 0);
	bp_kho_given_done(&given);
}
END_TEST

START_TEST(bad_nodes)
{
	struct bp_kho_given given;
	uint8_t node[64];

	make_node(node, 17);
	ck_assert_int_eq(bp_kho_node_parse(ctx, bp_span_make(node, 31), &given), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "KHO: a setup_data node of 31 bytes, less than 32");
	bp_forgive(ctx);
	ck_assert_int_eq(bp_kho_node_parse(ctx, bp_span_make(node, 64), &given), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "KHO: a table of scratch areas of 17 bytes");
}
END_TEST

/* /chosen with the two properties, of so many bytes each, in cells of that size. */
static struct bp_span make_fdt(uint64_t buf[64], unsigned int cells, int len)
{
	const uint8_t two[16] = { 0, 0, 0, 1, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x10, 0 };
	const uint8_t one[8] = { 0, 0, 0x20, 0, 0, 0, 0x10, 0 };
	const void *pair = cells == 1 ? one : two;
	int r = fdt_create(buf, 512) | fdt_finish_reservemap(buf) | fdt_begin_node(buf, "");

	if (cells)
		r |= fdt_property_u32(buf, "#address-cells", cells) |
		     fdt_property_u32(buf, "#size-cells", cells);
	r |= fdt_begin_node(buf, "chosen");
	if (len) {
		r |= fdt_property(buf, BP_KHO_FDT_PROPERTY, pair, len);
		r |= fdt_property(buf, BP_KHO_SCRATCH_PROPERTY, pair, len);
	}
	r |= fdt_end_node(buf) | fdt_end_node(buf) | fdt_finish(buf);
	ck_assert_int_eq(r, 0);
	return bp_span_make(buf, fdt_totalsize(buf));
}

START_TEST(chosen)
{
	struct bp_kho_given given;
	uint64_t buf[64];

	ck_assert_int_eq(bp_kho_chosen_parse(ctx, make_fdt(buf, 2, 16), &given), 0);
	ck_assert(given.fdt_addr == 0x100001000 && given.fdt_size == 0x1000);
	ck_assert(given.scratch_addr == 0x100001000 && given.scratch_size == 0x1000);
	ck_assert_int_eq(bp_kho_chosen_parse(ctx, make_fdt(buf, 1, 8), &given), 0);
	ck_assert(given.fdt_addr == 0x2000 && given.fdt_size == 0x1000);
	ck_assert_int_eq(bp_kho_chosen_parse(ctx, make_fdt(buf, 2, 0), &given), -ENOENT);
	ck_assert_int_eq(bp_kho_chosen_parse(ctx, make_fdt(buf, 0, 16), &given), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "KHO: /chosen/linux,kho-fdt is no address and size");
	bp_forgive(ctx);
	ck_assert_int_eq(bp_kho_chosen_parse(ctx, make_fdt(buf, 3, 16), &given), -EBADMSG);
}
END_TEST

/* ---- the collector ---- */

static int collect(const char *text, struct bp_machine *m)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };
	struct bp_ctx *tree;
	int r;

	*m = (struct bp_machine){ .device_tree.status = -ENOENT };
	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make(text, strlen(text)),
					      &tree), 0);
	r = bp_collect_kho(tree, m);
	ck_assert_str_eq(bp_ctx_message(tree), "");
	bp_ctx_unref(tree);
	return r;
}

#define OUT "sys/kernel/debug/kho/out/"
#define AREAS \
	"text " OUT "scratch_phys\n|0x1000000\n|0x5000000\n" \
	"text " OUT "scratch_len\n|0x4000000\n|0x0\n"

START_TEST(debugfs)
{
	struct bp_machine m;

	/* Its strings are cut off behind "compatible". */
	ck_assert_int_eq(collect(AREAS "hex " OUT "fdt\n"
				 " d00dfeed 00000074 00000038 0000005c 00000028 00000011 00000010\n"
				 " 00000000 00000018 00000024 0000000000000000 0000000000000000\n"
				 " 00000001 00000000 00000003 00000007 00000000 6b686f2d763400 00\n"
				 " 00000002 00000009 636f6d70617469626c6500\n"
				 "text " OUT "sub_fdts/LUO x\ntext " OUT "sub_fdts/memblock x\n",
				 &m), 0);
	ck_assert_int_eq(m.kho.given_status, -ENOENT);
	ck_assert_int_eq(m.kho.out_status, 0);
	ck_assert_uint_eq(m.kho.n_out_areas, 2);
	ck_assert(m.kho.out_areas[0].addr == 0x1000000 && m.kho.out_areas[0].size == 0x4000000);
	ck_assert(m.kho.out_areas[1].addr == 0x5000000 && m.kho.out_areas[1].size == 0);
	ck_assert_int_eq(m.kho.out_fdt_status, 0);
	ck_assert_uint_eq(m.kho.out_fdt_read, 0x67);
	ck_assert_uint_eq(m.kho.out_fdt_size, 0x74);
	ck_assert_str_eq(m.kho.out_compatible, "kho-v4");
	ck_assert_str_eq(m.kho.out_subtrees[0], "LUO");
	ck_assert_str_eq(m.kho.out_subtrees[1], "memblock");
	ck_assert_ptr_null(m.kho.out_subtrees[2]);
	bp_kho_done(&m.kho);
}
END_TEST

static const struct {
	const char *name, *text;
	int out, fdt;
} outs[] = {
	{ "none", "", -ENOENT, 0 },
	{ "not for us", "error " OUT "scratch_phys EACCES\n", -EACCES, 0 },
	{ "no fdt", AREAS, 0, -ENOENT },
	{ "a short fdt", AREAS "hex " OUT "fdt d0 0d fe ed\n", 0, -EBADMSG },
	{ "no fdt at all", AREAS "hex " OUT "fdt 00*64\n", 0, -EBADMSG },
	{ "no number", "text " OUT "scratch_phys x\ntext " OUT "scratch_len 0x1\n", -EBADMSG, 0 },
	{ "more sizes", "text " OUT "scratch_phys 0x1\ntext " OUT "scratch_len\n|0x1\n|0x2\n",
	  -EBADMSG, 0 },
	{ "fewer sizes", "text " OUT "scratch_phys\n|0x1\n|0x2\ntext " OUT "scratch_len 0x1\n",
	  -EBADMSG, 0 },
};

START_TEST(bad_debugfs)
{
	struct bp_machine m;

	ck_assert_int_eq(collect(outs[_i].text, &m), 0);
	ck_assert_msg(m.kho.out_status == outs[_i].out, "%s: %d", outs[_i].name,
		      m.kho.out_status);
	ck_assert_msg(m.kho.out_fdt_status == outs[_i].fdt, "%s: %d", outs[_i].name,
		      m.kho.out_fdt_status);
	bp_kho_done(&m.kho);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kho");
	TCase *t = tcase_create("kho");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, node_of_the_kernel);
	tcase_add_test(t, node_with_the_table);
	tcase_add_test(t, bad_nodes);
	tcase_add_test(t, chosen);
	tcase_add_test(t, debugfs);
	tcase_add_loop_test(t, bad_debugfs, 0, BP_ARRAY_SIZE(outs));
	suite_add_tcase(s, t);
	return run_suite(s);
}
