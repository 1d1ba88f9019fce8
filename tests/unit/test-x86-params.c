/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86 parameter segment: zero page field by field, setup_data by walking the chain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <asm/bootparam.h>
#endif

#include "decide/memory.h"
#include "encode/x86.h"
#include "test.h"
#include "wire/kho.h"
#include "wire/efi.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define AT 0x1bf000000ull
#define HEADER_END 0x26c

/* A machine booted by EFI, its next kernel, and what is to be encoded from them. */
struct lab {
	struct bp_ctx *ctx;
	struct bp_machine m;
	struct bp_image image;
	struct bp_memmap e820;
	struct bp_screen screen;
	struct bp_x86_params p;
	struct bp_buf out;
	uint8_t image_bytes[1024];
	struct bp_efi_mapping mappings[2];
};

static struct bp_wire_x86_boot_params *old_page(struct lab *lab)
{
	return (void *)lab->m.x86.zero_page.data;
}

static const struct bp_wire_x86_boot_params *new_page(const struct lab *lab)
{
	return (const void *)lab->out.data;
}

static struct lab *lab_new(void)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct bp_wire_x86_boot_params *old;
	struct bp_wire_x86_setup_header *hdr =
		(void *)(lab->image_bytes + BP_X86_SETUP_HEADER);

	ck_assert_int_eq(bp_ctx_new(NULL, &lab->ctx), 0);
	/*
	 * Every byte of the old page is known and non-zero, so that a copied one shows.
	 */
	ck_assert_int_eq(bp_buf_append_zero(&lab->m.x86.zero_page, BP_X86_ZERO_PAGE_SIZE),
			 0);
	memset(lab->m.x86.zero_page.data, 0xa5, BP_X86_ZERO_PAGE_SIZE);
	old = old_page(lab);
	memset(old->screen_info, 0, sizeof(old->screen_info));
	memset(old->tboot_addr, 0, sizeof(old->tboot_addr));
	bp_put_le64(old->acpi_rsdp_addr, 0xbfb7e014);
	memcpy(old->efi_info.loader_signature, "EL64", 4);
	bp_put_le32(old->efi_info.systab, 0xbf9ec018);
	bp_put_le32(old->efi_info.systab_hi, 1);
	bp_put_le32(old->efi_info.memdesc_size, 48);
	bp_put_le32(old->efi_info.memdesc_version, 1);
	bp_put_le32(old->hdr.hardware_subarch, 0);
	old->secure_boot = 2;
	lab->m.arch = BP_ARCH_X86_64;
	lab->m.x86.nodes_status = -ENOENT;
	lab->m.efi.fw_vendor = 0xbf9eb018;
	lab->m.efi.runtime = 0xbf9ebb98;
	lab->m.efi.config_table = 0xbf9eb098;
	lab->m.efi.smbios = 0xbf98f000;
	lab->mappings[0] = (struct bp_efi_mapping){ 5, 0xbf6ed000, 0xfffffffeff6ed000, 16,
						    0x800000000000000f };
	lab->mappings[1] = (struct bp_efi_mapping){ 6, 0xbf7ed000, 0xfffffffeff5ed000,
						    256, 0x800000000000000f };
	lab->m.efi.runtime_map = lab->mappings;
	lab->m.efi.n_runtime_map = 2;

	memset(lab->image_bytes, 0x5a, sizeof(lab->image_bytes));
	hdr->type_of_loader = 0;
	lab->image.arch = BP_ARCH_X86_64;
	lab->image.bytes = bp_span_make(lab->image_bytes, sizeof(lab->image_bytes));
	lab->image.bz.header_end = HEADER_END;
	lab->image.bz.cmdline_size = 2047;

	bp_memmap_add(&lab->e820, 0, 0xa0000, BP_MEM_RAM);
	bp_memmap_add(&lab->e820, 0xa0000, 0x100000, BP_MEM_RESERVED);
	bp_memmap_add(&lab->e820, 0x100000, 0xbf6ed000, BP_MEM_RAM);
	lab->p = (struct bp_x86_params){
		.machine = &lab->m,
		.image = &lab->image,
		.e820 = &lab->e820,
		.screen = &lab->screen,
		.cmdline = "root=/dev/sda1 quiet",
		.initrd = 0x17fe00000,
		.initrd_size = 0x112345678,
		.kernel = 0x100000000,
		.loader_type = BP_X86_LOADER_KEXEC,
	};
	return lab;
}

