/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an image that may be a UKI: what is taken from one lies within the file. */
#include <string.h>

#include "fuzz.h"
#include "image/image.h"

static void check_span(struct bp_span whole, struct bp_span part)
{
	MUST(!part.len || (part.data >= whole.data &&
			   bp_span_has(whole, (uint64_t)(part.data - whole.data), part.len)));
}

static void check_text(const char *text)
{
	for (; text && *text; text++)
		MUST(*text >= 0x20 && *text < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_span bytes = bp_span_make(data, size);
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_image *image = NULL;
	struct bp_uki *uki = NULL;

	/* Whether or not the kernel in it is one. */
	if (!bp_uki_read(ctx, bytes, &uki)) {
		MUST(uki->linux_image.len);
		MUST(uki->linux_image.data == data + uki->linux_offset);
		check_span(bytes, uki->linux_image);
		check_span(bytes, uki->initrd);
		check_span(bytes, uki->ucode);
		check_span(bytes, uki->dtb);
		for (size_t i = 0; i < uki->n_dtbauto; i++)
			check_span(bytes, uki->dtbauto[i]);
		check_text(uki->os);
		check_text(uki->uname);
		check_text(uki->profile);
		check_text(uki->other_profiles);
		for (const char *c = uki->cmdline; c && *c; c++)
			MUST((uint8_t)*c >= 0x20);
	}
	bp_uki_free(uki);
	if (bp_image_from_bytes(ctx, bytes, &image))
		MUST(!image && *bp_ctx_message(ctx));
	else
		check_span(bytes, image->bytes);
	bp_image_unref(image);
	bp_ctx_unref(ctx);
	return 0;
}
