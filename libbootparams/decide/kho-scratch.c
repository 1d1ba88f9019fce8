/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kho_walk_scratch(), kernel/liveupdate/kexec_handover.c: the areas in their order, and
 * within one as the loader asks, from its end or from its start. bzImage64_load(),
 * arch/x86/kernel/kexec-bzimage64.c; image_load() and load_other_segments(),
 * arch/arm64/kernel/{kexec_image,machine_kexec_file}.c; reserve_crashkernel_generic(),
 * kernel/crash_reserve.c (all Linux 7.3).
 */
#include "config.h"

#include <errno.h>

#include "decide/cmdline.h"
#include "decide/kho-scratch.h"

#define KIB 0x400ull
#define MIB 0x100000ull
#define GIB 0x40000000ull

void bp_kho_scratch_done(struct bp_kho_scratch *scratch)
{
	for (size_t i = 0; i < scratch->n; i++)
		bp_memmap_done(&scratch->areas[i]);
	free(scratch->areas);
}

int bp_kho_scratch_init(const struct bp_kho_area *areas, size_t n,
			struct bp_kho_scratch *ret_scratch)
{
	struct bp_kho_scratch s = { .areas = calloc(n + 1, sizeof(*s.areas)), .n = n };
	int r = s.areas ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < n; i++) {
		bp_phys_t end;

		/* Of one that lies nowhere nothing is free. */
		if (!__builtin_add_overflow(areas[i].addr, areas[i].size, &end))
			r = bp_memmap_add(&s.areas[i], areas[i].addr, end, BP_MEM_RAM);
	}
	if (!r)
		*ret_scratch = s;
	else if (s.areas)
		bp_kho_scratch_done(&s);
	return r;
}

uint64_t bp_kho_scratch_total(const struct bp_kho_scratch *scratch)
{
	uint64_t total = 0;

	for (size_t i = 0; i < scratch->n; i++)
		total += bp_memmap_total(&scratch->areas[i], BP_MEM_RAM);
	return total;
}

uint64_t bp_kho_scratch_largest(const struct bp_kho_scratch *scratch)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < scratch->n; i++)
		for (size_t k = 0; k < scratch->areas[i].n; k++)
			largest = BP_MAX(largest, scratch->areas[i].v[k].end -
							  scratch->areas[i].v[k].start);
	return largest;
}

int bp_kho_scratch_join(struct bp_kho_scratch *scratch)
{
	int r = 0;

	for (size_t i = 1; !r && i < scratch->n; i++)
		for (size_t k = 0; !r && k < scratch->areas[i].n; k++)
			r = bp_memmap_add(&scratch->areas[0], scratch->areas[i].v[k].start,
					  scratch->areas[i].v[k].end, BP_MEM_RAM);
	while (scratch->n > 1)
		bp_memmap_done(&scratch->areas[--scratch->n]);
	if (scratch->n)
		bp_memmap_normalise(&scratch->areas[0]);
	return r;
}

int bp_kho_scratch_take(struct bp_kho_scratch *scratch, bp_phys_t start, uint64_t size)
{
	bp_phys_t end;
	int r = __builtin_add_overflow(start, size, &end) ? -ERANGE : 0;

	for (size_t i = 0; !r && i < scratch->n; i++) {
		bp_automemmap struct bp_memmap hole = { 0 };

		r = bp_memmap_add(&hole, start, end, BP_MEM_RESERVED);
		if (!r)
			r = bp_memmap_subtract(&scratch->areas[i], &hole);
	}
	return r;
}

struct piece {
	const char *what;
	uint64_t size, align;
	bp_phys_t min, max;
	bool topdown;
};

static int place(struct bp_kho_scratch *s, const struct piece *p, bp_phys_t *ret_start)
{
	uint64_t size = bp_align_up(p->size, 4 * KIB);

	for (size_t i = 0; i < s->n; i++)
		if (!bp_memmap_find(&s->areas[i], BP_MEM_RAM, size,
				    BP_MAX(p->align, (uint64_t)(4 * KIB)), p->min, p->max,
				    p->topdown, ret_start))
			return bp_kho_scratch_take(s, *ret_start, size);
	return -ENOSPC;
}

/* What EFI's memory map and setup_data take beside the command line. */
#define PARAMS_MORE (16 * KIB)
#define PURGATORY_SIZE (32 * KIB)