static void lab_free(struct lab *lab)
{
	for (size_t i = 0; i < lab->m.x86.n_nodes; i++)
		bp_buf_done(&lab->m.x86.nodes[i].data);
	free(lab->m.x86.nodes);
	bp_buf_done(&lab->m.x86.zero_page);
	bp_memmap_done(&lab->e820);
	bp_buf_done(&lab->out);
	bp_ctx_unref(lab->ctx);
	free(lab);
}

static void add_node(struct lab *lab, uint32_t type, const void *data, size_t len)
{
	struct bp_setup_data_node *v =
		reallocarray(lab->m.x86.nodes, lab->m.x86.n_nodes + 1, sizeof(*v));

	v[lab->m.x86.n_nodes] = (struct bp_setup_data_node){ .type = type };
	ck_assert_int_eq(bp_buf_append(&v[lab->m.x86.n_nodes].data, data, len), 0);
	lab->m.x86.nodes = v;
	lab->m.x86.n_nodes++;
	lab->m.x86.nodes_status = 0;
}

static int encode(struct lab *lab)
{
	bp_buf_done(&lab->out);
	return bp_x86_params_encode(lab->ctx, &lab->p, AT, &lab->out);
}

static const struct bp_wire_x86_setup_data *node_at(const struct lab *lab, uint64_t at)
{
	const struct bp_wire_x86_setup_data *node;

	ck_assert_uint_eq(at % 16, 0);
	ck_assert_uint_ge(at, AT + BP_X86_ZERO_PAGE_SIZE);
	node = bp_span_get(bp_buf_span(&lab->out), at - AT, sizeof(*node));
	ck_assert_ptr_nonnull(node);
	ck_assert(bp_span_has(bp_buf_span(&lab->out), at - AT + sizeof(*node),
			      bp_le32(node->len)));
	return node;
}

/* Follow the chain as a kernel would: the @nth node of @type; NULL if there is none. */
static const uint8_t *walk(const struct lab *lab, uint32_t type, size_t nth,
			   uint32_t *ret_len)
{
	uint64_t next = bp_le64(new_page(lab)->hdr.setup_data);
	unsigned int hops = 0;

	while (next) {
		const struct bp_wire_x86_setup_data *node = node_at(lab, next);

		ck_assert_uint_lt(hops++, 1000);
		if (bp_le32(node->type) == type && !nth--) {
			*ret_len = bp_le32(node->len);
			return (const uint8_t *)(node + 1);
		}
		next = bp_le64(node->next);
	}
	return NULL;
}

START_TEST(offsets_are_those_of_the_kernel)
{
#if defined(__x86_64__)
#define SAME(field, kernel)                                                                      \
	do {                                                                                     \
		ck_assert_uint_eq(offsetof(struct bp_wire_x86_boot_params, field),               \
				  offsetof(struct boot_params, kernel));                         \
		ck_assert_uint_eq(sizeof(((struct bp_wire_x86_boot_params *)NULL)->field),       \
				  sizeof(((struct boot_params *)NULL)->kernel));                 \
	} while (0)
	SAME(screen_info, screen_info);
	SAME(apm_bios_info, apm_bios_info);
	SAME(tboot_addr, tboot_addr);
	SAME(ist_info, ist_info);
	SAME(acpi_rsdp_addr, acpi_rsdp_addr);
	SAME(hd0_info, hd0_info);
	SAME(hd1_info, hd1_info);
	SAME(sys_desc_table, sys_desc_table);
	SAME(olpc_ofw_header, olpc_ofw_header);
	SAME(ext_ramdisk_image, ext_ramdisk_image);
	SAME(ext_ramdisk_size, ext_ramdisk_size);
	SAME(ext_cmd_line_ptr, ext_cmd_line_ptr);
	SAME(edid_info, edid_info);
	SAME(efi_info, efi_info);
	SAME(efi_info.systab, efi_info.efi_systab);
	SAME(efi_info.memdesc_size, efi_info.efi_memdesc_size);
	SAME(efi_info.memdesc_version, efi_info.efi_memdesc_version);
	SAME(efi_info.memmap, efi_info.efi_memmap);
	SAME(efi_info.memmap_size, efi_info.efi_memmap_size);
	SAME(efi_info.systab_hi, efi_info.efi_systab_hi);
	SAME(efi_info.memmap_hi, efi_info.efi_memmap_hi);
	SAME(alt_mem_k, alt_mem_k);
	SAME(scratch, scratch);
	SAME(e820_entries, e820_entries);
	SAME(eddbuf_entries, eddbuf_entries);
	SAME(edd_mbr_sig_buf_entries, edd_mbr_sig_buf_entries);
	SAME(kbd_status, kbd_status);
	SAME(secure_boot, secure_boot);
	SAME(sentinel, sentinel);
	SAME(hdr.type_of_loader, hdr.type_of_loader);
	SAME(hdr.cmd_line_ptr, hdr.cmd_line_ptr);
	SAME(hdr.hardware_subarch, hdr.hardware_subarch);
	SAME(hdr.setup_data, hdr.setup_data);
	SAME(edd_mbr_sig_buffer, edd_mbr_sig_buffer);
	SAME(e820_table, e820_table);
	SAME(eddbuf, eddbuf);
#undef SAME
	ck_assert_uint_eq(sizeof(struct bp_wire_x86_boot_params),
			  sizeof(struct boot_params));
	ck_assert_uint_eq(BP_X86_E820_IN_PAGE, E820_MAX_ENTRIES_ZEROPAGE);
	ck_assert_uint_eq(BP_X86_EDD_MAX, EDDMAXNR);
	ck_assert_uint_eq(BP_SETUP_RNG_SEED, SETUP_RNG_SEED);
#endif
}
END_TEST

