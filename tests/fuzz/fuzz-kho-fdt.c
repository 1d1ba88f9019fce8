/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KHO's tree and the map of preserved memory that it points to: the input is memory from
 * 0x1000 on, one page of the tree, and behind it those of the map, whose root is the first.
 */
#include <errno.h>
#include <string.h>

#include "collect/luo.h"
#include "fuzz.h"

#define BASE 0x1000u
#define PAGE 4096u

static int read_input(void *data, bp_phys_t at, void *buf, size_t len)
{
	const struct bp_span *s = data;
	const void *p = at < BASE ? NULL : bp_span_get(*s, at - BASE, len);

	if (!p)
		return -ENODATA;
	memcpy(buf, p, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_span span = bp_span_make(data, size);
	/* No page twice would do; a few times more finds more. */
	struct bp_luo_memory mem = { .read = read_input, .data = &span, .page_bytes = PAGE,
				     .map_pages_max = 64 };
	size_t tree = size < PAGE ? size : PAGE;
	bp_phys_t root = BASE + PAGE;
	uint64_t bytes = 0;
	/* Exactly as long as it is, and aligned, so that no byte more is read. */
	uint8_t *page = malloc(tree ? tree : 1);

	MUST(page);
	memcpy(page, data, tree);
	if (bp_kho_map_root_parse(ctx, bp_span_make(page, tree), &root))
		MUST(*bp_ctx_message(ctx));
	else
		MUST(root);
	bp_forgive(ctx);
	if (bp_kho_map_count(ctx, &mem, root, &bytes))
		MUST(*bp_ctx_message(ctx) && !bytes);
	else
		MUST(bytes % PAGE == 0);
	free(page);
	bp_ctx_unref(ctx);
	return 0;
}
