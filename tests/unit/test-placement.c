/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where segments may lie. The machines are made by hand. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/placement.h"
#include "test.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull

static struct bp_ctx *ctx;

/* 2 GiB of RAM with a running kernel, a reserved part and a crash region; 1 GiB above 4 GiB. */
static const struct bp_iomem_entry iomem[] = {
	{ 0, 0x1000, 0, (char *)"Reserved" },
	{ 0x1000, 0xa0000, 0, (char *)"System RAM" },
	{ 0xa0000, MIB, 0, (char *)"Reserved" },
	{ MIB, 2 * GIB, 0, (char *)"System RAM" },
	{ 16 * MIB, 32 * MIB, 1, (char *)"Kernel code" },
	{ 32 * MIB, 48 * MIB, 1, (char *)"Kernel data" },
	{ 512 * MIB, 768 * MIB, 1, (char *)"Crash kernel" },
	{ GIB, GIB + 4 * MIB, 1, (char *)"Reserved" },
	{ 2 * GIB, 2 * GIB + MIB, 0, (char *)"ACPI Tables" },
	{ 4 * GIB, 5 * GIB, 0, (char *)"System RAM" },
	{ 4 * GIB + 256 * MIB, 4 * GIB + 512 * MIB, 1, (char *)"Crash kernel" },
};

static void add(struct bp_memmap *m, bp_phys_t start, bp_phys_t end, uint32_t type)
{
	ck_assert_int_eq(bp_memmap_add(m, start, end, type), 0);
}

static void make_machine(struct bp_machine *m)
{
	memset(m, 0, sizeof(*m));
	m->page_size = 4096;
	m->iomem.v = (struct bp_iomem_entry *)iomem;
	m->iomem.n = BP_ARRAY_SIZE(iomem);
	add(&m->crash.regions, 512 * MIB, 768 * MIB, BP_MEM_RAM);
	add(&m->crash.regions, 4 * GIB + 256 * MIB, 4 * GIB + 512 * MIB, BP_MEM_RAM);
}

static void free_machine(struct bp_machine *m)
{
	bp_memmap_done(&m->crash.regions);
	bp_memmap_done(&m->firmware_map);
}

START_TEST(load_uses_ram_that_nothing_holds)
{
	struct bp_placement p;
	struct bp_machine m;

	make_machine(&m);
	ck_assert_int_eq(bp_placement_init(ctx, &m, false, 0, 0, NULL, &p), 0);
	/* The running kernel's own image may be covered. */
	ck_assert_int_eq(bp_placement_take_at(&p, 16 * MIB, 32 * MIB), 0);
	/* Reserved parts, the crash region, ACPI tables and what has been taken may not. */
	ck_assert_int_eq(bp_placement_take_at(&p, GIB, 4096), -ENOSPC);
	ck_assert_int_eq(bp_placement_take_at(&p, 767 * MIB, MIB), -ENOSPC);
	ck_assert_int_eq(bp_placement_take_at(&p, 2 * GIB, 4096), -ENOSPC);
	ck_assert_int_eq(bp_placement_take_at(&p, 40 * MIB, 4096), -ENOSPC);
	ck_assert_int_eq(bp_placement_take_at(&p, 768 * MIB, 4096), 0);
	bp_placement_done(&p);
	free_machine(&m);
}
END_TEST

START_TEST(load_needs_the_firmware_to_agree)
{
	struct bp_placement p;
	struct bp_machine m;

	make_machine(&m);
	add(&m.firmware_map, 0, 256 * MIB, BP_MEM_RAM);
	add(&m.firmware_map, 256 * MIB, 2 * GIB, BP_MEM_SOFT_RESERVED);
	ck_assert_int_eq(bp_placement_init(ctx, &m, false, 0, 0, NULL, &p), 0);
	ck_assert_int_eq(bp_placement_take_at(&p, 255 * MIB, MIB), 0);
	ck_assert_int_eq(bp_placement_take_at(&p, 256 * MIB, 4096), -ENOSPC);
	bp_placement_done(&p);
	free_machine(&m);
}
END_TEST

START_TEST(crash_uses_the_highest_region_only)
{
	struct bp_placement p;
	struct bp_machine m;
	bp_phys_t at;

	make_machine(&m);
	ck_assert_int_eq(bp_placement_init(ctx, &m, true, 0, 0, NULL, &p), 0);
	ck_assert_int_eq(bp_placement_take_at(&p, 512 * MIB, MIB), -ENOSPC);
	ck_assert_int_eq(bp_placement_take(ctx, &p, "kernel", 64 * MIB, 2 * MIB, 0, UINT64_MAX,
					   false, &at), 0);
	ck_assert_uint_eq(at, 4 * GIB + 256 * MIB);
	ck_assert_int_eq(bp_placement_take(ctx, &p, "initrd", MIB + 1, 4096, 0, UINT64_MAX, true,
					   &at), 0);
	ck_assert_uint_eq(at, 4 * GIB + 511 * MIB - 4096);
	bp_placement_done(&p);
	free_machine(&m);
}
END_TEST