START_TEST(the_field_table_covers_the_page)
{
	size_t at = 0;

	for (size_t i = 0; bp_x86_zero_page_field(i); i++) {
		const struct bp_x86_field *f = bp_x86_zero_page_field(i);

		ck_assert_msg(f->offset == at, "%s starts at %#x, not at %#zx", f->name,
			      f->offset, at);
		at += f->size;
	}
	ck_assert_uint_eq(at, BP_X86_ZERO_PAGE_SIZE);
}
END_TEST

START_TEST(fields_are_what_the_table_says)
{
	struct lab *lab = lab_new();
	const uint8_t *old, *new;

	ck_assert_int_eq(encode(lab), 0);
	old = lab->m.x86.zero_page.data;
	new = lab->out.data;
	for (size_t i = 0; bp_x86_zero_page_field(i); i++) {
		const struct bp_x86_field *f = bp_x86_zero_page_field(i);

		for (size_t b = f->offset; b < (size_t)f->offset + f->size; b++) {
			if (f->source == BP_FIELD_COPIED)
				ck_assert_msg(new[b] == old[b], "%s not copied", f->name);
			if (f->source == BP_FIELD_ZERO)
				ck_assert_msg(!new[b], "%s not zero", f->name);
		}
	}
	ck_assert_uint_eq(new_page(lab)->secure_boot, 2);
	lab_free(lab);
}
END_TEST

START_TEST(header_comes_from_the_image)
{
	struct lab *lab = lab_new();
	const struct bp_wire_x86_boot_params *zp;

	ck_assert_int_eq(encode(lab), 0);
	zp = new_page(lab);
	ck_assert_uint_eq(bp_le32(zp->hdr.init_size), 0x5a5a5a5a);
	ck_assert_uint_eq(bp_le32(zp->hdr.kernel_info_offset), 0x5a5a5a5a);
	ck_assert_uint_eq(zp->pad7[0], 0);
	ck_assert_uint_eq(zp->hdr.type_of_loader, 0xd0);
	ck_assert_uint_eq(zp->hdr.loadflags, BP_X86_LOADED_HIGH);
	/* Above 4 GiB there is no 32-bit start to tell. */
	ck_assert_uint_eq(bp_le32(zp->hdr.code32_start), 0x5a5a5a5a);
	ck_assert_uint_eq(bp_le32(zp->hdr.cmd_line_ptr), (uint32_t)(AT + 0x1000));
	ck_assert_uint_eq(bp_le32(zp->ext_cmd_line_ptr), 1);
	ck_assert_str_eq((const char *)lab->out.data + 0x1000, "root=/dev/sda1 quiet");
	ck_assert_uint_eq(bp_le32(zp->hdr.ramdisk_image), 0x7fe00000);
	ck_assert_uint_eq(bp_le32(zp->ext_ramdisk_image), 1);
	ck_assert_uint_eq(bp_le32(zp->hdr.ramdisk_size), 0x12345678);
	ck_assert_uint_eq(bp_le32(zp->ext_ramdisk_size), 1);
	ck_assert_uint_eq(bp_le64(zp->acpi_rsdp_addr), 0xbfb7e014);
	lab->p.kernel = 0x1000000;
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(bp_le32(new_page(lab)->hdr.code32_start), 0x1000000);
	lab_free(lab);
}
END_TEST

