/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xz, and .lzma, the format before it, by liblzma, which is loaded when such data is met.
 *
 * .lzma has no magic number: properties (0x5d for all kernels), the dictionary's size in
 * four bytes and the content's in eight, all ones where it was not known. No checksum
 * either.
 */
#include "config.h"

#include <errno.h>
#include <lzma.h>

#include "image/decompress.h"

/* Kernels are compressed with dictionaries of up to 128 MiB (scripts/xz_wrap.sh). */
#define MEMORY_MAX (256u << 20)

#define LZMA_HEADER_SIZE 13
#define LZMA_CONTENT_MAX (UINT64_C(1) << 38) /* what liblzma and file(1) still believe \
					      */

BP_CODEC_NOTE("xz", "liblzma.so.5");

struct api {
	__typeof__(lzma_stream_decoder) *lzma_stream_decoder;
	__typeof__(lzma_alone_decoder) *lzma_alone_decoder;
	__typeof__(lzma_code) *lzma_code;
	__typeof__(lzma_end) *lzma_end;
};

static const char *error_name(lzma_ret lr)
{
	switch (lr) {
	case LZMA_FORMAT_ERROR:
		return "its header is wrong";
	case LZMA_OPTIONS_ERROR:
		return "it uses a filter or check that liblzma does not know";
	default:
		return "corrupt";
	}
}

static int decode(struct bp_stream *s, const struct api *api, lzma_stream *x)
{
	bool more = false;	/* s->out was filled: there may be more without input */
	lzma_ret lr = LZMA_OK;

	while (lr != LZMA_STREAM_END) {
		int r = more ? 0 : bp_stream_fill(s);

		if (!r && !more && bp_stream_at_end(s))
			r = bp_stream_truncated(s);
		if (r)
			return r;
		x->next_in = s->in + s->pos;
		x->avail_in = s->len - s->pos;
		x->next_out = s->out;
		x->avail_out = sizeof(s->out);
		lr = api->lzma_code(x, LZMA_RUN);
		s->pos = s->len - x->avail_in;
		if (lr == LZMA_MEM_ERROR)
			return bp_stream_no_memory(s);
		if (lr == LZMA_MEMLIMIT_ERROR)
			return bp_fail(s->ctx, -EFBIG,
				       "the %s data needs more than %u MiB of memory to "
				       "decompress",
				       s->name, MEMORY_MAX >> 20);
		/* No progress is none, until there is more input. */
		if (lr != LZMA_OK && lr != LZMA_STREAM_END && lr != LZMA_BUF_ERROR)
			return bp_stream_damaged(s, error_name(lr));
		more = !x->avail_out;
		r = bp_stream_put(s, s->out, sizeof(s->out) - x->avail_out);
		if (r)
			return r;
	}
	return 0;
}

static int load(struct bp_stream *s, struct api *ret_api)
{
	int r = bp_stream_library(s, "liblzma.so.5", "Debian: liblzma5, Fedora: xz-libs");

	if (r)
		return r;
	if (!BP_STREAM_LOAD(s, ret_api, lzma_stream_decoder) ||
	    !BP_STREAM_LOAD(s, ret_api, lzma_alone_decoder) ||
	    !BP_STREAM_LOAD(s, ret_api, lzma_code) ||
	    !BP_STREAM_LOAD(s, ret_api, lzma_end))
		return bp_stream_lacks_symbols(s, "liblzma.so.5");
	return 0;
}

static int xz_stream(struct bp_stream *s)
{
	lzma_stream x = LZMA_STREAM_INIT;
	struct api api;
	int r = load(s, &api);

	if (r)
		return r;
	if (api.lzma_stream_decoder(&x, MEMORY_MAX, 0) != LZMA_OK)
		return bp_stream_no_memory(s);
	r = decode(s, &api, &x);
	api.lzma_end(&x);
	return r;
}

static int lzma_file(struct bp_stream *s)
{
	lzma_stream x = LZMA_STREAM_INIT;
	struct api api;
	int r = load(s, &api);

	if (r)
		return r;
	if (api.lzma_alone_decoder(&x, MEMORY_MAX) != LZMA_OK)
		return bp_stream_no_memory(s);
	r = decode(s, &api, &x);
	api.lzma_end(&x);
	return r;
}

static bool xz_begins(struct bp_span b)
{
	return b.len >= 6 && !memcmp(b.data, "\xfd" "7zXZ", 6);
}

static bool lzma_begins(struct bp_span b)
{
	uint32_t dictionary;
	uint64_t content;

	if (b.len < LZMA_HEADER_SIZE || b.data[0] != 0x5d)
		return false;
	dictionary = bp_le32(b.data + 1);
	content = bp_le64(b.data + 5);
	/* A power of two, or the sum of two that follow each other. */
	return (bp_is_power_of_two(dictionary) ||
		(dictionary % 3 == 0 && bp_is_power_of_two(dictionary / 3))) &&
	       (content == UINT64_MAX || content < LZMA_CONTENT_MAX);
}

const struct bp_codec bp_codec_xz = { "xz", 6, xz_begins, xz_stream };
const struct bp_codec bp_codec_lzma = { "lzma", LZMA_HEADER_SIZE, lzma_begins,
					lzma_file };
