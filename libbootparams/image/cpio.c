/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "image/cpio.h"

#define HEADER 110u	/* magic, then 13 numbers of 8 hexadecimal digits */
#define NAME_MAX_BYTES 4096u

enum { MODE = 1, FILESIZE = 6, NAMESIZE = 11 };

struct walk {
	struct bp_ctx *ctx;
	bp_cpio_fn fn;
	void *arg;
	uint64_t budget;	/* bytes that may still come out of compressed archives */
};

static bool is_archive(struct bp_span s, uint64_t off)
{
	const char *magic = bp_span_get(s, off, 6);

	return magic && (!memcmp(magic, "070701", 6) || !memcmp(magic, "070702", 6));
}

static int number(struct walk *w, struct bp_span s, uint64_t header, unsigned int field,
		  uint32_t *ret)
{
	const char *digits = bp_span_get(s, header + 6 + field * 8, 8);
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		char c = digits[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;

		if (d < 0)
			return bp_fail(w->ctx, -EBADMSG, "the cpio header at 0x%" PRIx64 " is damaged: "
				       "no hexadecimal number in field %u", header, field);
		v = v << 4 | (uint32_t)d;
	}
	*ret = v;
	return 0;
}

/* One archive from *@off to behind its trailer, or to the end. */
static int walk_archive(struct walk *w, struct bp_span s, uint64_t *off)
{
	while (is_archive(s, *off)) {
		uint64_t at = *off, data;
		uint32_t mode, size, name_size;
		const char *name;
		int r;

		if (!bp_span_has(s, at, HEADER))
			return bp_fail(w->ctx, -EBADMSG,
				       "the cpio header at 0x%" PRIx64 " is cut short",
				       at);
		r = number(w, s, at, MODE, &mode);
		if (!r)
			r = number(w, s, at, FILESIZE, &size);
		if (!r)
			r = number(w, s, at, NAMESIZE, &name_size);
		if (r)
			return r;
		name = bp_span_get(s, at + HEADER, name_size);
		if (!name || !name_size || name_size > NAME_MAX_BYTES ||
		    name[name_size - 1])
			return bp_fail(w->ctx, -EBADMSG,
				       "the cpio member at 0x%" PRIx64
				       " has no proper name (%" PRIu32 " bytes)",
				       at, name_size);
		data = bp_align_up(at + HEADER + name_size, 4);
		if (!bp_span_has(s, data, size))
			return bp_fail(w->ctx, -EBADMSG, "the cpio member %s at 0x%" PRIx64 " is cut "
				       "short: %" PRIu32 " bytes", name, at, size);
		*off = BP_MIN(bp_align_up(data + size, 4), (uint64_t)s.len);
		if (!strcmp(name, "TRAILER!!!"))
			return 0;
		while (*name == '/' || (name[0] == '.' && name[1] == '/'))
			name += *name == '/' ? 1 : 2;
		r = w->fn(w->arg, name, mode,
			  S_ISREG(mode) ? bp_span_sub(s, data, size)
					: (struct bp_span){ NULL, 0 });
		if (r)
			return r;
	}
	return 0;
}

static int walk(struct walk *w, struct bp_span s, int fd, bool compressed);

static int walk_compressed(struct walk *w, const char *compression, struct bp_span s,
			   int fd, uint64_t *off)
{
	const struct bp_input_part from = { fd, *off, s.len - *off };
	bp_autoclose int plain = -1;
	struct stat st;
	uint64_t end;
	void *map;
	int r = bp_decompress_part(w->ctx, &from, compression, w->budget, &plain, &end);

	if (r)
		return bp_fail(w->ctx, r, "the archive at 0x%" PRIx64, *off);
	*off = end;
	if (fstat(plain, &st))
		return bp_fail_errno(w->ctx, -errno,
				     "cannot look at the decompressed archive");
	if (!st.st_size)
		return 0;
	w->budget -= (uint64_t)st.st_size;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, plain, 0);
	if (map == MAP_FAILED)
		return bp_fail_errno(w->ctx, -errno,
				     "cannot map the decompressed archive");
	r = walk(w, bp_span_make(map, (size_t)st.st_size), plain, true);
	munmap(map, (size_t)st.st_size);
	return r;
}

static int walk(struct walk *w, struct bp_span s, int fd, bool compressed)
{
	uint64_t off = 0;

	while (off < s.len) {
		const char *compression;
		int r;

		if (!s.data[off]) {
			off++;
			continue;
		}
		if (is_archive(s, off) && !(off & 3)) {
			r = walk_archive(w, s, &off);
			if (r)
				return r;
			continue;
		}
		compression =
			compressed
				? NULL
				: bp_compression_name(bp_span_sub(s, off, s.len - off));
		if (!compression)
			return bp_fail(w->ctx, -EBADMSG, "at 0x%" PRIx64 " there is neither a cpio "
				       "archive nor a compressed one", off);
		r = walk_compressed(w, compression, s, fd, &off);
		if (r)
			return r;
	}
	return 0;
}

int bp_cpio_walk(struct bp_ctx *ctx, struct bp_span bytes, int fd, bp_cpio_fn fn,
		 void *arg)
{
	struct walk w = { ctx, fn, arg, BP_CPIO_MAX };

	return walk(&w, bytes, fd, false);
}

int bp_cpio_add(struct bp_buf *b, const char *name, uint32_t mode, struct bp_span data)
{
	/* The number of links; device numbers and checksum are zero. */
	int r = bp_buf_printf(b, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
			      0, mode, 0, 0, 1, 0, data.len, 0, 0, 0, 0, strlen(name) + 1, 0);

	if (data.len > UINT32_MAX)
		return -EFBIG;
	if (!r)
		r = bp_buf_append(b, name, strlen(name) + 1);
	if (!r)
		r = bp_buf_pad(b, 4);
	if (!r)
		r = bp_buf_append(b, data.data, data.len);
	return r ? r : bp_buf_pad(b, 4);
}

int bp_cpio_end(struct bp_buf *b)
{
	return bp_cpio_add(b, "TRAILER!!!", 0, (struct bp_span){ NULL, 0 });
}
