/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The x86 setup_data list: nodes of any type, chained by physical addresses.
 *
 * arch/x86/include/uapi/asm/setup_data.h (Linux 7.3; before 6.9 in bootparam.h) and
 * Documentation/arch/x86/boot.rst, field setup_data.
 */
#ifndef BP_WIRE_X86_SETUP_DATA_H
#define BP_WIRE_X86_SETUP_DATA_H

#include <assert.h>
#include <stdint.h>

enum bp_x86_setup_type {
	BP_SETUP_NONE = 0,
	BP_SETUP_E820_EXT = 1,
	BP_SETUP_DTB = 2,
	BP_SETUP_PCI = 3,
	BP_SETUP_EFI = 4,
	BP_SETUP_APPLE_PROPERTIES = 5,
	BP_SETUP_JAILHOUSE = 6,
	BP_SETUP_CC_BLOB = 7,
	BP_SETUP_IMA = 8,
	BP_SETUP_RNG_SEED = 9,
	BP_SETUP_KEXEC_KHO = 10,
};
/* Set in a type: the data is elsewhere, and this node only says where. */
#define BP_SETUP_INDIRECT 0x80000000u

struct bp_wire_x86_setup_data {
	uint8_t next[8];	/* physical address of the next node; 0: the last */
	uint8_t type[4];
	uint8_t len[4];		/* of the data that follows */
};
static_assert(sizeof(struct bp_wire_x86_setup_data) == 16, "setup_data.h: setup_data");

/*
 * The kernel maps a SETUP_E820_EXT node in one piece with early_memremap(), whose slots
 * are 64 pages (NR_FIX_BTMAPS, arch/x86/include/asm/fixmap.h): a node that is longer
 * stops its boot. The node may start anywhere in its first page, which leaves 63.
 */
#define BP_X86_SETUP_DATA_MAP_MAX (63u * 4096u)

/* SETUP_EFI, arch/x86/include/asm/efi.h: struct efi_setup_data */
struct bp_wire_x86_efi_setup_data {
	uint8_t fw_vendor[8];
	uint8_t runtime[8];	/* read by kernels before 5.7 */
	uint8_t tables[8];
	uint8_t smbios[8];
	uint8_t reserved[8][8];
};
static_assert(sizeof(struct bp_wire_x86_efi_setup_data) == 96, "asm/efi.h");

#endif
