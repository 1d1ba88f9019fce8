/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The segment with our copy of EFI's tables, which arm64 kernels are given for the
 * screen's sake. The format is ours but for what EFI says of the tables themselves
 * (wire/efi.h):
 *
 *	0x0000	the system table
 *	0x0400	the mark, by which the next loader knows that it may replace the segment
 *	0x0440	the firmware vendor's name, UTF-16
 *	0x0600	struct screen_info and zeros: Linux reads and zeroes 64 bytes there, and 192 of 7.x,
 *		which looks for an EDID behind
 *	0x0800	the configuration table
 *
 * It is aligned and sized for kernels with pages of 64 KiB, which reserve whole pages.
 */
#ifndef BP_WIRE_EFI_CLONE_H
#define BP_WIRE_EFI_CLONE_H

#include <assert.h>
#include <stdint.h>

#include "wire/efi.h"

#define BP_EFI_CLONE_SIZE 0x10000u
#define BP_EFI_CLONE_MARK 0x400u
#define BP_EFI_CLONE_VENDOR 0x440u
#define BP_EFI_CLONE_SCREEN 0x600u
#define BP_EFI_CLONE_CONFIG 0x800u

/* How much fits in each place. */
#define BP_EFI_CLONE_SYSTAB_MAX BP_EFI_CLONE_MARK
#define BP_EFI_CLONE_VENDOR_MAX (BP_EFI_CLONE_SCREEN - BP_EFI_CLONE_VENDOR)
#define BP_EFI_CLONE_CONFIG_MAX \
	((BP_EFI_CLONE_SIZE - BP_EFI_CLONE_CONFIG) / \
	 sizeof(struct bp_wire_efi_configuration_table))
static_assert(BP_EFI_CLONE_CONFIG - BP_EFI_CLONE_SCREEN >= 192, "include/linux/sysfb.h");

#define BP_EFI_CLONE_MAGIC "BPEFITAB"

struct bp_wire_efi_clone_mark {
	uint8_t magic[8];
	uint8_t self[8];	/* where the segment is */
	uint8_t size[8];
};
static_assert(sizeof(struct bp_wire_efi_clone_mark) <=
		      BP_EFI_CLONE_VENDOR - BP_EFI_CLONE_MARK,
	      "above");

#endif