START_TEST(no_crash_region_is_said)
{
	struct bp_machine m = { 0 };
	struct bp_placement p;

	ck_assert_int_eq(bp_placement_init(ctx, &m, true, 0, 0, NULL, &p), -ENODATA);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "crashkernel="));
	bp_forgive(ctx);
}
END_TEST

START_TEST(unreadable_iomem_is_no_empty_map)
{
	struct bp_machine m = { .iomem = { .status = -EACCES } };
	struct bp_placement p;

	ck_assert_int_eq(bp_placement_init(ctx, &m, false, 0, 0, NULL, &p), -EACCES);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "CAP_SYS_ADMIN"));
	bp_forgive(ctx);
}
END_TEST

START_TEST(limits_and_the_framebuffer_are_kept)
{
	struct bp_memmap avoid = { 0 };
	struct bp_placement p;
	struct bp_machine m;
	bp_phys_t at;

	make_machine(&m);
	add(&avoid, 100 * MIB, 104 * MIB, BP_MEM_RESERVED);
	ck_assert_int_eq(bp_placement_init(ctx, &m, false, 64 * MIB, 128 * MIB, &avoid, &p), 0);
	ck_assert_int_eq(bp_placement_take(ctx, &p, "a", 36 * MIB, MIB, 0, UINT64_MAX, false, &at), 0);
	ck_assert_uint_eq(at, 64 * MIB);
	ck_assert_int_eq(bp_placement_take(ctx, &p, "b", MIB, MIB, 0, UINT64_MAX, false, &at), 0);
	ck_assert_uint_eq(at, 104 * MIB);
	/* The message has the numbers that matter. */
	ck_assert_int_eq(bp_placement_take(ctx, &p, "initrd", 32 * MIB, MIB, 0, UINT64_MAX, false, &at),
			 -ENOSPC);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "no room for the initrd: 32768 KiB"));
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "23552 KiB"));
	bp_forgive(ctx);
	bp_placement_done(&p);
	bp_memmap_done(&avoid);
	free_machine(&m);
}
END_TEST

START_TEST(scratch_areas_are_all_there_is)
{
	struct bp_memmap areas = { 0 }, avoid = { 0 };
	struct bp_placement p;
	struct bp_machine m;
	bp_phys_t at;

	make_machine(&m);
	/* Over this kernel, into the crash kernel's region, into a reserved part, empty, and
	 * where there is no memory. */
	add(&areas, 40 * MIB, 64 * MIB, BP_MEM_RAM);
	add(&areas, 504 * MIB, 520 * MIB, BP_MEM_RAM);
	add(&areas, GIB, GIB + 8 * MIB, BP_MEM_RAM);
	add(&areas, 3 * GIB, 3 * GIB, BP_MEM_RAM);
	add(&areas, 3 * GIB, 3 * GIB + MIB, BP_MEM_RAM);
	add(&avoid, 60 * MIB, 64 * MIB, BP_MEM_RESERVED);
	ck_assert_int_eq(bp_placement_init_scratch(ctx, &m, &areas, 0, 0, &avoid, &p), 0);
	ck_assert_uint_eq(bp_memmap_total(&p.free, BP_MEM_RAM), (20 + 8 + 8) * MIB);
	ck_assert_int_eq(bp_placement_take_at(&p, 40 * MIB, 20 * MIB), 0);
	ck_assert_int_eq(bp_placement_take_at(&p, 504 * MIB, 8 * MIB), 0);
	ck_assert_int_eq(bp_placement_take_at(&p, GIB, 4 * MIB), 0);
	ck_assert_int_eq(bp_placement_take(ctx, &p, "initrd", 5 * MIB, MIB, 0, UINT64_MAX, true,
					   &at), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "largest free part of the scratch "
				     "areas there is 4096 KiB (4096 KiB in all); boot this kernel, "
				     "not by kexec, with a larger kho_scratch="));
	bp_forgive(ctx);
	bp_placement_done(&p);
	bp_memmap_done(&areas);
	bp_memmap_done(&avoid);
	free_machine(&m);
}
END_TEST

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

int main(void)
{
	Suite *s = suite_create("placement");
	TCase *t = tcase_create("placement");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, load_uses_ram_that_nothing_holds);
	tcase_add_test(t, load_needs_the_firmware_to_agree);
	tcase_add_test(t, crash_uses_the_highest_region_only);
	tcase_add_test(t, no_crash_region_is_said);
	tcase_add_test(t, unreadable_iomem_is_no_empty_map);
	tcase_add_test(t, limits_and_the_framebuffer_are_kept);
	tcase_add_test(t, scratch_areas_are_all_there_is);
	suite_add_tcase(s, t);
	return run_suite(s);
}