START_TEST(a_header_that_leaves_the_page_is_refused)
{
	struct lab *lab = lab_new();

	lab->image.bz.header_end = 0x291;
	ck_assert_int_eq(encode(lab), -EBADMSG);
	lab->image.bz.header_end = 0x1f1;
	ck_assert_int_eq(encode(lab), -EBADMSG);
	lab->image.bz.header_end = HEADER_END;
	lab->image.bytes.len = 0x200;
	ck_assert_int_eq(encode(lab), -EBADMSG);
	lab_free(lab);
}
END_TEST

START_TEST(elf_kernels_get_a_header)
{
	struct lab *lab = lab_new();
	struct bp_image_part parts[] = {
		{ .phys = 0x1000000, .mem_size = 0x1800000 },
		{ .phys = 0x3000000, .mem_size = 0x400000 },
	};
	const struct bp_wire_x86_boot_params *zp;

	lab->image.parts = parts;
	lab->image.n_parts = 2;
	ck_assert_int_eq(encode(lab), 0);
	zp = new_page(lab);
	ck_assert_uint_eq(bp_le16(zp->hdr.boot_flag), 0xaa55);
	ck_assert_int_eq(memcmp(zp->hdr.header, "HdrS", 4), 0);
	ck_assert_uint_eq(bp_le16(zp->hdr.version), 0x20c);
	ck_assert_uint_eq(bp_le32(zp->hdr.cmdline_size), 2047);
	ck_assert_uint_eq(bp_le32(zp->hdr.init_size), 0x2400000);
	ck_assert_uint_eq(bp_le64(zp->hdr.pref_address), 0x1000000);
	ck_assert_uint_eq(zp->hdr.type_of_loader, 0xd0);
	lab_free(lab);
}
END_TEST

START_TEST(command_line_up_to_the_image_s_limit)
{
	struct lab *lab = lab_new();
	char line[102];

	memset(line, 'x', sizeof(line));
	line[100] = 0;
	lab->image.bz.cmdline_size = 100;
	lab->p.cmdline = line;
	ck_assert_int_eq(encode(lab), 0);
	line[100] = 'x';
	line[101] = 0;
	ck_assert_int_eq(encode(lab), -ERANGE);
	ck_assert_str_eq(bp_ctx_message(lab->ctx), "the command line has 101 characters, "
			 "this kernel takes at most 100");
	lab_free(lab);
}
END_TEST

/* _i: the firmware's descriptor size */
START_TEST(efi_descriptor_size_stays)
{
	struct lab *lab = lab_new();
	const struct bp_wire_x86_boot_params *zp;
	uint64_t map;
	uint32_t len;
	const uint8_t *efi;

	bp_put_le32(old_page(lab)->efi_info.memdesc_size, (uint32_t)_i);
	ck_assert_int_eq(encode(lab), 0);
	zp = new_page(lab);
	ck_assert_int_eq(memcmp(zp->efi_info.loader_signature, "EL64", 4), 0);
	ck_assert_uint_eq(bp_le32(zp->efi_info.systab), 0xbf9ec018);
	ck_assert_uint_eq(bp_le32(zp->efi_info.systab_hi), 1);
	ck_assert_uint_eq(bp_le32(zp->efi_info.memdesc_size), _i);
	ck_assert_uint_eq(bp_le32(zp->efi_info.memdesc_version), 1);
	ck_assert_uint_eq(bp_le32(zp->efi_info.memmap_size), 2 * _i);
	map = bp_le32(zp->efi_info.memmap) | (uint64_t)bp_le32(zp->efi_info.memmap_hi)
						     << 32;

	efi = walk(lab, BP_SETUP_EFI, 0, &len);
	ck_assert_ptr_nonnull(efi);
	ck_assert_uint_eq(bp_le64(efi), 0xbf9eb018);
	ck_assert_uint_eq(bp_le64(efi + 8), 0xbf9ebb98);
	ck_assert_uint_eq(bp_le64(efi + 16), 0xbf9eb098);
	ck_assert_uint_eq(bp_le64(efi + 24), 0xbf98f000);
	/* The map lies inside the node, where the next kernel spares it. */
	ck_assert_uint_eq(map, AT + (uint64_t)(efi - lab->out.data) + 96);
	ck_assert_uint_eq(len, 96 + 2 * _i);
	for (int i = 0; i < 2; i++) {
		const uint8_t *desc = efi + 96 + i * _i;

		ck_assert_uint_eq(bp_le32(desc), lab->mappings[i].type);
		ck_assert_uint_eq(bp_le64(desc + 8), lab->mappings[i].phys_addr);
		ck_assert_uint_eq(bp_le64(desc + 16), lab->mappings[i].virt_addr);
		ck_assert_uint_eq(bp_le64(desc + 24), lab->mappings[i].num_pages);
		ck_assert_uint_eq(bp_le64(desc + 32), lab->mappings[i].attribute);
		for (int b = 40; b < _i; b++)
			ck_assert_uint_eq(desc[b], 0);
	}
	lab_free(lab);
}
END_TEST

