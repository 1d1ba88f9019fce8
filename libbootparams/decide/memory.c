/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory maps for the next kernel, from whichever source knows the firmware's. */
#include "config.h"

#include <errno.h>

#include "decide/memory.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define ENTRY_SIZE sizeof(struct bp_wire_x86_e820_entry)

static int decode_entries(struct bp_ctx *ctx, struct bp_span bytes, size_t n,
			  const char *where, struct bp_memmap *map)
{
	for (size_t i = 0; i < n; i++) {
		const struct bp_wire_x86_e820_entry *e =
			bp_span_get(bytes, i * sizeof(*e), sizeof(*e));
		bp_phys_t start, end;
		int r;

		if (!e)
			return bp_fail(ctx, -EBADMSG, "entry %zu of %s is not all there",
				       i, where);
		start = bp_le64(e->addr);
		if (__builtin_add_overflow(start, bp_le64(e->size), &end))
			return bp_fail(ctx, -EBADMSG,
				       "entry %zu of %s, %#jx + %#jx, wraps around", i,
				       where, (uintmax_t)start,
				       (uintmax_t)bp_le64(e->size));
		r = bp_memmap_add(map, start, end, bp_le32(e->type));
		if (r)
			return bp_fail_errno(ctx, r, "cannot hold %s", where);
	}
	return 0;
}

int bp_e820_decode(struct bp_ctx *ctx, const struct bp_x86_boot *boot,
		   struct bp_memmap *ret_map)
{
	bp_automemmap struct bp_memmap map = { 0 };
	const struct bp_wire_x86_boot_params *zp = (const void *)boot->zero_page.data;
	int r;

	if (boot->zero_page.len != BP_X86_ZERO_PAGE_SIZE)
		return bp_fail(ctx, -ENODATA, "there is no zero page");
	/* The kernel looks at no more than fit the page either. */
	r = decode_entries(ctx, bp_span_make(zp->e820_table, sizeof(zp->e820_table)),
			   BP_MIN(zp->e820_entries, BP_X86_E820_IN_PAGE),
			   "the zero page's memory map", &map);
	for (size_t i = 0; !r && i < boot->n_nodes; i++) {
		const struct bp_setup_data_node *node = &boot->nodes[i];

		if (node->type == BP_SETUP_E820_EXT)
			r = decode_entries(ctx, bp_buf_span(&node->data),
					   node->data.len / ENTRY_SIZE,
					   "the memory map in setup_data", &map);
	}
	if (r)
		return r;
	if (!map.n)
		return bp_fail(ctx, -ENODATA, "the zero page has no memory map");
	bp_memmap_sort(&map);
	*ret_map = map;
	map = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}

/*
 * Names as e820_type_to_string() of arch/x86/kernel/e820.c gives them, any kernel since
 * 4.12
 */
static uint32_t type_by_name(const char *name)
{
	static const uint32_t types[] = {
		BP_MEM_RAM, BP_MEM_RESERVED, BP_MEM_ACPI, BP_MEM_NVS, BP_MEM_UNUSABLE,
		BP_MEM_PMEM, BP_MEM_PRAM, BP_MEM_SOFT_RESERVED,
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(types); i++)
		if (!strcmp(name, bp_mem_type_name(types[i])))
			return types[i];
	return 0;
}

static int check_iomem(struct bp_ctx *ctx, const struct bp_iomem *iomem)
{
	if (iomem->status == -EACCES)
		return bp_fail(ctx, -EACCES,
			       "every address in /proc/iomem reads as zero: "
			       "only root may see them");
	if (iomem->status)
		return bp_fail_errno(ctx, iomem->status, "/proc/iomem was not read");
	return 0;
}

/* A CMA range taken for memory to dump would end in a dump of itself. */
static int check_cma(struct bp_ctx *ctx, const struct bp_crash *crash)
{
	if (!crash->cma_status)
		return 0;
	return bp_fail_errno(ctx, crash->cma_status,
			     "the CMA ranges of the crash kernel were not read");
}

/* The E820 names among the resources, at any depth: PCI windows are parents of some. */
static int map_from_iomem(struct bp_ctx *ctx, const struct bp_iomem *iomem,
			  struct bp_memmap *map)
{
	int r = check_iomem(ctx, iomem);

	for (size_t i = 0; !r && i < iomem->n; i++) {
		const struct bp_iomem_entry *e = &iomem->v[i];
		uint32_t type = type_by_name(e->name);

		if (type)
			r = bp_memmap_add(map, e->start, e->end, type);
	}
	return r;
}

int bp_e820_for_load(struct bp_ctx *ctx, const struct bp_machine *m,
		     struct bp_memmap *ret_map, const char **ret_source)
{
	bp_automemmap struct bp_memmap map = { 0 };
	int r;

