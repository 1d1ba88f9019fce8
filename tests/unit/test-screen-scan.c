/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for a struct screen_info in an arm64 kernel's data: what is one, and what is not. */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/screen-internal.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/screen-info.h"

#define TEXT_VIRT 0xffff800008000000ull
#define TEXT_PHYS 0x41000000ull
#define TEXT_OFF 0x1000u
#define TEXT_SIZE 0x40000u
#define DATA_OFF 0x20000u	/* of the data in the image */

static const char vmcoreinfo[] = "SYMBOL(_stext)=ffff800008010000\n"
				 "BUILD-ID=3f0a5c7d9e1b2a4c6d8e0f1a2b3c4d5e6f708192\n";

/* AAVMF with ramfb, as Debian's 6.1 has it. */
static struct bp_wire_screen_info good(void)
{
	struct bp_wire_screen_info si = { .orig_video_isVGA = 0x70, .red_size = 8, .red_pos = 16,
					  .green_size = 8, .green_pos = 8, .blue_size = 8,
					  .rsvd_size = 8, .rsvd_pos = 24 };

	bp_put_le16(si.lfb_width, 800);
	bp_put_le16(si.lfb_height, 600);
	bp_put_le16(si.lfb_depth, 32);
	bp_put_le32(si.lfb_base, 0xbc430000);
	bp_put_le32(si.lfb_size, 800 * 600 * 4);
	bp_put_le16(si.lfb_linelength, 3200);
	bp_put_le16(si.pages, 1);
	return si;
}

static void above_4_gib(struct bp_wire_screen_info *si)
{
	bp_put_le32(si->capabilities, 2);
	bp_put_le32(si->lfb_base, 0);
	bp_put_le32(si->ext_lfb_base, 0x40);
}
static void padded(struct bp_wire_screen_info *si)
{
	bp_put_le16(si->lfb_linelength, 4096);
	bp_put_le32(si->lfb_size, 4096 * 600);
}
static void more_memory(struct bp_wire_screen_info *si) { bp_put_le32(si->lfb_size, 16 << 20); }
static void rgb565(struct bp_wire_screen_info *si)
{
	bp_put_le16(si->lfb_depth, 16);
	si->red_size = si->blue_size = 5;
	si->green_size = 6;
	si->red_pos = 11;
	si->green_pos = 5;
	si->rsvd_size = si->rsvd_pos = 0;
}
static void none(struct bp_wire_screen_info *si) { }

static const struct {
	const char *name;
	void (*change)(struct bp_wire_screen_info *si);
} right[] = {
	{ "as it is", none }, { "above 4 GiB", above_4_gib }, { "padded", padded },
	{ "more memory", more_memory }, { "565", rgb565 },
};

static void vesa(struct bp_wire_screen_info *si) { si->orig_video_isVGA = 0x23; }
static void text_mode(struct bp_wire_screen_info *si) { si->orig_video_cols = 80; }
static void font(struct bp_wire_screen_info *si) { bp_put_le16(si->orig_video_points, 16); }
static void no_base(struct bp_wire_screen_info *si) { bp_put_le32(si->lfb_base, 0); }
static void odd_base(struct bp_wire_screen_info *si) { bp_put_le32(si->lfb_base, 0xbc430010); }
static void upper_half(struct bp_wire_screen_info *si) { bp_put_le32(si->ext_lfb_base, 1); }
static void narrow(struct bp_wire_screen_info *si) { bp_put_le16(si->lfb_width, 319); }
static void low(struct bp_wire_screen_info *si) { bp_put_le16(si->lfb_height, 199); }
static void wide(struct bp_wire_screen_info *si) { bp_put_le16(si->lfb_width, 801); }
static void small(struct bp_wire_screen_info *si) { bp_put_le32(si->lfb_size, 800 * 600 * 4 - 1); }
static void huge(struct bp_wire_screen_info *si) { bp_put_le32(si->lfb_size, (256u << 20) + 1); }
static void deep(struct bp_wire_screen_info *si) { bp_put_le16(si->lfb_depth, 64); }
static void flat(struct bp_wire_screen_info *si) { bp_put_le16(si->lfb_depth, 8); }
static void no_page(struct bp_wire_screen_info *si) { bp_put_le16(si->pages, 0); }
static void capable(struct bp_wire_screen_info *si) { bp_put_le32(si->capabilities, 4); }
static void overlap(struct bp_wire_screen_info *si) { si->red_pos = 9; }
static void outside(struct bp_wire_screen_info *si) { si->rsvd_pos = 25; }
static void far_outside(struct bp_wire_screen_info *si) { si->rsvd_pos = 255; }
static void colourless(struct bp_wire_screen_info *si) { si->blue_size = 0; }
static void reserved(struct bp_wire_screen_info *si) { si->reserved[1] = 1; }
static void protected_mode(struct bp_wire_screen_info *si) { bp_put_le16(si->vesapm_seg, 1); }

