/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Peels compression off a whole file: gzip (zlib, linked), xz and zstd (loaded when such a file
 * is met, so that an initramfs may leave their libraries out). Reads the file in small
 * pieces and writes a memfd, in which pages of zeros stay holes.
 *
 * A file is one stream, or several of a kind one after the other ("cat a.gz b.gz"); their
 * contents are joined. Zero bytes after a stream are padding, as gzip(1) and xz(1)
 * take them; anything else there is an error: it would be lost without a word.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "image/image.h"

#define CHUNK (64u << 10)
#define HOLE 4096u	/* smallest run of zeros, aligned in the output, that is not written */

/* Kernels are compressed with dictionaries of up to 128 MiB (scripts/xz_wrap.sh, zstd --ultra
 * -22); zstd's own limit for streams is the same. */
#define XZ_MEMORY_MAX (256u << 20)

/*
 * What is loaded on demand, for packagers' dependency generators to find in the binary:
 * https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
 */
#define DLOPEN_NOTE(json)                                   \
	__asm__(".pushsection .note.dlopen, \"a\", %note\n" \
		".balign 4\n"                               \
		".long 4, 2f - 1f, 0x407c0c0a\n"            \
		".asciz \"FDO\"\n"                          \
		"1: .asciz \"" json "\"\n"                  \
		"2: .balign 4\n"                            \
		".popsection\n")

DLOPEN_NOTE(
	"[{\\\"feature\\\":\\\"xz\\\",\\\"description\\\":\\\"Kernels compressed with xz\\\","
	"\\\"priority\\\":\\\"recommended\\\",\\\"soname\\\":[\\\"liblzma.so.5\\\"]},"
	"{\\\"feature\\\":\\\"zstd\\\",\\\"description\\\":\\\"Kernels compressed with zstd\\\","
	"\\\"priority\\\":\\\"recommended\\\",\\\"soname\\\":[\\\"libzstd.so.1\\\"]}]");

struct stream {
	struct bp_ctx *ctx;
	const char *name;	/* of the compression */
	void *library;		/* loaded for the first stream, kept for the others */
	int from, to;
	uint64_t from_offset;	/* in the file, of what will be read next */
	uint64_t written, max;
	size_t pos, len;	/* in[pos] to in[len] is read, but not used yet */
	uint8_t in[CHUNK];
	uint8_t out[CHUNK];
};

static uint64_t position(const struct stream *s)
{
	return s->from_offset - (s->len - s->pos);
}

/* Make sure that there is unused input, unless the file ends here. */
static int fill(struct stream *s)
{
	ssize_t n;

	if (s->pos < s->len)
		return 0;
	do
		n = pread(s->from, s->in, sizeof(s->in), (off_t)s->from_offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return bp_fail_errno(s->ctx, -errno, "cannot read the %s data", s->name);
	s->pos = 0;
	s->len = (size_t)n;
	s->from_offset += (uint64_t)n;
	return 0;
}

static bool is_at_end(const struct stream *s)
{
	return s->pos == s->len;
}

static int write_all(struct stream *s, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = pwrite(s->to, p, len, (off_t)s->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(s->ctx, -errno,
					     "cannot hold the decompressed image");
		p += n;
		len -= (size_t)n;
		s->written += (uint64_t)n;
	}
	return 0;
}

static bool is_zeros(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* Take the first @len bytes of s->out; runs of zeros become holes. */
static int drain(struct stream *s, size_t len)
{
	const uint8_t *p = s->out;

	if (len > s->max - s->written)
		return bp_fail(s->ctx, -EFBIG,
			       "the %s data decompresses to more than %" PRIu64 " MiB",
			       s->name, s->max >> 20);
	while (len) {
		size_t n = BP_MIN(len, (size_t)(HOLE - s->written % HOLE));
		int r = 0;

		if (is_zeros(p, n))
			s->written += n;
		else
			r = write_all(s, p, n);
		if (r)
			return r;
		p += n;
		len -= n;
	}
	return 0;
}

static int damaged(struct stream *s, const char *why)
{
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data is damaged before 0x%" PRIx64 ": %s", s->name,
		       position(s), why);
}

static int truncated(struct stream *s)
{
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data is not complete when the file ends at 0x%" PRIx64
		       ": truncated?",
		       s->name, position(s));
}

static int out_of_memory(struct stream *s)
{
	return bp_fail_errno(s->ctx, -ENOMEM, "cannot decompress the %s data", s->name);
}

