/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about what the firmware and the loader before left: EFI, ACPI, setup_data, the
 * device tree. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "decide/cmdline.h"
#include "rules.h"
#include "wire/efi.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

/* What x86 was told of EFI; NULL: not booted by it, or unreadable, as the answer says. */
static const struct bp_wire_x86_efi_info *efi_info(const struct check_subject *s,
						   struct check_answer *a)
{
	const struct bp_machine *m = s->machine;
	const struct bp_wire_x86_boot_params *zp = (const void *)m->x86.zero_page.data;

	if (m->arch != BP_ARCH_X86_64) {
		a->outcome = check_not_applicable(a, "only x86");
		return NULL;
	}
	if (m->x86.zero_page.len != BP_X86_ZERO_PAGE_SIZE) {
		a->outcome = check_unknown(a, "/sys/kernel/boot_params/data cannot be read");
		return NULL;
	}
	if (memcmp(zp->efi_info.loader_signature, BP_X86_EFI64_SIGNATURE, 4) &&
	    memcmp(zp->efi_info.loader_signature, BP_X86_EFI32_SIGNATURE, 4)) {
		a->outcome = check_not_applicable(a, "this kernel was not told of EFI");
		return NULL;
	}
	/* As machines have it that were written by hand. */
	if (!bp_le32(zp->efi_info.systab) && !bp_le32(zp->efi_info.systab_hi)) {
		a->outcome = check_unknown(a, "boot_params has EFI's signature, and no "
					      "address of its system table");
		return NULL;
	}
	return &zp->efi_info;
}

enum check_outcome check_efi_memmap(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_wire_x86_efi_info *efi = efi_info(s, a);
	uint64_t at;

	if (!efi)
		return a->outcome;
	at = (uint64_t)bp_le32(efi->memmap_hi) << 32 | bp_le32(efi->memmap);
	if (at && bp_le32(efi->memmap_size))
		return CHECK_OK;
	return check_found(a, "boot_params: efi_memmap 0x%" PRIx64 ", efi_memmap_size %" PRIu32,
			   at, bp_le32(efi->memmap_size));
}

enum check_outcome check_efi_descriptors(const struct check_subject *s,
					 struct check_answer *a)
{
	const struct bp_wire_x86_efi_info *efi = efi_info(s, a);
	uint32_t size, all;

	if (!efi)
		return a->outcome;
	size = bp_le32(efi->memdesc_size);
	all = bp_le32(efi->memmap_size);
	if (!all)
		return check_not_applicable(a, "there is no EFI memory map");
	if (size < sizeof(struct bp_wire_efi_memory_descriptor) || size % 8 ||
	    size > BP_EFI_MEMDESC_SIZE_MAX)
		return check_found(a, "boot_params: efi_memdesc_size is %" PRIu32
				      "; UEFI's descriptors have 40 bytes or some more", size);
	if (all % size)
		return check_found(a, "boot_params: efi_memmap_size %" PRIu32 " is no multiple "
				      "of efi_memdesc_size %" PRIu32, all, size);
	return CHECK_OK;
}

/* The word of the command line that turns the services off; NULL: none does. */
static const char *turned_off(const char *cmdline)
{
	struct bp_span efi = bp_cmdline_value(cmdline, "efi");

	if (bp_cmdline_has(cmdline, "noefi"))
		return "noefi";
	return efi.data && memmem(efi.data, efi.len, "noruntime", strlen("noruntime"))
		       ? "efi=noruntime" : NULL;
}

enum check_outcome check_efi_runtime(const struct check_subject *s,
				     struct check_answer *a)
{
	const char *word = turned_off(s->machine->cmdline);

	if (s->machine->efi.status) {
		if (!efi_info(s, a))
			return a->outcome;
		return check_found(a, "boot_params tells of EFI, and there is no "
				      "/sys/firmware/efi%s%s", word ? ": " : "",
				   word ? word : "");
	}
	if (word)
		return check_found(a, "%s is on the command line", word);
	return CHECK_OK;
}

