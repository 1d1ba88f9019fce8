/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What FBIOGET_FSCREENINFO and FBIOGET_VSCREENINFO answer on a 64-bit little-endian
 * kernel.
 *
 * struct fb_fix_screeninfo, struct fb_var_screeninfo: include/uapi/linux/fb.h (Linux
 * 6.12).
 */
#ifndef BP_WIRE_FBDEV_H
#define BP_WIRE_FBDEV_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct bp_wire_fb_fix {
	uint8_t id[16];			/* the driver's name, cut to 15 characters */
	uint8_t smem_start[8];
	uint8_t smem_len[4];
	uint8_t type[4];
	uint8_t type_aux[4];
	uint8_t visual[4];
	uint8_t xpanstep[2];
	uint8_t ypanstep[2];
	uint8_t ywrapstep[2];
	uint8_t pad[2];
	uint8_t line_length[4];
	uint8_t pad2[4];
	uint8_t mmio_start[8];
	uint8_t mmio_len[4];
	uint8_t accel[4];
	uint8_t capabilities[2];
	uint8_t reserved[6];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_fb_fix, smem_start) == 0x10, "fb.h");
static_assert(offsetof(struct bp_wire_fb_fix, line_length) == 0x30, "fb.h");
static_assert(offsetof(struct bp_wire_fb_fix, mmio_start) == 0x38, "fb.h");
static_assert(sizeof(struct bp_wire_fb_fix) == 80, "fb.h");

struct bp_wire_fb_bitfield {
	uint8_t offset[4];
	uint8_t length[4];
	uint8_t msb_right[4];
} __attribute__((packed));

struct bp_wire_fb_var {
	uint8_t xres[4];
	uint8_t yres[4];
	uint8_t xres_virtual[4];
	uint8_t yres_virtual[4];
	uint8_t xoffset[4];
	uint8_t yoffset[4];
	uint8_t bits_per_pixel[4];
	uint8_t grayscale[4];
	struct bp_wire_fb_bitfield red, green, blue, transp;
	uint8_t rest[80];		/* timing, rotation, colour space */
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_fb_var, bits_per_pixel) == 0x18, "fb.h");
static_assert(offsetof(struct bp_wire_fb_var, transp) == 0x44, "fb.h");
static_assert(sizeof(struct bp_wire_fb_var) == 160, "fb.h");

#endif
