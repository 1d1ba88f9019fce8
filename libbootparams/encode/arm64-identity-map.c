/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables that map memory where it is, for code that runs on arm64 with nothing below
 * it: without them every access goes past the caches.
 *
 * Only what is asked for is mapped, page by page where it must be: a CPU may read ahead
 * whatever is mapped as memory, and beside it there may be what must not be read.
 *
 * One format serves EL1, EL2 and EL2 with VHE: AP[2:1] 0b00 is "privileged code reads and
 * writes" in all three; where there is no unprivileged code, AP[1] should be 1 but is not
 * looked at (Arm ARM, pseudocode AArch64.S1DirectBasePermissions).
 */
#include "config.h"

#include <errno.h>

#include "encode/encode.h"
#include "wire/arm64-page-table.h"

#define NORMAL_MEMORY (BP_ARM64_DESC_VALID | BP_ARM64_DESC_ATTR_INDEX(0) | \
		       BP_ARM64_DESC_INNER_SHAREABLE | BP_ARM64_DESC_ACCESSED)

/* Appends an empty table. 0 or -ENOMEM. */
static int add_table(struct bp_buf *tables, size_t *ret_offset)
{
	*ret_offset = tables->len;
	return bp_buf_append_zero(tables, BP_ARM64_TABLE_SIZE);
}

/* Map [start, end), which lies within what the table at @offset, of @level, can map. */
static int map(struct bp_buf *tables, bp_phys_t at, size_t offset, unsigned int level,
	       bp_phys_t start, bp_phys_t end)
{
	const unsigned int shift = BP_ARM64_LEVEL_SHIFT(level);
	const uint64_t size = UINT64_C(1) << shift;

	for (bp_phys_t next; start < end; start = next) {
		const size_t entry =
			offset + 8 * ((start >> shift) % BP_ARM64_TABLE_ENTRIES);
		uint64_t descriptor = bp_le64(tables->data + entry);
		size_t lower = (descriptor & BP_ARM64_DESC_ADDRESS) - at;
		int r;

		next = BP_MIN(bp_align_down(start, size) + size, end);
		if (level == 3 || (level && next - start == size)) {
			descriptor = start | NORMAL_MEMORY |
				     (level == 3 ? BP_ARM64_DESC_TABLE : 0);
			bp_put_le64(tables->data + entry, descriptor);
			continue;
		}
		if (!descriptor) {
			r = add_table(tables, &lower);
			if (r)
				return r;
			bp_put_le64(tables->data + entry, (at + lower) |
								  BP_ARM64_DESC_VALID |
								  BP_ARM64_DESC_TABLE);
		}
		r = map(tables, at, lower, level + 1, start, next);
		if (r)
			return r;
	}
	return 0;
}

int bp_arm64_identity_map(struct bp_ctx *ctx, const struct bp_memmap *memory,
			  bp_phys_t at, struct bp_buf *ret_tables)
{
	const bp_phys_t limit = UINT64_C(1) << BP_ARM64_PHYS_BITS;
	bp_automemmap struct bp_memmap pages = { 0 };
	bp_autobuf struct bp_buf tables = { 0 };
	size_t root;
	int r = add_table(&tables, &root);

	for (size_t i = 0; i < memory->n && !r; i++) {
		const struct bp_range *v = &memory->v[i];

		if (v->end > limit)
			return bp_fail(ctx, -ERANGE,
				       "0x%llx is an address of more than %d bits, which "
				       "arm64 page tables of 4 KiB pages do not reach",
				       (unsigned long long)v->end - 1,
				       BP_ARM64_PHYS_BITS);
		r = bp_memmap_add(&pages, bp_align_down(v->start, BP_ARM64_TABLE_SIZE),
				  bp_align_up(v->end, BP_ARM64_TABLE_SIZE), BP_MEM_RAM);
	}
	/* Joined, so that no two of them share a page, and a block is used wherever it
	 * fits. */
	bp_memmap_normalise(&pages);
	for (size_t i = 0; i < pages.n && !r; i++)
		r = map(&tables, at, root, 0, pages.v[i].start, pages.v[i].end);
	if (r)
		return bp_fail_errno(ctx, r, "cannot make page tables");
	*ret_tables = tables;
	tables = (struct bp_buf){ 0 };
	return 0;
}