static const struct {
	const char *name;
	void (*change)(struct bp_wire_screen_info *si);
} wrong[] = {
	{ "vesa", vesa }, { "text mode", text_mode }, { "font", font }, { "no base", no_base },
	{ "odd base", odd_base }, { "upper half", upper_half }, { "narrow", narrow }, { "low", low },
	{ "wide", wide }, { "small", small }, { "huge", huge }, { "deep", deep }, { "flat", flat },
	{ "no page", no_page }, { "capable", capable }, { "overlap", overlap },
	{ "outside", outside }, { "far outside", far_outside }, { "colourless", colourless },
	{ "reserved", reserved }, { "protected mode", protected_mode },
};

START_TEST(plausible)
{
	struct bp_wire_screen_info si = good();

	right[_i].change(&si);
	ck_assert_msg(bp_screen_info_is_plausible(&si), "%s", right[_i].name);
}
END_TEST

START_TEST(not_plausible)
{
	struct bp_wire_screen_info si = good();

	wrong[_i].change(&si);
	ck_assert_msg(!bp_screen_info_is_plausible(&si), "%s", wrong[_i].name);
}
END_TEST

static uint8_t kernel[TEXT_SIZE];

/* The kernel's memory as a core file, in front of @more of the recorded machine. */
static struct bp_ctx *machine(const char *more)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[2];
		Elf64_Nhdr info;
		char info_name[12];
		char info_desc[(sizeof(vmcoreinfo) - 1 + 3) / 4 * 4];
	} head = {
		.ehdr = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE, .e_machine = EM_AARCH64, .e_version = EV_CURRENT,
			  .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 },
		.phdr = { { .p_type = PT_NOTE, .p_offset = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr),
			    .p_filesz = sizeof(head) - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr) },
			  { .p_type = PT_LOAD, .p_offset = TEXT_OFF, .p_vaddr = TEXT_VIRT,
			    .p_paddr = TEXT_PHYS, .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE } },
		.info = { 11, sizeof(vmcoreinfo) - 1, 0 }, .info_name = "VMCOREINFO",
	};
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_ctx *ctx;

	memcpy(head.info_desc, vmcoreinfo, sizeof(vmcoreinfo) - 1);
	ck_assert_int_eq(bp_buf_printf(&text, "text facts/arch arm64\ntext facts/release 6.1.0\n%s"
				       "hex proc/kcore\n @0", more), 0);
	for (size_t i = 0; i < sizeof(head); i++)
		ck_assert_int_eq(bp_buf_printf(&text, " %02x", ((const uint8_t *)&head)[i]), 0);
	for (size_t i = 0; i < sizeof(kernel); i++)
		if (kernel[i])
			ck_assert_int_eq(bp_buf_printf(&text, "\n @%zx %02x", TEXT_OFF + i, kernel[i]), 0);
	ck_assert_int_eq(bp_buf_printf(&text, "\n @%x 00\n", TEXT_OFF + TEXT_SIZE - 1), 0);
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_buf_span(&text), &ctx), 0);
	return ctx;
}

static void put(size_t at)
{
	struct bp_wire_screen_info si = good();

	memcpy(kernel + at, &si, sizeof(si));
}

static void scan(uint64_t start, uint64_t end, const char *want)
{
	struct bp_ctx *ctx = machine("");
	struct bp_screen_scan s = { .start = TEXT_VIRT + start, .end = TEXT_VIRT + end };
	bp_autobuf struct bp_buf found = { 0 };

	ck_assert_msg(!bp_kcore_open(ctx, &s.kcore), "%s", bp_ctx_message(ctx));
	ck_assert_int_eq(bp_screen_scan_ask(ctx, &s, &found), 0);
	ck_assert_str_eq(bp_buf_str(&found), want);
	bp_kcore_close(s.kcore);
	bp_ctx_unref(ctx);
}