START_TEST(without_efi_acpi_is_still_found)
{
	static const uint8_t zero[32];
	struct lab *lab = lab_new();
	uint32_t len;

	bp_put_le64(old_page(lab)->acpi_rsdp_addr, 0);
	lab->m.efi.acpi = 0x111;
	lab->m.efi.acpi20 = 0x222;
	lab->p.no_efi = true;
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_int_eq(memcmp(&new_page(lab)->efi_info, zero, 32), 0);
	ck_assert_ptr_null(walk(lab, BP_SETUP_EFI, 0, &len));
	ck_assert_uint_eq(bp_le64(new_page(lab)->acpi_rsdp_addr), 0x222);
	lab->m.efi.acpi20 = 0;
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(bp_le64(new_page(lab)->acpi_rsdp_addr), 0x111);

	/* A descriptor size that cannot be: no EFI rather than a wrong map. */
	lab->p.no_efi = false;
	bp_put_le32(old_page(lab)->efi_info.memdesc_size, 39);
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_int_eq(memcmp(&new_page(lab)->efi_info, zero, 32), 0);
	lab_free(lab);
}
END_TEST

static void fill_map(struct lab *lab, size_t n)
{
	bp_memmap_done(&lab->e820);
	for (size_t i = 0; i < n; i++)
		bp_memmap_add(&lab->e820, i << 24, (i << 24) + 0x800000 + i,
			      i % 3 ? BP_MEM_RAM : BP_MEM_RESERVED);
}

/* Decoded again as the next system would, the map is the one that went in. */
static void expect_same_map(struct lab *lab)
{
	struct bp_x86_boot boot = { 0 };
	struct bp_setup_data_node nodes[16] = { 0 };
	struct bp_memmap map = { 0 };
	const uint8_t *data;
	uint32_t len;

	ck_assert_int_eq(bp_buf_append(&boot.zero_page, lab->out.data, 4096), 0);
	boot.nodes = nodes;
	while ((data = walk(lab, BP_SETUP_E820_EXT, boot.n_nodes, &len))) {
		ck_assert_uint_lt(boot.n_nodes, 16);
		/*
		 * What the kernel maps at once: 64 pages, wherever the node starts in the
		 * first.
		 */
		ck_assert_uint_le(len + 16, 63 * 4096);
		nodes[boot.n_nodes].type = BP_SETUP_E820_EXT;
		bp_buf_append(&nodes[boot.n_nodes++].data, data, len);
	}
	ck_assert_int_eq(bp_e820_decode(lab->ctx, &boot, &map), 0);
	ck_assert_uint_eq(map.n, lab->e820.n);
	for (size_t i = 0; i < map.n; i++) {
		ck_assert_uint_eq(map.v[i].start, lab->e820.v[i].start);
		ck_assert_uint_eq(map.v[i].end, lab->e820.v[i].end);
		ck_assert_uint_eq(map.v[i].type, lab->e820.v[i].type);
	}
	bp_memmap_done(&map);
	bp_buf_done(&boot.zero_page);
	for (size_t i = 0; i < boot.n_nodes; i++)
		bp_buf_done(&nodes[i].data);
}

static const size_t map_sizes[] = { 2, 127, 128, 129, 1000, 3000 };

START_TEST(maps_of_any_size_arrive)
{
	struct lab *lab = lab_new();
	uint32_t len;

	fill_map(lab, map_sizes[_i]);
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(new_page(lab)->e820_entries,
			  BP_MIN(map_sizes[_i], (size_t)128));
	ck_assert_int_eq(!walk(lab, BP_SETUP_E820_EXT, 0, &len), map_sizes[_i] <= 128);
	expect_same_map(lab);
	lab_free(lab);
}
END_TEST

