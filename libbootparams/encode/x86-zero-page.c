/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The x86 parameter segment: zero page, command line, setup_data.
 *
 *	at		zero page, 4096 bytes (Documentation/arch/x86/zero-page.rst)
 *	at + 0x1000	command line with its NUL
 *	behind it	setup_data nodes, each at a multiple of 16
 */
#include "config.h"

#include <errno.h>

#include "encode/x86.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define SIZE_OF(field) sizeof(((struct bp_wire_x86_boot_params *)NULL)->field)
#define FIELD(field, source_, why_) \
	{ \
#field, offsetof(struct bp_wire_x86_boot_params, field), SIZE_OF(field), \
			BP_FIELD_##source_, why_, false \
	}
#define LOST(field, why_) \
	{ \
#field, offsetof(struct bp_wire_x86_boot_params, field), SIZE_OF(field), \
			BP_FIELD_ZERO, why_, true \
	}
#define PAD(field) FIELD(field, ZERO, "padding")

/* Every byte of the zero page, in order; a unit test holds the table to that. */
static const struct bp_x86_field fields[] = {
	FIELD(screen_info, REBUILT, "the screen as decided"),
	FIELD(apm_bios_info, ZERO, "64-bit kernels have no APM"),
	PAD(pad2),
	LOST(tboot_addr,
	     "tboot's page has the state of this launch; no other kernel may act on it"),
	FIELD(ist_info, COPIED, "SpeedStep as the BIOS told it"),
	FIELD(acpi_rsdp_addr, REBUILT,
	      "as this kernel was told, else from the EFI tables"),
	PAD(pad3),
	FIELD(hd0_info, ZERO, "obsolete: no kernel we can load reads it"),
	FIELD(hd1_info, ZERO, "obsolete: no kernel we can load reads it"),
	FIELD(sys_desc_table, ZERO, "obsolete: no kernel we can load reads it"),
	FIELD(olpc_ofw_header, ZERO, "Open Firmware of 32-bit OLPC machines"),
	FIELD(ext_ramdisk_image, REBUILT, "address of the initrd, upper half"),
	FIELD(ext_ramdisk_size, REBUILT, "size of the initrd, upper half"),
	FIELD(ext_cmd_line_ptr, REBUILT, "address of the command line, upper half"),
	PAD(pad4),
	LOST(cc_blob_address,
	     "points to pages of this confidential guest; found again through EFI"),
	FIELD(edid_info, COPIED, "the monitor's EDID as the firmware read it"),
	FIELD(efi_info, REBUILT,
	      "system table as before, memory map from the runtime map"),
	FIELD(alt_mem_k, ZERO, "only read where there is no E820 map"),
	FIELD(scratch, ZERO, "used by the kernel's own setup code"),
	FIELD(e820_entries, REBUILT, "the memory map as decided"),
	FIELD(eddbuf_entries, COPIED, "BIOS disks"),
	FIELD(edd_mbr_sig_buf_entries, COPIED, "BIOS disks"),
	FIELD(kbd_status, COPIED, "keyboard lights as the BIOS told them"),
	FIELD(secure_boot, COPIED, "as the EFI stub found it"),
	PAD(pad5),
	FIELD(sentinel, ZERO, "non-zero would make the kernel wipe this page"),
	PAD(pad6),
	FIELD(hdr, IMAGE, "setup header; the loader's fields are filled in"),
	PAD(pad7),
	FIELD(edd_mbr_sig_buffer, COPIED, "BIOS disks"),
	FIELD(e820_table, REBUILT,
	      "the first 128 entries; the rest is in SETUP_E820_EXT"),
	PAD(pad8),
	FIELD(eddbuf, COPIED, "BIOS disks"),
	PAD(pad9),
};

const struct bp_x86_field *bp_x86_zero_page_field(size_t i)
{
	return i < BP_ARRAY_SIZE(fields) ? &fields[i] : NULL;
}

bool bp_x86_field_is_set(const struct bp_x86_field *f, const struct bp_machine *m)
{
	const uint8_t *old =
		bp_span_get(bp_buf_span(&m->x86.zero_page), f->offset, f->size);

	for (size_t i = 0; old && i < f->size; i++)
		if (old[i])
			return true;
	return false;
}

bool bp_x86_field_is_lost(const struct bp_x86_field *f, const struct bp_machine *m)
{
	return f->lost && bp_x86_field_is_set(f, m);
}

/* The old page, or NULL where the running kernel shows none. */
static const struct bp_wire_x86_boot_params *old_page(const struct bp_machine *m)
{
	return m->x86.zero_page.len == BP_X86_ZERO_PAGE_SIZE ?
		       (const void *)m->x86.zero_page.data : NULL;
}

static int check_cmdline(struct bp_ctx *ctx, const struct bp_x86_params *p)
{
	size_t len = strlen(p->cmdline);
	size_t max = p->image->n_parts ? BP_X86_CMDLINE_SIZE : p->image->bz.cmdline_size;

	if (len > max)
		return bp_fail(ctx, -ERANGE,
			       "the command line has %zu characters, this kernel "
			       "takes at most %zu",
			       len, max);
	return 0;
}

