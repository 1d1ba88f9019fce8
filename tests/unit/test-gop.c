/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI graphics modes: vectors worked out by hand from UEFI 2.10, 12.9, and what a firmware may
 * not say.
 */
#include <errno.h>
#include <string.h>

#include "core/internal.h"
#include "encode/encode.h"
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

#define GOP(w, h, fmt, ppsl, base, bytes) .size = sizeof(struct bp_gop_mode), .width_px = (w), \
	.height_px = (h), .pixel_format = (fmt), .pixels_per_scan_line = (ppsl), \
	.framebuffer_base = (base), .framebuffer_size = (bytes)
#define MASKS(r, g, b, x) .red_mask = (r), .green_mask = (g), .blue_mask = (b), \
	.reserved_mask = (x)

static const struct {
	const char *name;
	struct bp_gop_mode gop;
	uint32_t depth, stride;
	uint64_t size;
	struct bp_pixel_format format;
} good[] = {
	/* OVMF on QEMU's standard VGA. */
	{ "bgr", { GOP(1280, 800, BP_GOP_BGR8, 1280, 0xc0000000, 0x3e8000) },
	  32, 5120, 0x3e8000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "rgb", { GOP(1024, 768, BP_GOP_RGB8, 1024, 0x40000000, 0x300000) },
	  32, 4096, 0x300000, { 8, 0, 8, 8, 8, 16, 8, 24 } },
	/* The masks count for bit masks only. */
	{ "bgr-ignores-masks", { GOP(1024, 768, BP_GOP_BGR8, 1024, 0x40000000, 0x300000),
	  MASKS(1, 1, 1, 1) }, 32, 4096, 0x300000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	/* 1366 pixels padded to 1376: a line is 5504 bytes, not 5464. */
	{ "padded-lines", { GOP(1366, 768, BP_GOP_BGR8, 1376, 0x90000000, 0x408000) },
	  32, 5504, 0x408000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "more-memory-than-mode", { GOP(1024, 768, BP_GOP_BGR8, 1024, 0xd0000000, 16 << 20) },
	  32, 4096, 0x300000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "base-above-4g", { GOP(3840, 2160, BP_GOP_BGR8, 3840, 0x38000000000ull, 0x1fa4000) },
	  32, 15360, 0x1fa4000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "end-is-2-64", { GOP(1024, 768, BP_GOP_BGR8, 1024, 0xffffffffffd00000ull, 0x300000) },
	  32, 4096, 0x300000, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	/* A mask that says the same as BGR. */
	{ "mask-8888", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x1d4c00),
	  MASKS(0xff0000, 0xff00, 0xff, 0xff000000) },
	  32, 3200, 0x1d4c00, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "mask-565", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0xea600),
	  MASKS(0xf800, 0x07e0, 0x001f, 0) },
	  16, 1600, 0xea600, { 5, 11, 6, 5, 5, 0, 0, 0 } },
	{ "mask-888-in-three-bytes", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x15f900),
	  MASKS(0xff0000, 0xff00, 0xff, 0) },
	  24, 2400, 0x15f900, { 8, 16, 8, 8, 8, 0, 0, 0 } },
	/* 15 colour bits take two bytes: 800 x 2, where 15/8 of a byte would be 1500. */
	{ "mask-555", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0xea600),
	  MASKS(0x7c00, 0x03e0, 0x001f, 0) },
	  16, 1600, 0xea600, { 5, 10, 5, 5, 5, 0, 1, 15 } },
	{ "mask-2101010", { GOP(1920, 1080, BP_GOP_BIT_MASK, 1920, 0xe0000000, 0x7e9000),
	  MASKS(0x3ff00000, 0xffc00, 0x3ff, 0xc0000000) },
	  32, 7680, 0x7e9000, { 10, 20, 10, 10, 10, 0, 2, 30 } },
	{ "mask-reserved-at-bottom", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x1d4c00),
	  MASKS(0xff000000, 0xff0000, 0xff00, 0xff) },
	  32, 3200, 0x1d4c00, { 8, 24, 8, 16, 8, 8, 8, 0 } },
	/* 6 bits a colour, each in its byte: the holes are reserved in three runs. */
	{ "mask-666-spread", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x1d4c00),
	  MASKS(0xfc0000, 0xfc00, 0xfc, 0xff030303) },
	  32, 3200, 0x1d4c00, { 6, 18, 6, 10, 6, 2, 0, 0 } },
};

