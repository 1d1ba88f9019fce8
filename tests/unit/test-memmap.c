/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory maps: joining, the 1 MiB boundary, holes, placement. */
#include <errno.h>

#include "core/memmap.h"
#include "test.h"

#define MIB 0x100000ull

struct row {
	bp_phys_t start, end;
	uint32_t type;
};

static struct bp_memmap make(const struct row *rows, size_t n)
{
	struct bp_memmap m = { 0 };

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(bp_memmap_add(&m, rows[i].start, rows[i].end, rows[i].type), 0);
	return m;
}
#define MAKE(...) make((const struct row[]){ __VA_ARGS__ }, \
		       sizeof((const struct row[]){ __VA_ARGS__ }) / sizeof(struct row))

static void expect(const struct bp_memmap *m, const struct row *rows, size_t n)
{
	ck_assert_uint_eq(m->n, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(m->v[i].start, rows[i].start);
		ck_assert_uint_eq(m->v[i].end, rows[i].end);
		ck_assert_uint_eq(m->v[i].type, rows[i].type);
	}
}
#define EXPECT(m, ...) expect(&(m), (const struct row[]){ __VA_ARGS__ }, \
			      sizeof((const struct row[]){ __VA_ARGS__ }) / sizeof(struct row))

START_TEST(neighbours_of_one_type_join)
{
	struct bp_memmap m = MAKE({ 4 * MIB, 5 * MIB, 1 }, { 2 * MIB, 4 * MIB, 1 },
				  { 5 * MIB, 6 * MIB, 2 }, { 3 * MIB, 4 * MIB, 1 });

	bp_memmap_normalise(&m);
	EXPECT(m, { 2 * MIB, 5 * MIB, 1 }, { 5 * MIB, 6 * MIB, 2 });
	bp_memmap_done(&m);
}
END_TEST

START_TEST(nothing_joins_across_1_mib)
{
	struct bp_memmap m = MAKE({ 0, MIB, 1 }, { MIB, 8 * MIB, 1 });

	bp_memmap_normalise(&m);
	EXPECT(m, { 0, MIB, 1 }, { MIB, 8 * MIB, 1 });
	bp_memmap_done(&m);

	/* An overlap across the boundary is cut there. */
	m = MAKE({ 0, 0x90000, 1 }, { 0x80000, 8 * MIB, 1 });
	bp_memmap_normalise(&m);
	EXPECT(m, { 0, MIB, 1 }, { MIB, 8 * MIB, 1 });
	bp_memmap_done(&m);
}
END_TEST

START_TEST(a_range_that_spans_1_mib_stays)
{
	struct bp_memmap m = MAKE({ 0x1000, 2 * MIB, 1 }, { MIB, 3 * MIB, 1 });

	bp_memmap_normalise(&m);
	EXPECT(m, { 0x1000, 2 * MIB, 1 }, { 2 * MIB, 3 * MIB, 1 });
	bp_memmap_done(&m);
}
END_TEST

START_TEST(holes_of_any_type_are_taken_out)
{
	struct bp_memmap m = MAKE({ 0, 10 * MIB, 1 }, { 20 * MIB, 30 * MIB, 1 });
	struct bp_memmap holes = MAKE({ 2 * MIB, 4 * MIB, 2 }, { 3 * MIB, 5 * MIB, 7 },
				      { 9 * MIB, 21 * MIB, 2 });

	ck_assert_int_eq(bp_memmap_subtract(&m, &holes), 0);
	EXPECT(m, { 0, 2 * MIB, 1 }, { 5 * MIB, 9 * MIB, 1 }, { 21 * MIB, 30 * MIB, 1 });
	bp_memmap_done(&m);
	bp_memmap_done(&holes);
}
END_TEST

/* A recording may say the same a thousand times: what comes out must not be the product. */
START_TEST(overlaps_do_not_multiply)
{
	struct bp_memmap m = { 0 }, holes = { 0 }, common;

	for (bp_phys_t i = 0; i < 1000; i++) {
		ck_assert_int_eq(bp_memmap_add(&m, 2 * MIB + i, 4000 * MIB, 1), 0);
		ck_assert_int_eq(bp_memmap_add(&holes, (4 + 2 * i) * MIB, (5 + 2 * i) * MIB, 2), 0);
	}
	ck_assert_int_eq(bp_memmap_intersect(&m, &holes, &common), 0);
	ck_assert_uint_eq(common.n, 1000);
	ck_assert_int_eq(bp_memmap_subtract(&m, &holes), 0);
	ck_assert_uint_eq(m.n, 1001);
	bp_memmap_done(&m);
	bp_memmap_done(&holes);
	bp_memmap_done(&common);
}
END_TEST

START_TEST(find_respects_alignment_and_limits)
{
	struct bp_memmap m = MAKE({ MIB, 10 * MIB, 1 }, { 16 * MIB, 20 * MIB, 2 });
	bp_phys_t at;

	ck_assert_int_eq(bp_memmap_find(&m, 1, MIB, 4 * MIB, 0, UINT64_MAX, false, &at), 0);
	ck_assert_uint_eq(at, 4 * MIB);
	ck_assert_int_eq(bp_memmap_find(&m, 1, MIB, 4 * MIB, 0, UINT64_MAX, true, &at), 0);
	ck_assert_uint_eq(at, 8 * MIB);
	ck_assert_int_eq(bp_memmap_find(&m, 1, MIB, 4 * MIB, 0, 8 * MIB, true, &at), 0);
	ck_assert_uint_eq(at, 4 * MIB);
	ck_assert_int_eq(bp_memmap_find(&m, 1, 10 * MIB, 1, 0, UINT64_MAX, true, &at), -ENOSPC);
	ck_assert_int_eq(bp_memmap_find(&m, 1, MIB, 1, 9 * MIB + 1, UINT64_MAX, false, &at),
			 -ENOSPC);
	bp_memmap_done(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memmap");
	TCase *t = tcase_create("memmap");

	tcase_add_test(t, neighbours_of_one_type_join);
	tcase_add_test(t, nothing_joins_across_1_mib);
	tcase_add_test(t, a_range_that_spans_1_mib_stays);
	tcase_add_test(t, holes_of_any_type_are_taken_out);
	tcase_add_test(t, overlaps_do_not_multiply);
	tcase_add_test(t, find_respects_alignment_and_limits);
	suite_add_tcase(s, t);
	return run_suite(s);
}