/* gzip: one member. */
static int gzip_member(struct stream *s)
{
	z_stream z = { 0 };
	int r = 0, zr;

	zr = inflateInit2(&z, 16 + MAX_WBITS);	/* 16: gzip and nothing else */
	if (zr != Z_OK)
		return out_of_memory(s);
	while (zr != Z_STREAM_END) {
		r = fill(s);
		if (!r && is_at_end(s))
			r = truncated(s);
		if (r)
			break;
		z.next_in = s->in + s->pos;
		z.avail_in = (unsigned int)(s->len - s->pos);
		z.next_out = s->out;
		z.avail_out = sizeof(s->out);
		zr = inflate(&z, Z_NO_FLUSH);
		s->pos = s->len - z.avail_in;
		if (zr == Z_MEM_ERROR)
			r = out_of_memory(s);
		else if (zr != Z_OK && zr != Z_STREAM_END)
			r = damaged(s, z.msg ?: "no gzip data");
		else
			r = drain(s, sizeof(s->out) - z.avail_out);
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

/* Open a library that may be missing; the message says what to install. */
static int load_library(struct stream *s, const char *soname, const char *packages)
{
	if (!s->library)
		s->library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!s->library)
		return bp_fail(s->ctx, -EOPNOTSUPP,
			       "%s is needed to decompress it (%s): %s", soname, packages,
			       dlerror());
	return 0;
}

/* Fill a table's function pointer from the library; the type is that of the header's function. */
#define LOAD(s, table, symbol) \
	(((table)->symbol = (__typeof__(symbol) *)dlsym((s)->library, #symbol)) != NULL)

static int lacks_symbols(struct stream *s, const char *soname)
{
	return bp_fail(s->ctx, -EOPNOTSUPP,
		       "%s lacks functions that are needed to decompress it", soname);
}

struct xz_api {
	__typeof__(lzma_stream_decoder) *lzma_stream_decoder;
	__typeof__(lzma_code) *lzma_code;
	__typeof__(lzma_end) *lzma_end;
};

static const char *xz_error(lzma_ret lr)
{
	switch (lr) {
	case LZMA_FORMAT_ERROR:
		return "no xz data";
	case LZMA_OPTIONS_ERROR:
		return "it uses a filter or check that liblzma does not know";
	default:
		return "corrupt";
	}
}

static int xz_decode(struct stream *s, const struct xz_api *api, lzma_stream *x)
{
	lzma_ret lr = LZMA_OK;

	while (lr != LZMA_STREAM_END) {
		int r = fill(s);

		if (!r && is_at_end(s))
			r = truncated(s);
		if (r)
			return r;
		x->next_in = s->in + s->pos;
		x->avail_in = s->len - s->pos;
		x->next_out = s->out;
		x->avail_out = sizeof(s->out);
		lr = api->lzma_code(x, LZMA_RUN);
		s->pos = s->len - x->avail_in;
		if (lr == LZMA_MEM_ERROR)
			return out_of_memory(s);
		if (lr == LZMA_MEMLIMIT_ERROR)
			return bp_fail(s->ctx, -EFBIG,
				       "the xz data needs more than %u MiB of memory to "
				       "decompress",
				       XZ_MEMORY_MAX >> 20);
		if (lr != LZMA_OK && lr != LZMA_STREAM_END)
			return damaged(s, xz_error(lr));
		r = drain(s, sizeof(s->out) - x->avail_out);
		if (r)
			return r;
	}
	return 0;
}

static int xz_stream(struct stream *s)
{
	lzma_stream x = LZMA_STREAM_INIT;
	struct xz_api api;
	int r;

	r = load_library(s, "liblzma.so.5", "Debian: liblzma5, Fedora: xz-libs");
	if (r)
		return r;
	if (!LOAD(s, &api, lzma_stream_decoder) || !LOAD(s, &api, lzma_code) ||
	    !LOAD(s, &api, lzma_end))
		return lacks_symbols(s, "liblzma.so.5");
	if (api.lzma_stream_decoder(&x, XZ_MEMORY_MAX, 0) != LZMA_OK)
		return out_of_memory(s);
	r = xz_decode(s, &api, &x);
	api.lzma_end(&x);
	return r;
}

static bool xz_begins(struct bp_span b)
{
	return b.len >= 6 && !memcmp(b.data, "\xfd" "7zXZ", 6);
}

struct zstd_api {
	__typeof__(ZSTD_createDStream) *ZSTD_createDStream;
	__typeof__(ZSTD_freeDStream) *ZSTD_freeDStream;
	__typeof__(ZSTD_decompressStream) *ZSTD_decompressStream;
	__typeof__(ZSTD_isError) *ZSTD_isError;
	__typeof__(ZSTD_getErrorName) *ZSTD_getErrorName;
};

static int zstd_decode(struct stream *s, const struct zstd_api *api, ZSTD_DStream *d)
{
	bool more = false;	/* s->out was filled: there may be more without input */
	size_t left;

	do {
		ZSTD_outBuffer out = { s->out, sizeof(s->out), 0 };
		ZSTD_inBuffer in;
		int r = more ? 0 : fill(s);

		if (!r && !more && is_at_end(s))
			r = truncated(s);
		if (r)
			return r;
		in = (ZSTD_inBuffer){ s->in, s->len, s->pos };
		left = api->ZSTD_decompressStream(d, &out, &in);
		s->pos = in.pos;
		if (api->ZSTD_isError(left))
			return damaged(s, api->ZSTD_getErrorName(left));
		more = out.pos == out.size;
		r = drain(s, out.pos);
		if (r)
			return r;
	} while (left);
	return 0;
}

static int zstd_frame(struct stream *s)
{
	struct zstd_api api;
	ZSTD_DStream *d;
	int r;

	r = load_library(s, "libzstd.so.1", "Debian: libzstd1, Fedora: libzstd");
	if (r)
		return r;
	if (!LOAD(s, &api, ZSTD_createDStream) || !LOAD(s, &api, ZSTD_freeDStream) ||
	    !LOAD(s, &api, ZSTD_decompressStream) || !LOAD(s, &api, ZSTD_isError) ||
	    !LOAD(s, &api, ZSTD_getErrorName))
		return lacks_symbols(s, "libzstd.so.1");
	d = api.ZSTD_createDStream();
	if (!d)
		return out_of_memory(s);
	r = zstd_decode(s, &api, d);
	api.ZSTD_freeDStream(d);
	return r;
}

static bool zstd_begins(struct bp_span b)
{
	/* RFC 8878, 3.1.1 (data) and 3.1.2 (skippable: what a seek table or pzstd adds) */
	return b.len >= 4 && (bp_le32(b.data) == 0xfd2fb528 ||
			      (bp_le32(b.data) & 0xfffffff0) == 0x184d2a50);
}

/* To add one: a function that recognises its first bytes and one that decodes one stream. */
static const struct codec {
	const char *name;
	size_t magic_len;
	bool (*begins)(struct bp_span bytes);
	int (*decode)(struct stream *s);
} codecs[] = {
	{ "gzip", 3, gzip_begins, gzip_member },
	{ "xz", 6, xz_begins, xz_stream },
	{ "zstd", 4, zstd_begins, zstd_frame },
};

const char *bp_compression_name(struct bp_span bytes)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(codecs); i++)
		if (codecs[i].begins(bytes))
			return codecs[i].name;
	return NULL;
}

static const struct codec *codec_by_name(const char *name)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(codecs); i++)
		if (!strcmp(codecs[i].name, name))
			return &codecs[i];
	return NULL;
}

