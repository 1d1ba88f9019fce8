/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gzip (RFC 1952), by zlib, which is linked. */
#include "config.h"

#include <zlib.h>

#include "image/decompress.h"

static int gzip_member(struct bp_stream *s)
{
	z_stream z = { 0 };
	int r = 0, zr;

	zr = inflateInit2(&z, 16 + MAX_WBITS);	/* 16: gzip and nothing else */
	if (zr != Z_OK)
		return bp_stream_no_memory(s);
	while (zr != Z_STREAM_END) {
		r = bp_stream_fill(s);
		if (!r && bp_stream_at_end(s))
			r = bp_stream_truncated(s);
		if (r)
			break;
		z.next_in = s->in + s->pos;
		z.avail_in = (unsigned int)(s->len - s->pos);
		z.next_out = s->out;
		z.avail_out = sizeof(s->out);
		zr = inflate(&z, Z_NO_FLUSH);
		s->pos = s->len - z.avail_in;
		if (zr == Z_MEM_ERROR)
			r = bp_stream_no_memory(s);
		else if (zr != Z_OK && zr != Z_STREAM_END)
			r = bp_stream_damaged(s, z.msg ?: "no gzip data");
		else
			r = bp_stream_put(s, s->out, sizeof(s->out) - z.avail_out);
		if (r)
			break;
	}
	inflateEnd(&z);
	return r;
}

static bool gzip_begins(struct bp_span b)
{
	/* RFC 1952, 2.3.1; the third byte is the method: deflate */
	return b.len >= 3 && !memcmp(b.data, "\x1f\x8b\x08", 3);
}

const struct bp_codec bp_codec_gzip = { "gzip", 3, gzip_begins, gzip_member };
