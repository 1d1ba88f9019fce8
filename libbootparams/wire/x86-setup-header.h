/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The x86 setup header: bytes 0x1f1 onwards of a bzImage, and of the zero page.
 *
 * Documentation/arch/x86/boot.rst (boot protocol 2.15, Linux 7.3). Fields are
 * little-endian byte arrays, so that a header may be read in place, at any alignment, on
 * any host: bp_le32(h->init_size).
 */
#ifndef BP_WIRE_X86_SETUP_HEADER_H
#define BP_WIRE_X86_SETUP_HEADER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BP_X86_SECTOR_SIZE 512
#define BP_X86_SETUP_HEADER \
	0x1f1 /* offset of the header in the image and in the zero page */
#define BP_X86_SETUP_SECTS_DEFAULT 4 /* "if this field contains 0, the real value is 4" \
				      */
#define BP_X86_BOOT_FLAG 0xaa55
#define BP_X86_SETUP_MAGIC "HdrS"
#define BP_X86_JUMP_SHORT 0xeb /* opcode; the byte after it gives the header's length */
#define BP_X86_CMDLINE_SIZE_DEFAULT 255	/* before protocol 2.06, and for 0 */
#define BP_X86_ENTRY64 0x200 /* 64-bit entry, from the start of the protected-mode code \
			      */

/* loadflags */
#define BP_X86_LOADED_HIGH 0x01 /* the protected-mode code goes to 1 MiB or above */

/* xloadflags, since protocol 2.12 */
#define BP_X86_XLF_KERNEL_64 0x0001
#define BP_X86_XLF_CAN_BE_LOADED_ABOVE_4G 0x0002
#define BP_X86_XLF_EFI_HANDOVER_32 0x0004
#define BP_X86_XLF_EFI_HANDOVER_64 0x0008
#define BP_X86_XLF_EFI_KEXEC 0x0010	/* boots by kexec with EFI runtime services */
#define BP_X86_XLF_5LEVEL 0x0020	/* can start with 5-level paging on */
#define BP_X86_XLF_5LEVEL_ENABLED 0x0040

struct bp_wire_x86_setup_header {
	uint8_t setup_sects;
	uint8_t root_flags[2];
	uint8_t syssize[4];		/* 16-byte paragraphs of protected-mode code */
	uint8_t ram_size[2];
	uint8_t vid_mode[2];
	uint8_t root_dev[2];
	uint8_t boot_flag[2];
	uint8_t jump[2];		/* the header ends at 0x202 + jump[1] */
	uint8_t header[4];		/* "HdrS" */
	uint8_t version[2];
	uint8_t realmode_swtch[4];
	uint8_t start_sys_seg[2];
	uint8_t kernel_version[2];	/* of a string, less 0x200; 0: none */
	uint8_t type_of_loader;
	uint8_t loadflags;
	uint8_t setup_move_size[2];
	uint8_t code32_start[4];
	uint8_t ramdisk_image[4];
	uint8_t ramdisk_size[4];
	uint8_t bootsect_kludge[4];
	uint8_t heap_end_ptr[2];
	uint8_t ext_loader_ver;
	uint8_t ext_loader_type;
	uint8_t cmd_line_ptr[4];
	uint8_t initrd_addr_max[4];	/* highest address of the initrd's last byte */
	uint8_t kernel_alignment[4];
	uint8_t relocatable_kernel;
	uint8_t min_alignment;		/* power of two */
	uint8_t xloadflags[2];
	uint8_t cmdline_size[4];	/* without the NUL */
	uint8_t hardware_subarch[4];
	uint8_t hardware_subarch_data[8];
	uint8_t payload_offset[4];	/* from the start of the protected-mode code */
	uint8_t payload_length[4];
	uint8_t setup_data[8];
	uint8_t pref_address[8];
	uint8_t init_size[4];
	uint8_t handover_offset[4];
	uint8_t kernel_info_offset[4];
};

#define BP_AT_(field, offset) \
	static_assert(BP_X86_SETUP_HEADER + offsetof(struct bp_wire_x86_setup_header, \
						     field) == \
			      (offset), \
		      "boot.rst: " #field)
BP_AT_(setup_sects, 0x1f1);
BP_AT_(syssize, 0x1f4);
BP_AT_(boot_flag, 0x1fe);
BP_AT_(jump, 0x200);
BP_AT_(header, 0x202);
BP_AT_(version, 0x206);
BP_AT_(kernel_version, 0x20e);
BP_AT_(type_of_loader, 0x210);
BP_AT_(loadflags, 0x211);
BP_AT_(code32_start, 0x214);
BP_AT_(ramdisk_image, 0x218);
BP_AT_(ramdisk_size, 0x21c);
BP_AT_(ext_loader_ver, 0x226);
BP_AT_(ext_loader_type, 0x227);
BP_AT_(cmd_line_ptr, 0x228);
BP_AT_(initrd_addr_max, 0x22c);
BP_AT_(kernel_alignment, 0x230);
BP_AT_(relocatable_kernel, 0x234);
BP_AT_(min_alignment, 0x235);
BP_AT_(xloadflags, 0x236);
BP_AT_(cmdline_size, 0x238);
BP_AT_(payload_offset, 0x248);
BP_AT_(payload_length, 0x24c);
BP_AT_(setup_data, 0x250);
BP_AT_(pref_address, 0x258);
BP_AT_(init_size, 0x260);
BP_AT_(handover_offset, 0x264);
BP_AT_(kernel_info_offset, 0x268);
#undef BP_AT_

/* The zero page leaves room for the header up to here (edd_mbr_sig_buffer;
 * zero-page.rst). */
#define BP_X86_SETUP_HEADER_END_MAX 0x290
/* Where the header ends that protocol 2.12 defines (handover_offset is its last
 * field). */
#define BP_X86_SETUP_HEADER_END_2_12 0x268
static_assert(BP_X86_SETUP_HEADER + sizeof(struct bp_wire_x86_setup_header) == 0x26c,
	      "boot.rst");

#endif
