/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Hyper-V guest's next kernel is told: ten rules by their numbers and names, some that
 * follow from them, and on random machines that being told is never worse than not being told.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/hyperv.h"
#include "decide/screen-carry.h"
#include "decide/screen.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/efi.h"
#include "wire/screen-info.h"

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
	struct bp_display display;
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

/* Generation 1: booted by BIOS, and the video device is on PCI, with this BAR. */
static void make_gen1(struct machine *x, uint64_t bar, uint64_t size)
{
	x->m.hyperv.generation = 1;
	x->m.efi.status = -ENOENT;
	x->display = (struct bp_display){ .address = (char *)"0000:00:08.0", .vendor = 0x1414,
					  .device = 0x5353 };
	x->display.bars[0].start = bar;
	x->display.bars[0].end = bar + size;
	x->m.screen_facts.displays = &x->display;
	x->m.screen_facts.n_displays = 1;
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

#define VPCI "abee639e-0b9d-49b7-9a07-c54ba8cd5734"

/* Where the first PCI device's configuration window lands when the kernel is told this. */
static uint64_t config_window(struct machine *x, const struct bp_hyperv_kernel *k,
			      enum bp_hyperv_order order, struct bp_screen told, bool *ret_collides)
{
	struct bp_hyperv_report report;
	uint64_t config = 0;
	bool found = false;

	ck_assert_int_eq(bp_hyperv_judge(ctx, &x->m, &(struct bp_hyperv_question){
				.kernel = k, .order = order, .ours = &told }, &report), 0);
	for (size_t i = 0; i < report.n_scenarios; i++) {
		const struct bp_hyperv_scenario *s = &report.scenarios[i];

		if (s->passing != BP_HYPERV_PASS_OURS || s->profile != k->profile ||
		    s->order != order)
			continue;
		for (size_t n = 0; n < s->prediction.n_landings; n++)
			if (s->ops[n].kind == BP_HYPERV_OP_PCI)
				config = s->prediction.landings[n].config;
		*ret_collides = s->prediction.collides;
		found = true;
	}
	bp_hyperv_report_done(&report);
	ck_assert(found);
	return config;
}

static struct bp_screen reserve(uint64_t base, uint64_t size)
{
	return (struct bp_screen){ .outcome = BP_SCREEN_RESERVE, .base = base, .size_bytes = size };
}

/*
 * A kernel with the fix is safe with 0 wherever the window begins. The configuration window is
 * still looked for from 0 on, not from 4 GiB: the patch for that was dropped.
 */
START_TEST(rule_1_zero_is_safe_for_a_fixed_kernel)
{
	static const struct {
		uint64_t low, config;
	} seen[] = { { 0x40000000, 0x48000000 }, { 0xf8000000, 0xfc000000 } };	/* Azure, local */
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD), new = kernel(BP_HYPERV_NEW);
	bool collides;

	for (size_t i = 0; i < BP_ARRAY_SIZE(seen); i++) {
		struct machine x;

		init(&x, seen[i].low);
		add_device(&x, BP_VMBUS_PCI, VPCI);
		add_vram(&x, seen[i].low, 8 * MIB);
		ck_assert_uint_eq(config_window(&x, &new, BP_HYPERV_PCI_FIRST, (struct bp_screen){ 0 },
						&collides), seen[i].config);
		ck_assert(!collides);
		ck_assert_uint_eq(config_window(&x, &old, BP_HYPERV_PCI_FIRST, (struct bp_screen){ 0 },
						&collides), seen[i].low);
		ck_assert(collides);
	}
}
END_TEST

START_TEST(rule_2_a_wrong_value_breaks_a_fixed_kernel)
{
	static const uint64_t wrong[] = { 0x40900000, 0x3ff00000 };
	struct bp_hyperv_kernel new = kernel(BP_HYPERV_NEW);
	struct machine x;
	bool collides;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_vram(&x, 0x40000000, 8 * MIB);
	for (size_t i = 0; i < BP_ARRAY_SIZE(wrong); i++) {
		ck_assert_uint_eq(config_window(&x, &new, BP_HYPERV_PCI_FIRST,
						reserve(wrong[i], 8 * MIB), &collides), 0x40000000);
		ck_assert(collides);
	}
}
END_TEST