/* After a stream: is there another one? 1, or 0 at the end of the file. */
static int find_next(struct stream *s, const struct codec *codec)
{
	int r;

	do {
		while (s->pos < s->len && !s->in[s->pos])
			s->pos++;
		r = fill(s);
		if (r)
			return r;
	} while (s->pos < s->len && !s->in[s->pos]);
	if (is_at_end(s))
		return 0;
	/* A magic number that lies across two pieces: read again from where it begins. */
	if (s->len - s->pos < codec->magic_len) {
		s->from_offset = position(s);
		s->pos = s->len = 0;
		r = fill(s);
		if (r)
			return r;
	}
	if (codec->begins(bp_span_make(s->in + s->pos, s->len - s->pos)))
		return 1;
	return bp_fail(s->ctx, -EBADMSG,
		       "the %s data ends at 0x%" PRIx64 ", but something else follows",
		       s->name, position(s));
}

static void stream_freep(struct stream **s)
{
	if (*s && (*s)->library)
		dlclose((*s)->library);
	free(*s);
}

int bp_decompress(struct bp_ctx *ctx, int fd, const char *compression, uint64_t max,
		  int *ret_fd)
{
	const struct codec *codec = codec_by_name(compression);
	BP_CLEANUP(stream_freep) struct stream *s = calloc(1, sizeof(*s));
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
	s->from = fd;
	s->to = to;
	s->max = max;
	do {
		r = codec->decode(s);
		if (!r)
			r = find_next(s, codec);
	} while (r > 0);
	if (r)
		return r;
	/* A hole at the end has no size of its own. */
	if (ftruncate(to, (off_t)s->written) < 0)
		return bp_fail_errno(ctx, -errno, "cannot hold the decompressed image");
	*ret_fd = BP_TAKE_FD(to);
	return 0;
}
