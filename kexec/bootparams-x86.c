/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The x86 zero page and its setup_data, decoded; as text or JSON. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/memory.h"
#include "encode/encode.h"
#include "wire/kho.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

static bool is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* The characters of a TEXT field; anything unprintable is a dot. */
static void field_text(const uint8_t *p, size_t len, char text[17])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < 16 && p[i]; i++)
		text[n++] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	text[n] = 0;
}

/* Bytes that no field and no E820 entry has, and that are not zero: [*off, returned). */
static size_t next_stray(struct bp_span page, size_t *off)
{
	uint8_t known[BP_X86_ZERO_PAGE_SIZE] = { 0 };
	const struct bootparams_field *f;
	size_t end;

	for (size_t i = 0; (f = bootparams_field(i)); i++)
		memset(known + f->offset, 1, f->size);
	memset(known + offsetof(struct bp_wire_x86_boot_params, e820_table), 1,
	       sizeof(((struct bp_wire_x86_boot_params *)NULL)->e820_table));
	while (*off < page.len && (known[*off] || !page.data[*off]))
		++*off;
	for (end = *off; end < page.len && !known[end] && page.data[end]; )
		end++;
	return end;
}

/* What a node says, where it can be said in a few words; else empty. */
static void node_text(struct bp_ctx *ctx, const struct bp_setup_data_node *node,
		      char text[128])
{
	const uint8_t *p = node->data.data;
	struct bp_span data = bp_buf_span(&node->data);
	const struct bp_wire_x86_efi_setup_data *efi;
	struct bp_kho_given kho;

	text[0] = 0;
	switch (node->type) {
	case BP_SETUP_E820_EXT:
		snprintf(text, 128, "%zu E820 entries",
			 data.len / sizeof(struct bp_wire_x86_e820_entry));
		break;
	case BP_SETUP_PCI:
		/* arch/x86/include/asm/pci.h: struct pci_setup_rom behind the node's
		 * head */
		if (bp_span_has(data, 0, 48))
			snprintf(text, 128, "ROM of %04" PRIx64 ":%02" PRIx64 ":%02" PRIx64
				 ".%" PRIx64 " [%04x:%04x], %" PRIu64 " bytes", bp_le64(p + 16),
				 bp_le64(p + 24), bp_le64(p + 32), bp_le64(p + 40), bp_le16(p),
				 bp_le16(p + 2), bp_le64(p + 8));
		break;
	case BP_SETUP_EFI:
		efi = bp_span_get(data, 0, sizeof(*efi));
		if (efi)
			snprintf(text, 128, "fw_vendor 0x%" PRIx64 ", tables 0x%" PRIx64
				 ", smbios 0x%" PRIx64, bp_le64(efi->fw_vendor),
				 bp_le64(efi->tables), bp_le64(efi->smbios));
		break;
	case BP_SETUP_KEXEC_KHO:
		if (bp_kho_node_parse(ctx, data, &kho)) {
			snprintf(text, 128, "%s", bp_ctx_message(ctx));
			bp_forgive(ctx);
			break;
		}
		snprintf(text, 128, "fdt 0x%" PRIx64 ", %" PRIu64 " bytes, scratch table 0x%"
			 PRIx64 ", %" PRIu64 " areas", kho.fdt_addr, kho.fdt_size,
			 kho.scratch_addr,
			 kho.scratch_size / sizeof(struct bp_wire_kho_scratch));
		bp_kho_given_done(&kho);
		break;
	}
}