START_TEST(rule_2_a_fixed_kernel_is_told_only_what_is_sure)
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

/* VMBus reads base and size, never the type: the range is kept free either way. */
START_TEST(rule_3_reserve_protects_as_console_does)
{
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD);
	uint8_t record[BP_SCREEN_INFO_SIZE];
	struct bp_wire_screen_info *wire = (void *)record;
	struct bp_screen s = reserve(0x40000000, 8 * MIB);
	bool collides;
	struct machine x;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_vram(&x, 0x40000000, 8 * MIB);
	ck_assert_uint_eq(config_window(&x, &old, BP_HYPERV_PCI_FIRST, s, &collides), 0x40800000);
	ck_assert(!collides);
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, record), 0);
	ck_assert_uint_eq(wire->orig_video_isVGA, 0);
	ck_assert_uint_eq(bp_le32(wire->lfb_base), 0x40000000);
	/* 6 */
	ck_assert_uint_eq(bp_le32(wire->lfb_size), 8 * MIB);
}
END_TEST

/* With the mode unknown the range is kept free and nothing draws there. */
START_TEST(rule_3_reserve_without_a_mode)
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

/* A console at a place that was right at boot would be written to, which ends the machine. */
START_TEST(rule_4_a_stale_base_is_never_a_console)
{
	struct machine x;
	struct bp_screen s;

	init(&x, 0x40000000);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	x.facts[0].has_mode = true;
	x.facts[0].mode_trust = BP_TRUST_BOOT;
	x.facts[0].width_px = 1024;
	x.facts[0].height_px = 768;
	x.facts[0].stride_bytes = 4096;
	x.facts[0].video_type = BP_VIDEO_TYPE_EFI;
	/* The driver has moved it. */
	add_vram(&x, 0x40800000, 64 * MIB);
	s = decide(&x, NULL);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(s.base, 0x40800000);
	ck_assert_int_eq(s.video_type, BP_VIDEO_TYPE_NONE);
}
END_TEST

/* Whatever was so at boot. */
START_TEST(rule_5_the_line_of_the_video_device_counts_most)
{
	struct machine x;

	init(&x, 0x40000000);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	add_vram(&x, 0x40800000, 64 * MIB);
	ck_assert_uint_eq(decide(&x, NULL).base, 0x40800000);
}
END_TEST

