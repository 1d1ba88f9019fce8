/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GOP record: what gop-record.efi leaves of EFI's graphics outputs, version 1. The
 * format is ours, gop-record(7) documents it. All numbers are little endian. From
 * mode_version to pixels_per_scan_line an output is an
 * EFI_GRAPHICS_OUTPUT_MODE_INFORMATION (UEFI 2.10, 12.9.2).
 *
 * This header is also compiled for the firmware, without a C library.
 */
#ifndef BP_WIRE_GOP_H
#define BP_WIRE_GOP_H

#include <stddef.h>
#include <stdint.h>

/* The EFI variable; its file in efivarfs begins with four bytes of attributes. */
#define BP_WIRE_GOP_VARIABLE "GopRecord"
#define BP_WIRE_GOP_GUID "47152987-a41b-40fa-b8a3-1cfcea3c7036"
/* Exactly EFI_VARIABLE_BOOTSERVICE_ACCESS and _RUNTIME_ACCESS (UEFI 2.10, 8.2): not kept
 * over a reset, and not to be written by an operating system. */
#define BP_WIRE_GOP_ATTRIBUTES 0x6u

#define BP_WIRE_GOP_MAGIC "BGOP"
#define BP_WIRE_GOP_VERSION 1
#define BP_WIRE_GOP_BYTES_MAX (16u << 10)
#define BP_WIRE_GOP_OUTPUTS_MAX 64u
#define BP_WIRE_GOP_ALIGN 8u

struct bp_wire_gop_record {
	uint8_t magic[4];
	uint8_t version[2];
	uint8_t header_size[2];	/* where the first output begins */
	uint8_t record_size[4];
	uint8_t crc32[4];	/* IEEE 802.3, of the whole record with zeros here */
	uint8_t outputs[2];
	uint8_t handles[2];	/* with a GOP, that the firmware has */
	uint8_t splitter[2];	/* the output that the console splitter mirrors, or
				 * ..._NONE */
	uint8_t flags[2];
};
_Static_assert(offsetof(struct bp_wire_gop_record, crc32) == 0x0c, "gop-record(7)");
_Static_assert(sizeof(struct bp_wire_gop_record) == 0x18, "gop-record(7)");

#define BP_WIRE_GOP_SPLITTER_NONE 0xffffu

#define BP_WIRE_GOP_FINAL 0x1u		/* taken when boot services ended */
#define BP_WIRE_GOP_OMITTED 0x2u	/* there was no room for all outputs */
#define BP_WIRE_GOP_SPLITTER 0x4u	/* there is a handle without a device path */
#define BP_WIRE_GOP_WATCHED 0x8u	/* and taken again whenever an output changed */

/* Followed by the device path, the EDID, and zeros up to a multiple of
 * BP_WIRE_GOP_ALIGN. */
struct bp_wire_gop_output {
	uint8_t size[4];	/* with all that follows */
	uint8_t path_offset[2];	/* from the start of the output */
	uint8_t flags[2];
	uint8_t mode[4];
	uint8_t max_mode[4];
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
	uint8_t path_size[4];
	uint8_t edid_size[4];
	uint8_t edid_whole_size[4];	/* as the firmware has it */
	uint8_t zero2[4];
};
_Static_assert(offsetof(struct bp_wire_gop_output, mode_version) == 0x10, "gop-record(7)");
_Static_assert(offsetof(struct bp_wire_gop_output, pixels_per_scan_line) == 0x30, "gop-record(7)");
_Static_assert(offsetof(struct bp_wire_gop_output, framebuffer_base) == 0x38, "gop-record(7)");
_Static_assert(sizeof(struct bp_wire_gop_output) == 0x58, "gop-record(7)");

#define BP_WIRE_GOP_CONSOLE 0x1u	/* the firmware's console is on it */
#define BP_WIRE_GOP_EDID_ACTIVE 0x2u	/* else as discovered */
#define BP_WIRE_GOP_EDID_CUT 0x4u	/* blocks at its end are missing */
#define BP_WIRE_GOP_PATH_CUT 0x8u /* the device path is missing: too long, or malformed \
				   */

#define BP_WIRE_EDID_BLOCK 128u

#endif