static void json_fields(struct bp_json *j, struct bp_span page)
{
	const struct bootparams_field *f;
	size_t end;

	bp_json_object(j, "fields");
	for (size_t i = 0; (f = bootparams_field(i)); i++) {
		const uint8_t *p = page.data + f->offset;
		char text[17];

		switch (f->format) {
		case BOOTPARAMS_DEC:
			bp_json_uint(j, f->name, bootparams_field_value(f, page));
			break;
		case BOOTPARAMS_HEX:
			bp_json_hex(j, f->name, bootparams_field_value(f, page));
			break;
		case BOOTPARAMS_TEXT:
			field_text(p, f->size, text);
			bp_json_string(j, f->name, text);
			break;
		case BOOTPARAMS_BYTES:
			bp_json_bytes(j, f->name, p, f->size);
			break;
		}
	}
	bp_json_object_end(j);
	bp_json_array(j, "stray");
	for (size_t off = 0; (end = next_stray(page, &off)) > off; off = end) {
		bp_json_object(j, NULL);
		bp_json_hex(j, "offset", off);
		bp_json_bytes(j, "bytes", page.data + off, end - off);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

static void json_screen(struct bp_ctx *ctx, struct bp_json *j, struct bp_span page)
{
	struct bp_screen s;

	if (bp_screen_info_decode(ctx, bp_span_sub(page, 0, BP_SCREEN_INFO_SIZE), &s)) {
		bp_forgive(ctx);
		bp_json_null(j, "screen");
		return;
	}
	bp_json_object(j, "screen");
	bp_json_hex(j, "base", s.base);
	bp_json_hex(j, "size", s.size_bytes);
	bp_json_uint(j, "width", s.width_px);
	bp_json_uint(j, "height", s.height_px);
	bp_json_uint(j, "stride", s.stride_bytes);
	bp_json_uint(j, "depth", s.depth_bits);
	bp_json_object_end(j);
}

static bp_phys_t first_node(const struct bp_machine *m)
{
	const struct bp_wire_x86_boot_params *zp = (const void *)m->x86.zero_page.data;

	return bp_le64(zp->hdr.setup_data);
}

/* Why there are no nodes; NULL: there are, or the list is empty. */
static const char *nodes_status(const struct bp_machine *m, const char *file)
{
	if (file && m->x86.nodes_status == -ENODATA)
		return "not in this file";
	return status_text(m->x86.nodes_status);
}

static int json_setup_data(struct bp_ctx *ctx, const struct bp_machine *m,
			   const char *file, struct bp_json *j)
{
	struct bp_setup_data_verdict *v = NULL;
	size_t n;
	int r;

	bp_json_string(j, "setup_data_status", nodes_status(m, file));
	r = bp_x86_setup_data_verdicts(ctx, m, &v, &n);
	if (r)
		return r;
	bp_json_array(j, "setup_data");
	/* Where the list was not read there are no nodes, but a verdict on all of it. */
	for (size_t i = 0; i < m->x86.n_nodes; i++) {
		const struct bp_setup_data_node *node = &m->x86.nodes[i];
		char text[128];

		bp_json_object(j, NULL);
		bp_json_uint(j, "type", v[i].type);
		bp_json_string(j, "name", v[i].name);
		bp_json_uint(j, "size", node->data.len);
		node_text(ctx, node, text);
		bp_json_string(j, "says", *text ? text : NULL);
		bp_json_bytes(j, "data", node->data.data, node->data.len);
		bp_json_string(j, "on_kexec", file ? NULL : v[i].action);
		bp_json_string(j, "why", file ? NULL : v[i].why);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	free(v);
	return 0;
}

int bootparams_x86_json(struct bp_ctx *ctx, const struct bp_machine *m, const char *file,
			struct bp_json *j)
{
	struct bp_span page = bp_buf_span(&m->x86.zero_page);
	bp_automemmap struct bp_memmap e820 = { 0 };
	int r;

	bp_json_object(j, "boot_params");
	bp_json_string(j, "status", status_text(m->x86.status));
	if (!m->x86.status) {
		json_fields(j, page);
		json_screen(ctx, j, page);
		if (bp_e820_decode(ctx, &m->x86, &e820))
			bp_json_string(j, "e820_status", bp_ctx_message(ctx));
		bp_forgive(ctx);
		json_map(j, "e820", &e820);
	}
	r = json_setup_data(ctx, m, file, j);
	bp_json_object_end(j);
	return r;
}

static void text_fields(struct bp_buf *b, int *r, struct bp_span page)
{
	const struct bootparams_field *f;
	size_t end;

	for (size_t i = 0; !*r && (f = bootparams_field(i)); i++) {
		const uint8_t *p = page.data + f->offset;
		const char *note = bootparams_field_note(f, page);
		char text[17];

		/* Most of the page is zero; only a framebuffer's zeros say something. */
		if (is_zero(p, f->size) && strncmp(f->name, "screen_info.lfb_", 16) &&
		    strcmp(f->name, "screen_info.orig_video_isVGA"))
			continue;
		put(b, r, "  0x%03x  %-30s ", f->offset, f->name);
		switch (f->format) {
		case BOOTPARAMS_DEC:
			put(b, r, "%" PRIu64, bootparams_field_value(f, page));
			break;
		case BOOTPARAMS_HEX:
			put(b, r, "0x%" PRIx64, bootparams_field_value(f, page));
			break;
		case BOOTPARAMS_TEXT:
			field_text(p, f->size, text);
			put(b, r, "\"%s\"", text);
			break;
		case BOOTPARAMS_BYTES:
			if (!*r)
				*r = bp_buf_append_hex(b, p, f->size);
			break;
		}
		put(b, r, note ? " (%s)\n" : "\n", note);
	}
	for (size_t off = 0; !*r && (end = next_stray(page, &off)) > off; off = end) {
		put(b, r, "  0x%03zx  %-30s ", off, "(padding, not zero)");
		if (!*r)
			*r = bp_buf_append_hex(b, page.data + off, end - off);
		put(b, r, "\n");
	}
}

static void text_setup_data(struct bp_ctx *ctx, const struct bp_machine *m,
			    const char *file, struct bp_buf *b, int *r)
{
	const char *status = nodes_status(m, file);
	struct bp_setup_data_verdict *v = NULL;
	size_t n;

	put(b, r, "\nsetup_data%s", file ? "" : " (/sys/kernel/boot_params/setup_data)");
	if (file && m->x86.nodes_status == -ENODATA)
		put(b, r, ": begins at 0x%" PRIx64 ", which is ", first_node(m));
	else if (status)
		put(b, r, ": ");
	if (status) {
		put(b, r, "%s\n", status);
		return;
	}
	if (!*r)
		*r = bp_x86_setup_data_verdicts(ctx, m, &v, &n);
	if (*r)
		return;
	put(b, r, ": %zu node%s%s\n", n, n == 1 ? "" : "s",
	    !n	   ? "" :
	    file ? " (number, type, size)" :
		   " (number, type, size, and what kexec_load does with it)");
	for (size_t i = 0; i < n; i++) {
		char text[128];

		put(b, r, "  %3zu  %-24s (%" PRIu32 ")  %8zu bytes", i, v[i].name,
		    v[i].type, m->x86.nodes[i].data.len);
		if (!file)
			put(b, r, "  %s: %s", v[i].action, v[i].why);
		node_text(ctx, &m->x86.nodes[i], text);
		put(b, r, "%s%s\n", *text ? "\n       " : "", text);
	}
	free(v);
}

void bootparams_x86_text(struct bp_ctx *ctx, const struct bp_machine *m, const char *file,
			 struct bp_buf *b, int *r)
{
	struct bp_span page = bp_buf_span(&m->x86.zero_page);
	bp_automemmap struct bp_memmap e820 = { 0 };
	const char *status = status_text(m->x86.status);
	int e820_status;

	put(b, r, "\nBoot parameters (%s)", file ? file : "/sys/kernel/boot_params/data");
	if (status) {
		put(b, r, ": %s\n", status);
	} else {
		put(b, r, ": fields that are not zero, and the framebuffer\n");
		text_fields(b, r, page);
		e820_status = bp_e820_decode(ctx, &m->x86, &e820);
		text_map(b, r, file ? "E820 map" : "E820 map as booted", &e820,
			 e820_status ? bp_ctx_message(ctx) : NULL);
		bp_forgive(ctx);
	}
	text_setup_data(ctx, m, file, b, r);
}
