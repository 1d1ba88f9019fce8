/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The x86 zero page: struct boot_params, 4096 bytes.
 *
 * Documentation/arch/x86/zero-page.rst and arch/x86/include/uapi/asm/bootparam.h (Linux
 * 7.3). Fields are little-endian byte arrays, so that a page may be read in place at any
 * alignment on any host: bp_le64(zp->acpi_rsdp_addr).
 */
#ifndef BP_WIRE_X86_BOOT_PARAMS_H
#define BP_WIRE_X86_BOOT_PARAMS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/x86-setup-header.h"

#define BP_X86_ZERO_PAGE_SIZE 4096
#define BP_X86_E820_IN_PAGE 128		/* E820_MAX_ENTRIES_ZEROPAGE */
#define BP_X86_EDD_MBR_SIG_MAX 16	/* include/uapi/linux/edd.h */
#define BP_X86_EDD_MAX 6		/* EDDMAXNR */
#define BP_X86_EDD_PATH_LENGTH 44	/* of the path information, by T13 1572D */
#define BP_X86_CMDLINE_SIZE 2047	/* COMMAND_LINE_SIZE less the NUL, asm/setup.h */

/* efi_loader_signature */
#define BP_X86_EFI64_SIGNATURE "EL64"
#define BP_X86_EFI32_SIGNATURE "EL32"

struct bp_wire_x86_e820_entry {
	uint8_t addr[8];
	uint8_t size[8];
	uint8_t type[4];	/* enum bp_mem_type */
};
static_assert(sizeof(struct bp_wire_x86_e820_entry) == 20, "boot_e820_entry");

struct bp_wire_x86_efi_info {
	uint8_t loader_signature[4];
	uint8_t systab[4];
	uint8_t memdesc_size[4];
	uint8_t memdesc_version[4];
	uint8_t memmap[4];
	uint8_t memmap_size[4];
	uint8_t systab_hi[4];
	uint8_t memmap_hi[4];
};
static_assert(sizeof(struct bp_wire_x86_efi_info) == 32, "bootparam.h: efi_info");

/* A BIOS disk: struct edd_info, include/uapi/linux/edd.h, which is T13 1572D (EDD-3) but
 * for its first eight bytes. The path's checksum makes the sum of bytes key to checksum
 * 0. */
struct bp_wire_x86_edd_info {
	uint8_t device[8];	/* and what it can do */
	uint8_t geometry[30];
	uint8_t key[2];
	uint8_t device_path_info_length;
	uint8_t reserved[3];
	uint8_t host_bus_type[4];
	uint8_t interface_type[8];	/* "SATA    " */
	uint8_t interface_path[8];
	uint8_t device_path[16];
	uint8_t reserved4;
	uint8_t checksum;
};
static_assert(offsetof(struct bp_wire_x86_edd_info, key) == 8 + 30, "edd.h: edd_device_params");
static_assert(offsetof(struct bp_wire_x86_edd_info, device_path) == 8 + 56, "edd.h: device_path");
static_assert(sizeof(struct bp_wire_x86_edd_info) == 82, "edd.h: edd_info");

struct bp_wire_x86_boot_params {
	uint8_t screen_info[64];
	uint8_t apm_bios_info[20];
	uint8_t pad2[4];
	uint8_t tboot_addr[8];
	uint8_t ist_info[16];
	uint8_t acpi_rsdp_addr[8];
	uint8_t pad3[8];
	uint8_t hd0_info[16];
	uint8_t hd1_info[16];
	uint8_t sys_desc_table[16];
	uint8_t olpc_ofw_header[16];
	uint8_t ext_ramdisk_image[4];
	uint8_t ext_ramdisk_size[4];
	uint8_t ext_cmd_line_ptr[4];
	uint8_t pad4[112];
	uint8_t cc_blob_address[4];
	uint8_t edid_info[128];
	struct bp_wire_x86_efi_info efi_info;
	uint8_t alt_mem_k[4];
	uint8_t scratch[4];
	uint8_t e820_entries;
	uint8_t eddbuf_entries;
	uint8_t edd_mbr_sig_buf_entries;
	uint8_t kbd_status;
	uint8_t secure_boot;
	uint8_t pad5[2];
	uint8_t sentinel;	/* non-zero: a careless loader; the kernel wipes much */
	uint8_t pad6[1];
	struct bp_wire_x86_setup_header hdr;
	uint8_t pad7[BP_X86_SETUP_HEADER_END_MAX - BP_X86_SETUP_HEADER -
		     sizeof(struct bp_wire_x86_setup_header)];
	uint8_t edd_mbr_sig_buffer[BP_X86_EDD_MBR_SIG_MAX][4];
	struct bp_wire_x86_e820_entry e820_table[BP_X86_E820_IN_PAGE];
	uint8_t pad8[48];
	struct bp_wire_x86_edd_info eddbuf[BP_X86_EDD_MAX];
	uint8_t pad9[276];
};

#define BP_AT_(field, offset) \
	static_assert(offsetof(struct bp_wire_x86_boot_params, field) == (offset), \
		      "zero-page.rst: " #field)
BP_AT_(screen_info, 0x000);
BP_AT_(apm_bios_info, 0x040);
BP_AT_(tboot_addr, 0x058);
BP_AT_(ist_info, 0x060);
BP_AT_(acpi_rsdp_addr, 0x070);
BP_AT_(hd0_info, 0x080);
BP_AT_(hd1_info, 0x090);
BP_AT_(sys_desc_table, 0x0a0);
BP_AT_(olpc_ofw_header, 0x0b0);
BP_AT_(ext_ramdisk_image, 0x0c0);
BP_AT_(ext_ramdisk_size, 0x0c4);
BP_AT_(ext_cmd_line_ptr, 0x0c8);
BP_AT_(cc_blob_address, 0x13c);
BP_AT_(edid_info, 0x140);
BP_AT_(efi_info, 0x1c0);
BP_AT_(alt_mem_k, 0x1e0);
BP_AT_(scratch, 0x1e4);
BP_AT_(e820_entries, 0x1e8);
BP_AT_(eddbuf_entries, 0x1e9);
BP_AT_(edd_mbr_sig_buf_entries, 0x1ea);
BP_AT_(kbd_status, 0x1eb);
BP_AT_(secure_boot, 0x1ec);
BP_AT_(sentinel, 0x1ef);
BP_AT_(hdr, BP_X86_SETUP_HEADER);
BP_AT_(edd_mbr_sig_buffer, BP_X86_SETUP_HEADER_END_MAX);
BP_AT_(e820_table, 0x2d0);
BP_AT_(eddbuf, 0xd00);
#undef BP_AT_
static_assert(sizeof(struct bp_wire_x86_boot_params) == BP_X86_ZERO_PAGE_SIZE,
	      "zero-page.rst");

#endif
