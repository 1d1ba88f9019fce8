/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Peels compression off a file or a part of one: gzip (zlib, linked), the others by
 * libraries that are loaded when such data is met, so that an initramfs may leave them
 * out. Reads the file in small pieces and writes a memfd, in which pages of zeros stay
 * holes.
 *
 * A file is one stream, or several of a kind one after the other ("cat a.gz b.gz"); their
 * contents are joined. Zero bytes after a stream are padding, as gzip(1) and xz(1)
 * take them; anything else there is an error: it would be lost without a word.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "core/write.h"
#include "image/decompress.h"

#define HOLE 4096u /* smallest run of zeros, aligned in the output, that is not written \
		    */

static const struct bp_codec *const codecs[] = {
	&bp_codec_gzip, &bp_codec_lz4, &bp_codec_lzma,
	&bp_codec_lzo,	&bp_codec_xz,  &bp_codec_zstd,
};

uint64_t bp_stream_position(const struct bp_stream *s)
{
	return s->from_offset - (s->len - s->pos);
}

int bp_stream_fill(struct bp_stream *s)
{
	size_t room = BP_MIN((uint64_t)sizeof(s->in), s->from_end - s->from_offset);
	ssize_t n;

	if (s->pos < s->len)
		return 0;
	do
		n = pread(s->from, s->in, room, (off_t)s->from_offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return bp_fail_errno(s->ctx, -errno, "cannot read the %s data", s->name);
	s->pos = 0;
	s->len = (size_t)n;
	s->from_offset += (uint64_t)n;
	return 0;
}

int bp_stream_gather(struct bp_stream *s, size_t n)
{
	if (s->len - s->pos < n) {
		/* Read again from where the unused part begins. */
		s->from_offset = bp_stream_position(s);
		s->pos = s->len = 0;
	}
	return bp_stream_fill(s);
}

int bp_stream_take(struct bp_stream *s, void *ret_bytes, size_t n)
{
	uint8_t *to = ret_bytes;

	while (n) {
		size_t part;
		int r = bp_stream_fill(s);

		if (!r && bp_stream_at_end(s))
			r = bp_stream_truncated(s);
		if (r)
			return r;
		part = BP_MIN(n, s->len - s->pos);
		memcpy(to, s->in + s->pos, part);
		s->pos += part;
		to += part;
		n -= part;
	}
	return 0;
}

static bool is_zeros(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

int bp_stream_put(struct bp_stream *s, const uint8_t *p, size_t len)
{
	if (len > s->max - s->written)
		return bp_fail(s->ctx, -EFBIG,
			       "the %s data decompresses to more than %" PRIu64 " bytes",
			       s->name, s->max);
	while (len) {
		size_t n = BP_MIN(len, (size_t)(HOLE - s->written % HOLE));
		int r = 0;

		if (!is_zeros(p, n))
			r = bp_pwrite_all(s->to, bp_span_make(p, n), s->written);
		if (r)
			return bp_fail_errno(s->ctx, r, "cannot hold the decompressed image");
		s->written += n;
		p += n;
		len -= n;
	}
	return 0;
}

int bp_stream_damaged(struct bp_stream *s, const char *why)
{
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data is damaged before 0x%" PRIx64 ": %s", s->name,
		       bp_stream_position(s), why);
}

int bp_stream_truncated(struct bp_stream *s)
{
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data is not complete when it ends at 0x%" PRIx64 ": truncated?",
		       s->name, bp_stream_position(s));
}

int bp_stream_no_memory(struct bp_stream *s)
{
	return bp_fail_errno(s->ctx, -ENOMEM, "cannot decompress the %s data", s->name);
}

int bp_stream_library(struct bp_stream *s, const char *soname, const char *packages)
{
#ifndef STATIC_KEXEC
	if (!s->library)
		s->library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!s->library)
		return bp_fail(s->ctx, -EOPNOTSUPP,
			       "%s is needed to decompress it (%s): %s", soname, packages,
			       dlerror());
#endif
	return 0;
}

int bp_stream_lacks_symbols(struct bp_stream *s, const char *soname)
{
	return bp_fail(s->ctx, -EOPNOTSUPP,
		       "%s lacks functions that are needed to decompress it", soname);
}

const char *bp_compression_name(struct bp_span bytes)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(codecs); i++)
		if (codecs[i]->begins(bytes))
			return codecs[i]->name;
	return NULL;
}

static const struct bp_codec *codec_by_name(const char *name)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(codecs); i++)
		if (!strcmp(codecs[i]->name, name))
			return codecs[i];
	return NULL;
}

/*
 * After a stream: is there another one? 1, or 0 at the end of the file; with @ret_end
 * also 0 before something else, which begins at *@ret_end.
 */
static int find_next(struct bp_stream *s, const struct bp_codec *codec, uint64_t *ret_end)
{
	int r;

	do {
		while (s->pos < s->len && !s->in[s->pos])
			s->pos++;
		r = bp_stream_fill(s);
		if (r)
			return r;
	} while (s->pos < s->len && !s->in[s->pos]);
	if (ret_end)
		*ret_end = bp_stream_position(s);
	if (bp_stream_at_end(s))
		return 0;
	/* A magic number may lie across two pieces. */
	r = bp_stream_gather(s, codec->magic_len);
	if (r)
		return r;
	if (codec->begins(bp_span_make(s->in + s->pos, s->len - s->pos)))
		return 1;
	if (ret_end)
		return 0;
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data ends at 0x%" PRIx64 ", but something else follows",
		       s->name, bp_stream_position(s));
}

static void stream_freep(struct bp_stream **s)
{
#ifndef STATIC_KEXEC
	if (*s && (*s)->library)
		dlclose((*s)->library);
#endif
	free(*s);
}

int bp_decompress(struct bp_ctx *ctx, const struct bp_input_part *from,
		  const char *compression, uint64_t max, int *ret_fd)
{
	return bp_decompress_part(ctx, from, compression, max, ret_fd, NULL);
}

int bp_decompress_part(struct bp_ctx *ctx, const struct bp_input_part *from,
		       const char *compression, uint64_t max, int *ret_fd,
		       uint64_t *ret_end)
{
	const struct bp_codec *codec = codec_by_name(compression);
	BP_CLEANUP(stream_freep) struct bp_stream *s = calloc(1, sizeof(*s));
	bp_autoclose int to = -1;
	int r;

	if (!codec)
		return bp_fail(ctx, -EOPNOTSUPP, "unknown compression %s", compression);
	if (!s)
		return bp_fail_errno(ctx, -ENOMEM, "cannot decompress it");
	to = memfd_create("kernel", MFD_CLOEXEC);
	if (to < 0)
		return bp_fail_errno(ctx, -errno, "cannot decompress it in memory");
	s->ctx = ctx;
	s->name = compression;
	s->from = from->fd;
	s->from_offset = from->offset;
	s->from_end = from->offset + from->size;
	s->to = to;
	s->max = max;
	do {
		r = codec->decode(s);
		if (!r)
			r = find_next(s, codec, ret_end);
	} while (r > 0);
	if (r)
		return r;
	/* A hole at the end has no size of its own. */
	if (ftruncate(to, (off_t)s->written) < 0)
		return bp_fail_errno(ctx, -errno, "cannot hold the decompressed image");
	*ret_fd = BP_TAKE_FD(to);
	return 0;
}
