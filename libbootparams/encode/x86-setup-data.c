/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The setup_data list of the next kernel: which of the running kernel's nodes go on as
 * they are, which are made anew, and which stay behind and why.
 *
 * To handle one more type: one line in the table below, and where it is "rebuilt" or
 * "fresh", a function called from bp_x86_setup_data_add().
 */
#include "config.h"

#include <errno.h>

#include "encode/x86.h"
#include "wire/efi.h"
#include "wire/handover.h"
#include "wire/kho.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

enum action {
	COPIED,
	REBUILT,
	FRESH,
	DROPPED,
};

static const char *const action_names[] = {
	[COPIED] = "copied",
	[REBUILT] = "rebuilt",
	[FRESH] = "fresh",
	[DROPPED] = "dropped",
};

struct rule {
	uint32_t type;
	enum action action;
	bool quiet;	/* dropped, and nobody misses it: no warning */
	const char *name;
	const char *why;
};

static const struct rule rules[] = {
	{ BP_SETUP_NONE, DROPPED, true, "SETUP_NONE", "an empty slot" },
	{ BP_SETUP_E820_EXT, REBUILT, false, "SETUP_E820_EXT",
	  "the memory map is encoded anew, whatever its size" },
	{ BP_SETUP_DTB, COPIED, false, "SETUP_DTB",
	  "the device tree describes hardware that stays the same" },
	{ BP_SETUP_PCI, COPIED, false, "SETUP_PCI",
	  "an option ROM that only the firmware could read" },
	{ BP_SETUP_EFI, REBUILT, false, "SETUP_EFI",
	  "made from /sys/firmware/efi, with the runtime map" },
	{ BP_SETUP_APPLE_PROPERTIES, COPIED, false, "SETUP_APPLE_PROPERTIES",
	  "device properties that only the firmware could read" },
	{ BP_SETUP_JAILHOUSE, COPIED, false, "SETUP_JAILHOUSE",
	  "describes the cell, which stays the same, and holds no address in memory" },
	{ BP_SETUP_CC_BLOB, DROPPED, false, "SETUP_CC_BLOB",
	  "points to pages of this confidential guest; the next kernel has to find them "
	  "through the EFI tables" },
	{ BP_SETUP_IMA, DROPPED, false, "SETUP_IMA",
	  "points to a measurement list that this kernel has taken over; only "
	  "kexec_file_load passes the list on" },
	{ BP_SETUP_RNG_SEED, FRESH, false, "SETUP_RNG_SEED", "a seed is used only once" },
	{ BP_HANDOVER_SETUP_TYPE, FRESH, false, "kexec-bootparams record",
	  "it says who loaded this kernel; the next one gets its own" },
	{ BP_SETUP_KEXEC_KHO, REBUILT, false, "SETUP_KEXEC_KHO",
	  "made of what this kernel preserves for the next one, where that is handed over" },
};

static const struct rule rule_indirect = {
	BP_SETUP_INDIRECT, DROPPED, false, "SETUP_INDIRECT",
	"points to data that the running kernel does not show",
};

static const struct rule rule_unknown = {
	0, DROPPED, false, "unknown",
	"may point to memory that will be overwritten: its type is not known here",
};

static const struct rule *find_rule(uint32_t type)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(rules); i++)
		if (rules[i].type == type)
			return &rules[i];
	return type & BP_SETUP_INDIRECT ? &rule_indirect : &rule_unknown;
}

int bp_x86_setup_data_verdicts(struct bp_ctx *ctx, const struct bp_machine *m,
			       struct bp_setup_data_verdict **ret_verdicts, size_t *ret_n)
{
	struct bp_setup_data_verdict *v = calloc(m->x86.n_nodes + 1, sizeof(*v));

	if (!v)
		return bp_fail_errno(ctx, -ENOMEM, "cannot judge the setup_data");
	for (size_t i = 0; i < m->x86.n_nodes; i++) {
		const struct rule *rule = find_rule(m->x86.nodes[i].type);

		v[i] = (struct bp_setup_data_verdict){
			.type = m->x86.nodes[i].type,
			.name = rule->name,
			.action = action_names[rule->action],
			.why = rule->why,
			.lost = rule->action == DROPPED && !rule->quiet,
		};
	}
	*ret_verdicts = v;
	*ret_n = m->x86.n_nodes;
	if (m->x86.nodes_status && m->x86.nodes_status != -ENOENT) {
		v[0] = (struct bp_setup_data_verdict){
			.name = "all of it",
			.action = action_names[DROPPED],
			.lost = true,
			.why = "/sys/kernel/boot_params/setup_data could not be read",
		};
		*ret_n = 1;
	}
	return 0;
}

