/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zero page and SETUP_E820_EXT data of foreign make: the first 4096 bytes are the page,
 * the rest is one node. What is read must be what is written for the next kernel.
 */
#include "decide/memory.h"
#include "encode/x86.h"
#include "fuzz.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

static void write_and_read_again(struct bp_ctx *ctx, const struct bp_memmap *map)
{
	struct bp_x86_segment seg = {
		.link = offsetof(struct bp_wire_x86_boot_params, hdr.setup_data),
	};
	struct bp_setup_data_node node = { .type = BP_SETUP_E820_EXT };
	struct bp_x86_boot boot = { .nodes = &node, .n_nodes = 1 };
	struct bp_memmap again = { 0 };
	size_t off = BP_X86_ZERO_PAGE_SIZE;

	MUST(!bp_buf_append_zero(&seg.bytes, BP_X86_ZERO_PAGE_SIZE));
	MUST(!bp_x86_e820_ext_add(&seg, map->v, map->n));
	while (off < seg.bytes.len) {
		const struct bp_wire_x86_setup_data *head =
			(const void *)(seg.bytes.data + off);

		MUST(bp_le32(head->type) == BP_SETUP_E820_EXT);
		MUST(!bp_buf_append(&node.data, head + 1, bp_le32(head->len)));
		off = bp_align_up(off + sizeof(*head) + bp_le32(head->len), 16);
	}
	MUST(!bp_buf_append_zero(&boot.zero_page, BP_X86_ZERO_PAGE_SIZE));
	MUST(!bp_e820_decode(ctx, &boot, &again));
	MUST(again.n == map->n);
	for (size_t i = 0; i < map->n; i++)
		MUST(again.v[i].start == map->v[i].start &&
		     again.v[i].end == map->v[i].end &&
		     again.v[i].type == map->v[i].type);
	bp_memmap_done(&again);
	bp_buf_done(&seg.bytes);
	bp_buf_done(&node.data);
	bp_buf_done(&boot.zero_page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t page = BP_MIN(size, (size_t)BP_X86_ZERO_PAGE_SIZE);
	struct bp_setup_data_node node = { .type = BP_SETUP_E820_EXT };
	struct bp_x86_boot boot = { .nodes = &node, .n_nodes = 1 };
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_memmap map = { 0 };

	MUST(!bp_buf_append(&boot.zero_page, data, page));
	MUST(!bp_buf_append(&node.data, data + page, size - page));
	if (bp_e820_decode(ctx, &boot, &map)) {
		MUST(!map.v && !map.n);
		MUST(*bp_ctx_message(ctx));
	} else {
		MUST(map.n);
		for (size_t i = 0; i < map.n; i++) {
			MUST(map.v[i].start < map.v[i].end);
			MUST(!i || map.v[i - 1].start <= map.v[i].start);
		}
		write_and_read_again(ctx, &map);
	}
	bp_memmap_done(&map);
	bp_buf_done(&boot.zero_page);
	bp_buf_done(&node.data);
	bp_ctx_unref(ctx);
	return 0;
}