enum check_outcome check_acpi_rsdp(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_machine *m = s->machine;
	const struct bp_wire_x86_boot_params *zp = (const void *)m->x86.zero_page.data;
	const struct bp_efi *efi = &m->efi;

	if (!efi_info(s, a))
		return a->outcome;
	if (bp_le64(zp->acpi_rsdp_addr) || efi->acpi20 || efi->acpi ||
	    bp_cmdline_value(m->cmdline, "acpi_rsdp").data)
		return CHECK_OK;
	if (efi->smbios || efi->smbios3)
		return check_found(a, "neither /sys/firmware/efi/systab nor boot_params nor the "
				      "command line has an address");
	return check_unknown(a, "/sys/firmware/efi/systab cannot be read: run this as root");
}

/* Why a node cannot be right; NULL: nothing is known against it. */
static const char *node_fault(const struct bp_setup_data_node *node)
{
	switch (node->type) {
	case BP_SETUP_E820_EXT:
		return node->data.len % sizeof(struct bp_wire_x86_e820_entry)
			       ? "its last E820 entry is not all there" : NULL;
	case BP_SETUP_EFI:
		return node->data.len < sizeof(struct bp_wire_x86_efi_setup_data)
			       ? "it is shorter than struct efi_setup_data" : NULL;
	default:
		return NULL;
	}
}

/* 0, or the answer to "which nodes are there": none, or why they cannot be read. */
static bool no_nodes(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_x86_boot *boot = &s->machine->x86;

	if (s->machine->arch != BP_ARCH_X86_64)
		a->outcome = check_not_applicable(a, "only x86");
	else if (boot->nodes_status == -ENOENT)
		a->outcome = check_not_applicable(a, "this kernel was told no setup_data");
	else if (boot->nodes_status)
		a->outcome = check_unknown(a, "/sys/kernel/boot_params/setup_data cannot be "
					      "read: %s", strerror(-boot->nodes_status));
	else
		return false;
	return true;
}

enum check_outcome check_setup_data_damaged(const struct check_subject *s,
					    struct check_answer *a)
{
	const struct bp_x86_boot *boot = &s->machine->x86;

	if (boot->nodes_status == -EBADMSG || boot->nodes_status == -EFBIG)
		return check_found(a, "/sys/kernel/boot_params/setup_data: %s",
				   boot->nodes_status == -EFBIG
					   ? "more than any firmware has"
					   : "a node has no type, or no data");
	if (no_nodes(s, a))
		return a->outcome;
	for (size_t i = 0; i < boot->n_nodes; i++) {
		const char *fault = node_fault(&boot->nodes[i]);

		if (fault)
			return check_found(a, "node %zu (type %" PRIu32 ", %zu bytes): %s", i,
					   boot->nodes[i].type, boot->nodes[i].data.len,
					   fault);
	}
	return CHECK_OK;
}

enum check_outcome check_setup_data_unknown(const struct check_subject *s,
					    struct check_answer *a)
{
	bp_autofree struct bp_setup_data_verdict *v = NULL;
	size_t n = 0;

	if (no_nodes(s, a))
		return a->outcome;
	if (bp_x86_setup_data_verdicts(s->ctx, s->machine, &v, &n)) {
		bp_forgive(s->ctx);
		return check_unknown(a, "out of memory");
	}
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, "unknown") || !strcmp(v[i].name, "SETUP_INDIRECT"))
			return check_found(a, "node %zu, type 0x%" PRIx32 ", %zu bytes: %s", i,
					   v[i].type, s->machine->x86.nodes[i].data.len,
					   v[i].why);
	return CHECK_OK;
}

/* ---- arm64 ---- */

