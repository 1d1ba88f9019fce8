/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI structures that pass from kernel to kernel: UEFI 2.10, section 7.2 (GetMemoryMap).
 */
#ifndef BP_WIRE_EFI_H
#define BP_WIRE_EFI_H

#include <assert.h>
#include <stdint.h>

/*
 * EFI_MEMORY_DESCRIPTOR. Firmware says how far apart two descriptors are; that is often
 * more than the size of this structure (48), and the rest is padding.
 */
struct bp_wire_efi_memory_descriptor {
	uint8_t type[4];
	uint8_t pad[4];
	uint8_t physical_start[8];
	uint8_t virtual_start[8];
	uint8_t number_of_pages[8];
	uint8_t attribute[8];
};
static_assert(sizeof(struct bp_wire_efi_memory_descriptor) == 40, "UEFI 2.10, 7.2");

/* No firmware is known to pad a descriptor beyond this. */
#define BP_EFI_MEMDESC_SIZE_MAX 1024u

#endif