static int load_x86(struct bp_kho_scratch *s, const struct bp_image *image,
		    size_t cmdline_len, uint64_t initrd, const char **ret_what,
		    uint64_t *ret_size)
{
	const struct bp_image_bzimage *bz = &image->bz;
	const struct piece pieces[] = {
		{ "table of scratch areas", 4 * KIB, 64 * KIB, 0, BP_PHYS_END, true },
		{ "purgatory", PURGATORY_SIZE, 4 * KIB, 12 * KIB, BP_PHYS_END, true },
		{ "boot parameters", 4 * KIB + cmdline_len + PARAMS_MORE, 4 * KIB, 12 * KIB,
		  BP_PHYS_END, true },
		{ "kernel", bz->init_size, bz->alignment,
		  BP_MAX((uint64_t)bz->pref_address, MIB), BP_PHYS_END, true },
		{ "initrd", initrd, 4 * KIB, 16 * MIB, BP_PHYS_END, true },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(pieces); i++) {
		bp_phys_t at;
		int r = pieces[i].size ? place(s, &pieces[i], &at) : 0;

		if (r) {
			*ret_what = pieces[i].what;
			*ret_size = pieces[i].size;
			return r;
		}
	}
	return 0;
}

static int copy(const struct bp_kho_scratch *from, struct bp_kho_scratch *ret)
{
	struct bp_kho_scratch s = { .areas = calloc(from->n + 1, sizeof(*s.areas)) };
	int r = s.areas ? 0 : -ENOMEM;

	for (; !r && s.n < from->n; s.n++)
		r = bp_memmap_copy(&s.areas[s.n], &from->areas[s.n]);
	if (r)
		bp_kho_scratch_done(&s);
	else
		*ret = s;
	return r;
}

/* Behind the kernel, or nowhere: then the kernel itself goes elsewhere. */
static int load_arm64(struct bp_kho_scratch *s, const struct bp_image *image,
		      uint64_t initrd, const char **ret_what, uint64_t *ret_size)
{
	struct piece kernel = { "kernel", image->arm64.text_offset + image->arm64.image_size,
				2 * MIB, 0, BP_PHYS_END, false };
	const struct piece table = { "table of scratch areas", 4 * KIB, 64 * KIB, 0,
				     BP_PHYS_END, true };
	bp_phys_t at;
	int r = place(s, &table, &at);

	*ret_what = table.what;
	*ret_size = table.size;
	if (r)
		return r;
	*ret_what = kernel.what;
	*ret_size = kernel.size;
	for (;;) {
		bp_autoscratch struct bp_kho_scratch trial = { 0 };
		bp_phys_t behind;

		r = copy(s, &trial);
		if (!r)
			r = place(&trial, &kernel, &at);
		if (r)
			return r;
		behind = at + kernel.size;
		if (initrd) {
			struct piece p = { "initrd", initrd, 4 * KIB, behind,
					   bp_align_down(at, GIB) + 32 * GIB, false };

			r = place(&trial, &p, &at);
			*ret_what = p.what;
			*ret_size = p.size;
		}
		if (!r) {
			struct piece p = { "device tree", 64 * KIB, 2 * MIB, behind,
					   BP_PHYS_END, true };

			r = place(&trial, &p, &at);
			if (r) {
				*ret_what = p.what;
				*ret_size = p.size;
			}
		}
		if (!r) {
			struct bp_kho_scratch was = *s;

			*s = trial;
			trial = was;
			return 0;
		}
		if (r != -ENOSPC)
			return r;
		kernel.min = behind;
	}
}

int bp_kho_scratch_file_load(struct bp_kho_scratch *scratch, const struct bp_image *image,
			     size_t cmdline_len, uint64_t initrd_bytes,
			     const char **ret_what, uint64_t *ret_size)
{
	return image->arch == BP_ARCH_ARM64
		       ? load_arm64(scratch, image, initrd_bytes, ret_what, ret_size)
		       : load_x86(scratch, image, cmdline_len, initrd_bytes, ret_what,
				  ret_size);
}

/* ---- crashkernel= ---- */

/* memparse(): "256M", "0x10000000"; *@at moves behind it. */
static uint64_t parse_size(const char **at)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	char *end;
	uint64_t v = strtoull(*at, &end, 0);
	unsigned int shift = 0;

	unit = *end ? strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	*at = end;
	return v > UINT64_MAX >> shift ? UINT64_MAX : v << shift;
}

