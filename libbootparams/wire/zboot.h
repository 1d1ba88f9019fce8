/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI zboot: an EFI program that decompresses the kernel it carries. These fields lie in
 * its DOS header, for loaders that do without the program.
 *
 * drivers/firmware/efi/libstub/zboot-header.S and Makefile.zboot (Linux 7.3).
 */
#ifndef BP_WIRE_ZBOOT_H
#define BP_WIRE_ZBOOT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BP_ZBOOT_DOS_MAGIC "MZ"
#define BP_ZBOOT_MAGIC "zimg"

struct bp_wire_zboot {
	uint8_t dos_magic[4];		/* "MZ" and zeros */
	uint8_t magic[4];		/* "zimg" */
	uint8_t payload_offset[4];
	uint8_t payload_size[4];	/* without the size that follows it, unless gzip
					 * has it within */
	uint8_t reserved[8];
	uint8_t compression[32];	/* "gzip", "lz4", "lzma", "lzo", "xzkern",
					 * "zstd22" */
	uint8_t linux_magic[4];
	uint8_t pe_offset[4];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_zboot, compression) == 0x18, "zboot-header.S");
static_assert(offsetof(struct bp_wire_zboot, linux_magic) == 0x38, "zboot-header.S");
static_assert(sizeof(struct bp_wire_zboot) == 0x40, "zboot-header.S");

#endif
