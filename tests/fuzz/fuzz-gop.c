/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded graphics mode, and the screen that follows from it. */
#include "encode/encode.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	uint8_t wire[BP_SCREEN_INFO_SIZE];
	struct bp_gop_mode gop;
	struct bp_screen s, back;

	if (bp_gop_record_parse(ctx, data, size, &gop)) {
		MUST(*bp_ctx_message(ctx));
	} else if (bp_screen_from_gop(ctx, &gop, &s)) {
		MUST(*bp_ctx_message(ctx));
	} else if (s.outcome == BP_SCREEN_NONE) {
		MUST(gop.pixel_format == BP_GOP_BLT_ONLY);
	} else {
		MUST(s.outcome == BP_SCREEN_CONSOLE);
		MUST(s.depth_bits % 8 == 0 && s.depth_bits >= 8 && s.depth_bits <= 32);
		MUST((uint64_t)s.width_px * s.depth_bits / 8 <= s.stride_bytes);
		MUST(s.size_bytes == (uint64_t)s.stride_bytes * s.height_px);
		MUST(s.size_bytes <= gop.framebuffer_size);
		if (!bp_screen_info_encode(ctx, &s, NULL, wire)) {
			MUST(!bp_screen_info_decode(ctx, bp_span_make(wire, sizeof(wire)), &back));
			MUST(back.base == s.base && back.size_bytes == s.size_bytes);
			MUST(back.width_px == s.width_px && back.stride_bytes == s.stride_bytes);
		}
	}
	bp_ctx_unref(ctx);
	return 0;
}
