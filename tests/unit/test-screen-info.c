/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct screen_info: units, 64-bit bases, what is kept, what does not fit. */
#include <errno.h>
#include <linux/screen_info.h>
#include <stddef.h>
#include <string.h>

#include "core/internal.h"
#include "encode/encode.h"
#include "wire/screen-info.h"
#include "test.h"

/* OVMF under QEMU at 1280x800, as the EFI stub left it (offsets as in screen_info.h). */
static const uint8_t ovmf[64] = {
	[0x07] = 0x50, [0x0e] = 0x19, [0x0f] = 0x70, [0x10] = 0x10,
	[0x12] = 0x00, [0x13] = 0x05, [0x14] = 0x20, [0x15] = 0x03, [0x16] = 0x20,
	[0x18] = 0x00, [0x19] = 0x00, [0x1a] = 0x00, [0x1b] = 0xc0,
	[0x1c] = 0x00, [0x1d] = 0x80, [0x1e] = 0x3e, [0x1f] = 0x00,
	[0x24] = 0x00, [0x25] = 0x14,
	[0x26] = 8, 16, 8, 8, 8, 0, 8, 24,
	[0x32] = 1, [0x36] = 1,
};
/* SeaBIOS, text mode: type 1 is what arch/x86/boot/video-vga.c writes. */
static const uint8_t vga_text[64] = {
	[0x00] = 0, 5, [0x02] = 0xff, 0xff, [0x06] = 3, 80, [0x0a] = 0x10, 0x0c,
	[0x0e] = 25, 1, 16,
};
/* vga=791: VESA 1024x768x16, 16 MiB = 0x100 units, PM interface at c000:9c42 */
static const uint8_t vesa[64] = {
	[0x0e] = 25, 0x23, 16, [0x12] = 0x00, 0x04, 0x00, 0x03, 0x10, 0x00,
	[0x1b] = 0xfd, [0x1c] = 0x00, 0x01, [0x24] = 0x00, 0x08,
	[0x26] = 5, 11, 6, 5, 5, 0, 0, 0, [0x2e] = 0x00, 0xc0, 0x42, 0x9c,
	[0x32] = 8, [0x34] = 0xbb, 0, [0x36] = 2,
};

static const struct bp_screen console = {
	.outcome = BP_SCREEN_CONSOLE,
	.base = 0xc0000000, .size_bytes = 0x3e8000,
	.width_px = 1280, .height_px = 800, .stride_bytes = 5120, .depth_bits = 32,
	.format = { 8, 16, 8, 8, 8, 0, 8, 24 },
	.video_type = BP_VIDEO_TYPE_EFI, .capabilities = 1,
};

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

START_TEST(layout_is_the_kernels)
{
#define SAME(f) ck_assert_uint_eq(offsetof(struct bp_wire_screen_info, f), \
				  offsetof(struct screen_info, f))
	SAME(orig_video_isVGA);
	SAME(lfb_width);
	SAME(lfb_base);
	SAME(lfb_size);
	SAME(lfb_linelength);
	SAME(rsvd_pos);
	SAME(pages);
	SAME(vesa_attributes);
	SAME(capabilities);
	SAME(ext_lfb_base);
	ck_assert_uint_eq(sizeof(struct bp_wire_screen_info), sizeof(struct screen_info));
	ck_assert_uint_eq(BP_VIDEO_TYPE_EFI, VIDEO_TYPE_EFI);
	ck_assert_uint_eq(BP_VIDEO_TYPE_VLFB, VIDEO_TYPE_VLFB);
	ck_assert_uint_eq(BP_VIDEO_TYPE_VGA_TEXT, VIDEO_TYPE_VGAC);
	ck_assert_uint_eq(BP_WIRE_SCREEN_64BIT_BASE, VIDEO_CAPABILITY_64BIT_BASE);
}
END_TEST

