/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lz4 in the legacy format, the one that kernels are compressed with ("lz4 -l"), by
 * liblz4, which is loaded when such data is met. Format: lz4's doc/lz4_Frame_format.md,
 * "Legacy frame".
 *
 * A magic number, then blocks: their size in four bytes, then what decompresses to 8 MiB,
 * or in the last block to less. There is no end mark and no checksum: the data ends with
 * the file, at zero bytes, or at the magic number of the next.
 */
#include "config.h"

#include <lz4.h>

#include "image/decompress.h"

#define MAGIC 0x184c2102u
#define BLOCK_MAX (8 << 20)

BP_CODEC_NOTE("lz4", "liblz4.so.1");

struct api {
	__typeof__(LZ4_decompress_safe) *LZ4_decompress_safe;
};

/* The size of the next block, or 0 where there is none. */
static int next_block(struct bp_stream *s, uint32_t *ret_size)
{
	uint8_t b[4] = { 0 };
	size_t n;
	int r = bp_stream_gather(s, sizeof(b));

	if (r)
		return r;
	n = BP_MIN(s->len - s->pos, sizeof(b));
	memcpy(b, s->in + s->pos, n);
	*ret_size = bp_le32(b) == MAGIC ? 0 : bp_le32(b);
	if (!*ret_size)
		return 0;
	if (n < sizeof(b))
		return bp_stream_truncated(s);
	if (*ret_size > LZ4_COMPRESSBOUND(BLOCK_MAX))
		return bp_stream_damaged(s, "a block is larger than any can be");
	s->pos += sizeof(b);
	return 0;
}

static int decode_blocks(struct bp_stream *s, const struct api *api, uint8_t *in,
			 uint8_t *out)
{
	for (bool first = true;; first = false) {
		uint32_t size;
		int r = next_block(s, &size), n;

		if (!r && !size && first)
			r = bp_stream_truncated(s);
		if (r || !size)
			return r;
		r = bp_stream_take(s, in, size);
		if (r)
			return r;
		n = api->LZ4_decompress_safe((const char *)in, (char *)out, (int)size,
					     BLOCK_MAX);
		if (n < 0)
			return bp_stream_damaged(s, "corrupt");
		r = bp_stream_put(s, out, (size_t)n);
		if (r)
			return r;
	}
}

static int lz4_legacy(struct bp_stream *s)
{
	bp_autofree uint8_t *buffers = NULL;
	struct api api;
	int r = bp_stream_library(s, "liblz4.so.1", "Debian: liblz4-1, Fedora: lz4-libs");

	if (r)
		return r;
	if (!BP_STREAM_LOAD(s, &api, LZ4_decompress_safe))
		return bp_stream_lacks_symbols(s, "liblz4.so.1");
	r = bp_stream_take(s, s->out, 4);	/* the magic number, which has been looked
						 * at */
	if (r)
		return r;
	buffers = malloc(LZ4_COMPRESSBOUND(BLOCK_MAX) + BLOCK_MAX);
	if (!buffers)
		return bp_stream_no_memory(s);
	return decode_blocks(s, &api, buffers + BLOCK_MAX, buffers);
}

static bool lz4_begins(struct bp_span b)
{
	return b.len >= 4 && bp_le32(b.data) == MAGIC;
}

const struct bp_codec bp_codec_lz4 = { "lz4", 4, lz4_begins, lz4_legacy };
