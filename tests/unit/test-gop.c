/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI graphics modes and records of them: vectors worked out by hand from UEFI 2.10, 12.9, and
 * gop-record(7), and what a firmware may not say.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "collect/gop-record.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/gop.h"

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

/*
 * A record of one output, byte by byte: "bgr" above with a base above 4 GiB on a firmware with a
 * console splitter, taken when boot services ended; the first four bytes of an EDID of 128.
 */
static const uint8_t record[152] = {
	'B', 'G', 'O', 'P', 1, 0, 24, 0,
	152, 0, 0, 0, 0xa7, 0xe2, 0x75, 0xac,	/* the CRC by Python's zlib.crc32() */
	1, 0, 2, 0, 0, 0, 0x05, 0,	/* outputs, handles, the splitter's, flags */
	/* 0x18 */
	128, 0, 0, 0, 88, 0, 1, 0,
	4, 0, 0, 0, 30, 0, 0, 0,	/* mode 4 of 30 */
	0, 0, 0, 0,			/* version of the mode information */
	0x00, 0x05, 0, 0,		/* 1280 */
	0x20, 0x03, 0, 0,		/* 800 */
	1, 0, 0, 0,			/* BGR */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x00, 0x05, 0, 0,		/* 1280 pixels a line */
	0, 0, 0, 0,
	/* 0x50 */
	0x00, 0x00, 0x00, 0xc0, 0x01, 0, 0, 0,
	0x00, 0x80, 0x3e, 0x00, 0, 0, 0, 0,
	30, 0, 0, 0, 4, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0,
	/* 0x70: PciRoot(0x0)/Pci(0x1,0x0)/AcpiAdr(0x80010100) */
	0x02, 0x01, 0x0c, 0x00, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0,
	0x01, 0x01, 0x06, 0x00, 0x00, 0x01,
	0x02, 0x03, 0x08, 0x00, 0x00, 0x01, 0x01, 0x80,
	0x7f, 0xff, 0x04, 0x00,
	0x00, 0xff, 0xff, 0xff,
	0, 0, 0, 0, 0, 0,
};

static void fix_crc(uint8_t *bytes, size_t len)
{
	bp_put_le32(bytes + 12, 0);
	bp_put_le32(bytes + 12, (uint32_t)crc32(0, bytes, (uInt)len));
}

