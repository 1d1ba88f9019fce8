/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MMIO allocator of Hyper-V guests. The vectors in tests/hyperv hold whole machines; here
 * is what they rest on: resource trees, and that leaving out starts changes no answer.
 */
#include <errno.h>

#include "core/guid.h"
#include "decide/hyperv-devid.h"
#include "decide/hyperv-mmio.h"
#include "decide/resource-tree.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

START_TEST(a_request_goes_into_a_region_that_is_not_busy)
{
	struct bp_resource root = { .last = UINT64_MAX };
	uint64_t next;
	struct bp_resource *bus = bp_resource_request(&root, 0x1000, 0x1000, false, &next);

	ck_assert_ptr_nonnull(bus);
	ck_assert_ptr_nonnull(bp_resource_request(&root, 0x1800, 0x100, true, &next));
	ck_assert_ptr_nonnull(bus->child);
	/* Half in, half out: never. */
	ck_assert_ptr_null(bp_resource_request(&root, 0x1f00, 0x200, true, &next));
	ck_assert_uint_eq(next, 0x2000);
	ck_assert_ptr_null(bp_resource_request(&root, 0xf00, 0x200, true, &next));
	ck_assert_uint_eq(next, 0x1000);
	/* On a busy one: never. */
	ck_assert_ptr_null(bp_resource_request(&root, 0x1780, 0x100, true, &next));
	ck_assert_uint_eq(next, 0x1900);
	/* Nothing of size 0, nothing that wraps. */
	ck_assert_ptr_null(bp_resource_request(&root, 0x3000, 0, true, &next));
	ck_assert_ptr_null(bp_resource_request(&root, UINT64_MAX, 2, true, &next));
	bp_resource_done(&root);
}
END_TEST

START_TEST(a_release_finds_busy_regions_of_that_range_only)
{
	struct bp_resource root = { .last = UINT64_MAX };
	uint64_t next;
	struct bp_resource *bus = bp_resource_request(&root, 0x1000, 0x1000, false, &next);

	bp_resource_request(&root, 0x1000, 0x800, true, &next);
	ck_assert(!bp_resource_release(&root, 0x1000, 0x1000));
	ck_assert(!bp_resource_release(&root, 0x1000, 0x400));
	ck_assert(bp_resource_release(&root, 0x1000, 0x800));
	ck_assert(!bp_resource_release(&root, 0x1000, 0x800));
	ck_assert(bp_resource_remove(&root, bus));
	ck_assert(!bp_resource_remove(&root, bus));
	bp_resource_done(&root);
}
END_TEST

/* A small generator, so that a failure can be had again. */
static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

START_TEST(the_next_start_leaves_out_nothing_that_would_succeed)
{
	seed = 1 + (uint64_t)_i;
	for (int round = 0; round < 200; round++) {
		struct bp_resource root = { .start = rnd(8), .last = 64 + rnd(64) };
		uint64_t next, unused, start = rnd(128), size = 1 + rnd(24);

		for (int n = (int)rnd(12); n > 0; n--)
			bp_resource_request(&root, rnd(128), 1 + rnd(32), rnd(2), &unused);
		if (!bp_resource_request(&root, start, size, true, &next)) {
			ck_assert_uint_gt(next, start);
			for (uint64_t a = start + 1; a < BP_MIN(next, (uint64_t)256); a++)
				ck_assert_msg(!bp_resource_request(&root, a, size, true, &unused),
					      "seed %d round %d: %llu+%llu fits, next said %llu", _i,
					      round, (unsigned long long)a, (unsigned long long)size,
					      (unsigned long long)next);
		}
		bp_resource_done(&root);
	}
}
END_TEST

/* Section 0 of the allocator's rules, for kernels with the fallback behind CONFIG_SYSFB. */
START_TEST(without_sysfb_nothing_is_reserved)
{
	static const struct bp_hyperv_range windows[] = { { 0x40000000, 0xfed3ffff } };
	struct bp_hyperv_case c = {
		.windows = windows,
		.n_windows = 1,
		.profile = BP_HYPERV_NEW,
		.boot = BP_HYPERV_BOOT_EFI_NO_SYSFB,
		.lfb_base = 0x40000000,
		.lfb_size = 0x300000,
	};
	struct bp_hyperv_prediction p;

	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), 0);
	ck_assert(!p.reserved);
	bp_hyperv_prediction_done(&p);
	/* 5.10 does not ask. */
	c.profile = BP_HYPERV_NEW510;
	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), 0);
	ck_assert(p.reserved);
	ck_assert_uint_eq(p.fb.start, 0x40000000);
	bp_hyperv_prediction_done(&p);
}
END_TEST

