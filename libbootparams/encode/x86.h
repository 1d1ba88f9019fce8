/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the two halves of the x86 parameter segment share: the zero page and its
 * setup_data.
 */
#ifndef BP_ENCODE_X86_H
#define BP_ENCODE_X86_H

#include "encode/encode.h"

/* The parameter segment while it is built; its first bytes are the zero page. */
struct bp_x86_segment {
	bp_phys_t at;		/* where it will be loaded */
	struct bp_buf bytes;
	size_t link;		/* offset of the pointer that leads to the next node */
	bp_phys_t efi_memmap;	/* set by bp_x86_setup_data_add(); 0: no EFI */
	uint32_t efi_memmap_size;
};

/* Append one node and chain it; @ret_offset: of its data in the segment, or NULL. */
int bp_x86_node_add(struct bp_x86_segment *seg, uint32_t type, const void *data,
		    size_t len, size_t *ret_offset);
/* Ranges that the zero page has no room for: as many SETUP_E820_EXT nodes as it takes. */
int bp_x86_e820_ext_add(struct bp_x86_segment *seg, const struct bp_range *ranges,
			size_t n);
/* Every node that the next kernel gets, except SETUP_E820_EXT. */
int bp_x86_setup_data_add(struct bp_ctx *ctx, const struct bp_x86_params *p,
			  struct bp_x86_segment *seg);

struct bp_wire_x86_e820_entry;
void bp_x86_e820_put(struct bp_wire_x86_e820_entry *entry, const struct bp_range *range);

#endif