START_TEST(a_map_split_at_1_mib_stays_split)
{
	struct lab *lab = lab_new();

	bp_memmap_done(&lab->e820);
	bp_memmap_add(&lab->e820, 0, 0x100000, BP_MEM_RAM);
	bp_memmap_add(&lab->e820, 0x100000, 0x40000000, BP_MEM_RAM);
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(new_page(lab)->e820_entries, 2);
	expect_same_map(lab);

	/* One range that spans it, as a firmware may say, goes on as it is. */
	bp_memmap_done(&lab->e820);
	bp_memmap_add(&lab->e820, 0, 0x40000000, BP_MEM_RAM);
	bp_memmap_add(&lab->e820, 0xfec00000, 0xfec01000, BP_MEM_RESERVED);
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(new_page(lab)->e820_entries, 2);
	expect_same_map(lab);
	lab_free(lab);
}
END_TEST

START_TEST(what_the_next_kernel_would_drop_is_refused)
{
	struct lab *lab = lab_new();

	fill_map(lab, 3201);
	ck_assert_int_eq(encode(lab), -E2BIG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(lab->ctx), "3201 ranges"));
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(lab->ctx), "keeps 3200"));
	fill_map(lab, 50000);
	ck_assert_int_eq(encode(lab), -E2BIG);
	fill_map(lab, 1);
	ck_assert_int_eq(encode(lab), -ENODATA);
	lab_free(lab);
}
END_TEST

START_TEST(fifty_thousand_ranges_make_several_nodes)
{
	struct lab *lab = lab_new();
	struct bp_x86_segment seg = {
		.at = AT,
		.link = offsetof(struct bp_wire_x86_boot_params, hdr.setup_data),
	};
	uint32_t len;

	fill_map(lab, 50000);
	ck_assert_int_eq(bp_buf_append_zero(&seg.bytes, BP_X86_ZERO_PAGE_SIZE), 0);
	ck_assert_int_eq(bp_x86_e820_ext_add(&seg, lab->e820.v, lab->e820.n), 0);
	lab->out = seg.bytes;
	ck_assert_ptr_nonnull(walk(lab, BP_SETUP_E820_EXT, 3, &len));
	ck_assert_ptr_null(walk(lab, BP_SETUP_E820_EXT, 4, &len));
	expect_same_map(lab);
	lab_free(lab);
}
END_TEST

START_TEST(every_node_has_a_fate)
{
	static const struct {
		uint32_t type;
		const char *name, *action;
	} rows[] = {
		{ 0, "SETUP_NONE", "dropped" },
		{ 1, "SETUP_E820_EXT", "rebuilt" },
		{ 2, "SETUP_DTB", "copied" },
		{ 3, "SETUP_PCI", "copied" },
		{ 4, "SETUP_EFI", "rebuilt" },
		{ 5, "SETUP_APPLE_PROPERTIES", "copied" },
		{ 6, "SETUP_JAILHOUSE", "copied" },
		{ 7, "SETUP_CC_BLOB", "dropped" },
		{ 8, "SETUP_IMA", "dropped" },
		{ 9, "SETUP_RNG_SEED", "fresh" },
		{ 10, "SETUP_KEXEC_KHO", "rebuilt" },
		{ 11, "unknown", "dropped" },
		{ 0x4250484f, "kexec-bootparams record", "fresh" },
		{ 0x80000000, "SETUP_INDIRECT", "dropped" },
		{ 0x80000003, "SETUP_INDIRECT", "dropped" },
	};
	struct bp_setup_data_verdict *v;
	struct lab *lab = lab_new();
	size_t n;

	for (size_t i = 0; i < BP_ARRAY_SIZE(rows); i++) {
		uint8_t data[100];

		memset(data, (int)i + 1, sizeof(data));
		add_node(lab, rows[i].type, data, sizeof(data));
	}
	ck_assert_int_eq(bp_x86_setup_data_verdicts(lab->ctx, &lab->m, &v, &n), 0);
	ck_assert_uint_eq(n, BP_ARRAY_SIZE(rows));
	lab->p.fresh_rng_seed = true;
	memset(lab->p.rng_seed, 0x77, sizeof(lab->p.rng_seed));
	lab->p.handover = bp_span_make(lab->p.rng_seed, sizeof(lab->p.rng_seed));
	ck_assert_int_eq(encode(lab), 0);
	for (size_t i = 0; i < n; i++) {
		bool copied = !strcmp(rows[i].action, "copied");
		const uint8_t *data;
		uint32_t len;

		ck_assert_uint_eq(v[i].type, rows[i].type);
		ck_assert_str_eq(v[i].name, rows[i].name);
		ck_assert_str_eq(v[i].action, rows[i].action);
		ck_assert_ptr_nonnull(v[i].why);
		data = walk(lab, rows[i].type, 0, &len);
		if (copied) {
			ck_assert_ptr_nonnull(data);
			ck_assert_uint_eq(len, 100);
			ck_assert_uint_eq(data[0], i + 1);
			ck_assert_uint_eq(data[99], i + 1);
			ck_assert_ptr_null(walk(lab, rows[i].type, 1, &len));
		}
		if (!strcmp(rows[i].action, "dropped")) {
			ck_assert_ptr_null(data);
			/* Never silently, but for the empty one. */
			ck_assert_int_eq(v[i].lost, rows[i].type != 0);
		}
		if (!strcmp(rows[i].action, "fresh")) {
			ck_assert_ptr_nonnull(data);
			ck_assert_uint_eq(len, 32);
			ck_assert_uint_eq(data[31], 0x77);
			ck_assert_ptr_null(walk(lab, rows[i].type, 1, &len));
		}
	}
	free(v);
	lab_free(lab);
}
END_TEST

