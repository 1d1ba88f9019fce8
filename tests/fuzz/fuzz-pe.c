/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a PE file: its sections lie within it, apart from each other and the headers. */
#include <string.h>

#include "fuzz.h"
#include "image/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_span bytes = bp_span_make(data, size), cut = bp_pe_without_padding(bytes);
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_pe pe = { 0 };

	MUST(cut.data == data && cut.len <= size);
	for (size_t i = cut.len; i < size; i++)
		MUST(!data[i]);
	if (bp_pe_read(ctx, bytes, &pe))
		MUST(!pe.sections && *bp_ctx_message(ctx));
	for (size_t i = 0; i < pe.n_sections && i < 64; i++) {
		const struct bp_pe_section *a = &pe.sections[i];

		MUST(strlen(a->name) <= 8);
		if (!a->bytes.len)
			continue;
		MUST(a->bytes.data == data + a->offset && bp_span_has(bytes, a->offset, a->bytes.len));
		for (size_t k = 0; k < i; k++) {
			const struct bp_pe_section *b = &pe.sections[k];

			MUST(!b->bytes.len || a->offset >= b->offset + b->bytes.len ||
			     b->offset >= a->offset + a->bytes.len);
		}
	}
	bp_pe_done(&pe);
	bp_ctx_unref(ctx);
	return 0;
}
