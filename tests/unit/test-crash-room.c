/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a crash kernel takes. */
#include "decide/crash-room.h"
#include "test.h"

#define MIB (1ull << 20)

static const struct bp_crash_room_facts usual = {
	.reserved = 256 * MIB,
	.kernel = 60 * MIB,
	.initrd = 20 * MIB,
	.unpacked = 50 * MIB,
	.cpus = 1,
};

/* Exactly: the parts of a usual one. */
START_TEST(parts)
{
	struct bp_crash_room r;

	bp_crash_room_estimate(&usual, &r);
	ck_assert_uint_eq(r.struct_pages, 4 * MIB);
	ck_assert_uint_eq(r.page_tables, MIB / 2);
	ck_assert_uint_eq(r.per_cpu, MIB);
	/* Kernel, segments, CPU, initrd twice. */
	ck_assert_uint_eq(r.unpacking, (60 + 1 + 1 + 20 + 50) * MIB + r.struct_pages +
					       r.page_tables);
	ck_assert_uint_eq(r.running, (60 + 1 + 1 + 50 + 64) * MIB + r.struct_pages +
					     r.page_tables);
	ck_assert_uint_eq(r.needed, r.running);
	ck_assert(r.is_enough);
}
END_TEST

/* A large initrd, when it is there twice. */
START_TEST(unpacking_is_the_peak)
{
	struct bp_crash_room_facts f = usual;
	struct bp_crash_room r;

	f.initrd = 100 * MIB;
	bp_crash_room_estimate(&f, &r);
	ck_assert_uint_eq(r.needed, r.unpacking);
	ck_assert(r.is_enough);
	f.initrd = 180 * MIB;
	bp_crash_room_estimate(&f, &r);
	ck_assert(!r.is_enough);
}
END_TEST

/* What is suggested is enough, and 32 MiB less is not. */
START_TEST(suggestion)
{
	for (uint64_t kernel = 1; kernel < 3000; kernel += 7) {
		struct bp_crash_room_facts f = usual;
		struct bp_crash_room r;

		f.kernel = kernel * MIB;
		f.reserved = 0;
		bp_crash_room_estimate(&f, &r);
		ck_assert(!r.is_enough);
		f.reserved = r.suggested;
		ck_assert_uint_eq(r.suggested % (16 * MIB), 0);
		bp_crash_room_estimate(&f, &r);
		ck_assert(r.is_enough);
		ck_assert_uint_eq(r.suggested, f.reserved);
		f.reserved -= 32 * MIB;
		bp_crash_room_estimate(&f, &r);
		ck_assert(!r.is_enough);
	}
}
END_TEST

/* CMA has room for user space and files, and for nothing of the kernel. */
START_TEST(cma)
{
	struct bp_crash_room_facts f = usual;
	struct bp_crash_room r;

	f.cma = 1024 * MIB;
	bp_crash_room_estimate(&f, &r);
	ck_assert_uint_eq(r.running, 62 * MIB + r.struct_pages + r.page_tables);
	ck_assert_uint_eq(r.needed, r.unpacking);
	f.kernel = 300 * MIB;
	bp_crash_room_estimate(&f, &r);
	ck_assert(!r.is_enough);
}
END_TEST

/* The system frees the initrd's files, and has services of its own; CPUs cost. */
START_TEST(by_system)
{
	struct bp_crash_room_facts f = usual;
	struct bp_crash_room r;

	f.by_system = true;
	f.cpus = 8;
	bp_crash_room_estimate(&f, &r);
	ck_assert_uint_eq(r.running,
			  (60 + 1 + 8 + 96) * MIB + r.struct_pages + r.page_tables);
	f.cpus = 0;
	bp_crash_room_estimate(&f, &r);
	ck_assert_uint_eq(r.per_cpu, MIB);
}
END_TEST

/* Sizes as a lying file may have them are not enough, rather than a small sum. */
START_TEST(overflow)
{
	struct bp_crash_room_facts f = usual;
	struct bp_crash_room r;

	f.kernel = UINT64_MAX - 5;
	bp_crash_room_estimate(&f, &r);
	ck_assert_uint_eq(r.needed, UINT64_MAX);
	ck_assert(!r.is_enough);
	ck_assert_uint_eq(r.suggested, UINT64_MAX);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("crash-room");
	Suite *s = suite_create("crash-room");

	tcase_add_test(tc, parts);
	tcase_add_test(tc, unpacking_is_the_peak);
	tcase_add_test(tc, suggestion);
	tcase_add_test(tc, cma);
	tcase_add_test(tc, by_system);
	tcase_add_test(tc, overflow);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
