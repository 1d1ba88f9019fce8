/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of an arm64 Image: its first 64 bytes, which a vmlinux has at _text as well.
 *
 * Documentation/arch/arm64/booting.rst, "Call the kernel image";
 * arch/arm64/include/asm/image.h (Linux 7.3). Little-endian whatever the kernel is.
 */
#ifndef BP_WIRE_ARM64_IMAGE_H
#define BP_WIRE_ARM64_IMAGE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BP_ARM64_IMAGE_MAGIC "ARM\x64"
#define BP_ARM64_IMAGE_MAGIC_AT 0x38

/* flags */
#define BP_ARM64_IMAGE_BIG_ENDIAN 0x1u
#define BP_ARM64_IMAGE_PAGE_SHIFT \
	1 /* two bits: 0 not said, 1 4 KiB, 2 16 KiB, 3 64 KiB */
#define BP_ARM64_IMAGE_PAGE_MASK 0x3u
#define BP_ARM64_IMAGE_ANYWHERE 0x8u	/* any 2 MiB aligned base will do */

/* The base is aligned so, and the image starts text_offset above it. */
#define BP_ARM64_BASE_ALIGN 0x200000u

struct bp_wire_arm64_image {
	uint8_t code[8];		/* two instructions; "MZ" at the start with an EFI
					 * stub */
	uint8_t text_offset[8];
	uint8_t image_size[8];		/* from the image's start, bss included; 0 before
					 * 3.17 */
	uint8_t flags[8];
	uint8_t reserved[24];
	uint8_t magic[4];
	uint8_t pe_header[4];		/* offset of "PE\0\0", where there is an EFI
					 * stub */
};

static_assert(offsetof(struct bp_wire_arm64_image, flags) == 0x18, "booting.rst");
static_assert(offsetof(struct bp_wire_arm64_image, magic) == BP_ARM64_IMAGE_MAGIC_AT,
	      "booting.rst");
static_assert(sizeof(struct bp_wire_arm64_image) == 0x40, "booting.rst");

#endif
