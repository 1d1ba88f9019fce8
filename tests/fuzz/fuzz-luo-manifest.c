/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of a saved session. Its size and CRC are made right first, or nothing would
 * get past them; what is read stays in its directory, and is written as it was read.
 */
#include <string.h>
#include <zlib.h>

#include "encode/luo-manifest.h"
#include "fuzz.h"
#include "wire/luo-manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_buf in = { 0 }, out = { 0 };
	struct bp_luo_manifest m = { 0 };
	struct bp_wire_luo_manifest *header;

	MUST(!bp_buf_append(&in, data, size));
	if (size >= sizeof(*header)) {
		header = (void *)in.data;
		bp_put_le32(header->size, (uint32_t)size);
		bp_put_le32(header->crc32,
			    (uint32_t)crc32(0, in.data + 16, (uInt)(size - 16)));
	}
	if (bp_luo_manifest_decode(ctx, bp_buf_span(&in), &m)) {
		MUST(*bp_ctx_message(ctx));
	} else {
		for (size_t i = 0; i < m.n_files; i++) {
			MUST(bp_luo_file_name_is_good(m.files[i].name));
			MUST(!strchr(m.files[i].name, '/') && strcmp(m.files[i].name, ".."));
		}
		MUST(!bp_luo_manifest_encode(ctx, &m, &out));
		/* Padding and reserved bytes apart. */
		MUST(out.len == in.len);
	}
	bp_luo_manifest_done(&m);
	bp_buf_done(&in);
	bp_buf_done(&out);
	bp_ctx_unref(ctx);
	return 0;
}
