/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams show: everything the running kernel was given, decoded; as text or JSON. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "bootparams-cmd.h"

/* ---- JSON ---- */

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

int bootparams_show_json(struct bp_ctx *ctx, const struct bp_machine *m, bool whole,
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
	r = bootparams_x86_json(ctx, m, NULL, &j);
	json_efi(&j, &m->efi);
	if (!r && m->arch == BP_ARCH_ARM64)
		r = bootparams_fdt_json(ctx, &m->device_tree, whole, &j);
	bootparams_kho_json(&m->kho, &j);
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
		bootparams_x86_text(ctx, m, NULL, &b, &r);
	text_efi(&b, &r, &m->efi);
	if (!r && m->arch == BP_ARCH_ARM64)
		r = bootparams_fdt_text(ctx, &m->device_tree, false, &b);
	bootparams_kho_text(&m->kho, &b, &r);
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

static int describe(struct bp_ctx *ctx, bool json, struct bp_buf *ret_text)
{
	struct bp_machine *m = NULL;
	int r = bp_machine_collect(ctx, &m);

	bp_io_forget(ctx);
	if (!r)
		r = json ? bootparams_show_json(ctx, m, false, ret_text)
			 : bootparams_show_text(ctx, m, ret_text);
	bp_machine_unref(m);
	return r;
}

struct job {
	struct bootparams_args args;
	const char *file;
};

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *ret_text)
{
	const struct job *job = data;

	return !job->file     ? describe(ctx, job->args.json, ret_text)
	       : job->args.json ? bootparams_dump_json(ctx, job->file, true, ret_text)
				: bootparams_dump_text(ctx, job->file, ret_text);
}

static int show(int argc, char **argv)
{
	struct job job = { 0 };
	int r = bootparams_args(&bootparams_show, argc, argv, &job.args);

	if (r >= 0)
		return r;
	job.file = argv[optind];
	if (job.file && argv[optind + 1]) {
		say_error("show takes one file, and not \"%s\"", argv[optind + 1]);
		return EXIT_FAILURE;
	}
	if (job.file && job.args.sysroot) {
		say_error("--sysroot is one to show, and %s another: name one of them",
			  job.file);
		return EXIT_FAILURE;
	}
	return bootparams_tell(job.args.sysroot, look, &job);
}

const struct bootparams_command bootparams_show = {
	.name = "show",
	.arguments = "[--json] [--sysroot=PATH | FILE]",
	.help = "show what the running kernel was given, or what was dumped, decoded",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = show,
};