/* Also the trap of high resolutions: all of it is passed, not the 3 MiB of the firmware's mode. */
START_TEST(rule_6_the_size_is_all_of_it_and_in_bytes)
{
	uint8_t record[BP_SCREEN_INFO_SIZE];
	struct bp_wire_screen_info *wire = (void *)record;
	struct bp_screen s;
	struct machine x;

	init(&x, 0x40000000);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	add_vram(&x, 0x40000000, 64 * MIB);
	s = decide(&x, NULL);
	ck_assert_uint_eq(s.size_bytes, 64 * MIB);
	/* As a console, too, whose type has had bytes from the start: 0x70. */
	s.outcome = BP_SCREEN_CONSOLE;
	s.video_type = BP_VIDEO_TYPE_EFI;
	s.width_px = 1024;
	s.height_px = 768;
	s.depth_bits = 32;
	s.format = (struct bp_pixel_format){ 8, 16, 8, 8, 8, 0, 8, 24 };
	s.stride_bytes = 4096;
	ck_assert_msg(!bp_screen_info_encode(ctx, &s, NULL, record), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(wire->orig_video_isVGA, 0x70);
	ck_assert_uint_eq(bp_le32(wire->lfb_size), 64 * MIB);
}
END_TEST

/* VMBus reads 32 bits. */
START_TEST(rule_7_none_above_4_gib)
{
	struct machine x;

	init(&x, 0xf8000000);
	add_vram(&x, 0xfe0000000, 128 * MIB);
	ck_assert_int_eq(decide(&x, NULL).outcome, BP_SCREEN_NONE);
}
END_TEST

/*
 * Neither system call takes screen_info there: what is decided travels by a table of EFI, where the
 * next kernel looks for it, or in the Image's own variable; or not at all, and that is said.
 */
START_TEST(rule_8_arm64_is_told_by_a_table_of_efi)
{
	static uint8_t bytes[0x4000];
	struct bp_carry_request load = { .syscall = BP_SYSCALL_LOAD };
	struct bp_efi_config_entry config = { { 0 }, 0 };
	struct bp_efi_mapping map = { 6, 0x3e000000, 0, 0x1000,
				      BP_EFI_MEMORY_RUNTIME | BP_EFI_MEMORY_WB };
	struct bp_image image = { .bytes = bp_span_make(bytes, sizeof(bytes)),
				  .path = (char *)"Image" };
	struct bp_screen_carry carry;
	struct bp_screen s, file;
	struct machine x;

	init(&x, 0x40000000);
	x.m.arch = BP_ARCH_ARM64;
	add_vram(&x, 0x40000000, 8 * MIB);
	s = decide(&x, NULL);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_int_eq(bp_screen_file_load(ctx, &x.m, &file), 0);
	ck_assert_int_eq(file.outcome, BP_SCREEN_NONE);

	memcpy(config.guid, BP_EFI_GUID_ACPI20, 16);
	x.m.efi_tables.map = &map;
	x.m.efi_tables.n_map = 1;
	x.m.efi_tables.config = &config;
	x.m.efi_tables.n_config = 1;
	/* A kernel that does not look for the table, 6.1 say, and is another one than ours. */
	memset(bytes, 0, sizeof(bytes));
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &x.m, &image, &s, &load, &carry), 0);
	ck_assert_int_eq(carry.method, BP_CARRY_NONE);
	ck_assert(*carry.lost);
	/* One that does. */
	memcpy(bytes + 0x123, BP_EFI_GUID_SCREEN_INFO, 16);
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &x.m, &image, &s, &load, &carry), 0);
	ck_assert_int_eq(carry.method, BP_CARRY_EFI_CLONE);
	ck_assert_str_eq(carry.lost, "");
}
END_TEST

/* The same kernel again, which therefore is known inside: its variable is filled in. */
START_TEST(rule_8_arm64_by_the_variable_in_the_image)
{
	static const uint8_t id[] = { 0x3f, 0x0a, 0x5c, 0x7d, 0x9e, 0x1b, 0x2a, 0x4c, 0x6d, 0x8e,
				      0x0f, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x70, 0x81, 0x92 };
	static uint8_t bytes[0x4000];
	struct bp_carry_request load = { .syscall = BP_SYSCALL_LOAD };
	struct bp_image image = { .bytes = bp_span_make(bytes, sizeof(bytes)),
				  .path = (char *)"Image" };
	struct bp_screen_carry carry;
	struct bp_screen s;
	struct machine x;

	init(&x, 0x40000000);
	x.m.arch = BP_ARCH_ARM64;
	add_vram(&x, 0x40000000, 8 * MIB);
	s = decide(&x, NULL);
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + 0x456, id, sizeof(id));
	x.m.build_id = (char *)"3f0a5c7d9e1b2a4c6d8e0f1a2b3c4d5e6f708192";
	x.m.screen_facts.has_symbol = true;
	x.m.screen_facts.symbol_offset = 0x2000;
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &x.m, &image, &s, &load, &carry), 0);
	ck_assert_msg(carry.method == BP_CARRY_IMAGE_PATCH, "%s: %s", carry.name, carry.lost);
	ck_assert_uint_eq(carry.patch_offset, 0x2000);
}
END_TEST

/*
 * Without EFI, or an arm64 device tree without EFI's properties, the next kernel takes the way of
 * generation 1 and reserves nothing, even with the fix and the right value.
 */
