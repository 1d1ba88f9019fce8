/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Translation tables of VMSAv8-64 with 4 KiB granule and 48 bits, stage 1: Arm ARM (DDI
 * 0487), section D8.3. A table is a page of 512 descriptors, 8 bytes each; the levels are
 * 0 to 3.
 */
#ifndef BP_WIRE_ARM64_PAGE_TABLE_H
#define BP_WIRE_ARM64_PAGE_TABLE_H

#include <stdint.h>

#define BP_ARM64_TABLE_SIZE 4096u
#define BP_ARM64_TABLE_ENTRIES 512u
#define BP_ARM64_PHYS_BITS 48

/* What one entry of a level maps: 512 GiB, 1 GiB, 2 MiB, 4 KiB. */
#define BP_ARM64_LEVEL_SHIFT(level) (39 - 9 * (level))

/* Descriptor */
#define BP_ARM64_DESC_VALID (UINT64_C(1) << 0)
#define BP_ARM64_DESC_TABLE \
	(UINT64_C(1) << 1) /* levels 0 to 2; on level 3 a page has it, too */
#define BP_ARM64_DESC_ATTR_INDEX(n) ((uint64_t)(n) << 2) /* which byte of MAIR_ELx */
#define BP_ARM64_DESC_INNER_SHAREABLE (UINT64_C(3) << 8)
#define BP_ARM64_DESC_ACCESSED (UINT64_C(1) << 10)
#define BP_ARM64_DESC_ADDRESS UINT64_C(0x0000fffffffff000)

#endif
