/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams show: everything the running kernel was given, decoded; as text or JSON. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "decide/memory.h"
#include "encode/encode.h"
#include "bootparams-cmd.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

/* What a part's status means to people; NULL: it was read. */
static const char *status_text(int status)
{
	switch (status) {
	case 0: return NULL;
	case -ENOENT: return "this system has none";
	case -ENODATA: return "not recorded";
	case -EBADMSG: return "malformed";
	default: return strerror(-status);
	}
}

static bool is_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static int append_hex(struct bp_buf *b, const uint8_t *p, size_t len)
{
	int r = bp_buf_reserve(b, len * 2);

	for (size_t i = 0; !r && i < len; i++)
		r = bp_buf_printf(b, "%02x", p[i]);
	return r;
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
static void node_text(const struct bp_setup_data_node *node, char text[128])
{
	const uint8_t *p = node->data.data;
	struct bp_span data = bp_buf_span(&node->data);
	const struct bp_wire_x86_efi_setup_data *efi;

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
	}
}

/* ---- JSON ---- */

static void json_map(struct bp_json *j, const char *key, const struct bp_memmap *map)
{
	bp_json_array(j, key);
	for (size_t i = 0; i < map->n; i++) {
		bp_json_object(j, NULL);
		bp_json_hex(j, "start", map->v[i].start);
		bp_json_hex(j, "end", map->v[i].end);
		bp_json_uint(j, "type", map->v[i].type);
		bp_json_string(j, "name", bp_mem_type_name(map->v[i].type));
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

static int json_fields(struct bp_json *j, struct bp_span page)
{
	const struct bootparams_field *f;
	size_t end;
	int r = 0;

	bp_json_object(j, "fields");
	for (size_t i = 0; !r && (f = bootparams_field(i)); i++) {
		const uint8_t *p = page.data + f->offset;
		bp_autobuf struct bp_buf hex = { 0 };
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
			r = append_hex(&hex, p, f->size);
			bp_json_string(j, f->name, bp_buf_str(&hex));
			break;
		}
	}
	bp_json_object_end(j);
	bp_json_array(j, "stray");
	for (size_t off = 0; !r && (end = next_stray(page, &off)) > off; off = end) {
		bp_autobuf struct bp_buf hex = { 0 };

		r = append_hex(&hex, page.data + off, end - off);
		bp_json_object(j, NULL);
		bp_json_hex(j, "offset", off);
		bp_json_string(j, "bytes", bp_buf_str(&hex));
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	return r;
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

static int json_setup_data(struct bp_ctx *ctx, struct bp_json *j,
			   const struct bp_machine *m)
{
	struct bp_setup_data_verdict *v = NULL;
	int r = 0;
	size_t n;

	bp_json_string(j, "setup_data_status", status_text(m->x86.nodes_status));
	r = bp_x86_setup_data_verdicts(ctx, m, &v, &n);
	if (r)
		return r;
	bp_json_array(j, "setup_data");
	/* Where the list was not read there are no nodes, but a verdict on all of it. */
	for (size_t i = 0; !r && i < m->x86.n_nodes; i++) {
		bp_autobuf struct bp_buf hex = { 0 };
		char text[128];

		r = append_hex(&hex, m->x86.nodes[i].data.data, m->x86.nodes[i].data.len);
		bp_json_object(j, NULL);
		bp_json_uint(j, "type", v[i].type);
		bp_json_string(j, "name", v[i].name);
		bp_json_uint(j, "size", m->x86.nodes[i].data.len);
		node_text(&m->x86.nodes[i], text);
		bp_json_string(j, "says", *text ? text : NULL);
		bp_json_string(j, "data", bp_buf_str(&hex));
		bp_json_string(j, "on_kexec", v[i].action);
		bp_json_string(j, "why", v[i].why);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	free(v);
	return r;
}

static int json_boot_params(struct bp_ctx *ctx, struct bp_json *j,
			    const struct bp_machine *m)
{
	struct bp_span page = bp_buf_span(&m->x86.zero_page);
	bp_automemmap struct bp_memmap e820 = { 0 };
	int r = 0;

	bp_json_object(j, "boot_params");
	bp_json_string(j, "status", status_text(m->x86.status));
	if (!m->x86.status) {
		r = json_fields(j, page);
		json_screen(ctx, j, page);
		if (bp_e820_decode(ctx, &m->x86, &e820))
			bp_json_string(j, "e820_status", bp_ctx_message(ctx));
		bp_forgive(ctx);
		json_map(j, "e820", &e820);
	}
	if (!r)
		r = json_setup_data(ctx, j, m);
	bp_json_object_end(j);
	return r;
}

static void json_efi(struct bp_json *j, const struct bp_efi *efi)
{
	bp_json_object(j, "efi");
	bp_json_string(j, "status", status_text(efi->status));
	if (!efi->status) {
		bp_json_uint(j, "platform_bits", efi->platform_bits);
		bp_json_hex(j, "fw_vendor", efi->fw_vendor);
		bp_json_hex(j, "runtime", efi->runtime);
		bp_json_hex(j, "config_table", efi->config_table);
		bp_json_hex(j, "acpi20", efi->acpi20);
		bp_json_hex(j, "acpi", efi->acpi);
		bp_json_hex(j, "smbios3", efi->smbios3);
		bp_json_hex(j, "smbios", efi->smbios);
		if (efi->secure_boot < 0)
			bp_json_null(j, "secure_boot");
		else
			bp_json_bool(j, "secure_boot", efi->secure_boot);
		bp_json_string(j, "runtime_map_status",
			       status_text(efi->runtime_map_status));
		bp_json_array(j, "runtime_map");
		for (size_t i = 0; i < efi->n_runtime_map; i++) {
			bp_json_object(j, NULL);
			bp_json_uint(j, "type", efi->runtime_map[i].type);
			bp_json_hex(j, "phys_addr", efi->runtime_map[i].phys_addr);
			bp_json_hex(j, "virt_addr", efi->runtime_map[i].virt_addr);
			bp_json_uint(j, "num_pages", efi->runtime_map[i].num_pages);
			bp_json_hex(j, "attribute", efi->runtime_map[i].attribute);
			bp_json_object_end(j);
		}
		bp_json_array_end(j);
	}
	bp_json_object_end(j);
}

int bootparams_show_json(struct bp_ctx *ctx, const struct bp_machine *m,
			 struct bp_buf *ret_text)
{
	struct bp_json j = { 0 };
	int r = 0;

	bp_json_object(&j, NULL);
	bp_json_object(&j, "machine");
	bp_json_string(&j, "arch", bp_arch_name(m->arch));
	bp_json_string(&j, "release", m->release);
	bp_json_string(&j, "vendor", m->dmi_vendor);
	bp_json_string(&j, "product", m->dmi_product);
	bp_json_string(&j, "cmdline", m->cmdline);
	if (m->arch == BP_ARCH_ARM64)
		bp_json_uint(&j, "page_size", m->page_size);
	bp_json_object_end(&j);
	r = json_boot_params(ctx, &j, m);
	json_efi(&j, &m->efi);
	if (!r && m->arch == BP_ARCH_ARM64)
		r = bootparams_fdt_json(&m->device_tree,
					status_text(m->device_tree.status), &j);
	if (!r)
		r = bootparams_screen_json(ctx, m, &j);
	bp_json_string(&j, "firmware_map_status", status_text(m->firmware_map_status));
	json_map(&j, "firmware_map", &m->firmware_map);
	bp_json_string(&j, "iomem_status", status_text(m->iomem.status));
	bp_json_array(&j, "iomem");
	for (size_t i = 0; i < m->iomem.n; i++) {
		bp_json_object(&j, NULL);
		bp_json_hex(&j, "start", m->iomem.v[i].start);
		bp_json_hex(&j, "end", m->iomem.v[i].end);
		bp_json_uint(&j, "depth", m->iomem.v[i].depth);
		bp_json_string(&j, "name", m->iomem.v[i].name);
		bp_json_object_end(&j);
	}
	bp_json_array_end(&j);
	bp_json_object_end(&j);
	if (r) {
		bp_buf_done(&j.buf);
		return r;
	}
	return bp_json_finish(&j, ret_text);
}

/* ---- text ---- */

/* "12.5 GiB": three digits say enough, the exact ends stand beside it. */
static void size_text(uint64_t bytes, char text[24])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t u = 0;

	while (u + 1 < BP_ARRAY_SIZE(units) && bytes >= 10240) {
		bytes >>= 10;
		u++;
	}
	snprintf(text, 24, "%" PRIu64 " %s", bytes, units[u]);
}

/* Out of memory is the only way these fail: the first failure stays in *@r. */
static void put(struct bp_buf *b, int *r, const char *fmt, ...) BP_PRINTF(3, 4);
static void put(struct bp_buf *b, int *r, const char *fmt, ...)
{
	va_list ap;

	if (*r)
		return;
	va_start(ap, fmt);
	*r = bp_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

static void text_range(struct bp_buf *b, int *r, bp_phys_t start, bp_phys_t end,
		       unsigned int depth, const char *name)
{
	char size[24];

	size_text(end - start, size);
	put(b, r, "  0x%016" PRIx64 "  0x%016" PRIx64 "  %9s  %*s%s\n", start, end, size,
	    (int)depth * 2, "", name);
}

static void text_map(struct bp_buf *b, int *r, const char *title,
		     const struct bp_memmap *map, const char *status)
{
	put(b, r, "\n%s", title);
	if (status) {
		put(b, r, ": %s\n", status);
		return;
	}
	put(b, r, ": %zu ranges (start, end exclusive, size, type)\n", map->n);
	for (size_t i = 0; i < map->n; i++) {
		uint32_t type = map->v[i].type;
		char unknown[32];

		snprintf(unknown, sizeof(unknown), "type %" PRIu32, type);
		text_range(b, r, map->v[i].start, map->v[i].end, 0,
			   strcmp(bp_mem_type_name(type), "unknown")
				   ? bp_mem_type_name(type)
				   : unknown);
	}
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
				*r = append_hex(b, p, f->size);
			break;
		}
		put(b, r, note ? " (%s)\n" : "\n", note);
	}
	for (size_t off = 0; !*r && (end = next_stray(page, &off)) > off; off = end) {
		put(b, r, "  0x%03zx  %-30s ", off, "(padding, not zero)");
		if (!*r)
			*r = append_hex(b, page.data + off, end - off);
		put(b, r, "\n");
	}
}

static void text_setup_data(struct bp_ctx *ctx, struct bp_buf *b, int *r,
			    const struct bp_machine *m)
{
	const char *status = status_text(m->x86.nodes_status);
	struct bp_setup_data_verdict *v = NULL;
	size_t n;

	put(b, r, "\nsetup_data (/sys/kernel/boot_params/setup_data)");
	if (status) {
		put(b, r, ": %s\n", status);
		return;
	}
	if (!*r)
		*r = bp_x86_setup_data_verdicts(ctx, m, &v, &n);
	if (*r)
		return;
	put(b, r, ": %zu nodes (number, type, size, and what kexec_load does with it)\n",
	    n);
	for (size_t i = 0; i < n; i++) {
		char text[128];

		put(b, r, "  %3zu  %-24s (%" PRIu32 ")  %8zu bytes  %s: %s\n", i,
		    v[i].name, v[i].type, m->x86.nodes[i].data.len, v[i].action,
		    v[i].why);
		node_text(&m->x86.nodes[i], text);
		if (*text)
			put(b, r, "       %s\n", text);
	}
	free(v);
}

static void text_boot_params(struct bp_ctx *ctx, struct bp_buf *b, int *r,
			     const struct bp_machine *m)
{
	struct bp_span page = bp_buf_span(&m->x86.zero_page);
	bp_automemmap struct bp_memmap e820 = { 0 };
	const char *status = status_text(m->x86.status);
	int e820_status;

	put(b, r, "\nBoot parameters (/sys/kernel/boot_params/data)");
	if (status) {
		put(b, r, ": %s\n", status);
	} else {
		put(b, r, ": fields that are not zero, and the framebuffer\n");
		text_fields(b, r, page);
		e820_status = bp_e820_decode(ctx, &m->x86, &e820);
		text_map(b, r, "E820 map as booted", &e820,
			 e820_status ? bp_ctx_message(ctx) : NULL);
		bp_forgive(ctx);
	}
	text_setup_data(ctx, b, r, m);
}

static void text_efi(struct bp_buf *b, int *r, const struct bp_efi *efi)
{
	const char *status = status_text(efi->status);
	const struct {
		const char *name;
		uint64_t value;
	} addresses[] = {
		{ "fw_vendor", efi->fw_vendor },
		{ "runtime", efi->runtime },
		{ "config_table", efi->config_table },
		{ "ACPI 2.0", efi->acpi20 },
		{ "ACPI", efi->acpi },
		{ "SMBIOS 3", efi->smbios3 },
		{ "SMBIOS", efi->smbios },
	};

	put(b, r, "\nEFI (/sys/firmware/efi)");
	if (status) {
		put(b, r, ": %s\n", status);
		return;
	}
	put(b, r, ": %u bits, secure boot %s\n", efi->platform_bits,
	    efi->secure_boot < 0 ? "unknown" : efi->secure_boot ? "on" : "off");
	for (size_t i = 0; i < BP_ARRAY_SIZE(addresses); i++)
		if (addresses[i].value)
			put(b, r, "  %-13s 0x%" PRIx64 "\n", addresses[i].name,
			    addresses[i].value);
	status = status_text(efi->runtime_map_status);
	if (status) {
		put(b, r, "  runtime map: %s\n", status);
		return;
	}
	put(b, r,
	    "  runtime map: %zu mappings (physical, virtual, pages, type, attributes)\n",
	    efi->n_runtime_map);
	for (size_t i = 0; i < efi->n_runtime_map; i++)
		put(b, r, "  0x%016" PRIx64 "  0x%016" PRIx64 "  %8" PRIu64 "  %2" PRIu32
			  "  0x%" PRIx64 "\n", efi->runtime_map[i].phys_addr,
		    efi->runtime_map[i].virt_addr, efi->runtime_map[i].num_pages,
		    efi->runtime_map[i].type, efi->runtime_map[i].attribute);
}

static void text_iomem(struct bp_buf *b, int *r, const struct bp_iomem *iomem)
{
	const char *status = iomem->status == -EACCES ?
				     "addresses are hidden from who is not root" :
				     status_text(iomem->status);

	put(b, r, "\nMemory and devices (/proc/iomem)");
	if (status) {
		put(b, r, ": %s\n", status);
		return;
	}
	put(b, r, ": %zu ranges (start, end exclusive, size, owner)\n", iomem->n);
	for (size_t i = 0; i < iomem->n; i++)
		text_range(b, r, iomem->v[i].start, iomem->v[i].end, iomem->v[i].depth,
			   iomem->v[i].name);
}

int bootparams_show_text(struct bp_ctx *ctx, const struct bp_machine *m,
			 struct bp_buf *ret_text)
{
	struct bp_buf b = { 0 };
	int r = 0;

	put(&b, &r,
	    "Machine\n  architecture  %s\n  kernel        %s\n  product       %s, %s\n"
	    "  command line  %s\n",
	    bp_arch_name(m->arch), m->release ? m->release : "unknown",
	    m->dmi_vendor ? m->dmi_vendor : "unknown",
	    m->dmi_product ? m->dmi_product : "unknown", m->cmdline);
	if (m->arch == BP_ARCH_X86_64)
		text_boot_params(ctx, &b, &r, m);
	text_efi(&b, &r, &m->efi);
	if (!r && m->arch == BP_ARCH_ARM64)
		r = bootparams_fdt_text(&m->device_tree,
					status_text(m->device_tree.status), &b);
	if (!r)
		r = bootparams_screen_text(ctx, m, &b);
	text_map(&b, &r, "Firmware's memory map (/sys/firmware/memmap)", &m->firmware_map,
		 status_text(m->firmware_map_status));
	text_iomem(&b, &r, &m->iomem);
	if (r) {
		bp_buf_done(&b);
		return r;
	}
	*ret_text = b;
	return 0;
}

static int show(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "sysroot", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bp_autobuf struct bp_buf text = { 0 };
	const char *sysroot = NULL;
	struct bp_machine *m = NULL;
	bool json = false;
	struct bp_ctx *ctx;
	int c, r;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (c) {
		case 'j':
			json = true;
			break;
		case 's':
			sysroot = optarg;
			break;
		case 'h':
			bootparams_usage(&bootparams_show, stdout);
			return EXIT_SUCCESS;
		default:
			return EXIT_FAILURE;
		}
	if (optind < argc) {
		say_error("show takes no \"%s\"", argv[optind]);
		return EXIT_FAILURE;
	}
	ctx = bootparams_ctx(sysroot, false);
	if (!ctx)
		return EXIT_FAILURE;
	r = bp_machine_collect(ctx, &m);
	if (!r)
		r = json ? bootparams_show_json(ctx, m, &text)
			 : bootparams_show_text(ctx, m, &text);
	if (r)
		say_error("%s",
			  *bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r));
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : bootparams_print(&text);
}

const struct bootparams_command bootparams_show = {
	.name = "show",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "show what the running kernel was given, decoded",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = show,
};