START_TEST(record_is_read)
{
	bp_autogoprecord struct bp_gop_record r = { 0 };
	struct bp_gop_mode gop;
	struct bp_screen s;

	ck_assert_msg(!bp_gop_record_read(ctx, bp_span_make(record, sizeof(record)), &r), "%s",
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(r.flags, BP_WIRE_GOP_FINAL | BP_WIRE_GOP_SPLITTER);
	ck_assert_uint_eq(r.handles, 2);
	ck_assert_uint_eq(r.n_outputs, 1);
	ck_assert_ptr_eq(r.mirrored, r.outputs);
	ck_assert_uint_eq(r.outputs->flags, BP_WIRE_GOP_CONSOLE);
	ck_assert_uint_eq(r.outputs->mode_number, 4);
	ck_assert_uint_eq(r.outputs->max_mode, 30);
	ck_assert_uint_eq(r.outputs->path.nodes.len, 26);
	ck_assert_mem_eq(r.outputs->path.nodes.data, record + 0x70, 26);
	ck_assert_uint_eq(r.outputs->edid.len, 4);
	ck_assert_mem_eq(r.outputs->edid.data, record + 0x70 + 30, 4);
	ck_assert_uint_eq(r.outputs->edid_whole_bytes, 128);

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
}
END_TEST

START_TEST(record_masks_are_in_order)
{
	uint8_t r[sizeof(record)];
	struct bp_gop_mode gop;

	memcpy(r, record, sizeof(r));
	r[0x34] = BP_GOP_BIT_MASK;
	bp_put_le32(r + 0x38, 0xff0000);
	bp_put_le32(r + 0x3c, 0xff00);
	bp_put_le32(r + 0x40, 0xff);
	bp_put_le32(r + 0x44, 0xff000000);
	fix_crc(r, sizeof(r));
	ck_assert_int_eq(bp_gop_record_parse(ctx, r, sizeof(r), &gop), 0);
	ck_assert_uint_eq(gop.red_mask, 0xff0000);
	ck_assert_uint_eq(gop.green_mask, 0xff00);
	ck_assert_uint_eq(gop.blue_mask, 0xff);
	ck_assert_uint_eq(gop.reserved_mask, 0xff000000);
}
END_TEST

/* What a later writer of version 1 puts behind the header and before the path is not known. */
START_TEST(a_longer_record_is_read)
{
	bp_autogoprecord struct bp_gop_record r = { 0 };
	uint8_t longer[sizeof(record) + 16];

	memset(longer, 0xee, sizeof(longer));
	memcpy(longer, record, 24);
	memcpy(longer + 32, record + 24, 88);
	memcpy(longer + 32 + 96, record + 24 + 88, 40);
	longer[6] = 32;
	longer[8] = sizeof(longer);
	longer[32] = 136;
	longer[36] = 96;
	fix_crc(longer, sizeof(longer));
	ck_assert_msg(!bp_gop_record_read(ctx, bp_span_make(longer, sizeof(longer)), &r), "%s",
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(r.outputs->mode.framebuffer_size, 0x3e8000);
	ck_assert_uint_eq(r.outputs->path.nodes.len, 26);
	ck_assert_uint_eq(r.outputs->edid.data[1], 0xff);
}
END_TEST

static const struct {
	const char *name;
	size_t len;		/* of the record; 0: all */
	size_t at, n;		/* the bytes that are changed */
	uint32_t to;
	bool bad_crc;
	int r;
	const char *message;
} bad_records[] = {
	{ "empty", 1, 0, 0, 0, true, -EBADMSG, "1 bytes that are no" },
	{ "cut-header", 23, 0, 0, 0, true, -EBADMSG, "23 bytes that are no" },
	{ "magic", 0, 3, 1, 'Q', false, -EBADMSG, "no GOP record" },
	{ "version-0", 0, 4, 1, 0, false, -EOPNOTSUPP, "version 0" },
	{ "version-2", 0, 4, 1, 2, false, -EOPNOTSUPP, "version 2" },
	{ "cut-short", 151, 0, 0, 0, true, -EBADMSG, "of 152 bytes in 151" },
	{ "size-lies-less", 0, 8, 4, 151, false, -EBADMSG, "of 151 bytes in 152" },
	{ "size-lies-more", 0, 8, 4, 153, false, -EBADMSG, "of 153 bytes in 152" },
	{ "size-huge", 0, 8, 4, 0xffffffff, false, -EBADMSG, "of 4294967295 bytes" },
	{ "crc", 0, 12, 1, 0xa8, true, -EBADMSG, "CRC 0xac75e2a7, not 0xac75e2a8" },
	{ "a-flipped-bit", 0, 0x50, 1, 1, true, -EBADMSG, "CRC" },
	{ "header-short", 0, 6, 2, 16, false, -EBADMSG, "from 0x10 on" },
	{ "header-odd", 0, 6, 2, 28, false, -EBADMSG, "from 0x1c on" },
	{ "header-beyond", 0, 6, 2, 160, false, -EBADMSG, "from 0xa0 on" },
	{ "outputs-too-many", 0, 16, 2, 65, false, -EBADMSG, "65 outputs" },
	{ "outputs-lie-more", 0, 16, 2, 2, false, -EBADMSG, "output 1 of a GOP record: 0 bytes of 0" },
	{ "outputs-lie-less", 0, 16, 4, 0xffff0000, false, -EBADMSG, "0 is mirrored" },
	{ "splitter-beyond", 0, 20, 2, 1, false, -EBADMSG, "1 is mirrored" },
	{ "output-size-0", 0, 24, 4, 0, false, -EBADMSG, "output 0 of a GOP record: 0 bytes of 128" },
	{ "output-short", 0, 24, 4, 80, false, -EBADMSG, "80 bytes of 128" },
	{ "output-odd", 0, 24, 4, 124, false, -EBADMSG, "124 bytes of 128" },
	{ "output-beyond", 0, 24, 4, 136, false, -EBADMSG, "136 bytes of 128" },
	{ "output-huge", 0, 24, 4, 0xfffffff8, false, -EBADMSG, "4294967288 bytes of 128" },
	{ "bytes-behind", 0, 24, 4, 120, false, -EBADMSG, "of 120" },
	{ "path-in-the-fields", 0, 28, 2, 80, false, -EBADMSG, "at 0x50 of 128" },
	{ "path-beyond", 0, 28, 2, 120, false, -EBADMSG, "at 0x78 of 128" },
	{ "path-offset-huge", 0, 28, 2, 0xffff, false, -EBADMSG, "at 0xffff of 128" },
	{ "path-size-huge", 0, 0x60, 4, 0xffffffff, false, -EBADMSG, "a path of 4294967295" },
	{ "path-without-end", 0, 0x60, 4, 26, false, -EBADMSG, "no whole node at 0x1a" },
	{ "path-and-more", 0, 0x60, 4, 32, false, -EBADMSG, "of 32 bytes ends at 0x1a" },
	{ "path-node-lies", 0, 0x72, 1, 0xff, false, -EBADMSG, "no whole node at 0x0" },
	{ "edid-beyond", 0, 0x64, 4, 11, false, -EBADMSG, "an EDID of 11 bytes" },
	{ "edid-size-huge", 0, 0x64, 4, 0xffffffff, false, -EBADMSG, "an EDID of 4294967295" },
	{ "edid-more-than-whole", 0, 0x68, 4, 3, false, -EBADMSG, "4 bytes of an EDID that has 3" },
};

START_TEST(bad_record_is_refused)
{
	size_t len = bad_records[_i].len ? bad_records[_i].len : sizeof(record);
	uint8_t *bytes = malloc(len), to[4];
	struct bp_gop_mode gop;
	int r;

	memcpy(bytes, record, len);
	bp_put_le32(to, bad_records[_i].to);
	memcpy(bytes + bad_records[_i].at, to, bad_records[_i].n);
	if (!bad_records[_i].bad_crc)
		fix_crc(bytes, len);
	r = bp_gop_record_parse(ctx, bytes, len, &gop);
	ck_assert_msg(r == bad_records[_i].r, "%s: %d", bad_records[_i].name, r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad_records[_i].message), "%s: %s",
		      bad_records[_i].name, bp_ctx_message(ctx));
	free(bytes);
}
END_TEST

#define PCI(device) "\x01\x01\x06\x00\x00" device
#define END "\x7f\xff\x04"	/* the NUL of the string is its last byte */
#define INSTANCE "\x7f\x01\x04\x00"

/* Three outputs on Pci(1), Pci(2) and Pci(3); those without memory and those with the console. */
static const struct {
	const char *name;
	unsigned int consoles, without_memory, n;
	struct bp_span conout;
	int chosen;
	const char *why;
} choices[] = {
	{ "console", 2, 0, 3, { NULL, 0 }, 1, "the console" },
	/* ConOut is what was wished for; the mark is what is. */
	{ "console-not-conout", 2, 0, 3, { (const void *)PCI("\x03") END, 10 }, 1, "the console" },
	{ "only-one", 0, 0, 1, { NULL, 0 }, 0, "the only output" },
	{ "only-one-with-memory", 0, 5, 3, { NULL, 0 }, 1, "the only output" },
	{ "console-without-memory", 1, 1, 2, { NULL, 0 }, 1, "the only output" },
	{ "first", 0, 0, 3, { NULL, 0 }, 0, "the first of several outputs" },
	{ "first-console", 6, 0, 3, { NULL, 0 }, 1, "the first of several consoles" },
	{ "conout", 0, 0, 3, { (const void *)PCI("\x09") INSTANCE PCI("\x03") INSTANCE PCI("\x01") END,
	  30 }, 2, "the first console in ConOut" },
	{ "conout-of-consoles", 6, 0, 3, { (const void *)PCI("\x01") INSTANCE PCI("\x03") END, 20 }, 2,
	  "the first console in ConOut" },
	{ "conout-without-memory", 0, 4, 3, { (const void *)PCI("\x03") END, 10 }, 0,
	  "the first of several outputs" },
	{ "conout-elsewhere", 0, 0, 3, { (const void *)PCI("\x07") END, 10 }, 0,
	  "the first of several outputs" },
	{ "conout-malformed", 0, 0, 3, { (const void *)PCI("\x03"), 6 }, 0,
	  "the first of several outputs" },
	{ "conout-cut-behind", 0, 0, 3, { (const void *)PCI("\x02") INSTANCE "\x01", 11 }, 1,
	  "the first console in ConOut" },
	{ "none-with-memory", 1, 7, 3, { NULL, 0 }, -1, NULL },
	{ "none", 0, 0, 0, { NULL, 0 }, -1, NULL },
};

START_TEST(the_console_is_chosen)
{
	static const char *const paths[] = { PCI("\x01"), PCI("\x02"), PCI("\x03") };
	struct bp_gop_output outputs[3] = { 0 };
	struct bp_gop_record r = { .outputs = outputs, .n_outputs = choices[_i].n };
	const struct bp_gop_output *out;
	const char *why;

	for (unsigned int i = 0; i < r.n_outputs; i++) {
		outputs[i].mode.framebuffer_base = choices[_i].without_memory >> i & 1 ? 0 : 0x1000;
		outputs[i].flags = choices[_i].consoles >> i & 1 ? BP_WIRE_GOP_CONSOLE : 0;
		outputs[i].path.nodes = bp_span_make(paths[i], 6);
	}
	out = bp_gop_record_console(ctx, &r, choices[_i].conout, &why);
	ck_assert_msg((out ? out - outputs : -1) == choices[_i].chosen, "%s: %d", choices[_i].name,
		      out ? (int)(out - outputs) : -1);
	if (out)
		ck_assert_str_eq(why, choices[_i].why);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
}
END_TEST

START_TEST(a_record_without_memory)
{
	uint8_t r[sizeof(record)];
	struct bp_gop_mode gop;

	memcpy(r, record, sizeof(r));
	r[0x34] = BP_GOP_BLT_ONLY;
	fix_crc(r, sizeof(r));
	ck_assert_int_eq(bp_gop_record_parse(ctx, r, sizeof(r), &gop), -ENODATA);
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
	tcase_add_test(t, a_longer_record_is_read);
	tcase_add_loop_test(t, bad_record_is_refused, 0, BP_ARRAY_SIZE(bad_records));
	tcase_add_loop_test(t, the_console_is_chosen, 0, BP_ARRAY_SIZE(choices));
	tcase_add_test(t, a_record_without_memory);
	suite_add_tcase(s, t);
	return run_suite(s);
}