START_TEST(descriptors_become_windows_as_the_kernel_lists_them)
{
	/* Grown once, even where that joins two; cut at the TPM; below 1 MiB dropped. */
	static const struct bp_hyperv_range crs[] = {
		{ 0x1000, 0x1fff }, { 0x50000000, 0x5fffffff }, { 0x40000000, 0x4effffff },
		{ 0x4f000000, 0x4fffffff }, { 0xf0000000, 0x1ffffffff }, { 0xfed40000, 0xfedfffff },
	};
	struct bp_hyperv_case c = { .windows = crs, .n_windows = 6, .from_crs = true,
				    .profile = BP_HYPERV_NEW };
	struct bp_hyperv_prediction p;

	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), 0);
	ck_assert_uint_eq(p.n_windows, 3);
	ck_assert_uint_eq(p.windows[0].start, 0x40000000);
	ck_assert_uint_eq(p.windows[0].last, 0x4fffffff);
	ck_assert_uint_eq(p.windows[1].start, 0x50000000);
	ck_assert_uint_eq(p.windows[2].last, 0xfedfffff);
	bp_hyperv_prediction_done(&p);
	c.profile = BP_HYPERV_OLD;
	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), 0);
	ck_assert_uint_eq(p.n_windows, 4);
	ck_assert_uint_eq(p.windows[2].last, 0xfed40000);
	bp_hyperv_prediction_done(&p);
}
END_TEST

START_TEST(a_window_that_ends_before_it_starts_is_refused)
{
	static const struct bp_hyperv_range windows[] = { { 0x2000, 0x1fff } };
	struct bp_hyperv_case c = { .windows = windows, .n_windows = 1 };
	struct bp_hyperv_prediction p;

	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "0x1fff"));
}
END_TEST

START_TEST(what_does_not_fit_64_bits_is_refused)
{
	static const struct bp_hyperv_range windows[] = { { 0x40000000, 0xfed3ffff } };
	static const struct bp_hyperv_op huge = { BP_HYPERV_OP_PCI, UINT64_MAX / 4 + 1, 0 };
	struct bp_hyperv_case c = { .windows = windows, .n_windows = 1,
				    .vram = 0xfffffffffff00000, .vram_size = UINT64_MAX };
	struct bp_hyperv_prediction p;

	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "0xfffffffffff00000"));
	bp_forgive(ctx);
	c.vram_size = 0xfffff;
	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), 0);
	bp_hyperv_prediction_done(&p);
	c.ops = &huge;
	c.n_ops = 1;
	ck_assert_int_eq(bp_hyperv_predict(ctx, &c, &p), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "0x4000000000000000"));
}
END_TEST

START_TEST(device_ids)
{
	uint8_t guid[16];

	ck_assert_int_eq(bp_guid_parse("{ABEE639E-0b9d-49b7-9a07-c54ba8cd5734}", guid), 0);
	ck_assert_uint_eq(bp_hyperv_vmbus_device_id(guid, 3), 0x0b9d49b3);
	ck_assert_uint_eq(bp_hyperv_vmbus_domain(guid), 0x0b9d);
	ck_assert_uint_eq(bp_hyperv_logical_id(0x1234, 0x56, 0x1f, 7), 0x123456ff);
	ck_assert_uint_eq(bp_hyperv_pci_id(0, 0x113), 0x4000000000000113);
	ck_assert_uint_eq(bp_hyperv_pci_id_of_buses(0x1234, 0x500, 5, 7), 0x4004050712340500);
	ck_assert_int_eq(bp_guid_parse("abee639e-0b9d-49b7-9a07-c54ba8cd573", guid), -EBADMSG);
	ck_assert_int_eq(bp_guid_parse("abee639e-0b9d-49b7-9a07-c54ba8cd57344", guid), -EBADMSG);
	ck_assert_int_eq(bp_guid_parse("abee639e-0b9d-49b7-9a07-c54ba8cd573g", guid), -EBADMSG);
	ck_assert_int_eq(bp_guid_parse("{abee639e-0b9d-49b7-9a07-c54ba8cd5734", guid), -EBADMSG);
	ck_assert_int_eq(bp_guid_parse("", guid), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hyperv-mmio");
	TCase *tc = tcase_create("hyperv-mmio");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_request_goes_into_a_region_that_is_not_busy);
	tcase_add_test(tc, a_release_finds_busy_regions_of_that_range_only);
	tcase_add_loop_test(tc, the_next_start_leaves_out_nothing_that_would_succeed, 0, 20);
	tcase_add_test(tc, without_sysfb_nothing_is_reserved);
	tcase_add_test(tc, descriptors_become_windows_as_the_kernel_lists_them);
	tcase_add_test(tc, a_window_that_ends_before_it_starts_is_refused);
	tcase_add_test(tc, what_does_not_fit_64_bits_is_refused);
	tcase_add_test(tc, device_ids);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
