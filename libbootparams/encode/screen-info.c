/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct screen_info, 64 bytes (wire/screen-info.h) <-> struct bp_screen
 *
 * Sample, OVMF at 1280x800 (from offset 0x0f): 70 | 00 00 | 00 05 | 20 03 | 20 00 |
 * 00 00 00 c0 | 00 80 3e 00 | ...: type EFI, 1280, 800, 32 bits, base 0xc0000000,
 * 0x3e8000 bytes.
 *
 * The type decides the unit of lfb_size: 64 KiB for VESA (0x23), bytes for all others
 * (Linux: __screen_info_lfb_size() in include/linux/screen_info.h). Type 0 with a base is
 * our "reserve": drivers/hv/vmbus_drv.c:vmbus_reserve_fb() reads lfb_base and lfb_size,
 * in bytes, whatever the type, and every framebuffer driver asks for its type first.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "core/internal.h"
#include "encode/encode.h"
#include "wire/screen-info.h"

static bool is_framebuffer_type(uint8_t type)
{
	return type == BP_VIDEO_TYPE_EFI || type == BP_VIDEO_TYPE_VLFB;
}

/* Everything that describes a linear framebuffer, and a type that promises one. */
static void clear_framebuffer(struct bp_wire_screen_info *si)
{
	const size_t first = offsetof(struct bp_wire_screen_info, lfb_width);

	memset((uint8_t *)si + first, 0, sizeof(*si) - first);
	if (is_framebuffer_type(si->orig_video_isVGA))
		si->orig_video_isVGA = BP_VIDEO_TYPE_NONE;
}

static int put_base_and_size(struct bp_ctx *ctx, const struct bp_screen *s, uint8_t type,
			     struct bp_wire_screen_info *si)
{
	uint32_t capabilities = s->capabilities;
	uint64_t size = s->size_bytes;

	if (type == BP_VIDEO_TYPE_VLFB) {
		const uint64_t unit = 1ull << BP_WIRE_SCREEN_VESA_UNIT_SHIFT;

		if (size & (unit - 1))
			return bp_fail(ctx, -ERANGE, "the framebuffer's size 0x%" PRIx64
				       " is not a multiple of 64 KiB, the unit of a VESA mode",
				       size);
		size >>= BP_WIRE_SCREEN_VESA_UNIT_SHIFT;
	}
	if (size > UINT32_MAX)
		return bp_fail(ctx, -ERANGE, "the framebuffer's size 0x%" PRIx64
			       " does not fit the 32 bits of lfb_size", s->size_bytes);
	if (s->base >> 32)
		capabilities |= BP_WIRE_SCREEN_64BIT_BASE;
	bp_put_le32(si->lfb_base, (uint32_t)s->base);
	bp_put_le32(si->ext_lfb_base, (uint32_t)(s->base >> 32));
	bp_put_le32(si->lfb_size, (uint32_t)size);
	bp_put_le32(si->capabilities, capabilities);
	return 0;
}

static int put_mode(struct bp_ctx *ctx, const struct bp_screen *s,
		    struct bp_wire_screen_info *si)
{
	const struct {
		const char *name;
		uint32_t value;
		uint8_t *at;
	} fields[] = {
		{ "width", s->width_px, si->lfb_width },
		{ "height", s->height_px, si->lfb_height },
		{ "depth", s->depth_bits, si->lfb_depth },
		{ "line length", s->stride_bytes, si->lfb_linelength },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(fields); i++) {
		if (fields[i].value > UINT16_MAX)
			return bp_fail(ctx, -ERANGE,
				       "the framebuffer's %s %" PRIu32 " does not fit 16 bits",
				       fields[i].name, fields[i].value);
		bp_put_le16(fields[i].at, (uint16_t)fields[i].value);
	}
	si->red_size = s->format.red_size;
	si->red_pos = s->format.red_pos;
	si->green_size = s->format.green_size;
	si->green_pos = s->format.green_pos;
	si->blue_size = s->format.blue_size;
	si->blue_pos = s->format.blue_pos;
	si->rsvd_size = s->format.reserved_size;
	si->rsvd_pos = s->format.reserved_pos;
	return 0;
}

