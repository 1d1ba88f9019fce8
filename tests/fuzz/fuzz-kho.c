/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kexec handover of foreign make: as a setup_data node, as a table of scratch areas, as the
 * tree that one kernel hands to the next, and where it is a sound device tree, as that.
 */
#include <errno.h>
#include <string.h>

#include "collect/kho.h"
#include "core/fdt.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_kho_given given = { 0 };
	struct bp_kho_area *areas = NULL;
	struct bp_buf copy = { 0 };
	char *compatible = NULL;
	size_t n = 0;
	int r;

	if (bp_kho_node_parse(ctx, bp_span_make(data, size), &given)) {
		MUST(*bp_ctx_message(ctx));
	} else {
		MUST(size >= 32 && given.n_areas <= (size - 32) / 16);
		MUST(!given.n_areas || given.n_areas * 16 == given.scratch_size);
		bp_kho_given_done(&given);
	}
	bp_forgive(ctx);
	if (bp_kho_scratch_parse(ctx, bp_span_make(data, size), &areas, &n))
		MUST(*bp_ctx_message(ctx));
	else
		MUST(n * 16 == size);
	free(areas);
	bp_forgive(ctx);
	/* The copy is aligned, as a device tree has to be. */
	MUST(!bp_buf_append(&copy, data, size));
	n = 0;
	if (bp_kho_fdt_check(ctx, bp_buf_span(&copy), &n, &compatible))
		MUST(*bp_ctx_message(ctx) && !compatible);
	else
		MUST(n <= size && !strncmp(compatible, "kho-v", 5));
	free(compatible);
	bp_forgive(ctx);
	if (bp_fdt_is_sound(bp_buf_span(&copy))) {
		r = bp_kho_chosen_parse(ctx, bp_buf_span(&copy), &given);
		MUST(!r || r == -ENOENT || *bp_ctx_message(ctx));
		if (!r)
			bp_kho_given_done(&given);
	}
	bp_buf_done(&copy);
	bp_ctx_unref(ctx);
	return 0;
}
