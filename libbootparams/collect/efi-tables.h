/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parsers of EFI's tables in memory, apart from where the memory is read. */
#ifndef BP_COLLECT_EFI_TABLES_H
#define BP_COLLECT_EFI_TABLES_H

#include "collect/machine.h"

/* More entries than this in the configuration table are a lie; firmware has about a
 * dozen. */
#define BP_EFI_CONFIG_MAX 512u

/* /chosen of the device tree: linux,uefi-... */
struct bp_efi_where {
	bp_phys_t systab;		/* -system-table */
	bp_phys_t map;			/* -mmap-start */
	uint64_t map_size;		/* -mmap-size */
	uint64_t desc_size, desc_version;	/* -mmap-desc-size, -mmap-desc-ver */
};

/* A way to read physical memory. */
struct bp_phys_source {
	const char *name;
	int (*read)(struct bp_ctx *ctx, void *data, bp_phys_t at, void *buf, size_t len);
	void *data;
};

/* -ENOENT: a device tree without EFI; -EBADMSG: not a device tree, or a property is
 * malformed. */
int bp_efi_where_from_fdt(struct bp_ctx *ctx, struct bp_span fdt,
			  struct bp_efi_where *ret_where);
/* Fill tables->map; -EBADMSG where the numbers of @where cannot be. */
int bp_efi_map_read(struct bp_ctx *ctx, const struct bp_efi_where *where,
		    const struct bp_phys_source *source, struct bp_efi_tables *tables);
/*
 * Fill the rest of @tables, up to own_size; the map is there. The system table comes from
 * the first source that has a valid one.
 */
int bp_efi_tables_read(struct bp_ctx *ctx, const struct bp_efi_where *where,
		       const struct bp_phys_source *sources, size_t n_sources,
		       struct bp_efi_tables *tables);
/* Of a table that begins with an EFI_TABLE_HEADER; @size: no less than that. */
uint32_t bp_efi_crc32(const void *table, size_t size);

#endif
