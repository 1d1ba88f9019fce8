/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables for arm64, walked here as the CPU would, and counted. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "encode/encode.h"
#include "test.h"
#include "wire/arm64-page-table.h"

#define GIB (UINT64_C(1) << 30)
#define AT UINT64_C(0x7f3210000)
#define TOP (UINT64_C(1) << 48)

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* What tables map: leaves in the order of their addresses, joined where they touch. */
struct walked {
	bp_phys_t start[64], end[64];
	size_t n, tables;
};

static void walk(const struct bp_buf *tables, bp_phys_t at, size_t offset, unsigned int level,
		 bp_phys_t virt, struct walked *w)
{
	const uint64_t size = UINT64_C(1) << (39 - 9 * level);

	ck_assert_uint_le(offset + 4096, tables->len);
	w->tables++;
	for (unsigned int i = 0; i < 512; i++, virt += size) {
		uint64_t d = bp_le64(tables->data + offset + 8 * i);

		if (!d)
			continue;
		ck_assert_uint_eq(d & 1, 1);
		/* Below level 0, without bit 1: a block; on level 3 bit 1 means a page. */
		if (level < 3 && d & 2) {
			ck_assert_uint_eq(d & ~UINT64_C(0xfffffffff000), 3);
			ck_assert_uint_ge(d & UINT64_C(0xfffffffff000), at);
			walk(tables, at, (d & UINT64_C(0xfffffffff000)) - at, level + 1, virt, w);
			continue;
		}
		ck_assert_uint_gt(level, 0);
		/* Privileged read and write, executable, inner shareable, accessed, attribute 0. */
		ck_assert_uint_eq(d - virt, level == 3 ? 0x703 : 0x701);
		if (w->n && w->end[w->n - 1] == virt) {
			w->end[w->n - 1] += size;
			continue;
		}
		ck_assert_uint_lt(w->n, BP_ARRAY_SIZE(w->start));
		w->start[w->n] = virt;
		w->end[w->n++] = virt + size;
	}
}

static const struct {
	struct bp_range in[4];		/* an empty range ends it */
	struct { bp_phys_t start, end; } out[4];
	size_t tables;
} cases[] = {
	{ .tables = 1 },
	/* One byte takes its page; a byte more the next. */
	{ { { 0x40000000, 0x40000001, 1 } }, { { 0x40000000, 0x40001000 } }, 4 },
	{ { { 0x40000fff, 0x40001001, 1 } }, { { 0x40000000, 0x40002000 } }, 4 },
	/* Blocks of 2 MiB and of 1 GiB need no lower table. */
	{ { { 0x40200000, 0x40400000, 1 } }, { { 0x40200000, 0x40400000 } }, 3 },
	{ { { GIB, 3 * GIB, 1 } }, { { GIB, 3 * GIB } }, 2 },
	{ { { 0x401ff000, 0x40401000, 1 } }, { { 0x401ff000, 0x40401000 } }, 5 },
	{ { { GIB - 4096, 2 * GIB + 1, 1 } }, { { GIB - 4096, 2 * GIB + 4096 } }, 6 },
	/* Two that share a page; two in one table; two that overlap; of any type; in any order */
	{ { { 0x5800, 0x6800, 1 }, { 0x5000, 0x5800, 2 } }, { { 0x5000, 0x7000 } }, 4 },
	{ { { 0x9000, 0xa000, 1 }, { 0x5000, 0x6000, 1 } },
	  { { 0x5000, 0x6000 }, { 0x9000, 0xa000 } }, 4 },
	{ { { 0x40200000, 0x40500000, 1 }, { 0x40300000, 0x40600000, 2 } },
	  { { 0x40200000, 0x40600000 } }, 3 },
	/* Together they fill a block. */
	{ { { 0x40200000, 0x40300000, 1 }, { 0x40300000, 0x40400000, 1 } },
	  { { 0x40200000, 0x40400000 } }, 3 },
	/* Ranges are not joined across 1 MiB, which is in the middle of a block. */
	{ { { 0, 0x200000, 1 } }, { { 0, 0x200000 } }, 3 },
	{ { { 0, 0x100000, 1 }, { 0x100000, 0x200000, 1 } }, { { 0, 0x200000 } }, 4 },
	{ { { 0, 0x300000, 1 }, { 0xff000, 0x400000, 1 } }, { { 0, 0x400000 } }, 4 },
	/* The first and the last page; across 512 GiB. */
	{ { { 0, 1, 1 }, { TOP - 1, TOP, 1 } }, { { 0, 4096 }, { TOP - 4096, TOP } }, 7 },
	{ { { 512 * GIB - 4096, 512 * GIB + 4096, 1 } },
	  { { 512 * GIB - 4096, 512 * GIB + 4096 } }, 7 },
	/* A crash kernel: region, and what lies apart below it. */
	{ { { 0xb6400000, 0xb9123456, 1 }, { 0xba000000, 0xbb000001, 1 },
	    { 0xbfdf0000, 0xbfe00000, 1 }, { 0x48000000, 0x48010000, 1 } },
	  { { 0x48000000, 0x48010000 }, { 0xb6400000, 0xb9124000 },
	    { 0xba000000, 0xbb001000 }, { 0xbfdf0000, 0xbfe00000 } }, 8 },
};

START_TEST(maps_what_is_asked_for)
{
	static const bp_phys_t places[] = { AT, 0, TOP - 16 * 4096 };
	bp_automemmap struct bp_memmap memory = { 0 };

	for (size_t i = 0; i < 4 && cases[_i].in[i].end; i++)
		ck_assert_int_eq(bp_memmap_add(&memory, cases[_i].in[i].start, cases[_i].in[i].end,
					       cases[_i].in[i].type), 0);
	for (size_t p = 0; p < BP_ARRAY_SIZE(places); p++) {
		bp_autobuf struct bp_buf tables = { 0 };
		struct walked w = { 0 };
		size_t n = 0;

		ck_assert_int_eq(bp_arm64_identity_map(ctx, &memory, places[p], &tables), 0);
		walk(&tables, places[p], 0, 0, 0, &w);
		for (; n < 4 && cases[_i].out[n].end; n++) {
			ck_assert_uint_lt(n, w.n);
			ck_assert_uint_eq(w.start[n], cases[_i].out[n].start);
			ck_assert_uint_eq(w.end[n], cases[_i].out[n].end);
		}
		ck_assert_uint_eq(w.n, n);
		ck_assert_uint_eq(w.tables, cases[_i].tables);
		ck_assert_uint_eq(tables.len, 4096 * w.tables);	/* none is there for nothing */
	}
}
END_TEST

START_TEST(above_48_bits_is_refused)
{
	bp_automemmap struct bp_memmap memory = { 0 };
	struct bp_buf tables = { 0 };

	ck_assert_int_eq(bp_memmap_add(&memory, 0x40000000, 0x40001000, BP_MEM_RAM), 0);
	ck_assert_int_eq(bp_memmap_add(&memory, TOP - 4096, TOP + 1, BP_MEM_RAM), 0);
	ck_assert_int_eq(bp_arm64_identity_map(ctx, &memory, AT, &tables), -ERANGE);
	ck_assert_str_eq(bp_ctx_message(ctx), "0x1000000000000 is an address of more than 48 bits, "
			 "which arm64 page tables of 4 KiB pages do not reach");
	ck_assert_ptr_null(tables.data);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arm64-identity-map");
	TCase *t = tcase_create("arm64-identity-map");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, maps_what_is_asked_for, 0, BP_ARRAY_SIZE(cases));
	tcase_add_test(t, above_48_bits_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