/*
 * The kernel drops what does not fit its table, with a line in its log that nobody reads.
 * It needs entries of its own, since it splits ranges: two for each node of setup_data
 * (before 6.16: e820__reserve_setup_data()), and a few for page 0, the BIOS area and EFI
 * tables. Given all 3200, Debian's 6.1 drops the 17 MiB of memory behind its setup_data;
 * given 3178 nothing.
 */
#define E820_OWN 16

static int check_e820(struct bp_ctx *ctx, const struct bp_x86_params *p)
{
	size_t own = E820_OWN + 2 * (p->machine->x86.n_nodes + 3), n = p->e820->n;

	/* append_e820_table() takes a map of one entry for none at all. */
	if (n < 2)
		return bp_fail(ctx, -ENODATA, "the memory map has %zu ranges, "
			       "a kernel refuses one of less than 2", n);
	if (own > BP_X86_E820_MAX || n > BP_X86_E820_MAX - own)
		return bp_fail(ctx, -E2BIG,
			       "the memory map has %zu ranges, the next kernel keeps %u "
			       "of which it needs %zu itself: it would drop the others "
			       "(kexec_file_load passes on only the first %u)",
			       n, BP_X86_E820_MAX, own, BP_X86_E820_IN_PAGE);
	for (size_t i = 0; i < n; i++)
		if (p->e820->v[i].end <= p->e820->v[i].start)
			return bp_fail(ctx, -EINVAL,
				       "range %zu of the memory map ends at or "
				       "before its start",
				       i);
	return 0;
}

/* The setup header as the image has it, or one made up for an ELF kernel. */
static int put_header(struct bp_ctx *ctx, const struct bp_image *image,
		      struct bp_wire_x86_boot_params *zp)
{
	struct bp_wire_x86_setup_header *hdr = &zp->hdr;
	bp_phys_t start = UINT64_MAX, end = 0;
	const void *src;

	if (!image->n_parts) {
		uint32_t header_end = image->bz.header_end;

		if (header_end <= BP_X86_SETUP_HEADER ||
		    header_end > BP_X86_SETUP_HEADER_END_MAX)
			return bp_fail(ctx, -EBADMSG,
				       "the setup header ends at %#x, which the "
				       "zero page has no room for",
				       header_end);
		src = bp_span_get(image->bytes, BP_X86_SETUP_HEADER,
				  header_end - BP_X86_SETUP_HEADER);
		if (!src)
			return bp_fail(ctx, -EBADMSG,
				       "the setup header is not all there");
		memcpy((uint8_t *)zp + BP_X86_SETUP_HEADER, src,
		       header_end - BP_X86_SETUP_HEADER);
		/*
		 * Of the loader's bits only this one is true: the rest is for the
		 * real-mode entry.
		 */
		hdr->loadflags = BP_X86_LOADED_HIGH;
		return 0;
	}

	for (size_t i = 0; i < image->n_parts; i++) {
		start = BP_MIN(start, image->parts[i].phys);
		end = BP_MAX(end, image->parts[i].phys + image->parts[i].mem_size);
	}
	bp_put_le16(hdr->boot_flag, BP_X86_BOOT_FLAG);
	memcpy(hdr->header, BP_X86_SETUP_MAGIC, sizeof(hdr->header));
	hdr->jump[0] = BP_X86_JUMP_SHORT;
	hdr->jump[1] = BP_X86_SETUP_HEADER_END_2_12 - 0x202;
	bp_put_le16(hdr->version, 0x020c);
	/* As bzImages say: mount the root read-only. */
	bp_put_le16(hdr->root_flags, 1);
	hdr->loadflags = BP_X86_LOADED_HIGH;
	bp_put_le16(hdr->xloadflags,
		    BP_X86_XLF_KERNEL_64 | BP_X86_XLF_CAN_BE_LOADED_ABOVE_4G);
	bp_put_le32(hdr->cmdline_size, BP_X86_CMDLINE_SIZE);
	bp_put_le32(hdr->initrd_addr_max, 0x7fffffff);
	bp_put_le32(hdr->kernel_alignment, 0x200000);
	bp_put_le64(hdr->pref_address, start);
	if (end - start > UINT32_MAX)
		return bp_fail(ctx, -ERANGE, "the kernel spans %#jx bytes",
			       (uintmax_t)(end - start));
	bp_put_le32(hdr->init_size, (uint32_t)(end - start));
	return 0;
}

static void put_efi(const struct bp_x86_segment *seg,
		    const struct bp_wire_x86_boot_params *old,
		    struct bp_wire_x86_boot_params *zp)
{
	struct bp_wire_x86_efi_info *efi = &zp->efi_info;

