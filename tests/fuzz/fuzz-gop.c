/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GOP record, then the device paths of ConOut; the screen and the texts that follow from them.
 * The checksum is made right, or nothing would get past it.
 */
#include <dlfcn.h>
#include <zlib.h>

#include "collect/gop-record.h"
#include "core/io-backend.h"
#include "encode/encode.h"
#include "fuzz.h"
#include "wire/gop.h"

#define SIZE_AT offsetof(struct bp_wire_gop_record, record_size)
#define CRC_AT offsetof(struct bp_wire_gop_record, crc32)

static void check_screen(struct bp_ctx *ctx, const struct bp_gop_mode *gop)
{
	uint8_t wire[BP_SCREEN_INFO_SIZE];
	struct bp_screen s, back;

	if (bp_screen_from_gop(ctx, gop, &s)) {
		MUST(*bp_ctx_message(ctx));
		return;
	}
	if (s.outcome == BP_SCREEN_NONE) {
		MUST(gop->pixel_format == BP_GOP_BLT_ONLY);
		return;
	}
	MUST(s.outcome == BP_SCREEN_CONSOLE);
	MUST(s.depth_bits % 8 == 0 && s.depth_bits >= 8 && s.depth_bits <= 32);
	MUST((uint64_t)s.width_px * s.depth_bits / 8 <= s.stride_bytes);
	MUST(s.size_bytes == (uint64_t)s.stride_bytes * s.height_px);
	MUST(s.size_bytes <= gop->framebuffer_size);
	if (!bp_screen_info_encode(ctx, &s, NULL, wire)) {
		MUST(!bp_screen_info_decode(ctx, bp_span_make(wire, sizeof(wire)), &back));
		MUST(back.base == s.base && back.size_bytes == s.size_bytes);
		MUST(back.width_px == s.width_px && back.stride_bytes == s.stride_bytes);
	}
}

static void check_output(struct bp_ctx *ctx, const struct bp_gop_record *record,
			 const struct bp_gop_output *out)
{
	bp_autobuf struct bp_buf text = { 0 };
	const uint8_t *end = record->bytes.data + record->bytes.len;
	unsigned int device = 0, function = 0;
	bool on_pci = bp_device_path_pci(out->path, &device, &function);

	MUST(!out->edid.len || (out->edid.data > record->bytes.data &&
				out->edid.data + out->edid.len <= end));
	MUST(!out->path.nodes.len || (out->path.nodes.data > record->bytes.data &&
				      out->path.nodes.data + out->path.nodes.len < end));
	MUST(!bp_device_path_text(ctx, out->path, &text));
	MUST(!out->path.nodes.len == !text.len);
	MUST(!on_pci || strstr(bp_buf_str(&text), "Pci("));
	check_screen(ctx, &out->mode);
}

static void check(struct bp_ctx *ctx, struct bp_span bytes, struct bp_span conout)
{
	bp_autogoprecord struct bp_gop_record record = { 0 };
	const struct bp_gop_output *console;
	struct bp_gop_mode gop;
	const char *why;

	if (bp_gop_record_read(ctx, bytes, &record)) {
		MUST(*bp_ctx_message(ctx));
		return;
	}
	for (size_t i = 0; i < record.n_outputs; i++)
		check_output(ctx, &record, &record.outputs[i]);
	bp_forgive(ctx);
	console = bp_gop_record_console(ctx, &record, conout, &why);
	MUST(!*bp_ctx_message(ctx));
	MUST(!console || (console >= record.outputs && console < record.outputs + record.n_outputs));
	MUST(!bp_gop_record_parse(ctx, bytes.data, bytes.len, &gop) == !!console);
}

/* What was a record is one still after it was scrubbed, and there is no more to scrub. */
static void check_scrub(struct bp_ctx *ctx, struct bp_span bytes)
{
	bp_autogoprecord struct bp_gop_record before = { 0 }, after = { 0 };
	bp_autobuf struct bp_buf file = { 0 }, once = { 0 };
	bool was_one = !bp_gop_record_read(ctx, bytes, &before);

	bp_forgive(ctx);
	MUST(!bp_buf_append_zero(&file, 4) && !bp_buf_append(&file, bytes.data, bytes.len));
	bp_scrub_gop_variable(&file);
	MUST(file.len == bytes.len + 4);
	MUST(!was_one || !bp_gop_record_read(ctx, bp_span_sub(bp_buf_span(&file), 4, bytes.len),
					     &after));
	for (size_t i = 0; was_one && i < before.n_outputs; i++)
		MUST(!memcmp(&before.outputs[i].mode, &after.outputs[i].mode,
			     sizeof(before.outputs[i].mode)));
	MUST(!bp_buf_append(&once, file.data, file.len));
	bp_scrub_gop_variable(&file);
	MUST(!memcmp(once.data, file.data, file.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *library; /* stays, or it would be loaded for each text */
	struct bp_ctx *ctx = fuzz_ctx();
	uint8_t *copy;
	size_t len = size;

	if (!library)
		library = dlopen("libefivar.so.1", RTLD_NOW);
	if (size >= CRC_AT + 4 && bp_le32(data + SIZE_AT) >= CRC_AT + 4)
		len = BP_MIN((size_t)bp_le32(data + SIZE_AT), size);
	/* A copy of its own, so that a read behind it is seen. */
	copy = malloc(len);
	MUST(copy || !len);
	if (len)
		memcpy(copy, data, len);
	if (len >= CRC_AT + 4) {
		bp_put_le32(copy + CRC_AT, 0);
		bp_put_le32(copy + CRC_AT, (uint32_t)crc32(0, copy, (uInt)len));
	}
	check(ctx, bp_span_make(copy, len), bp_span_make(data + len, size - len));
	check_scrub(ctx, bp_span_make(copy, len));
	free(copy);
	bp_ctx_unref(ctx);
	return 0;
}