START_TEST(mode)
{
	struct bp_screen s;
	uint8_t wire[BP_SCREEN_INFO_SIZE];

	ck_assert_msg(!bp_screen_from_gop(ctx, &good[_i].gop, &s), "%s: %s", good[_i].name,
		      bp_ctx_message(ctx));
	ck_assert_int_eq(s.outcome, BP_SCREEN_CONSOLE);
	ck_assert_uint_eq(s.video_type, BP_VIDEO_TYPE_EFI);
	ck_assert_uint_eq(s.base, good[_i].gop.framebuffer_base);
	ck_assert_uint_eq(s.width_px, good[_i].gop.width_px);
	ck_assert_uint_eq(s.height_px, good[_i].gop.height_px);
	ck_assert_msg(s.depth_bits == good[_i].depth, "%s: depth %u", good[_i].name, s.depth_bits);
	ck_assert_msg(s.stride_bytes == good[_i].stride, "%s: stride %u", good[_i].name,
		      s.stride_bytes);
	ck_assert_msg(s.size_bytes == good[_i].size, "%s: size 0x%llx", good[_i].name,
		      (unsigned long long)s.size_bytes);
	ck_assert_msg(!memcmp(&s.format, &good[_i].format, sizeof(s.format)), "%s: format",
		      good[_i].name);
	/* And it has a place on the wire. */
	ck_assert_int_eq(bp_screen_info_encode(ctx, &s, NULL, wire), 0);
	ck_assert_uint_eq(bp_le32(wire + 0x1c), s.size_bytes);
	ck_assert_uint_eq(bp_le32(wire + 0x3a), s.base >> 32);
}
END_TEST

