/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Free RAM, and taking parts of it. Nothing is read here: see collect/ for where facts
 * come from. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/placement.h"


void bp_placement_done(struct bp_placement *p)
{
	bp_memmap_done(&p->free);
}

/* Parts of System RAM that the running kernel names, and that a segment may nevertheless
 * cover: the next kernel replaces them, and the copy is made after this kernel has
 * stopped. */
static bool is_replaceable(const char *name)
{
	static const char *const names[] = {
		"Kernel code", "Kernel rodata", "Kernel data", "Kernel bss",
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/*
 * Within the scratch areas of kexec handover but the crash kernel's part, which is to work
 * until the jump, all is this kernel's own from its early boot (on arm64 "reserved"), and
 * dies with it: nothing that lasts is allocated there (kho_reserve_scratch(),
 * kernel/liveupdate/kexec_handover.c).
 */
static bool is_free_in_scratch(const char *name)
{
	return strcmp(name, "Crash kernel") != 0;
}

static int free_ram(struct bp_ctx *ctx, const struct bp_machine *m,
		    bool (*is_free)(const char *name), struct bp_memmap *ret_free)
{
	bp_automemmap struct bp_memmap ram = { 0 }, taken = { 0 };
	bool in_ram = false;
	int r = 0;

	if (m->iomem.status == -EACCES)
		return bp_fail(ctx, -EACCES,
			       "/proc/iomem shows no addresses: reading them needs "
			       "CAP_SYS_ADMIN (run as root)");
	if (m->iomem.status)
		return bp_fail_errno(ctx, m->iomem.status, "cannot read /proc/iomem");

	for (size_t i = 0; i < m->iomem.n && !r; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (!e->depth) {
			in_ram = !strcmp(e->name, "System RAM");
			if (in_ram)
				r = bp_memmap_add(&ram, e->start, e->end, BP_MEM_RAM);
		} else if (in_ram && !is_free(e->name)) {
			r = bp_memmap_add(&taken, e->start, e->end, BP_MEM_RESERVED);
		}
	}
	if (!r)
		r = bp_memmap_subtract(&ram, &taken);
	if (r)
		return r;
	if (!ram.n)
		return bp_fail(ctx, -ENODATA, "/proc/iomem has no System RAM");

	if (m->firmware_map.n) {
		bp_automemmap struct bp_memmap firmware = { 0 };

		for (size_t i = 0; i < m->firmware_map.n && !r; i++)
			if (m->firmware_map.v[i].type == BP_MEM_RAM)
				r = bp_memmap_add(&firmware, m->firmware_map.v[i].start,
						  m->firmware_map.v[i].end, BP_MEM_RAM);
		if (!r)
			r = bp_memmap_intersect(&ram, &firmware, ret_free);
		return r;
	}
	*ret_free = ram;
	ram = (struct bp_memmap){ 0 };
	return 0;
}

/* The kernel takes a crash image's segments only in its main region, which is the highest
 * one: a second, low one (crashkernel=,low) is for the crash kernel's own use. */
static int free_for_panic(struct bp_ctx *ctx, const struct bp_machine *m,
			  struct bp_memmap *ret_free)
{
	const struct bp_range *region = NULL;

	for (size_t i = 0; i < m->crash.regions.n; i++)
		if (!region || m->crash.regions.v[i].start > region->start)
			region = &m->crash.regions.v[i];
	if (!region)
		return bp_fail(ctx, -ENODATA, "no memory is reserved for a crash kernel "
			       "(boot this kernel with crashkernel=SIZE)");
	return bp_memmap_add(ret_free, region->start, region->end, BP_MEM_RAM);
}

static int free_in_scratch(struct bp_ctx *ctx, const struct bp_machine *m,
			   const struct bp_memmap *areas, struct bp_memmap *ret_free)
{
	bp_automemmap struct bp_memmap ram = { 0 }, scratch = { 0 };
	int r = free_ram(ctx, m, is_free_in_scratch, &ram);

	if (!r)
		r = bp_memmap_copy(&scratch, areas);
	return r ? r : bp_memmap_intersect(&ram, &scratch, ret_free);
}

static int finish(struct bp_memmap *map, const struct bp_machine *m, bp_phys_t min,
		  bp_phys_t max, const struct bp_memmap *avoid,
		  struct bp_placement *ret_placement)
{
	bp_automemmap struct bp_memmap holes = { 0 };
	uint64_t page = m->page_size;
	int r;

	if (avoid) {
		r = bp_memmap_copy(&holes, avoid);
		if (!r)
			r = bp_memmap_subtract(map, &holes);
		if (r)
			return r;
	}
	max = max ? BP_MIN(max, BP_PHYS_END) : BP_PHYS_END;
	bp_memmap_clip(map, min, max);
	for (size_t i = 0; i < map->n; i++) {
		/* Whole pages only. */
		map->v[i].start = bp_align_up(map->v[i].start, page);
		map->v[i].end = bp_align_down(map->v[i].end, page);
	}
	bp_memmap_clip(map, 0, BP_PHYS_END);	/* drops what became empty */
	bp_memmap_sort(map);
	*ret_placement = (struct bp_placement){ .free = *map, .min = min, .max = max,
						.page = page };
	*map = (struct bp_memmap){ 0 };
	return 0;
}

int bp_placement_init(struct bp_ctx *ctx, const struct bp_machine *m, bool panic,
		      bp_phys_t min, bp_phys_t max, const struct bp_memmap *avoid,
		      struct bp_placement *ret_placement)
{
	bp_automemmap struct bp_memmap map = { 0 };
	int r = panic ? free_for_panic(ctx, m, &map) : free_ram(ctx, m, is_replaceable, &map);

	if (!r)
		r = finish(&map, m, min, max, avoid, ret_placement);
	if (!r)
		ret_placement->panic = panic;
	return r;
}

int bp_placement_init_scratch(struct bp_ctx *ctx, const struct bp_machine *m,
			      const struct bp_memmap *areas, bp_phys_t min, bp_phys_t max,
			      const struct bp_memmap *avoid,
			      struct bp_placement *ret_placement)
{
	bp_automemmap struct bp_memmap map = { 0 };
	int r = free_in_scratch(ctx, m, areas, &map);

	if (!r)
		r = finish(&map, m, min, max, avoid, ret_placement);
	if (!r)
		ret_placement->scratch = true;
	return r;
}

static int take(struct bp_placement *p, bp_phys_t start, uint64_t size)
{
	bp_automemmap struct bp_memmap hole = { 0 };
	int r = bp_memmap_add(&hole, start, start + size, BP_MEM_RESERVED);

	return r ? r : bp_memmap_subtract(&p->free, &hole);
}

static int no_room(struct bp_ctx *ctx, const struct bp_placement *p, const char *what,
		   uint64_t size, uint64_t align, bp_phys_t min, bp_phys_t max)
{
	uint64_t largest = 0, total = 0;
	char where[64];

	min = BP_MAX(min, p->min);
	max = BP_MIN(max, p->max);
	for (size_t i = 0; i < p->free.n; i++) {
		bp_phys_t lo = BP_MAX(p->free.v[i].start, min);
		bp_phys_t hi = BP_MIN(p->free.v[i].end, max);

		if (lo >= hi)
			continue;
		total += hi - lo;
		largest = BP_MAX(largest, hi - lo);
	}
	if (max == BP_PHYS_END)
		snprintf(where, sizeof(where), "from 0x%llx on", (unsigned long long)min);
	else
		snprintf(where, sizeof(where), "between 0x%llx and 0x%llx",
			 (unsigned long long)min, (unsigned long long)max);
	return bp_fail(ctx, -ENOSPC,
		       "no room for the %s: %llu KiB aligned to %llu KiB needed %s, "
		       "largest free part of %s there is %llu KiB (%llu KiB in all)%s",
		       what, (unsigned long long)(size >> 10),
		       (unsigned long long)(align >> 10), where,
		       p->panic ? "the crash kernel's region"
		       : p->scratch ? "the scratch areas" : "RAM",
		       (unsigned long long)(largest >> 10),
		       (unsigned long long)(total >> 10),
		       p->panic ? "; reserve more with crashkernel="
		       : p->scratch ? "; boot this kernel, not by kexec, with a larger "
				      "kho_scratch=, or take a smaller initrd, or give up "
				      "what is handed over (--live-update=off)" : "");
}

int bp_placement_take(struct bp_ctx *ctx, struct bp_placement *p, const char *what,
		      uint64_t size, uint64_t align, bp_phys_t min, bp_phys_t max,
		      bool topdown, bp_phys_t *ret_start)
{
	bp_phys_t start;
	int r;

	if (size > UINT64_MAX - p->page)
		return bp_fail(ctx, -EFBIG, "%s is too large", what);
	size = bp_align_up(size, p->page);
	align = BP_MAX(align, p->page);
	if (bp_memmap_find(&p->free, BP_MEM_RAM, size, align, min, max, topdown, &start))
		return no_room(ctx, p, what, size, align, min, max);
	r = take(p, start, size);
	if (!r)
		*ret_start = start;
	return r;
}

int bp_placement_take_at(struct bp_placement *p, bp_phys_t start, uint64_t size)
{
	bp_phys_t end;

	if ((start | size) & (p->page - 1))
		return -EINVAL;
	if (__builtin_add_overflow(start, size, &end) ||
	    !bp_memmap_covers(&p->free, start, end, BP_MEM_RAM))
		return -ENOSPC;
	return take(p, start, size);
}