/* drivers/firmware/efi/fdtparams.c */
static const char *const uefi_properties[] = {
	"linux,uefi-system-table", "linux,uefi-mmap-start", "linux,uefi-mmap-size",
	"linux,uefi-mmap-desc-size", "linux,uefi-mmap-desc-ver",
};

/* Nothing but /chosen: the machine is described by EFI and ACPI (dt_is_stub(),
 * arch/arm64/kernel/acpi.c). */
static bool is_stub(const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0)
		if (strcmp(fdt_get_name(fdt, node, NULL), "chosen"))
			return false;
	return true;
}

enum check_outcome check_arm64_efi(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_device_tree *dt = &s->machine->device_tree;
	const void *fdt = dt->blob.data;
	const char *missing = NULL;
	size_t n = 0;
	int chosen;

	if (s->machine->arch != BP_ARCH_ARM64)
		return check_not_applicable(a, "only arm64");
	if (dt->status)
		return check_unknown(a, "the device tree cannot be read: %s",
				     dt->status == -EACCES ? "run this as root"
							   : strerror(-dt->status));
	chosen = fdt_path_offset(fdt, "/chosen");
	for (size_t i = 0; i < BP_ARRAY_SIZE(uefi_properties); i++)
		if (chosen >= 0 && fdt_getprop(fdt, chosen, uefi_properties[i], NULL))
			n++;
		else if (!missing)
			missing = uefi_properties[i];
	if (!missing)
		return CHECK_OK;
	if (n)
		return check_found(a, "/chosen has no %s, and has %zu of the other four",
				   missing, n);
	if (fdt_path_offset(fdt, "/hypervisor") >= 0 || !is_stub(fdt))
		return check_not_applicable(a, "the device tree describes the machine, without "
					       "EFI");
	return check_found(a, "the device tree describes nothing, and /chosen has none of EFI's "
			      "properties");
}

enum check_outcome check_arm64_lpi(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_efi_tables *t = &s->machine->efi_tables;
	const char *log = bp_buf_str(&s->log);

	if (s->machine->arch != BP_ARCH_ARM64)
		return check_not_applicable(a, "only arm64");
	if (t->status == -ENOENT)
		return check_not_applicable(a, "not booted by EFI");
	if (t->status)
		return check_unknown(a, "EFI's tables cannot be read: %s",
				     t->why ? t->why : strerror(-t->status));
	if (bp_efi_config_find(t, BP_EFI_GUID_MEMRESERVE))
		return CHECK_OK;
	if (!strstr(log, "GICv"))
		return check_unknown(a, "the kernel's log does not say which interrupt "
					"controller there is");
	/* "GICv3: CPU0: using allocated LPI pending table @0x..." */
	if (!strstr(log, "LPI pending table"))
		return check_not_applicable(a, "the interrupt controller has no tables in "
					       "memory");
	return check_found(a, "EFI's configuration table has no LINUX_EFI_MEMRESERVE_TABLE, and "
			      "by the kernel's log the controller has its tables in memory");
}

enum check_outcome check_confidential(const struct check_subject *s,
				      struct check_answer *a)
{
	const struct bp_machine *m = s->machine;
	const char *name = m->confidential == BP_CONF_TDX ? "TDX" : "SEV-SNP";

	switch (m->confidential) {
	case BP_CONF_NONE: return check_not_applicable(a, "no confidential guest");
	case BP_CONF_SEV: return CHECK_OK;
	case BP_CONF_SEV_ES:
		return check_found(a, "a SEV-ES guest, whose CPUs no kernel can hand on");
	default: break;
	}
	if (m->kexec.converts_shared_memory < 0)
		return check_unknown(a, "a %s guest, and /proc/kallsyms does not show whether "
					"this kernel turns shared memory back to private",
				     name);
	if (m->kexec.converts_shared_memory)
		return CHECK_OK;
	return check_found(a, "a %s guest, and this kernel does not turn the memory that it "
			      "shares with the host back to private", name);
}