START_TEST(rule_9_arm64_without_efi_in_its_device_tree)
{
	struct bp_hyperv_kernel new = kernel(BP_HYPERV_NEW);
	struct bp_screen s = reserve(0x40000000, 8 * MIB);
	struct bp_hyperv_report report;
	struct machine x;

	init(&x, 0x40000000);
	x.m.arch = BP_ARCH_ARM64;
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_vram(&x, 0x40000000, 8 * MIB);
	for (int no_efi = 0; no_efi < 2; no_efi++) {
		new.no_efi = no_efi;
		ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
					.kernel = &new, .ours = &s }, &report), 0);
		ck_assert_int_eq(report.verdict, no_efi ? BP_HYPERV_COLLISION : BP_HYPERV_SAFE);
		bp_hyperv_report_done(&report);
	}
}
END_TEST

START_TEST(rule_9_without_efi_nothing_is_reserved)
{
	struct bp_hyperv_kernel new = kernel(BP_HYPERV_NEW);
	struct bp_hyperv_report report;
	struct bp_screen s;
	struct machine x;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_line(&x, 0x40000000, 8 * MIB, x.names[0]);
	x.m.efi.status = -ENOENT;
	s = decide(&x, &new);
	ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
				.kernel = &new, .ours = &s }, &report), 0);
	ck_assert_int_eq(report.verdict, BP_HYPERV_COLLISION);
	ck_assert_str_eq(report.cures[BP_HYPERV_CURE_VALUE], "");
	ck_assert_str_ne(report.cures[BP_HYPERV_CURE_ORDER], "");
	ck_assert_str_eq(report.cures[BP_HYPERV_CURE_NEWER], "");
	bp_hyperv_report_done(&report);
}
END_TEST

START_TEST(rule_10_none_for_confidential_guests)
{
	static const struct {
		enum bp_hyperv_isolation isolation;
		enum bp_confidential confidential;
	} kinds[] = { { BP_HYPERV_SNP, BP_CONF_SEV_SNP }, { BP_HYPERV_TDX, BP_CONF_TDX } };
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD);

	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++) {
		struct machine x;

		init(&x, 0xc0000000);
		add_device(&x, BP_VMBUS_PCI, VPCI);
		x.m.hyperv.isolation = kinds[i].isolation;
		x.m.confidential = kinds[i].confidential;
		/* Not even the start of the low window for a kernel that is to be told. */
		ck_assert_int_eq(decide(&x, &old).outcome, BP_SCREEN_NONE);
		add_fact(&x, "boot_params", BP_TRUST_BOOT, 0xc0000000, 3 * MIB);
		ck_assert_int_eq(decide(&x, NULL).outcome, BP_SCREEN_NONE);
	}
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
	add_device(&x, BP_VMBUS_PCI, VPCI);
	ck_assert_int_eq(decide(&x, &old).outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(decide(&x, &old).base, 0x40000000);
	ck_assert_int_eq(decide(&x, &new).outcome, BP_SCREEN_NONE);
}
END_TEST

/* It is asked for its BAR by kernels from 6.0 on, and by those only. */
START_TEST(generation_1_before_6_is_told_the_bar)
{
	static const struct {
		enum bp_hyperv_profile profile;
		bool told;
	} kinds[] = {
		{ BP_HYPERV_PRE60, true }, { BP_HYPERV_OLD, false },
		{ BP_HYPERV_NEW, false }, { BP_HYPERV_NEW510, true },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++) {
		struct bp_hyperv_kernel k = kernel(kinds[i].profile);
		struct machine x;
		struct bp_screen s;
		bool collides;

		init(&x, 0xf8000000);
		make_gen1(&x, 0xf8000000, 64 * MIB);
		add_vram(&x, 0xf8000000, 8 * MIB);
		/* Without a device that could collide there is no need. */
		ck_assert_int_eq(decide(&x, &k).outcome, BP_SCREEN_NONE);
		add_device(&x, BP_VMBUS_PCI, VPCI);
		s = decide(&x, &k);
		ck_assert_int_eq(s.outcome, kinds[i].told ? BP_SCREEN_RESERVE : BP_SCREEN_NONE);
		ck_assert_uint_eq(s.base, kinds[i].told ? 0xf8000000 : 0);
		ck_assert_uint_eq(s.size_bytes, kinds[i].told ? 64 * MIB : 0);
		ck_assert_uint_eq(config_window(&x, &k, BP_HYPERV_PCI_FIRST, s, &collides),
				  0xfc000000);
		ck_assert(!collides);
	}
}
END_TEST