	if (!seg->efi_memmap_size)
		return;
	/* Signature, system table, size and version of a descriptor: as they were. */
	*efi = old->efi_info;
	bp_put_le32(efi->memmap, (uint32_t)seg->efi_memmap);
	bp_put_le32(efi->memmap_hi, (uint32_t)(seg->efi_memmap >> 32));
	bp_put_le32(efi->memmap_size, seg->efi_memmap_size);
}

static uint64_t rsdp(const struct bp_machine *m,
		     const struct bp_wire_x86_boot_params *old)
{
	if (old && bp_le64(old->acpi_rsdp_addr))
		return bp_le64(old->acpi_rsdp_addr);
	return m->efi.acpi20 ? m->efi.acpi20 : m->efi.acpi;
}

static int put_screen(struct bp_ctx *ctx, const struct bp_x86_params *p,
		      const struct bp_wire_x86_boot_params *old,
		      struct bp_wire_x86_boot_params *zp)
{
	struct bp_span base = { NULL, 0 };

	if (old)
		base = bp_span_make(old->screen_info, sizeof(old->screen_info));
	return bp_screen_info_encode(ctx, p->screen, old ? &base : NULL, zp->screen_info);
}

static int put_zero_page(struct bp_ctx *ctx, const struct bp_x86_params *p,
			 const struct bp_x86_segment *seg, bp_phys_t cmdline,
			 struct bp_wire_x86_boot_params *zp)
{
	const struct bp_wire_x86_boot_params *old = old_page(p->machine);
	size_t in_page = BP_MIN(p->e820->n, (size_t)BP_X86_E820_IN_PAGE);
	uint8_t setup_data[8];
	int r;

	if (old)
		for (size_t i = 0; i < BP_ARRAY_SIZE(fields); i++)
			if (fields[i].source == BP_FIELD_COPIED)
				memcpy((uint8_t *)zp + fields[i].offset,
				       (const uint8_t *)old + fields[i].offset,
				       fields[i].size);
	/* The list's head is already in place; the image's header would overwrite it. */
	memcpy(setup_data, zp->hdr.setup_data, sizeof(setup_data));
	r = put_header(ctx, p->image, zp);
	if (!r)
		r = put_screen(ctx, p, old, zp);
	if (r)
		return r;
	memcpy(zp->hdr.setup_data, setup_data, sizeof(setup_data));
	if (old)
		memcpy(zp->hdr.hardware_subarch, old->hdr.hardware_subarch,
		       sizeof(zp->hdr.hardware_subarch));
	zp->hdr.type_of_loader = p->loader_type;
	/* 32 bits wide, and only read by entries that no kernel above 4 GiB has. */
	if (p->kernel <= UINT32_MAX)
		bp_put_le32(zp->hdr.code32_start, (uint32_t)p->kernel);
	bp_put_le32(zp->hdr.cmd_line_ptr, (uint32_t)cmdline);
	bp_put_le32(zp->ext_cmd_line_ptr, (uint32_t)(cmdline >> 32));
	bp_put_le32(zp->hdr.ramdisk_image, (uint32_t)p->initrd);
	bp_put_le32(zp->ext_ramdisk_image, (uint32_t)(p->initrd >> 32));
	bp_put_le32(zp->hdr.ramdisk_size, (uint32_t)p->initrd_size);
	bp_put_le32(zp->ext_ramdisk_size, (uint32_t)(p->initrd_size >> 32));
	bp_put_le64(zp->acpi_rsdp_addr, rsdp(p->machine, old));
	put_efi(seg, old, zp);
	zp->e820_entries = (uint8_t)in_page;
	for (size_t i = 0; i < in_page; i++)
		bp_x86_e820_put(&zp->e820_table[i], &p->e820->v[i]);
	return 0;
}

int bp_x86_params_encode(struct bp_ctx *ctx, const struct bp_x86_params *p, bp_phys_t at,
			 struct bp_buf *ret_bytes)
{
	struct bp_x86_segment seg = {
		.at = at,
		.link = offsetof(struct bp_wire_x86_boot_params, hdr.setup_data),
	};
	int r = check_cmdline(ctx, p);

	if (!r)
		r = check_e820(ctx, p);
	if (r)
		return r;
	r = bp_buf_append_zero(&seg.bytes, BP_X86_ZERO_PAGE_SIZE);
	if (!r)
		r = bp_buf_append(&seg.bytes, p->cmdline, strlen(p->cmdline) + 1);
	if (!r && p->e820->n > BP_X86_E820_IN_PAGE)
		r = bp_x86_e820_ext_add(&seg, p->e820->v + BP_X86_E820_IN_PAGE,
					p->e820->n - BP_X86_E820_IN_PAGE);
	if (r)
		bp_fail_errno(ctx, r, "cannot encode the boot parameters");
	if (!r)
		r = bp_x86_setup_data_add(ctx, p, &seg);
	if (!r)
		r = put_zero_page(ctx, p, &seg, at + BP_X86_ZERO_PAGE_SIZE,
				  (void *)seg.bytes.data);
	if (r) {
		bp_buf_done(&seg.bytes);
		return r;
	}
	*ret_bytes = seg.bytes;
	return 0;
}
