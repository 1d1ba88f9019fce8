/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lzo in the format of lzop(1), by liblzo2, which is loaded when such data is met. All
 * numbers are big-endian. What kernels have (lib/decompress_unlzo.c), all as "lzop -9"
 * writes it:
 *
 *	magic number	89 4c 5a 4f 00 0d 0a 1a 0a
 *	header		version 1040, library 20a0, needed to extract 0940, method 03, level 09,
 *			flags 0300000d, mode, time in 8 bytes, length of the name and the name,
 *			checksum of all that follows the magic number
 *	blocks		length of the content, length of the block, checksum of the content by the
 *			flags, of the block by the flags if it is compressed at all, the block
 *	end		a length of 0
 */
#include "config.h"

#include <errno.h>
#include <lzo/lzo1x.h>
#include <zlib.h>

#include "image/decompress.h"

#define BLOCK_MAX (256u << 10)
#define HEADER_MAX 300u		/* the name has one byte for its length */

#define VERSION_WITH_LEVEL 0x0940
#define METHOD_MAX 3		/* all three are LZO1X */

enum {
	ADLER32_CONTENT = 0x1,
	ADLER32_BLOCK = 0x2,
	CRC32_CONTENT = 0x100,
	CRC32_BLOCK = 0x200,
	CRC32_HEADER = 0x1000,
	/* An extra field, more parts, a filter: lzop has never written these. */
	UNKNOWN = 0x40 | 0x400 | 0x800,
};

static const uint8_t magic[] = { 0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n' };

BP_CODEC_NOTE("lzo", "liblzo2.so.2");

struct api {
	__typeof__(lzo1x_decompress_safe) *lzo1x_decompress_safe;
};

/* What has been read of the header, as its checksum covers it. */
struct header {
	uint8_t bytes[HEADER_MAX];
	size_t len;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int take_be32(struct bp_stream *s, uint32_t *ret_value)
{
	uint8_t b[4];
	int r = bp_stream_take(s, b, sizeof(b));

	if (!r)
		*ret_value = be32(b);
	return r;
}

static int take_field(struct bp_stream *s, struct header *h, size_t n,
		      const uint8_t **ret_field)
{
	int r = bp_stream_take(s, h->bytes + h->len, n);

	if (r)
		return r;
	*ret_field = h->bytes + h->len;
	h->len += n;
	return 0;
}

static uint32_t checksum(bool crc, const uint8_t *bytes, size_t len)
{
	return (uint32_t)(crc ? crc32(crc32(0, NULL, 0), bytes, (unsigned int)len)
			      : adler32(adler32(0, NULL, 0), bytes, (unsigned int)len));
}

static int read_header(struct bp_stream *s, uint32_t *ret_flags)
{
	struct header h = { .len = 0 };
	bool has_level;
	const uint8_t *f;
	uint32_t sum;
	int r;

	r = bp_stream_take(s, h.bytes, sizeof(magic));	/* which has been looked at */
	if (!r)
		r = take_field(s, &h, 7, &f);
	if (r)
		return r;
	has_level = (f[0] << 8 | f[1]) >= VERSION_WITH_LEVEL;
	if (!f[6] || f[6] > METHOD_MAX)
		return bp_fail(s->ctx, -EOPNOTSUPP, "lzo data of the unknown method %u",
			       f[6]);
	if (has_level)
		r = take_field(s, &h, 1, &f);
	if (!r)
		r = take_field(s, &h, 4, &f);
	if (r)
		return r;
	*ret_flags = be32(f);
	if (*ret_flags & UNKNOWN)
		return bp_fail(s->ctx, -EOPNOTSUPP,
			       "lzo data with the unknown flags 0x%x",
			       *ret_flags & UNKNOWN);
	r = take_field(s, &h, has_level ? 13 : 9, &f);
	if (!r)
		r = take_field(s, &h, h.bytes[h.len - 1], &f);
	if (!r)
		r = take_be32(s, &sum);
	if (!r && sum != checksum(*ret_flags & CRC32_HEADER, h.bytes, h.len))
		r = bp_stream_damaged(s, "its header's checksum is wrong");
	return r;
}

/* The checksums that stand before a block; @flags: those of the content or those of the
 * block. */
static int take_sums(struct bp_stream *s, uint32_t flags, uint32_t *ret_adler,
		     uint32_t *ret_crc)
{
	int r = 0;

	if (flags & (ADLER32_CONTENT | ADLER32_BLOCK))
		r = take_be32(s, ret_adler);
	if (!r && (flags & (CRC32_CONTENT | CRC32_BLOCK)))
		r = take_be32(s, ret_crc);
	return r;
}

/* One block; *@ret_len is 0 at the end. */
static int decode_block(struct bp_stream *s, const struct api *api, uint32_t flags,
			uint8_t *in, uint8_t *out, uint32_t *ret_len)
{
	uint32_t len, size, adler = 0, crc = 0, unused;
	lzo_uint n;
	int r = take_be32(s, &len);

	*ret_len = len;
	if (r || !len)
		return r;
	if (len > BLOCK_MAX)
		return bp_stream_damaged(s, "a block is larger than 256 KiB");
	r = take_be32(s, &size);
	if (!r)
		r = take_sums(s, flags & (ADLER32_CONTENT | CRC32_CONTENT), &adler, &crc);
	if (r)
		return r;
	if (!size || size > len)
		return bp_stream_damaged(s, "a block is larger than its content");
	if (size < len)
		r = take_sums(s, flags & (ADLER32_BLOCK | CRC32_BLOCK), &unused, &unused);
	/* What did not become smaller is not compressed. */
	if (!r)
		r = bp_stream_take(s, size < len ? in : out, size);
	if (r)
		return r;
	n = len;
	if (size < len &&
	    (api->lzo1x_decompress_safe(in, size, out, &n, NULL) != LZO_E_OK || n != len))
		return bp_stream_damaged(s, "corrupt");
	if ((flags & ADLER32_CONTENT && adler != checksum(false, out, len)) ||
	    (flags & CRC32_CONTENT && crc != checksum(true, out, len)))
		return bp_stream_damaged(s, "a block's checksum is wrong");
	return bp_stream_put(s, out, len);
}

static int lzop_file(struct bp_stream *s)
{
	bp_autofree uint8_t *buffers = NULL;
	uint32_t flags, len = 1;
	struct api api;
	int r = bp_stream_library(s, "liblzo2.so.2", "Debian: liblzo2-2, Fedora: lzo");

	if (r)
		return r;
	if (!BP_STREAM_LOAD(s, &api, lzo1x_decompress_safe))
		return bp_stream_lacks_symbols(s, "liblzo2.so.2");
	buffers = malloc(2 * BLOCK_MAX);
	if (!buffers)
		return bp_stream_no_memory(s);
	r = read_header(s, &flags);
	while (!r && len)
		r = decode_block(s, &api, flags, buffers, buffers + BLOCK_MAX, &len);
	return r;
}

static bool lzo_begins(struct bp_span b)
{
	return b.len >= sizeof(magic) && !memcmp(b.data, magic, sizeof(magic));
}

const struct bp_codec bp_codec_lzo = { "lzo", sizeof(magic), lzo_begins, lzop_file };