int bp_screen_info_encode(struct bp_ctx *ctx, const struct bp_screen *screen,
			  const struct bp_span *base,
			  uint8_t ret_bytes[BP_SCREEN_INFO_SIZE])
{
	struct bp_wire_screen_info si = { 0 }, old = { 0 };
	int r;

	static_assert(sizeof(si) == BP_SCREEN_INFO_SIZE, "encode.h");
	if (base) {
		const void *bytes = bp_span_get(*base, 0, sizeof(si));

		if (!bytes)
			return bp_fail(ctx, -EBADMSG,
				       "the screen_info to start from has %zu bytes, not %zu",
				       base->len, sizeof(si));
		memcpy(&old, bytes, sizeof(old));
		si = old;
	}
	clear_framebuffer(&si);

	switch (screen->outcome) {
	case BP_SCREEN_NONE:
		break;
	case BP_SCREEN_RESERVE:
		si.orig_video_isVGA = BP_VIDEO_TYPE_NONE;
		r = put_base_and_size(ctx, screen, BP_VIDEO_TYPE_NONE, &si);
		if (r)
			return r;
		break;
	case BP_SCREEN_CONSOLE:
		if (!is_framebuffer_type(screen->video_type))
			return bp_fail(ctx, -EINVAL,
				       "video type 0x%x is no linear framebuffer",
				       screen->video_type);
		/* What the firmware said besides: worth keeping while the kind is the
		 * same. */
		if (old.orig_video_isVGA == screen->video_type) {
			memcpy(si.vesapm_seg, old.vesapm_seg, sizeof(si.vesapm_seg));
			memcpy(si.vesapm_off, old.vesapm_off, sizeof(si.vesapm_off));
			memcpy(si.pages, old.pages, sizeof(si.pages));
			memcpy(si.vesa_attributes, old.vesa_attributes,
			       sizeof(si.vesa_attributes));
		}
		if (!bp_le16(si.pages))
			bp_put_le16(si.pages, 1);
		si.orig_video_isVGA = screen->video_type;
		r = put_base_and_size(ctx, screen, screen->video_type, &si);
		if (!r)
			r = put_mode(ctx, screen, &si);
		if (r)
			return r;
		break;
	default:
		return bp_fail(ctx, -EINVAL, "there is no screen outcome %d",
			       (int)screen->outcome);
	}
	memcpy(ret_bytes, &si, sizeof(si));
	return 0;
}

int bp_screen_info_decode(struct bp_ctx *ctx, struct bp_span bytes,
			  struct bp_screen *ret_screen)
{
	const struct bp_wire_screen_info *si = bp_span_get(bytes, 0, sizeof(*si));
	struct bp_screen s = { 0 };

	if (!si)
		return bp_fail(ctx, -EBADMSG, "screen_info has %zu bytes, not %zu",
			       bytes.len, sizeof(*si));
	s.video_type = si->orig_video_isVGA;
	s.capabilities = bp_le32(si->capabilities);
	s.base = bp_le32(si->lfb_base);
	s.size_bytes = bp_le32(si->lfb_size);
	if (s.video_type == BP_VIDEO_TYPE_VLFB)
		s.size_bytes <<= BP_WIRE_SCREEN_VESA_UNIT_SHIFT;
	if (s.capabilities & BP_WIRE_SCREEN_64BIT_BASE)
		s.base |= (uint64_t)bp_le32(si->ext_lfb_base) << 32;
	/* For a VESA mode below 4 GiB the bit has its other meaning, and stays. */
	if (s.video_type != BP_VIDEO_TYPE_VLFB || s.base >> 32)
		s.capabilities &= ~BP_WIRE_SCREEN_64BIT_BASE;
	s.width_px = bp_le16(si->lfb_width);
	s.height_px = bp_le16(si->lfb_height);
	s.depth_bits = bp_le16(si->lfb_depth);
	s.stride_bytes = bp_le16(si->lfb_linelength);
	s.format = (struct bp_pixel_format){
		.red_size = si->red_size, .red_pos = si->red_pos,
		.green_size = si->green_size, .green_pos = si->green_pos,
		.blue_size = si->blue_size, .blue_pos = si->blue_pos,
		.reserved_size = si->rsvd_size, .reserved_pos = si->rsvd_pos,
	};
	s.outcome = !s.base				? BP_SCREEN_NONE
		    : is_framebuffer_type(s.video_type) ? BP_SCREEN_CONSOLE
							: BP_SCREEN_RESERVE;
	s.source = "screen_info";
	*ret_screen = s;
	return 0;
}