START_TEST(kexec_handover_has_its_table_in_the_same_node)
{
	const struct bp_kho_area areas[] = {
		{ 0x1000000, 0x4000000 }, { 0x5000000, 0 }, { 0x200000000, 0x8000000 },
	};
	const struct bp_wire_kho_data *data;
	struct bp_kho_given given;
	struct lab *lab = lab_new();
	uint32_t len;

	/* What this kernel was given is not what it gives. */
	add_node(lab, BP_SETUP_KEXEC_KHO, areas, sizeof(areas));
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_ptr_null(walk(lab, BP_SETUP_KEXEC_KHO, 0, &len));
	lab->p.kho = (struct bp_kho_told){ 0xc84000, 4096, areas, BP_ARRAY_SIZE(areas) };
	ck_assert_int_eq(encode(lab), 0);
	data = (const void *)walk(lab, BP_SETUP_KEXEC_KHO, 0, &len);
	ck_assert_ptr_nonnull(data);
	ck_assert_ptr_null(walk(lab, BP_SETUP_KEXEC_KHO, 1, &len));
	ck_assert_uint_eq(len, 32 + 3 * 16);
	ck_assert_int_eq(bp_kho_node_parse(lab->ctx, bp_span_make(data, len), &given), 0);
	ck_assert_uint_eq(given.fdt_addr, 0xc84000);
	ck_assert_uint_eq(given.fdt_size, 4096);
	ck_assert_uint_eq(given.scratch_addr,
			  AT + (uint64_t)((const uint8_t *)(data + 1) - lab->out.data));
	ck_assert_uint_eq(given.n_areas, 3);
	ck_assert_int_eq(memcmp(given.areas, areas, sizeof(areas)), 0);
	bp_kho_given_done(&given);
	lab_free(lab);
}
END_TEST