/* What a firmware wrote comes back byte for byte. */
START_TEST(decode_then_encode_is_the_same)
{
	static const struct {
		const uint8_t *bytes;
		enum bp_screen_outcome outcome;
		uint64_t size;
	} rows[] = {
		{ ovmf, BP_SCREEN_CONSOLE, 0x3e8000 },
		{ vesa, BP_SCREEN_CONSOLE, 16 << 20 },
		{ vga_text, BP_SCREEN_NONE, 0 },
	};
	struct bp_span span = bp_span_make(rows[_i].bytes, 64);
	uint8_t out[BP_SCREEN_INFO_SIZE];
	struct bp_screen s;

	ck_assert_int_eq(bp_screen_info_decode(ctx, span, &s), 0);
	ck_assert_int_eq(s.outcome, rows[_i].outcome);
	ck_assert_uint_eq(s.size_bytes, rows[_i].size);
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, &span, out), 0);
	ck_assert_mem_eq(out, rows[_i].bytes, 64);
}
END_TEST

START_TEST(efi_size_is_in_bytes)
{
	uint8_t out[BP_SCREEN_INFO_SIZE];
	struct bp_span base = bp_span_make(ovmf, 64);

	ck_assert_int_eq(bp_screen_info_encode(ctx, &console, &base, out), 0);
	ck_assert_mem_eq(out, ovmf, 64);
	ck_assert_uint_eq(bp_le32(out + 0x1c), 0x3e8000);
}
END_TEST

START_TEST(vesa_size_is_in_64k_units)
{
	struct bp_screen s = console;
	uint8_t out[BP_SCREEN_INFO_SIZE];

	s.video_type = BP_VIDEO_TYPE_VLFB;
	s.size_bytes = 16 << 20;
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, out), 0);
	ck_assert_uint_eq(bp_le32(out + 0x1c), 0x100);

	s.size_bytes = 0x3e8000; /* not a multiple: neither rounding is true */
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, out), -ERANGE);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "64 KiB"));
}
END_TEST

START_TEST(base_above_4g_sets_the_capability)
{
	struct bp_screen s = console, back;
	uint8_t out[BP_SCREEN_INFO_SIZE];

	s.base = 0x38000000000ull;
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, out), 0);
	ck_assert_uint_eq(bp_le32(out + 0x18), 0);
	ck_assert_uint_eq(bp_le32(out + 0x3a), 0x380);
	ck_assert_uint_eq(bp_le32(out + 0x36), 3);
	ck_assert_int_eq(bp_screen_info_decode(ctx, bp_span_make(out, 64), &back), 0);
	ck_assert_uint_eq(back.base, s.base);
	ck_assert_uint_eq(back.capabilities, 1);

	/* The upper half counts only where the capability says so. */
	bp_put_le32(out + 0x18, 0xd0000000);
	bp_put_le32(out + 0x36, 1);
	ck_assert_int_eq(bp_screen_info_decode(ctx, bp_span_make(out, 64), &back), 0);
	ck_assert_uint_eq(back.base, 0xd0000000);

	/* And the bit is not inherited by a base that needs none. */
	s.base = 0xc0000000;
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, &(struct bp_span){ out, 64 }, out), 0);
	ck_assert_uint_eq(bp_le32(out + 0x36), 1);
	ck_assert_uint_eq(bp_le32(out + 0x3a), 0);
}
END_TEST

START_TEST(reserve_keeps_base_and_size_only)
{
	struct bp_screen s = console, back;
	uint8_t out[BP_SCREEN_INFO_SIZE], want[BP_SCREEN_INFO_SIZE] = { 0 };
	struct bp_span base = bp_span_make(vesa, 64);

	s.outcome = BP_SCREEN_RESERVE;
	s.video_type = BP_VIDEO_TYPE_VLFB; /* the unit is bytes all the same: see vmbus_reserve_fb */
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, &base, out), 0);
	memcpy(want, vesa, 0x12);
	want[0x0f] = 0;
	bp_put_le32(want + 0x18, 0xc0000000);
	bp_put_le32(want + 0x1c, 0x3e8000);
	bp_put_le32(want + 0x36, 1);
	ck_assert_mem_eq(out, want, 64);
	ck_assert_int_eq(bp_screen_info_decode(ctx, bp_span_make(out, 64), &back), 0);
	ck_assert_int_eq(back.outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(back.size_bytes, 0x3e8000);
}
END_TEST

