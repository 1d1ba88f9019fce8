/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Hyper-V guest's next kernel is told: the rules by their names, and on random machines
 * that being told is never worse than not being told.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/hyperv.h"
#include "decide/screen.h"
#include "test.h"

#define MIB 0x100000ull
#define VIDEO "5620e0c7-8062-4dce-aeb7-520c7ef76171"
#define N_RANDOM 100000

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* A machine on the stack, with what the decision looks at. */
struct machine {
	struct bp_machine m;
	struct bp_vmbus_device devices[8];
	char names[8][40];
	struct bp_iomem_entry lines[32];
	struct bp_screen_fact facts[2];
};

static void add_line(struct machine *x, uint64_t start, uint64_t size, char *name)
{
	x->lines[x->m.iomem.n++] = (struct bp_iomem_entry){ start, start + size, 0, name };
}

static void add_device(struct machine *x, enum bp_vmbus_class class, const char *name)
{
	size_t i = x->m.hyperv.n_devices++;

	snprintf(x->names[i], sizeof(x->names[i]), "%s", name);
	x->devices[i] = (struct bp_vmbus_device){ .instance = x->names[i], .class = class };
}

static void add_fact(struct machine *x, const char *source, enum bp_screen_trust trust, uint64_t base,
		     uint64_t size)
{
	x->facts[x->m.screen_facts.n++] = (struct bp_screen_fact){
		.source = source, .base_trust = trust, .has_base = true, .has_size = true,
		.base = base, .size_bytes = size, .is_screen_info = trust == BP_TRUST_BOOT,
	};
}

/* A generation 2 guest with its video device; nothing says where the framebuffer is. */
static void init(struct machine *x, uint64_t low)
{
	memset(x, 0, sizeof(*x));
	x->m.arch = BP_ARCH_X86_64;
	x->m.ctx = ctx;
	x->m.hyperv.present = true;
	x->m.hyperv.generation = 2;
	x->m.hyperv.devices = x->devices;
	x->m.hyperv.low = (struct bp_hyperv_window){ low, 0xfed3ffff, true };
	x->m.hyperv.high = (struct bp_hyperv_window){ 0xfc0000000, 0xfffffffff, true };
	x->m.iomem.v = x->lines;
	x->m.screen_facts.v = x->facts;
	x->m.screen_facts.on_vmbus = true;
	add_device(x, BP_VMBUS_SYNTHVID, VIDEO);
}

static void add_vram(struct machine *x, uint64_t base, uint64_t size)
{
	add_line(x, base, size, x->names[0]);
	add_fact(x, "iomem", BP_TRUST_LIVE, base, size);
}

static struct bp_hyperv_kernel kernel(enum bp_hyperv_profile profile)
{
	return (struct bp_hyperv_kernel){ .profile_known = true, .profile = profile,
					  .profile_source = "test", .reads_screen = 1 };
}

static struct bp_screen decide(struct machine *x, const struct bp_hyperv_kernel *k)
{
	struct bp_screen s;

	ck_assert_int_eq(bp_screen_decide(ctx, &x->m, NULL, &s), 0);
	ck_assert_int_eq(bp_hyperv_adjust(ctx, &x->m, k, &s), 0);
	return s;
}

/* 1 and 2: a kernel with the fallback is told nothing that is not certain. */
START_TEST(rule_a_fixed_kernel_is_told_only_what_is_sure)
{
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD), new = kernel(BP_HYPERV_NEW);
	struct machine x;

	init(&x, 0x40000000);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	ck_assert_uint_eq(decide(&x, &old).base, 0x40000000);
	ck_assert_int_eq(decide(&x, &new).outcome, BP_SCREEN_NONE);
	/* Said by its owner now, it is sure. */
	add_vram(&x, 0x40000000, 8 * MIB);
	ck_assert_uint_eq(decide(&x, &new).base, 0x40000000);
}
END_TEST

/* 3 and 4: with the mode unknown the range is kept free and nothing draws there. */
START_TEST(rule_reserve_without_a_mode)
{
	struct machine x;
	struct bp_screen s;

	init(&x, 0x40000000);
	add_vram(&x, 0x40000000, 8 * MIB);
	s = decide(&x, NULL);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_int_eq(s.video_type, BP_VIDEO_TYPE_NONE);
	ck_assert_uint_eq(s.size_bytes, 8 * MIB);
}
END_TEST