START_TEST(every_place_is_looked_at)
{
	scan(0, TEXT_SIZE, "none\n");
	put(1);
	scan(0, TEXT_SIZE, "ffff800008000001\n");
	scan(2, TEXT_SIZE, "none\n");
	scan(0, 64, "none\n");
	scan(0, 65, "ffff800008000001\n");
	/* across two reads, and at the very end */
	put(0x10000 - 20);
	put(TEXT_SIZE - 64);
	scan(0, TEXT_SIZE, "ffff800008000001\nffff80000800ffec\nffff80000803ffc0\n");
	scan(0, TEXT_SIZE - 1, "ffff800008000001\nffff80000800ffec\n");
	/* What kcore does not have is passed over. */
	scan(0, TEXT_SIZE + 0x30000, "ffff800008000001\nffff80000800ffec\n");
}
END_TEST

static const struct bp_screen_fact *collect(const char *more, struct bp_ctx **ret_ctx,
					    struct bp_machine **ret_m)
{
	*ret_ctx = machine(more);
	ck_assert_msg(!bp_machine_collect(*ret_ctx, ret_m), "%s", bp_ctx_message(*ret_ctx));
	for (size_t i = 0; i < (*ret_m)->screen_facts.n; i++)
		if (!strcmp((*ret_m)->screen_facts.v[i].source, "kernel-scan"))
			return &(*ret_m)->screen_facts.v[i];
	return NULL;
}

static const struct {
	const char *recorded, *note;
	bool found;
} answers[] = {
	{ "text facts/kernel-image-scan ffff800008020080\n", "found in the kernel's data", true },
	{ "text facts/kernel-image-scan none\n", "nothing in the kernel's data looks like a", false },
	{ "text facts/kernel-image-scan\n|ffff800008020080\n|ffff800008020100\n", "several places", false },
	{ "text facts/kernel-image-scan ffff800008020080 or so\n", "nothing in the", false },
	{ "text facts/kernel-image-scan ffff80000803fff0\n", "/proc/kcore has no segment", false },
	{ "error facts/kernel-image-scan EPERM\n", "could not be asked", false },
	{ "", "kernel-image-scan was not recorded", false },
};

START_TEST(one_place_is_believed)
{
	const struct bp_screen_fact *f;
	struct bp_machine *m;
	struct bp_ctx *ctx;

	put(DATA_OFF + 0x80);
	f = collect(answers[_i].recorded, &ctx, &m);
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(strstr(f->note, answers[_i].note), "%s", f->note);
	ck_assert_int_eq(f->has_base, answers[_i].found);
	if (answers[_i].found) {
		ck_assert_uint_eq(f->base, 0xbc430000);
		ck_assert_uint_eq(f->width_px, 800);
		ck_assert(m->screen_facts.has_symbol);
		ck_assert_uint_eq(m->screen_facts.symbol_offset, DATA_OFF + 0x80);
		ck_assert_str_eq(m->build_id, "3f0a5c7d9e1b2a4c6d8e0f1a2b3c4d5e6f708192");
	}
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
}
END_TEST

/* A symbol that can be read, whatever it says, is the last word. */
START_TEST(not_where_there_is_a_symbol)
{
	struct bp_machine *m;
	struct bp_ctx *ctx;

	put(DATA_OFF + 0x80);
	ck_assert_ptr_null(collect("text proc/kallsyms ffff800008020000 D screen_info\n", &ctx, &m));
	ck_assert_uint_eq(m->screen_facts.symbol_offset, DATA_OFF);
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("screen-scan");
	TCase *t = tcase_create("screen-scan");

	tcase_add_loop_test(t, plausible, 0, BP_ARRAY_SIZE(right));
	tcase_add_loop_test(t, not_plausible, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_test(t, every_place_is_looked_at);
	tcase_add_loop_test(t, one_place_is_believed, 0, BP_ARRAY_SIZE(answers));
	tcase_add_test(t, not_where_there_is_a_symbol);
	suite_add_tcase(s, t);
	return run_suite(s);
}
