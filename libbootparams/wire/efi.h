/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI structures that pass from kernel to kernel: UEFI 2.10, sections 4.2 to 4.6 (the
 * tables) and 7.2 (GetMemoryMap), as a 64-bit firmware has them.
 */
#ifndef BP_WIRE_EFI_H
#define BP_WIRE_EFI_H

#include <assert.h>
#include <stddef.h>
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

/* The vendor of variables that the specification names: UEFI 2.10, 3.3. */
#define BP_EFI_GLOBAL_VARIABLE "8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* No firmware is known to pad a descriptor beyond this. */
#define BP_EFI_MEMDESC_SIZE_MAX 1024u
#define BP_EFI_PAGE 4096u

/* Memory types and attributes. */
#define BP_EFI_RESERVED_MEMORY 0u
#define BP_EFI_RUNTIME_SERVICES_DATA 6u
#define BP_EFI_MEMORY_WC 0x2ull
#define BP_EFI_MEMORY_WT 0x4ull
#define BP_EFI_MEMORY_WB 0x8ull
#define BP_EFI_MEMORY_RUNTIME (1ull << 63)

/* EFI_TABLE_HEADER (4.2): the CRC32 counts header_size bytes with itself as zero. */
struct bp_wire_efi_table_header {
	uint8_t signature[8];
	uint8_t revision[4];
	uint8_t header_size[4];
	uint8_t crc32[4];
	uint8_t reserved[4];
};

#define BP_EFI_SYSTEM_TABLE_SIGNATURE 0x5453595320494249ull

/* EFI_SYSTEM_TABLE (4.3) */
struct bp_wire_efi_system_table {
	struct bp_wire_efi_table_header hdr;
	uint8_t firmware_vendor[8];
	uint8_t firmware_revision[4];
	uint8_t pad[4];
	uint8_t console[48];		/* three handles and protocols, none left after
					 * boot */
	uint8_t runtime_services[8];
	uint8_t boot_services[8];
	uint8_t number_of_table_entries[8];
	uint8_t configuration_table[8];
};
static_assert(offsetof(struct bp_wire_efi_system_table, firmware_vendor) == 0x18, "UEFI 2.10, 4.3");
static_assert(offsetof(struct bp_wire_efi_system_table, runtime_services) == 0x58, "UEFI 2.10, 4.3");
static_assert(offsetof(struct bp_wire_efi_system_table, configuration_table) == 0x70,
	      "UEFI 2.10, 4.3");
static_assert(sizeof(struct bp_wire_efi_system_table) == 120, "UEFI 2.10, 4.3");

/* EFI_CONFIGURATION_TABLE (4.6) */
struct bp_wire_efi_configuration_table {
	uint8_t vendor_guid[16];
	uint8_t vendor_table[8];
};
static_assert(sizeof(struct bp_wire_efi_configuration_table) == 24, "UEFI 2.10, 4.6");

/* GUIDs as they lie in memory. UEFI 2.10, 4.6.1; SMBIOS 3.0; Linux:
 * include/linux/efi.h */
#define BP_EFI_GUID_ACPI20 \
	"\x71\xe8\x68\x88\xf1\xe4\xd3\x11\xbc\x22\x00\x80\xc7\x3c\x88\x81"
#define BP_EFI_GUID_ACPI \
	"\x30\x2d\x9d\xeb\x88\x2d\xd3\x11\x9a\x16\x00\x90\x27\x3f\xc1\x4d"
#define BP_EFI_GUID_SMBIOS3 \
	"\x44\x15\xfd\xf2\x94\x97\x2c\x4a\x99\x2e\xe5\xbb\xcf\x20\xe3\x94"
#define BP_EFI_GUID_SMBIOS \
	"\x31\x2d\x9d\xeb\x88\x2d\xd3\x11\x9a\x16\x00\x90\x27\x3f\xc1\x4d"
#define BP_EFI_GUID_DEBUG_IMAGE_INFO \
	"\x77\x2e\x15\x49\xda\x1a\x64\x47\xb7\xa2\x7a\xfe\xfe\xd9\x5e\x8b"
/* LINUX_EFI_SCREEN_INFO_TABLE_GUID; since 7.0 LINUX_EFI_PRIMARY_DISPLAY_TABLE_GUID */
#define BP_EFI_GUID_SCREEN_INFO \
	"\x0a\xc2\x3f\xe0\xdc\x85\x6e\x40\xb9\x0e\x4a\xb5\x02\x37\x1d\x95"
/* LINUX_EFI_MEMRESERVE_TABLE_GUID: the interrupt controller's tables among others */
#define BP_EFI_GUID_MEMRESERVE \
	"\xc6\xb0\x8e\x88\xde\x8e\xf5\x4f\xa8\xf0\x9a\xee\x5c\xb9\x77\xc2"
/* LINUX_EFI_INITRD_MEDIA_GUID: where the EFI stub put the initrd of the kernel that it
 * booted */
#define BP_EFI_GUID_INITRD \
	"\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68"

#endif
