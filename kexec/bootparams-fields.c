/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86 zero page, field by field, for people. Documentation/arch/x86/zero-page.rst;
 * the E820 table and what is padding are not in the table.
 */
#include "config.h"

#include <string.h>

#include "bootparams-cmd.h"
#include "wire/screen-info.h"
#include "wire/x86-boot-params.h"

#define SIZE_OF(type, field) sizeof(((struct type *)NULL)->field)
#define PAGE(f, format_) \
	{ \
#f, offsetof(struct bp_wire_x86_boot_params, f), \
			SIZE_OF(bp_wire_x86_boot_params, f), BOOTPARAMS_##format_ \
	}
#define SCREEN(f, format_) \
	{ "screen_info." #f, offsetof(struct bp_wire_screen_info, f), \
	  SIZE_OF(bp_wire_screen_info, f), BOOTPARAMS_##format_ }
#define EFI(f, format_) \
	{ "efi_info." #f, offsetof(struct bp_wire_x86_boot_params, efi_info) + \
			  offsetof(struct bp_wire_x86_efi_info, f), \
	  SIZE_OF(bp_wire_x86_efi_info, f), BOOTPARAMS_##format_ }
#define HDR(f, format_) \
	{ "hdr." #f, BP_X86_SETUP_HEADER + offsetof(struct bp_wire_x86_setup_header, f), \
	  SIZE_OF(bp_wire_x86_setup_header, f), BOOTPARAMS_##format_ }

static const struct bootparams_field fields[] = {
	SCREEN(orig_x, DEC),
	SCREEN(orig_y, DEC),
	SCREEN(ext_mem_k, DEC),
	SCREEN(orig_video_page, DEC),
	SCREEN(orig_video_mode, HEX),
	SCREEN(orig_video_cols, DEC),
	SCREEN(flags, HEX),
	SCREEN(unused2, HEX),
	SCREEN(orig_video_ega_bx, HEX),
	SCREEN(unused3, HEX),
	SCREEN(orig_video_lines, DEC),
	SCREEN(orig_video_isVGA, HEX),
	SCREEN(orig_video_points, DEC),
	SCREEN(lfb_width, DEC),
	SCREEN(lfb_height, DEC),
	SCREEN(lfb_depth, DEC),
	SCREEN(lfb_base, HEX),
	SCREEN(lfb_size, HEX),
	SCREEN(cl_magic, HEX),
	SCREEN(cl_offset, HEX),
	SCREEN(lfb_linelength, DEC),
	SCREEN(red_size, DEC),
	SCREEN(red_pos, DEC),
	SCREEN(green_size, DEC),
	SCREEN(green_pos, DEC),
	SCREEN(blue_size, DEC),
	SCREEN(blue_pos, DEC),
	SCREEN(rsvd_size, DEC),
	SCREEN(rsvd_pos, DEC),
	SCREEN(vesapm_seg, HEX),
	SCREEN(vesapm_off, HEX),
	SCREEN(pages, DEC),
	SCREEN(vesa_attributes, HEX),
	SCREEN(capabilities, HEX),
	SCREEN(ext_lfb_base, HEX),
	SCREEN(reserved, HEX),
	PAGE(apm_bios_info, BYTES),
	PAGE(tboot_addr, HEX),
	PAGE(ist_info, BYTES),
	PAGE(acpi_rsdp_addr, HEX),
	PAGE(hd0_info, BYTES),
	PAGE(hd1_info, BYTES),
	PAGE(sys_desc_table, BYTES),
	PAGE(olpc_ofw_header, BYTES),
	PAGE(ext_ramdisk_image, HEX),
	PAGE(ext_ramdisk_size, HEX),
	PAGE(ext_cmd_line_ptr, HEX),
	PAGE(cc_blob_address, HEX),
	PAGE(edid_info, BYTES),
	EFI(loader_signature, TEXT),
	EFI(systab, HEX),
	EFI(memdesc_size, DEC),
	EFI(memdesc_version, DEC),
	EFI(memmap, HEX),
	EFI(memmap_size, DEC),
	EFI(systab_hi, HEX),
	EFI(memmap_hi, HEX),
	PAGE(alt_mem_k, DEC),
	PAGE(scratch, HEX),
	PAGE(e820_entries, DEC),
	PAGE(eddbuf_entries, DEC),
	PAGE(edd_mbr_sig_buf_entries, DEC),
	PAGE(kbd_status, HEX),
	PAGE(secure_boot, DEC),
	PAGE(sentinel, HEX),
	HDR(setup_sects, DEC),
	HDR(root_flags, HEX),
	HDR(syssize, HEX),
	HDR(ram_size, HEX),
	HDR(vid_mode, HEX),
	HDR(root_dev, HEX),
	HDR(boot_flag, HEX),
	HDR(jump, HEX),
	HDR(header, TEXT),
	HDR(version, HEX),
	HDR(realmode_swtch, HEX),
	HDR(start_sys_seg, HEX),
	HDR(kernel_version, HEX),
	HDR(type_of_loader, HEX),
	HDR(loadflags, HEX),
	HDR(setup_move_size, HEX),
	HDR(code32_start, HEX),
	HDR(ramdisk_image, HEX),
	HDR(ramdisk_size, HEX),
	HDR(bootsect_kludge, HEX),
	HDR(heap_end_ptr, HEX),
	HDR(ext_loader_ver, HEX),
	HDR(ext_loader_type, HEX),
	HDR(cmd_line_ptr, HEX),
	HDR(initrd_addr_max, HEX),
	HDR(kernel_alignment, HEX),
	HDR(relocatable_kernel, DEC),
	HDR(min_alignment, DEC),
	HDR(xloadflags, HEX),
	HDR(cmdline_size, DEC),
	HDR(hardware_subarch, DEC),
	HDR(hardware_subarch_data, HEX),
	HDR(payload_offset, HEX),
	HDR(payload_length, HEX),
	HDR(setup_data, HEX),
	HDR(pref_address, HEX),
	HDR(init_size, HEX),
	HDR(handover_offset, HEX),
	HDR(kernel_info_offset, HEX),
	PAGE(edd_mbr_sig_buffer, BYTES),
	PAGE(eddbuf, BYTES),
};

const struct bootparams_field *bootparams_field(size_t i)
{
	return i < BP_ARRAY_SIZE(fields) ? &fields[i] : NULL;
}

uint64_t bootparams_field_value(const struct bootparams_field *field, struct bp_span page)
{
	const uint8_t *p = bp_span_get(page, field->offset, field->size);
	uint64_t v = 0;

	for (unsigned int i = 0; p && i < field->size && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

struct meaning {
	const char *field;
	uint64_t value;
	const char *text;
};

/* orig_video_isVGA: include/uapi/linux/screen_info.h; secure_boot: enum
 * efi_secureboot_mode */
static const struct meaning meanings[] = {
	{ "screen_info.orig_video_isVGA", BP_VIDEO_TYPE_NONE, "no framebuffer" },
	{ "screen_info.orig_video_isVGA", BP_VIDEO_TYPE_VGA_TEXT, "VGA text" },
	{ "screen_info.orig_video_isVGA", BP_VIDEO_TYPE_VLFB, "VESA framebuffer" },
	{ "screen_info.orig_video_isVGA", BP_VIDEO_TYPE_EFI, "EFI framebuffer" },
	{ "secure_boot", 0, "not said" },
	{ "secure_boot", 1, "unknown" },
	{ "secure_boot", 2, "disabled" },
	{ "secure_boot", 3, "enabled" },
};

const char *bootparams_field_note(const struct bootparams_field *field,
				  struct bp_span page)
{
	uint64_t value = bootparams_field_value(field, page);

	for (size_t i = 0; i < BP_ARRAY_SIZE(meanings); i++)
		if (!strcmp(meanings[i].field, field->name) && meanings[i].value == value)
			return meanings[i].text;
	/* Documentation/arch/x86/boot.rst, type_of_loader: the upper half is the
	 * loader. */
	if (!strcmp(field->name, "hdr.type_of_loader"))
		switch (value >> 4) {
		case 0x2: return "EFI stub or Etherboot";
		case 0x3: return "SYSLINUX";
		case 0x7: return "GRUB";
		case 0xb: return "QEMU";
		case 0xd: return "kexec";
		}
	if (!strcmp(field->name, "screen_info.lfb_size"))
		return bp_span_has(page, 0, 16) && page.data[15] == BP_VIDEO_TYPE_VLFB ?
			       "in units of 64 KiB" : "in bytes";
	return NULL;
}