/* 5: the video device's line is the truth, whatever was so at boot. */
START_TEST(rule_the_line_of_the_video_device_counts_most)
{
	struct machine x;

	init(&x, 0x40000000);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	add_vram(&x, 0x40800000, 64 * MIB);
	ck_assert_uint_eq(decide(&x, NULL).base, 0x40800000);
	/* 6, and the trap of high resolutions: all of it is passed, in bytes. */
	ck_assert_uint_eq(decide(&x, NULL).size_bytes, 64 * MIB);
}
END_TEST

/* 7: VMBus reads 32 bits. */
START_TEST(rule_none_above_4_gib)
{
	struct machine x;

	init(&x, 0xf8000000);
	add_vram(&x, 0xfe0000000, 128 * MIB);
	ck_assert_int_eq(decide(&x, NULL).outcome, BP_SCREEN_NONE);
}
END_TEST

/* 9: without EFI the next kernel takes the way of generation 1 and reserves nothing. */
START_TEST(rule_without_efi_nothing_is_reserved)
{
	struct bp_hyperv_kernel new = kernel(BP_HYPERV_NEW);
	struct bp_hyperv_report report;
	struct bp_screen s;
	struct machine x;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, "abee639e-0b9d-49b7-9a07-c54ba8cd5734");
	add_line(&x, 0x40000000, 8 * MIB, x.names[0]);
	x.m.efi.status = -ENOENT;
	s = decide(&x, &new);
	ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
				.kernel = &new, .ours = &s }, &report), 0);
	ck_assert_int_eq(report.verdict, BP_HYPERV_COLLISION);
	ck_assert(report.cured_by_order);
	ck_assert(!report.cured_by_newer);
	bp_hyperv_report_done(&report);
}
END_TEST

/* 10 */
START_TEST(rule_none_for_confidential_guests)
{
	struct machine x;

	init(&x, 0xc0000000);
	x.m.hyperv.isolation = BP_HYPERV_SNP;
	x.m.confidential = BP_CONF_SEV_SNP;
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0xc0000000, 3 * MIB);
	ck_assert_int_eq(decide(&x, NULL).outcome, BP_SCREEN_NONE);
}
END_TEST

