/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the decompressors share: one compressed stream on its way from a file to a
 * memfd. */
#ifndef BP_IMAGE_DECOMPRESS_H
#define BP_IMAGE_DECOMPRESS_H

#include <dlfcn.h>

#include "core/dlopen-note.h"
#include "image/image.h"

#define BP_CODEC_NOTE(format, soname) \
	BP_DLOPEN_NOTE(format, "Kernels compressed with " format, "recommended", soname)

#define BP_STREAM_CHUNK (64u << 10)

struct bp_stream {
	struct bp_ctx *ctx;
	const char *name;	/* of the compression */
	void *library;		/* loaded for the first stream, kept for the others */
	int from, to;
	uint64_t from_offset;	/* in the file, of what will be read next */
	uint64_t from_end;	/* nothing is read from there on */
	uint64_t written, max;
	size_t pos, len;	/* in[pos] to in[len] is read, but not used yet */
	uint8_t in[BP_STREAM_CHUNK];
	uint8_t out[BP_STREAM_CHUNK];
};

/* Where in the file the next unused byte is. */
uint64_t bp_stream_position(const struct bp_stream *s);
/* Make sure that there is unused input, unless it has ended. */
int bp_stream_fill(struct bp_stream *s);
/* After bp_stream_fill(): has it ended? */
static inline bool bp_stream_at_end(const struct bp_stream *s)
{
	return s->pos == s->len;
}
/* Make sure that @n unused bytes (at most a chunk) lie in one piece, or all that there
 * are. */
int bp_stream_gather(struct bp_stream *s, size_t n);
/* Copy the next @n bytes; fewer are an error. */
int bp_stream_take(struct bp_stream *s, void *ret_bytes, size_t n);
/* Hand over @len bytes of output; runs of zeros become holes. -EFBIG beyond s->max. */
int bp_stream_put(struct bp_stream *s, const uint8_t *bytes, size_t len);

/* The failures that all have in common. */
int bp_stream_damaged(struct bp_stream *s, const char *why);
int bp_stream_truncated(struct bp_stream *s);
int bp_stream_no_memory(struct bp_stream *s);

/* Open a library that may be missing; the message says what to install. */
int bp_stream_library(struct bp_stream *s, const char *soname, const char *packages);
#ifdef STATIC_KEXEC
#define BP_STREAM_LOAD(s, table, symbol) (((table)->symbol = (symbol)), true)
#else
/* Fill a table's function pointer from the library; its type is that of the header's
 * function. */
#define BP_STREAM_LOAD(s, table, symbol) \
	(((table)->symbol = (__typeof__(symbol) *)dlsym((s)->library, #symbol)) != NULL)
#endif
int bp_stream_lacks_symbols(struct bp_stream *s, const char *soname);

/*
 * To add one: a file with its first bytes and how one stream of it is decoded, a line in
 * the table of decompress.c.
 */
struct bp_codec {
	const char *name;
	size_t magic_len;	/* what begins() looks at; at most a chunk */
	bool (*begins)(struct bp_span bytes);
	int (*decode)(struct bp_stream *s);
};

extern const struct bp_codec bp_codec_gzip;
extern const struct bp_codec bp_codec_lz4;
extern const struct bp_codec bp_codec_lzma;
extern const struct bp_codec bp_codec_lzo;
extern const struct bp_codec bp_codec_xz;
extern const struct bp_codec bp_codec_zstd;

#endif