START_TEST(a_list_that_was_not_read_has_one_verdict)
{
	struct bp_setup_data_verdict *v;
	struct lab *lab = lab_new();
	size_t n;

	lab->m.x86.nodes_status = -EBADMSG;
	ck_assert_int_eq(bp_x86_setup_data_verdicts(lab->ctx, &lab->m, &v, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(v[0].action, "dropped");
	ck_assert(v[0].lost);
	free(v);
	lab->m.x86.nodes_status = -ENOENT;
	ck_assert_int_eq(bp_x86_setup_data_verdicts(lab->ctx, &lab->m, &v, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(v);
	lab_free(lab);
}
END_TEST

static bool is_lost(struct lab *lab, const char *name)
{
	const struct bp_x86_field *f;

	for (size_t i = 0; (f = bp_x86_zero_page_field(i)); i++)
		if (!strcmp(f->name, name))
			return bp_x86_field_is_lost(f, &lab->m);
	ck_abort_msg("no field %s", name);
}

START_TEST(what_is_lost_is_said)
{
	struct lab *lab = lab_new();

	ck_assert(!is_lost(lab, "tboot_addr"));
	bp_put_le64(old_page(lab)->tboot_addr, 0x12345000);
	ck_assert(is_lost(lab, "tboot_addr"));
	ck_assert(is_lost(lab, "cc_blob_address"));
	/* Nobody misses these, whatever they held. */
	ck_assert(!is_lost(lab, "hd0_info"));
	ck_assert(!is_lost(lab, "sentinel"));
	bp_buf_done(&lab->m.x86.zero_page);
	ck_assert(!is_lost(lab, "tboot_addr"));
	lab_free(lab);
}
END_TEST

START_TEST(thousands_of_nodes_keep_their_order)
{
	struct lab *lab = lab_new();
	uint8_t *big = malloc(3 << 20);
	uint64_t next;
	uint32_t seen = 0, len;

	memset(big, 0x33, 3 << 20);
	add_node(lab, BP_SETUP_PCI, big, 3 << 20);
	for (uint32_t i = 0; i < 900; i++)
		add_node(lab, BP_SETUP_PCI, &i, sizeof(i));
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_int_eq(memcmp(walk(lab, BP_SETUP_PCI, 0, &len), big, 3 << 20), 0);
	ck_assert_uint_eq(len, 3 << 20);
	/* One walk for all: each of check's assertions is a system call, and 900 walks are
	 * 400 000 nodes. */
	next = bp_le64(new_page(lab)->hdr.setup_data);
	while (next) {
		const struct bp_wire_x86_setup_data *node = node_at(lab, next);

		if (bp_le32(node->type) == BP_SETUP_PCI && bp_le32(node->len) == sizeof(seen))
			ck_assert_uint_eq(bp_le32(node + 1), seen++);
		ck_assert_uint_le(seen, 900);
		next = bp_le64(node->next);
	}
	ck_assert_uint_eq(seen, 900);
	free(big);
	lab_free(lab);
}
END_TEST

START_TEST(the_size_does_not_depend_on_the_address)
{
	struct lab *lab = lab_new();
	struct bp_buf measured = { 0 };

	ck_assert_int_eq(encode(lab), 0);
	ck_assert_int_eq(bp_x86_params_encode(lab->ctx, &lab->p, 0, &measured), 0);
	ck_assert_uint_eq(measured.len, lab->out.len);
	bp_buf_done(&measured);
	lab_free(lab);
}
END_TEST

START_TEST(without_an_old_page_there_is_less_to_say)
{
	struct lab *lab = lab_new();

	bp_buf_done(&lab->m.x86.zero_page);
	lab->m.x86.status = -ENOENT;
	ck_assert_int_eq(encode(lab), 0);
	ck_assert_uint_eq(new_page(lab)->secure_boot, 0);
	ck_assert_uint_eq(new_page(lab)->e820_entries, 3);
	lab_free(lab);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("x86-params");
	TCase *t = tcase_create("x86-params");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, offsets_are_those_of_the_kernel);
	tcase_add_test(t, the_field_table_covers_the_page);
	tcase_add_test(t, fields_are_what_the_table_says);
	tcase_add_test(t, header_comes_from_the_image);
	tcase_add_test(t, a_header_that_leaves_the_page_is_refused);
	tcase_add_test(t, elf_kernels_get_a_header);
	tcase_add_test(t, command_line_up_to_the_image_s_limit);
	tcase_add_loop_test(t, efi_descriptor_size_stays, 40, 41);
	tcase_add_loop_test(t, efi_descriptor_size_stays, 48, 49);
	tcase_add_test(t, without_efi_acpi_is_still_found);
	tcase_add_loop_test(t, maps_of_any_size_arrive, 0, BP_ARRAY_SIZE(map_sizes));
	tcase_add_test(t, a_map_split_at_1_mib_stays_split);
	tcase_add_test(t, what_the_next_kernel_would_drop_is_refused);
	tcase_add_test(t, fifty_thousand_ranges_make_several_nodes);
	tcase_add_test(t, every_node_has_a_fate);
	tcase_add_test(t, kexec_handover_has_its_table_in_the_same_node);
	tcase_add_test(t, a_list_that_was_not_read_has_one_verdict);
	tcase_add_test(t, what_is_lost_is_said);
	tcase_add_test(t, thousands_of_nodes_keep_their_order);
	tcase_add_test(t, the_size_does_not_depend_on_the_address);
	tcase_add_test(t, without_an_old_page_there_is_less_to_say);
	suite_add_tcase(s, t);
	return run_suite(s);
}