int bp_x86_node_add(struct bp_x86_segment *seg, uint32_t type, const void *data,
		    size_t len, size_t *ret_offset)
{
	struct bp_wire_x86_setup_data head = { 0 };
	size_t offset;
	int r;

	if (len > UINT32_MAX)
		return -ERANGE;
	r = bp_buf_pad(&seg->bytes, 16);
	if (r)
		return r;
	offset = seg->bytes.len;
	bp_put_le32(head.type, type);
	bp_put_le32(head.len, (uint32_t)len);
	r = bp_buf_append(&seg->bytes, &head, sizeof(head));
	if (!r)
		r = bp_buf_append(&seg->bytes, data, len);
	if (r)
		return r;
	bp_put_le64(seg->bytes.data + seg->link, seg->at + offset);
	seg->link = offset + offsetof(struct bp_wire_x86_setup_data, next);
	if (ret_offset)
		*ret_offset = offset + sizeof(head);
	return 0;
}

void bp_x86_e820_put(struct bp_wire_x86_e820_entry *entry, const struct bp_range *range)
{
	bp_put_le64(entry->addr, range->start);
	bp_put_le64(entry->size, range->end - range->start);
	bp_put_le32(entry->type, range->type);
}

int bp_x86_e820_ext_add(struct bp_x86_segment *seg, const struct bp_range *ranges,
			size_t n)
{
	const size_t per_node =
		(BP_X86_SETUP_DATA_MAP_MAX - sizeof(struct bp_wire_x86_setup_data)) /
		sizeof(struct bp_wire_x86_e820_entry);

	while (n) {
		bp_autobuf struct bp_buf table = { 0 };
		size_t some = BP_MIN(n, per_node);
		int r;

		for (size_t i = 0; i < some; i++) {
			struct bp_wire_x86_e820_entry entry;

			bp_x86_e820_put(&entry, &ranges[i]);
			r = bp_buf_append(&table, &entry, sizeof(entry));
			if (r)
				return r;
		}
		r = bp_x86_node_add(seg, BP_SETUP_E820_EXT, table.data, table.len, NULL);
		if (r)
			return r;
		ranges += some;
		n -= some;
	}
	return 0;
}

const char *bp_x86_efi_obstacle(const struct bp_machine *m, bool no_efi,
				uint32_t *ret_desc_size)
{
	const struct bp_wire_x86_boot_params *zp = (const void *)m->x86.zero_page.data;
	uint32_t desc_size;

	if (no_efi)
		return "left out (--noefi, or a kernel without EFI kexec support)";
	if (m->x86.zero_page.len != BP_X86_ZERO_PAGE_SIZE)
		return "the running kernel does not show its boot parameters";
	if (memcmp(zp->efi_info.loader_signature, BP_X86_EFI64_SIGNATURE, 4) &&
	    memcmp(zp->efi_info.loader_signature, BP_X86_EFI32_SIGNATURE, 4))
		return "the machine was not booted by EFI";
	if (m->efi.runtime_map_status == -EACCES || m->efi.runtime_map_status == -EPERM)
		return "the EFI runtime map may only be read by root";
	if (m->efi.runtime_map_status || !m->efi.n_runtime_map)
		return "the running kernel has no EFI runtime services to pass on";
	if (!m->efi.config_table)
		return "the address of the EFI configuration table is not known";
	desc_size = bp_le32(zp->efi_info.memdesc_size);
	if (desc_size < sizeof(struct bp_wire_efi_memory_descriptor) ||
	    desc_size > BP_EFI_MEMDESC_SIZE_MAX)
		return "the size of an EFI memory descriptor makes no sense";
	*ret_desc_size = desc_size;
	return NULL;
}

/*
 * SETUP_EFI and, in the same node behind its structure, the EFI memory map: only what is
 * in the list is spared when the next kernel places itself at random (mem_avoid_overlap()
 * in arch/x86/boot/compressed/kaslr.c); a map outside it could be overwritten.
 */
