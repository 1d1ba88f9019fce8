/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The argument of --framebuffer, and the record that is made from it. */
#include <string.h>

#include "decide/screen.h"
#include "encode/encode.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_screen_option option = { 0 };
	uint8_t record[BP_SCREEN_INFO_SIZE];
	char *text = malloc(size + 1);

	MUST(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	if (bp_screen_option_parse(ctx, text, &option)) {
		MUST(*bp_ctx_message(ctx));
	} else if (option.request == BP_SCREEN_BY_HAND) {
		const struct bp_screen *s = &option.by_hand;

		MUST(s->size_bytes && s->base + s->size_bytes > s->base);
		MUST((uint64_t)s->stride_bytes * s->height_px <= s->size_bytes);
		(void)bp_screen_info_encode(ctx, s, NULL, record);
	}
	free(text);
	bp_ctx_unref(ctx);
	return 0;
}
