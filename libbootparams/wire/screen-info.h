/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct screen_info on the wire: the first 64 bytes of the x86 zero page, and the same
 * 64 bytes as a kernel symbol or an EFI configuration table on any architecture.
 *
 * include/uapi/linux/screen_info.h (Linux 6.12; in include/linux/screen_info.h as well
 * before), Documentation/arch/x86/zero-page.rst. Little endian; nothing is aligned.
 */
#ifndef BP_WIRE_SCREEN_INFO_H
#define BP_WIRE_SCREEN_INFO_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct bp_wire_screen_info {
	uint8_t orig_x;
	uint8_t orig_y;
	uint8_t ext_mem_k[2];
	uint8_t orig_video_page[2];
	uint8_t orig_video_mode;
	uint8_t orig_video_cols;
	uint8_t flags;
	uint8_t unused2;
	uint8_t orig_video_ega_bx[2];
	uint8_t unused3[2];
	uint8_t orig_video_lines;
	uint8_t orig_video_isVGA;
	uint8_t orig_video_points[2];
	uint8_t lfb_width[2];
	uint8_t lfb_height[2];
	uint8_t lfb_depth[2];
	uint8_t lfb_base[4];
	uint8_t lfb_size[4];		/* bytes; units of 64 KiB for type 0x23 only */
	uint8_t cl_magic[2];
	uint8_t cl_offset[2];
	uint8_t lfb_linelength[2];
	uint8_t red_size;
	uint8_t red_pos;
	uint8_t green_size;
	uint8_t green_pos;
	uint8_t blue_size;
	uint8_t blue_pos;
	uint8_t rsvd_size;
	uint8_t rsvd_pos;
	uint8_t vesapm_seg[2];
	uint8_t vesapm_off[2];
	uint8_t pages[2];
	uint8_t vesa_attributes[2];
	uint8_t capabilities[4];
	uint8_t ext_lfb_base[4];	/* upper half of the base, if the capability says
					 * so */
	uint8_t reserved[2];
} __attribute__((packed));

#define BP_WIRE_SCREEN_INFO_AT(field, off) \
	static_assert(offsetof(struct bp_wire_screen_info, field) == (off), "screen_info.h")
BP_WIRE_SCREEN_INFO_AT(orig_video_mode, 0x06);
BP_WIRE_SCREEN_INFO_AT(orig_video_ega_bx, 0x0a);
BP_WIRE_SCREEN_INFO_AT(orig_video_lines, 0x0e);
BP_WIRE_SCREEN_INFO_AT(orig_video_isVGA, 0x0f);
BP_WIRE_SCREEN_INFO_AT(lfb_width, 0x12);
BP_WIRE_SCREEN_INFO_AT(lfb_height, 0x14);
BP_WIRE_SCREEN_INFO_AT(lfb_depth, 0x16);
BP_WIRE_SCREEN_INFO_AT(lfb_base, 0x18);
BP_WIRE_SCREEN_INFO_AT(lfb_size, 0x1c);
BP_WIRE_SCREEN_INFO_AT(cl_magic, 0x20);
BP_WIRE_SCREEN_INFO_AT(lfb_linelength, 0x24);
BP_WIRE_SCREEN_INFO_AT(red_size, 0x26);
BP_WIRE_SCREEN_INFO_AT(rsvd_pos, 0x2d);
BP_WIRE_SCREEN_INFO_AT(vesapm_seg, 0x2e);
BP_WIRE_SCREEN_INFO_AT(pages, 0x32);
BP_WIRE_SCREEN_INFO_AT(vesa_attributes, 0x34);
BP_WIRE_SCREEN_INFO_AT(capabilities, 0x36);
BP_WIRE_SCREEN_INFO_AT(ext_lfb_base, 0x3a);
static_assert(sizeof(struct bp_wire_screen_info) == 64, "screen_info.h, zero-page.rst");

/* VIDEO_CAPABILITY_64BIT_BASE; for a VESA mode the same bit is the VBE's "not VGA
 * compatible" */
#define BP_WIRE_SCREEN_64BIT_BASE (1u << 1)
/* arch/x86/boot/video-vesa.c, drivers/firmware/sysfb_simplefb.c: VESA counts in 64 KiB */
#define BP_WIRE_SCREEN_VESA_UNIT_SHIFT 16

#endif
