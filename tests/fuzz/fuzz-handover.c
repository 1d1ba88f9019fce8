/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hand-over record. Its size and CRC are made right first, or nothing would get past them;
 * what is read is written, and is the same when it is read again.
 */
#include <string.h>
#include <zlib.h>

#include "encode/handover.h"
#include "fuzz.h"
#include "wire/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_buf in = { 0 }, out = { 0 };
	struct bp_handover h = { 0 }, again = { 0 };
	struct bp_wire_handover *header;

	MUST(!bp_buf_append(&in, data, size));
	if (size >= sizeof(*header)) {
		header = (void *)in.data;
		if (header->reserved[0] == 'C') {
			bp_put_le32(header->size, (uint32_t)size);
			bp_put_le32(header->crc32,
				    (uint32_t)crc32(0, in.data + sizeof(*header),
						    (uInt)(size - sizeof(*header))));
		}
	}
	if (bp_handover_decode(ctx, bp_buf_span(&in), &h)) {
		MUST(*bp_ctx_message(ctx));
	} else {
		MUST(!bp_handover_encode(ctx, &h, &out));
		MUST(!bp_handover_decode(ctx, bp_buf_span(&out), &again));
		MUST(h.n_devices == again.n_devices && h.generation == again.generation);
		MUST(h.n_sessions == again.n_sessions && h.saved == again.saved);
		MUST(!h.loader == !again.loader && (!h.loader || !strcmp(h.loader, again.loader)));
	}
	bp_handover_done(&h);
	bp_handover_done(&again);
	bp_buf_done(&in);
	bp_buf_done(&out);
	bp_ctx_unref(ctx);
	return 0;
}