START_TEST(none_clears_a_framebuffer_and_keeps_text_mode)
{
	struct bp_screen s = { .outcome = BP_SCREEN_NONE };
	uint8_t out[BP_SCREEN_INFO_SIZE], want[BP_SCREEN_INFO_SIZE] = { 0 };

	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, &(struct bp_span){ ovmf, 64 }, out), 0);
	memcpy(want, ovmf, 0x12);
	want[0x0f] = 0;
	ck_assert_mem_eq(out, want, 64);

	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, &(struct bp_span){ vga_text, 64 }, out), 0);
	ck_assert_mem_eq(out, vga_text, 64);

	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, out), 0);
	memset(want, 0, sizeof(want));
	ck_assert_mem_eq(out, want, 64);
}
END_TEST

/* The VBE's protected-mode interface belongs to the VESA mode, not to what replaces it. */
START_TEST(vesa_extras_do_not_leak_into_efi)
{
	uint8_t out[BP_SCREEN_INFO_SIZE];

	ck_assert_int_eq(bp_screen_info_encode(ctx, &console, &(struct bp_span){ vesa, 64 }, out), 0);
	ck_assert_uint_eq(bp_le16(out + 0x2e), 0);
	ck_assert_uint_eq(bp_le16(out + 0x30), 0);
	ck_assert_uint_eq(bp_le16(out + 0x32), 1);
	ck_assert_uint_eq(bp_le16(out + 0x34), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	static const struct {
		const char *name, *message;
		struct bp_screen s;
		int r;
	} rows[] = {
		{ "wide", "width 65536", { .width_px = 0x10000 }, -ERANGE },
		{ "high", "height 65536", { .height_px = 0x10000 }, -ERANGE },
		{ "deep", "depth 65536", { .depth_bits = 0x10000 }, -ERANGE },
		{ "stride", "line length 65536", { .stride_bytes = 0x10000 }, -ERANGE },
		{ "size", "lfb_size", { .size_bytes = 1ull << 32 }, -ERANGE },
		{ "reserve-size", "lfb_size",
		  { .outcome = BP_SCREEN_RESERVE, .size_bytes = 1ull << 32 }, -ERANGE },
		{ "type", "video type 0x22", { .video_type = BP_VIDEO_TYPE_VGA_TEXT }, -EINVAL },
		{ "outcome", "outcome 7", { .outcome = 7 }, -EINVAL },
	};
	uint8_t out[BP_SCREEN_INFO_SIZE];
	struct bp_screen s = rows[_i].s;

	if (!s.outcome)
		s.outcome = BP_SCREEN_CONSOLE;
	if (!s.video_type)
		s.video_type = BP_VIDEO_TYPE_EFI;
	memset(out, 0xee, sizeof(out));
	ck_assert_msg(bp_screen_info_encode(ctx, &s, NULL, out) == rows[_i].r, "%s", rows[_i].name);
	ck_assert_msg(strstr(bp_ctx_message(ctx), rows[_i].message), "%s: %s", rows[_i].name,
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(out[0], 0xee); /* written only on success */
}
END_TEST

START_TEST(short_bytes_are_refused)
{
	struct bp_screen s;
	uint8_t out[BP_SCREEN_INFO_SIZE];

	ck_assert_int_eq(bp_screen_info_decode(ctx, bp_span_make(ovmf, 63), &s), -EBADMSG);
	ck_assert_int_eq(bp_screen_info_encode(ctx, &console, &(struct bp_span){ ovmf, 63 }, out),
			 -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("screen-info");
	TCase *t = tcase_create("screen-info");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, layout_is_the_kernels);
	tcase_add_loop_test(t, decode_then_encode_is_the_same, 0, 3);
	tcase_add_test(t, efi_size_is_in_bytes);
	tcase_add_test(t, vesa_size_is_in_64k_units);
	tcase_add_test(t, base_above_4g_sets_the_capability);
	tcase_add_test(t, reserve_keeps_base_and_size_only);
	tcase_add_test(t, none_clears_a_framebuffer_and_keeps_text_mode);
	tcase_add_test(t, vesa_extras_do_not_leak_into_efi);
	tcase_add_loop_test(t, what_does_not_fit_is_refused, 0, 8);
	tcase_add_test(t, short_bytes_are_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