	/* First, because hot-added memory is there too. */
	if (!m->firmware_map_status && m->firmware_map.n) {
		*ret_source = "/sys/firmware/memmap";
		r = bp_memmap_copy(&map, &m->firmware_map);
	} else if (m->x86.zero_page.len) {
		*ret_source = "/sys/kernel/boot_params";
		r = bp_e820_decode(ctx, &m->x86, &map);
	} else {
		*ret_source = "/proc/iomem";
		r = map_from_iomem(ctx, &m->iomem, &map);
	}
	if (!r && !map.n)
		r = bp_fail(ctx, -ENODATA, "%s has no memory", *ret_source);
	if (r)
		return bp_fail(ctx, r, "cannot tell what memory there is");
	bp_memmap_sort(&map);
	*ret_map = map;
	map = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}

/* What a crash kernel may know of a range that the firmware described. */
static bool crash_keeps(const struct bp_range *range)
{
	switch (range->type) {
	case BP_MEM_RAM:
		/*
		 * Below 1 MiB a kernel needs memory to start its other CPUs. The crashed
		 * one did not use it: v5.5, 6f599d84231f ("x86/kdump: Always reserve the
		 * low 1M when the crashkernel option is specified").
		 */
		return range->start < BP_LOW_MEMORY_END;
	case BP_MEM_SOFT_RESERVED:
		/*
		 * dax_kmem would make it usable memory, and what the crashed kernel had
		 * there would be gone (v6.3, e9ee9fe3a9d4 "dax: Assign RAM regions to
		 * memory-hotplug by default").
		 */
		return false;
	default:
		return true;
	}
}

int bp_e820_for_crash(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_memmap *taken, struct bp_memmap *ret_map)
{
	bp_automemmap struct bp_memmap all = { 0 }, map = { 0 }, usable = { 0 },
				       holes = { 0 };
	const char *source;
	int r;

	r = check_iomem(ctx, &m->iomem);
	if (!r)
		r = check_cma(ctx, &m->crash);
	if (!r && !m->crash.regions.n)
		r = bp_fail(ctx, -ENODATA, "no memory is reserved for a crash kernel");
	if (!r)
		r = bp_e820_for_load(ctx, m, &all, &source);
	if (r)
		return r;
	for (size_t i = 0; !r && i < all.n; i++) {
		struct bp_range *range = &all.v[i];

		if (!crash_keeps(range))
			continue;
		if (range->type == BP_MEM_RAM)
			range->end = BP_MIN(range->end, (bp_phys_t)BP_LOW_MEMORY_END);
		r = bp_memmap_add(&map, range->start, range->end, range->type);
	}
	for (size_t i = 0; !r && i < m->crash.regions.n; i++)
		r = bp_memmap_add(&usable, m->crash.regions.v[i].start,
				  m->crash.regions.v[i].end, BP_MEM_RAM);
	for (size_t i = 0; !r && i < m->crash.cma.n; i++)
		r = bp_memmap_add(&usable, m->crash.cma.v[i].start, m->crash.cma.v[i].end,
				  BP_MEM_RAM);
	if (!r && taken)
		r = bp_memmap_copy(&holes, taken);
	if (!r)
		r = bp_memmap_subtract(&usable, &holes);
	if (!r)
		r = bp_memmap_copy(&map, &usable);
	if (r)
		return bp_fail_errno(ctx, r, "cannot make the crash kernel's memory map");
	bp_memmap_sort(&map);
	*ret_map = map;
	map = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}

int bp_dump_ram(struct bp_ctx *ctx, const struct bp_machine *m, struct bp_memmap *ret_map)
{
	bp_automemmap struct bp_memmap map = { 0 }, holes = { 0 };
	int r = check_iomem(ctx, &m->iomem);

	if (!r)
		r = check_cma(ctx, &m->crash);
	if (r)
		return bp_fail(ctx, r, "cannot tell what memory to dump");
	for (size_t i = 0; !r && i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		/*
		 * At any depth, and "System RAM (kmem)" too: memory that came as a
		 * device.
		 */
		if (!strncmp(e->name, "System RAM", strlen("System RAM")))
			r = bp_memmap_add(&map, e->start, e->end, BP_MEM_RAM);
	}
	if (!r)
		r = bp_memmap_copy(&holes, &m->crash.regions);
	if (!r)
		r = bp_memmap_copy(&holes, &m->crash.cma);
	/*
	 * The first MiB is the crash kernel's own; with crashkernel= the first kernel
	 * keeps nothing there (6f599d84231f, "x86/kdump: Always reserve the low 1M when
	 * the crashkernel option is specified", Linux 5.5), and the kernel's own loader
	 * leaves it out as well.
	 */
	if (!r && m->arch == BP_ARCH_X86_64)
		r = bp_memmap_add(&holes, 0, BP_LOW_MEMORY_END, BP_MEM_RESERVED);
	if (!r)
		r = bp_memmap_subtract(&map, &holes);
	if (r)
		return bp_fail_errno(ctx, r, "cannot tell what memory to dump");
	if (!map.n)
		return bp_fail(ctx, -ENODATA, "/proc/iomem has no System RAM");
	*ret_map = map;
	map = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}
