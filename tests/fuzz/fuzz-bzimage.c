/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a kernel image; those that pass for a bzImage must be described soundly. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"
#include "wire/x86-setup-header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_image *image = NULL;

	if (bp_image_from_bytes(ctx, bp_span_make(data, size), &image)) {
		MUST(!image && *bp_ctx_message(ctx));
	} else if (!strcmp(image->format, "bzImage64")) {
		const struct bp_image_bzimage *bz = &image->bz;

		MUST(bp_span_has(image->bytes, bz->payload_offset, bz->payload_size));
		MUST(bz->payload_size > BP_X86_ENTRY64 && bz->init_size >= bz->payload_size);
		MUST(bz->header_end <= BP_X86_SETUP_HEADER_END_MAX);
		MUST(bp_is_power_of_two(bz->alignment));
	}
	bp_image_unref(image);
	bp_ctx_unref(ctx);
	return 0;
}