/* A driver moved it out of the BAR, where a kernel before 6.0 can be told it all the same. */
START_TEST(generation_1_moved_out_of_the_bar)
{
	struct bp_hyperv_kernel pre60 = kernel(BP_HYPERV_PRE60);
	struct machine x;
	bool collides;

	init(&x, 0x40000000);
	make_gen1(&x, 0xf8000000, 64 * MIB);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_vram(&x, 0x40000000, 128 * MIB);
	ck_assert_uint_eq(decide(&x, &pre60).base, 0x40000000);
	ck_assert_uint_eq(decide(&x, &pre60).size_bytes, 128 * MIB);
	config_window(&x, &pre60, BP_HYPERV_PCI_FIRST, decide(&x, &pre60), &collides);
	ck_assert(!collides);
	/* But not above 4 GiB. */
	x.m.iomem.n = x.m.screen_facts.n = 0;
	add_vram(&x, 0xfe0000000, 128 * MIB);
	ck_assert_int_eq(decide(&x, &pre60).outcome, BP_SCREEN_NONE);
}
END_TEST

/* hv_vmbus was not seen: the version tells at most that it is 6.0 or later. */
START_TEST(generation_1_and_a_kernel_not_known_inside)
{
	static const struct {
		unsigned int major;
		enum bp_screen_outcome told;
		enum bp_hyperv_verdict verdict;
	} kinds[] = {
		{ 0, BP_SCREEN_NONE, BP_HYPERV_CANNOT_TELL },
		{ 5, BP_SCREEN_RESERVE, BP_HYPERV_SAFE },
		{ 6, BP_SCREEN_NONE, BP_HYPERV_SAFE },
		{ 7, BP_SCREEN_NONE, BP_HYPERV_SAFE },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++) {
		struct bp_hyperv_kernel k = { .reads_screen = -1, .major = kinds[i].major };
		struct bp_hyperv_report report;
		struct machine x;
		struct bp_screen s;

		init(&x, 0xf8000000);
		make_gen1(&x, 0xf8000000, 64 * MIB);
		add_device(&x, BP_VMBUS_PCI, VPCI);
		add_vram(&x, 0xf8000000, 8 * MIB);
		s = decide(&x, &k);
		ck_assert_int_eq(s.outcome, kinds[i].told);
		ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
					.kernel = &k, .ours = &s }, &report), 0);
		ck_assert_int_eq(report.verdict, kinds[i].verdict);
		bp_hyperv_report_done(&report);
	}
}
END_TEST

/* 5.10's backport is no help to one that is not told of EFI, and a value is. */
START_TEST(without_efi_the_backport_to_5_10_has_to_be_told)
{
	struct bp_hyperv_kernel k = kernel(BP_HYPERV_NEW510);
	struct machine x;
	bool collides;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	add_fact(&x, "boot_params", BP_TRUST_BOOT, 0x40000000, 3 * MIB);
	ck_assert_int_eq(decide(&x, &k).outcome, BP_SCREEN_NONE);
	k.no_efi = true;
	ck_assert_uint_eq(decide(&x, &k).base, 0x40000000);
	config_window(&x, &k, BP_HYPERV_PCI_FIRST, decide(&x, &k), &collides);
	ck_assert(!collides);
}
END_TEST