static bool ends_with(struct bp_span text, const char *end)
{
	size_t n = strlen(end);

	return text.len >= n && !memcmp(text.data + text.len - n, end, n);
}

/* The last one that ends so; NULL: none of those that say where. malloc'd. */
static char *last_value(const char *cmdline, const char *suffix)
{
	static const char *const suffixes[] = { ",high", ",low", ",cma" };
	struct bp_span found = { NULL, 0 }, value;

	while (bp_cmdline_next_crashkernel(&cmdline, &value)) {
		bool takes = !suffix || ends_with(value, suffix);

		for (size_t i = 0; takes && !suffix && i < BP_ARRAY_SIZE(suffixes); i++)
			takes = !ends_with(value, suffixes[i]);
		if (takes)
			found = value;
	}
	return found.data ? strndup((const char *)found.data, found.len) : NULL;
}

static uint64_t last_size(const char *cmdline, const char *suffix)
{
	bp_autofree char *text = last_value(cmdline, suffix);
	const char *at = text;

	return text ? parse_size(&at) : 0;
}

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "512M-2G:64M,2G-:128M@16M" */
static uint64_t size_by_ram(const char **at, uint64_t ram)
{
	uint64_t found = 0;

	/* Firmware keeps some of what was built in. */
	ram = bp_align_up(ram, 128 * MIB);
	for (;; (*at)++) {
		uint64_t from = parse_size(at), to = UINT64_MAX, size;

		if (!skip(at, '-'))
			return 0;
		if (**at != ':')
			to = parse_size(at);
		if (!skip(at, ':'))
			return 0;
		size = parse_size(at);
		if (!found && ram >= from && ram < to)
			found = size;
		if (**at != ',')
			return found;
	}
}

/* crash_low_size_default() of x86, DEFAULT_CRASH_KERNEL_LOW_SIZE of others */
static uint64_t default_low(enum bp_arch arch)
{
	return arch == BP_ARCH_X86_64 ? 256 * MIB : 128 * MIB;
}

void bp_crashkernel_parse(const char *cmdline, enum bp_arch arch, uint64_t ram_bytes,
			  struct bp_crashkernel *ret)
{
	bp_autofree char *text = last_value(cmdline, NULL);
	struct bp_crashkernel c = { .low = default_low(arch) };
	const char *at = text;

	if (text && strchr(text, ':'))
		c.size = size_by_ram(&at, ram_bytes);
	else if (text)
		c.size = parse_size(&at);
	if (text && *at == '@') {
		at++;
		c.base = parse_size(&at);
	}
	if (!text) {
		bp_autofree char *low = last_value(cmdline, ",low");

		c.size = last_size(cmdline, ",high");
		c.high = true;
		if (low)
			c.low = last_size(cmdline, ",low");
	}
	*ret = c;
}

static bool has_room(const struct bp_memmap *map, enum bp_arch arch, uint64_t size,
		     bp_phys_t min, bp_phys_t max, bp_phys_t *ret_start)
{
	/* CRASH_ALIGN */
	uint64_t align = arch == BP_ARCH_X86_64 ? 16 * MIB : 2 * MIB;

	return size < BP_PHYS_END &&
	       !bp_memmap_find(map, BP_MEM_RAM, size, align, min, max, true, ret_start);
}

bool bp_crashkernel_fits(const struct bp_kho_scratch *scratch, enum bp_arch arch,
			 const struct bp_crashkernel *c)
{
	bp_autoscratch struct bp_kho_scratch joined = { 0 };
	const struct bp_memmap *map;
	bool below, above;
	bp_phys_t at;

	if (!c->size)
		return true;
	/* As the next kernel takes them. */
	if (!scratch->n)
		return false;
	if (copy(scratch, &joined) || bp_kho_scratch_join(&joined))
		return true;	/* out of memory: nothing is known against it */
	map = &joined.areas[0];
	if (c->base)
		return c->base < BP_PHYS_END && c->size < BP_PHYS_END - c->base &&
		       bp_memmap_covers(map, c->base, c->base + c->size, BP_MEM_RAM);
	below = has_room(map, arch, c->size, 0, 4 * GIB, &at);
	above = has_room(map, arch, c->size, 4 * GIB, BP_PHYS_END, &at);
	/* Above it needs some below as well: without that it gives up. */
	if (above && (c->high || !below))
		return !c->low || has_room(map, arch, c->low, 0, 4 * GIB, &at);
	return below;
}
