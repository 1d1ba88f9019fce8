/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of /proc/iomem. */
#include <string.h>

#include "collect/machine.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_iomem iomem = { 0 };

	if (bp_iomem_parse(ctx, bp_span_make(data, size), &iomem)) {
		MUST(!iomem.v && !iomem.n);
		MUST(*bp_ctx_message(ctx));
	}
	for (size_t i = 0; i < iomem.n; i++) {
		MUST(iomem.v[i].start < iomem.v[i].end);
		MUST(iomem.v[i].depth <= (i ? iomem.v[i - 1].depth + 1 : 0));
		MUST(strlen(iomem.v[i].name) <= size);
	}
	bp_iomem_done(&iomem);
	bp_ctx_unref(ctx);
	return 0;
}