/* Order helps only where there is a hyperv_drm, and a pci_hyperv that can wait. */
START_TEST(order_is_no_cure_without_modules_to_order)
{
	static const struct {
		enum bp_driver_place pci, drm;
		bool in_modules, cures;
	} kinds[] = {
		{ BP_DRIVER_UNKNOWN, BP_DRIVER_UNKNOWN, false, true },
		{ BP_DRIVER_MODULE, BP_DRIVER_MODULE, false, true },
		{ BP_DRIVER_MODULE, BP_DRIVER_ABSENT, false, false },
		{ BP_DRIVER_MODULE, BP_DRIVER_ABSENT, true, true },
		{ BP_DRIVER_BUILT_IN, BP_DRIVER_MODULE, false, false },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++) {
		struct bp_hyperv_kernel k = kernel(BP_HYPERV_OLD);
		struct bp_screen nothing = { 0 };
		struct bp_hyperv_report report;
		struct machine x;

		k.pci = kinds[i].pci;
		k.drm = kinds[i].drm;
		k.drm_in_modules = kinds[i].in_modules;
		init(&x, 0x40000000);
		add_device(&x, BP_VMBUS_PCI, VPCI);
		add_vram(&x, 0x40000000, 8 * MIB);
		ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
					.kernel = &k, .ours = &nothing }, &report), 0);
		ck_assert_int_eq(report.verdict, BP_HYPERV_COLLISION);
		ck_assert_int_eq(*report.cures[BP_HYPERV_CURE_ORDER] != 0, kinds[i].cures);
		ck_assert_str_ne(report.cures[BP_HYPERV_CURE_VALUE], "");
		ck_assert_ptr_nonnull(strstr(report.cures[BP_HYPERV_CURE_NEWER], "7.1"));
		ck_assert_str_eq(bp_hyperv_best_cure(&report), report.cures[BP_HYPERV_CURE_VALUE]);
		bp_hyperv_report_done(&report);
	}
}
END_TEST

/* Its loader knew where a driver had moved it, and no driver has it now. */
START_TEST(rule_the_kernels_log_before_the_low_end)
{
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD), new = kernel(BP_HYPERV_NEW);
	struct bp_hyperv_vram vram;
	struct bp_hyperv_report report;
	struct bp_screen s;
	struct machine x;

	init(&x, 0x40000000);
	add_device(&x, BP_VMBUS_PCI, VPCI);
	x.m.hyperv.log_has_fb = true;
	x.m.hyperv.log_fb_start = 0x40800000;
	x.m.hyperv.log_fb_last = 0x487fffff;
	vram = bp_hyperv_vram(&x.m);
	ck_assert_uint_eq(vram.base, 0x40800000);
	/* Not the 128 MiB that were reserved. */
	ck_assert_uint_eq(vram.size, 8 * MIB);
	ck_assert(vram.size_assumed && !vram.base_assumed);
	s = decide(&x, &old);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(s.base, 0x40800000);
	ck_assert_uint_eq(s.size_bytes, 8 * MIB);
	ck_assert_ptr_nonnull(strstr(s.why, "fb="));
	ck_assert_int_eq(decide(&x, &new).outcome, BP_SCREEN_NONE);
	ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
				.kernel = &old, .ours = &s }, &report), 0);
	ck_assert_ptr_nonnull(strstr(report.assumptions[0], "fb="));
	ck_assert_ptr_nonnull(strstr(report.warnings[0], "0x40800000, not at the low end"));
	bp_hyperv_report_done(&report);
	/* A kernel that was told nothing takes the low end: that says nothing. */
	x.m.hyperv.log_fb_start = 0x40000000;
	ck_assert(bp_hyperv_vram(&x.m).base_assumed);
	/* The driver's own line says more. */
	x.m.hyperv.log_fb_start = 0x40800000;
	add_vram(&x, 0x40900000, 8 * MIB);
	ck_assert_uint_eq(bp_hyperv_vram(&x.m).base, 0x40900000);
}
END_TEST

/* Whatever is known of the windows: with nothing to place in them nothing collides. */
START_TEST(rule_without_a_vpci_device_nothing_collides)
{
	struct bp_screen none = { 0 };
	struct bp_hyperv_report report;
	struct machine x;

	for (int with_pci = 0; with_pci < 2; with_pci++) {
		init(&x, 0);
		x.m.iomem.status = -ENOENT;
		if (with_pci)
			add_device(&x, BP_VMBUS_PCI, VPCI);
		ck_assert_int_eq(bp_hyperv_judge(ctx, &x.m, &(struct bp_hyperv_question){
					.ours = &none }, &report), 0);
		ck_assert_int_eq(report.verdict, with_pci ? BP_HYPERV_CANNOT_TELL : BP_HYPERV_SAFE);
		ck_assert_int_eq(!!strstr(report.why, "no vPCI device"), !with_pci);
		bp_hyperv_report_done(&report);
	}
}
END_TEST

