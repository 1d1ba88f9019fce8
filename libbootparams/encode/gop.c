/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI graphics modes: EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE -> struct bp_screen
 *
 * Sample, OVMF on QEMU's standard VGA: 1280x800, format 1 (BGR), 1280 pixels a scan line,
 * base 0xc0000000, size 0x3e8000 -> 32 bits, red at 16, green at 8, blue at 0, 5120 bytes
 * a line.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "core/internal.h"

/* As the EFI stub says it: the mode comes from the GOP, not from a list of old Macs. */
#define CAPABILITY_SKIP_QUIRKS 1u	/* VIDEO_CAPABILITY_SKIP_QUIRKS, screen_info.h */

/* One run of bits -> size and position; false for none, or a run with holes. */
static bool is_run(uint32_t mask, uint8_t *ret_size, uint8_t *ret_pos)
{
	unsigned int pos, size = 0;

	if (!mask)
		return false;
	pos = (unsigned int)__builtin_ctz(mask);
	while (pos + size < 32 && mask >> (pos + size) & 1)
		size++;
	*ret_size = (uint8_t)size;
	*ret_pos = (uint8_t)pos;
	return (uint64_t)mask == ((1ull << size) - 1) << pos;
}

static int from_masks(struct bp_ctx *ctx, const struct bp_gop_mode *gop,
		      struct bp_screen *s)
{
	struct {
		const char *name;
		uint32_t mask;
		uint8_t *size, *pos;
	} colours[] = {
		{ "red", gop->red_mask, &s->format.red_size, &s->format.red_pos },
		{ "green", gop->green_mask, &s->format.green_size, &s->format.green_pos },
		{ "blue", gop->blue_mask, &s->format.blue_size, &s->format.blue_pos },
	};
	uint32_t all = 0;
	unsigned int top;

	for (size_t i = 0; i < BP_ARRAY_SIZE(colours); i++) {
		if (!is_run(colours[i].mask, colours[i].size, colours[i].pos))
			return bp_fail(ctx, -EBADMSG, "the %s mask 0x%08" PRIx32
				       " is not one run of bits", colours[i].name, colours[i].mask);
		if (all & colours[i].mask)
			return bp_fail(ctx, -EBADMSG, "the %s mask 0x%08" PRIx32
				       " overlaps another colour's", colours[i].name,
				       colours[i].mask);
		all |= colours[i].mask;
	}
	if (all & gop->reserved_mask)
		return bp_fail(ctx, -EBADMSG, "the reserved mask 0x%08" PRIx32
			       " overlaps a colour's", gop->reserved_mask);
	/* A pixel reaches up to the highest bit of any mask, in whole bytes. */
	top = 32 - (unsigned int)__builtin_clz(all | gop->reserved_mask);
	s->depth_bits = (top + 7) / 8 * 8;
	/* Reserved bits in several runs cannot be expressed, and matter to nobody. */
	if (gop->reserved_mask) {
		if (!is_run(gop->reserved_mask, &s->format.reserved_size,
			    &s->format.reserved_pos))
			s->format.reserved_size = s->format.reserved_pos = 0;
	} else if (top < s->depth_bits) {
		s->format.reserved_size = (uint8_t)(s->depth_bits - top);
		s->format.reserved_pos = (uint8_t)top;
	}
	return 0;
}

static int pixels(struct bp_ctx *ctx, const struct bp_gop_mode *gop, struct bp_screen *s)
{
	switch (gop->pixel_format) {
	case BP_GOP_RGB8:
		s->format = (struct bp_pixel_format){ 8, 0, 8, 8, 8, 16, 8, 24 };
		s->depth_bits = 32;
		return 0;
	case BP_GOP_BGR8:
		s->format = (struct bp_pixel_format){ 8, 16, 8, 8, 8, 0, 8, 24 };
		s->depth_bits = 32;
		return 0;
	case BP_GOP_BIT_MASK:
		return from_masks(ctx, gop, s);
	default:
		return bp_fail(ctx, -EBADMSG, "there is no pixel format %" PRIu32,
			       gop->pixel_format);
	}
}

int bp_screen_from_gop(struct bp_ctx *ctx, const struct bp_gop_mode *gop,
		       struct bp_screen *ret_screen)
{
	struct bp_screen s = {
		.outcome = BP_SCREEN_CONSOLE,
		.video_type = BP_VIDEO_TYPE_EFI,
		.capabilities = CAPABILITY_SKIP_QUIRKS,
		.source = "gop",
		.why = "the firmware's graphics mode",
	};
	uint64_t stride, end;
	int r;

	bp_forgive(ctx);
	if (gop->size < sizeof(*gop))
		return bp_fail(ctx, -EINVAL, "struct bp_gop_mode has %zu bytes, not %zu",
			       gop->size, sizeof(*gop));
	if (gop->pixel_format == BP_GOP_BLT_ONLY) {
		*ret_screen = (struct bp_screen){
			.outcome = BP_SCREEN_NONE,
			.source = "gop",
			.why = "the firmware's graphics mode can only be drawn to by "
			       "calls",
		};
		return 0;
	}
	r = pixels(ctx, gop, &s);
	if (r)
		return r;
	if (!gop->width_px || !gop->height_px)
		return bp_fail(ctx, -EBADMSG, "%" PRIu32 "x%" PRIu32 " is no resolution",
			       gop->width_px, gop->height_px);
	if (gop->pixels_per_scan_line < gop->width_px)
		return bp_fail(ctx, -EBADMSG, "%" PRIu32 " pixels a scan line are too few for a "
			       "width of %" PRIu32, gop->pixels_per_scan_line, gop->width_px);
	stride = (uint64_t)gop->pixels_per_scan_line * (s.depth_bits / 8);
	if (stride > UINT32_MAX)
		return bp_fail(ctx, -ERANGE,
			       "a scan line of 0x%" PRIx64 " bytes is too long", stride);
	s.base = gop->framebuffer_base;
	s.width_px = gop->width_px;
	s.height_px = gop->height_px;
	s.stride_bytes = (uint32_t)stride;
	s.size_bytes = stride * gop->height_px; /* 32 by 32 bits: cannot wrap */
	if (!s.base)
		return bp_fail(ctx, -EBADMSG, "the framebuffer has no address");
	if (s.size_bytes > gop->framebuffer_size)
		return bp_fail(ctx, -EBADMSG, "the mode needs 0x%" PRIx64 " bytes, and the "
			       "framebuffer has 0x%" PRIx64, s.size_bytes, gop->framebuffer_size);
	if (__builtin_add_overflow(s.base, gop->framebuffer_size - 1, &end))
		return bp_fail(ctx, -EBADMSG,
			       "the framebuffer reaches beyond the address space");
	*ret_screen = s;
	return 0;
}
