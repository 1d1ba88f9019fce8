/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/memmap.h"

void bp_memmap_done(struct bp_memmap *m)
{
	free(m->v);
	*m = (struct bp_memmap){ NULL, 0, 0 };
}

int bp_memmap_add(struct bp_memmap *m, bp_phys_t start, bp_phys_t end, uint32_t type)
{
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (m->n == m->capacity) {
		size_t capacity = m->capacity ? m->capacity * 2 : 32;
		struct bp_range *v = reallocarray(m->v, capacity, sizeof(*v));

		if (!v)
			return -ENOMEM;
		m->v = v;
		m->capacity = capacity;
	}
	m->v[m->n++] = (struct bp_range){ start, end, type };
	return 0;
}

int bp_memmap_copy(struct bp_memmap *dst, const struct bp_memmap *src)
{
	for (size_t i = 0; i < src->n; i++) {
		int r = bp_memmap_add(dst, src->v[i].start, src->v[i].end,
				      src->v[i].type);

		if (r)
			return r;
	}
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct bp_range *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	return a->type < b->type ? -1 : a->type > b->type;
}

void bp_memmap_sort(struct bp_memmap *m)
{
	if (m->n > 1)
		qsort(m->v, m->n, sizeof(m->v[0]), compare);
}

void bp_memmap_normalise(struct bp_memmap *m)
{
	size_t out = 0;

	bp_memmap_sort(m);
	for (size_t i = 0; i < m->n; i++) {
		struct bp_range *last = out ? &m->v[out - 1] : NULL;
		struct bp_range r = m->v[i];

		if (last && last->type == r.type && r.start <= last->end) {
			bool crosses = last->start < BP_LOW_MEMORY_END &&
				       BP_MAX(last->end, r.end) > BP_LOW_MEMORY_END;

			if (!crosses || r.end <= last->end) {
				last->end = BP_MAX(last->end, r.end);
				continue;
			}
			/* Joining would cross 1 MiB: keep the boundary where it is, or
			 * make it. */
			if (last->end < BP_LOW_MEMORY_END)
				last->end = BP_LOW_MEMORY_END;
			r.start = last->end;
		}
		m->v[out++] = r;
	}
	m->n = out;
}

void bp_memmap_clip(struct bp_memmap *m, bp_phys_t start, bp_phys_t end)
{
	size_t out = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct bp_range r = m->v[i];

		r.start = BP_MAX(r.start, start);
		r.end = BP_MIN(r.end, end);
		if (r.start < r.end)
			m->v[out++] = r;
	}
	m->n = out;
}

int bp_memmap_subtract(struct bp_memmap *m, struct bp_memmap *holes)
{
	bp_automemmap struct bp_memmap out = { 0 };
	size_t first = 0;

	/* Overlaps would multiply with the holes that they share. */
	bp_memmap_normalise(m);
	/* Types do not matter for a hole, and overlapping holes would hide one another's
	 * end. */
	for (size_t i = 0; i < holes->n; i++)
		holes->v[i].type = 0;
	bp_memmap_normalise(holes);
	for (size_t i = 0; i < m->n; i++) {
		struct bp_range rest = m->v[i];
		int r;

		while (first < holes->n && holes->v[first].end <= m->v[i].start)
			first++;
		for (size_t h = first; h < holes->n && holes->v[h].start < rest.end;
		     h++) {
			if (holes->v[h].end <= rest.start)
				continue;
			if (holes->v[h].start > rest.start) {
				r = bp_memmap_add(&out, rest.start, holes->v[h].start,
						  rest.type);
				if (r)
					return r;
			}
			rest.start = BP_MIN(holes->v[h].end, rest.end);
		}
		r = bp_memmap_add(&out, rest.start, rest.end, rest.type);
		if (r)
			return r;
	}
	free(m->v);
	*m = out;
	out = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}

int bp_memmap_intersect(struct bp_memmap *a, struct bp_memmap *b,
			struct bp_memmap *ret_map)
{
	bp_automemmap struct bp_memmap out = { 0 };
	size_t first = 0;

	bp_memmap_normalise(a);
	for (size_t i = 0; i < b->n; i++)
		b->v[i].type = 0;
	bp_memmap_normalise(b);
	for (size_t i = 0; i < a->n; i++) {
		while (first < b->n && b->v[first].end <= a->v[i].start)
			first++;
		for (size_t k = first; k < b->n && b->v[k].start < a->v[i].end; k++) {
			bp_phys_t start = BP_MAX(a->v[i].start, b->v[k].start);
			bp_phys_t end = BP_MIN(a->v[i].end, b->v[k].end);
			int r;

			if (start >= end)
				continue;
			r = bp_memmap_add(&out, start, end, a->v[i].type);
			if (r)
				return r;
		}
	}
	*ret_map = out;
	out = (struct bp_memmap){ NULL, 0, 0 };
	return 0;
}

bool bp_memmap_covers(const struct bp_memmap *m, bp_phys_t start, bp_phys_t end,
		      uint32_t type)
{
	for (size_t i = 0; i < m->n && start < end && m->v[i].start <= start; i++)
		if (m->v[i].type == type && m->v[i].end > start)
			start = m->v[i].end;
	return start >= end;
}

uint64_t bp_memmap_total(const struct bp_memmap *m, uint32_t type)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].type == type)
			sum += m->v[i].end - m->v[i].start;
	return sum;
}

/* One range's place for bp_memmap_find(); false if there is none. */
static bool fit(const struct bp_range *range, uint64_t size, uint64_t align,
		bp_phys_t min, bp_phys_t max, bool topdown, bp_phys_t *ret_start)
{
	bp_phys_t start = BP_MAX(range->start, min), end = BP_MIN(range->end, max);

	if (start >= end || end - start < size || start > UINT64_MAX - (align - 1))
		return false;
	start = bp_align_up(start, align);
	if (start >= end || end - start < size)
		return false;
	*ret_start = topdown ? bp_align_down(end - size, align) : start;
	return true;
}

int bp_memmap_find(const struct bp_memmap *m, uint32_t type, uint64_t size,
		   uint64_t align, bp_phys_t min, bp_phys_t max, bool topdown,
		   bp_phys_t *ret_start)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct bp_range *range = &m->v[topdown ? m->n - 1 - i : i];

		if (range->type == type &&
		    fit(range, size, align, min, max, topdown, ret_start))
			return 0;
	}
	return -ENOSPC;
}

const char *bp_mem_type_name(uint32_t type)
{
	switch (type) {
	case BP_MEM_RAM: return "System RAM";
	case BP_MEM_RESERVED: return "Reserved";
	case BP_MEM_ACPI: return "ACPI Tables";
	case BP_MEM_NVS: return "ACPI Non-volatile Storage";
	case BP_MEM_UNUSABLE: return "Unusable memory";
	case BP_MEM_PMEM: return "Persistent Memory";
	case BP_MEM_PRAM: return "Persistent Memory (legacy)";
	case BP_MEM_SOFT_RESERVED: return "Soft Reserved";
	}
	return "unknown";
}