/* The ninth line of a bus as well as the first. */
START_TEST(no_line_of_generation_1_is_left_out)
{
	static char name[] = "0000:00:08.0";
	struct bp_hyperv_kernel old = kernel(BP_HYPERV_OLD);
	bool collides;
	struct machine x;

	init(&x, 0x40000000);
	x.m.hyperv.generation = 1;
	x.m.efi.status = -ENOENT;
	add_device(&x, BP_VMBUS_PCI, VPCI);
	for (unsigned int i = 0; i < 12; i++) {
		/* Half a page off: no configuration window fits in or beside one. */
		add_line(&x, 0x40001000 + i * 0x2000, 0x1000, name);
		x.lines[i].depth = 1;
	}
	ck_assert_uint_eq(config_window(&x, &old, BP_HYPERV_PCI_FIRST, (struct bp_screen){ 0 },
					&collides), 0x40018000);
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
	*ret_vram = rnd(3) ? low : low + rnd(BP_MIN((room - size) / MIB, (uint64_t)64)) * MIB;
	if (!rnd(4)) {
		/* Always the same BAR; a driver may have moved the memory within the window. */
		make_gen1(x, 0xf8000000, 64 * MIB);
		size = BP_MIN(size, 64 * MIB);
		if (rnd(3))
			*ret_vram = 0xf8000000;
	}
	*ret_size = size;
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

/* What the machines were, so that none is left out unseen. */
struct seen {
	unsigned int cured, needed, gen1, no_efi, stale, harmed, withheld;
};

static void check_random(uint64_t number, struct seen *seen)
{
	struct bp_hyperv_kernel k;
	struct bp_hyperv_report report;
	struct bp_screen ours, right = { .outcome = BP_SCREEN_RESERVE };
	struct machine x, truth;
	uint64_t vram, size;
	bool known, live, told, withheld = false, harmed = false;

	seed = number * 0x9e3779b97f4a7c15ull + 1;
	random_machine(&x, &vram, &size, &known);
	k = kernel((enum bp_hyperv_profile)rnd(4));
	k.order = (enum bp_hyperv_order)rnd(3);
	k.reads_screen = rnd(10) != 0;
	k.no_efi = !rnd(6);
	told = rnd(4);
	live = known;
	ours = decide(&x, told ? &k : NULL);
	known |= bp_hyperv_vram(&x.m).base == vram && bp_hyperv_vram(&x.m).size == size;
	seen->gen1 += x.m.screen_facts.n_displays != 0;
	seen->no_efi += k.no_efi;
	/*
	 * What nobody can know may be wrong: then the value is one that a source says, or the low
	 * end of the window, and goes to no kernel that is known to do without.
	 */
	if (!known && ours.outcome != BP_SCREEN_NONE) {
		const struct bp_screen_facts *f = &x.m.screen_facts;

		seen->stale++;
		ck_assert_msg(ours.base == (f->n ? f->v[0].base : x.m.hyperv.low.start) ||
			      (f->n_displays && ours.base == f->displays[0].bars[0].start),
			      "machine %llu: 0x%llx is nobody's", (unsigned long long)number,
			      (unsigned long long)ours.base);
		ck_assert_msg(!told || k.profile != BP_HYPERV_NEW,
			      "machine %llu: a kernel with the fallback is told what is not sure",
			      (unsigned long long)number);
	}

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
				ck_assert_msg(!known || !s->prediction.collides ||
					      o->prediction.collides,
					      "machine %llu: told 0x%llx is worse than nothing",
					      (unsigned long long)number,
					      (unsigned long long)ours.base);
				harmed |= s->prediction.collides && !o->prediction.collides;
				seen->cured += !s->prediction.collides && o->prediction.collides;
			}
			/* Who needs the value gets it where it is known. */
			if (o->passing == BP_HYPERV_PASS_BY_HAND && known && told) {
				/* But what was so at boot is never sure enough for the fallback. */
				bool unsure = !live && k.profile >= BP_HYPERV_NEW &&
					      ours.outcome == BP_SCREEN_NONE;

				ck_assert_msg(unsure || !s->prediction.collides ||
					      o->prediction.collides,
					      "machine %llu: the right value cures, ours (%s) does not",
					      (unsigned long long)number,
					      bp_screen_outcome_name(ours.outcome));
				withheld |= s->prediction.collides && !o->prediction.collides;
				seen->needed += !o->prediction.collides &&
						ours.outcome != BP_SCREEN_NONE;
			}
		}
	}
	seen->harmed += harmed;
	seen->withheld += withheld;
	bp_hyperv_report_done(&report);
}

