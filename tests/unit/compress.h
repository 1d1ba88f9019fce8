/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compresses what the library, which loads these libraries on demand, is to decompress. */
#ifndef TESTS_UNIT_COMPRESS_H
#define TESTS_UNIT_COMPRESS_H

#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "core/span.h"
#include "core/util.h"
#include "test.h"

static inline void put_be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* As "lz4 -l": a magic number and blocks of 8 MiB. */
static inline size_t compress_lz4(const uint8_t *bytes, size_t len, uint8_t *b, size_t room)
{
	size_t out = 4;

	bp_put_le32(b, 0x184c2102);
	for (size_t at = 0; at < len; at += 8 << 20) {
		int n = LZ4_compress_default((const char *)bytes + at, (char *)b + out + 4,
					     (int)BP_MIN(len - at, (size_t)8 << 20),
					     (int)(room - out - 4));

		ck_assert_int_gt(n, 0);
		bp_put_le32(b + out, (uint32_t)n);
		out += 4 + (size_t)n;
	}
	return out;
}

/* As lzop: header, blocks of 256 KiB, the end. */
static inline size_t compress_lzo(const uint8_t *bytes, size_t len, uint8_t *b)
{
	static const uint8_t header[34] = "\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\1\5\3\0\0\1";
	uint8_t *work = malloc(LZO1X_1_MEM_COMPRESS);
	size_t out = sizeof(header) + 4;

	memcpy(b, header, sizeof(header));
	put_be32(b + sizeof(header), (uint32_t)adler32(1, b + 9, sizeof(header) - 9));
	for (size_t at = 0; at < len; at += 256 << 10) {
		size_t part = BP_MIN(len - at, (size_t)256 << 10);
		lzo_uint n;

		ck_assert_int_eq(lzo1x_1_compress(bytes + at, part, b + out + 12, &n, work), 0);
		if (n >= part)
			memcpy(b + out + 12, bytes + at, n = part);
		put_be32(b + out, (uint32_t)part);
		put_be32(b + out + 4, (uint32_t)n);
		put_be32(b + out + 8, (uint32_t)adler32(1, bytes + at, (unsigned int)part));
		out += 12 + n;
	}
	put_be32(b + out, 0);
	free(work);
	return out + 4;
}

/* As "xz --format=lzma" writes to a pipe: the content's size is not said. */
static inline size_t compress_lzma(const void *bytes, size_t len, uint8_t *b, size_t room)
{
	lzma_stream x = LZMA_STREAM_INIT;
	lzma_options_lzma o;

	ck_assert(!lzma_lzma_preset(&o, 6));
	ck_assert_int_eq(lzma_alone_encoder(&x, &o), LZMA_OK);
	x.next_in = bytes;
	x.avail_in = len;
	x.next_out = b;
	x.avail_out = room;
	ck_assert_int_eq(lzma_code(&x, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&x);
	return room - x.avail_out;
}

/* @name's compression of @len bytes, malloc'd. */
static inline struct bp_span compress_with(const char *name, const void *bytes, size_t len)
{
	size_t room = len + len / 2 + 1024, out = 0;
	uint8_t *b = malloc(room);

	if (!strcmp(name, "gzip")) {
		z_stream z = { .next_in = (void *)bytes, .avail_in = (unsigned int)len,
			       .next_out = b, .avail_out = (unsigned int)room };

		ck_assert_int_eq(
			deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		out = z.total_out;
		deflateEnd(&z);
	} else if (!strcmp(name, "xz")) {
		ck_assert_int_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, bytes,
							 len, b, &out, room),
				 LZMA_OK);
	} else if (!strcmp(name, "lz4")) {
		out = compress_lz4(bytes, len, b, room);
	} else if (!strcmp(name, "lzma")) {
		out = compress_lzma(bytes, len, b, room);
	} else if (!strcmp(name, "lzo")) {
		out = compress_lzo(bytes, len, b);
	} else {
		/* As a pipe writes it: the frame does not say how long its content is. */
		ZSTD_CCtx *z = ZSTD_createCCtx();
		ZSTD_inBuffer i = { bytes, len, 0 };
		ZSTD_outBuffer o = { b, room, 0 };

		ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
		ck_assert_uint_eq(ZSTD_compressStream2(z, &o, &i, ZSTD_e_end), 0);
		ZSTD_freeCCtx(z);
		out = o.pos;
		ck_assert(ZSTD_getFrameContentSize(b, out) == ZSTD_CONTENTSIZE_UNKNOWN);
	}
	return bp_span_make(b, out);
}

#endif
