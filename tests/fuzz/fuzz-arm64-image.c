/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a kernel image; those that pass for an arm64 Image must be described soundly. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"
#include "wire/arm64-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_image *image = NULL;

	if (bp_image_from_bytes(ctx, bp_span_make(data, size), &image)) {
		MUST(!image && *bp_ctx_message(ctx));
	} else if (!strcmp(image->format, "Image")) {
		const struct bp_image_arm64 *a = &image->arm64;

		MUST(a->image_size && a->image_size <= BP_IMAGE_MAX);
		MUST(a->text_offset < BP_ARM64_BASE_ALIGN && !(a->text_offset & 4095));
		MUST(!a->page_size || bp_is_power_of_two(a->page_size));
		MUST(!image->version || *image->version);
	}
	bp_image_unref(image);
	bp_ctx_unref(ctx);
	return 0;
}
