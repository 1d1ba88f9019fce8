/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory maps: typed, half-open, 64-bit ranges in a growable array.
 *
 * One rule is the project's own: two ranges are never merged across 1 MiB, even where
 * they touch and are of one type. What lies below changes attributes on its own.
 */
#ifndef BP_CORE_MEMMAP_H
#define BP_CORE_MEMMAP_H

#include "core/util.h"
#include "bootparams.h"

#define BP_LOW_MEMORY_END 0x100000u	/* the boundary that no merge crosses */
#define BP_PHYS_END (1ull << 52) /* no architecture here has more physical address bits \
				  */

/* Values as in the E820 map (arch/x86/include/asm/e820/types.h), used on every
 * architecture. */
enum bp_mem_type {
	BP_MEM_RAM = 1,
	BP_MEM_RESERVED = 2,
	BP_MEM_ACPI = 3,
	BP_MEM_NVS = 4,
	BP_MEM_UNUSABLE = 5,
	BP_MEM_PMEM = 7,
	BP_MEM_PRAM = 12,
	BP_MEM_SOFT_RESERVED = 0xefffffffu,
};

struct bp_range {
	bp_phys_t start;
	bp_phys_t end;
	uint32_t type;	/* enum bp_mem_type, or a value the firmware made up */
};

/* A zeroed struct is an empty map. Sorted by start after bp_memmap_sort(). */
struct bp_memmap {
	struct bp_range *v;
	size_t n;
	size_t capacity;
};

void bp_memmap_done(struct bp_memmap *m);
#define bp_automemmap BP_CLEANUP(bp_memmap_done)

/* Append; empty ranges are dropped, end < start is -EINVAL. */
int bp_memmap_add(struct bp_memmap *m, bp_phys_t start, bp_phys_t end, uint32_t type);
int bp_memmap_copy(struct bp_memmap *dst, const struct bp_memmap *src);
/* Sort by start (then end); O(n log n), stable for equal ranges. */
void bp_memmap_sort(struct bp_memmap *m);
/*
 * Sort, then join neighbours of one type that touch or overlap, but never across 1 MiB; a
 * single range that spans 1 MiB stays as it is. Overlaps of different types stay.
 */
void bp_memmap_normalise(struct bp_memmap *m);
/* Cut every range of @m to [start, end). */
void bp_memmap_clip(struct bp_memmap *m, bp_phys_t start, bp_phys_t end);
/* Take @holes (any types, any order) out of @m. Both are normalised on return. O((n+m)
 * log(n+m)), but for overlaps of different types in @m. */
int bp_memmap_subtract(struct bp_memmap *m, struct bp_memmap *holes);
/* What lies in both; types of @a. Both are normalised on return; costs as above. */
int bp_memmap_intersect(struct bp_memmap *a, struct bp_memmap *b,
			struct bp_memmap *ret_map);
/* Is [start, end) wholly covered by ranges of @type (sorted map)? */
bool bp_memmap_covers(const struct bp_memmap *m, bp_phys_t start, bp_phys_t end,
		      uint32_t type);
uint64_t bp_memmap_total(const struct bp_memmap *m, uint32_t type);

/*
 * Highest (or lowest) @align-aligned place of @size bytes inside one range of @type of a
 * sorted map and inside [min, max). -ENOSPC if there is none.
 */
int bp_memmap_find(const struct bp_memmap *m, uint32_t type, uint64_t size,
		   uint64_t align, bp_phys_t min, bp_phys_t max, bool topdown,
		   bp_phys_t *ret_start);

const char *bp_mem_type_name(uint32_t type);	/* "System RAM", ...; "unknown" */

#endif
