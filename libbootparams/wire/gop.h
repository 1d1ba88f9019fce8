/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recorded graphics mode, version 1. The format is ours and documented with
 * bp_gop_record_parse() in bootparams.h; from offset 8 on it follows the order of
 * EFI_GRAPHICS_OUTPUT_MODE_INFORMATION and EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE (UEFI 2.10, 12.9).
 */
#ifndef BP_WIRE_GOP_H
#define BP_WIRE_GOP_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BP_WIRE_GOP_MAGIC "BGOP"
#define BP_WIRE_GOP_VERSION 1

struct bp_wire_gop_record {
	uint8_t magic[4];
	uint8_t version[2];
	uint8_t record_size[2];
	uint8_t mode_version[4];
	uint8_t horizontal_resolution[4];
	uint8_t vertical_resolution[4];
	uint8_t pixel_format[4];
	uint8_t red_mask[4];
	uint8_t green_mask[4];
	uint8_t blue_mask[4];
	uint8_t reserved_mask[4];
	uint8_t pixels_per_scan_line[4];
	uint8_t zero[4];
	uint8_t framebuffer_base[8];
	uint8_t framebuffer_size[8];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_gop_record, pixel_format) == 0x14, "bootparams.h");
static_assert(offsetof(struct bp_wire_gop_record, pixels_per_scan_line) == 0x28, "bootparams.h");
static_assert(offsetof(struct bp_wire_gop_record, framebuffer_base) == 0x30, "bootparams.h");
static_assert(sizeof(struct bp_wire_gop_record) == 64, "bootparams.h");

#endif