static int add_efi(const struct bp_machine *m, uint32_t desc_size,
		   struct bp_x86_segment *seg)
{
	struct bp_wire_x86_efi_setup_data head = { 0 };
	bp_autobuf struct bp_buf data = { 0 };
	size_t offset;
	int r;

	bp_put_le64(head.fw_vendor, m->efi.fw_vendor);
	bp_put_le64(head.runtime, m->efi.runtime);
	bp_put_le64(head.tables, m->efi.config_table);
	bp_put_le64(head.smbios, m->efi.smbios);
	r = bp_buf_append(&data, &head, sizeof(head));
	for (size_t i = 0; !r && i < m->efi.n_runtime_map; i++) {
		const struct bp_efi_mapping *mapping = &m->efi.runtime_map[i];
		struct bp_wire_efi_memory_descriptor desc = { 0 };

		bp_put_le32(desc.type, mapping->type);
		bp_put_le64(desc.physical_start, mapping->phys_addr);
		bp_put_le64(desc.virtual_start, mapping->virt_addr);
		bp_put_le64(desc.number_of_pages, mapping->num_pages);
		bp_put_le64(desc.attribute, mapping->attribute);
		r = bp_buf_append(&data, &desc, sizeof(desc));
		if (!r)
			r = bp_buf_append_zero(&data, desc_size - sizeof(desc));
	}
	if (!r)
		r = bp_x86_node_add(seg, BP_SETUP_EFI, data.data, data.len, &offset);
	if (r)
		return r;
	seg->efi_memmap = seg->at + offset + sizeof(head);
	seg->efi_memmap_size = (uint32_t)(data.len - sizeof(head));
	return 0;
}

/*
 * SETUP_KEXEC_KHO with the table of scratch areas in the tail of the same node: the next
 * kernel, which needs the table for as long as it runs, keeps its setup_data, and does not
 * place itself there at random.
 */
static int add_kho(const struct bp_kho_told *kho, struct bp_x86_segment *seg)
{
	struct bp_wire_kho_data head = { 0 };
	bp_autobuf struct bp_buf data = { 0 };
	size_t offset;
	int r;

	bp_put_le64(head.fdt_addr, kho->fdt_addr);
	bp_put_le64(head.fdt_size, kho->fdt_size);
	bp_put_le64(head.scratch_size, kho->n_areas * sizeof(struct bp_wire_kho_scratch));
	r = bp_buf_append(&data, &head, sizeof(head));
	if (!r)
		r = bp_kho_table_encode(kho, &data);
	if (!r)
		r = bp_x86_node_add(seg, BP_SETUP_KEXEC_KHO, data.data, data.len, &offset);
	if (r)
		return r;
	bp_put_le64(seg->bytes.data + offset +
			    offsetof(struct bp_wire_kho_data, scratch_addr),
		    seg->at + offset + sizeof(head));
	return 0;
}

int bp_x86_setup_data_add(struct bp_ctx *ctx, const struct bp_x86_params *p,
			  struct bp_x86_segment *seg)
{
	const struct bp_machine *m = p->machine;
	uint32_t desc_size = 0;
	const char *obstacle;
	int r = 0;

	for (size_t i = 0; i < m->x86.n_nodes; i++) {
		const struct bp_setup_data_node *node = &m->x86.nodes[i];
		const struct rule *rule = find_rule(node->type);

		if (rule->action == COPIED) {
			r = bp_x86_node_add(seg, node->type, node->data.data,
					    node->data.len, NULL);
			if (r)
				goto fail;
		}
	}
	obstacle = bp_x86_efi_obstacle(m, p->no_efi, &desc_size);
	if (obstacle)
		bp_debug(ctx, "EFI is not passed on: %s", obstacle);
	else
		r = add_efi(m, desc_size, seg);
	if (!r && p->fresh_rng_seed)
		r = bp_x86_node_add(seg, BP_SETUP_RNG_SEED, p->rng_seed,
				    sizeof(p->rng_seed), NULL);
	if (!r && p->handover.len)
		r = bp_x86_node_add(seg, BP_HANDOVER_SETUP_TYPE, p->handover.data,
				    p->handover.len, NULL);
	if (!r && p->kho.n_areas)
		r = add_kho(&p->kho, seg);
fail:
	return r ? bp_fail_errno(ctx, r, "cannot encode the setup_data") : 0;
}