START_TEST(rule_a_root_partition_is_bare_metal)
{
	struct machine x;
	struct bp_screen s = { .outcome = BP_SCREEN_RESERVE, .base = 0xe0000000, .size_bytes = MIB };

	init(&x, 0);
	x.m.hyperv.partition = BP_HYPERV_ROOT;
	x.m.hyperv.n_devices = 0;
	ck_assert_int_eq(bp_hyperv_adjust(ctx, &x.m, NULL, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(s.base, 0xe0000000);
}
END_TEST

START_TEST(rule_the_low_end_where_nobody_knows_and_an_old_kernel_needs_it)
{
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD), new = kernel(BP_HYPERV_NEW);
	struct machine x;

	init(&x, 0x40000000);
	/* Without a device that could collide there is no need. */
	ck_assert_int_eq(decide(&x, &old).outcome, BP_SCREEN_NONE);
	add_device(&x, BP_VMBUS_PCI, "abee639e-0b9d-49b7-9a07-c54ba8cd5734");
	ck_assert_int_eq(decide(&x, &old).outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(decide(&x, &old).base, 0x40000000);
	ck_assert_int_eq(decide(&x, &new).outcome, BP_SCREEN_NONE);
}
END_TEST

/* The same random machine again for a failure: its number is the seed. */
static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

static void random_machine(struct machine *x, uint64_t *ret_vram, uint64_t *ret_size, bool *ret_known)
{
	static const uint64_t lows[] = { 0x40000000, 0xc0000000, 0xe0000000, 0xf0000000, 0xf8000000 };
	static const uint64_t sizes[] = { 8, 8, 8, 16, 64, 68, 128 };
	uint64_t low = rnd(2) ? lows[rnd(5)] : 0x40000000 + rnd(0xb8000000 / MIB) * MIB;
	uint64_t size = sizes[rnd(7)] * MIB, room = 0xfed00000 - low;

	init(x, low);
	size = BP_MIN(size, bp_align_down(room / 2, MIB));
	*ret_size = size;
	*ret_vram = rnd(3) ? low : low + rnd(BP_MIN((room - size) / MIB, (uint64_t)64)) * MIB;
	if (!rnd(4))
		x->m.hyperv.high.start = 0;
	for (uint64_t n = rnd(6), i = 0; i < n; i++) {
		char name[40];
		size_t at = x->m.hyperv.n_devices;

		snprintf(name, sizeof(name), "abee639e-0b9d-49b7-9a07-c54ba8cd57%02x", (unsigned int)i);
		add_device(x, BP_VMBUS_PCI, name);
		if (rnd(3))
			add_line(x, 0xfc0000000 + i * 0x10000000, (1 + rnd(16)) * MIB, x->names[at]);
		if (!rnd(6))
			add_line(x, low + i * 16 * MIB, (1 + rnd(4)) * MIB, x->names[at]);
	}
	*ret_known = rnd(3);
	if (*ret_known)
		add_vram(x, *ret_vram, size);
	else if (rnd(3))
		add_fact(x, "boot_params", BP_TRUST_BOOT, rnd(2) ? *ret_vram : low, 3 * MIB);
}

static void check_random(uint64_t number, unsigned int *ret_cured)
{
	struct bp_hyperv_kernel k;
	struct bp_hyperv_report report;
	struct bp_screen ours, right = { .outcome = BP_SCREEN_RESERVE };
	struct machine x, truth;
	uint64_t vram, size;
	bool known;

	seed = number * 0x9e3779b97f4a7c15ull + 1;
	random_machine(&x, &vram, &size, &known);
	k = kernel((enum bp_hyperv_profile)rnd(4));
	k.order = (enum bp_hyperv_order)rnd(3);
	k.reads_screen = rnd(10) != 0;
	ours = decide(&x, rnd(4) ? &k : NULL);
	/* What we do not know cannot be right: then only kernels that are told nothing count. */
	known |= bp_hyperv_vram(&x.m).base == vram && bp_hyperv_vram(&x.m).size == size;
	if (!known && ours.outcome != BP_SCREEN_NONE)
		return;

	/* The same machine, seen by one who knows where the host has the framebuffer. */
	truth = x;
	truth.m.hyperv.devices = truth.devices;
	truth.m.iomem.v = truth.lines;
	truth.m.screen_facts.v = truth.facts;
	for (size_t i = 0; i < truth.m.hyperv.n_devices; i++)
		truth.devices[i].instance = truth.names[i];
	truth.m.screen_facts.n = 0;
	if (!x.m.iomem.n || strcmp(truth.lines[0].name, VIDEO))
		add_line(&truth, vram, size, truth.names[0]);
	right.base = vram;
	right.size_bytes = size;
	ck_assert_int_eq(bp_hyperv_judge(ctx, &truth.m, &(struct bp_hyperv_question){
				.kernel = &k, .order = k.order, .ours = &ours, .by_hand = &right },
				&report), 0);
	for (size_t i = 0; i < report.n_scenarios; i++) {
		const struct bp_hyperv_scenario *s = &report.scenarios[i];

		if (s->passing != BP_HYPERV_PASS_OURS || !s->possible)
			continue;
		for (size_t n = 0; n < report.n_scenarios; n++) {
			const struct bp_hyperv_scenario *o = &report.scenarios[n];

			if (o->profile != s->profile || o->order != s->order)
				continue;
			if (o->passing == BP_HYPERV_PASS_NOTHING) {
				ck_assert_msg(!s->prediction.collides || o->prediction.collides,
					      "machine %llu: told 0x%llx is worse than nothing",
					      (unsigned long long)number,
					      (unsigned long long)ours.base);
				*ret_cured += !s->prediction.collides && o->prediction.collides;
			}
			/* An old kernel needs the value, and gets it where it is known. */
			if (o->passing == BP_HYPERV_PASS_BY_HAND && known &&
			    ours.outcome != BP_SCREEN_NONE)
				ck_assert_msg(!s->prediction.collides || o->prediction.collides,
					      "machine %llu: the right value cures, ours does not",
					      (unsigned long long)number);
		}
	}
	bp_hyperv_report_done(&report);
}

START_TEST(random_machines_are_never_worse_off)
{
	unsigned int cured = 0;

	for (uint64_t i = 1; i <= N_RANDOM; i++)
		check_random(i, &cured);
	/* The test itself sees collisions. */
	ck_assert_uint_gt(cured, N_RANDOM / 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hyperv-choice");
	TCase *tc = tcase_create("hyperv-choice");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, rule_a_fixed_kernel_is_told_only_what_is_sure);
	tcase_add_test(tc, rule_reserve_without_a_mode);
	tcase_add_test(tc, rule_the_line_of_the_video_device_counts_most);
	tcase_add_test(tc, rule_none_above_4_gib);
	tcase_add_test(tc, rule_without_efi_nothing_is_reserved);
	tcase_add_test(tc, rule_none_for_confidential_guests);
	tcase_add_test(tc, rule_a_root_partition_is_bare_metal);
	tcase_add_test(tc, rule_the_low_end_where_nobody_knows_and_an_old_kernel_needs_it);
	tcase_add_test(tc, random_machines_are_never_worse_off);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
