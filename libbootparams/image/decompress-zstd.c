/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zstd (RFC 8878), by libzstd, which is loaded when such data is met. */
#include "config.h"

#include <zstd.h>

#include "image/decompress.h"

BP_CODEC_NOTE("zstd", "libzstd.so.1");

struct zstd_api {
	__typeof__(ZSTD_createDStream) *ZSTD_createDStream;
	__typeof__(ZSTD_freeDStream) *ZSTD_freeDStream;
	__typeof__(ZSTD_decompressStream) *ZSTD_decompressStream;
	__typeof__(ZSTD_isError) *ZSTD_isError;
	__typeof__(ZSTD_getErrorName) *ZSTD_getErrorName;
};

static int zstd_decode(struct bp_stream *s, const struct zstd_api *api, ZSTD_DStream *d)
{
	bool more = false;	/* s->out was filled: there may be more without input */
	size_t left;

	do {
		ZSTD_outBuffer out = { s->out, sizeof(s->out), 0 };
		ZSTD_inBuffer in;
		int r = more ? 0 : bp_stream_fill(s);

		if (!r && !more && bp_stream_at_end(s))
			r = bp_stream_truncated(s);
		if (r)
			return r;
		in = (ZSTD_inBuffer){ s->in, s->len, s->pos };
		left = api->ZSTD_decompressStream(d, &out, &in);
		s->pos = in.pos;
		if (api->ZSTD_isError(left))
			return bp_stream_damaged(s, api->ZSTD_getErrorName(left));
		more = out.pos == out.size;
		r = bp_stream_put(s, s->out, out.pos);
		if (r)
			return r;
	} while (left);
	return 0;
}

static int zstd_frame(struct bp_stream *s)
{
	struct zstd_api api;
	ZSTD_DStream *d;
	int r;

	r = bp_stream_library(s, "libzstd.so.1", "Debian: libzstd1, Fedora: libzstd");
	if (r)
		return r;
	if (!BP_STREAM_LOAD(s, &api, ZSTD_createDStream) ||
	    !BP_STREAM_LOAD(s, &api, ZSTD_freeDStream) ||
	    !BP_STREAM_LOAD(s, &api, ZSTD_decompressStream) ||
	    !BP_STREAM_LOAD(s, &api, ZSTD_isError) ||
	    !BP_STREAM_LOAD(s, &api, ZSTD_getErrorName))
		return bp_stream_lacks_symbols(s, "libzstd.so.1");
	d = api.ZSTD_createDStream();
	if (!d)
		return bp_stream_no_memory(s);
	r = zstd_decode(s, &api, d);
	api.ZSTD_freeDStream(d);
	return r;
}

static bool zstd_begins(struct bp_span b)
{
	/* RFC 8878, 3.1.1 (data) and 3.1.2 (skippable: what a seek table or pzstd
	 * adds) */
	return b.len >= 4 && (bp_le32(b.data) == 0xfd2fb528 ||
			      (bp_le32(b.data) & 0xfffffff0) == 0x184d2a50);
}

const struct bp_codec bp_codec_zstd = { "zstd", 4, zstd_begins, zstd_frame };