START_TEST(blt_only_has_no_framebuffer)
{
	struct bp_gop_mode gop = { GOP(1280, 800, BP_GOP_BLT_ONLY, 1280, 0, 0) };
	struct bp_screen s;

	ck_assert_int_eq(bp_screen_from_gop(ctx, &gop, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_NONE);
	ck_assert_uint_eq(s.base, 0);
	ck_assert_uint_eq(s.size_bytes, 0);
	ck_assert_uint_eq(s.width_px, 0);
	ck_assert_uint_ne(*s.why, 0);
}
END_TEST

#define BGR(w, h, ppsl, base, bytes) GOP(w, h, BP_GOP_BGR8, ppsl, base, bytes)
#define MASKED(...) GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x1d4c00), MASKS(__VA_ARGS__)

static const struct {
	const char *name;
	struct bp_gop_mode gop;
	int r;
	const char *message;
} bad[] = {
	{ "old-struct", { .size = 8 }, -EINVAL, "8 bytes" },
	{ "unknown-format", { GOP(1280, 800, 4, 1280, 0xc0000000, 0x3e8000) }, -EBADMSG,
	  "pixel format 4" },
	{ "format-garbage", { GOP(1280, 800, 0xffffffff, 1280, 0xc0000000, 0x3e8000) }, -EBADMSG,
	  "pixel format 4294967295" },
	{ "no-width", { BGR(0, 800, 1280, 0xc0000000, 0x3e8000) }, -EBADMSG, "0x800 is no" },
	{ "no-height", { BGR(1280, 0, 1280, 0xc0000000, 0x3e8000) }, -EBADMSG, "1280x0 is no" },
	{ "short-lines", { BGR(1280, 800, 1279, 0xc0000000, 0x3e8000) }, -EBADMSG, "too few" },
	{ "no-lines", { BGR(1280, 800, 0, 0xc0000000, 0x3e8000) }, -EBADMSG, "too few" },
	{ "no-base", { BGR(1280, 800, 1280, 0, 0x3e8000) }, -EBADMSG, "no address" },
	{ "one-byte-short", { BGR(1280, 800, 1280, 0xc0000000, 0x3e7fff) }, -EBADMSG,
	  "needs 0x3e8000" },
	{ "no-size", { BGR(1280, 800, 1280, 0xc0000000, 0) }, -EBADMSG, "has 0x0" },
	{ "beyond-2-64", { BGR(1280, 800, 1280, 0xffffffffffd00000ull, 0x3e8000) }, -EBADMSG,
	  "address space" },
	{ "line-of-4g", { BGR(1, 1, 0x40000000, 0xc0000000, UINT64_MAX) }, -ERANGE, "too long" },
	{ "largest-product", { BGR(0x3fffffff, 0xffffffff, 0x3fffffff, 1, 1) }, -EBADMSG, "needs" },
	{ "red-empty", { MASKED(0, 0xff00, 0xff, 0) }, -EBADMSG, "red mask" },
	{ "green-empty", { MASKED(0xff0000, 0, 0xff, 0) }, -EBADMSG, "green mask" },
	{ "blue-empty", { MASKED(0xff0000, 0xff00, 0, 0) }, -EBADMSG, "blue mask" },
	{ "red-has-a-hole", { MASKED(0xfd0000, 0xff00, 0xff, 0) }, -EBADMSG, "one run" },
	{ "green-over-red", { MASKED(0xff0000, 0x1ff00, 0xff, 0) }, -EBADMSG, "green mask" },
	{ "blue-over-green", { MASKED(0xff0000, 0xff00, 0x1ff, 0) }, -EBADMSG, "blue mask" },
	{ "reserved-over-red", { MASKED(0xff0000, 0xff00, 0xff, 0xff800000) }, -EBADMSG,
	  "reserved mask" },
	{ "three-bytes-taken-for-four", { GOP(800, 600, BP_GOP_BIT_MASK, 800, 0xe0000000, 0x15f900),
	  MASKS(0xff0000, 0xff00, 0xff, 0xff000000) }, -EBADMSG, "needs 0x1d4c00" },
};

START_TEST(what_cannot_be_is_refused)
{
	struct bp_screen s;
	int r;

	memset(&s, 0xee, sizeof(s));
	r = bp_screen_from_gop(ctx, &bad[_i].gop, &s);
	ck_assert_msg(r == bad[_i].r, "%s: %d", bad[_i].name, r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad[_i].message), "%s: %s", bad[_i].name,
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(s.width_px, 0xeeeeeeee);
}
END_TEST

/* The record of "bgr" above, byte by byte. */
static const uint8_t record[64] = {
	'B', 'G', 'O', 'P', 1, 0, 64, 0,
	0, 0, 0, 0,			/* version of the mode information */
	0x00, 0x05, 0, 0,		/* 1280 */
	0x20, 0x03, 0, 0,		/* 800 */
	1, 0, 0, 0,			/* BGR */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x00, 0x05, 0, 0,		/* 1280 pixels a line */
	0, 0, 0, 0,
	0x00, 0x00, 0x00, 0xc0, 0x01, 0, 0, 0,
	0x00, 0x80, 0x3e, 0x00, 0, 0, 0, 0,
};

START_TEST(record_is_read)
{
	uint8_t longer[80] = { 0 };
	struct bp_gop_mode gop;
	struct bp_screen s;

	ck_assert_int_eq(bp_gop_record_parse(ctx, record, sizeof(record), &gop), 0);
	ck_assert_uint_eq(gop.size, sizeof(gop));
	ck_assert_uint_eq(gop.width_px, 1280);
	ck_assert_uint_eq(gop.height_px, 800);
	ck_assert_uint_eq(gop.pixel_format, BP_GOP_BGR8);
	ck_assert_uint_eq(gop.pixels_per_scan_line, 1280);
	ck_assert_uint_eq(gop.framebuffer_base, 0x1c0000000ull);
	ck_assert_uint_eq(gop.framebuffer_size, 0x3e8000);
	ck_assert_int_eq(bp_screen_from_gop(ctx, &gop, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_CONSOLE);

	/* What a later writer appends, and what lies behind the record, is not ours. */
	memcpy(longer, record, sizeof(record));
	longer[6] = 72;
	ck_assert_int_eq(bp_gop_record_parse(ctx, longer, sizeof(longer), &gop), 0);
	ck_assert_uint_eq(gop.framebuffer_size, 0x3e8000);
}
END_TEST

START_TEST(record_masks_are_in_order)
{
	uint8_t r[64];
	struct bp_gop_mode gop;

	memcpy(r, record, sizeof(r));
	r[0x14] = BP_GOP_BIT_MASK;
	bp_put_le32(r + 0x18, 0xff0000);
	bp_put_le32(r + 0x1c, 0xff00);
	bp_put_le32(r + 0x20, 0xff);
	bp_put_le32(r + 0x24, 0xff000000);
	ck_assert_int_eq(bp_gop_record_parse(ctx, r, sizeof(r), &gop), 0);
	ck_assert_uint_eq(gop.red_mask, 0xff0000);
	ck_assert_uint_eq(gop.green_mask, 0xff00);
	ck_assert_uint_eq(gop.blue_mask, 0xff);
	ck_assert_uint_eq(gop.reserved_mask, 0xff000000);
}
END_TEST

static const struct {
	const char *name;
	size_t len, at;		/* of the record; the byte that is changed */
	uint8_t to;
	int r;
	const char *message;
} bad_records[] = {
	{ "empty", 0, 0, 'B', -EBADMSG, "0 bytes that are no" },
	{ "truncated", 63, 0, 'B', -EBADMSG, "63 bytes that are no" },
	{ "magic", 64, 3, 'Q', -EBADMSG, "no recorded graphics mode" },
	{ "version-0", 64, 4, 0, -EOPNOTSUPP, "version 0" },
	{ "version-2", 64, 4, 2, -EOPNOTSUPP, "version 2" },
	{ "size-too-small", 64, 6, 63, -EBADMSG, "of 63 bytes" },
	{ "size-beyond-the-bytes", 64, 6, 65, -EBADMSG, "of 65 bytes in 64" },
	{ "size-huge", 64, 7, 0xff, -EBADMSG, "bytes in 64" },
};

START_TEST(bad_record_is_refused)
{
	uint8_t bytes[64];
	struct bp_gop_mode gop;
	int r;

	memcpy(bytes, record, sizeof(bytes));
	bytes[bad_records[_i].at] = bad_records[_i].to;
	r = bp_gop_record_parse(ctx, bytes, bad_records[_i].len, &gop);
	ck_assert_msg(r == bad_records[_i].r, "%s: %d", bad_records[_i].name, r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad_records[_i].message), "%s: %s",
		      bad_records[_i].name, bp_ctx_message(ctx));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gop");
	TCase *t = tcase_create("gop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, mode, 0, BP_ARRAY_SIZE(good));
	tcase_add_test(t, blt_only_has_no_framebuffer);
	tcase_add_loop_test(t, what_cannot_be_is_refused, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, record_is_read);
	tcase_add_test(t, record_masks_are_in_order);
	tcase_add_loop_test(t, bad_record_is_refused, 0, BP_ARRAY_SIZE(bad_records));
	suite_add_tcase(s, t);
	return run_suite(s);
}
