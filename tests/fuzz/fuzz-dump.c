/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dumped segment of foreign make: 8 bytes say where it was loaded, the rest is what it
 * holds. Whatever it is taken for, and whatever its list points to, it is read within its
 * bounds.
 */
#include "fuzz.h"
#include "image/dump.h"
#include "wire/x86-boot-params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_dump dump = { .kind = BP_DUMP_SEGMENTS, .n_segments = 1 };
	struct bp_dump_segment *s = &dump.segments[0];
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };
	struct bp_ctx *ctx = NULL;
	enum bp_dump_kind kind;

	if (size < 8)
		return 0;
	MUST(!bp_ctx_new_from_tree(&opts, "fuzz", bp_span_make("", 0), &ctx));
	s->mem = bp_le64(data);
	s->bufsz = size - 8;
	s->memsz = s->bufsz;
	s->placed = s->mem < UINT64_MAX - s->memsz;
	MUST(!bp_buf_append(&s->bytes, data + 8, size - 8));
	if (bp_dump_identify(ctx, bp_buf_span(&s->bytes), s->bufsz, &kind))
		MUST(*bp_ctx_message(ctx));
	bp_forgive(ctx);
	if (bp_dump_decode_segments(ctx, &dump)) {
		MUST(*bp_ctx_message(ctx));
	} else {
		MUST(dump.has_page == (dump.machine.x86.zero_page.len == BP_X86_ZERO_PAGE_SIZE));
		if (dump.has_fdt)
			MUST(bp_fdt_is_sound(bp_buf_span(&dump.machine.device_tree.blob)));
		if (dump.core)
			MUST((dump.core->n_notes + dump.core->n_loads) * 56 < size);
		if (dump.cmdline)
			MUST(strlen(dump.cmdline) <= s->bufsz);
	}
	bp_dump_done(&dump);
	bp_ctx_unref(ctx);
	return 0;
}
