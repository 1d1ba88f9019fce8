/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's memory map (/sys/firmware/memmap), and what is done with maps. The input is
 * one entry per line, "START END TYPE" as the three files have them.
 */
#include <string.h>

#include "collect/machine.h"
#include "core/tree.h"
#include "fuzz.h"

/* Overlaps are summed twice: only maps of one type are disjoint after normalising. */
static void check_normal(const struct bp_memmap *m)
{
	for (size_t i = 0; i < m->n; i++) {
		MUST(m->v[i].start < m->v[i].end);
		if (i)
			MUST(m->v[i - 1].start <= m->v[i].start);
	}
}

static void check_algebra(const struct bp_memmap *map)
{
	struct bp_memmap ram = { 0 }, rest = { 0 }, holes = { 0 }, common = { 0 };
	uint64_t total;

	for (size_t i = 0; i < map->n; i++)
		MUST(!bp_memmap_add(map->v[i].type == BP_MEM_RAM ? &ram : &holes, map->v[i].start,
				    map->v[i].end, map->v[i].type));
	bp_memmap_normalise(&ram);
	check_normal(&ram);
	for (size_t i = 1; i < ram.n; i++) {
		MUST(ram.v[i - 1].end <= ram.v[i].start);
		/* Touching ranges of one type are left apart at 1 MiB only. */
		MUST(ram.v[i - 1].end < ram.v[i].start || ram.v[i - 1].start < BP_LOW_MEMORY_END);
	}
	total = bp_memmap_total(&ram, BP_MEM_RAM);
	MUST(!bp_memmap_copy(&rest, &ram));
	MUST(!bp_memmap_subtract(&rest, &holes));
	MUST(!bp_memmap_intersect(&ram, &holes, &common));
	MUST(bp_memmap_total(&rest, BP_MEM_RAM) + bp_memmap_total(&common, BP_MEM_RAM) == total);
	bp_memmap_done(&ram);
	bp_memmap_done(&rest);
	bp_memmap_done(&holes);
	bp_memmap_done(&common);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_buf tree = { 0 };
	struct bp_machine m = { 0 };
	struct bp_ctx *ctx = NULL;
	size_t off = 0;

	for (unsigned int n = 0; off < size && n < 4096; n++) {
		const char *line = (const char *)data + off;
		const char *eol = memchr(line, '\n', size - off);
		size_t len = eol ? (size_t)(eol - line) : size - off;
		static const char *const names[] = { "start", "end", "type" };

		off += len + 1;
		/* The last takes what is left of the line: types have spaces. */
		for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++) {
			const char *space = i < 2 && len ? memchr(line, ' ', len) : NULL;
			size_t part = space ? (size_t)(space - line) : len;

			MUST(!bp_buf_printf(&tree, "text sys/firmware/memmap/%u/%s\n|%.*s\n", n,
					    names[i], (int)part, line));
			line += part + !!space;
			len -= part + !!space;
		}
	}
	if (!bp_ctx_new_from_tree(NULL, "fuzz", bp_buf_span(&tree), &ctx)) {
		if (!bp_collect_firmware_memmap(ctx, &m)) {
			check_normal(&m.firmware_map);
			check_algebra(&m.firmware_map);
		}
		bp_memmap_done(&m.firmware_map);
		bp_ctx_unref(ctx);
	}
	bp_buf_done(&tree);
	return 0;
}
