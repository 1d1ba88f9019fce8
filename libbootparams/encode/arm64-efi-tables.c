/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy of EFI's system table and configuration table that leads to a struct screen_info
 *
 * An arm64 kernel takes its framebuffer from the configuration table's entry e03fc20a-...
 * (Linux 6.3 and later: init_screen_info(), drivers/firmware/efi/efi-init.c). The
 * firmware's tables have none, or one that the running kernel has emptied, and are not
 * ours to change. So the next kernel is led to a copy of them by its device tree's
 * linux,uefi-system-table.
 *
 * In the copy all addresses are physical. The kernel translates the first two below as it
 * does those of the firmware, through the runtime mappings (efi_to_phys()), so that the
 * copy must not lie where one of them has its virtual addresses. It reads FirmwareVendor,
 * ConfigurationTable and the number of its entries, RuntimeServices (which stays the
 * firmware's: without one the first call of a runtime service is an oops) and the
 * revision.
 *
 * Layout: wire/efi-clone.h
 */
#include "config.h"

#include <errno.h>

#include "collect/efi-tables.h"
#include "encode/encode.h"
#include "wire/efi-clone.h"

#define REVISION_2_70 (2u << 16 | 70)

static const char rebuilt_vendor[] = "kexec-bootparams";

/* Entries that are true for the running kernel only. */
static bool is_stale(const uint8_t guid[16])
{
	/*
	 * The initrd that the EFI stub loaded: its memory is in other use. A kernel that
	 * is given no initrd would take it for one (efi_config_parse_tables(),
	 * drivers/firmware/efi/efi.c).
	 */
	return !memcmp(guid, BP_EFI_GUID_SCREEN_INFO, 16) ||
	       !memcmp(guid, BP_EFI_GUID_INITRD, 16);
}

static int add_entry(struct bp_buf *b, const void *guid, uint64_t table, uint64_t *count)
{
	struct bp_wire_efi_configuration_table entry;

	memcpy(entry.vendor_guid, guid, sizeof(entry.vendor_guid));
	bp_put_le64(entry.vendor_table, table);
	++*count;
	return bp_buf_append(b, &entry, sizeof(entry));
}

static int copy_entries(const struct bp_efi_tables *t, struct bp_buf *b, uint64_t *count)
{
	int r = 0;

	for (size_t i = 0; i < t->n_config && !r; i++)
		if (!is_stale(t->config[i].guid))
			r = add_entry(b, t->config[i].guid, t->config[i].table, count);
	return r;
}

/* What the running kernel still says of them. */
static int rebuild_entries(const struct bp_machine *m, struct bp_buf *b, uint64_t *count)
{
	const struct {
		const char *guid;
		uint64_t table;
	} known[] = {
		{ BP_EFI_GUID_ACPI20, m->efi.acpi20 },
		{ BP_EFI_GUID_ACPI, m->efi.acpi },
		{ BP_EFI_GUID_SMBIOS3, m->efi.smbios3 },
		{ BP_EFI_GUID_SMBIOS, m->efi.smbios },
		{ BP_EFI_GUID_MEMRESERVE, m->efi_tables.kernel_memreserve },
	};
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(known) && !r; i++)
		if (known[i].table)
			r = add_entry(b, known[i].guid, known[i].table, count);
	return r;
}

static int put_systab(const struct bp_machine *m, bool rebuild, struct bp_buf *b)
{
	struct bp_wire_efi_system_table st = { 0 };

	if (!rebuild)
		return bp_buf_append(b, m->efi_tables.systab.data,
				     m->efi_tables.systab.len);
	bp_put_le64(st.hdr.signature, BP_EFI_SYSTEM_TABLE_SIGNATURE);
	bp_put_le32(st.hdr.revision, m->efi_tables.kernel_revision ?: REVISION_2_70);
	bp_put_le32(st.hdr.header_size, sizeof(st));
	bp_put_le64(st.runtime_services, m->efi_tables.kernel_runtime);
	return bp_buf_append(b, &st, sizeof(st));
}

static int put_vendor(const struct bp_machine *m, bool rebuild, struct bp_buf *b)
{
	const char *name = rebuild ? rebuilt_vendor : "?";
	int r = 0;

	if (!rebuild && m->efi_tables.vendor.len)
		return bp_buf_append(b, m->efi_tables.vendor.data,
				     m->efi_tables.vendor.len);
	for (; *name && !r; name++)
		r = bp_buf_append(b, (const uint8_t[]){ (uint8_t)*name, 0 }, 2);
	return r ? r : bp_buf_append_zero(b, 2);
}

static int pad_to(struct bp_buf *b, size_t offset)
{
	return bp_buf_append_zero(b, offset - b->len);
}