START_TEST(random_machines_are_never_worse_off)
{
	struct seen seen = { 0 };

	for (uint64_t i = 1; i <= N_RANDOM; i++)
		check_random(i, &seen);
	/* It sees collisions, values that are needed, and each kind of machine. */
	ck_assert_uint_gt(seen.cured, N_RANDOM / 10);
	ck_assert_uint_gt(seen.needed, N_RANDOM / 3);
	ck_assert_uint_gt(seen.gen1, N_RANDOM / 5);
	ck_assert_uint_gt(seen.no_efi, N_RANDOM / 8);
	/* And what no choice gets right, since no source knows it, does not become more. */
	ck_assert_uint_lt(seen.stale, N_RANDOM / 8);
	ck_assert_uint_lt(seen.harmed, N_RANDOM / 200);
	ck_assert_uint_lt(seen.withheld, N_RANDOM / 10000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hyperv-choice");
	TCase *tc = tcase_create("hyperv-choice");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, rule_1_zero_is_safe_for_a_fixed_kernel);
	tcase_add_test(tc, rule_2_a_wrong_value_breaks_a_fixed_kernel);
	tcase_add_test(tc, rule_2_a_fixed_kernel_is_told_only_what_is_sure);
	tcase_add_test(tc, rule_3_reserve_protects_as_console_does);
	tcase_add_test(tc, rule_3_reserve_without_a_mode);
	tcase_add_test(tc, rule_4_a_stale_base_is_never_a_console);
	tcase_add_test(tc, rule_5_the_line_of_the_video_device_counts_most);
	tcase_add_test(tc, rule_6_the_size_is_all_of_it_and_in_bytes);
	tcase_add_test(tc, rule_7_none_above_4_gib);
	tcase_add_test(tc, rule_8_arm64_is_told_by_a_table_of_efi);
	tcase_add_test(tc, rule_8_arm64_by_the_variable_in_the_image);
	tcase_add_test(tc, rule_9_arm64_without_efi_in_its_device_tree);
	tcase_add_test(tc, rule_9_without_efi_nothing_is_reserved);
	tcase_add_test(tc, rule_10_none_for_confidential_guests);
	tcase_add_test(tc, rule_a_root_partition_is_bare_metal);
	tcase_add_test(tc, rule_the_low_end_where_nobody_knows_and_an_old_kernel_needs_it);
	tcase_add_test(tc, generation_1_before_6_is_told_the_bar);
	tcase_add_test(tc, generation_1_moved_out_of_the_bar);
	tcase_add_test(tc, generation_1_and_a_kernel_not_known_inside);
	tcase_add_test(tc, without_efi_the_backport_to_5_10_has_to_be_told);
	tcase_add_test(tc, order_is_no_cure_without_modules_to_order);
	tcase_add_test(tc, rule_the_kernels_log_before_the_low_end);
	tcase_add_test(tc, rule_without_a_vpci_device_nothing_collides);
	tcase_add_test(tc, no_line_of_generation_1_is_left_out);
	tcase_add_test(tc, random_machines_are_never_worse_off);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
