/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an ELF kernel; what is accepted must be loadable as it is described. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"

static void check(const struct bp_image *image)
{
	bp_phys_t end = image->phys_start;

	for (size_t i = 0; i < image->n_parts; i++) {
		const struct bp_image_part *p = &image->parts[i];

		MUST(bp_span_has(image->bytes, p->offset, p->file_size));
		MUST(p->phys >= end && p->file_size <= p->mem_size);
		end = p->phys + p->mem_size;
	}
	MUST(end <= image->phys_end);
	MUST(image->entry >= image->phys_start && image->entry < end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_image *image = NULL;

	if (bp_image_from_bytes(ctx, bp_span_make(data, size), &image))
		MUST(!image && *bp_ctx_message(ctx));
	else if (!strncmp(image->format, "elf-", 4))
		check(image);
	bp_image_unref(image);
	bp_ctx_unref(ctx);
	return 0;
}