bool bp_efi_clone_fits(const struct bp_efi_tables *t, bp_phys_t at)
{
	for (size_t i = 0; i < t->n_map; i++) {
		const struct bp_efi_mapping *m = &t->map[i];

		if (m->attribute & BP_EFI_MEMORY_RUNTIME && m->virt_addr &&
		    at < m->virt_addr + m->num_pages * BP_EFI_PAGE &&
		    m->virt_addr < at + BP_EFI_CLONE_SIZE)
			return false;
	}
	return true;
}

int bp_efi_clone_encode(struct bp_ctx *ctx, const struct bp_machine *m, bool rebuild,
			const uint8_t screen_info[BP_SCREEN_INFO_SIZE], bp_phys_t at,
			struct bp_buf *ret_bytes)
{
	const struct bp_efi_tables *t = &m->efi_tables;
	struct bp_wire_efi_clone_mark mark;
	struct bp_wire_efi_system_table *st;
	bp_autobuf struct bp_buf b = { 0 };
	uint64_t count = 0;
	int r;

	if (rebuild ? !t->kernel_runtime : t->status)
		return bp_fail(ctx, -ENODATA, "EFI's tables are not known");
	if (at & (BP_EFI_CLONE_SIZE - 1) || !bp_efi_clone_fits(t, at))
		return bp_fail(ctx, -EINVAL,
			       "EFI's tables cannot be copied to 0x%llx (a bug)",
			       (unsigned long long)at);
	r = put_systab(m, rebuild, &b);
	if (!r)
		r = pad_to(&b, BP_EFI_CLONE_MARK);
	memcpy(mark.magic, BP_EFI_CLONE_MAGIC, sizeof(mark.magic));
	bp_put_le64(mark.self, at);
	bp_put_le64(mark.size, BP_EFI_CLONE_SIZE);
	if (!r)
		r = bp_buf_append(&b, &mark, sizeof(mark));
	if (!r)
		r = pad_to(&b, BP_EFI_CLONE_VENDOR);
	if (!r)
		r = put_vendor(m, rebuild, &b);
	if (!r)
		r = pad_to(&b, BP_EFI_CLONE_SCREEN);
	if (!r)
		r = bp_buf_append(&b, screen_info, BP_SCREEN_INFO_SIZE);
	if (!r)
		r = pad_to(&b, BP_EFI_CLONE_CONFIG);
	if (!r)
		r = rebuild ? rebuild_entries(m, &b, &count)
			    : copy_entries(t, &b, &count);
	if (!r)
		r = add_entry(&b, BP_EFI_GUID_SCREEN_INFO, at + BP_EFI_CLONE_SCREEN,
			      &count);
	if (r)
		return r;
	/* The next loader has to take it for a table again. */
	if (count > BP_EFI_CONFIG_MAX)
		return bp_fail(ctx, -ERANGE,
			       "EFI's configuration table has no room for one more "
			       "entry");
	st = (void *)b.data;
	bp_put_le64(st->firmware_vendor, at + BP_EFI_CLONE_VENDOR);
	bp_put_le64(st->configuration_table, at + BP_EFI_CLONE_CONFIG);
	bp_put_le64(st->number_of_table_entries, count);
	bp_put_le32(st->hdr.crc32, bp_efi_crc32(st, bp_le32(st->hdr.header_size)));
	*ret_bytes = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

const struct bp_efi_config_entry *bp_efi_redirect_entry(const struct bp_efi_tables *t)
{
	return bp_efi_config_find(t, BP_EFI_GUID_SCREEN_INFO)
		       ?: bp_efi_config_find(t, BP_EFI_GUID_DEBUG_IMAGE_INFO);
}

void bp_efi_redirect_encode(const struct bp_efi_tables *t,
			    const uint8_t screen_info[BP_SCREEN_INFO_SIZE],
			    struct bp_poke ret_pokes[2])
{
	const struct bp_efi_config_entry *entry = bp_efi_redirect_entry(t);
	struct bp_wire_efi_configuration_table *wire = (void *)ret_pokes[1].bytes;
	struct bp_wire_efi_configuration_table *before = (void *)ret_pokes[1].before;

	/* The screen first, then what leads to it. */
	ret_pokes[0] = (struct bp_poke){ .at = t->spare, .len = BP_POKE_MAX };
	memcpy(ret_pokes[0].bytes, screen_info, BP_SCREEN_INFO_SIZE);
	ret_pokes[1] = (struct bp_poke){
		.at = t->config_at + (uint64_t)(entry - t->config) * sizeof(*wire),
		.len = sizeof(*wire),
	};
	memcpy(wire->vendor_guid, BP_EFI_GUID_SCREEN_INFO, sizeof(wire->vendor_guid));
	bp_put_le64(wire->vendor_table, t->spare);
	memcpy(before->vendor_guid, entry->guid, sizeof(before->vendor_guid));
	bp_put_le64(before->vendor_table, entry->table);
}
