/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Physical addresses of a crashed kernel's virtual ones, from what VMCOREINFO says
 * (Documentation/admin-guide/kdump/vmcoreinfo.rst):
 *
 *	x86-64	NUMBER(phys_base), SYMBOL(swapper_pg_dir) or SYMBOL(init_top_pgt),
 *		NUMBER(pgtable_l5_enabled), NUMBER(sme_mask)
 *	arm64	NUMBER(VA_BITS), NUMBER(TCR_EL1_T1SZ), NUMBER(kimage_voffset),
 *		NUMBER(PHYS_OFFSET), SYMBOL(_stext)
 *
 * To add an architecture: two functions, and its line in machines[].
 */
#include "config.h"

#include <elf.h>
#include <errno.h>

#include "image/vmcore.h"

/* ---- x86-64 ---- */

/* __START_KERNEL_map, and the most that the kernel's image takes: MODULES_VADDR
 * (arch/x86/include/asm/page_64_types.h) */
#define X86_IMAGE_START 0xffffffff80000000ull
#define X86_IMAGE_END 0xffffffffc0000000ull
#define X86_ENTRY_PRESENT (1ull << 0)
#define X86_ENTRY_LARGE (1ull << 7)	/* levels 2 and 3 */
#define X86_ENTRY_ADDRESS 0x000ffffffffff000ull

/* A number that older kernels do not print, as they lack what it is about. */
static int number_or_zero(struct bp_vmcore *v, const char *key, uint64_t *ret)
{
	int r = bp_vmcore_number(v, key, ret);

	if (r == -ENODATA) {
		bp_forgive(v->ctx);
		*ret = 0;
		r = 0;
	}
	return r;
}

static int x86_map(struct bp_vmcore *v, struct bp_vmcore_map *map)
{
	uint64_t phys_base, top, five;
	int r = bp_vmcore_number(v, "NUMBER(phys_base)", &phys_base);

	if (r)
		return r;
	map->image = X86_IMAGE_START - phys_base;
	r = bp_vmcore_symbol(v, "init_top_pgt", &top);
	if (r == -ENODATA) {
		bp_forgive(v->ctx);
		r = bp_vmcore_symbol(v, "swapper_pg_dir", &top);
	}
	if (!r && (top < X86_IMAGE_START || top >= X86_IMAGE_END))
		r = bp_fail(v->ctx, -EBADMSG,
			    "VMCOREINFO has the page tables at %#jx, outside of the kernel",
			    (uintmax_t)top);
	if (!r)
		r = number_or_zero(v, "NUMBER(pgtable_l5_enabled)", &five);
	if (!r)
		r = number_or_zero(v, "NUMBER(sme_mask)", &map->encrypted);
	if (r)
		return r;
	map->tables = top - map->image;
	map->levels = five ? 5 : 4;
	return 0;
}

static int x86_virt_to_phys(struct bp_vmcore *v, uint64_t virt, bp_phys_t *ret_phys,
			    uint64_t *ret_len)
{
	bp_phys_t table = v->map.tables;

	if (virt >= X86_IMAGE_START && virt < X86_IMAGE_END) {
		*ret_phys = virt - v->map.image;
		*ret_len = X86_IMAGE_END - virt;
		return 0;
	}
	for (int level = v->map.levels;; level--) {
		unsigned int shift = 12 + 9 * (unsigned int)(level - 1);
		uint64_t size = 1ull << shift, entry;
		uint8_t bytes[8];
		int r = bp_vmcore_read_phys(v, table + (virt >> shift & 511) * 8, bytes,
					    sizeof(bytes));

		if (r)
			return bp_fail(v->ctx, r, "page table of level %d", level);
		entry = bp_le64(bytes) & ~v->map.encrypted;
		if (!(entry & X86_ENTRY_PRESENT))
			return bp_fail(v->ctx, -ENODATA,
				       "the page tables do not map it: entry %#jx of level %d",
				       (uintmax_t)entry, level);
		table = entry & X86_ENTRY_ADDRESS;
		if (level > 1 && !(level <= 3 && (entry & X86_ENTRY_LARGE)))
			continue;
		/* Of a large page the low bits are attributes. */
		*ret_phys = bp_align_down(table, size) | (virt & (size - 1));
		*ret_len = size - (virt & (size - 1));
		return 0;
	}
}

/* ---- arm64 ---- */

/*
 * The direct map of memory takes one half of the kernel's addresses, the kernel's image
 * lies in the other: the upper one since Linux 5.4 (14c127c957c1, "arm64: mm: Flip kernel
 * VA space"), the lower one before. The upper half is of the addresses in use
 * (TCR_EL1_T1SZ), but where the direct map starts is of those that were configured: on a
 * machine with 48 bits, a kernel for 52 moves PHYS_OFFSET instead (arch/arm64/mm/init.c).
 */
static int arm64_map(struct bp_vmcore *v, struct bp_vmcore_map *map)
{
	uint64_t bits, t1sz = 0, stext, half;
	int r = bp_vmcore_number(v, "NUMBER(VA_BITS)", &bits);

	if (!r)
		r = number_or_zero(v, "NUMBER(TCR_EL1_T1SZ)", &t1sz);
	if (!r)
		r = bp_vmcore_symbol(v, "_stext", &stext);
	if (!r)
		r = bp_vmcore_number(v, "NUMBER(PHYS_OFFSET)", &map->phys_start);
	if (!r)
		r = bp_vmcore_number(v, "NUMBER(kimage_voffset)", &map->image);
	if (r)
		return r;
	if (bits < 36 || bits > 52 || t1sz > 28 || (t1sz && t1sz < 12))
		return bp_fail(v->ctx, -EBADMSG,
			       "VMCOREINFO has %ju bits of addresses, and TCR_EL1_T1SZ %ju",
			       (uintmax_t)bits, (uintmax_t)t1sz);
	half = -(1ull << ((t1sz ? 64 - t1sz : bits) - 1));
	map->start = stext >= half ? -(1ull << bits) : half;
	map->end = stext >= half ? half : 0;
	return 0;
}

static int arm64_virt_to_phys(struct bp_vmcore *v, uint64_t virt, bp_phys_t *ret_phys,
			      uint64_t *ret_len)
{
	const struct bp_vmcore_map *map = &v->map;

	if (virt >= map->start && virt - map->start < map->end - map->start) {
		*ret_phys = virt - map->start + map->phys_start;
		*ret_len = map->end - virt;
	} else {
		*ret_phys = virt - map->image;
		*ret_len = -virt;
	}
	return 0;
}

static const struct {
	uint16_t machine;
	int (*map)(struct bp_vmcore *v, struct bp_vmcore_map *map);
	int (*virt_to_phys)(struct bp_vmcore *v, uint64_t virt, bp_phys_t *ret_phys,
			    uint64_t *ret_len);
} machines[] = {
	{ EM_X86_64, x86_map, x86_virt_to_phys },
	{ EM_AARCH64, arm64_map, arm64_virt_to_phys },
};

int bp_vmcore_virt_to_phys(struct bp_vmcore *v, uint64_t virt, bp_phys_t *ret_phys,
			   uint64_t *ret_len)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(machines); i++) {
		if (machines[i].machine != v->core.machine)
			continue;
		if (!v->map.known) {
			int r = machines[i].map(v, &v->map);

			if (r)
				return r;
			v->map.known = true;
		}
		return machines[i].virt_to_phys(v, virt, ret_phys, ret_len);
	}
	return bp_fail(v->ctx, -ENODATA,
		       "it is in none of its %zu segments, and how a machine of ELF number %u "
		       "maps memory is not known", v->core.n_segments, v->core.machine);
}
